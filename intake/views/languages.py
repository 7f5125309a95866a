"""A sheet in another language than the page's: who prints it and who reads it may differ."""

from contextlib import AbstractContextManager, nullcontext

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation


def asked_for(request: HttpRequest) -> str:
    """The code of a language of ours that the address asks for, or nothing."""
    wanted = request.GET.get("in", "")
    return wanted if wanted in dict(settings.LANGUAGES) else ""


def in_language_of(request: HttpRequest) -> AbstractContextManager[object]:
    """The language asked for, or the page's."""
    wanted = asked_for(request)
    return translation.override(wanted) if wanted else nullcontext()
