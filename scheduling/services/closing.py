"""The clinic, the clinician or a room is away: nothing is booked into that time any more."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q

from clinic import audit
from clinic.audit import Actor
from clinic.times import local
from scheduling import holidays, plan
from scheduling.availability import is_closed
from scheduling.desk_exceptions import ChangedSince, PatientsTold
from scheduling.exceptions import CalendarBusy, named_refusals
from scheduling.locking import calendar_of
from scheduling.models import Appointment, Call, Clinician, Closure
from scheduling.plan import as_range
from scheduling.services.calls import withdraw_calls
from scheduling.services.proposals import propose
from scheduling.services.steps import end_all
from scheduling.slots import Interval, State, local_days
from scheduling.taken import Place


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
    visits stay until somebody moves them, each with a new time proposed; nobody is told yet.
    Raises CalendarBusy.
    """
    with alone_in_calendars(by, clinician_id):
        closure = Closure.objects.create(
            clinician_id=clinician_id,
            room_id=room_id,
            during=as_range(during),
            reason=reason,
        )
        audit.record(by, "closed", closure, at=now)
        return _clear(closure, by=by, now=now)


def change_closure(
    *,
    closure_id: int,
    during: Interval,
    reason: str,
    by: Actor,
    now: datetime,
    clinician_id: int | None = None,
    room_id: int | None = None,
) -> Closed:
    """Close another time instead, or for somebody else: what it no longer covers is open again.

    Raises CalendarBusy, too when somebody else has just taken the closure back.
    """
    with alone_in_calendars(by):
        closure = Closure.objects.select_for_update().filter(pk=closure_id).first()
        if closure is None:
            raise CalendarBusy
        closure.clinician_id, closure.room_id = clinician_id, room_id
        closure.during, closure.reason = as_range(during), reason
        closure.save()
        audit.record(by, "closure changed", closure, at=now)
        never_told = _withdraw_calls(_standing_in(closure), by=by, now=now)
        closure.rebookings.filter(visit__in=never_told).delete()
        return _clear(closure, by=by, now=now)


def reopen(*, closure_id: int, as_seen: Interval, by: Actor, now: datetime) -> None:
    """Take a closure back; holds that it released stay released.

    `as_seen` is its time on the page that was sent. Raises ChangedSince, CalendarBusy, and
    PatientsTold: one of them may be choosing another time this very minute.
    """
    with alone_in_calendars(by):
        closure = Closure.objects.select_for_update().filter(pk=closure_id).first()
        if closure is None or closure.during != as_range(as_seen):
            raise ChangedSince
        if closure.rebookings.filter(told_at__isnull=False).exists():
            raise PatientsTold
        audit.record(by, "opened again", closure, at=now)
        closure.delete()


def open_again(*, closure_id: int, by: Actor, now: datetime) -> None:
    """Take a closure back though its patients were told, as an administrator may.

    Whoever was only to be called about it is not. Safe to call twice. Raises CalendarBusy.
    """
    with alone_in_calendars(by):
        closure = Closure.objects.select_for_update().filter(pk=closure_id).first()
        if closure is None:
            return
        visits = _standing_in(closure)
        audit.record(by, "opened again", closure, at=now)
        closure.delete()
        _withdraw_calls(visits, by=by, now=now)


def close_holidays(*, day: date | None, by: Actor, now: datetime) -> list[Closed]:
    """Close the clinic on the coming holiday of this day, or on all, where it is not closed yet.

    All of them or none. Safe to call twice: the second time there is nothing left to close.
    Raises CalendarBusy.
    """
    zone = plan.current().policy.zone
    with alone_in_calendars(by):
        return [
            close(
                during=local_days(holiday.day, holiday.day, zone),
                reason=holiday.name,
                by=by,
                now=now,
            )
            for holiday in holidays.not_closed(local(now).date())
            if day in (None, holiday.day)
        ]


@contextmanager
def alone_in_calendars(by: Actor, clinician_id: int | None = None) -> Iterator[None]:
    """One transaction that has a clinician's calendar, or everybody's, to itself."""
    with named_refusals(CalendarBusy), audit.writing(by):
        everybody = Clinician.objects.values_list("pk", flat=True)
        with calendar_of(*([clinician_id] if clinician_id else everybody), shared=False):
            yield


def _clear(closure: Closure, *, by: Actor, now: datetime) -> Closed:
    """Holds inside are given back, and visits have new times proposed. The calendars are ours."""
    inside = Appointment.objects.filter(_inside(closure))
    held = inside.filter(state=State.HELD.value).order_by("pk")
    end_all(
        held.select_for_update(of=("self",), no_key=True),
        State.RELEASED,
        by=by,
        now=now,
        reason="The clinic is closed then.",
    )
    affected = list(inside.keeping_time().select_related("visit_type").in_time_order())
    propose(closure, affected, now=now)
    return Closed(closure, affected)


def _inside(closure: Closure) -> Q:
    if closure.room_id:
        return Q(room=closure.room_id, room_busy__overlap=closure.during)
    busy = Q(clinician_busy__overlap=closure.during)
    return busy & Q(clinician=closure.clinician_id) if closure.clinician_id else busy


def _standing_in(closure: Closure) -> list[Appointment]:
    """The visits that still have the time for which a new one was proposed."""
    stand = closure.rebookings.filter(visit__visit=F("was")).select_related("visit")
    return [rebooking.visit for rebooking in stand]


def _withdraw_calls(visits: Iterable[Appointment], *, by: Actor, now: datetime) -> list[UUID]:
    """Nobody is called about a time that is open again; another closure may still close it.

    The visits whose patients so never hear of it.
    """
    opened = [visit for visit in visits if not is_closed(Place.of(visit))]
    about_it = Call.objects.filter(visit__in=opened, why=Call.Why.CLOSED)
    return [call.visit_id for call in withdraw_calls(about_it, by=by, now=now) if call.visit_id]
