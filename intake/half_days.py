"""Mornings and afternoons of a week, as somebody may wish for them while their answers are held."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from intake.models import Case
from intake.signals import open_half_days_asked

MORNING, AFTERNOON = "am", "pm"


@dataclass(frozen=True, order=True)
class HalfDay:
    """`weekday` as Python counts them: Monday is 0. `part` is MORNING or AFTERNOON."""

    weekday: int
    part: str

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


def offered(*, on: date) -> tuple[HalfDay, ...]:
    """Those in which somebody is at the clinic; all of them when the calendar plans no hours."""
    # Django's stubs say that receivers answer with text.
    answers: list[Any] = open_half_days_asked.send(sender=Case, on=on)
    planned = next((halves for _receiver, halves in answers if halves), None)
    return tuple(half for half in WEEK if planned is None or (half.weekday, half.part) in planned)


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
