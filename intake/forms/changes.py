"""What may have changed since the earlier answers, beside the answers themselves."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.forms.typed import LONG_TEXT, TypedForm


class ChangesForm(TypedForm):
    medicines = forms.CharField(
        label=_("Medicines you take"),
        help_text=_("The names are enough."),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 3, "class": "form-control"}),
    )
    allergies = forms.CharField(
        label=_("Allergies"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 2, "class": "form-control"}),
    )

    @classmethod
    def of(cls, typed: Mapping[str, Any]) -> "ChangesForm":
        return cls(initial={name: typed.get(name, "") for name in cls.base_fields})
