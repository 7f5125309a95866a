"""What people send to the calendar: a start, and the version of the visit they saw."""

from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

# No horizon reaches further; what lies beyond is no time anybody was offered.
A_WHILE = timedelta(days=366)


def version_seen(sent: QueryDict) -> int:
    """The version of the visit that a page showed; 0, which no visit has, if it says none."""
    text = sent.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class StartForm(forms.Form):
    """A start, as a button of the page names it: an instant in ISO 8601."""

    start = forms.DateTimeField(
        error_messages=dict.fromkeys(
            ("required", "invalid"), _("Please choose one of the times on this page.")
        )
    )

    def __init__(self, *args: object, now: datetime, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.now = now

    def clean_start(self) -> datetime:
        start: datetime = self.cleaned_data["start"]
        if not self.now - A_WHILE < start < self.now + A_WHILE:
            raise ValidationError(self.fields["start"].error_messages["invalid"])
        return start

    @property
    def problem(self) -> str:
        """What to put right, in a sentence."""
        return str(self.errors["start"][0])
