"""When somebody who kept times and booked none may choose again."""

from datetime import UTC, datetime, timedelta

from scheduling.slots import Interval, rested_at

NINE = datetime(2026, 11, 10, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def kept(minute: int, minutes: int) -> Interval:
    start = NINE + timedelta(minutes=minute)
    return Interval(start, start + timedelta(minutes=minutes))


def rested(*times: Interval, minute: int) -> int | None:
    """The minute after nine, for half an hour within an hour."""
    now = NINE + timedelta(minutes=minute)
    at = rested_at(times, now, at_most=timedelta(minutes=30), within=HOUR)
    return int((at - NINE).total_seconds()) // 60 if at else None


def test_nothing_kept_is_rested():
    assert rested(minute=0) is None


def test_less_than_the_most_is_rested():
    assert rested(kept(0, 10), kept(10, 19), minute=29) is None


def test_the_most_waits_until_the_oldest_is_forgotten():
    assert rested(kept(0, 10), kept(10, 10), kept(20, 10), minute=30) == 70


def test_what_was_kept_long_ago_does_not_count():
    assert rested(kept(0, 10), kept(10, 10), kept(20, 10), minute=70) is None


def test_much_more_waits_until_enough_is_forgotten():
    assert rested(*(kept(10 * n, 10) for n in range(6)), minute=60) == 100


def test_in_whatever_order_they_come():
    assert rested(kept(20, 10), kept(0, 10), kept(10, 10), minute=30) == 70
