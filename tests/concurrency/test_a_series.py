"""A series is booked whole or not at all, whoever else wants its times."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import pytest

from clinic import audit
from clinic.audit import Actor
from intake.models import Clearance
from scheduling import services
from scheduling.exceptions import SchedulingProblem
from scheduling.models import Appointment, Closure
from scheduling.slots import Interval, State
from tests.concurrency.clients import CLIENTS, ROUNDS, booking, live_overlaps
from tests.concurrency.conftest import Race, Runner, after, meanwhile
from tests.factories.clinic import StaffFactory
from tests.factories.scheduling import NINE, NOW, fifty_clearances, visit_type

pytestmark = pytest.mark.race

STARTS = [NINE + timedelta(days=days) for days in (0, 2, 7, 9, 14, 16)]
THE_DAY = Interval(STARTS[3] - timedelta(hours=9), STARTS[3] + timedelta(hours=15))


def series(leave: Clearance, by: Actor, starts: list[datetime] = STARTS) -> Runner:
    return partial(
        services.book_series,
        patient_id=leave.patient_id,
        clearance_id=leave.pk,
        visit_type_id=visit_type("adjustment").pk,
        starts=starts,
        by=by,
        now=NOW,
    )


def booked(leave: Clearance) -> int:
    return Appointment.objects.keeping_time().filter(patient=leave.patient).count()


def clear() -> None:
    Appointment.objects.update(state=State.CANCELLED.value)
    Closure.objects.all().delete()


def test_of_two_series_one_is_booked(race: Race):
    """They cross: each wants the other's times, and has one of its own."""
    desk = StaffFactory.create(is_desk=True)
    one, other = fifty_clearances(2)
    own = [*STARTS[:5], STARTS[5] + timedelta(hours=1)]
    won = set()
    for number in range(ROUNDS):
        runners = [series(one, desk), series(other, desk, own[::-1])]
        race.run(runners if number % 2 else runners[::-1])
        counts = (booked(one), booked(other))
        assert sorted(counts) == [0, 6]
        won.add(counts)
        clear()
    assert race.unnamed_errors == []
    assert live_overlaps() == 0


def test_against_forty_nine_who_book_its_times(race: Race):
    desk = StaffFactory.create(is_desk=True)
    leave, *others = fifty_clearances(CLIENTS)
    whole = 0
    for number in range(ROUNDS):
        bookings = [
            booking(each, STARTS[place % 6] + timedelta(minutes=10 * (place % 3)))
            for place, each in enumerate(others)
        ]
        # From round to round, they come later.
        late = [after(number * 0.002, booking) for booking in bookings]
        race.run([series(leave, desk), *late])
        assert booked(leave) in {0, 6}
        whole += booked(leave) == 6
        assert live_overlaps() == 0
        clear()
    assert whole, "in some round, the series came first"
    assert race.unnamed_errors == []


def close() -> services.Closed:
    return services.close(during=THE_DAY, reason="Away", by=None, now=NOW)


def slipped(closed: services.Closed) -> bool:
    """A visit of the series is in the closed day, and nobody was told."""
    inside = Appointment.objects.between(THE_DAY.start, THE_DAY.end).keeping_time()
    return inside.exclude(pk__in=[visit.pk for visit in closed.affected]).exists()


def test_against_a_day_being_closed(race: Race):
    desk = StaffFactory.create(is_desk=True)
    (leave,) = fifty_clearances(1)
    outcomes = set()
    for number in range(ROUNDS):
        closing, runner = close, series(leave, desk)
        late = after(0.03, closing) if number % 2 else closing
        closed = race.run([late, after(0.03 * (1 - number % 2), runner)])[0].result
        assert isinstance(closed, services.Closed)
        assert not slipped(closed)
        assert booked(leave) == 6 * len(closed.affected)
        outcomes.add(booked(leave))
        clear()
    assert outcomes == {0, 6}, "each came first at times"
    assert race.unnamed_errors == []


def test_a_closure_waits_for_a_series_on_its_way(race: Race, slow_inserts):
    (leave,) = fifty_clearances(1)
    closed = race.run([meanwhile(close), series(leave, None)])[0].result
    assert isinstance(closed, services.Closed)
    assert len(closed.affected) == 1
    assert not slipped(closed)


def test_the_race_with_a_closure_is_real(
    race: Race, slow_inserts, without_the_calendars_lock, without_the_closures_lock
):
    (leave,) = fifty_clearances(1)
    # The last day: those before it are being booked when it is closed.
    last = Interval(STARTS[5] - timedelta(hours=9), STARTS[5] + timedelta(hours=15))
    closing = partial(services.close, during=last, reason="Away", by=None, now=NOW)
    closed = race.run([meanwhile(closing), series(leave, None)])[0].result
    assert isinstance(closed, services.Closed)
    assert closed.affected == []
    assert booked(leave) == 6, "if it is not, the tests above prove nothing"


def test_the_race_for_all_or_none_is_real(
    race: Race, slow_inserts, without_the_calendars_lock, without_one_transaction
):
    leave, other = fifty_clearances(2)
    race.run([meanwhile(booking(other, STARTS[1])), series(leave, None)])
    assert 0 < booked(leave) < 6, "if it is whole, the tests above prove nothing"


@pytest.fixture
def without_the_closures_lock(as_owner) -> None:
    as_owner("DROP TRIGGER scheduling_closure_lock ON scheduling_closure")


@pytest.fixture
def without_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done before a refusal stays done."""
    real = audit.writing

    @contextmanager
    def keeping_what_was_done(by: Actor) -> Iterator[None]:
        refusal = None
        with real(by):
            try:
                yield
            except SchedulingProblem as problem:
                refusal = problem
        if refusal:
            raise refusal

    monkeypatch.setattr(audit, "writing", keeping_what_was_done)
