"""What the chiropractor decides about a case."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from intake import case_file
from intake.models import Case, Disposition, Intake, ReviewDecision

Kind = ReviewDecision.Kind

SAYS = {
    Kind.CLEAR: _("Clear to book"),
    Kind.SUPPORTIVE: _("Supportive role: clear alongside a doctor"),
    Kind.REFER: _("Refer to a doctor"),
    Kind.EMERGENCY_RESOLVED: _("The emergency is resolved"),
}
WHAT_FOLLOWS = {
    Kind.CLEAR: _("The patient gets an email with one link to choose a time."),
    Kind.SUPPORTIVE: _("The patient gets the same email; they see a doctor too."),
    Kind.REFER: _("The patient is told to see a doctor first. They cannot book."),
    Kind.EMERGENCY_RESOLVED: _(
        "Other answers in the case stay held until they are decided; without any, it is"
        " closed. The patient is asked to answer again, unless they have done so since."
    ),
}

CHOOSE = _("Choose what you decide.")
CHOOSE_ANSWERS = _("Choose which answers are another person's.")
LOOK_AGAIN = _("Look at the case again, then decide.")


class DecisionForm(forms.Form):
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
    elif case_file.why_not_clear(case, intakes):
        kinds = [Kind.REFER]
    else:
        kinds = [Kind.CLEAR, Kind.SUPPORTIVE, Kind.REFER]
    chosen = form["kind"].value()
    return [
        Choice(kind.value, str(SAYS[kind]), str(WHAT_FOLLOWS[kind]), checked=kind.value == chosen)
        for kind in kinds
    ]


def strangers(case: Case, intakes: Sequence[Intake], form: SetAsideForm) -> list[Choice]:
    """Answers in a known patient's case that nobody has proved to be theirs, newest first."""
    if case.patient_id is None:
        return []
    own = [intake for intake in intakes if intake.patient_id == case.patient_id]
    others = [intake for intake in intakes if intake.patient_id != case.patient_id]
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
