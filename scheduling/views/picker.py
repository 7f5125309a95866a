"""The times somebody may choose, as a page lays them out: the next one, then a week of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import times
from scheduling import slots
from scheduling.slots import PartOfDay

A_WEEK = timedelta(days=7)
# A start every ten minutes is a wall of buttons: these are seen first, the others by one press.
SEEN_FIRST = (0, 30)
FEW = 6


@dataclass(frozen=True)
class Choice:
    """One start: what its button sends, shows and says."""

    value: str
    clock: str
    said: str


@dataclass(frozen=True)
class Part:
    """A morning or an afternoon: a choice of its starts, and those in between."""

    title: str
    choices: tuple[Choice, ...]
    more: tuple[Choice, ...]
    more_title: str


@dataclass(frozen=True)
class Day:
    title: str
    number: str
    parts: tuple[Part, ...]
    is_first: bool


@dataclass(frozen=True)
class Picker:
    """`earlier` and `later` are the Mondays of the weeks that have times, or empty."""

    next: str
    next_when: str
    week: str
    days: tuple[Day, ...]
    earlier: str
    later: str


def picker(starts: Sequence[datetime], asked: str) -> Picker | None:
    """The week of the day `asked` for, or the nearest that has times. None: there are no times.

    `asked` is whatever stands in the address: what is no day means the first week.
    """
    if not starts:
        return None
    zone = ZoneInfo(timezone.get_default_timezone_name())
    days = slots.by_day(starts, zone)
    weeks = sorted({_monday(day) for day in days})
    wanted = _monday(_day(asked) or weeks[0])
    week = next((monday for monday in weeks if monday >= wanted), weeks[-1])
    at = weeks.index(week)
    this_week = {day: free for day, free in days.items() if _monday(day) == week}
    return Picker(
        next=starts[0].isoformat(),
        next_when=times.in_words(starts[0]),
        week=_("%(first)s to %(last)s")
        % {
            "first": times.day_in_words(week),
            "last": times.day_in_words(week + A_WEEK - timedelta(days=1)),
        },
        days=tuple(
            _laid_out(day, free, zone, is_first=day == min(this_week))
            for day, free in this_week.items()
        ),
        earlier=weeks[at - 1].isoformat() if at else "",
        later=weeks[at + 1].isoformat() if at + 1 < len(weeks) else "",
    )


def _laid_out(day: date, starts: Sequence[datetime], zone: ZoneInfo, *, is_first: bool) -> Day:
    titles = {PartOfDay.MORNING: _("Morning"), PartOfDay.AFTERNOON: _("Afternoon")}
    parts = slots.by_part_of_day(starts, zone)
    title = times.day_in_words(day)
    return Day(
        title=title,
        number=ngettext("%(n)d time", "%(n)d times", len(starts)) % {"n": len(starts)},
        parts=tuple(_part(titles[part], title, free) for part, free in parts.items() if free),
        is_first=is_first,
    )


def _part(title: str, day: str, free: Sequence[datetime]) -> Part:
    on_the_half_hour = [start for start in free if times.local(start).minute in SEEN_FIRST]
    first = on_the_half_hour if on_the_half_hour and len(free) > FEW else list(free)
    between = [start for start in free if start not in set(first)]
    number = ngettext("%(n)d more time", "%(n)d more times", len(between)) % {"n": len(between)}
    return Part(
        title=title,
        choices=tuple(_choice(start, day) for start in first),
        more=tuple(_choice(start, day) for start in between),
        more_title=number,
    )


def _choice(start: datetime, day: str) -> Choice:
    clock = times.clock_in_words(start)
    return Choice(start.isoformat(), clock, f"{day}, {clock}")


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _day(asked: str) -> date | None:
    try:
        day = parse_date(asked)
    except ValueError:
        return None
    # Before the first Monday there is no week to count.
    return day if day and day.year > 1 else None
