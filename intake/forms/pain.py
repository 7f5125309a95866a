"""How bad the pain is today, as the patient says at the visit."""

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.models.pain import WORST_PAIN

CHOOSE = _("Choose a number from 0 to 10.")


class PainForm(forms.Form):
    score = forms.TypedChoiceField(
        label=_("Pain now, 0 to 10"),
        choices=[(number, str(number)) for number in range(WORST_PAIN + 1)],
        coerce=int,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
