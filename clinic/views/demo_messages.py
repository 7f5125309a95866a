"""In the demo nothing is delivered: here every message is read, and every phone looked at."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from clinic import calendar_file, services, times
from clinic.models import Message, User

# So many at first, and so many more each time somebody asks for older ones.
STEP = 10
MOST = 500
CODE_SECONDS = 30


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Not there anywhere else, should the address ever be routed by mistake."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@demo_only
@require_safe
def demo_messages(request: HttpRequest) -> HttpResponse:
    """The page, or the part of it that the page asks for again every two seconds."""
    part = request.GET.get("part")
    if part == "phones":
        return render(request, "clinic/_demo_phones.html", _phones())
    letters = _letters(_shown(request))
    if part == "letters":
        if request.GET.get("seen") == letters["seen"]:
            return HttpResponse(status=204)  # nothing new: what is being read stays as it is
        return render(request, "clinic/_demo_letters.html", letters)
    return render(request, "clinic/demo_messages.html", {**_phones(), **letters})


@demo_only
@require_safe
def demo_calendar(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = get_object_or_404(Message.objects.exclude(calendar=""), pk=pk)
    return HttpResponse(
        message.calendar,
        content_type=f"text/calendar; charset=utf-8; method={calendar_file.METHOD}",
        headers={"Content-Disposition": f'attachment; filename="{calendar_file.FILE_NAME}"'},
    )


def _shown(request: HttpRequest) -> int:
    asked = request.GET.get("shown", "")
    return min(max(int(asked), STEP), MOST) if asked.isdecimal() and len(asked) < 5 else STEP


def _letters(count: int) -> dict[str, Any]:
    found = list(Message.objects.all()[: count + 1])
    shown = found[:count]
    waiting = sum(message.state == Message.State.QUEUED for message in shown)
    return {
        "letters": [
            {
                "id": message.pk,
                "subject": message.subject,
                "recipient": message.recipient,
                "body": message.body,
                "state": message.get_state_display(),
                "queued": times.in_words(message.queued_at),
                "has_calendar": bool(message.calendar),
            }
            for message in shown
        ],
        "seen": f"{shown[0].pk}-{waiting}" if shown else "",
        "shown": count,
        "older": count + STEP if len(found) > count and count < MOST else 0,
    }


def _phones() -> dict[str, Any]:
    return {
        "phones": [
            {"name": str(user), "email": user.email, "code": code}
            for user in _staff()
            if (code := _code(user))
        ],
        "seconds_left": CODE_SECONDS - int(time.time()) % CODE_SECONDS,
    }


def _staff() -> list[User]:
    roles = Q(is_desk=True) | Q(is_chiropractor=True) | Q(is_administrator=True)
    return list(User.objects.filter(roles, is_active=True))


def _code(user: User) -> str:
    try:
        return services.current_totp_code(user)
    except Authenticator.DoesNotExist:
        return ""
