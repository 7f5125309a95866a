"""The waitlist: put on it, with the times that suit, and taken off it.

Locks follow `scheduling.locking`; the list's own rows come after the visits: entries, then offers,
each by id.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinic import audit, times
from clinic.audit import Actor
from clinic.models import User
from intake import public as intake
from scheduling import plan
from scheduling.desk_exceptions import ChangedSince, TooLateToUndo
from scheduling.exceptions import (
    GuardianMissing,
    NotCleared,
    PatientHeld,
    VisitTypeNotCleared,
    XrayNotAllowed,
)
from scheduling.models import Appointment, VisitType, WaitlistEntry, WaitlistOffer
from scheduling.querysets import WaitlistEntryQuerySet
from scheduling.services.steps import LATE_PAGE, UNDO_FOR

_State = WaitlistEntry.State


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """When a visit would suit somebody. No half days: any. `note` is about times alone."""

    half_days: Collection[str]
    first_day: date
    last_day: date | None
    note: str


def wait_for(
    *,
    patient_id: UUID,
    visit_type_id: int,
    wishes: Wishes,
    by: Actor,
    now: datetime,
    is_acute: bool | None = None,
) -> WaitlistEntry:
    """Put a patient on the waitlist, or change what they wish for and let them keep their place.

    `is_acute` is the desk's to say; None leaves it as it is. Raises PatientHeld, NotCleared,
    GuardianMissing, VisitTypeNotCleared, XrayNotAllowed.
    """
    with audit.writing(by):
        intake.lock_patient(patient_id)
        kind = plan.current().visit_types[visit_type_id]
        _require_leave(patient_id, kind, now)
        theirs = WaitlistEntry.objects.waiting().of_person(intake.person_of(patient_id))
        entry = next(iter(theirs.filter(visit_type=kind).locked_all()), None)
        act = "waitlist changed" if entry else "waitlist joined"
        entry = entry or WaitlistEntry(
            patient_id=patient_id,
            visit_type=kind,
            made_at=now,
            made_by=by if isinstance(by, User) else None,
            via=audit.where_from(),
        )
        entry.half_days = sorted(wishes.half_days)
        entry.first_day, entry.last_day = wishes.first_day, wishes.last_day
        entry.note = wishes.note
        entry.is_acute = entry.is_acute if is_acute is None else is_acute
        entry.save()
        audit.record(by, act, entry, at=now, patient_id=patient_id)
        return entry


def withdraw(*, entry_id: UUID, by: Actor, now: datetime) -> WaitlistEntry:
    """Take somebody off the list, and back what they were offered. Safe to call twice."""
    with audit.writing(by):
        entry = WaitlistEntry.objects.get(pk=entry_id)
        theirs = _entries_like(entry).waiting().locked_all()
        if entry in theirs:
            for each in theirs:
                take_off(each, by=by, now=now)
        return WaitlistEntry.objects.get(pk=entry_id)


def take_off(entry: WaitlistEntry, *, by: Actor, now: datetime) -> None:
    """The entry is locked."""
    for offer in entry.offers.unsettled().locked_all():
        settle(offer, WaitlistOffer.Outcome.TAKEN_OFF, by=by, now=now)
    end(entry, _State.WITHDRAWN, by=by, now=now)
    audit.record(by, "waitlist left", entry, at=now, patient_id=entry.patient_id)


def put_back(*, entry_id: UUID, by: User, now: datetime) -> WaitlistEntry:
    """Undo that this person took somebody off within the last minute: they have their old place.

    What they had been offered was taken back; it may be offered again. Raises ChangedSince when
    they are on the list anew, TooLateToUndo.
    """
    with audit.writing(by):
        entry = WaitlistEntry.objects.get(pk=entry_id)
        intake.lock_patient(entry.patient_id)
        theirs = {each.pk: each for each in _entries_like(entry).locked_all()}
        entry = theirs[entry_id]
        if any(each.state == _State.WAITING for each in theirs.values()):
            raise ChangedSince
        is_theirs = entry.state == _State.WITHDRAWN and entry.ended_by_id == by.pk
        if not (is_theirs and entry.ended_at and now - entry.ended_at <= UNDO_FOR + LATE_PAGE):
            raise TooLateToUndo
        _go_on_waiting(entry, theirs.values(), by=by, now=now)
        return entry


def wait_again(visit: Appointment, *, by: Actor, now: datetime) -> None:
    """The visit, which was booked from the waitlist, is undone: its patient waits as before.

    In the transaction that undoes it; but not for somebody who is on the list anew.
    """
    offer = WaitlistOffer.objects.filter(visit=visit).select_related("entry").first()
    if offer is None:
        return
    theirs = _entries_like(offer.entry).locked_all()
    if not any(each.state == _State.WAITING for each in theirs):
        _go_on_waiting(offer.entry, theirs, by=by, now=now)


def end(entry: WaitlistEntry, state: WaitlistEntry.State, *, by: Actor, now: datetime) -> None:
    entry.state, entry.ended_at = state, now
    entry.ended_by = by if isinstance(by, User) else None
    entry.save(update_fields=["state", "ended_at", "ended_by"])


def _go_on_waiting(
    entry: WaitlistEntry, theirs: Iterable[WaitlistEntry], *, by: Actor, now: datetime
) -> None:
    """With all of their entries that ended as this one did."""
    ended = (entry.state, entry.ended_at)
    for each in theirs:
        if (each.state, each.ended_at) == ended:
            each.state, each.ended_at, each.ended_by = _State.WAITING, None, None
            each.save(update_fields=["state", "ended_at", "ended_by"])
            act = "waitlist left by mistake"
            audit.record(by, act, each, at=now, patient_id=each.patient_id)


def _entries_like(entry: WaitlistEntry) -> WaitlistEntryQuerySet[WaitlistEntry]:
    """All that the person ever had for such a visit: whose they are, and for what, stays."""
    theirs = WaitlistEntry.objects.of_person(intake.person_of(entry.patient_id))
    return theirs.filter(visit_type=entry.visit_type_id)


def settle(
    offer: WaitlistOffer, outcome: WaitlistOffer.Outcome, *, by: Actor, now: datetime
) -> None:
    """What came of an offer, on record. It is locked."""
    offer.outcome, offer.settled_at = outcome, now
    offer.save(update_fields=["outcome", "settled_at", "visit"])
    act = f"offer {outcome.value.lower()}"
    audit.record(by, act, offer, at=now, patient_id=offer.entry.patient_id)


def _require_leave(patient_id: UUID, kind: VisitType, now: datetime) -> None:
    """Nobody waits for what they could not be offered."""
    usable = intake.clearances_usable(patient_id, now)
    if not usable:
        raise PatientHeld if intake.is_held(patient_id) else NotCleared
    if intake.lacks_guardian(usable[0].person, times.local(now).date()):
        raise GuardianMissing
    fitting = [card for card in usable if card.is_for(kind.code)]
    if not fitting:
        raise VisitTypeNotCleared
    if kind.needs_xray_clearance and not any(card.xray_allowed for card in fitting):
        raise XrayNotAllowed
