"""A booked visit: made by the desk, cancelled, and taken from arrival to done."""

from datetime import datetime
from uuid import UUID

from clinic import audit
from clinic.audit import Actor
from scheduling.availability import is_closed
from scheduling.exceptions import (
    StepNotAllowed,
    TimeClosed,
    TimeTaken,
    VisitHasBegun,
    VisitNotBegun,
    named_refusals,
)
from scheduling.models import Appointment
from scheduling.services.allowance import is_desk
from scheduling.services.calls import withdraw_news
from scheduling.services.placing import (
    covering,
    insert,
    require_clearance,
    require_free,
    require_uncancellable,
    wanted,
)
from scheduling.services.policies import (
    against_booking,
    against_cancelling,
    record_exception,
    require_reason,
)
from scheduling.services.steps import (
    become,
    changing,
    require_as_seen,
    tell_booked,
    tell_cancelled,
)
from scheduling.slots import MOVES, State

_MOVABLE = {State.BOOKED, State.CONFIRMED}
# Undoing these takes back a time that was free meanwhile.
_TAKES_TIME_BACK = {move.target for move in MOVES if move.source in State.ENDED}
_MARKED_BY_HAND = {
    State.BOOKED,
    State.CONFIRMED,
    State.ARRIVED,
    State.IN_ROOM,
    State.DONE,
    State.NO_SHOW,
}
WALKED_IN = "Walked in."


def book(
    *,
    patient_id: UUID,
    clearance_id: UUID,
    visit_type_id: int,
    start: datetime,
    by: Actor,
    now: datetime,
    reason: str | None = None,
) -> Appointment:
    """Book for a patient without a hold, as the desk does, and tell them.

    Notice, horizon, hours and limits bind patients; the desk goes against them with a `reason`
    (see `policies`). The gate, closures and what is taken bind everybody. Raises what
    `require_clearance` raises, TimeClosed, TimeTaken, NeedsReason.
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
        if is_closed(place, planned):
            raise TimeClosed
        clearance = require_clearance(
            patient_id=patient_id,
            clearance_id=clearance_id,
            visit_type=kind,
            start=start,
            now=now,
        )
        policies = against_booking(place, planned, now=now) if reason is not None else []
        require_reason(policies, reason)
        visit = insert(
            place,
            clearance_id=clearance_id,
            visit_type=kind,
            state=State.BOOKED,
            by=by,
            now=now,
            reason=reason or "",
        )
        record_exception(visit, policies, reason=reason, by=by, now=now)
        tell_booked(visit, to=clearance.person, by=by, now=now)
        return visit


def walk_in(
    *,
    patient_id: UUID,
    clearance_id: UUID,
    visit_type_id: int,
    start: datetime,
    by: Actor,
    now: datetime,
) -> Appointment:
    """Book somebody who stands at the desk, and check them in. Nobody writes to them about it.

    No policy is asked: that somebody has come is the reason. The gate, closures and what is taken
    bind as always. Raises what `book` raises.
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
        if is_closed(place, planned):
            raise TimeClosed
        require_clearance(
            patient_id=patient_id,
            clearance_id=clearance_id,
            visit_type=kind,
            start=start,
            now=now,
        )
        visit = insert(
            place,
            clearance_id=clearance_id,
            visit_type=kind,
            state=State.BOOKED,
            by=by,
            now=now,
            reason=WALKED_IN,
        )
        become(visit, State.ARRIVED, by=by, now=now, reason=WALKED_IN)
        return visit


def cancel(
    *,
    appointment_id: UUID,
    by: Actor,
    now: datetime,
    reason: str | None = None,
    seen: int | None = None,
) -> Appointment:
    """Cancel a visit, or give a hold back. Inside the clinic's window it is allowed, marked late.

    The desk says why, then. Safe to call twice. Raises VisitChanged, StepNotAllowed,
    VisitHasBegun, NeedsReason.
    """
    with changing(appointment_id, by=by, shared=True) as visit:
        before = State(visit.state)
        if before is State.CANCELLED:
            return visit
        require_as_seen(visit, seen)
        if before in _MOVABLE and visit.starts_at <= now:
            raise VisitHasBegun
        policies = against_cancelling(visit, now=now)
        if is_desk(by):
            require_reason(policies, reason)
        late = bool(policies)
        become(visit, State.CANCELLED, by=by, now=now, reason=reason or "", is_late=late)
        if is_desk(by):
            record_exception(visit, policies, reason=reason, by=by, now=now)
        if before is not State.HELD:
            tell_cancelled(visit, by=by, now=now)
        return visit


def mark(
    *,
    appointment_id: UUID,
    to: State,
    by: Actor,
    now: datetime,
    reason: str = "",
    seen: int | None = None,
) -> Appointment:
    """Take a visit one step: arrived, in the room, done, not come; or take the step back.

    A cancellation is taken back to booked, and the patient told. Safe to call twice. Raises
    VisitChanged, StepNotAllowed, VisitNotBegun, and for a step taken back into a time that was
    free meanwhile TimeTaken, TimeClosed and what the gate refuses.
    """
    with changing(
        appointment_id, by=by, shared=to not in _TAKES_TIME_BACK, lost_race=TimeTaken
    ) as visit:
        before = State(visit.state)
        if before is to:
            return visit
        require_as_seen(visit, seen)
        if to not in _MARKED_BY_HAND or before in {State.HELD, State.SUSPENDED}:
            raise StepNotAllowed
        if to is State.NO_SHOW and visit.starts_at > now:
            raise VisitNotBegun
        if before in State.ENDED and to in _TAKES_TIME_BACK:
            require_free(visit, by=by, now=now)
        if before is State.CANCELLED:
            require_uncancellable(visit)
        become(visit, to, by=by, now=now, reason=reason)
        if before is State.CANCELLED:
            _tell_it_is_on(visit, by=by, now=now)
        return visit


def reinstate(
    *,
    appointment_id: UUID,
    clearance_id: UUID | None = None,
    by: Actor,
    now: datetime,
    seen: int | None = None,
) -> Appointment:
    """Book a suspended visit again, in the time it kept, on a clearance that allows it.

    Without one named, on the patient's own that covers it and lasts longest.
    Raises VisitChanged, StepNotAllowed, VisitHasBegun, and what `require_clearance` raises.
    """
    with changing(appointment_id, by=by, shared=True) as visit:
        require_as_seen(visit, seen)
        if visit.state != State.SUSPENDED:
            raise StepNotAllowed
        if visit.starts_at <= now:
            raise VisitHasBegun
        clearance = require_clearance(
            patient_id=visit.patient_id,
            clearance_id=clearance_id or covering(visit, visit.starts_at, now).id,
            visit_type=visit.visit_type,
            start=visit.starts_at,
            now=now,
        )
        visit.clearance_id = clearance.id
        become(visit, State.BOOKED, by=by, now=now)
        tell_booked(visit, to=clearance.person, by=by, now=now)
        return visit


def release(
    *,
    appointment_id: UUID,
    by: Actor,
    now: datetime,
    reason: str = "",
    seen: int | None = None,
) -> Appointment:
    """Give a suspended visit's time back, and tell the patient.

    Safe to call twice. Raises VisitChanged, StepNotAllowed.
    """
    with changing(appointment_id, by=by, shared=True) as visit:
        if visit.state == State.RELEASED:
            return visit
        require_as_seen(visit, seen)
        if visit.state != State.SUSPENDED:
            raise StepNotAllowed
        become(visit, State.RELEASED, by=by, now=now, reason=reason)
        tell_cancelled(visit, by=by, now=now)
        return visit


def _tell_it_is_on(visit: Appointment, *, by: Actor, now: datetime) -> None:
    """But for somebody who was to be called about the cancellation, and was not: nothing is new."""
    cancelled = visit.changes.filter(after=State.CANCELLED.value).latest("pk")
    if not withdraw_news(visit, made_at=cancelled.at, by=by, now=now):
        tell_booked(visit, by=by, now=now)
