"""How long a wait is when only open time counts."""

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
