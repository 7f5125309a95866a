"""What a series proposes: one time a wished day, near the hour, inside the clearance."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.slots import InvalidWish, Lack, SeriesWish, local_instant, propose
from scheduling.slots.series import APART, MOST_ON_THE_DAY, NEAR

ZONE = ZoneInfo("America/New_York")
# A Monday; the clocks are put back on the Sunday before.
MONDAY = date(2026, 11, 2)
A_DAY = timedelta(days=1)
BEGINNING = datetime(2026, 10, 1, tzinfo=UTC)
NEVER = datetime(2027, 10, 1, tzinfo=UTC)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return local_instant(day, time(hour, minute), ZONE)


def wish(**fields: object) -> SeriesWish:
    return SeriesWish(
        **{
            "first_day": MONDAY,
            "weekdays": frozenset({0, 2}),
            "weeks": 3,
            "clock": time(9),
            "zone": ZONE,
            "not_before": BEGINNING,
            "until": NEVER,
            **fields,
        }  # type: ignore[arg-type]
    )


def every_hour(*days: date) -> list[datetime]:
    return [at(day, hour) for day in days for hour in range(8, 13)]


THREE_WEEKS = [MONDAY + number * A_DAY for number in range(-1, 22)]


def test_twice_a_week_for_three_weeks():
    proposed = propose(wish(), every_hour(*THREE_WEEKS))
    assert [each.start for each in proposed] == [
        at(MONDAY + number * A_DAY, 9) for number in (0, 2, 7, 9, 14, 16)
    ]
    assert all(each.lack is None for each in proposed)


def test_a_series_begun_on_a_wednesday_has_as_many_visits():
    begins = MONDAY + 2 * A_DAY
    assert wish(first_day=begins).days() == [MONDAY + n * A_DAY for n in (2, 7, 9, 14, 16, 21)]


def test_the_hour_stays_on_the_clinics_clock_when_the_clocks_change():
    before = date(2026, 10, 26)
    starts = [at(before + 7 * number * A_DAY, 9) for number in range(2)]
    proposed = propose(wish(first_day=before, weekdays=frozenset({0}), weeks=2), starts)
    assert [each.start for each in proposed] == starts
    assert starts[1] - starts[0] == timedelta(days=7, hours=1)


def test_what_is_far_from_the_hour_is_for_the_person_to_choose():
    (day,) = propose(
        wish(weekdays=frozenset({0}), weeks=1, clock=time(9)),
        [at(MONDAY, 10, 10), at(MONDAY, 12), at(MONDAY + A_DAY, 9)],
    )
    assert (day.start, day.lack) == (None, Lack.NOTHING_NEAR)
    assert day.others == (at(MONDAY, 10, 10), at(MONDAY, 12), at(MONDAY + A_DAY, 9))


def test_another_wished_day_is_no_other_choice():
    monday, tuesday = propose(
        wish(weekdays=frozenset({0, 1}), weeks=1), every_hour(MONDAY + A_DAY, MONDAY + 2 * A_DAY)
    )
    assert (monday.start, monday.others) == (None, ())
    assert tuesday.others[-1] == at(MONDAY + 2 * A_DAY, 9)


def test_a_closed_neighbour_is_stepped_over():
    friday = MONDAY + 4 * A_DAY
    (day,) = propose(wish(weekdays=frozenset({4}), weeks=1), every_hour(MONDAY + 7 * A_DAY))
    assert day.day == friday
    assert day.others == (at(MONDAY + 7 * A_DAY, 9),)


def test_the_end_of_the_clearance_cuts_the_series():
    last = MONDAY + 9 * A_DAY
    proposed = propose(wish(until=at(last, 9)), every_hour(*THREE_WEEKS))
    assert [each.lack for each in proposed] == [None] * 3 + [Lack.NOT_CLEARED] * 3
    assert all(each.others == () for each in proposed[3:])


def test_a_day_with_a_visit_gets_no_second():
    proposed = propose(wish(visits_on=frozenset({MONDAY})), every_hour(*THREE_WEEKS))
    assert (proposed[0].start, proposed[0].lack) == (None, Lack.HAS_A_VISIT)
    assert proposed[0].others == (at(MONDAY - A_DAY, 9), at(MONDAY + A_DAY, 9))


@pytest.mark.parametrize(
    "fields", [{"weeks": 0}, {"weeks": 13}, {"weekdays": frozenset()}, {"weekdays": frozenset({7})}]
)
def test_a_wish_that_is_none(fields):
    with pytest.raises(InvalidWish):
        wish(**fields)


STARTS = st.lists(
    st.builds(
        lambda ahead, step: at(MONDAY + ahead * A_DAY, 0) + step * timedelta(minutes=10),
        st.integers(-3, 25),
        st.integers(0, 143),
    ),
    max_size=80,
)
BOUNDS = st.integers(-72, 600).map(lambda hours: at(MONDAY, 0) + timedelta(hours=hours))
WISHES = st.builds(
    wish,
    first_day=st.integers(0, 6).map(lambda ahead: MONDAY + ahead * A_DAY),
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    weeks=st.integers(1, 3),
    clock=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    not_before=st.just(BEGINNING) | BOUNDS,
    until=st.just(NEVER) | BOUNDS,
    visits_on=st.sets(st.integers(0, 20).map(lambda ahead: MONDAY + ahead * A_DAY), max_size=3).map(
        frozenset
    ),
)


@given(wished=WISHES, starts=STARTS)
def test_whatever_is_wished_and_free(wished: SeriesWish, starts: list[datetime]):
    proposed = propose(wished, starts)
    days = [each.day for each in proposed]
    assert days == sorted(set(days))
    assert len(days) == wished.weeks * len(wished.weekdays)

    def day_of(start: datetime) -> date:
        return start.astimezone(ZONE).date()

    def may_be(start: datetime) -> bool:
        in_time = wished.not_before <= start < wished.until
        return in_time and day_of(start) not in wished.visits_on

    for each in proposed:
        hour = wished.at(each.day)
        is_cleared = wished.not_before <= hour < wished.until
        there = [start for start in starts if may_be(start) and day_of(start) == each.day]
        distances = [abs(start - hour) for start in there]
        near = is_cleared and bool(distances) and min(distances) <= NEAR
        assert (each.start is not None) == near
        assert (each.start is None) == (each.lack is not None)
        assert (each.lack is Lack.NOT_CLEARED) == (not is_cleared)
        if each.start:
            assert day_of(each.start) == each.day
            assert abs(each.start - hour) == min(distances)
        offered = [*filter(None, [each.start]), *each.others]
        assert all(start in starts and may_be(start) for start in offered)
        elsewhere = [day_of(start) for start in offered if day_of(start) != each.day]
        assert not set(elsewhere) & set(days), "another wished day has its own"
        assert len(elsewhere) == len(set(elsewhere)) <= 2
        hours = [start for start in offered if day_of(start) == each.day]
        assert len(hours) <= MOST_ON_THE_DAY + 1
        assert all(
            abs(one - other) >= APART
            for index, one in enumerate(hours)
            for other in hours[index + 1 :]
        )
