"""Mornings and afternoons of a week, as people say when a visit would suit them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
        return capfirst(str(WEEKDAYS[self.weekday]))

    @property
    def part_in_words(self) -> str:
        return _("Morning") if self.part == MORNING else _("Afternoon")


WEEK = tuple(HalfDay(weekday, part) for weekday in range(7) for part in (MORNING, AFTERNOON))


def in_words(keys: Iterable[str]) -> list[str]:
    """Day by day, such as "Monday: morning, afternoon". A key nobody knows is left out."""
    kept = set(keys)
    days: dict[str, list[str]] = {}
    for half in WEEK:
        if half.key in kept:
            days.setdefault(half.day, []).append(half.part_in_words.lower())
    return [
        _("%(day)s: %(parts)s") % {"day": day, "parts": ", ".join(parts)}
        for day, parts in days.items()
    ]
