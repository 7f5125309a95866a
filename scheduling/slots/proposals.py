"""A new time for a visit whose own was closed: one of the next days, near the hour it had."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from scheduling.slots.interval import Interval
from scheduling.slots.openings import VisitShape, local_instant

# Who comes at nine comes rather at ten than at five.
NEAR = timedelta(hours=2)
# Rather a later day at their hour, but not one much later.
DAYS_TO_CHOOSE_FROM = 3


def in_place_of(
    old: datetime,
    starts: Sequence[datetime],
    *,
    shape: VisitShape,
    avoid: Collection[Interval],
    zone: ZoneInfo,
) -> datetime | None:
    """Which of these starts to propose; None when nothing is left. They are sorted.

    Its doctor's time is clear of `avoid`. It is on the first of the next days with a time near the
    old hour; else whatever comes next. On a day before the old one only when there is none after.
    """
    of_old_day = local_instant(old.astimezone(zone).date(), time.min, zone)
    first_ahead = bisect_left(starts, of_old_day)
    for some_starts in (starts[first_ahead:], starts[:first_ahead]):
        found: list[datetime] = []
        for _day, that_day in groupby(some_starts, lambda start: start.astimezone(zone).date()):
            free = [start for start in that_day if _is_clear(shape.doctor(start), avoid)]
            if free:
                found.append(min(free, key=lambda start: (_hours_apart(start, old, zone), start)))
            if len(found) == DAYS_TO_CHOOSE_FROM:
                break
        if found:
            at_their_hour = (start for start in found if _hours_apart(start, old, zone) <= NEAR)
            return next(at_their_hour, found[0])
    return None


def _is_clear(busy: Interval, avoid: Collection[Interval]) -> bool:
    return not any(busy.overlaps(other) for other in avoid)


def _hours_apart(start: datetime, old: datetime, zone: ZoneInfo) -> timedelta:
    """On the clock, whatever the day."""
    one, other = start.astimezone(zone), old.astimezone(zone)
    return abs(timedelta(hours=one.hour - other.hour, minutes=one.minute - other.minute))
