"""Several visits at one go: a time near the wished hour on each wished day, where there is one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from scheduling.slots.interval import instant
from scheduling.slots.openings import by_day, local_instant, nearest

# Who comes after work cannot come at noon: farther off, it is for the person to choose.
NEAR = timedelta(hours=1)
# Ten minutes earlier or later is no other choice.
APART = timedelta(minutes=30)
# Besides the one that is proposed.
MOST_ON_THE_DAY = 3
# What is wished for further ahead is wished for again then.
MOST_WEEKS = 12
MOST_VISITS = 7 * MOST_WEEKS
# How far a neighbouring day with a free time may lie.
_NEIGHBOURS = 3
_A_DAY = timedelta(days=1)


class InvalidWish(ValueError):
    """A series of no weeks or of too many, or on no day of the week."""


class Lack(StrEnum):
    """Why nothing is proposed for a wished day."""

    NOTHING_NEAR = "nothing near"
    NOT_CLEARED = "not cleared"
    HAS_A_VISIT = "has a visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesWish:
    """Each of the `weekdays` (0 is Monday) in as many weeks, counted from `first_day`, at `clock`.

    The wished times lie inside [not_before, until), the patient's clearance. On `visits_on` the
    patient has a visit already: one a day is enough. Raises InvalidWish.
    """

    first_day: date
    weekdays: frozenset[int]
    weeks: int
    clock: time
    zone: ZoneInfo
    not_before: datetime
    until: datetime
    visits_on: frozenset[date] = field(default=frozenset())

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= MOST_WEEKS:
            raise InvalidWish(f"a series lasts a week at least, and {MOST_WEEKS} at most")
        if not self.weekdays or not all(0 <= day <= 6 for day in self.weekdays):
            raise InvalidWish("a series has its days of the week: 0 is Monday, 6 is Sunday")

    def days(self) -> list[date]:
        """The wished days, in order."""
        every = (self.first_day + number * _A_DAY for number in range(7 * self.weeks))
        return [day for day in every if day.weekday() in self.weekdays]

    def at(self, day: date) -> datetime:
        """The wished hour of a day, in UTC."""
        return local_instant(day, self.clock, self.zone)


@dataclass(frozen=True, slots=True)
class ForDay:
    """What can be had for one wished day: `start`, or why not; and what else, the best first.

    `others` are other hours of that day, then one on the day before and one on the day after.
    """

    day: date
    start: datetime | None
    lack: Lack | None
    others: tuple[datetime, ...]


def propose(wish: SeriesWish, starts: Iterable[datetime]) -> list[ForDay]:
    """For each wished day the free start nearest to the hour, and never two on one day.

    `starts` are free for the patient. Raises NaiveMoment.
    """
    cleared = (start for start in map(instant, starts) if wish.not_before <= start < wish.until)
    free = {
        day: there for day, there in by_day(cleared, wish.zone).items() if day not in wish.visits_on
    }
    wished = wish.days()
    return [_for_day(day, wish, free, frozenset(wished)) for day in wished]


def _for_day(
    day: date,
    wish: SeriesWish,
    free: Mapping[date, Sequence[datetime]],
    wished: frozenset[date],
) -> ForDay:
    at = wish.at(day)
    if not wish.not_before <= at < wish.until:
        return ForDay(day, None, Lack.NOT_CLEARED, ())
    there = nearest(free.get(day, ()), at, apart=APART, count=MOST_ON_THE_DAY + 1)
    start = there[0] if there and abs(there[0] - at) <= NEAR else None
    lack = Lack.HAS_A_VISIT if day in wish.visits_on else Lack.NOTHING_NEAR
    hours = (there[1:] if start else there)[:MOST_ON_THE_DAY]
    neighbours = _neighbours(day, wish, free, wished)
    return ForDay(day, start, None if start else lack, (*hours, *neighbours))


def _neighbours(
    day: date,
    wish: SeriesWish,
    free: Mapping[date, Sequence[datetime]],
    wished: frozenset[date],
) -> Iterator[datetime]:
    """One start on the last day before that has any, and one on the next after it.

    Not past another wished day: that has a visit of its own.
    """
    for towards in (-_A_DAY, _A_DAY):
        for away in range(1, _NEIGHBOURS + 1):
            other = day + away * towards
            if other in wished:
                break
            if other in free:
                yield nearest(free[other], wish.at(other), apart=APART, count=1)[0]
                break
