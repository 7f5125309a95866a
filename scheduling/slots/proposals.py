"""A new time for a visit whose own was closed: one of the next days, near the hour it had."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling.slots.interval import Interval
from scheduling.slots.openings import VisitShape, by_day

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
    """The start to propose, its doctor's time clear of `avoid`; None when nothing is left.

    On the first of the next days with a time near the old hour; else whatever comes next. Days
    before the old one only when there is none from it on.
    """
    days = by_day(starts, zone)
    old_day = old.astimezone(zone).date()
    ahead = sorted(day for day in days if day >= old_day)
    before = sorted(day for day in days if day < old_day)
    for some_days in (ahead, before):
        found: list[datetime] = []
        for day in some_days:
            free = [start for start in days[day] if _is_clear(shape.doctor(start), avoid)]
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
