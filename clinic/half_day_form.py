"""Which mornings and afternoons would suit, as boxes to tick, and a short note."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.half_days import HalfDay

LONGEST_NOTE = 200


@dataclass(frozen=True)
class Box:
    """One box to tick."""

    id: str
    value: str
    label: str
    checked: bool


@dataclass(frozen=True)
class Day:
    """A row of the form: one day with its boxes."""

    name: str
    boxes: tuple[Box, ...]


class HalfDayForm(forms.Form):
    half_days = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Pick from the times shown.")},
    )
    note = forms.CharField(
        label=_("A note about times (if you like)"),
        help_text=_("Only about times, please. The front desk reads this."),
        required=False,
        max_length=LONGEST_NOTE,
        error_messages={"max_length": _("Make the note shorter: 200 letters at most.")},
        widget=forms.Textarea(
            {
                "rows": 2,
                "class": "form-control",
                "maxlength": LONGEST_NOTE,
                "aria-describedby": "id_note_hint",
            }
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        offered: Sequence[HalfDay],
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.offered = offered
        self.fields["half_days"].choices = [  # type: ignore[attr-defined]
            (half.key, half.key) for half in offered
        ]

    @property
    def days(self) -> list[Day]:
        """The boxes, day by day, ticked as kept or as just sent."""
        ticked = set(self["half_days"].value() or ())
        rows: dict[str, list[Box]] = {}
        for number, half in enumerate(self.offered):
            # The id the error summary leads to.
            box = Box(f"id_half_days_{number}", half.key, half.part_in_words, half.key in ticked)
            rows.setdefault(half.day, []).append(box)
        return [Day(name, tuple(boxes)) for name, boxes in rows.items()]
