"""Pages for what went wrong, each saying what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's key was missing or too old: going back and sending again mends it."""
    return render(request, "clinic/form_too_old.html", status=403)
