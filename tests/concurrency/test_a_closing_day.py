"""A day is closed while many come into it: every visit is on the desk's list, or was not made."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.db.models import QuerySet

from scheduling import services
from scheduling.exceptions import TimeClosed
from scheduling.models import Appointment, Closure, Rebooking
from scheduling.slots import Interval, State
from tests.concurrency.clients import (
    ROUNDS,
    SOME_ROUNDS,
    booking,
    check_up,
    every_ten_minutes,
    holding,
    live_overlaps,
    moving,
    refusals,
    starts_of,
)
from tests.concurrency.conftest import AsOwner, Race, Runner, after, meanwhile
from tests.factories.clinic import StaffFactory
from tests.factories.scheduling import NINE, NOW, book, fifty_clearances

pytestmark = pytest.mark.race

THE_DAY = Interval(NINE - timedelta(hours=9), NINE + timedelta(hours=15))


def close_the_day() -> services.Closed:
    return services.close(during=THE_DAY, reason="Away", by=None, now=NOW)


def inside_the_day() -> QuerySet[Appointment]:
    return Appointment.objects.between(THE_DAY.start, THE_DAY.end).keeping_time()


def slipped(closed: services.Closed) -> list[Appointment]:
    """What is in the closed day, and nobody was told."""
    return list(inside_the_day().exclude(pk__in=[visit.pk for visit in closed.affected]))


def run(race: Race, closing: Runner, *others: Runner) -> services.Closed:
    round_ = race.run([closing, *others])
    closed = round_[0].result
    assert isinstance(closed, services.Closed), round_[0].error
    assert race.unnamed_errors == []
    return closed


def bookings() -> list[Runner]:
    starts = [NINE + timedelta(minutes=45 * number) for number in range(5)]
    return [booking(leave, start) for leave, start in zip(fifty_clearances(5), starts, strict=True)]


def test_nothing_slips_in(race: Race):
    """Fifty: patients choose times, the desk books and moves short visits from Thursday."""
    desk = StaffFactory.create(is_desk=True)
    starts = every_ten_minutes(24)
    to_book = [
        booking(leave, start) for leave, start in zip(fifty_clearances(24), starts, strict=True)
    ]
    to_hold = [
        holding(leave, start)
        for leave, start in zip(fifty_clearances(15), starts[5:20], strict=True)
    ]
    movers = [
        book(leave, start, code=check_up())
        for leave, start in zip(fifty_clearances(10), every_ten_minutes(10, days=2), strict=True)
    ]
    home = starts_of(movers)
    to_move = [
        moving(visit, start, by=desk) for visit, start in zip(movers, starts[::2], strict=False)
    ]
    for number in range(ROUNDS):
        # All at once, or one after the other; and from round to round, the closure comes later.
        apart = 0.01 * (number % 2)
        patients = [after(apart * n, each) for n, each in enumerate((*to_book, *to_hold))]
        closed = run(race, after(number * 0.01, close_the_day), *to_move, *patients)
        assert slipped(closed) == []
        assert all(visit.state != State.HELD for visit in closed.affected)
        # The movers go home, and the others go.
        for visit in Appointment.objects.filter(
            pk__in=home.keys() & {v.pk for v in closed.affected}
        ):
            moving(visit, home[visit.pk], by=desk)()
        inside_the_day().update(state=State.CANCELLED.value)
        closed.closure.delete()
    assert live_overlaps() == 0
    assert TimeClosed in refusals(race.finishes), "some must come too late"


def test_nor_while_bookings_are_on_their_way(race: Race, slow_inserts):
    closed = run(race, meanwhile(close_the_day), *bookings())
    assert closed.affected, "the closure waited for them"
    assert slipped(closed) == []


def test_nor_by_a_move_on_its_way(race: Race, slow_updates):
    visit = book(*fifty_clearances(1), NINE + timedelta(days=2))
    move = moving(visit, NINE, by=StaffFactory.create(is_desk=True))
    closed = run(race, meanwhile(close_the_day), move)
    assert closed.affected == [visit]


def test_nor_when_somebody_writes_the_closure_past_the_service(race: Race, slow_inserts):
    """The trigger alone: as from a shell, which takes no lock of its own."""

    def write() -> services.Closed:
        with transaction.atomic():
            closure = Closure.objects.create(during=(THE_DAY.start, THE_DAY.end), reason="Shell")
            return services.Closed(closure, list(inside_the_day()))

    closed = run(race, meanwhile(write), *bookings())
    assert closed.affected, "the closure waited for them"
    assert slipped(closed) == []


def test_the_race_is_real(
    race: Race, slow_inserts, without_the_calendars_lock, without_the_closures_lock
):
    closed = run(race, meanwhile(close_the_day), *bookings())
    assert slipped(closed), "if there is none, the tests above prove nothing"


@pytest.fixture
def without_the_closures_lock(as_owner: AsOwner) -> None:
    as_owner("DROP TRIGGER scheduling_closure_lock ON scheduling_closure")


# --- The times proposed in place of those in the closed day ------------------------------------


def proposed_twice() -> list[tuple[object, object]]:
    """Pairs of visits that were proposed the same time or a part of it, asked of the rows."""
    rows = [(row.pk, row.proposed) for row in Rebooking.objects.exclude(proposed=None)]
    return [
        (one, other)
        for number, (one, busy) in enumerate(rows)
        for other, theirs in rows[number + 1 :]
        if busy.lower < theirs.upper and theirs.lower < busy.upper
    ]


AN_EXAM = timedelta(minutes=45)
# Free, and the nearest to the hour of either of the two whose times are closed.
BOTH_WANT = NINE + 2 * AN_EXAM


def closing_each_its_own() -> list[Runner]:
    """Nine o'clock and the next visit's time, each closed by somebody, both at once."""
    parts = [Interval(NINE, NINE + AN_EXAM), Interval(NINE + AN_EXAM, BOTH_WANT)]
    return [partial(services.close, during=part, reason="Away", by=None, now=NOW) for part in parts]


def test_no_two_are_proposed_one_time(race: Race):
    """Two close; forty-eight book, keep, and move to what lies nearest: fifty."""
    leaves = fifty_clearances(50)
    visits = [book(leave, NINE + n * AN_EXAM) for n, leave in enumerate(leaves[:2])]
    home = starts_of(visits)
    desk = StaffFactory.create(is_desk=True)
    later, next_days = every_ten_minutes(20, days=1), every_ten_minutes(18, days=2)
    others: list[Runner] = [
        *(booking(leave, BOTH_WANT + AN_EXAM) for leave in leaves[2:10]),
        *(booking(leave, start) for leave, start in zip(leaves[10:30], later, strict=True)),
        *(holding(leave, start) for leave, start in zip(leaves[30:48], next_days, strict=True)),
        *(moving(visit, start, by=desk) for visit, start in zip(visits, later, strict=False)),
    ]
    for number in range(SOME_ROUNDS):
        closing = [after(number * 0.005, each) for each in closing_each_its_own()]
        round_ = race.run([*closing, *others])
        assert race.unnamed_errors == []
        assert all(isinstance(each.result, services.Closed) for each in round_[:2])
        assert proposed_twice() == []
        assert live_overlaps() == 0
        # It is open again, and everybody is where they were.
        Closure.objects.all().delete()
        strangers = Appointment.objects.exclude(pk__in=home).keeping_time()
        strangers.update(state=State.CANCELLED.value)
        for pk, start in home.items():
            services.move(appointment_id=pk, start=start, by=desk, now=NOW)


def test_that_race_is_real(race: Race, without_one_proposal_a_time):
    """Closings come one after the other anyway, by the plan's one row: what keeps them apart is
    that the second knows what the first has proposed, and the constraint."""
    for number, leave in enumerate(fifty_clearances(2)):
        book(leave, NINE + number * AN_EXAM)
    race.run(closing_each_its_own())
    assert proposed_twice(), "if there is none, the test above proves nothing"


@pytest.fixture
def without_one_proposal_a_time(as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch) -> None:
    as_owner("ALTER TABLE scheduling_rebooking DROP CONSTRAINT rebooking_proposed_once")
    monkeypatch.setattr("scheduling.services.proposals.proposed_to_somebody", lambda *_, **__: [])
