"""Times as people say them, in the clinic's zone and the reader's language."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext


def in_words(moment: datetime) -> str:
    """Such as "Tue, Nov 24 at 9:20 AM"."""
    # Translators: a date and time in Django's format letters; \a\t prints the word "at".
    return format_date(local(moment), gettext("D, M j \\a\\t g:i A"))


def day_in_words(day: date) -> str:
    """Such as "Tue, Nov 24"."""
    # Translators: a date in Django's format letters.
    return format_date(day, gettext("D, M j"))


def clock_in_words(moment: datetime) -> str:
    """Such as "9:20 AM", on the clinic's clock."""
    # Translators: a time of day in Django's format letters.
    return format_date(local(moment), gettext("g:i A"))


def local(moment: datetime) -> datetime:
    """The same moment on the clinic's clock."""
    return timezone.localtime(moment, timezone.get_default_timezone())
