"""Why two records are one person's, or are not."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.models import Patient


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        widget=forms.Textarea({"rows": 2, "class": "form-control"}),
        error_messages={"required": _("Say why, for whoever asks later.")},
    )


class MergeForm(ReasonForm):
    """`keeps` is the record that the other is merged into."""

    keeps = forms.ChoiceField(
        label=_("Which record is kept"),
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Choose the record to keep.")
        ),
    )
    field_order = ("keeps", "reason")

    def __init__(self, data: Any = None, *, both: tuple[Patient, Patient]) -> None:
        super().__init__(data)
        choices = [(str(patient.pk), patient.name) for patient in both]
        self.fields["keeps"].choices = choices  # type: ignore[attr-defined]

    @property
    def kept_id(self) -> UUID:
        return UUID(self.cleaned_data["keeps"])
