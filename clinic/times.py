"""Times as people say them, in the clinic's zone and the reader's language."""

from datetime import date, datetime, time
from functools import cache

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.dateformat import time_format as format_time
from django.utils.translation import get_language, gettext


def in_words(moment: datetime) -> str:
    """Such as "Tue, Nov 24 at 9:20 AM"."""
    # Translators: a date and time in Django's format letters; \a\t prints the word "at".
    return format_date(local(moment), gettext("D, M j \\a\\t g:i A"))


def day_in_words(day: date) -> str:
    """Such as "Tue, Nov 24"."""
    # Translators: a date in Django's format letters.
    return format_date(day, gettext("D, M j"))


def full_day_in_words(day: date) -> str:
    """Such as "November 24, 2026": for paper, which is read in other years."""
    # Translators: a date in Django's format letters.
    return format_date(day, gettext("F j, Y"))


def clock_in_words(moment: datetime) -> str:
    """Such as "9:20 AM", on the clinic's clock."""
    at = local(moment)
    return _clock(at.hour, at.minute, get_language())


def local(moment: datetime) -> datetime:
    """The same moment on the clinic's clock."""
    return timezone.localtime(moment, timezone.get_default_timezone())


@cache
def _clock(hour: int, minute: int, language: str | None) -> str:
    """In the language now spoken, which is named to be remembered by: a page of free times says
    the same few clock times again and again, and Django's formatting was a fifth of its work."""
    # Translators: a time of day in Django's format letters.
    return format_time(time(hour, minute), gettext("g:i A"))
