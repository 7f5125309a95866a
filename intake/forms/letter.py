"""The referral letter as the chiropractor edits it, and what happened to it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.models import Receiver, ReferralLetter

LOOK_AGAIN = _("Look at the newest version of the letter first.")
# A letter, and not a record: what does not fit on a few pages is not read.
MOST_LETTERS = 6000


def _text(label: Any, *, rows: int, required: str = "", help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=bool(required),
        max_length=MOST_LETTERS,
        widget=forms.Textarea({"rows": rows, "class": "form-control"}),
        error_messages={"required": required},
    )


def _line(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, widget=forms.TextInput({"class": "form-control"}), **options
    )


class LetterForm(forms.Form):
    receiver = forms.ModelChoiceField(
        label=_("To whom"),
        queryset=Receiver.objects.none(),
        required=False,
        help_text=_("Somebody from the address book takes the place of the two lines below."),
        widget=forms.Select({"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose somebody who is in the address book.")},
    )
    to_name = _line(_("Name"), max_length=200, required=False)
    to_address = _line(_("Address"), max_length=200, required=False)
    see_by = forms.DateField(
        label=_("To be seen by"),
        help_text=_("A week after this day without a word, the case comes back to the review."),
        widget=forms.DateInput({"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Give the day by which the patient should be seen."),
            "invalid": _("Give the day as on a calendar, such as 2026-11-24."),
        },
    )
    question = _text(_("What we ask"), rows=4, required="Write what you ask the doctor.")
    findings = _text(
        _("Answers that led to this letter"),
        rows=5,
        help_text=_("One to a line. What stands after “ – ” is printed bold."),
    )
    history = _text(_("History"), rows=10, help_text=_("Each line is a paragraph."))
    signed_by = _line(
        _("Signed"), max_length=160, error_messages={"required": _("Say who signs the letter.")}
    )
    seen_version = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={"required": LOOK_AGAIN, "invalid": LOOK_AGAIN},
    )

    def __init__(self, *args: Any, newest: ReferralLetter, own_doctor: str, **kwargs: Any) -> None:
        """`own_doctor` as the patient wrote it: offered first."""
        self.newest, self.own_doctor = newest, own_doctor
        fields = [name for name in self.base_fields if name != "seen_version"]
        initial = {name: getattr(newest, name) for name in fields}
        kwargs["initial"] = {
            **initial,
            "receiver": newest.receiver_id,
            "seen_version": newest.version,
        }
        super().__init__(*args, **kwargs)
        receiver: Any = self.fields["receiver"]
        # Who was chosen before stays a choice, offered to others or not.
        receiver.queryset = Receiver.objects.filter(
            Q(is_offered=True) | Q(referralletter=newest)
        ).distinct()
        receiver.empty_label = (
            _("The patient’s own doctor: %(name)s") % {"name": own_doctor}
            if own_doctor
            else _("As written below (the patient named no doctor)")
        )

    def clean(self) -> dict[str, Any]:
        """Another choice from the list fills in the two lines, over what stands there."""
        said = super().clean() or self.cleaned_data
        chosen, before = said.get("receiver"), self.newest.receiver
        if chosen and chosen != before:
            said["to_name"], said["to_address"] = chosen.name, chosen.address
        elif before and not chosen and said.get("to_name") == before.name:
            said["to_name"], said["to_address"] = self.own_doctor, ""
        return said


class NoteForm(forms.Form):
    """A step, and a word on it."""

    note = _line(
        _("How"),
        max_length=200,
        required=False,
        help_text=_("Such as: by hand, or faxed."),
    )


class SentForm(NoteForm):
    seen_version = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={"required": LOOK_AGAIN, "invalid": LOOK_AGAIN},
    )
