"""What people send to the calendar: a start, the version of the visit they saw, what they wish."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.half_day_form import HalfDayForm
from clinic.half_days import WEEK, HalfDay
from scheduling import availability
from scheduling.models import WaitlistEntry
from scheduling.services import Wishes

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


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput({"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Pick a day, such as 11/24/2026.")},
    )


class WaitForm(HalfDayForm):
    """When a visit would suit somebody on the waitlist. What is left empty: any time."""

    first_day = _day_field(_("Not before this day (if you like)"))
    last_day = _day_field(_("Not after this day (if you like)"))

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, today: date, **options: Any
    ) -> None:
        super().__init__(data, offered=_open_half_days(today), **options)
        self.today = today

    def clean(self) -> None:
        first, last = self.cleaned_data.get("first_day"), self.cleaned_data.get("last_day")
        for name, day in (("first_day", first), ("last_day", last)):
            if day and day > self.today + A_WHILE:
                self.add_error(name, _("Pick a day within the next year."))
        if last and last < max(first or self.today, self.today):
            self.add_error("last_day", _("Pick a last day that is still to come."))

    @property
    def dates(self) -> list[forms.BoundField]:
        return [self["first_day"], self["last_day"]]

    @property
    def wishes(self) -> Wishes:
        """A first day that is over counts as today."""
        return Wishes(
            half_days=self.cleaned_data["half_days"],
            first_day=max(self.cleaned_data["first_day"] or self.today, self.today),
            last_day=self.cleaned_data["last_day"],
            note=self.cleaned_data["note"],
        )


def as_wished(entry: WaitlistEntry | None, *, today: date) -> dict[str, Any]:
    """What a form shows of an entry that is there."""
    if entry is None:
        return {}
    return {
        "half_days": entry.half_days,
        "first_day": entry.first_day if entry.first_day > today else None,
        "last_day": entry.last_day,
        "note": entry.note,
    }


def _open_half_days(today: date) -> tuple[HalfDay, ...]:
    """Those in which somebody is at the clinic; all of them when no hours are planned."""
    planned = availability.open_half_days(today)
    return tuple(half for half in WEEK if not planned or (half.weekday, half.part) in planned)
