"""What every write of a visit shares: its transaction, its lock, its record, its message."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic import access, audit, messages
from clinic.audit import Actor, Via
from clinic.models import Message, User
from intake import public as intake
from intake.public import PatientCard
from scheduling.exceptions import (
    CalendarBusy,
    SchedulingProblem,
    StepNotAllowed,
    VisitChanged,
    named_refusals,
)
from scheduling.locking import calendar_of
from scheduling.models import Appointment, Call, StatusChange
from scheduling.services.calls import ask_to_call
from scheduling.slots import MoveNotAllowed, State, require_move

# What the desk does on its pages can be undone for so long, and what is written to the patient
# waits for it: a slip of the mouse is nobody's news. A page may be a little behind the clock.
UNDO_FOR = timedelta(minutes=1)
LATE_PAGE = timedelta(seconds=10)
TOLD_AFTER = UNDO_FOR + 2 * LATE_PAGE
# How the history says that a visit came with others, of which one letter tells.
BOOKED_TOGETHER = "Booked as one of"


@contextmanager
def changing(
    appointment_id: UUID,
    *,
    by: Actor,
    shared: bool,
    lost_race: type[SchedulingProblem] = CalendarBusy,
) -> Iterator[Appointment]:
    """One transaction on one visit: its calendar, its patient's row and its own, in that order.

    Raises Appointment.DoesNotExist.
    """
    with named_refusals(lost_race), audit.writing(by):
        # Neither ever changes, so they may be read before anything is locked.
        ids = Appointment.objects.values_list("clinician_id", "patient_id")
        clinician_id, patient_id = ids.get(pk=appointment_id)
        with calendar_of(clinician_id, shared=shared):
            intake.lock_patient(patient_id)
            yield Appointment.objects.select_related("visit_type").locked(appointment_id)


def require_as_seen(visit: Appointment, seen: int | None) -> None:
    """The version on the page that was sent is still the visit's. None: no page was sent.

    Asked after "is it done already?": a button pressed twice is no stale page. Raises VisitChanged.
    """
    if seen is not None and seen != visit.version:
        raise VisitChanged


def become(
    visit: Appointment,
    state: State,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    is_late: bool = False,
) -> None:
    """Move a locked visit along the table of moves, on record. Raises StepNotAllowed."""
    before = State(visit.state)
    try:
        require_move(before, state)
    except MoveNotAllowed as error:
        raise StepNotAllowed from error
    visit.state = state.value
    visit.hold_expires_at = None
    visit.version += 1
    visit.save(update_fields=["state", "hold_expires_at", "clearance", "version"])
    record(visit, before, by=by, now=now, reason=reason, is_late=is_late)


def record(
    visit: Appointment,
    before: State | None,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    is_late: bool = False,
    was: DateTimeTZRange | None = None,
) -> None:
    """Write down what became of a visit: in its own history and in the audit trail.

    `was` is the time it had, for one that was moved or made longer or shorter.
    """
    StatusChange.objects.create(
        appointment=visit,
        before=before.value if before else "",
        after=visit.state,
        at=now,
        by=by if isinstance(by, User) else None,
        via=audit.where_from(),
        was=was,
        became=visit.visit if was else None,
        reason=reason[:200],
        is_late=is_late,
    )
    act = f"visit {visit.state}"
    if was:
        act = "visit length changed" if was.lower == visit.starts_at else "visit moved"
    facts = _times_changed(visit, was) if was else {}
    audit.record(by, act, visit, at=now, patient_id=visit.patient_id, **facts)


def _times_changed(visit: Appointment, was: DateTimeTZRange) -> dict[str, str]:
    if was.lower == visit.starts_at:
        return {"ended": was.upper.isoformat(), "ends": visit.ends_at.isoformat()}
    return {"moved_from": was.lower.isoformat(), "moved_to": visit.starts_at.isoformat()}


def end_all(
    visits: Iterable[Appointment], state: State, *, by: Actor, now: datetime, reason: str
) -> None:
    """Move several locked visits to one state."""
    for visit in visits:
        become(visit, state, by=by, now=now, reason=reason)


def told_after(by: Actor) -> timedelta:
    """How long what this person does can be undone before the patient hears of it."""
    on_our_pages = audit.where_from() == Via.STAFF_PAGES
    is_desk = isinstance(by, User) and access.sees_calendar(by)
    return TOLD_AFTER if on_our_pages and is_desk else timedelta(0)


def tell_booked(
    visit: Appointment, *, to: PatientCard | None = None, by: Actor = None, now: datetime
) -> None:
    """`to`: whose visit it is, for whoever has just read that."""
    _tell(
        visit,
        messages.booked,
        to=to,
        visit_id=visit.pk,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        now=now,
        wait=told_after(by),
    )


def tell_moved(
    visit: Appointment, *, to: PatientCard, moved_from: datetime, by: Actor = None, now: datetime
) -> None:
    _tell(
        visit,
        messages.moved,
        to=to,
        visit_id=visit.pk,
        moved_from=moved_from,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        now=now,
        wait=told_after(by),
    )


def tell_suspended(visit: Appointment, *, until: datetime, now: datetime) -> None:
    _tell(visit, messages.suspended, starts_at=visit.starts_at, until=until, now=now)


def tell_released(visit: Appointment, *, now: datetime) -> None:
    _tell(visit, messages.released, starts_at=visit.starts_at, now=now)


def tell_cancelled(visit: Appointment, *, by: Actor = None, now: datetime) -> None:
    _tell(visit, messages.cancelled, starts_at=visit.starts_at, now=now, wait=told_after(by))


def _tell(
    visit: Appointment,
    letter: Callable[..., Message],
    *,
    to: PatientCard | None = None,
    now: datetime,
    **words: UUID | datetime | timedelta,
) -> None:
    """By a letter. Who has no email address is called: the desk then says how the visit stands.

    But not about a visit just made: only the desk makes one for them, while they are there or call.
    """
    person = to or intake.patient_card(visit.patient_id)
    if person.email:
        letter(to=person.email, name=person.given_name, now=now, **words)
    elif visit.version > 1:
        ask_to_call(patient_id=visit.patient_id, why=Call.Why.VISIT, by=None, now=now, visit=visit)
