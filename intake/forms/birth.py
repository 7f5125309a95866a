"""The date of birth, in three fields."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from intake import triage

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

OLDEST = 119


def _part(label: "_StrPromise", autocomplete: str, length: int, css: str = "") -> forms.CharField:
    attrs = {"inputmode": "numeric", "autocomplete": autocomplete, "class": f"form-control {css}"}
    return forms.CharField(
        label=label, required=False, max_length=length, widget=forms.TextInput(attrs)
    )


class BirthForm(forms.Form):
    """`born()` is the date once the form is valid."""

    month = _part(_("Month"), "bday-month", 2)
    day = _part(_("Day"), "bday-day", 2)
    year = _part(_("Year"), "bday-year", 4, "year")

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        for name, field in self.fields.items():
            # A part that is too long is not a number of that part either: one sentence for both.
            field.error_messages["max_length"] = _sentence_for(name)

    @classmethod
    def of(cls, born: date | None, *, today: date) -> "BirthForm":
        initial = {"month": born.month, "day": born.day, "year": born.year} if born else {}
        return cls(today=today, initial=initial)

    def born(self) -> date:
        born: date = self.cleaned_data["born"]
        return born

    def clean(self) -> None:
        if not self.errors and not any(self.cleaned_data.values()):
            self.add_error("month", _("Type the month, the day, and the year you were born."))
            return
        month, day, year = (self._number(name) or 0 for name in self.fields)
        if self.errors:
            return
        try:
            born = date(year, month, day)
        except ValueError:
            self.add_error("day", _("That day does not exist. Check the day and the month."))
            return
        if born > self.today:
            self.add_error("year", _("That day has not come yet. Check the year."))
        elif triage.age_on(born, self.today) > OLDEST:
            self.add_error("year", _("That is more than 119 years ago. Check the year."))
        else:
            self.cleaned_data["born"] = born

    def _number(self, name: str) -> int | None:
        text = (self.cleaned_data.get(name) or "").strip()
        number = int(text) if text.isascii() and text.isdigit() else None
        bounds = {"month": range(1, 13), "day": range(1, 32), "year": range(1000, 10000)}
        if name not in self.errors and (number is None or number not in bounds[name]):
            self.add_error(name, _sentence_for(name))
        return number


def _sentence_for(name: str) -> "_StrPromise":
    return {
        "month": _("Type the month as a number from 1 to 12."),
        "day": _("Type the day as a number from 1 to 31."),
        "year": _("Type the year with four numbers, such as 1985."),
    }[name]
