"""Another language in the middle of a form: what was typed is sent along and shown again."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


def switch(request: HttpRequest) -> str | None:
    """The language asked for by a form's own button; from here on the page is worded in it."""
    wanted = request.POST.get("language", "")
    if wanted not in dict(settings.LANGUAGES):
        return None
    translation.activate(wanted)
    return wanted


def remember(response: HttpResponse, language: str) -> HttpResponse:
    """As Django's own language view keeps it."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response
