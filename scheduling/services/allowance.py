"""What binds patients who book online, and not the desk: how much they take, and their answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from clinic import access, limits
from clinic.audit import Actor
from clinic.models import User
from intake.public import ClearanceCard, PatientCard
from scheduling.exceptions import AnswersNotRecent, KeptTooLong, TooManyComing, TooManyKept
from scheduling.locking import count_for
from scheduling.models import Appointment, StatusChange
from scheduling.plan import Plan
from scheduling.slots import Interval, State, rested_at


@dataclass(frozen=True, slots=True)
class _Taken:
    """A visit to come of the family, or a time one of them kept lately and `let_go` unbooked."""

    patient_id: UUID
    state: str
    hold_expires_at: datetime | None
    ends_at: datetime
    made_at: datetime
    let_go: datetime | None


def require_allowance(clearance: ClearanceCard, planned: Plan, *, by: Actor, now: datetime) -> None:
    """One more time may be kept for the patient, in place of the one they keep, if any.

    Patients are bound by it, the desk is not. The patient's row is locked already; the family's
    place in line is taken here, so that two of them at once are counted one after the other.
    Raises AnswersNotRecent, TooManyKept, TooManyComing, KeptTooLong.
    """
    if is_desk(by):
        return
    patient = clearance.person
    if patient.account_id:
        count_for(patient.account_id)
    require_recent_answers(clearance, planned, now)
    # What was kept is counted from its end.
    since = now - limits.KEPT_WITHIN - planned.kept_for
    family = _family(patient, now=now, since=since)
    own = [each for each in family if each.patient_id == patient.id]
    _require_rest(own, kept_for=planned.kept_for, now=now)
    # Their own hold is given up for the new one.
    coming = [each for each in family if _is_coming(each, now) and not _is_own_hold(each, patient)]
    if sum(each.state == State.HELD for each in coming) >= limits.HOLDS_AT_ONCE_BY_ACCOUNT:
        raise TooManyKept
    theirs = sum(each.patient_id == patient.id for each in coming)
    if theirs >= planned.most_visits_patient or len(coming) >= planned.most_visits_account:
        raise TooManyComing


def answered_lately(clearance: ClearanceCard, planned: Plan, now: datetime) -> bool:
    """Not on the calendar's days: what was said in the evening stands as long as in the morning."""
    return now - clearance.known_at < planned.answers_stand_for


def require_recent_answers(clearance: ClearanceCard, planned: Plan, now: datetime) -> None:
    """Who books or moves a visit online has said lately how they are.

    Patients are bound by it; the desk asks them when they come. Raises AnswersNotRecent.
    """
    if not answered_lately(clearance, planned, now):
        raise AnswersNotRecent


def is_desk(by: Actor) -> bool:
    """Who keeps the calendar for others: nothing here binds them."""
    return isinstance(by, User) and access.sees_calendar(by)


def _family(patient: PatientCard, *, now: datetime, since: datetime) -> list[_Taken]:
    visits = Appointment.objects.filter(
        Q(person__account=patient.account_id) if patient.account_id else Q(person=patient.id)
    )
    to_come = Q(
        state__in=[state.value for state in State.KEEPS_TIME],
        visit__endswith__gt=now,
    )
    let_go = StatusChange.objects.filter(
        appointment=OuterRef("pk"), before=State.HELD.value
    ).exclude(after=State.BOOKED.value)
    rows = (
        visits.filter(to_come | Q(created_at__gt=since))
        .annotate(let_go=Subquery(let_go.values("at")[:1]))
        .values_list("person_id", "state", "hold_expires_at", "visit", "created_at", "let_go")
    )
    return [
        _Taken(patient_id, state, expires_at, visit.upper, made_at, let_go)
        for patient_id, state, expires_at, visit, made_at, let_go in rows
    ]


def _require_rest(own: Iterable[_Taken], *, kept_for: timedelta, now: datetime) -> None:
    """Times kept again and again without booking one would be kept for ever."""
    kept = []
    for each in own:
        if each.let_go or each.state == State.HELD:
            # One that ran out may have been swept only later.
            until = min(each.let_go or now, each.made_at + kept_for)
            if until > each.made_at:
                kept.append(Interval(each.made_at, until))
    again_at = rested_at(kept, now, at_most=limits.KEPT_AT_MOST, within=limits.KEPT_WITHIN)
    if again_at:
        raise KeptTooLong(again_at)


def _is_coming(each: _Taken, now: datetime) -> bool:
    ran_out = each.hold_expires_at is not None and each.hold_expires_at <= now
    return each.state in State.KEEPS_TIME and each.ends_at > now and not ran_out


def _is_own_hold(each: _Taken, patient: PatientCard) -> bool:
    return each.state == State.HELD and each.patient_id == patient.id
