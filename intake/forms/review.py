"""What the chiropractor decides about a case."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake import case_file, services, visit_types
from intake.exceptions import AnswersOfAnotherPatient
from intake.models import Case, Disposition, Intake, ReviewDecision

Kind = ReviewDecision.Kind

SAYS = {
    Kind.CLEAR: _("Clear to book"),
    Kind.SUPPORTIVE: _("Supportive role: clear alongside a doctor"),
    Kind.REFER: _("Refer to a doctor"),
    Kind.ASK: _("Ask the patient"),
    Kind.CLOSE: _("Close the case"),
    Kind.EMERGENCY_RESOLVED: _("The emergency is resolved"),
}
WHAT_FOLLOWS = {
    Kind.CLEAR: _("The patient gets an email with one link to choose a time."),
    Kind.SUPPORTIVE: _("The patient gets the same email; they see a doctor too."),
    Kind.REFER: _("The patient is told to see a doctor first. They cannot book."),
    Kind.ASK: _(
        "The patient gets an email, and answers on their own page. The rules run again. They cannot"
        " book meanwhile."
    ),
    Kind.CLOSE: _(
        "Nothing more is done about these answers. The patient is told; to book, they answer again."
    ),
    Kind.EMERGENCY_RESOLVED: _(
        "Other answers in the case stay held until they are decided; without any, it is"
        " closed. The patient is asked to answer again, unless they have done so since."
    ),
}

CHOOSE = _("Choose what you decide.")
CHOOSE_ANSWERS = _("Choose which answers are another person's.")
CHOOSE_AGAIN = _("Choose again from the list.")
LOOK_AGAIN = _("Look at the case again, then decide.")


class DecisionForm(forms.Form):
    """`newest`: the answers decided on, of which questions can be asked again."""

    kind = forms.ChoiceField(
        choices=list(SAYS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    xray_allowed = forms.BooleanField(
        label=_("An X-ray is allowed"),
        help_text=_("Counts only when you clear."),
        required=False,
    )
    visit_types = forms.MultipleChoiceField(
        label=_("For these visits"),
        help_text=_("None marked: any visit, one with an X-ray only if you allow it below."),
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
        error_messages={"invalid_choice": CHOOSE_AGAIN},
    )
    until = forms.DateField(
        label=_("Last day of a visit"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
        error_messages={"invalid": _("Give the last day as a date, such as 2026-11-30.")},
    )
    refer_to = forms.CharField(
        label=_("To whom"),
        help_text=_("A name or a kind of doctor. The patient reads it."),
        required=False,
        max_length=200,
    )
    refer_urgency = forms.ChoiceField(
        label=_("How soon"),
        help_text=_("The patient reads it."),
        required=False,
        error_messages={"invalid_choice": CHOOSE_AGAIN},
    )
    questions = forms.MultipleChoiceField(
        label=_("Questions of the form"),
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
        error_messages={"invalid_choice": CHOOSE_AGAIN},
    )
    own_question = forms.CharField(
        label=_("A question of your own"),
        help_text=_("The patient reads it, and answers in their own words."),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
    )
    # A blank one is refused by the domain, whose words are the same everywhere.
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("Stays with the decision. The patient does not see it."),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
    )
    latest_seen = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"required": LOOK_AGAIN, "invalid": LOOK_AGAIN},
    )
    decided_seen = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000,
        widget=forms.HiddenInput,
        error_messages={"invalid": LOOK_AGAIN},
    )
    # The decision on a case already decided whose place this one takes.
    supersedes = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": LOOK_AGAIN},
    )

    def __init__(self, data: Any = None, *, newest: Intake | None) -> None:
        super().__init__(data)
        asked = services.askable(newest) if newest else []
        self._choose("questions", ((q.id, gettext(q.text)) for q in asked))
        self._choose("visit_types", ((k.code, k.name) for k in visit_types.offered()))
        urgencies = ((u.value, capfirst(gettext(u.value))) for u in ReviewDecision.URGENCIES)
        self._choose("refer_urgency", [("", gettext("As their answers say")), *urgencies])

    def clean_until(self) -> datetime | None:
        """The end of that day at the clinic."""
        day = self.cleaned_data["until"]
        if day is None or day.year > 9000:
            return None if day is None else timezone.now() + timedelta(days=9000)
        midnight = datetime.combine(day + timedelta(days=1), time())
        return timezone.make_aware(midnight)

    def _choose(self, field: str, choices: Iterable[tuple[str, str]]) -> None:
        asked = self.fields[field]
        assert isinstance(asked, forms.ChoiceField)
        asked.choices = list(choices)


class SetAsideForm(forms.Form):
    """Beside the decision on one page: every field has its own name there."""

    prefix = "aside"

    intake = forms.UUIDField(
        error_messages={"required": CHOOSE_ANSWERS, "invalid": CHOOSE_ANSWERS},
    )
    reason = forms.CharField(
        label=_("How you know"),
        help_text=_("Stays with the decision. Nobody is told."),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
    )
    latest_seen = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"required": LOOK_AGAIN, "invalid": LOOK_AGAIN},
    )


@dataclass(frozen=True)
class Choice:
    """One thing that can be chosen about the case as it stands."""

    value: str
    label: str
    hint: str
    checked: bool


def choices(case: Case, intakes: Sequence[Intake], form: DecisionForm) -> list[Choice]:
    """An emergency is never cleared, and nobody is before it is known whose answers these are."""
    if case.disposition == Disposition.EMERGENCY:
        kinds = [Kind.EMERGENCY_RESOLVED, Kind.REFER]
    elif why_not := case_file.why_not_clear(case, intakes):
        of_another_patient = why_not == str(AnswersOfAnotherPatient.message)
        kinds = [Kind.REFER, *([] if of_another_patient else [Kind.CLOSE])]
    else:
        kinds = [Kind.CLEAR, Kind.SUPPORTIVE, Kind.REFER, Kind.ASK, Kind.CLOSE]
    chosen = form["kind"].value()
    return [
        Choice(kind.value, str(SAYS[kind]), str(WHAT_FOLLOWS[kind]), checked=kind.value == chosen)
        for kind in kinds
    ]


def strangers(case: Case, intakes: Sequence[Intake], form: SetAsideForm) -> list[Choice]:
    """Answers in a known patient's case that nobody has proved to be theirs, newest first."""
    if case.patient_id is None:
        return []
    own = [intake for intake in intakes if case_file.is_own(case, intake)]
    others = [intake for intake in intakes if intake not in own]
    chosen = str(form["intake"].value() or "")
    return [
        Choice(
            str(intake.pk),
            case_file.title_of(case, intake),
            case_file.how_tied(case, intake, own),
            checked=str(intake.pk) == chosen,
        )
        for intake in (others if own else [])
    ]
