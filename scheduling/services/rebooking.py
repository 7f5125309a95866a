"""The patients of a closed time are told, and those who wish are moved to the time proposed."""

from datetime import datetime

from clinic import audit, messages
from clinic.audit import Actor
from clinic.models import User
from intake import public as intake
from scheduling.desk_exceptions import ChangedSince
from scheduling.exceptions import TimeNotOffered
from scheduling.models import Appointment, Call, Closure, Rebooking
from scheduling.services.calls import ask_to_call, end_call
from scheduling.services.closing import alone_in_calendars
from scheduling.services.moving import move
from scheduling.services.proposals import may_be_asked, propose_again


def tell_patients(*, closure_id: int, by: User, now: datetime) -> int:
    """Tell everybody whose visit stands in a closed time, and who was not told; how many.

    By email, or by a call the desk makes. What is proposed is free at this moment. Safe to call
    twice. Raises CalendarBusy, ChangedSince when the closure was taken back.
    """
    with alone_in_calendars(by):
        closure = Closure.objects.select_for_update().filter(pk=closure_id).first()
        if closure is None:
            raise ChangedSince
        to_tell = [
            rebooking
            for rebooking in _untold(closure)
            if may_be_asked(rebooking.visit, now=now) and rebooking.visit.visit == rebooking.was
        ]
        for rebooking in to_tell:
            propose_again(rebooking, now=now)
            _tell(rebooking, by=by, now=now)
        audit.record(by, "closing told", closure, at=now, patients=len(to_tell))
        return len(to_tell)


def take_proposed(*, rebooking_id: int, seen: int, by: User, now: datetime) -> Appointment:
    """The desk moves the visit to the time that was proposed: they said yes on the phone.

    So a call about it is over. `seen` is the visit's version on the page. Raises what `move`
    raises.
    """
    with audit.writing(by):
        rebooking = Rebooking.objects.get(pk=rebooking_id)
        if rebooking.start is None:
            raise TimeNotOffered
        visit = move(
            appointment_id=rebooking.visit_id, start=rebooking.start, by=by, now=now, seen=seen
        )
        for call in Call.objects.filter(visit=visit, why=Call.Why.CLOSED, done_at=None):
            end_call(call_id=call.pk, ended=Call.Ended.REACHED, seen=call.version, by=by, now=now)
        return visit


def _untold(closure: Closure) -> list[Rebooking]:
    """With their visits, which nobody else changes meanwhile."""
    untold = list(closure.rebookings.filter(told_at=None).order_by("pk"))
    visits = (
        Appointment.objects.filter(pk__in=[each.visit_id for each in untold])
        .select_related("visit_type")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    locked = {visit.pk: visit for visit in visits}
    for rebooking in untold:
        rebooking.visit = locked[rebooking.visit_id]
    return untold


def _tell(rebooking: Rebooking, *, by: Actor, now: datetime) -> None:
    visit = rebooking.visit
    person = intake.patient_card(visit.patient_id)
    if person.email:
        messages.clinic_closed(
            to=person.email,
            name=person.given_name,
            visit_id=visit.pk,
            starts_at=visit.starts_at,
            now=now,
        )
    else:
        ask_to_call(patient_id=person.id, why=Call.Why.CLOSED, visit=visit, by=by, now=now)
    how = Rebooking.ToldBy.EMAIL if person.email else Rebooking.ToldBy.CALL
    rebooking.told_at, rebooking.told_by = now, how
    rebooking.save(update_fields=["told_at", "told_by"])
    audit.record(by, "told of closing", visit, at=now, patient_id=person.id, how=how)
