"""A name and a phone number, left on the emergency page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.phone_field import PhoneField

PHONE_HELP = _("Type a phone number with its area code, such as (703) 555-0142.")


class ContactForm(forms.Form):
    name = forms.CharField(label=_("Your name (if you like)"), max_length=160, required=False)
    phone = PhoneField(
        label=_("Phone number"), required=False, error_messages={"invalid": PHONE_HELP}
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].widget.attrs.update(autocomplete="name", **{"class": "form-control"})
        self.fields["phone"].widget.attrs.update(
            autocomplete="tel", inputmode="tel", **{"class": "form-control"}
        )

    def clean(self) -> None:
        if not self.errors and not self.cleaned_data.get("phone"):
            self.add_error("phone", PHONE_HELP)
