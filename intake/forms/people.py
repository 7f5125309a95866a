"""Who a patient is and how they are reached, typed by the desk."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python

from clinic.forms import plain_letters
from clinic.models import ServiceTown
from clinic.phone_field import PhoneField
from intake import triage
from intake.forms.birth import OLDEST
from intake.forms.contact import PHONE_HELP
from intake.patient_search import read
from intake.services.drafts import ELSEWHERE
from intake.services.people import Contact

BIRTH_HELP = _("Type the date of birth, such as 3/14/1960.")


class PatientForm(forms.Form):
    """`contact` is what was typed, once the form is valid."""

    given_name = forms.CharField(
        label=_("First name"),
        max_length=80,
        error_messages={"required": _("Type the first name.")},
    )
    family_name = forms.CharField(
        label=_("Last name"),
        max_length=80,
        error_messages={"required": _("Type the last name.")},
    )
    born = forms.CharField(
        label=_("Date of birth"),
        max_length=40,
        help_text=_("Month, day and year, such as 3/14/1960."),
        error_messages={"required": BIRTH_HELP},
    )
    phone = PhoneField(
        label=_("Mobile phone"),
        required=False,
        error_messages={"invalid": PHONE_HELP},
    )
    email = forms.EmailField(
        label=_("Email (if they have one)"),
        max_length=254,
        required=False,
        validators=[plain_letters],
        error_messages={"invalid": _("Type an email address such as name@example.com.")},
    )
    town = forms.ChoiceField(
        label=_("Town"),
        required=False,
        error_messages={"invalid_choice": _("Pick a town, or “Somewhere else”.")},
    )
    elsewhere = forms.CharField(
        label=_("If somewhere else: which town?"), max_length=80, required=False
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, today: date, of: Contact | None = None
    ) -> None:
        super().__init__(data, initial=_typed(of) if of else None)
        self.today = today
        towns = ServiceTown.objects.filter(is_active=True)
        if of and of.town_id:
            towns |= ServiceTown.objects.filter(pk=of.town_id)
        self.fields["town"].choices = [  # type: ignore[attr-defined]
            ("", _("not known")),
            *((str(town.pk), town.name) for town in towns),
            (ELSEWHERE, _("Somewhere else")),
        ]
        for field in self.fields.values():
            is_list = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_list else "form-control"
            # The desk types what a caller says: nothing of the one before is to be offered.
            field.widget.attrs["autocomplete"] = "off"

    @property
    def contact(self) -> Contact:
        said = self.cleaned_data
        town = said["town"]
        return Contact(
            given_name=said["given_name"],
            family_name=said["family_name"],
            born=said["born"],
            phone=said["phone"].as_e164 if said["phone"] else "",
            email=said["email"].lower(),
            town_id=int(town) if town not in ("", ELSEWHERE) else None,
            elsewhere=said["elsewhere"] if town == ELSEWHERE else "",
        )

    def clean_born(self) -> date:
        typed = self.cleaned_data["born"]
        births = read(typed, today=self.today).births
        if len(births) != 1:
            raise forms.ValidationError(BIRTH_HELP)
        born = births[0]
        if born > self.today:
            raise forms.ValidationError(_("That day has not come yet. Check the year."))
        if triage.age_on(born, self.today) > OLDEST:
            raise forms.ValidationError(_("That is more than 119 years ago. Check the year."))
        return born

    def clean(self) -> None:
        if self.cleaned_data.get("town") == ELSEWHERE and not self.cleaned_data.get("elsewhere"):
            self.add_error("elsewhere", _("Type the name of the town."))


def _typed(contact: Contact) -> dict[str, str]:
    """As the form shows what is on record."""
    born = contact.born
    return {
        "given_name": contact.given_name,
        "family_name": contact.family_name,
        "born": f"{born.month}/{born.day}/{born.year}",
        "phone": to_python(contact.phone).as_national if contact.phone else "",
        "email": contact.email,
        "town": str(contact.town_id or (ELSEWHERE if contact.elsewhere else "")),
        "elsewhere": contact.elsewhere,
    }
