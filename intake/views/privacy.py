"""The notice of privacy practices."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from intake import wordings


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    version = wordings.PRIVACY_NOTICE_VERSION
    return render(request, "intake/privacy.html", {"version": version})
