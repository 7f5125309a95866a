"""Times as people say them, in the clinic's zone and the reader's language."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext


def in_words(moment: datetime) -> str:
    """Such as "Tue, Nov 24 at 9:20 AM"."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    # Translators: a date and time in Django's format letters; \a\t prints the word "at".
    return format_date(local, gettext("D, M j \\a\\t g:i A"))
