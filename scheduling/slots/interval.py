"""Half-open stretches of real time, and the few sums the calendar does with them."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

_NOTHING = timedelta(0)


class NaiveMoment(ValueError):
    """A moment without a time zone: it names no instant."""


class EmptyInterval(ValueError):
    """An interval that would end before it starts, or as it starts."""


def instant(moment: datetime) -> datetime:
    """The same moment in UTC. Raises NaiveMoment.

    Everything is brought to UTC before it is compared or added to: Python compares and adds two
    datetimes of one zone by their clock faces, so 1:30 before and 1:30 after the autumn change
    would be equal, and "two hours later" would be one or three.
    """
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise NaiveMoment(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)


@dataclass(frozen=True, order=True, slots=True)
class Interval:
    """From `start` up to but not including `end`, kept in UTC.

    Half-open: 9:00–9:20 and 9:20–9:40 touch, they do not overlap. Two intervals are equal, and
    hash alike, when they are the same stretch of real time, whatever zones they were given in;
    they sort by start, then end. Raises NaiveMoment, EmptyInterval.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        start, end = instant(self.start), instant(self.end)
        if start >= end:
            raise EmptyInterval(f"{start.isoformat()} is not before {end.isoformat()}")
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)

    @property
    def length(self) -> timedelta:
        """Real elapsed time, always more than zero."""
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, moment: datetime) -> bool:
        """Is the moment inside: the start is, the end is not. Raises NaiveMoment."""
        return self.start <= instant(moment) < self.end

    def covers(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end

    def shifted(self, by: timedelta) -> "Interval":
        """As long as before, later by so much real time (earlier when negative)."""
        return Interval(self.start + by, self.end + by)

    def extended(self, before: timedelta = _NOTHING, after: timedelta = _NOTHING) -> "Interval":
        """Begun earlier by `before` and ended later by `after`; negative amounts cut.

        Raises EmptyInterval when nothing would be left.
        """
        return Interval(self.start - before, self.end + after)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as few, separate, sorted intervals: those that overlap or touch become one.

    O(n log n).
    """
    merged: list[Interval] = []
    for each in sorted(intervals, key=attrgetter("start")):
        if merged and each.start <= merged[-1].end:
            if each.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, each.end)
        else:
            merged.append(each)
    return merged


def subtract(wholes: Iterable[Interval], busy: Iterable[Interval]) -> list[Interval]:
    """What is left of `wholes` outside `busy`: few, separate, sorted intervals.

    O((n + m) log (n + m)): both are merged, then walked once side by side.
    """
    left: list[Interval] = []
    taken = merge(busy)
    at = 0
    for whole in merge(wholes):
        while at < len(taken) and taken[at].end <= whole.start:
            at += 1
        free_from = whole.start
        while at < len(taken) and taken[at].start < whole.end:
            if free_from < taken[at].start:
                left.append(Interval(free_from, taken[at].start))
            free_from = taken[at].end
            if free_from >= whole.end:
                break  # this one may reach into the next whole too: do not step past it
            at += 1
        if free_from < whole.end:
            left.append(Interval(free_from, whole.end))
    return left


def intersect(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The time that is in both: few, separate, sorted intervals. O((n + m) log (n + m))."""
    some = merge(some)
    return subtract(some, subtract(some, others))


class Spans:
    """Some stretches of time, sorted once and then asked many times, each in O(log n)."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, intervals: Iterable[Interval]) -> None:
        merged = merge(intervals)
        self._starts = [each.start for each in merged]
        self._ends = [each.end for each in merged]

    def __contains__(self, moment: datetime) -> bool:
        """Is the moment inside one of them? Raises NaiveMoment."""
        moment = instant(moment)
        at = bisect_right(self._starts, moment) - 1
        return at >= 0 and moment < self._ends[at]
