"""The desk's list of calls: who gets on it, and how each call ends."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from clinic import audit
from clinic.audit import Actor
from clinic.models import User
from intake import public as intake
from scheduling.desk_exceptions import ChangedSince
from scheduling.models import Appointment, Call
from scheduling.querysets import of_person

# The audit entry that puts somebody on the list.
CALL_THE_PATIENT = "call the patient"


def ask_to_call(
    *,
    patient_id: UUID,
    why: Call.Why,
    by: Actor,
    now: datetime,
    visit: Appointment | None = None,
) -> None:
    """Put a patient on the list, in the transaction that makes it needed.

    Who is on it for the same already stays where they are, by whichever of their records; and
    there is no news of a visit to tell to somebody who is called about that very visit anyway.
    """
    to_make = Call.objects.filter(visit=visit, done_at=None)
    if why != Call.Why.VISIT:
        to_make = to_make.filter(of_person(intake.person_of(patient_id)), why=why)
    if to_make.exists():
        return
    call, is_new = Call.objects.get_or_create(
        patient_id=patient_id, visit=visit, why=why, done_at=None, defaults={"made_at": now}
    )
    if is_new:
        audit.record(by, CALL_THE_PATIENT, visit or call, at=now, patient_id=patient_id)


def withdraw_news(visit: Appointment, *, made_at: datetime, by: Actor, now: datetime) -> bool:
    """What was done with a visit at that moment is undone: nobody need be called about it.

    In the transaction that undoes it. Was there such a call to make?
    """
    of_it = Call.objects.filter(visit=visit, why=Call.Why.VISIT, made_at=made_at)
    return bool(withdraw_calls(of_it, by=by, now=now))


def was_told(visit: Appointment, *, made_at: datetime) -> bool:
    """Did somebody call about what was done with a visit at that moment, and was it heard?"""
    told = Call.objects.filter(visit=visit, why=Call.Why.VISIT, made_at=made_at)
    return told.filter(ended__in=[Call.Ended.REACHED, Call.Ended.LEFT_WORD]).exists()


def withdraw_calls(calls: QuerySet[Call], *, by: Actor, now: datetime) -> list[Call]:
    """Those of them that are still to make are on the list no more."""
    still_to_make = calls.filter(done_at=None).order_by("pk")
    withdrawn = list(still_to_make.select_for_update(of=("self",), no_key=True))
    for call in withdrawn:
        _end(call, Call.Ended.WITHDRAWN, by=by, now=now)
    return withdrawn


def end_call(*, call_id: UUID, ended: Call.Ended, seen: int, by: User, now: datetime) -> Call:
    """They were reached, word was left, or nobody tries any more. Raises ChangedSince."""
    with audit.writing(by):
        call, *doubles = _as_seen(call_id, seen)
        if call.done_at:
            raise ChangedSince
        for each in (call, *doubles):
            _end(each, ended, by=by, now=now)
        return call


def tried_in_vain(*, call_id: UUID, seen: int, by: User, now: datetime) -> Call:
    """Nobody answered: it stays on the list, to be tried again. Raises ChangedSince."""
    with audit.writing(by):
        call, *doubles = _as_seen(call_id, seen)
        if call.done_at:
            raise ChangedSince
        for each in (call, *doubles):
            each.tries += 1
            _keep(each, "call: no answer", by=by, now=now)
        return call


def take_back_call(*, call_id: UUID, seen: int, by: User, now: datetime) -> Call:
    """Undo what was noted last: the end of a call, or else a try. Raises ChangedSince.

    A call that is no longer needed is not made after all: nobody noted that.
    """
    with audit.writing(by):
        call, *doubles = _as_seen(call_id, seen)
        if call.ended == Call.Ended.WITHDRAWN:
            raise ChangedSince
        if call.done_at and _like(call).filter(done_at=None).exists():
            # They were put on the list anew for the same: that call is the one to make.
            raise ChangedSince
        for each in (call, *doubles):
            if each.done_at:
                each.done_at, each.done_by, each.ended = None, None, ""
            elif each.tries:
                each.tries -= 1
            _keep(each, "call: taken back", by=by, now=now)
        return call


def _as_seen(call_id: UUID, seen: int) -> list[Call]:
    """The call, kept from other writers, and with it those that are the same to a reader.

    They are of other records of that person, and as far as this one. Raises ChangedSince if it is
    not the one on the page.
    """
    like_it = _like(Call.objects.get(pk=call_id)).order_by("pk")
    locked = list(like_it.select_for_update(of=("self",), no_key=True))
    call = next(each for each in locked if each.pk == call_id)
    if call.version != seen:
        raise ChangedSince
    doubles = [each for each in locked if each != call and each.done_at == call.done_at]
    return [call, *doubles]


def _like(call: Call) -> QuerySet[Call]:
    """All calls ever to that person about the same: whom, about what and why never changes."""
    theirs = of_person(intake.person_of(call.patient_id))
    return Call.objects.filter(theirs, visit=call.visit_id, why=call.why)


def _end(call: Call, ended: Call.Ended, *, by: Actor, now: datetime) -> Call:
    call.done_at, call.ended = now, ended
    call.done_by = by if isinstance(by, User) else None
    return _keep(call, f"call: {ended}", by=by, now=now)


def _keep(call: Call, action: str, *, by: Actor, now: datetime) -> Call:
    call.version += 1
    call.save(update_fields=["tries", "done_at", "done_by", "ended", "version"])
    audit.record(by, action, call, at=now, patient_id=call.patient_id)
    return call
