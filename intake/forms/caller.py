"""Who calls, and what is read out to a caller: the patient's own pages, as staff fill them in."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import EmailForm, plain_letters
from clinic.models import User
from clinic.phone_field import PhoneField
from intake import wordings
from intake.forms.about import AboutForm
from intake.forms.contact import PHONE_HELP
from intake.services import Caller
from intake.wordings import Wording

# On the phone nobody is shown a page: they are told where to read it.
PRIVACY_TOLD = Wording(
    "privacy",
    f"{wordings.PRIVACY_NOTICE_VERSION}-told",
    _(
        "I have been told about the privacy notice. I can read it on the clinic’s website, and I"
        " get it on paper at my visit."
    ),
)
SPOKEN = {
    "agree_care": wordings.CARE,
    "agree_messages": wordings.MESSAGES,
    "agree_privacy": PRIVACY_TOLD,
    "agree_guardian": wordings.GUARDIAN,
}
_NEEDED = {
    "given_name": _("Ask for the first name, and type it."),
    "family_name": _("Ask for the last name, and type it."),
    "town": _("Ask for the town, or pick “Somewhere else”."),
    "payment": _("Ask how they will pay, or pick “I am not sure yet”."),
    "guardian_name": _("Ask for the full name of the parent or guardian."),
    "guardian_relationship": _("Ask what they are to the patient."),
    "agree_care": _("Read it out, and tick it when they say yes. Without it no visit is booked."),
    "agree_privacy": _("Read it out, and tick it when they say yes."),
    "agree_guardian": _("The parent or guardian must say yes themselves. Ask for them."),
}


class CallerForm(AboutForm):
    """As the patient's own, in spoken words. Somebody without email is called instead."""

    email = forms.EmailField(
        label=_("Email"),
        help_text=_("Leave it empty if they have none: then we call them instead."),
        required=False,
        max_length=254,
        validators=[plain_letters],
        error_messages={
            "invalid": _("Ask for the email once more. It looks like name@example.com.")
        },
    )

    def __init__(self, data: Any = None, *, gave_email: bool = False, **options: Any) -> None:
        """`gave_email`: on a page before this one."""
        super().__init__(data, **options)
        self.gave_email = gave_email
        for name, sentence in _NEEDED.items():
            if name in self.fields:
                self.fields[name].error_messages["required"] = sentence
        for name, wording in SPOKEN.items():
            if name in self.fields:
                self.fields[name].label = wording.text
        for name in ("agree_messages", "emergency_phone"):
            if name in self.fields:
                self.fields[name].required = False
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        gave_email = self.gave_email or bool(said.get("email"))
        if gave_email and "agree_messages" in self.fields and not said["agree_messages"]:
            self.add_error(
                "agree_messages",
                _("They gave an email. Ask whether we may use it, or go back and take it out."),
            )

    def heard(self, *, by: User, now: datetime) -> dict[str, object]:
        """What is sent of a valid form: each consent as it was spoken, and who heard it."""
        heard = {"spoken": "yes", "heard_by": str(by.pk), "heard_by_name": str(by)}
        consents = [{**SPOKEN[name].agreed(now), **heard} for name in self._agreed()]
        return {**self.about(now=now), "consents": consents}

    def _agreed(self) -> list[str]:
        return [name for name in SPOKEN if self.cleaned_data.get(name)]


class NewCallerForm(forms.Form):
    """Asked with the date of birth, before the first question: the line may drop."""

    given_name = forms.CharField(
        label=_("First name"), max_length=80, error_messages={"required": _NEEDED["given_name"]}
    )
    family_name = forms.CharField(
        label=_("Last name"), max_length=80, error_messages={"required": _NEEDED["family_name"]}
    )
    phone = PhoneField(
        label=_("Phone number to call back"),
        error_messages={"required": PHONE_HELP, "invalid": PHONE_HELP},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.update(autocomplete="off", **{"class": "form-control"})
        self.fields["phone"].widget.attrs["inputmode"] = "tel"

    def caller(self, *, born: date) -> Caller:
        return Caller(born=born, **self.cleaned_data)


class VerifiedForm(forms.Form):
    """Staff say that the caller told what stands on the record."""

    verified = forms.BooleanField(
        label=_("They told me their name, date of birth and phone, and all three are right."),
        error_messages={
            "required": _("Ask for all three, and tick it when they are right. Otherwise go back."),
        },
    )


class HandOverForm(EmailForm):
    """Where the link goes by which a caller goes on by themselves."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        email = self.fields["email"]
        email.label = _("Email")
        email.error_messages["required"] = _("Ask for the email, and type it.")
        email.widget.attrs.update(autocomplete="off", **{"class": "form-control"})
