"""The demo's days at the clinic: who comes, who does not, and what is still free."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils import timezone

from clinic.models import User
from scheduling import plan, services
from scheduling.demo import holidays
from scheduling.demo.acting import (
    A_MOMENT,
    Scene,
    book_at_the_desk,
    patient_of,
    take_a_time,
    tell,
)
from scheduling.demo.people import Person
from scheduling.exceptions import SchedulingProblem
from scheduling.models import Appointment, VisitType
from scheduling.slots import Interval, State, open_time

NEW, AGAIN, CHECK = "new-exam", "adjustment", "re-exam"
# Minutes after the doors open, and the kind of visit. What does not fit is left out; the rest of
# the time is free for whoever tries the demo.
PATTERNS = (
    ((0, AGAIN), (20, AGAIN), (50, NEW), (130, AGAIN), (180, CHECK)),
    ((10, NEW), (60, AGAIN), (90, AGAIN), (180, AGAIN)),
    ((0, CHECK), (30, AGAIN), (110, NEW), (160, AGAIN)),
    ((20, AGAIN), (120, AGAIN), (140, AGAIN), (200, CHECK)),
)
# Today is looked at most, so that it is as full as a good day: of each hours, what fits.
FULL = (
    ((0, AGAIN), (20, AGAIN), (40, NEW), (90, AGAIN), (120, CHECK), (150, AGAIN), (180, AGAIN),
     (210, AGAIN)),
    # With an hour free for an X-ray, and some time for a first visit.
    ((0, AGAIN), (30, AGAIN), (50, CHECK), (140, AGAIN), (210, AGAIN)),
)  # fmt: skip
BETWEEN_VISITS = timedelta(days=2, hours=12)
# How long the doctor takes longer than planned, and how early people come.
RUNS_OVER, EARLY = timedelta(minutes=15), timedelta(minutes=20)
AN_HOUR = timedelta(hours=1)
# What becomes of a return visit; a no-show is only one once its time has come.
TAKES_PLACE = State.DONE
FATES = (*[TAKES_PLACE] * 5, State.NO_SHOW, *[TAKES_PLACE] * 4, State.CANCELLED)
GONE = (State.CANCELLED, State.NO_SHOW, State.EXPIRED, State.RELEASED)


def fill(scene: Scene, day: date, newcomers: Iterator[Person], *, every: int = 1) -> None:
    """Book a day and let it come as far as the clock has; of return visits each so-many-th."""
    patterns = FULL if day == scene.today else PATTERNS
    for number, (start, code) in enumerate(_wanted(day, patterns)):
        if code == NEW:
            visit = _first_visit(scene, start, newcomers)
        elif number % every == 0:
            visit = _another_visit(scene, start, code)
        else:
            continue
        if visit:
            _go_on(scene, visit, chance=day.toordinal() + number)


def finish_what_is_past(scene: Scene) -> None:
    """Visits of earlier days that nobody marked took place."""
    midnight = timezone.make_aware(datetime.combine(scene.today, datetime.min.time()))
    open_still = (State.BOOKED, State.CONFIRMED, State.ARRIVED, State.IN_ROOM)
    visits = Appointment.objects.filter(
        state__in=[state.value for state in open_still], visit__endswith__lte=midnight
    )
    for visit in visits.in_time_order():
        with suppress(SchedulingProblem):
            take_place(scene, visit)


def days_without_visits(first: date, count: int) -> list[date]:
    """The open days among `count` from `first` on that nobody has booked into."""
    days = [first + timedelta(days=number) for number in range(count)]
    start = timezone.make_aware(datetime.combine(days[0], datetime.min.time()))
    visits = Appointment.objects.between(start, start + timedelta(days=count))
    booked = {timezone.localdate(visit.starts_at) for visit in visits}
    return [day for day in days if day not in booked and _wanted(day)]


def hours_of(day: date) -> tuple[Interval, ...]:
    if holidays.name_of(day):
        return ()
    planned = plan.current()
    clinician_id = planned.clinician_id or 0
    weekly = planned.hours.get(clinician_id, ())
    extra = planned.extra_hours.get(clinician_id, ())
    return open_time(weekly, extra, (), day, day, planned.policy.zone).hours


def take_place(scene: Scene, visit: Appointment) -> None:
    """Arrive, go in, leave: as far as the clock has come."""
    steps = (
        (State.ARRIVED, visit.starts_at - EARLY, scene.desk),
        (State.IN_ROOM, visit.starts_at, scene.doctor),
        (State.DONE, visit.ends_at + RUNS_OVER, scene.doctor),
    )
    done = {State.ARRIVED: 1, State.IN_ROOM: 2}.get(State(visit.state), 0)
    for state, at, by in steps[done:]:
        if at <= scene.now:
            _mark(visit, state, by=by, now=at)


def _wanted(
    day: date, patterns: Sequence[tuple[tuple[int, str], ...]] = PATTERNS
) -> list[tuple[datetime, str]]:
    """The starts and kinds of visits that this day's hours and its pattern give."""
    minutes_of = dict(VisitType.objects.values_list("code", "minutes"))
    wanted = []
    first = 0 if patterns is FULL else day.toordinal()
    for number, hours in enumerate(hours_of(day)):
        for after, code in patterns[(first + number) % len(patterns)]:
            start = hours.start + timedelta(minutes=after)
            if start + timedelta(minutes=minutes_of[code]) <= hours.end:
                wanted.append((start, code))
    return wanted


def _first_visit(scene: Scene, start: datetime, newcomers: Iterator[Person]) -> Appointment | None:
    """Somebody new answers two days before, and the desk books; one still to come chose it."""
    person = next(newcomers, None)
    if person is None:
        return None
    at = min(start - timedelta(days=2), _lately(scene, start))
    patient = patient_of(tell(scene, person, now=at))
    with suppress(SchedulingProblem):
        if start > scene.now:
            return take_a_time(patient, start, now=at + timedelta(minutes=10))
        return book_at_the_desk(patient.pk, NEW, start, by=scene.desk, now=at + A_MOMENT)
    return None


def _another_visit(scene: Scene, start: datetime, code: str) -> Appointment | None:
    """Whoever has waited longest comes again; the visit was booked as they left the last one."""
    for patient_id, last in _who_waits(start):
        at = min(last + timedelta(minutes=5), _lately(scene, start))
        with suppress(SchedulingProblem):
            if visit := book_at_the_desk(patient_id, code, start, by=scene.desk, now=at):
                return visit
    return None


def _who_waits(start: datetime) -> list[tuple[UUID, datetime]]:
    """Patients who have been here and have no visit near `start`, with the end of their last."""
    visits = Appointment.objects.exclude(state__in=[state.value for state in GONE])
    patients = visits.values("patient").annotate(
        last=Max("visit__endswith"), came=Count("pk", filter=Q(state=State.DONE.value))
    )
    waiting = patients.filter(came__gt=0, last__lt=start - BETWEEN_VISITS).order_by("last")
    return list(waiting.values_list("patient", "last")[:3])


def _lately(scene: Scene, start: datetime) -> datetime:
    """When a visit that is still to come was booked: the farther off, the longer ago."""
    return scene.ago(hours=1 + max(0, (start - scene.now).days))


def _go_on(scene: Scene, visit: Appointment, *, chance: int) -> None:
    """What became of a visit, decided by a number. First visits take place: others need them.

    Whoever should be with the doctor just now is late, for the one before takes longer.
    """
    fate = TAKES_PLACE if visit.visit_type.for_first_visit else FATES[chance % len(FATES)]
    begun = visit.starts_at <= scene.now
    if fate is State.CANCELLED:
        _cancel(visit, now=min(visit.starts_at - 5 * AN_HOUR, scene.ago(minutes=15 + chance % 41)))
    elif fate is State.NO_SHOW and begun:
        at = min(visit.starts_at + AN_HOUR / 3, scene.now)
        _mark(visit, State.NO_SHOW, by=scene.desk, now=at)
    elif begun and scene.now < visit.ends_at:
        return
    elif begun or visit.starts_at - EARLY <= scene.now:
        take_place(scene, visit)
    elif visit.starts_at - scene.now < timedelta(days=3) and chance % 3:
        _mark(visit, State.CONFIRMED, by=scene.desk, now=scene.ago(minutes=20 + chance % 37))


def _mark(visit: Appointment, state: State, *, by: User, now: datetime) -> None:
    services.mark(appointment_id=visit.pk, to=state, by=by, now=now)


def _cancel(visit: Appointment, *, now: datetime) -> None:
    services.cancel(appointment_id=visit.pk, by=visit.patient.account, now=now)
