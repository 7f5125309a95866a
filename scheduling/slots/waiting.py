"""How long a wait is: when only open time counts, and when somebody has kept times too long."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from scheduling.slots.interval import Interval, instant


def open_time_after(
    start: datetime, length: timedelta, open_intervals: Iterable[Interval]
) -> datetime | None:
    """The moment, in UTC, at which `length` of open time has passed since `start`.

    `open_intervals` are sorted and separate. None when there is not that much open time in them.
    """
    begun, left = instant(start), length
    for interval in open_intervals:
        since = max(interval.start, begun)
        if since >= interval.end:
            continue
        if left <= interval.end - since:
            return since + left
        left -= interval.end - since
    return None


def rested_at(
    kept: Iterable[Interval], now: datetime, *, at_most: timedelta, within: timedelta
) -> datetime | None:
    """When less than `at_most` was kept in the time `within` before it; None when it is so now.

    What was kept counts whole until its end is as long ago.
    """
    counted = sorted((each for each in kept if each.end + within > now), key=lambda it: it.end)
    left = sum((each.length for each in counted), timedelta(0))
    rested: datetime | None = None
    for each in counted:
        if left < at_most:
            break
        left -= each.length
        rested = each.end + within
    return rested
