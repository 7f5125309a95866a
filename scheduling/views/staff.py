"""Today's visits and the coming ones, by day."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from clinic import access, audit
from scheduling import visit_list
from scheduling.models import Appointment
from scheduling.views.staff_days import day_asked_for

DAYS_SHOWN = 7


@access.calendar_required
@require_GET
def visits(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    first = day_asked_for(request, otherwise=today)
    last = first + timedelta(days=DAYS_SHOWN - 1)
    by = access.signed_in(request)
    audit.list_viewed(by, Appointment, at=now, days=f"{first} to {last}")
    return render(
        request,
        "scheduling/staff_visits.html",
        {
            "days": visit_list.days(by, first=first, count=DAYS_SHOWN, now=now),
            "today": today,
            "first": first,
            "last": last,
            "earlier": first - timedelta(days=DAYS_SHOWN),
            "later": first + timedelta(days=DAYS_SHOWN),
        },
    )
