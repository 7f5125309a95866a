"""A signature under the protocol."""

from django import forms
from django.utils.translation import gettext_lazy as _

READ_AGAIN = _("Open this page again, then sign.")


class SigningForm(forms.Form):
    read = forms.CharField(
        widget=forms.HiddenInput,
        max_length=64,
        error_messages={"required": READ_AGAIN, "max_length": READ_AGAIN},
    )
    remark = forms.CharField(
        label=_("Remark"),
        help_text=_(
            "If you like: what you make of the open questions, or what the next version should"
            " change. It stays with the signature."
        ),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
    )
