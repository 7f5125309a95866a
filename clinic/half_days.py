"""Mornings and afternoons of a week, as people say when a visit would suit them."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic import times

MORNING, AFTERNOON = "am", "pm"
_NOON = 12


@dataclass(frozen=True, order=True)
class HalfDay:
    """`weekday` as Python counts them: Monday is 0. `part` is MORNING or AFTERNOON."""

    weekday: int
    part: str

    @classmethod
    def of(cls, moment: datetime) -> "HalfDay":
        """The one in which a moment lies, on the clinic's clock."""
        at = times.local(moment)
        return cls(at.weekday(), MORNING if at.hour < _NOON else AFTERNOON)

    @property
    def key(self) -> str:
        """As it is kept, such as "0-am"."""
        return f"{self.weekday}-{self.part}"

    @property
    def day(self) -> str:
        return _day(self.weekday)

    @property
    def part_in_words(self) -> str:
        return _("Morning") if self.part == MORNING else _("Afternoon")


_DAYS = range(7)
# So many days alike are said at once.
_A_ROW = 3
WEEK = tuple(HalfDay(weekday, part) for weekday in _DAYS for part in (MORNING, AFTERNOON))


def in_words(keys: Iterable[str]) -> list[str]:
    """Such as "Monday: morning, afternoon", or "Monday to Friday: morning" for days in a row.

    A key nobody knows is left out.
    """
    kept = set(keys)
    said: list[str] = []
    for parts, alike in groupby(_DAYS, key=lambda day: _parts(day, kept)):
        days = list(alike)
        if parts and len(days) >= _A_ROW:
            words = {"first": _day(days[0]), "last": WEEKDAYS[days[-1]], "parts": parts}
            said.append(_("%(first)s to %(last)s: %(parts)s") % words)
        elif parts:
            said += [_("%(day)s: %(parts)s") % {"day": _day(day), "parts": parts} for day in days]
    return said


def _parts(weekday: int, kept: Container[str]) -> str:
    halves = [half for half in WEEK if half.weekday == weekday and half.key in kept]
    return ", ".join(half.part_in_words.lower() for half in halves)


def _day(weekday: int) -> str:
    return capfirst(str(WEEKDAYS[weekday]))
