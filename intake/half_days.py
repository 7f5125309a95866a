"""The mornings and afternoons that somebody may wish for while their answers are held."""

from datetime import date
from typing import Any

from clinic.half_days import WEEK, HalfDay
from intake.models import Case
from intake.signals import open_half_days_asked


def offered(*, on: date) -> tuple[HalfDay, ...]:
    """Those in which somebody is at the clinic; all of them when the calendar plans no hours."""
    # Django's stubs say that receivers answer with text.
    answers: list[Any] = open_half_days_asked.send(sender=Case, on=on)
    planned = next((halves for _receiver, halves in answers if halves), None)
    return tuple(half for half in WEEK if planned is None or (half.weekday, half.part) in planned)
