"""Intervals against plain sets of minutes."""

import pickle
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.slots import (
    EmptyInterval,
    Interval,
    NaiveMoment,
    Spans,
    instant,
    intersect,
    merge,
    subtract,
)

NEW_YORK = ZoneInfo("America/New_York")
ORIGIN = datetime(2026, 3, 8, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class NoOffset(tzinfo):
    """A zone that does not know its offset: Python calls such a moment naive too."""

    def utcoffset(self, _when: datetime | None) -> None:
        return None

    dst = tzname = utcoffset


def at(minute: int) -> datetime:
    return ORIGIN + minute * MINUTE


def span(start: int, end: int) -> Interval:
    return Interval(at(start), at(end))


def minutes(*intervals: Interval) -> set[int]:
    return {
        minute
        for each in intervals
        for minute in range((each.start - ORIGIN) // MINUTE, (each.end - ORIGIN) // MINUTE)
    }


spans = st.tuples(st.integers(0, 60), st.integers(1, 15)).map(lambda p: span(p[0], p[0] + p[1]))
many = st.lists(spans, max_size=8)


def assert_few_separate_and_sorted(intervals: list[Interval]) -> None:
    assert all(a.end < b.start for a, b in pairwise(intervals))


class TestWhatAnIntervalIs:
    def test_it_is_kept_in_utc(self) -> None:
        nine = datetime(2026, 1, 5, 9, tzinfo=NEW_YORK)

        interval = Interval(nine, nine + timedelta(hours=1))

        assert interval.start.tzinfo is UTC
        assert interval.start.hour == 14
        assert interval.end.tzinfo is UTC

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (at(0).replace(tzinfo=None), at(60)),
            (at(0), at(60).replace(tzinfo=None)),
            (at(0).replace(tzinfo=NoOffset()), at(60)),
        ],
    )
    def test_a_naive_moment_is_refused(self, start: datetime, end: datetime) -> None:
        with pytest.raises(NaiveMoment):
            Interval(start, end)

    @pytest.mark.parametrize("length", [0, -1])
    def test_empty_and_reversed_are_refused(self, length: int) -> None:
        with pytest.raises(EmptyInterval):
            span(10, 10 + length)

    @pytest.mark.parametrize("error", [NaiveMoment, EmptyInterval])
    def test_a_refusal_is_a_value_error(self, error: type[Exception]) -> None:
        assert issubclass(error, ValueError)

    def test_the_same_stretch_of_time_is_equal_in_any_zone(self) -> None:
        tokyo = timezone(timedelta(hours=9))
        here = Interval(at(0).astimezone(NEW_YORK), at(60).astimezone(NEW_YORK))
        there = Interval(at(0).astimezone(tokyo), at(60).astimezone(tokyo))

        assert here == there
        assert hash(here) == hash(there)
        assert len({here, there}) == 1

    def test_the_two_half_past_ones_of_autumn_are_an_hour_apart(self) -> None:
        first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
        second = first.replace(fold=1)
        assert first == second, "Python alone would say that they are the same"

        assert Interval(first, second).length == timedelta(hours=1)
        assert instant(second) - instant(first) == timedelta(hours=1)

    def test_reversed_in_real_time_is_refused_even_if_the_clock_reads_forward(self) -> None:
        second_half_past_one = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1)
        first_quarter_to_two = datetime(2026, 11, 1, 1, 45, tzinfo=NEW_YORK)

        with pytest.raises(EmptyInterval):
            Interval(second_half_past_one, first_quarter_to_two)

    def test_it_cannot_be_changed(self) -> None:
        with pytest.raises(AttributeError):
            span(0, 1).start = at(1)  # type: ignore[misc]

    def test_it_sorts_by_start_then_end(self) -> None:
        assert sorted([span(5, 9), span(1, 8), span(5, 7)]) == [span(1, 8), span(5, 7), span(5, 9)]

    def test_it_survives_pickling(self) -> None:
        assert pickle.loads(pickle.dumps(span(0, 20))) == span(0, 20)


class TestHalfOpen:
    def test_touching_is_not_overlapping(self) -> None:
        assert not span(0, 20).overlaps(span(20, 40))
        assert not span(20, 40).overlaps(span(0, 20))

    def test_one_microsecond_more_is(self) -> None:
        assert span(0, 20).extended(after=timedelta.resolution).overlaps(span(20, 40))

    def test_the_start_is_inside_the_end_is_not(self) -> None:
        assert span(0, 20).contains(at(0))
        assert span(0, 20).contains(at(20) - timedelta.resolution)
        assert not span(0, 20).contains(at(20))
        assert not span(0, 20).contains(at(0) - timedelta.resolution)

    def test_a_moment_of_any_zone_is_judged_as_an_instant(self) -> None:
        assert span(0, 20).contains(at(5).astimezone(NEW_YORK))
        second = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1)
        until_second = Interval(second.replace(fold=0), second)
        assert not until_second.contains(second)

    def test_a_naive_moment_is_neither_inside_nor_outside(self) -> None:
        with pytest.raises(NaiveMoment):
            span(0, 20).contains(at(5).replace(tzinfo=None))

    def test_it_covers_itself(self) -> None:
        assert span(0, 20).covers(span(0, 20))
        assert not span(0, 20).covers(span(0, 21))
        assert not span(0, 20).covers(span(-1, 20))

    @settings(deadline=None)
    @given(spans, spans)
    def test_overlaps_and_covers_say_what_the_minutes_say(self, a: Interval, b: Interval) -> None:
        assert a.overlaps(b) == b.overlaps(a) == bool(minutes(a) & minutes(b))
        assert a.covers(b) == (minutes(b) <= minutes(a))

    @settings(deadline=None)
    @given(spans, st.integers(-5, 80))
    def test_contains_says_what_the_minutes_say(self, a: Interval, minute: int) -> None:
        assert a.contains(at(minute)) == (minute in minutes(a))


class TestMoving:
    def test_shifted_is_as_long_and_later(self) -> None:
        assert span(0, 20).shifted(5 * MINUTE) == span(5, 25)
        assert span(0, 20).shifted(-5 * MINUTE) == span(-5, 15)

    def test_extended_reaches_out_on_both_sides(self) -> None:
        assert span(0, 20).extended(5 * MINUTE, 10 * MINUTE) == span(-5, 30)
        assert span(0, 20).extended() == span(0, 20)

    def test_extended_by_less_than_nothing_cuts_and_never_to_nothing(self) -> None:
        assert span(0, 20).extended(before=-5 * MINUTE) == span(5, 20)
        with pytest.raises(EmptyInterval):
            span(0, 20).extended(-10 * MINUTE, -10 * MINUTE)

    def test_two_hours_later_is_two_real_hours_across_a_clock_change(self) -> None:
        midnight = datetime(2026, 3, 8, 0, 30, tzinfo=NEW_YORK)
        shifted = Interval(midnight, midnight + MINUTE).shifted(timedelta(hours=2))

        assert shifted.start.astimezone(NEW_YORK).hour == 3
        assert shifted.start - instant(midnight) == timedelta(hours=2)

    def test_length_is_real_time(self) -> None:
        day = datetime(2026, 3, 8, tzinfo=NEW_YORK)

        assert Interval(day, day + timedelta(days=1)).length == timedelta(hours=23)


class TestMergeAndSubtract:
    def test_nothing_stays_nothing(self) -> None:
        assert merge([]) == []
        assert subtract([], [span(0, 5)]) == []

    def test_touching_becomes_one(self) -> None:
        assert merge([span(20, 40), span(0, 20)]) == [span(0, 40)]

    def test_one_inside_another_does_not_shorten_it(self) -> None:
        assert merge([span(0, 40), span(5, 10)]) == [span(0, 40)]

    def test_busy_time_that_only_touches_takes_nothing(self) -> None:
        assert subtract([span(10, 20)], [span(0, 10), span(20, 30)]) == [span(10, 20)]

    def test_a_piece_is_cut_out_of_the_middle_and_off_each_end(self) -> None:
        assert subtract([span(0, 30)], [span(10, 15)]) == [span(0, 10), span(15, 30)]
        assert subtract([span(0, 30)], [span(-5, 5), span(25, 40)]) == [span(5, 25)]

    def test_one_busy_time_reaches_into_several_wholes(self) -> None:
        wholes = [span(0, 10), span(12, 20), span(30, 40)]

        assert subtract(wholes, [span(5, 32)]) == [span(0, 5), span(32, 40)]

    @settings(deadline=None)
    @given(many)
    def test_merge_keeps_the_time_and_says_it_in_few_words(self, some: list[Interval]) -> None:
        merged = merge(some)

        assert minutes(*merged) == minutes(*some)
        assert_few_separate_and_sorted(merged)
        assert merge(merged) == merged

    @settings(deadline=None)
    @given(many, many)
    def test_subtract_leaves_what_is_in_one_and_not_the_other(
        self, wholes: list[Interval], busy: list[Interval]
    ) -> None:
        left = subtract(wholes, busy)

        assert minutes(*left) == minutes(*wholes) - minutes(*busy)
        assert_few_separate_and_sorted(left)

    @settings(deadline=None)
    @given(many, many)
    def test_intersect_leaves_what_is_in_both(
        self, some: list[Interval], others: list[Interval]
    ) -> None:
        both = intersect(some, others)

        assert minutes(*both) == minutes(*some) & minutes(*others)
        assert_few_separate_and_sorted(both)

    @settings(deadline=None)
    @given(many, st.integers(-5, 80))
    def test_spans_answer_as_the_minutes_do(self, some: list[Interval], minute: int) -> None:
        assert (at(minute) in Spans(some)) == (minute in minutes(*some))

    def test_spans_take_a_moment_of_any_zone_but_of_none(self) -> None:
        assert at(5).astimezone(NEW_YORK) in Spans([span(0, 20)])
        with pytest.raises(NaiveMoment):
            at(5).replace(tzinfo=None) in Spans([])  # noqa: B015

    def test_generators_will_do(self) -> None:
        assert intersect(iter([span(0, 9)]), iter([span(5, 20)])) == [span(5, 9)]
        assert subtract((span(n, n + 1) for n in range(3)), iter([span(1, 2)])) == [
            span(0, 1),
            span(2, 3),
        ]


def calls_during(work: Callable[[], object]) -> int:
    """How many functions are called: a measure of work that no slow machine can upset."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def test_ten_times_the_intervals_is_about_ten_times_the_work() -> None:
    def work(size: int) -> int:
        wholes = [span(100 * n, 100 * n + 60) for n in reversed(range(size))]
        busy = [span(70 * n, 70 * n + 20) for n in range(size)]
        return calls_during(lambda: subtract(wholes, busy))

    assert work(10_000) < 15 * work(1_000)
