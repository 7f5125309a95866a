"""Several visits at one go: all of them are booked, or none."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import audit, messages, times
from clinic.audit import Actor
from intake import public as intake
from scheduling.availability import is_closed
from scheduling.exceptions import (
    CalendarBusy,
    GuardianMissing,
    OutsideClearance,
    SchedulingProblem,
    TimeClosed,
    TimeNotOffered,
    TimeTaken,
    named_refusals,
)
from scheduling.models import Appointment, VisitType
from scheduling.plan import Plan
from scheduling.services.placing import (
    FARTHEST,
    calendar,
    give_up_holds,
    insert,
    require_clearance,
    what_is_in_the_way,
)
from scheduling.services.policies import against_series, record_exception, require_reason
from scheduling.services.steps import BOOKED_TOGETHER
from scheduling.slots import MOST_VISITS, State
from scheduling.taken import Place


class SecondThatDay(SchedulingProblem):
    message = gettext_lazy("There is another visit for this person on that day.")


class TooManyAtOnce(SchedulingProblem):
    message = format_lazy(gettext_lazy("A series has {most} visits at most."), most=MOST_VISITS)


class SeriesNotBooked(SchedulingProblem):
    """Of each time that cannot be had, why; the others could be."""

    def __init__(self, problems: Mapping[datetime, SchedulingProblem]) -> None:
        super().__init__(problems)
        self.problems = dict(problems)
        said = [f"{times.in_words(start)}: {why}" for start, why in self.problems.items()]
        self.message = " ".join([_("Nothing was booked."), *said])


def book_series(
    *,
    patient_id: UUID,
    clearance_id: UUID,
    visit_type_id: int,
    starts: Iterable[datetime],
    by: Actor,
    now: datetime,
    reason: str = "",
) -> list[Appointment]:
    """Book every one of these starts, one a day, and tell the patient in one letter; or book none.

    The calendar is this booking's alone meanwhile, so that each start is looked at as it is.
    Notice, horizon and the limit of visits to come want a `reason`, which is kept. Raises
    SeriesNotBooked, TooManyAtOnce, NeedsReason, CalendarBusy, and what `require_clearance` raises.
    """
    wanted = sorted(set(starts))
    if len(wanted) > MOST_VISITS:
        raise TooManyAtOnce
    with named_refusals(CalendarBusy), audit.writing(by):
        if not wanted:
            raise TimeNotOffered
        with calendar(shared=False) as (clinician_id, planned):
            kind = planned.visit_types[visit_type_id]
            intake.lock_patient(patient_id)
            places = [
                Place.at(start, patient_id=patient_id, clinician_id=clinician_id, visit_type=kind)
                for start in wanted
            ]
            _require_all_free(places, kind, clearance_id, planned, now=now)
            policies = against_series(places, planned, now=now)
            require_reason(policies, reason)
            visits = _put(places, kind, clearance_id, by=by, now=now)
            _record(visits, by=by, now=now)
            record_exception(visits[0], policies, reason=reason, by=by, now=now)
            _tell(visits, now=now)
            return visits


def _require_all_free(
    places: Sequence[Place],
    kind: VisitType,
    clearance_id: UUID,
    planned: Plan,
    *,
    now: datetime,
) -> None:
    """Raises SeriesNotBooked with all that is in the way, and at once what stops every one."""
    days = _days_with_visits(places, now=now)
    problems: dict[datetime, SchedulingProblem] = {}
    for place in places:
        try:
            _require_free(place, kind, clearance_id, days, planned, now=now)
        except (
            TimeTaken, TimeClosed, TimeNotOffered, OutsideClearance, GuardianMissing, SecondThatDay
        ) as problem:  # fmt: skip
            problems[place.visit.start] = problem
        days.add(_day(place))
    if problems:
        raise SeriesNotBooked(problems)


def _require_free(
    place: Place,
    kind: VisitType,
    clearance_id: UUID,
    days: set[date],
    planned: Plan,
    *,
    now: datetime,
) -> None:
    start = place.visit.start
    if not now < start <= now + FARTHEST:
        raise TimeNotOffered
    clash = what_is_in_the_way(place, now=now)
    if clash:
        raise clash
    if _day(place) in days:
        raise SecondThatDay
    require_clearance(
        patient_id=place.patient_id,
        clearance_id=clearance_id,
        visit_type=kind,
        start=start,
        now=now,
    )
    if is_closed(place, planned):
        raise TimeClosed


def _days_with_visits(places: Sequence[Place], *, now: datetime) -> set[date]:
    """Of the patient, without a hold of theirs, which the series takes the place of."""
    visits = Appointment.objects.taking_time(now).filter(person=places[0].patient_id)
    visits = visits.exclude(state=State.HELD.value)
    return {timezone.localdate(visit.starts_at) for visit in visits}


def _day(place: Place) -> date:
    return timezone.localdate(place.visit.start)


def _put(
    places: Sequence[Place], kind: VisitType, clearance_id: UUID, *, by: Actor, now: datetime
) -> list[Appointment]:
    # All at once and by id, as everybody asks for visits: see `locking`.
    give_up_holds(*places, by=by, now=now)
    visits = []
    for place in places:
        try:
            visit = insert(
                place,
                clearance_id=clearance_id,
                visit_type=kind,
                state=State.BOOKED,
                by=by,
                now=now,
                reason=f"{BOOKED_TOGETHER} {len(places)}.",
            )
        except TimeTaken as problem:
            raise SeriesNotBooked({place.visit.start: problem}) from problem
        visits.append(visit)
    return visits


def _record(visits: Sequence[Appointment], *, by: Actor, now: datetime) -> None:
    """One entry for the series, beside those of its visits."""
    audit.record(
        by,
        "series booked",
        visits[0],
        at=now,
        patient_id=visits[0].patient_id,
        visits=len(visits),
    )


def _tell(visits: Sequence[Appointment], *, now: datetime) -> None:
    person = intake.patient_card(visits[0].patient_id)
    # As for any visit just made: who books it for somebody without an address tells them, too.
    if not person.email:
        return
    messages.booked_series(
        to=person.email,
        name=person.given_name,
        visits=[(visit.pk, visit.starts_at, visit.ends_at) for visit in visits],
        now=now,
    )
