"""A new time in place of one that was closed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling.slots import Interval, VisitShape, in_place_of

ZONE = ZoneInfo("America/New_York")
SHAPE = VisitShape(length=timedelta(minutes=45))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


OLD = at(10, 9)


def proposed(*starts: datetime, avoid: tuple[datetime, ...] = ()) -> datetime | None:
    taken = [SHAPE.doctor(start) for start in avoid]
    return in_place_of(OLD, starts, shape=SHAPE, avoid=taken, zone=ZONE)


def test_the_next_day_at_the_same_hour():
    assert proposed(at(11, 8), at(11, 9, 20), at(11, 17), at(12, 9)) == at(11, 9, 20)


def test_rather_a_day_later_than_another_end_of_the_day():
    assert proposed(at(11, 17), at(12, 10)) == at(12, 10)


def test_but_not_much_later():
    assert proposed(at(11, 17), at(12, 17), at(13, 17), at(14, 9)) == at(11, 17)


def test_earlier_days_come_last():
    assert proposed(at(9, 9), at(12, 17)) == at(12, 17)
    assert proposed(at(9, 9)) == at(9, 9)


def test_never_what_somebody_else_was_proposed_not_even_in_part():
    assert proposed(at(11, 9), at(11, 9, 30), at(11, 9, 45), avoid=(at(11, 9),)) == at(11, 9, 45)


def test_nothing_left():
    assert proposed() is None
    assert proposed(at(11, 9), avoid=(at(11, 9, 30),)) is None


def test_the_hour_is_the_clocks_when_the_clocks_change():
    old = datetime(2026, 10, 30, 9, tzinfo=ZONE)
    monday = datetime(2026, 11, 2, 9, tzinfo=ZONE)
    starts = [monday - timedelta(hours=1), monday, monday + timedelta(hours=1)]
    assert in_place_of(old, starts, shape=SHAPE, avoid=(), zone=ZONE) == monday


def test_a_buffer_counts():
    shape = VisitShape(length=timedelta(minutes=20), buffer_after=timedelta(minutes=10))
    avoid = [Interval(at(11, 9, 20), at(11, 9, 40))]
    assert in_place_of(OLD, [at(11, 9)], shape=shape, avoid=avoid, zone=ZONE) is None
