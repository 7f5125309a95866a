"""What holds for every request."""

import math
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from clinic import audit, limits, services
from clinic.access import is_background
from clinic.audit import Via
from clinic.models import User
from clinic.sign_in import session

Handler = Callable[[HttpRequest], HttpResponse]

# Everything else is a page for patients.
_PAGES = {"/staff/": Via.STAFF_PAGES, "/admin/": Via.ADMIN_SITE}


def from_where(get_response: Handler) -> Handler:
    """What a request changes is put down to the pages it came by."""

    def handle(request: HttpRequest) -> HttpResponse:
        found = (via for start, via in _PAGES.items() if request.path.startswith(start))
        with audit.coming_from(next(found, Via.PATIENT_PAGES)):
            return get_response(request)

    return handle


def sign_off(get_response: Handler) -> Handler:
    """Ends a session left alone, grown old, or signed in any way but the right one.

    Everything after this, each predicate of `clinic.access` and the admin site included, sees
    a person who proved who they are, or nobody.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            _keep_or_end(request)
        return get_response(request)

    return handle


def _keep_or_end(request: HttpRequest) -> None:
    now, user = timezone.now(), request.user
    if not isinstance(user, User):
        return
    reason = session.reason_to_end(request, user, now=now)
    if reason:
        logout(request)
        request.session[session.SIGNED_OFF] = reason.value
    elif not is_background(request):
        session.note_activity(request, now=now)


def keep_language(get_response: Handler) -> Handler:
    """A patient's mail is worded in the language they last did something in.

    Noted before the page, which may mail them, and after one that changed the language.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            _note_language(request)
        response = get_response(request)
        chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen:
            with translation.override(chosen.value):
                _note_language(request)
        return response

    return handle


def _note_language(request: HttpRequest) -> None:
    user = request.user if SESSION_KEY in request.session else None
    if isinstance(user, User) and not user.is_staff:
        services.keep_language(account=user, now=timezone.now())


class Limited:
    """Whatever page counted the try: over the limit, one answer says when to try again."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, limits.TooMany):
            return _try_later(request, exception)
        return None


def _try_later(request: HttpRequest, reached: limits.TooMany) -> HttpResponse:
    seconds = max(1, math.ceil((reached.again_at - timezone.now()).total_seconds()))
    context = {"minutes": math.ceil(seconds / 60), "hours": math.ceil(seconds / 3600)}
    response = render(request, "clinic/too_many.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def said_in_words(get_response: Handler) -> Handler:
    """An address that only takes a form, opened by itself: a page instead of a blank one.

    A reload asks for it so, and another language chosen on a page that answered the form.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method != "GET" or response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        page = render(request, "clinic/not_by_itself.html", status=response.status_code)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    return handle


def never_stored(get_response: Handler) -> Handler:
    """Pages are about one person: no cache keeps them (static files are served before this).

    But for an answer that says of itself that it is public.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        said = response.headers.get("Cache-Control", "")
        if "no-store" not in said and "public" not in said:
            response.headers["Cache-Control"] = "no-store"
        return response

    return handle
