"""What the desk prints: the sheet of a day, the week for when the line is down, and the card.

Pages with a button that prints, and no PDF: what is opened leaves nothing behind in a list of
downloads.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from clinic import access, audit, times
from intake import public as intake
from scheduling import card, visit_list
from scheduling.models import Appointment
from scheduling.views.staff import DAYS_SHOWN
from scheduling.views.staff_days import day_asked_for

# Lines to write on, for whoever walks in.
LINES_LEFT_FREE = range(4)


@access.calendar_required
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """The sheet of one day, with room to write on it."""
    by, now = access.signed_in(request), timezone.now()
    today = timezone.localdate(now)
    shown = day_asked_for(request, otherwise=today)
    audit.list_viewed(by, Appointment, at=now, sheet="day sheet", days=str(shown))
    days = visit_list.days(by, first=shown, count=1, now=now)
    context = {
        "day": days[0] if days else None,
        "shown": shown,
        "title": times.full_day_in_words(shown),
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "is_today": shown == today,
        "printed": times.in_words(now),
        "lines_left_free": LINES_LEFT_FREE,
    }
    return render(request, "scheduling/staff_day_sheet.html", context)


@access.calendar_required
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """Every visit of a week with whom to call, printed while there is a line to print it."""
    by, now = access.signed_in(request), timezone.now()
    first = day_asked_for(request, otherwise=timezone.localdate(now))
    last = first + timedelta(days=DAYS_SHOWN - 1)
    days = f"{first} to {last}"
    audit.list_viewed(by, Appointment, at=now, sheet="week on paper", days=days)
    context = {
        "days": visit_list.days(by, first=first, count=DAYS_SHOWN, now=now),
        "first": first,
        "last": last,
        "printed": times.in_words(now),
    }
    return render(request, "scheduling/staff_week_sheet.html", context)


@access.calendar_required
@require_safe
def appointment_card(request: HttpRequest, pk: UUID, visit: UUID | None = None) -> HttpResponse:
    """A patient's visits to come, or one of them, on a card to hand over."""
    by, now = access.signed_in(request), timezone.now()
    try:
        person = intake.patient_card(pk)
    except ObjectDoesNotExist as nobody:
        raise Http404 from nobody
    audit.list_viewed(by, Appointment, at=now, patient_id=pk, sheet="appointment card")
    visits = card.coming_visits(by, person.id, now=now, only=visit)
    wanted = request.GET.get("in", "")
    language = wanted if wanted in dict(settings.LANGUAGES) else card.language_of(person)
    with translation.override(language):
        shown = card.card(person, visits) if visits else None
    context = {
        "card": shown,
        "person": person,
        "language": language,
        "others": [each for each in settings.LANGUAGES if each[0] != language],
    }
    return render(request, "scheduling/staff_card.html", context)
