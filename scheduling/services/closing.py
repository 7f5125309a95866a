"""The clinic, the clinician or a room is away: nothing is booked into that time any more."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from clinic import audit
from clinic.audit import Actor
from scheduling.exceptions import CalendarBusy, named_refusals
from scheduling.locking import calendar_of
from scheduling.models import Appointment, Clinician, Closure
from scheduling.plan import as_range
from scheduling.services.steps import end_all
from scheduling.slots import Interval, State


@dataclass(frozen=True)
class Closed:
    """A closure, and the visits inside it that still keep their time, in its order."""

    closure: Closure
    affected: list[Appointment]


def close(
    *,
    during: Interval,
    reason: str,
    by: Actor,
    now: datetime,
    clinician_id: int | None = None,
    room_id: int | None = None,
) -> Closed:
    """Close a clinician's time, a room's, or (neither) the clinic's.

    Waits for the bookings under way; whoever comes after it sees it. Holds inside are given back;
    visits stay until somebody moves them. Raises CalendarBusy.
    """
    with named_refusals(CalendarBusy), audit.writing(by):
        everybody = Clinician.objects.values_list("pk", flat=True)
        with calendar_of(*([clinician_id] if clinician_id else everybody), shared=False):
            closure = Closure.objects.create(
                clinician_id=clinician_id,
                room_id=room_id,
                during=as_range(during),
                reason=reason,
            )
            audit.record(by, "closed", closure, at=now)
            inside = Appointment.objects.filter(_inside(closure))
            held = inside.filter(state=State.HELD.value).order_by("pk")
            end_all(
                held.select_for_update(of=("self",), no_key=True),
                State.RELEASED,
                by=by,
                now=now,
                reason="The clinic is closed then.",
            )
            return Closed(closure, list(inside.keeping_time().in_time_order()))


def _inside(closure: Closure) -> Q:
    if closure.room_id:
        return Q(room=closure.room_id, room_busy__overlap=closure.during)
    busy = Q(clinician_busy__overlap=closure.during)
    return busy & Q(clinician=closure.clinician_id) if closure.clinician_id else busy
