"""A patient chooses a time: kept for some minutes, then booked or given back."""

from datetime import datetime
from uuid import UUID

from clinic import audit
from clinic.audit import Actor
from scheduling.availability import Wish, is_closed, is_offered, visit_types_for
from scheduling.exceptions import (
    HoldExpired,
    TimeClosed,
    TimeNotOffered,
    TimeTaken,
    VisitTypeNotOffered,
    named_refusals,
)
from scheduling.models import Appointment
from scheduling.services.allowance import require_allowance
from scheduling.services.placing import insert, require_clearance, wanted
from scheduling.services.steps import become, changing, end_all, require_as_seen, tell_booked
from scheduling.slots import State
from scheduling.taken import Place

# What a confirmed hold may have become when the button is pressed again.
_ALREADY_BOOKED = {State.BOOKED, State.CONFIRMED, State.ARRIVED, State.IN_ROOM, State.DONE}


def hold(
    *,
    patient_id: UUID,
    clearance_id: UUID,
    visit_type_id: int,
    start: datetime,
    by: Actor,
    now: datetime,
) -> Appointment:
    """Keep a time for a patient while they confirm; it takes the place of any they held before.

    If the new time cannot be had, the old hold stays. Raises what `require_clearance` and
    `require_allowance` raise, VisitTypeNotOffered, TimeNotOffered, TimeTaken.
    """
    with (
        named_refusals(TimeTaken),
        audit.writing(by),
        wanted(start, patient_id=patient_id, visit_type_id=visit_type_id, now=now) as (
            place,
            kind,
            planned,
        ),
    ):
        clearance = require_clearance(
            patient_id=patient_id,
            clearance_id=clearance_id,
            visit_type=kind,
            start=start,
            now=now,
        )
        require_allowance(clearance, planned, by=by, now=now)
        if kind not in visit_types_for(clearance, planned):
            raise VisitTypeNotOffered
        wish = Wish(clearance=clearance, visit_type=kind, now=now)
        if not is_offered(wish, start, clinician_id=place.clinician_id, planned=planned):
            raise TimeNotOffered
        return insert(
            place,
            clearance_id=clearance_id,
            visit_type=kind,
            state=State.HELD,
            hold_expires_at=now + planned.kept_for,
            by=by,
            now=now,
        )


def confirm(
    *, appointment_id: UUID, by: Actor, now: datetime, seen: int | None = None
) -> Appointment:
    """Turn a patient's hold into a booked visit, and tell them.

    Safe to call twice: a booked visit is returned as it is. Raises VisitChanged, HoldExpired,
    TimeClosed, and what the gate refuses: ClearanceRevoked, PatientHeld, GuardianMissing,
    XrayNotAllowed.
    """
    with changing(appointment_id, by=by, shared=True, lost_race=TimeTaken) as visit:
        if visit.state in _ALREADY_BOOKED:
            return visit
        if (
            visit.state != State.HELD
            or visit.hold_expires_at is None
            or visit.hold_expires_at <= now
        ):
            raise HoldExpired
        require_as_seen(visit, seen)
        if is_closed(Place.of(visit)):
            raise TimeClosed
        become(visit, State.BOOKED, by=by, now=now)
        tell_booked(visit, now=now)
        return visit


def give_back_hold(*, patient_id: UUID, by: Actor, now: datetime) -> None:
    """End the hold of a record that is to be merged. Runs inside the caller's transaction."""
    held = (
        Appointment.objects.filter(patient=patient_id, state=State.HELD.value)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    reason = "The record was merged into another."
    end_all(held, State.RELEASED, by=by, now=now, reason=reason)


def expire_stale_holds(*, now: datetime) -> int:
    """End the holds that ran out; how many. One that somebody is using just now is left to them."""
    with audit.writing(None):
        stale = list(
            Appointment.objects.stale_holds(now)
            .order_by("pk")
            .select_for_update(of=("self",), no_key=True, skip_locked=True)
        )
        end_all(stale, State.EXPIRED, by=None, now=now, reason="")
    return len(stale)
