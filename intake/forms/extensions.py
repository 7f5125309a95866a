"""Whether a clearance lasts longer, or ends."""

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CHOOSE = _("Choose whether it lasts longer or ends.")
GIVE_A_DAY = _("Give the last day on which they may come.")


class ClearanceForm(forms.Form):
    EXTEND, END = "extend", "end"

    clearance = forms.UUIDField(error_messages={"required": CHOOSE, "invalid": CHOOSE})
    what = forms.ChoiceField(
        choices=[(EXTEND, _("Extend it")), (END, _("End it now"))],
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    last_day = forms.DateField(
        label=_("Last day"), required=False, error_messages={"invalid": GIVE_A_DAY}
    )
    # A blank one is refused by the domain, whose words are the same everywhere.
    reason = forms.CharField(label=_("Why"), required=False, max_length=2000)

    def clean(self) -> None:
        if self.cleaned_data.get("what") == self.EXTEND and not self.cleaned_data.get("last_day"):
            self.add_error("last_day", GIVE_A_DAY)

    @property
    def until(self) -> datetime:
        """The end of the last day, on the clinic's clock."""
        after = self.cleaned_data["last_day"] + timedelta(days=1)
        return timezone.make_aware(datetime.combine(after, time()), timezone.get_default_timezone())
