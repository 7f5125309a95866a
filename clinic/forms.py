"""The forms of signing in."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# Such as "ü" in a domain: mail servers and our own comparison would each read it their own way.
plain_letters = RegexValidator(
    r"^[\x21-\x7e]*$", _("Type the email address with plain letters only."), code="letters"
)


def _email(label: Any, **attributes: str) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=254,
        validators=[plain_letters],
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false", **attributes}),
        error_messages={
            "required": _("Type your email address."),
            "invalid": _("Type an email address, such as name@example.com."),
        },
    )


def _code_input() -> forms.TextInput:
    return forms.TextInput(
        {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "class": "code-input",
            "autofocus": True,
        }
    )


class EmailForm(forms.Form):
    email = _email(_("Your email address"))

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class CodeForm(forms.Form):
    """Six digits, however they were typed: spaces and dashes come with copying."""

    code = forms.CharField(
        label=_("Your code"),
        max_length=20,
        widget=_code_input(),
        error_messages={"required": _("Type the 6 digits from the email.")},
    )


class StaffSignInForm(forms.Form):
    email = _email(_("Your email address at work"), autocomplete="username")
    password = forms.CharField(
        label=_("Your password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": _("Type your password.")},
    )


class SecondFactorForm(forms.Form):
    code = forms.CharField(
        label=_("The code your phone shows, or a recovery code"),
        max_length=20,
        widget=_code_input(),
        error_messages={"required": _("Type the code.")},
    )


class EnrolForm(SecondFactorForm):
    code = forms.CharField(
        label=_("The 6 digits your phone shows now"),
        max_length=20,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input"}
        ),
        error_messages={"required": _("Type the 6 digits.")},
    )
