"""Pages for what went wrong, each saying what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "clinic/bad_request.html", status=400)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "clinic/not_allowed.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's key was missing or too old: going back and sending again mends it."""
    return render(request, "clinic/form_too_old.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "clinic/not_found.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the request: nothing on this page may ask the database, which may be what failed."""
    return HttpResponse(loader.render_to_string("clinic/server_error.html"), status=500)
