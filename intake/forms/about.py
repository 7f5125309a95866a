"""Who they are, what happened in their own words, and what they agree to."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.forms import plain_letters
from clinic.models import ServiceTown
from clinic.phone_field import PhoneField
from intake import wordings
from intake.forms.contact import PHONE_HELP
from intake.forms.typed import LONG_TEXT, TypedForm
from intake.services.drafts import ELSEWHERE

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DETAILS = (
    "medicines",
    "allergies",
    "doctor",
    "emergency_name",
    "emergency_phone",
    "payment",
    "insurer",
)
# What each consent is ticked on the form as.
CONSENTS = {
    "agree_care": wordings.CARE,
    "agree_messages": wordings.MESSAGES,
    "agree_privacy": wordings.PRIVACY,
}


def _line(
    label: "_StrPromise", needed: "_StrPromise | None" = None, **options: Any
) -> forms.CharField:
    """One line of text; with `needed` it must be filled in, and that is said when it is not."""
    return forms.CharField(
        label=label,
        required=needed is not None,
        error_messages={"required": needed} if needed else {},
        **{"max_length": 80, **options},
    )


def _lines(label: "_StrPromise", help_text: "_StrPromise | str" = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 3}),
    )


def _tick(wording: wordings.Wording, needed: "_StrPromise") -> forms.BooleanField:
    return forms.BooleanField(label=wording.text, error_messages={"required": needed})


class AboutForm(TypedForm):
    given_name = _line(_("First name"), _("Type your first name."))
    family_name = _line(_("Last name"), _("Type your last name."))
    phone = PhoneField(
        label=_("Mobile phone"),
        help_text=_("We call this number only about your care."),
        error_messages={"required": PHONE_HELP, "invalid": PHONE_HELP},
    )
    email = forms.EmailField(
        label=_("Email"),
        help_text=_("We send a 6-digit code here. You need no password."),
        max_length=254,
        validators=[plain_letters],
        error_messages={
            "required": _("Type your email address."),
            "invalid": _("Type an email address such as name@example.com."),
        },
    )
    town = forms.ChoiceField(
        label=_("Town"),
        error_messages={
            "required": _("Pick your town, or “Somewhere else”."),
            "invalid_choice": _("Pick your town, or “Somewhere else”."),
        },
    )
    elsewhere = _line(_("If somewhere else: which town?"))

    guardian_name = _line(
        _("Full name of the parent or guardian"),
        _("Type the full name of the parent or guardian."),
        max_length=160,
    )
    guardian_relationship = _line(
        _("What are you to the patient?"),
        _("Say what you are to the patient, such as their mother or father."),
        help_text=_("Such as mother, father, or legal guardian."),
    )
    agree_guardian = _tick(
        wordings.GUARDIAN, _("A parent or legal guardian must agree before we can help.")
    )

    own_words = _lines(_("What happened, in your own words"))
    medicines = _lines(_("Medicines you take"), _("The names are enough."))
    allergies = _lines(_("Allergies"))
    doctor = _line(_("Your family doctor"), max_length=160)
    emergency_name = _line(_("Who should we call if you need help?"), max_length=160)
    emergency_phone = PhoneField(
        label=_("Their phone number"),
        required=False,
        error_messages={"invalid": PHONE_HELP},
    )
    payment = forms.ChoiceField(
        label=_("How will you pay?"),
        help_text=_("You pay nothing here. This helps the front desk get ready."),
        choices=[
            ("insurance", _("With insurance")),
            ("self", _("Myself")),
            ("not_sure", _("I am not sure yet")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Pick how you will pay, or “I am not sure yet”."),
            "invalid_choice": _("Pick how you will pay, or “I am not sure yet”."),
        },
    )
    insurer = _line(_("Name of the insurance, if you have one"), max_length=160)

    agree_care = _tick(wordings.CARE, _("Tick that you agree to care, or call us to talk first."))
    agree_messages = _tick(
        wordings.MESSAGES, _("Tick that we may email you, or call us: the desk can help by phone.")
    )
    agree_privacy = _tick(
        wordings.PRIVACY, _("Read the privacy notice, then tick that you have been shown it.")
    )

    AUTOCOMPLETE = {
        "given_name": "given-name",
        "family_name": "family-name",
        "phone": "tel",
        "email": "email",
        "elsewhere": "address-level2",
    }
    OPTIONAL = (
        "own_words",
        "medicines",
        "allergies",
        "doctor",
        "emergency_name",
        "emergency_phone",
    )
    GUARDIANS = ("guardian_name", "guardian_relationship", "agree_guardian")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        minor: bool,
        only: Collection[str] | None = None,
        **options: Any,
    ) -> None:
        """`only`: the fields of one page. Without, everything that is sent."""
        super().__init__(data, **options)
        self.minor = minor
        towns = ServiceTown.objects.filter(is_active=True).values_list("pk", "name")
        self.towns = {str(pk): name for pk, name in towns}
        self.fields["town"].choices = [  # type: ignore[attr-defined]
            ("", _("Pick one")),
            *self.towns.items(),
            (ELSEWHERE, _("Somewhere else")),
        ]
        for name, purpose in self.AUTOCOMPLETE.items():
            self.fields[name].widget.attrs["autocomplete"] = purpose
        for name in ("phone", "emergency_phone"):
            self.fields[name].widget.attrs["inputmode"] = "tel"
        for name in self.OPTIONAL:
            field = self.fields[name]
            field.label = format_lazy("{} ({})", field.label, _("if you like"))
        for name in [*self.fields]:
            left_out = only is not None and name not in only
            if left_out or (name in self.GUARDIANS and not minor):
                del self.fields[name]
        self.helper = _helper(self.fields)

    @classmethod
    def of(
        cls, typed: Mapping[str, Any], *, minor: bool, only: Collection[str] | None = None
    ) -> "AboutForm":
        return cls(initial=dict(typed), minor=minor, only=only)

    def clean(self) -> None:
        if self.cleaned_data.get("town") == ELSEWHERE and not self.cleaned_data.get("elsewhere"):
            self.add_error("elsewhere", _("Type the name of your town."))

    def about(self, *, now: datetime) -> dict[str, object]:
        """What a draft keeps of a valid form."""
        said = self.cleaned_data
        town = said["town"]
        return {
            **{name: said[name] for name in ("given_name", "family_name", "own_words")},
            "phone": said["phone"].as_e164,
            "email": said["email"].lower(),
            "town_id": None if town == ELSEWHERE else int(town),
            "elsewhere": said["elsewhere"] if town == ELSEWHERE else "",
            "guardian_name": said.get("guardian_name", ""),
            "guardian_relationship": said.get("guardian_relationship", ""),
            "details": {name: self._detail(name) for name in DETAILS},
            "consents": [wording.agreed(now) for wording in self._wordings()],
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """Each field's name, label and what was said, in words: for the check of all answers."""
        left_out = {*CONSENTS, "agree_guardian"}
        if self.cleaned_data["town"] != ELSEWHERE:
            left_out.add("elsewhere")
        if self.cleaned_data["payment"] != "insurance" and not self.cleaned_data["insurer"]:
            left_out.add("insurer")
        return [
            (name, str(self.base_fields[name].label), self.in_words(name, self.cleaned_data))
            for name in self.fields
            if name not in left_out
        ]

    def in_words(self, name: str, said: Mapping[str, Any]) -> str:
        """What was said of one field, as it was read or, when it is wrong, as it was typed."""
        field, value = self.fields[name], said.get(name)
        if isinstance(field, forms.BooleanField):
            return str(_("Agreed") if value else _("Not agreed"))
        choices = getattr(field, "choices", None)
        if choices:
            return str(dict(choices).get(value, ""))
        return str(getattr(value, "as_national", value) or "")

    def _detail(self, name: str) -> str:
        value = self.cleaned_data[name]
        return value.as_e164 if name == "emergency_phone" and value else str(value or "")

    def _wordings(self) -> list[wordings.Wording]:
        return [*CONSENTS.values(), *([wordings.GUARDIAN] if self.minor else [])]


def _helper(fields: Collection[str]) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.form_show_errors = True
    helper.layout = Layout(*fields)
    return helper
