"""What may have changed since the earlier answers, beside the answers themselves."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.forms.about import LONG_TEXT


class ChangesForm(forms.Form):
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

    def typed(self) -> dict[str, str]:
        """What was typed, right or wrong, as the page shows it again."""
        # A database text takes no NUL.
        return {
            name: str(self.data.get(name, ""))[:LONG_TEXT].replace("\0", "") for name in self.fields
        }
