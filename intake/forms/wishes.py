"""Which times would suit somebody whose answers are held."""

from django.utils.translation import gettext_lazy as _

from clinic.half_day_form import HalfDayForm

PICK_ONE = _("Pick at least one time, or write a note.")


class WishForm(HalfDayForm):
    def clean(self) -> None:
        if self.errors:
            return
        if not self.cleaned_data["half_days"] and not self.cleaned_data["note"]:
            self.add_error("half_days", PICK_ONE)
