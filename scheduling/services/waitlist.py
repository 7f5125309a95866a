"""The waitlist: put on it, with the times that suit, and taken off it.

Locks follow `scheduling.locking`; the list's own rows come after the visits: entries, then offers,
each by id.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinic import audit, times
from clinic.audit import Actor
from clinic.models import User
from intake import public as intake
from scheduling import plan
from scheduling.exceptions import (
    GuardianMissing,
    NotCleared,
    PatientHeld,
    VisitTypeNotCleared,
    XrayNotAllowed,
)
from scheduling.models import VisitType, WaitlistEntry, WaitlistOffer

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
        there = WaitlistEntry.objects.waiting().filter(patient=patient_id, visit_type=kind)
        entry = there.select_for_update(of=("self",), no_key=True).first()
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
        entry = WaitlistEntry.objects.locked(entry_id)
        if entry.state == _State.WAITING:
            take_off(entry, by=by, now=now)
        return entry


def take_off(entry: WaitlistEntry, *, by: Actor, now: datetime) -> None:
    """The entry is locked."""
    for offer in entry.offers.unsettled().locked_all():
        settle(offer, WaitlistOffer.Outcome.DECLINED, by=by, now=now)
    end(entry, _State.WITHDRAWN, now=now)
    audit.record(by, "waitlist left", entry, at=now, patient_id=entry.patient_id)


def end(entry: WaitlistEntry, state: WaitlistEntry.State, *, now: datetime) -> None:
    entry.state, entry.ended_at = state, now
    entry.save(update_fields=["state", "ended_at"])


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
    if intake.lacks_guardian(patient_id, times.local(now).date()):
        raise GuardianMissing
    fitting = [card for card in usable if card.is_for(kind.code)]
    if not fitting:
        raise VisitTypeNotCleared
    if kind.needs_xray_clearance and not any(card.xray_allowed for card in fitting):
        raise XrayNotAllowed
