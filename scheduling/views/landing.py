"""The first page: what this is, when to call 911 instead, one button, and what people ask next."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic import times
from clinic.models import ServiceTown
from intake.public import First, first_steps
from scheduling.availability import open_hours

DAYS_SHOWN = 7


@dataclass(frozen=True)
class Said:
    """An answer of the clinic's table; a plain No stands back behind the others."""

    words: str
    is_no: bool = False


@dataclass(frozen=True)
class StepRow:
    """A row of the clinic's table in words; `tone` colours its edge."""

    situation: str
    chiropractor: Said
    doctor: Said
    tone: str


@dataclass(frozen=True)
class DayHours:
    """When the clinic is open on one day, closures left out."""

    day: str
    hours: tuple[str, ...]


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    towns = ServiceTown.objects.filter(is_active=True).values_list("name", flat=True)
    days = _days(timezone.localdate())
    context = {
        "steps": _steps(),
        "days": days,
        "towns": list(towns),
        # Led here by a page of the form, with no form begun.
        "nothing_open": "nothing-open" in request.GET,
    }
    return render(request, "clinic/landing.html", context)


def _steps() -> list[StepRow]:
    yes, no = Said(_("Yes")), Said(_("No"), is_no=True)
    said = {
        First.CHIROPRACTOR: (yes, no, "good"),
        First.DOCTOR: (no, yes, "caution"),
        First.BOTH: (Said(_("Along with your doctor")), yes, "calm"),
    }
    return [StepRow(step.situation, *said[step.first]) for step in first_steps()]


def _days(today: date) -> list[DayHours]:
    """From today on: so a holiday shows, and tonight the first thing said is about tomorrow."""
    last_day = today + timedelta(days=DAYS_SHOWN - 1)
    hours: dict[date, list[str]] = {
        today + timedelta(days=number): [] for number in range(DAYS_SHOWN)
    }
    for span in open_hours(today, last_day):
        day = times.local(span.start).date()
        if day in hours:
            hours[day].append(
                _("%(start)s to %(end)s")
                % {
                    "start": times.clock_in_words(span.start),
                    "end": times.clock_in_words(span.end),
                }
            )
    return [DayHours(times.day_in_words(day), tuple(spans)) for day, spans in hours.items()]
