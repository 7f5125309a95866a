"""The desk takes back what it did a moment ago, all of it or nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from clinic import messages
from clinic.audit import Actor
from clinic.models import User
from intake import public as intake
from scheduling.availability import is_closed
from scheduling.desk_exceptions import ChangedSince, TooLateToUndo
from scheduling.exceptions import (
    StepNotAllowed,
    TimeClosed,
    TimeTaken,
)
from scheduling.models import Appointment, StatusChange
from scheduling.plan import as_interval
from scheduling.services.calls import was_told, withdraw_news
from scheduling.services.placing import (
    covering,
    give_up_holds,
    put,
    require_free,
    require_uncancellable,
    what_is_in_the_way,
)
from scheduling.services.steps import (
    BOOKED_TOGETHER,
    LATE_PAGE,
    UNDO_FOR,
    become,
    changing,
    tell_booked,
    tell_cancelled,
    tell_moved,
)
from scheduling.services.waitlist import wait_again
from scheduling.slots import State, may_move
from scheduling.taken import Place

UNDONE = "Undone."
# A decision, and somebody choosing: neither is a slip of the desk's mouse.
_NEVER_BACK_TO = {State.HELD, State.SUSPENDED}


def undo(*, appointment_id: UUID, by: User, now: datetime, seen: int) -> Appointment:
    """Take back all that the same person did with a visit at once, within the last minute.

    `seen` is the version that it led to: if anybody has done anything since, nothing is changed.
    The patient hears nothing if they had not heard yet, and else how it is now. Raises
    ChangedSince, TooLateToUndo, StepNotAllowed, TimeTaken, TimeClosed, and what the gate refuses.
    """
    with changing(appointment_id, by=by, shared=False, lost_race=TimeTaken) as visit:
        if visit.version != seen:
            raise ChangedSince
        done = _done_at_once(visit)
        if not _is_theirs(done, by) or now - done[0].at > UNDO_FOR + LATE_PAGE:
            raise TooLateToUndo
        if any(change.reason.startswith(BOOKED_TOGETHER) for change in done):
            raise TooLateToUndo
        for change in done:
            _take_back(visit, change, by=by, now=now)
        _tell(visit, done[0], by=by, now=now)
        return visit


def may_undo(visit: Appointment, *, by: User, now: datetime) -> bool:
    """Would `undo` find something of this person's to take back, as far as can be seen?"""
    done = _done_at_once(visit)
    in_time = _is_theirs(done, by) and now - done[0].at <= UNDO_FOR
    return in_time and all(_can_go_back(change) for change in done)


def _is_theirs(done: Sequence[StatusChange], by: User) -> bool:
    """And no undo itself: what was to be written to the patient is gone with it."""
    return bool(done) and done[0].by_id == by.pk and done[0].reason != UNDONE


def _done_at_once(visit: Appointment) -> Sequence[StatusChange]:
    """The last that was done, newest first: a walk-in is made and checked in at once."""
    newest = list(visit.changes.order_by("-pk")[:2])
    if len(newest) == 2:
        last, first = newest
        if first.before or (first.at, first.by_id) != (last.at, last.by_id):
            return [last]
    return newest


def _can_go_back(change: StatusChange) -> bool:
    if not change.before:
        # One letter told of all that were booked together: such a one is cancelled, and told.
        return not change.reason.startswith(BOOKED_TOGETHER)
    return bool(change.was) or bool(_way_back(change))


def _way_back(change: StatusChange) -> tuple[State, ...]:
    """The states to go through; a visit that had been confirmed is booked first."""
    before, after = State(change.before), State(change.after)
    if before in _NEVER_BACK_TO:
        return ()
    if may_move(after, before):
        return (before,)
    if may_move(after, State.BOOKED) and may_move(State.BOOKED, before):
        return (State.BOOKED, before)
    return ()


def _take_back(visit: Appointment, change: StatusChange, *, by: User, now: datetime) -> None:
    if change.was:
        _put_back(visit, change, by=by, now=now)
    elif not change.before:
        become(visit, State.CANCELLED, by=by, now=now, reason=UNDONE)
        wait_again(visit, by=by, now=now)
    else:
        _go_back(visit, change, by=by, now=now)


def _put_back(visit: Appointment, change: StatusChange, *, by: User, now: datetime) -> None:
    was = as_interval(change.was)
    place = Place.at(
        was.start,
        patient_id=visit.person_id,
        clinician_id=visit.clinician_id,
        visit_type=visit.visit_type,
        length=was.length,
    )
    clash = what_is_in_the_way(place, now=now, moving=visit.pk)
    if clash:
        raise clash
    if is_closed(place):
        raise TimeClosed
    give_up_holds(place, by=by, now=now)
    has_moved = was.start != visit.starts_at
    clearance_id = covering(visit, was.start, now).id if has_moved else visit.clearance_id
    put(visit, place, clearance_id, State(change.before), by=by, now=now, reason=UNDONE)


def _go_back(visit: Appointment, change: StatusChange, *, by: User, now: datetime) -> None:
    way = _way_back(change)
    if not way:
        raise StepNotAllowed
    if visit.state == State.CANCELLED:
        require_uncancellable(visit)
    if visit.state in State.ENDED:
        require_free(visit, by=by, now=now)
    for state in way:
        become(visit, state, by=by, now=now, reason=UNDONE)


def _tell(visit: Appointment, done: StatusChange, *, by: Actor, now: datetime) -> None:
    """What was to be sent, or said, is not; what they have heard already is put right."""
    told = _told(done)
    person = intake.patient_card(visit.patient_id)
    had_gone = messages.take_back(to=person.email, kind=told, queued_at=done.at)
    withdraw_news(visit, made_at=done.at, by=by, now=now)
    if not had_gone and not was_told(visit, made_at=done.at):
        return
    if told == "moved":
        tell_moved(visit, to=person, moved_from=done.became.lower, by=by, now=now)
    elif visit.state == State.CANCELLED:
        tell_cancelled(visit, by=by, now=now)
    else:
        tell_booked(visit, to=person, by=by, now=now)


def _told(done: StatusChange) -> str:
    """The kind of message that goes with it; a step of the day has none."""
    if done.was:
        return "moved"
    return "cancelled" if done.after == State.CANCELLED else "booked"
