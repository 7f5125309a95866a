"""One visit as staff read it: what it is, what can be done now, and everything that was done."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic import times
from intake import public as intake
from scheduling import card, plan
from scheduling.models import Appointment, StatusChange
from scheduling.plan import as_interval
from scheduling.services import keeps_its_time_until
from scheduling.services.allowance import answered_lately
from scheduling.slots import Interval, Move, State, moves_from
from scheduling.visit_list import NOTES, TONES, of_patient

# Left to the patient, to a revoked clearance and to the clock.
_NOT_BY_HAND = {State.EXPIRED, State.SUSPENDED}
_NOT_YET_BEGUN = (State.BOOKED, State.CONFIRMED, State.ARRIVED)
_HAS_A_TIME_TO_CHANGE = {State.BOOKED, State.CONFIRMED, State.ARRIVED, State.IN_ROOM}
_DOWNWARD = {State.CANCELLED, State.RELEASED, State.NO_SHOW}


@dataclass(frozen=True)
class Step:
    """Something staff may do with the visit as it is: a button that sends `to`."""

    to: str
    name: str
    is_undo: bool
    is_downward: bool


@dataclass(frozen=True)
class Entry:
    """One line of the history. `what`: from which state to which, or from which time to which."""

    when: str
    who: str
    from_where: str
    what: str
    why: str
    is_late: bool


@dataclass(frozen=True)
class Sheet:
    id: UUID
    version: int
    when: str
    patient_id: UUID
    until: str
    who: str
    phone: str
    phone_link: str
    town: str
    kind: str
    room: str
    doctor: str
    state: str
    tone: str
    note: str
    may_move: bool
    # There is a card to hand over: it is on, and still to come.
    has_card: bool
    steps: tuple[Step, ...]
    # One of the steps takes back what was done.
    has_undo: bool
    # When, what for and how each of the patient's others stands.
    others: tuple[tuple[str, str, str], ...]
    history: tuple[Entry, ...]


def answered_long_ago(visit: Appointment, *, now: datetime) -> str:
    """The day they last said how they are, when the desk shall ask again; else nothing.

    On the day of the visit and until it begins, once the answers are older than the clinic wants.
    """
    is_today = times.local(visit.starts_at).date() == times.local(now).date()
    if visit.state not in _NOT_YET_BEGUN or not is_today:
        return ""
    clearance = intake.clearance_card(visit.clearance_id)
    if answered_lately(clearance, plan.current(), now):
        return ""
    return date_format(times.local(clearance.known_at), "DATE_FORMAT")


def sheet(visit: Appointment, *, now: datetime) -> Sheet:
    """The visit comes with its patient, type, room and clinician."""
    changes = list(visit.changes.select_related("by").order_by("-pk"))
    state, patient = State(visit.state), visit.person
    steps = tuple(_steps(visit, state, changes, now))
    return Sheet(
        id=visit.pk,
        version=visit.version,
        when=times.in_words(visit.starts_at),
        patient_id=visit.person_id,
        until=_("until %(end)s") % {"end": times.clock_in_words(visit.ends_at)},
        who=patient.name,
        phone=patient.phone.as_national if patient.phone else "",
        phone_link=patient.phone.as_rfc3966 if patient.phone else "",
        town=patient.town_name,
        kind=visit.visit_type.name,
        room=visit.room.name if visit.room else "",
        doctor=visit.clinician.name,
        state=_(state.label),
        tone=TONES[state],
        note=_note(visit, state),
        may_move=state in _HAS_A_TIME_TO_CHANGE,
        has_card=card.is_on_card(visit, now=now),
        steps=steps,
        has_undo=any(step.is_undo for step in steps),
        others=tuple(of_patient(visit.patient_id, but=visit.pk)),
        history=tuple(_entry(change) for change in changes),
    )


def _note(visit: Appointment, state: State) -> str:
    if state is State.SUSPENDED:
        until = times.in_words(keeps_its_time_until(visit))
        return _("Waits for a decision; cannot be checked in. Keeps its time until %(until)s.") % {
            "until": until
        }
    return str(NOTES.get(state, ""))


def _steps(
    visit: Appointment, state: State, changes: list[StatusChange], now: datetime
) -> list[Step]:
    """The first is what comes next: on the day of the visit, that they arrive."""
    came_from = next((change.before for change in changes if change.after == state), "")
    moves = list(moves_from(state))
    if timezone.localdate(visit.starts_at) <= timezone.localdate(now):
        moves.sort(key=lambda move: move.undo or move.target is not State.ARRIVED)
    return [
        Step(move.target.value, _(move.name), move.undo, move.target in _DOWNWARD)
        for move in moves
        if _is_open(move, came_from=came_from, has_begun=visit.starts_at <= now)
    ]


def _is_open(move: Move, *, came_from: str, has_begun: bool) -> bool:
    """What the table allows and nothing else stands against, as far as can be seen beforehand."""
    if move.target in _NOT_BY_HAND:
        return False
    if move.source is State.HELD:
        return move.target is State.CANCELLED
    if move.target is State.RELEASED:
        return move.source is State.SUSPENDED
    if move.target is State.NO_SHOW:
        return has_begun
    if move.target is State.CONFIRMED and not move.undo:
        return not has_begun
    if move.source is State.SUSPENDED:
        return not has_begun
    if move.source is State.CANCELLED:
        return came_from != State.HELD
    if move.undo and move.source is State.ARRIVED:
        return move.target == came_from
    return not (has_begun and move.target is State.CANCELLED)


def _moved(was: Interval, became: Interval) -> str:
    if was.start == became.start:
        old, new = times.clock_in_words(was.end), times.clock_in_words(became.end)
        return _("Ends at %(new)s instead of %(old)s") % {"old": old, "new": new}
    old, new = times.in_words(was.start), times.in_words(became.start)
    return _("Moved from %(old)s to %(new)s") % {"old": old, "new": new}


def _entry(change: StatusChange) -> Entry:
    if change.was and change.became:
        what = _moved(as_interval(change.was), as_interval(change.became))
    else:
        before = _(State(change.before).label) if change.before else _("New")
        said = {"before": before, "after": _(State(change.after).label)}
        what = _("%(before)s, then %(after)s") % said
    return Entry(
        when=times.in_words(change.at),
        who=str(change.by) if change.by else _("Nobody"),
        from_where=change.get_via_display(),
        what=what,
        why=change.reason,
        is_late=change.is_late,
    )
