"""An answer in their own words to a question the chiropractor wrote."""

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.forms.typed import LONG_TEXT


class OwnAnswerForm(forms.Form):
    own_answer = forms.CharField(
        label=_("Your answer"),
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "class": "form-control"}),
        error_messages={"required": _("Write your answer. A few words are enough.")},
    )
