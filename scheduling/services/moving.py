"""A booked visit gets another time, or another length."""

from datetime import datetime, timedelta
from uuid import UUID

from clinic.audit import Actor
from intake.public import ClearanceCard
from scheduling import plan
from scheduling.availability import Wish, is_closed, is_offered
from scheduling.desk_exceptions import RoomPartCut
from scheduling.exceptions import (
    StepNotAllowed,
    TimeClosed,
    TimeNotOffered,
    TimeTaken,
    VisitHasBegun,
)
from scheduling.models import Appointment
from scheduling.plan import Plan
from scheduling.services.allowance import is_desk, require_recent_answers
from scheduling.services.placing import covering, give_up_holds, put, what_is_in_the_way
from scheduling.services.policies import (
    against_length,
    against_moving,
    record_exception,
    require_reason,
)
from scheduling.services.steps import changing, require_as_seen, tell_moved
from scheduling.slots import State
from scheduling.taken import Place

_MOVABLE = {State.BOOKED, State.CONFIRMED}
_HAS_A_LENGTH = {*_MOVABLE, State.ARRIVED, State.IN_ROOM}
MOVED = "Moved to another time."


def move(
    *,
    appointment_id: UUID,
    start: datetime,
    by: Actor,
    now: datetime,
    seen: int | None = None,
    length: timedelta | None = None,
    reason: str | None = None,
) -> Appointment:
    """Give a visit another time; the old one is freed only when the new one is had.

    A patient moves to a time that is offered, staff to any that is free and not closed: for as
    long as the visit was, or for the `length` that staff give it. The visit is booked again, no
    longer confirmed, under a clearance that covers its new start. Safe to call twice. `seen` is
    the version on the page that was sent, here and below. Raises VisitChanged, VisitHasBegun,
    StepNotAllowed, OutsideClearance, AnswersNotRecent, TimeNotOffered, TimeClosed, TimeTaken,
    RoomPartCut, NeedsReason, and what the gate refuses.
    """
    with changing(appointment_id, by=by, shared=False, lost_race=TimeTaken) as visit:
        if visit.state not in _MOVABLE:
            raise StepNotAllowed
        length = length or _length(visit)
        if visit.starts_at == start and length == _length(visit):
            return visit
        require_as_seen(visit, seen)
        # Somebody late is given a later time by the desk.
        if visit.starts_at <= now and not (is_desk(by) and start > now):
            raise VisitHasBegun
        place = Place.at(
            start,
            patient_id=visit.person_id,
            clinician_id=visit.clinician_id,
            visit_type=visit.visit_type,
            length=length,
        )
        # First, as for a booking: the whole calendar waits while a move is refused.
        _require_room_to_be(place, visit, now)
        clearance = covering(visit, start, now)
        planned = plan.current()
        _require_open(visit, place, clearance, planned, by=by, now=now)
        moved_from = visit.starts_at
        policies = (
            against_moving(place, planned, moved_from=moved_from, now=now) if is_desk(by) else []
        )
        require_reason(policies, reason)
        give_up_holds(place, by=by, now=now)
        put(visit, place, clearance.id, State.BOOKED, by=by, now=now, reason=reason or MOVED)
        record_exception(visit, policies, reason=reason, by=by, now=now)
        tell_moved(visit, to=clearance.person, moved_from=moved_from, by=by, now=now)
        return visit


def change_length(
    *,
    appointment_id: UUID,
    length: timedelta,
    by: Actor,
    now: datetime,
    seen: int | None = None,
    reason: str | None = None,
) -> Appointment:
    """Let a visit end later or earlier than it would; one that has begun, too.

    Its start, and so what the patient knows, stays. Safe to call twice. Raises VisitChanged,
    StepNotAllowed, RoomPartCut, TimeTaken, TimeClosed, NeedsReason, and what the gate refuses.
    """
    with changing(appointment_id, by=by, shared=False, lost_race=TimeTaken) as visit:
        if visit.state not in _HAS_A_LENGTH:
            raise StepNotAllowed
        if _length(visit) == length:
            return visit
        require_as_seen(visit, seen)
        place = Place.at(
            visit.starts_at,
            patient_id=visit.person_id,
            clinician_id=visit.clinician_id,
            visit_type=visit.visit_type,
            length=length,
        )
        _require_room_to_be(place, visit, now)
        policies: list[str] = []
        if length > _length(visit):
            planned = plan.current()
            if is_closed(place, planned):
                raise TimeClosed
            policies = against_length(place, planned) if is_desk(by) else []
        require_reason(policies, reason)
        give_up_holds(place, by=by, now=now)
        put(
            visit,
            place,
            visit.clearance_id,
            State(visit.state),
            by=by,
            now=now,
            reason=reason or "",
        )
        record_exception(visit, policies, reason=reason, by=by, now=now)
        return visit


def _length(visit: Appointment) -> timedelta:
    return visit.ends_at - visit.starts_at


def _require_room_to_be(place: Place, visit: Appointment, now: datetime) -> None:
    """Raises TimeTaken, RoomPartCut."""
    clash = what_is_in_the_way(place, now=now, moving=visit.pk)
    if clash:
        raise clash
    if place.room_busy and not place.clinician_busy.covers(place.room_busy):
        raise RoomPartCut


def _require_open(
    visit: Appointment,
    place: Place,
    clearance: ClearanceCard,
    planned: Plan,
    *,
    by: Actor,
    now: datetime,
) -> None:
    if is_desk(by):
        if is_closed(place, planned):
            raise TimeClosed
        return
    require_recent_answers(clearance, planned, now)
    wish = Wish.to_move(visit, clearance, now=now)
    if not is_offered(wish, place.visit.start, clinician_id=visit.clinician_id, planned=planned):
        raise TimeNotOffered
