"""Which day a page of the staff is asked for: it stands in the address."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _


def day_asked_for(request: HttpRequest, *, otherwise: date) -> date:
    """`otherwise` where none is asked for, or one that nobody knows: then the page says so."""
    asked = request.GET.get("from")
    if not asked:
        return otherwise
    try:
        day = date.fromisoformat(asked)
        if abs(day.year - otherwise.year) <= 100:
            return day
    except ValueError:
        pass
    messages.warning(request, _("That is not a day we know. Here are the days from today."))
    return otherwise
