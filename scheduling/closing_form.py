"""A time to close, as it is typed: some days, or a part of them."""

from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import times
from scheduling import plan
from scheduling.closed_days import ClosedDays
from scheduling.models import Clinician, Room
from scheduling.slots import EmptyInterval, Interval

# A closure longer than this is a slip in the year.
LONGEST_CLOSURE = timedelta(days=366)
FARTHEST_CLOSURE = timedelta(days=5 * 366)
EVERYBODY = "clinic"


class ChecksClosedDays(forms.BaseForm):
    """For a form with `first_day`, `last_day`, `starts` and `ends`: adds `during`, in real time."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first = cleaned.get("first_day")
        if first and not self.errors:
            last = cleaned["last_day"] or first
            self._check_days(first, last)
            if not self.errors:
                days = ClosedDays(first, last, cleaned["starts"], cleaned["ends"])
                cleaned["during"] = self._in_real_time(days)
        return cleaned

    def _check_days(self, first: date, last: date) -> None:
        today = times.local(timezone.now()).date()
        for field, day in (("first_day", first), ("last_day", last)):
            if abs(day - today) > FARTHEST_CLOSURE:
                self.add_error(field, _("This is years away. Check the year."))
        if last < first:
            self.add_error("last_day", _("The last day is before the first day."))
        elif last - first > LONGEST_CLOSURE:
            self.add_error("last_day", _("This is longer than a year. Check the dates."))

    def _in_real_time(self, days: ClosedDays) -> Interval | None:
        try:
            return days.during(plan.current().policy.zone)
        except EmptyInterval:
            if (days.starts or time.min) < (days.ends or time.max):
                self.add_error("ends", _("The clocks skip this time on that day: it never comes."))
            else:
                self.add_error("ends", _("The end must be after the beginning."))
            return None


class ClosingForm(ChecksClosedDays, forms.Form):
    """What the desk closes, for whom, and why."""

    first_day = forms.DateField(
        label=_("First day"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages=dict.fromkeys(("required", "invalid"), _("Please choose a day.")),
    )
    last_day = forms.DateField(
        label=_("Last day (if it is another)"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Please choose a day, or leave it empty.")},
    )
    starts = forms.TimeField(
        label=_("From (empty: all day)"),
        required=False,
        widget=forms.TimeInput({"type": "time", "step": "300"}, format="%H:%M"),
        error_messages={"invalid": _("Please choose a time, such as 9:20 AM, or leave it empty.")},
    )
    ends = forms.TimeField(
        label=_("To (empty: all day)"),
        required=False,
        widget=forms.TimeInput({"type": "time", "step": "300"}, format="%H:%M"),
        error_messages={"invalid": _("Please choose a time, such as 9:20 AM, or leave it empty.")},
    )
    whose = forms.ChoiceField(label=_("Who or what is away"))
    reason = forms.CharField(
        label=_("Why (staff see it)"),
        max_length=120,
        error_messages={"required": _("Please say why, such as “Dr. Solomon is ill”.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clinicians = Clinician.objects.filter(is_active=True)
        field = self.fields["whose"]
        assert isinstance(field, forms.ChoiceField)
        for each in self.fields.values():
            chosen = isinstance(each, forms.ChoiceField)
            each.widget.attrs["class"] = "form-select" if chosen else "form-control"
        field.choices = [
            *((f"clinician-{each.pk}", each.name) for each in clinicians),
            *((f"room-{each.pk}", each.name) for each in Room.objects.all()),
            (EVERYBODY, _("The whole clinic")),
        ]

    @property
    def closes(self) -> dict[str, int | None]:
        """Whose time, as `services.close` is told it."""
        kind, _dash, number = self.cleaned_data["whose"].partition("-")
        return {f"{kind}_id": int(number)} if number else {}
