"""The calendar that the desk works on, and the feed that keeps it fresh on every screen."""

import hashlib
import json
from datetime import date, timedelta

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic import access, audit
from clinic.models import User
from scheduling import day_feed, plan
from scheduling.models import Appointment

# How often a screen asks what has changed: within three seconds it has to show.
REFRESH = timedelta(seconds=2)
# How far from today somebody may look.
FARTHEST = timedelta(days=3 * 366)
# Of one session: the days it has looked at, each on the trail once.
LOOKED_AT = "calendar_days_looked_at"
MOST_REMEMBERED = 200


class NotARange(Exception):
    """The days that were asked for are none, or too many."""


@access.calendar_required
@require_GET
def day(request: HttpRequest) -> HttpResponse:
    now, planned = timezone.now(), plan.current()
    shown = _asked_for(request, today=timezone.localdate(now))
    opens, closes = day_feed.opens_and_closes(planned)
    return render(
        request,
        "scheduling/staff_day.html",
        {
            "shown": shown,
            "columns": [vars(column) for column in day_feed.columns()],
            "offset": day_feed.offset(now),
            "opens": opens,
            "closes": closes,
            "step": int(planned.policy.step.total_seconds() // 60),
            "refresh": int(REFRESH.total_seconds() * 1000),
        },
    )


@access.calendar_required
@require_GET
def feed(request: HttpRequest) -> HttpResponse:
    """The days from `first` to `last`; 304 when they are as the `If-None-Match` saw them."""
    by, now = access.signed_in(request), timezone.now()
    try:
        first, last = _range(request, today=timezone.localdate(now))
    except NotARange as problem:
        return JsonResponse({"problem": str(problem)}, status=400)
    _note_look(request, by, first, last)
    found = day_feed.feed(by, first=first, last=last, now=now)
    body = json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/json")
    response.headers["ETag"] = tag
    return response


def _asked_for(request: HttpRequest, *, today: date) -> date:
    asked = request.GET.get("on")
    if not asked:
        return today
    try:
        return _day(asked, today=today)
    except NotARange as problem:
        messages.warning(request, str(problem))
        return today


def _range(request: HttpRequest, *, today: date) -> tuple[date, date]:
    first = _day(request.GET.get("first", ""), today=today)
    last = _day(request.GET.get("last", ""), today=today)
    if last < first:
        raise NotARange(_("The last day is before the first."))
    if (last - first).days >= day_feed.MOST_DAYS:
        raise NotARange(
            _("At most %(count)s days can be shown at once.") % {"count": day_feed.MOST_DAYS}
        )
    return first, last


def _day(asked: str, *, today: date) -> date:
    try:
        found = date.fromisoformat(asked)
    except ValueError:
        raise NotARange(_("That is not a day we know. Days are written like 2026-11-24.")) from None
    if abs(found - today) > FARTHEST:
        raise NotARange(_("That day is too far away."))
    return found


def _note_look(request: HttpRequest, by: User, first: date, last: date) -> None:
    """On the trail once a session and range: a screen asks again every other second."""
    days = f"{first} to {last}"
    looked_at: list[str] = request.session.get(LOOKED_AT, [])
    if days not in looked_at:
        audit.list_viewed(by, Appointment, at=timezone.now(), days=days)
        request.session[LOOKED_AT] = [*looked_at, days][-MOST_REMEMBERED:]
