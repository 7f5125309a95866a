"""A booked visit: made by the desk, moved, cancelled, and taken from arrival to done."""

from datetime import datetime, timedelta
from uuid import UUID

from clinic import audit
from clinic.audit import Actor
from clinic.models import ClinicProfile
from intake import public as intake
from intake.public import ClearanceCard
from scheduling.availability import Wish, is_closed, is_offered
from scheduling.exceptions import (
    OutsideClearance,
    StepNotAllowed,
    TimeClosed,
    TimeNotOffered,
    TimeTaken,
    VisitHasBegun,
    VisitNotBegun,
    named_refusals,
)
from scheduling.models import Appointment
from scheduling.plan import as_interval, as_range
from scheduling.services.allowance import is_desk, require_recent_answers
from scheduling.services.placing import (
    give_up_holds,
    insert,
    require_clearance,
    wanted,
    what_is_in_the_way,
)
from scheduling.services.steps import (
    become,
    changing,
    record,
    require_as_seen,
    tell_booked,
    tell_cancelled,
    tell_moved,
)
from scheduling.slots import MOVES, State
from scheduling.taken import Place

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


def book(
    *,
    patient_id: UUID,
    clearance_id: UUID,
    visit_type_id: int,
    start: datetime,
    by: Actor,
    now: datetime,
) -> Appointment:
    """Book for a patient without a hold, as the desk does, and tell them.

    Notice, horizon, hours and the grid bind patients, not staff; the gate, closures and what is
    taken bind everybody. Raises what `require_clearance` raises, TimeClosed, TimeTaken.
    """
    with (
        named_refusals(TimeTaken),
        audit.writing(by),
        wanted(start, patient_id=patient_id, visit_type_id=visit_type_id, now=now) as (place, kind),
    ):
        require_clearance(
            patient_id=patient_id,
            clearance_id=clearance_id,
            visit_type=kind,
            start=start,
            now=now,
        )
        if is_closed(start, visit_type=kind, clinician_id=place.clinician_id):
            raise TimeClosed
        visit = insert(
            place,
            clearance_id=clearance_id,
            visit_type=kind,
            state=State.BOOKED,
            by=by,
            now=now,
        )
        tell_booked(visit, now=now)
        return visit


def move(
    *,
    appointment_id: UUID,
    start: datetime,
    by: Actor,
    now: datetime,
    seen: int | None = None,
) -> Appointment:
    """Give a visit another time; the old one is freed only when the new one is had.

    A patient moves to a time that is offered, staff to any that is free and not closed. The visit
    is booked again, no longer confirmed, under a clearance that covers its new start. Safe to call
    twice. `seen` is the version on the page that was sent, here and below. Raises VisitChanged,
    VisitHasBegun, StepNotAllowed, OutsideClearance, AnswersNotRecent, TimeNotOffered, TimeClosed,
    TimeTaken, and what the gate refuses.
    """
    with changing(appointment_id, by=by, shared=False, lost_race=TimeTaken) as visit:
        if visit.state not in _MOVABLE:
            raise StepNotAllowed
        if visit.starts_at == start:
            return visit
        require_as_seen(visit, seen)
        if visit.starts_at <= now:
            raise VisitHasBegun
        place = Place.at(
            start,
            patient_id=visit.patient_id,
            clinician_id=visit.clinician_id,
            visit_type=visit.visit_type,
        )
        # First, as for a booking: the whole calendar waits while a move is refused.
        clash = what_is_in_the_way(place, now=now, moving=visit.pk)
        if clash:
            raise clash
        clearance = _covering(visit, start, now)
        _require_open(visit, start, clearance, by=by, now=now)
        give_up_holds(place, by=by, now=now)
        moved_from = visit.starts_at
        _put(visit, place, clearance, by=by, now=now)
        tell_moved(visit, moved_from=moved_from, now=now)
        return visit


def cancel(
    *,
    appointment_id: UUID,
    by: Actor,
    now: datetime,
    reason: str = "",
    seen: int | None = None,
) -> Appointment:
    """Cancel a visit, or give a hold back. Inside the clinic's window it is allowed, marked late.

    Safe to call twice. Raises VisitChanged, StepNotAllowed, VisitHasBegun.
    """
    with changing(appointment_id, by=by, shared=True) as visit:
        before = State(visit.state)
        if before is State.CANCELLED:
            return visit
        require_as_seen(visit, seen)
        if before in _MOVABLE and visit.starts_at <= now:
            raise VisitHasBegun
        window = timedelta(hours=ClinicProfile.current().cancellation_hours)
        is_late = before in _MOVABLE and visit.starts_at - now < window
        become(visit, State.CANCELLED, by=by, now=now, reason=reason, is_late=is_late)
        if before is not State.HELD:
            tell_cancelled(visit, now=now)
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
            _require_free(visit, by=by, now=now)
        if before is State.CANCELLED:
            _require_uncancellable(visit)
        become(visit, to, by=by, now=now, reason=reason)
        if before is State.CANCELLED:
            tell_booked(visit, now=now)
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
            clearance_id=clearance_id or _covering(visit, visit.starts_at, now).id,
            visit_type=visit.visit_type,
            start=visit.starts_at,
            now=now,
        )
        visit.clearance_id = clearance.id
        become(visit, State.BOOKED, by=by, now=now)
        tell_booked(visit, now=now)
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
        tell_cancelled(visit, now=now)
        return visit


def _covering(visit: Appointment, start: datetime, now: datetime) -> ClearanceCard:
    """Its own clearance if that covers the new start, or another of the patient's."""
    kind = visit.visit_type.code
    usable = [card for card in intake.clearances_usable(visit.patient_id, now) if card.is_for(kind)]
    covering = [card for card in usable if card.starts_at <= start < card.ends_at]
    if not covering:
        raise OutsideClearance
    return next((card for card in covering if card.id == visit.clearance_id), covering[0])


def _require_open(
    visit: Appointment, start: datetime, clearance: ClearanceCard, *, by: Actor, now: datetime
) -> None:
    if is_desk(by):
        if is_closed(start, visit_type=visit.visit_type, clinician_id=visit.clinician_id):
            raise TimeClosed
        return
    require_recent_answers(clearance, by=by, now=now)
    wish = Wish(clearance=clearance, visit_type=visit.visit_type, now=now, moving=visit.pk)
    if not is_offered(wish, start, clinician_id=visit.clinician_id):
        raise TimeNotOffered


def _put(
    visit: Appointment, place: Place, clearance: ClearanceCard, *, by: Actor, now: datetime
) -> None:
    before, was = State(visit.state), visit.visit
    visit.state = State.BOOKED.value
    visit.clearance_id = clearance.id
    visit.visit = as_range(place.visit)
    visit.clinician_busy = as_range(place.clinician_busy)
    visit.room_busy = as_range(place.room_busy) if place.room_busy else None
    visit.version += 1
    visit.save(
        update_fields=["state", "clearance", "visit", "clinician_busy", "room_busy", "version"]
    )
    record(visit, before, by=by, now=now, reason="Moved to another time.", was=was)
    audit.record(
        by,
        "visit moved",
        visit,
        at=now,
        patient_id=visit.patient_id,
        moved_from=was.lower.isoformat(),
        moved_to=visit.starts_at.isoformat(),
    )


def _require_uncancellable(visit: Appointment) -> None:
    """It was booked, not only kept for somebody choosing, and nothing was closed since.

    Raises StepNotAllowed, TimeClosed.
    """
    came_from = visit.changes.filter(after=State.CANCELLED.value).latest("pk").before
    if came_from == State.HELD:
        raise StepNotAllowed
    if is_closed(visit.starts_at, visit_type=visit.visit_type, clinician_id=visit.clinician_id):
        raise TimeClosed


def _require_free(visit: Appointment, *, by: Actor, now: datetime) -> None:
    """The visit's time is taken back as it was. Raises TimeTaken."""
    place = Place(
        patient_id=visit.patient_id,
        clinician_id=visit.clinician_id,
        room_id=visit.room_id,
        visit=as_interval(visit.visit),
        clinician_busy=as_interval(visit.clinician_busy),
        room_busy=as_interval(visit.room_busy) if visit.room_busy else None,
    )
    clash = what_is_in_the_way(place, now=now)
    if clash:
        raise clash
    give_up_holds(place, by=by, now=now)
