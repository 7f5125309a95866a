"""What waits for the front desk in the demo: a waitlist, a series, a closed afternoon, calls."""

from dataclasses import replace
from datetime import datetime, timedelta

from clinic.times import local
from intake import public
from intake import services as intake
from intake.models import Patient, ReviewDecision
from intake.services import Contact
from scheduling import availability, plan, services, waitlist
from scheduling.availability import Wish
from scheduling.demo import days, people
from scheduling.demo.acting import (
    Scene,
    book_at_the_desk,
    choose_a_time,
    patient_of,
    take_a_time,
    tell,
    tell_by_phone,
)
from scheduling.demo.stories import decide
from scheduling.models import Appointment, Call, VisitType
from scheduling.plan import as_interval, shape_of
from scheduling.services import Wishes
from scheduling.slots import Interval, State

Kind = ReviewDecision.Kind
A_DAY = timedelta(days=1)
VISITS_IN_SERIES, TWICE_A_WEEK = 6, timedelta(days=3)
WEEKDAY_MORNINGS = tuple(f"{day}-am" for day in range(5))
SATURDAY_MORNING = ("5-am",)


def do_all(scene: Scene) -> None:
    for piece in WORK:
        piece(scene)


def a_series(scene: Scene) -> None:
    """Twice a week for three weeks, at one go; about half of it is over."""
    patient = patient_of(tell(scene, people.IN_A_SERIES, now=scene.ago(days=16)))
    before, at = scene.ago(days=15), scene.ago(days=11)
    first = take_a_time(patient, _still_free(patient, days.NEW, now=before)[0], now=before)
    days.take_place(scene, first)
    clearance = public.clearances_usable(patient.pk, at)[0]
    kind = VisitType.objects.get(code=days.AGAIN)
    visits = services.book_series(
        patient_id=patient.pk,
        clearance_id=clearance.id,
        visit_type_id=kind.pk,
        starts=_some_days_apart(_still_free(patient, days.AGAIN, now=at)),
        by=scene.desk,
        now=at,
        reason="Twice a week for three weeks, as Dr. Solomon asked.",
    )
    for visit in visits:
        days.take_place(scene, visit)


def a_closed_afternoon(scene: Scene) -> None:
    """Dr. Solomon is away then. Everybody is told of another time; one has taken it by phone."""
    at = scene.ago(days=3)
    caller = patient_of(tell_by_phone(scene, people.WHILE_WE_ARE_CLOSED, now=at))
    afternoon, start = _busy_afternoon(scene, caller, now=at)
    book_at_the_desk(caller.pk, days.NEW, start, by=scene.desk, now=at)
    closed = services.close(
        during=afternoon,
        reason="Seminar",
        by=scene.desk,
        now=scene.ago(hours=5),
        clinician_id=plan.current().clinician_id,
    )
    services.tell_patients(
        closure_id=closed.closure.pk, by=scene.desk, now=scene.ago(hours=4, minutes=50)
    )
    told = closed.closure.rebookings.exclude(start=None).filter(told_by="email")
    answered = told.select_related("visit").order_by("was").first()
    if answered:
        services.take_proposed(
            rebooking_id=answered.pk,
            seen=answered.visit.version,
            by=scene.desk,
            now=scene.ago(hours=2),
        )


def a_record_twice(scene: Scene) -> None:
    """She called from a new number, and was put on record anew; the administrator saw it."""
    kept = patient_of(tell(scene, people.ON_RECORD_TWICE, now=scene.ago(days=13)))
    new_line = replace(people.ON_RECORD_TWICE, line=people.HER_NEW_LINE)
    again = intake.add_patient(
        contact=replace(Contact.of(kept), phone=new_line.phone, email=""),
        not_these=[kept.pk],
        by=scene.desk,
        now=scene.ago(days=4),
    )
    intake.merge_records(
        patient_id=again.pk,
        into=kept.pk,
        reason="The same person: she has a new phone.",
        by=scene.administrator,
        now=scene.ago(days=3, hours=20),
    )


def nobody_decided_in_time(scene: Scene) -> None:
    """New answers held him two days before his visit, and nobody had looked when it came."""
    patient = patient_of(tell(scene, people.NOBODY_DECIDED, now=scene.ago(days=8)))
    at = scene.ago(days=7)
    first = scene.ago(days=4)
    start = next(each for each in _still_free(patient, days.NEW, now=at) if each > first)
    visit = take_a_time(patient, start, now=at)
    news = replace(people.NOBODY_DECIDED, said=people.FEVER)
    tell(scene, news, now=visit.starts_at - 2 * A_DAY)
    services.release_undecided(now=visit.starts_at)


def moved_by_us(scene: Scene) -> None:
    """Nobody can write to her, so that somebody calls: her visit is at another time."""
    patient = patient_of(tell_by_phone(scene, people.MOVED_BY_US, now=scene.ago(days=5)))
    visit = choose_a_time(patient, day=scene.today + 5 * A_DAY, now=scene.ago(days=5))
    kind = visit.visit_type
    clearance = public.clearance_card(visit.clearance_id)
    free = availability.offered(
        Wish(clearance=clearance, visit_type=kind, now=scene.now, moving=visit.pk),
        first_day=scene.today + 6 * A_DAY,
    )
    services.move(
        appointment_id=visit.pk, start=free[0], by=scene.desk, now=scene.ago(hours=1, minutes=10)
    )


def decisions_to_tell_by_phone(scene: Scene) -> None:
    """One call for each thing that can be decided, and one for who still waits."""
    for person, kind, why in (
        (people.CLEARED_BY_PHONE, Kind.SUPPORTIVE, "Stable. Low force only."),
        (people.REFERRED_BY_PHONE, Kind.REFER, "Numb for weeks. Family doctor first."),
        (people.READ_BY_PHONE, Kind.CLOSE, "In care elsewhere, and stays there."),
    ):
        said = tell_by_phone(scene, person, now=scene.ago(days=1, hours=6))
        _reach(scene, patient_of(said), now=scene.ago(days=1, hours=5))
        decide(scene, said, kind, why, at=scene.ago(hours=3))
    tell_by_phone(scene, people.HELD_BY_PHONE, now=scene.ago(minutes=40))


def somebody_is_choosing(scene: Scene) -> None:
    """A time is held for her while she confirms."""
    patient = patient_of(tell(scene, people.CHOOSING, now=scene.ago(minutes=12)))
    clearance = public.clearances_usable(patient.pk, scene.now)[0]
    kind = availability.visit_types_for(clearance)[0]
    starts = availability.offered(Wish(clearance=clearance, visit_type=kind, now=scene.now))
    services.hold(
        patient_id=patient.pk,
        clearance_id=clearance.id,
        visit_type_id=kind.pk,
        start=starts[0],
        by=patient.account,
        now=scene.ago(minutes=1),
    )


def a_waitlist(scene: Scene) -> None:
    """Three wait for a first visit; a free time is offered to those whom it suits."""
    in_pain = patient_of(tell(scene, people.WAITS_IN_PAIN, now=scene.ago(hours=7)))
    mornings = patient_of(tell_by_phone(scene, people.WAITS_FOR_MORNINGS, now=scene.ago(days=2)))
    saturdays = patient_of(tell(scene, people.WAITS_FOR_SATURDAYS, now=scene.ago(days=4)))
    _wait(scene, saturdays, SATURDAY_MORNING, now=scene.ago(days=4, hours=-1))
    _wait(scene, mornings, WEEKDAY_MORNINGS, now=scene.ago(days=2, hours=-1))
    _wait(scene, in_pain, (), now=scene.ago(hours=6), is_acute=True)
    at = scene.ago(minutes=10)
    free = waitlist.free_times(waitlist.waiting(at), at)
    services.offer(start=min(each.start for each in free), by=scene.desk, now=at)


# What is booked comes before what looks for free times.
WORK = (
    a_series,
    nobody_decided_in_time,
    moved_by_us,
    a_closed_afternoon,
    a_record_twice,
    decisions_to_tell_by_phone,
    somebody_is_choosing,
    a_waitlist,
)


def _still_free(patient: Patient, code: str, *, now: datetime) -> list[datetime]:
    """What was offered then, without the times at which somebody was here since.

    A visit that is over keeps no time, and two at once would be no history.
    """
    clearance = public.clearances_usable(patient.pk, now)[0]
    kind = VisitType.objects.get(code=code)
    starts = availability.offered(Wish(clearance=clearance, visit_type=kind, now=now))
    shape = shape_of(kind)
    over = Appointment.objects.filter(state__in=[State.DONE.value, State.NO_SHOW.value])
    was_here = [as_interval(visit.visit) for visit in over]
    return [
        start for start in starts if not any(shape.visit(start).overlaps(each) for each in was_here)
    ]


def _some_days_apart(starts: list[datetime]) -> list[datetime]:
    chosen: list[datetime] = []
    for start in starts:
        if len(chosen) < VISITS_IN_SERIES and (not chosen or start - chosen[-1] >= TWICE_A_WEEK):
            chosen.append(start)
    return chosen


def _busy_afternoon(scene: Scene, patient: Patient, *, now: datetime) -> tuple[Interval, datetime]:
    """Of the coming days' afternoons with a time free for a first visit, the fullest; that time."""
    clearance = public.clearances_usable(patient.pk, now)[0]
    wish = Wish(clearance=clearance, visit_type=VisitType.objects.get(code=days.NEW), now=now)
    first, last = scene.today + 2 * A_DAY, scene.today + 9 * A_DAY
    free = availability.free_for_desk(wish, first_day=first, last_day=last)
    week = (first + number * A_DAY for number in range((last - first).days))
    afternoons = [hours[1] for day in week if len(hours := days.hours_of(day)) > 1]
    fitting = [
        (afternoon, start)
        for afternoon in afternoons
        if (start := next((each for each in free if afternoon.start <= each < afternoon.end), None))
    ]
    return max(fitting, key=lambda each: _visits_inside(each[0]))


def _visits_inside(hours: Interval) -> int:
    return Appointment.objects.keeping_time().between(hours.start, hours.end).count()


def _reach(scene: Scene, patient: Patient, *, now: datetime) -> None:
    """They were called, and heard that somebody looks at their answers."""
    for call in Call.objects.filter(patient=patient, done_at=None):
        services.end_call(
            call_id=call.pk, ended=Call.Ended.REACHED, seen=call.version, by=scene.desk, now=now
        )


def _wait(
    scene: Scene,
    patient: Patient,
    half_days: tuple[str, ...],
    *,
    now: datetime,
    is_acute: bool = False,
) -> None:
    services.wait_for(
        patient_id=patient.pk,
        visit_type_id=VisitType.objects.get(code=days.NEW).pk,
        wishes=Wishes(half_days=half_days, first_day=local(now).date(), last_day=None, note=""),
        by=scene.desk,
        now=now,
        is_acute=is_acute,
    )
