"""Which exercises somebody is given, and how much of each."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from intake.exercises import LIBRARY, Dose, Exercise
from intake.figures import Drawing
from intake.models.exercises import MOST_A_DAY, MOST_REPEATS, MOST_SECONDS

LONGEST_NOTE = 300


def _number(label: Any, least: int, most: int) -> forms.IntegerField:
    problem = _("%(what)s: give a number from %(least)s to %(most)s.") % {
        "what": label,
        "least": least,
        "most": most,
    }
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), problem),
        widget=forms.NumberInput({"class": "form-control", "inputmode": "numeric"}),
    )


class DoseForm(forms.Form):
    """One exercise of the library: whether it is given, and how much. What is not is not read."""

    is_given = forms.BooleanField(
        required=False, widget=forms.CheckboxInput({"class": "form-check-input"})
    )
    times_a_day = _number(_("Times a day"), 1, MOST_A_DAY)
    repeats = _number(_("Times each"), 1, MOST_REPEATS)
    hold_seconds = _number(_("Seconds to hold"), 0, MOST_SECONDS)

    def __init__(
        self, exercise: Exercise, *, data: QueryDict | None = None, given: Dose | None = None
    ) -> None:
        dose = given or exercise.dose
        initial = {
            "is_given": given is not None,
            "times_a_day": dose.times_a_day,
            "repeats": dose.repeats,
            "hold_seconds": dose.hold_seconds,
        }
        super().__init__(data, initial=initial, prefix=exercise.id)
        self.exercise = exercise

    @property
    def was_chosen(self) -> bool:
        return bool(self["is_given"].value())

    @property
    def drawing(self) -> Drawing:
        """The last position tells one exercise from another."""
        return self.exercise.positions[-1].drawing

    @property
    def numbers(self) -> list[forms.BoundField]:
        return [self["times_a_day"], self["repeats"], self["hold_seconds"]]

    @property
    def dose(self) -> Dose:
        said = self.cleaned_data
        return Dose(said["times_a_day"], said["repeats"], said["hold_seconds"])


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("Note to the patient (if you like)"),
        help_text=_("Stands on the sheet."),
        required=False,
        max_length=LONGEST_NOTE,
        error_messages={"max_length": _("Make the note shorter: 300 letters at most.")},
        widget=forms.Textarea({"class": "form-control", "rows": 2, "maxlength": LONGEST_NOTE}),
    )
    latest_seen = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": _("Look at the exercises again, then choose.")},
    )


class ExercisesForm:
    """The whole library with the note, as one form on the page."""

    def __init__(
        self,
        *,
        data: QueryDict | None = None,
        given: Mapping[str, Dose] | None = None,
        note: str = "",
    ) -> None:
        self.note = NoteForm(data, initial={"note": note})
        self.doses = [
            DoseForm(exercise, data=data, given=(given or {}).get(exercise.id))
            for exercise in LIBRARY
        ]

    def is_valid(self) -> bool:
        return not self.errors

    @property
    def chosen(self) -> dict[str, Dose]:
        return {form.exercise.id: form.dose for form in self._chosen}

    @property
    def errors(self) -> list[dict[str, str]]:
        """For the summary on top: where each is, and what to do."""
        return [
            {
                "target": form[name].id_for_label,
                "sentence": f"{form.exercise.name}: {sentence}"
                if isinstance(form, DoseForm)
                else str(sentence),
            }
            for form in (self.note, *self._chosen)
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]

    @property
    def _chosen(self) -> list[DoseForm]:
        return [form for form in self.doses if form.was_chosen]
