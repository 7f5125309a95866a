"""Openings against a clock that is walked minute by minute, and by hand where it matters."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from scheduling import slots
from scheduling.slots import (
    Busy,
    EmptyInterval,
    ExtraHours,
    Interval,
    InvalidHours,
    InvalidPolicy,
    InvalidShape,
    NaiveMoment,
    Offered,
    OpenTime,
    PartOfDay,
    Policy,
    VisitShape,
    Window,
    by_day,
    by_part_of_day,
    is_offered,
    local_days,
    local_instant,
    nearest,
    open_time,
    openings,
    part_of_day,
)

NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SPRING_2026, AUTUMN_2026 = date(2026, 3, 8), date(2026, 11, 1)
SPRING_2027, AUTUMN_2027 = date(2027, 3, 14), date(2027, 11, 7)
WEDNESDAY = date(2026, 6, 10)  # no clock change anywhere near


def ny(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK, fold=fold)


def span(day: date, starts: tuple[int, int], ends: tuple[int, int]) -> Interval:
    return Interval(ny(day, *starts), ny(day, *ends))


def clock(starts: Iterable[datetime]) -> list[str]:
    return [start.astimezone(NEW_YORK).strftime("%H:%M") for start in starts]


def hours_on(day: date, *hours: tuple[time, time], closures: Iterable[Interval] = ()) -> OpenTime:
    extra = [ExtraHours(day, starts, ends) for starts, ends in hours]
    return open_time([], extra, closures, day, day, NEW_YORK)


LONG_BEFORE, LONG_AFTER = ny(date(2026, 6, 1), 8), ny(date(2028, 1, 1), 8)
NINE_TO_TEN = hours_on(WEDNESDAY, (time(9), time(10)))
ADJUSTMENT = VisitShape(length=20 * MINUTE)
WITH_XRAY = VisitShape(20 * MINUTE, room_from=5 * MINUTE, room_until=15 * MINUTE)
NOTHING_TAKEN = Busy(doctor=(), room=(), patient=())
EASY = Policy(notice=timedelta(0), horizon_days=60, step=20 * MINUTE, zone=NEW_YORK)


@dataclass(frozen=True, kw_only=True)
class Search(slots.Search):
    """A test names only what it is about."""

    shape: VisitShape = ADJUSTMENT
    open_time: OpenTime = NINE_TO_TEN
    busy: Busy = NOTHING_TAKEN
    policy: Policy = EASY
    now: datetime = LONG_BEFORE
    until: datetime = LONG_AFTER

    def starts(self) -> list[datetime]:
        return openings(self)

    def offers(self, start: datetime) -> bool:
        return is_offered(self, start)


def busy(
    *,
    doctor: Sequence[Interval] = (),
    room: Sequence[Interval] = (),
    patient: Sequence[Interval] = (),
) -> Busy:
    return Busy(doctor=doctor, room=room, patient=patient)


class TestLocalTime:
    @pytest.mark.parametrize(
        ("day", "real_hours"),
        [(SPRING_2026, 2), (SPRING_2027, 2), (AUTUMN_2026, 4), (AUTUMN_2027, 4), (WEDNESDAY, 3)],
    )
    def test_one_to_four_lasts_as_long_as_it_really_does(self, day: date, real_hours: int) -> None:
        (hours,) = hours_on(day, (time(1), time(4))).intervals()

        assert hours.length == real_hours * HOUR

    @pytest.mark.parametrize(
        ("day", "real_hours"),
        [
            (SPRING_2026, 23),
            (SPRING_2027, 23),
            (AUTUMN_2026, 25),
            (AUTUMN_2027, 25),
            (WEDNESDAY, 24),
        ],
    )
    def test_a_local_day_is_as_long_as_it_really_is(self, day: date, real_hours: int) -> None:
        assert local_days(day, day, NEW_YORK).length == real_hours * HOUR

    def test_local_days_are_counted_with_both_ends(self) -> None:
        week = local_days(SPRING_2026, SPRING_2026 + 6 * DAY, NEW_YORK)

        assert week.length == 7 * 24 * HOUR - HOUR
        with pytest.raises(EmptyInterval):
            local_days(WEDNESDAY, WEDNESDAY - DAY, NEW_YORK)

    @pytest.mark.parametrize("day", [SPRING_2026, SPRING_2027])
    @pytest.mark.parametrize("skipped", [time(2), time(2, 30), time(2, 59, 59, 999_999)])
    def test_a_time_that_never_comes_is_the_jump(self, day: date, skipped: time) -> None:
        assert local_instant(day, skipped, NEW_YORK) == ny(day, 3).astimezone(UTC)

    @pytest.mark.parametrize("day", [AUTUMN_2026, AUTUMN_2027])
    def test_a_time_that_comes_twice_is_the_first(self, day: date) -> None:
        assert local_instant(day, time(1, 30), NEW_YORK) == ny(day, 1, 30).astimezone(UTC)
        assert local_instant(day, time(1, 30, fold=1), NEW_YORK) == ny(day, 1, 30).astimezone(UTC)

    @pytest.mark.parametrize("day", [AUTUMN_2026, AUTUMN_2027])
    def test_two_o_clock_in_autumn_is_after_both_hours(self, day: date) -> None:
        assert local_instant(day, time(2), NEW_YORK) - local_instant(day, time(1), NEW_YORK) == (
            2 * HOUR
        )

    @pytest.mark.parametrize(
        ("zone", "day", "skipped", "jump"),
        [
            # By half an hour; at midnight, so that the day has none; by a whole day.
            ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30+00:00"),
            ("America/Havana", date(2026, 3, 8), time(0), "2026-03-08T05:00+00:00"),
            ("Pacific/Apia", date(2011, 12, 30), time(12), "2011-12-30T10:00+00:00"),
        ],
    )
    def test_jumps_of_other_lengths(self, zone: str, day: date, skipped: time, jump: str) -> None:
        assert local_instant(day, skipped, ZoneInfo(zone)) == datetime.fromisoformat(jump)

    @pytest.mark.parametrize("day", [SPRING_2026, SPRING_2027, AUTUMN_2026, AUTUMN_2027])
    @pytest.mark.parametrize("cut", [time(1, 30), time(2), time(2, 30), time(3)])
    def test_hours_that_touch_on_the_clock_touch_in_real_time(self, day: date, cut: time) -> None:
        whole = hours_on(day, (time(0), time(5))).intervals()
        first, second = hours_on(day, (time(0), cut), (cut, time(5))).hours

        assert first.end == second.start
        assert [Interval(first.start, second.end)] == whole

    @pytest.mark.parametrize("day", [SPRING_2026, SPRING_2027])
    def test_hours_inside_the_skipped_hour_do_not_exist(self, day: date) -> None:
        assert hours_on(day, (time(2, 10), time(2, 50))).hours == ()
        assert hours_on(day, (time(2), time(3))).hours == ()

    def test_ending_in_the_skipped_hour_closes_at_the_jump(self) -> None:
        (hours,) = hours_on(SPRING_2026, (time(1), time(2, 30))).hours

        assert hours.length == HOUR

    def test_ending_in_the_doubled_hour_does_not_open_again(self) -> None:
        (hours,) = hours_on(AUTUMN_2026, (time(0), time(1, 30))).hours

        assert hours.length == 90 * MINUTE


class TestHours:
    def test_weekly_hours_fall_on_their_weekday(self) -> None:
        weekly = [Window(2, time(9), time(13)), Window(2, time(15), time(19))]

        hours = open_time(weekly, [], [], WEDNESDAY, WEDNESDAY + 7 * DAY, NEW_YORK).hours

        assert hours == (
            span(WEDNESDAY, (9, 0), (13, 0)),
            span(WEDNESDAY, (15, 0), (19, 0)),
            span(WEDNESDAY + 7 * DAY, (9, 0), (13, 0)),
            span(WEDNESDAY + 7 * DAY, (15, 0), (19, 0)),
        )

    def test_nine_o_clock_stays_nine_o_clock_across_a_clock_change(self) -> None:
        weekly = [Window(day, time(9), time(10)) for day in range(7)]

        hours = open_time(weekly, [], [], SPRING_2026 - DAY, SPRING_2026, NEW_YORK).hours

        assert clock(each.start for each in hours) == ["09:00", "09:00"]
        assert hours[1].start - hours[0].start == 23 * HOUR

    def test_both_days_of_validity_are_included(self) -> None:
        window = Window(2, time(9), time(10), WEDNESDAY, WEDNESDAY + 7 * DAY)

        hours = open_time(
            [window], [], [], WEDNESDAY - 7 * DAY, WEDNESDAY + 14 * DAY, NEW_YORK
        ).hours

        assert [each.start for each in hours] == [ny(WEDNESDAY, 9), ny(WEDNESDAY + 7 * DAY, 9)]

    def test_extra_hours_count_only_inside_the_days_asked_for(self) -> None:
        extra = [ExtraHours(WEDNESDAY + n * DAY, time(9), time(10)) for n in range(-1, 3)]

        hours = open_time([], extra, [], WEDNESDAY, WEDNESDAY + DAY, NEW_YORK).hours

        assert [each.start for each in hours] == [ny(WEDNESDAY, 9), ny(WEDNESDAY + DAY, 9)]

    def test_hours_come_sorted(self) -> None:
        hours = hours_on(WEDNESDAY, (time(15), time(16)), (time(9), time(10))).hours

        assert clock(each.start for each in hours) == ["09:00", "15:00"]

    def test_no_days_are_no_hours(self) -> None:
        every_day = [Window(day, time(9), time(10)) for day in range(7)]

        assert open_time(every_day, [], [], WEDNESDAY, WEDNESDAY - DAY, NEW_YORK).hours == ()

    def test_closures_are_cut_out_of_open_time_and_not_out_of_hours(self) -> None:
        closed = span(WEDNESDAY, (9, 15), (9, 30))

        given_hours = hours_on(WEDNESDAY, (time(9), time(10)), closures=[closed])

        assert given_hours.hours == (span(WEDNESDAY, (9, 0), (10, 0)),)
        assert given_hours.intervals() == [
            span(WEDNESDAY, (9, 0), (9, 15)),
            span(WEDNESDAY, (9, 30), (10, 0)),
        ]

    @pytest.mark.parametrize(
        "bad",
        [
            lambda: Window(0, time(10), time(9)),
            lambda: Window(0, time(9), time(9)),
            lambda: Window(7, time(9), time(10)),
            lambda: Window(-1, time(9), time(10)),
            lambda: Window(0, time(9, tzinfo=UTC), time(10)),
            lambda: Window(0, time(9), time(10, tzinfo=UTC)),
            lambda: Window(0, time(9), time(10), WEDNESDAY, WEDNESDAY - DAY),
            lambda: ExtraHours(WEDNESDAY, time(10), time(9)),
        ],
    )
    def test_bad_hours_are_refused(self, bad: Callable[[], object]) -> None:
        with pytest.raises(InvalidHours):
            bad()


class TestShapeAndPolicy:
    def test_the_three_parts_of_a_visit(self) -> None:
        shape = VisitShape(45 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE)
        nine = ny(WEDNESDAY, 9)

        assert shape.visit(nine) == span(WEDNESDAY, (9, 0), (9, 45))
        assert shape.doctor(nine) == span(WEDNESDAY, (8, 55), (9, 55))
        assert shape.room(nine) == span(WEDNESDAY, (9, 15), (9, 30))
        assert ADJUSTMENT.room(nine) is None

    def test_a_part_is_measured_in_real_time(self) -> None:
        shape = VisitShape(HOUR, room_from=30 * MINUTE, room_until=HOUR)
        start = ny(SPRING_2026, 1, 45)

        room = shape.room(start)

        assert clock([shape.visit(start).end]) == ["03:45"]
        assert room is not None
        assert clock([room.start, room.end]) == ["03:15", "03:45"]

    @pytest.mark.parametrize(
        "bad",
        [
            lambda: VisitShape(timedelta(0)),
            lambda: VisitShape(HOUR, buffer_before=-MINUTE),
            lambda: VisitShape(HOUR, buffer_after=-MINUTE),
            lambda: VisitShape(HOUR, room_from=MINUTE),
            lambda: VisitShape(HOUR, room_until=MINUTE),
            lambda: VisitShape(HOUR, room_from=MINUTE, room_until=MINUTE),
        ],
    )
    def test_a_bad_shape_is_refused(self, bad: Callable[[], object]) -> None:
        with pytest.raises(InvalidShape):
            bad()

    @pytest.mark.parametrize(
        "bad",
        [
            lambda: replace(EASY, step=timedelta(0)),
            lambda: replace(EASY, notice=-MINUTE),
            lambda: replace(EASY, horizon_days=-1),
        ],
    )
    def test_a_bad_policy_is_refused(self, bad: Callable[[], object]) -> None:
        with pytest.raises(InvalidPolicy):
            bad()

    @pytest.mark.parametrize("error", [InvalidHours, InvalidShape, InvalidPolicy])
    def test_a_refusal_is_a_value_error(self, error: type[Exception]) -> None:
        assert issubclass(error, ValueError)


class TestOpenHours:
    def test_the_last_visit_ends_when_the_clinic_closes(self) -> None:
        assert clock(Search().starts()) == ["09:00", "09:20", "09:40"]

    def test_a_visit_a_minute_longer_does_not_fit_at_the_end(self) -> None:
        assert clock(Search(shape=VisitShape(21 * MINUTE)).starts()) == ["09:00", "09:20"]

    def test_starts_are_in_utc(self) -> None:
        assert {start.tzinfo for start in Search().starts()} == {UTC}

    def test_no_visit_lies_over_lunch(self) -> None:
        lunch = hours_on(WEDNESDAY, (time(9), time(9, 30)), (time(9, 45), time(10, 15)))

        assert clock(Search(open_time=lunch).starts()) == ["09:00", "09:45"]

    def test_a_visit_may_run_from_hours_into_others_that_touch_them(self) -> None:
        two = hours_on(WEDNESDAY, (time(9), time(9, 30)), (time(9, 30), time(10)))

        assert clock(Search(open_time=two).starts()) == ["09:00", "09:20", "09:30"]

    def test_a_buffer_may_hang_outside_hours(self) -> None:
        shape = VisitShape(20 * MINUTE, buffer_before=10 * MINUTE, buffer_after=10 * MINUTE)

        assert clock(Search(shape=shape).starts()) == ["09:00", "09:20", "09:40"]

    @pytest.mark.parametrize(
        ("closed", "left"),
        [
            (((8, 0), (8, 50)), ["09:00", "09:20", "09:40"]),
            (((8, 0), (8, 51)), ["09:20", "09:40"]),
            (((10, 10), (11, 0)), ["09:00", "09:20", "09:40"]),
            (((10, 9), (11, 0)), ["09:00", "09:20"]),
        ],
    )
    def test_a_buffer_may_touch_a_closure_and_not_enter_it(
        self, closed: tuple[tuple[int, int], tuple[int, int]], left: list[str]
    ) -> None:
        shape = VisitShape(20 * MINUTE, buffer_before=10 * MINUTE, buffer_after=10 * MINUTE)
        hours = hours_on(WEDNESDAY, (time(9), time(10)), closures=[span(WEDNESDAY, *closed)])

        assert clock(Search(shape=shape, open_time=hours).starts()) == left


CLOCK_CHANGES = [SPRING_2026, AUTUMN_2026, SPRING_2027, AUTUMN_2027]
ONLINE, SAME_DAY, DESK = Offered.ONLINE, Offered.SAME_DAY, Offered.DESK


def until_ten(starts: time, offered: Offered, day: date = WEDNESDAY) -> ExtraHours:
    return ExtraHours(day, starts, time(10), offered)


class TestWhoMayBookOnline:
    def starts(self, now: datetime, *extra: ExtraHours, **search: Any) -> list[str]:
        """What a patient may choose in these hours, all of one day, when asking now."""
        day, now = extra[0].day, now.astimezone(NEW_YORK)
        shown = open_time([], extra, [], day, day, NEW_YORK, to_patients_on=now.date())
        policy = replace(EASY, step=30 * MINUTE, notice=search.pop("notice", 0 * HOUR))
        return clock(Search(open_time=shown, now=now, policy=policy, **search).starts())

    @pytest.mark.parametrize("now", [ny(WEDNESDAY - DAY, 12), ny(WEDNESDAY, 0)])
    def test_desk_only_hours_never_though_the_clinic_is_open(self, now: datetime) -> None:
        desk = until_ten(time(9), DESK)

        assert self.starts(now, desk) == []
        assert open_time([], [desk], [], WEDNESDAY, WEDNESDAY, NEW_YORK).intervals()

    @pytest.mark.parametrize("day", [WEDNESDAY, *CLOCK_CHANGES])
    def test_same_day_hours_from_the_midnight_of_their_day(self, day: date) -> None:
        midnight = local_instant(day, time(0), NEW_YORK)
        kept = until_ten(time(9), SAME_DAY, day)

        assert self.starts(midnight - timedelta.resolution, kept) == []
        # Through the hour that is skipped, and both that come twice.
        for later in range(0, 4 * 60, 10):
            assert self.starts(midnight + later * MINUTE, kept) == ["09:00", "09:30"]

    @pytest.mark.parametrize(
        ("day", "first"),
        [
            # Seven real hours after midnight the clock reads …
            (WEDNESDAY, "07:00"),
            (SPRING_2026, "08:00"),
            (AUTUMN_2026, "06:00"),
            (SPRING_2027, "08:00"),
            (AUTUMN_2027, "06:00"),
        ],
    )
    def test_notice_holds_for_them_too(self, day: date, first: str) -> None:
        midnight, kept = local_instant(day, time(0), NEW_YORK), until_ten(time(5), SAME_DAY, day)

        assert self.starts(midnight, kept, notice=7 * HOUR)[0] == first

    def test_a_visit_does_not_run_into_hours_that_are_not_shown_yet(self) -> None:
        hours = (until_ten(time(9), ONLINE), ExtraHours(WEDNESDAY, time(10), time(11), SAME_DAY))
        shape = VisitShape(length=40 * MINUTE)

        assert self.starts(ny(WEDNESDAY - DAY, 20), *hours, shape=shape) == ["09:00"]
        shown = ["09:00", "09:30", "10:00"]
        assert self.starts(ny(WEDNESDAY, 7), *hours, shape=shape) == shown

    @pytest.mark.parametrize(
        ("over", "under", "the_day_before", "that_day"),
        [
            (ONLINE, DESK, ["09:30"], ["09:30"]),
            (SAME_DAY, DESK, [], ["09:30"]),
            (ONLINE, SAME_DAY, ["09:30"], ["09:00", "09:30"]),
        ],
    )
    def test_of_hours_that_overlap_the_most_open_wins(
        self, over: Offered, under: Offered, the_day_before: list[str], that_day: list[str]
    ) -> None:
        hours = (until_ten(time(9), under), until_ten(time(9, 30), over))

        assert self.starts(ny(WEDNESDAY - DAY, 20), *hours) == the_day_before
        assert self.starts(ny(WEDNESDAY, 7), *hours) == that_day


class TestGrid:
    def test_it_is_counted_from_the_start_of_the_hours(self) -> None:
        hours = hours_on(WEDNESDAY, (time(9, 10), time(10, 10)))

        assert clock(Search(open_time=hours).starts()) == ["09:10", "09:30", "09:50"]

    def test_a_closure_does_not_shift_it(self) -> None:
        closed = span(WEDNESDAY, (9, 0), (9, 10))
        hours = hours_on(WEDNESDAY, (time(9), time(10)), closures=[closed])

        assert clock(Search(open_time=hours).starts()) == ["09:20", "09:40"]

    def test_a_partial_closure_takes_the_starts_it_touches_and_no_more(self) -> None:
        closed = span(WEDNESDAY, (9, 20), (9, 40))
        hours = hours_on(WEDNESDAY, (time(9), time(10)), closures=[closed])

        assert clock(Search(open_time=hours).starts()) == ["09:00", "09:40"]

    def test_notice_does_not_shift_it(self) -> None:
        search = Search(now=ny(WEDNESDAY, 9, 1))

        assert clock(search.starts()) == ["09:20", "09:40"]

    def test_hours_that_overlap_have_a_grid_each_and_a_start_comes_once(self) -> None:
        hours = hours_on(WEDNESDAY, (time(9), time(10)), (time(9, 30), time(10, 30)))
        same = hours_on(WEDNESDAY, (time(9), time(10)), (time(9), time(10)))

        assert clock(Search(open_time=hours).starts()) == [
            *("09:00", "09:20", "09:30", "09:40", "09:50", "10:10"),
        ]
        assert clock(Search(open_time=same).starts()) == ["09:00", "09:20", "09:40"]

    def test_a_start_between_steps_is_not_offered(self) -> None:
        search = Search(shape=VisitShape(MINUTE))

        assert search.offers(ny(WEDNESDAY, 9, 20))
        assert not search.offers(ny(WEDNESDAY, 9, 21))
        assert not search.offers(ny(WEDNESDAY, 9, 20) + timedelta.resolution)

    def test_the_grid_of_one_morning_does_not_reach_into_the_afternoon(self) -> None:
        hours = hours_on(WEDNESDAY, (time(9), time(10)), (time(15, 10), time(16)))

        assert not Search(open_time=hours).offers(ny(WEDNESDAY, 15, 20))

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (SPRING_2026, "01:00 01:30 03:00 03:30"),
            (SPRING_2027, "01:00 01:30 03:00 03:30"),
            (AUTUMN_2026, "01:00 01:30 01:00 01:30 02:00 02:30 03:00 03:30"),
            (AUTUMN_2027, "01:00 01:30 01:00 01:30 02:00 02:30 03:00 03:30"),
        ],
    )
    def test_it_steps_in_real_time_through_a_clock_change(self, day: date, expected: str) -> None:
        starts = Search(
            shape=VisitShape(30 * MINUTE),
            open_time=hours_on(day, (time(1), time(4))),
            policy=replace(EASY, step=30 * MINUTE),
            now=ny(day - DAY, 8),
        ).starts()

        assert clock(starts) == expected.split()
        assert {b - a for a, b in pairwise(starts)} == {30 * MINUTE}


class TestBusy:
    def test_touching_is_free(self) -> None:
        taken = busy(doctor=[span(WEDNESDAY, (8, 0), (9, 20)), span(WEDNESDAY, (9, 40), (10, 0))])

        assert clock(Search(busy=taken).starts()) == ["09:20"]

    def test_one_minute_over_is_not(self) -> None:
        taken = busy(doctor=[span(WEDNESDAY, (8, 0), (9, 21)), span(WEDNESDAY, (9, 40), (10, 0))])

        assert Search(busy=taken).starts() == []

    def test_the_buffers_of_this_visit_keep_off_the_time_of_others(self) -> None:
        taken = busy(doctor=[span(WEDNESDAY, (9, 20), (9, 40))])

        assert clock(Search(busy=taken).starts()) == ["09:00", "09:40"]
        before = VisitShape(20 * MINUTE, buffer_before=MINUTE)
        assert clock(Search(busy=taken, shape=before).starts()) == ["09:00"]
        after = VisitShape(20 * MINUTE, buffer_after=MINUTE)
        assert clock(Search(busy=taken, shape=after).starts()) == ["09:40"]

    def test_the_patient_is_busy_for_the_visit_and_not_for_its_buffers(self) -> None:
        taken = busy(patient=[span(WEDNESDAY, (9, 20), (9, 40))])
        shape = VisitShape(20 * MINUTE, 5 * MINUTE, 5 * MINUTE)

        assert clock(Search(busy=taken, shape=shape).starts()) == ["09:00", "09:40"]

    def test_busy_time_may_overlap_itself_and_come_in_any_order(self) -> None:
        taken = busy(
            doctor=[
                span(WEDNESDAY, (9, 30), (9, 40)),
                span(WEDNESDAY, (9, 0), (9, 40)),
                span(WEDNESDAY, (9, 10), (9, 20)),
            ]
        )

        assert clock(Search(busy=taken).starts()) == ["09:40"]


class TestRoom:
    ALL_DAY = (span(WEDNESDAY, (8, 0), (18, 0)),)

    def test_only_its_part_of_the_visit_counts(self) -> None:
        taken = busy(room=[span(WEDNESDAY, (9, 15), (9, 25))])
        search = Search(shape=WITH_XRAY, room_open=self.ALL_DAY, busy=taken)

        assert clock(search.starts()) == ["09:00", "09:20", "09:40"]

    def test_when_it_is_busy_the_visit_is_not_offered(self) -> None:
        taken = busy(room=[span(WEDNESDAY, (9, 14), (9, 25))])
        search = Search(shape=WITH_XRAY, room_open=self.ALL_DAY, busy=taken)

        assert clock(search.starts()) == ["09:20", "09:40"]

    def test_it_has_to_be_open_for_its_part(self) -> None:
        search = Search(shape=WITH_XRAY, room_open=[span(WEDNESDAY, (9, 25), (9, 54))])

        assert clock(search.starts()) == ["09:20"]

    def test_two_openings_of_the_room_that_touch_are_one(self) -> None:
        halves = [span(WEDNESDAY, (9, 0), (9, 10)), span(WEDNESDAY, (9, 10), (9, 15))]

        assert clock(Search(shape=WITH_XRAY, room_open=halves).starts()) == ["09:00"]

    def test_a_room_with_no_open_time_is_closed(self) -> None:
        assert Search(shape=WITH_XRAY).starts() == []

    def test_a_visit_without_a_room_does_not_ask(self) -> None:
        taken = busy(room=self.ALL_DAY)

        assert clock(Search(busy=taken).starts()) == ["09:00", "09:20", "09:40"]

    def test_it_may_be_needed_before_the_visit(self) -> None:
        shape = VisitShape(20 * MINUTE, room_from=-10 * MINUTE, room_until=MINUTE)
        search = Search(shape=shape, room_open=[span(WEDNESDAY, (9, 0), (10, 0))])

        assert clock(search.starts()) == ["09:20", "09:40"]


class TestWhen:
    def test_the_notice_may_be_met_exactly(self) -> None:
        an_hour = replace(EASY, notice=HOUR)

        assert clock(Search(policy=an_hour, now=ny(WEDNESDAY, 8, 20)).starts()) == [
            "09:20",
            "09:40",
        ]
        assert clock(Search(policy=an_hour, now=ny(WEDNESDAY, 8, 21)).starts()) == ["09:40"]

    @pytest.mark.parametrize(
        ("day", "first"),
        [
            # From 23:00 the evening before, eight real hours later the clock reads …
            (SPRING_2026, "08:00"),
            (SPRING_2027, "08:00"),
            (AUTUMN_2026, "06:00"),
            (AUTUMN_2027, "06:00"),
            (WEDNESDAY, "07:00"),
        ],
    )
    def test_notice_is_real_time_across_a_clock_change(self, day: date, first: str) -> None:
        starts = Search(
            open_time=hours_on(day, (time(5), time(12))),
            policy=replace(EASY, notice=8 * HOUR),
            now=ny(day - DAY, 23),
        ).starts()

        assert clock(starts)[0] == first

    @pytest.mark.parametrize("day", [AUTUMN_2026, AUTUMN_2027])
    def test_the_second_half_past_one_is_an_hour_nearer_to_two(self, day: date) -> None:
        hours = hours_on(day, (time(1), time(4)))
        an_hour = replace(EASY, notice=HOUR, step=30 * MINUTE)

        first = Search(open_time=hours, policy=an_hour, now=ny(day, 1, 30)).starts()
        second = Search(open_time=hours, policy=an_hour, now=ny(day, 1, 30, fold=1)).starts()

        assert clock(first)[:2] == ["01:30", "02:00"]
        assert clock(second)[0] == "02:30"

    def test_the_horizon_is_counted_in_local_days(self) -> None:
        weekly = [Window(day, time(0), time(23, 59)) for day in range(7)]
        week = open_time(weekly, [], [], WEDNESDAY, WEDNESDAY + 7 * DAY, NEW_YORK)
        # 23:30 local is already tomorrow in UTC.
        search = Search(open_time=week, policy=replace(EASY, horizon_days=2))
        last = replace(search, now=ny(WEDNESDAY, 23, 30)).starts()[-1].astimezone(NEW_YORK)
        none = replace(
            search, policy=replace(EASY, horizon_days=0), now=ny(WEDNESDAY, 23, 50)
        ).starts()

        assert (last.date(), last.hour, last.minute) == (WEDNESDAY + 2 * DAY, 23, 20)
        assert none == []

    @pytest.mark.parametrize("day", [SPRING_2026, AUTUMN_2026, SPRING_2027, AUTUMN_2027])
    def test_a_clock_change_does_not_move_the_horizon(self, day: date) -> None:
        weekly = [Window(weekday, time(0), time(23, 59)) for weekday in range(7)]
        days = open_time(weekly, [], [], day - DAY, day + 2 * DAY, NEW_YORK)

        starts = Search(
            open_time=days, policy=replace(EASY, horizon_days=1), now=ny(day - DAY, 12)
        ).starts()

        assert max(by_day(starts, NEW_YORK)) == day
        assert clock(starts)[-1] == "23:20"

    def test_a_start_at_the_end_of_the_clearance_is_past_it(self) -> None:
        assert clock(Search(until=ny(WEDNESDAY, 9, 40)).starts()) == ["09:00", "09:20"]
        assert clock(Search(until=ny(WEDNESDAY, 9, 41)).starts()) == ["09:00", "09:20", "09:40"]

    @pytest.mark.parametrize("until", [ny(WEDNESDAY, 9), ny(WEDNESDAY, 9, 20), LONG_BEFORE])
    def test_a_clearance_that_ends_before_the_notice_does_leaves_nothing(
        self, until: datetime
    ) -> None:
        search = Search(now=ny(WEDNESDAY, 9, 20), until=until)

        assert search.starts() == []
        assert not search.offers(ny(WEDNESDAY, 9))

    def test_a_start_may_be_the_first_moment_asked_for(self) -> None:
        assert clock(Search(not_before=ny(WEDNESDAY, 9, 20)).starts()) == ["09:20", "09:40"]

    def test_not_before_does_not_shorten_the_notice(self) -> None:
        search = Search(now=ny(WEDNESDAY, 9, 30), not_before=ny(WEDNESDAY, 9))

        assert clock(search.starts()) == ["09:40"]

    @pytest.mark.parametrize("which", ["now", "until", "not_before"])
    def test_a_naive_moment_is_refused(self, which: str) -> None:
        naive = ny(WEDNESDAY, 9).replace(tzinfo=None)
        search = Search(**{which: naive})  # type: ignore[arg-type]

        with pytest.raises(NaiveMoment):
            search.starts()
        with pytest.raises(NaiveMoment):
            search.offers(ny(WEDNESDAY, 9))

    def test_a_naive_start_is_refused(self) -> None:
        with pytest.raises(NaiveMoment):
            Search().offers(ny(WEDNESDAY, 9).replace(tzinfo=None))


class TestShowing:
    def test_starts_go_under_their_local_day(self) -> None:
        late = ny(WEDNESDAY, 23, 30)  # tomorrow in UTC
        early = ny(WEDNESDAY, 9)
        next_day = ny(WEDNESDAY + DAY, 0)

        days = by_day([next_day, late, early], NEW_YORK)

        assert list(days.items()) == [(WEDNESDAY, [early, late]), (WEDNESDAY + DAY, [next_day])]
        assert by_day([], NEW_YORK) == {}

    def test_noon_is_afternoon(self) -> None:
        assert part_of_day(ny(WEDNESDAY, 11, 59), NEW_YORK) is PartOfDay.MORNING
        assert part_of_day(ny(WEDNESDAY, 12), NEW_YORK) is PartOfDay.AFTERNOON
        assert part_of_day(ny(WEDNESDAY, 0), NEW_YORK) is PartOfDay.MORNING

    def test_noon_is_that_of_the_local_clock(self) -> None:
        for day in (SPRING_2026, AUTUMN_2026, WEDNESDAY):
            moment = ny(day, 11, 59).astimezone(UTC)
            assert part_of_day(moment, NEW_YORK) is PartOfDay.MORNING
            assert part_of_day(moment + MINUTE, NEW_YORK) is PartOfDay.AFTERNOON

    def test_both_parts_are_always_there(self) -> None:
        nine, noon = ny(WEDNESDAY, 9), ny(WEDNESDAY, 12)

        assert by_part_of_day([noon, nine], NEW_YORK) == {"morning": [nine], "afternoon": [noon]}
        assert by_part_of_day([], NEW_YORK) == {"morning": [], "afternoon": []}


class TestNearest:
    STARTS = [ny(WEDNESDAY, 9) + n * 10 * MINUTE for n in range(30)]

    def found(self, wished: datetime, *, apart: timedelta = HOUR, count: int = 3) -> list[str]:
        return clock(nearest(self.STARTS, wished, apart=apart, count=count))

    def test_the_nearest_first_each_apart_from_the_others(self) -> None:
        assert self.found(ny(WEDNESDAY, 10, 55)) == ["10:50", "11:50", "09:50"]

    def test_the_earlier_of_two_as_near(self) -> None:
        assert self.found(ny(WEDNESDAY, 11, 5), count=1) == ["11:00"]

    def test_fewer_than_asked_for_when_there_are_no_more(self) -> None:
        assert self.found(ny(WEDNESDAY, 8), apart=4 * HOUR) == ["09:00", "13:00"]
        assert nearest([], ny(WEDNESDAY, 8), apart=HOUR, count=3) == []

    def test_real_time_counts_across_a_clock_change(self) -> None:
        first, second = (ny(AUTUMN_2026, 1, 30, fold).astimezone(UTC) for fold in (0, 1))
        assert nearest([first, second], first, apart=HOUR, count=2) == [first, second]


# The oracle: no intervals, no arithmetic on local time, no search. A clock is walked minute by
# minute in UTC, and a minute is open when the latest local time seen so far is inside the hours.

FIRST_DAYS = [each - DAY for each in (SPRING_2026, AUTUMN_2026, SPRING_2027, AUTUMN_2027)]
DAYS = 3


def minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def moment_of(minute: int) -> datetime:
    return datetime.fromtimestamp(60 * minute, UTC)


def minutes(intervals: Iterable[Interval]) -> set[int]:
    return {
        minute for each in intervals for minute in range(minute_of(each.start), minute_of(each.end))
    }


@cache
def walk(first: date) -> dict[int, datetime]:
    """Each minute from the day before to two days after, and the latest local time seen by it."""
    seen: dict[int, datetime] = {}
    latest = datetime.min  # noqa: DTZ901
    begin = minute_of(datetime(first.year, first.month, first.day, tzinfo=UTC) - DAY)
    for minute in range(begin, begin + (DAYS + 3) * 24 * 60):
        latest = max(latest, moment_of(minute).astimezone(NEW_YORK).replace(tzinfo=None))
        seen[minute] = latest
    return seen


@dataclass(frozen=True)
class Case:
    first_day: date
    windows: list[Window]
    extra: list[ExtraHours]
    closures: list[Interval]
    asks_as_a_patient: bool
    search: Search

    def is_shown(self, day: date, offered: Offered) -> bool:
        """A patient sees what is kept for a day while the clinic's calendar shows that day."""
        if not self.asks_as_a_patient or offered == "online":
            return True
        shows = walk(self.first_day)[minute_of(self.search.now)].date()
        return offered == "same_day" and shows == day

    def hours(self) -> list[set[int]]:
        days = [self.first_day + n * DAY for n in range(DAYS)]
        asked = [
            (day, window.starts, window.ends)
            for day in days
            for window in self.windows
            if window.weekday == day.weekday()
            and (window.valid_from or day) <= day <= (window.valid_until or day)
            and self.is_shown(day, window.offered)
        ] + [
            (once.day, once.starts, once.ends)
            for once in self.extra
            if once.day in days and self.is_shown(once.day, once.offered)
        ]
        return [
            {
                minute
                for minute, local in walk(self.first_day).items()
                if local.date() == day and starts <= local.time() < ends
            }
            for day, starts, ends in asked
        ]

    def expected(self) -> list[datetime]:
        search, shape, policy = self.search, self.search.shape, self.search.policy
        hours = [each for each in self.hours() if each]
        open_minutes = set().union(*hours)
        away = minutes(search.busy.doctor) | minutes(self.closures)
        room_taken, room_open = minutes(search.busy.room), minutes(search.room_open)
        patient_taken = minutes(search.busy.patient)
        length, step = shape.length // MINUTE, policy.step // MINUTE
        before, after = shape.buffer_before // MINUTE, shape.buffer_after // MINUTE
        now, notice = minute_of(search.now), policy.notice // MINUTE
        today = search.now.astimezone(NEW_YORK).date()

        def fits(start: int) -> bool:
            local = moment_of(start).astimezone(NEW_YORK)
            visit = set(range(start, start + length))
            room = set(
                range(start + shape.room_from // MINUTE, start + shape.room_until // MINUTE)
                if shape.room_from is not None and shape.room_until is not None
                else ()
            )
            return (
                any(start in each and (start - min(each)) % step == 0 for each in hours)
                and visit <= open_minutes
                and not set(range(start - before, start + length + after)) & away
                and not visit & patient_taken
                and room <= room_open - room_taken
                and start >= now + notice
                and (search.not_before is None or start >= minute_of(search.not_before))
                and start < minute_of(search.until)
                and (local.date() - today).days <= policy.horizon_days
            )

        return [moment_of(start) for start in sorted(open_minutes) if fits(start)]


def five_minutes(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low // 5, high // 5).map(lambda n: n * 5 * MINUTE)


def local(fives: int) -> time:
    return time(fives // 12, fives % 12 * 5)


# Days and moments are counted from the first day; each strategy is built once, which is quicker.
NO_TIME = st.just(timedelta(0))
AT = five_minutes(0, DAYS * 24 * 60)
SOON = NO_TIME | five_minutes(0, 18 * 60)
A_WHILE = st.tuples(AT, five_minutes(5, 120))
A_LONG_TIME = st.tuples(AT, five_minutes(600, 4000))
HOURS = st.tuples(  # mostly small hours, where clocks change
    st.integers(0, 40) | st.integers(0, 227), st.integers(1, 60) | st.integers(24, 60)
).map(lambda pair: (local(pair[0]), local(sum(pair))))
OFFERED = st.just(Offered.ONLINE) | st.sampled_from(Offered)
WEEKLY = st.lists(
    st.tuples(
        st.integers(0, DAYS - 1),
        HOURS,
        st.sampled_from([None, None, -9, 1]),
        st.sampled_from([None, None, 1, 9]),
        OFFERED,
    ),
    min_size=2,
    max_size=5,
)
EXTRA = st.lists(st.tuples(st.integers(-1, DAYS), HOURS, OFFERED), max_size=2)
UP_TO_TWO = st.lists(A_WHILE, max_size=2)
UP_TO_FOUR = st.lists(A_WHILE, max_size=4)
ROOM_OPEN = st.lists(A_LONG_TIME, min_size=1, max_size=3)
LENGTH, BUFFER, STEP = five_minutes(5, 45), five_minutes(0, 15), five_minutes(5, 50)
ROOM = st.none() | st.tuples(five_minutes(-20, 30), five_minutes(5, 40))
NOTICE = NO_TIME | five_minutes(0, 300)
HORIZON = st.sampled_from([0, 1, 2, 3, 9])
UNTIL = st.just(9 * DAY) | five_minutes(12 * 60, DAYS * 24 * 60)
NOT_BEFORE = st.none() | SOON


@st.composite
def cases(draw: st.DrawFn) -> Case:
    first = draw(st.sampled_from(FIRST_DAYS))
    begin = local_instant(first, time(0), NEW_YORK)

    def day(number: int | None) -> date | None:
        return None if number is None else first + number * DAY

    def intervals(whiles: st.SearchStrategy[list[tuple[timedelta, timedelta]]]) -> list[Interval]:
        return [Interval(begin + at, begin + at + length) for at, length in draw(whiles)]

    weekly = [
        Window((first + number * DAY).weekday(), starts, ends, day(since), day(to), offered)
        for number, (starts, ends), since, to, offered in draw(WEEKLY)
    ]
    extra = [
        ExtraHours(first + number * DAY, starts, ends, offered)
        for number, (starts, ends), offered in draw(EXTRA)
    ]
    closures = intervals(UP_TO_TWO)
    room = draw(ROOM)
    not_before = draw(NOT_BEFORE)
    now = (begin + draw(SOON)).astimezone(NEW_YORK)
    asks_as_a_patient = draw(st.booleans())
    return Case(
        first,
        weekly,
        extra,
        closures,
        asks_as_a_patient,
        Search(
            shape=VisitShape(
                length=draw(LENGTH),
                buffer_before=draw(BUFFER),
                buffer_after=draw(BUFFER),
                room_from=room and room[0],
                room_until=room and room[0] + room[1],
            ),
            open_time=open_time(
                weekly,
                extra,
                closures,
                first,
                first + (DAYS - 1) * DAY,
                NEW_YORK,
                to_patients_on=now.date() if asks_as_a_patient else None,
            ),
            busy=Busy(
                doctor=intervals(UP_TO_FOUR),
                room=intervals(UP_TO_TWO),
                patient=intervals(UP_TO_TWO),
            ),
            policy=Policy(draw(NOTICE), draw(HORIZON), draw(STEP), NEW_YORK),
            room_open=intervals(ROOM_OPEN),
            now=now,
            until=begin + draw(UNTIL),
            not_before=None if not_before is None else begin + not_before,
        ),
    )


thorough = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@thorough
@given(cases())
def test_hours_are_those_of_a_clock_walked_minute_by_minute(case: Case) -> None:
    walked = [each for each in case.hours() if each]

    assert sorted(case.search.open_time.hours) == sorted(
        Interval(moment_of(min(each)), moment_of(max(each) + 1)) for each in walked
    )
    assert minutes(case.search.open_time.intervals()) == set().union(*walked) - minutes(
        case.closures
    )


@thorough
@given(cases())
def test_openings_are_those_of_a_clock_walked_minute_by_minute(case: Case) -> None:
    expected = case.expected()
    event("some openings" if expected else "no openings")

    assert case.search.starts() == expected


@thorough
@given(cases(), st.lists(st.integers(0, DAYS * 24 * 12), max_size=20))
def test_one_start_is_offered_exactly_when_it_is_an_opening(case: Case, fives: list[int]) -> None:
    begin = local_instant(case.first_day, time(0), NEW_YORK)
    starts = case.search.starts()
    generous = replace(
        case.search, busy=NOTHING_TAKEN, policy=replace(case.search.policy, horizon_days=9)
    ).starts()
    probes = {
        *starts,
        *generous[:50],
        *(start + timedelta.resolution for start in starts[:10]),
        *(begin + n * 5 * MINUTE for n in fives),
    }

    for probe in probes:
        assert case.search.offers(probe.astimezone(NEW_YORK)) == (probe in starts)


class TestMuch:
    """Sixty days and ten thousand busy intervals."""

    FIRST = date(2026, 10, 1)
    WEEKLY = tuple(Window(day, time(8), time(20)) for day in range(7))

    def search(self, busy_intervals: int) -> Search:
        hours = open_time(self.WEEKLY, [], [], self.FIRST, self.FIRST + 59 * DAY, NEW_YORK)
        begin, wide = hours.hours[0].start, hours.hours[-1].end - hours.hours[0].start
        # Unsorted, and spread over the sixty days by steps that share no rhythm with the grid.
        taken = [
            Interval(at, at + (1 + n % 4) * MINUTE)
            for n in range(busy_intervals)
            for at in [begin + (n * 7_919 * MINUTE) % wide]
        ]
        return Search(
            shape=VisitShape(10 * MINUTE, MINUTE, MINUTE, MINUTE, 9 * MINUTE),
            open_time=hours,
            busy=busy(doctor=taken[::2], room=taken[1::4], patient=taken[3::4]),
            policy=Policy(HOUR, 60, 5 * MINUTE, NEW_YORK),
            room_open=hours.intervals(),
            now=ny(self.FIRST, 7),
        )

    def test_the_answer_is_the_same_as_by_walking(self) -> None:
        search = self.search(10_000)
        doctor, room = minutes(search.busy.doctor), minutes(search.busy.room)
        patient = minutes(search.busy.patient)
        expected = [
            moment_of(start)
            for hours in search.open_time.hours
            for start in range(minute_of(hours.start), minute_of(hours.end) - 9, 5)
            if doctor.isdisjoint(range(start - 1, start + 11))
            and room.isdisjoint(range(start + 1, start + 9))
            and patient.isdisjoint(range(start, start + 10))
            and start >= minute_of(search.now) + 60
        ]

        assert search.starts() == expected
        assert len(expected) > 100

    def test_the_work_grows_gently(self) -> None:
        few, many = self.search(1_000), self.search(10_000)

        # Slots times busy intervals would be ten times the work, and tens of millions of calls.
        assert calls_during(many.starts) < 3 * calls_during(few.starts)
        assert calls_during(many.starts) < 50 * (10_000 + 60 * 12 * 12)


def calls_during(work: Callable[[], object]) -> int:
    """How many functions are called: a measure of work that no slow machine can upset."""
    calls = 0

    def count(_frame: object, happened: str, _arg: object) -> None:
        nonlocal calls
        calls += happened in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
