"""A telephone number on a form: what was typed comes back as it was typed, right or wrong."""

from typing import Any

from django import forms
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber


class PhoneInput(forms.TextInput):
    """The package's own rewrites what it can half read: a short number lost its brackets."""

    input_type = "tel"

    def __init__(self, attrs: dict[str, Any] | None = None, *, region: str | None = None) -> None:
        super().__init__(attrs)

    def format_value(self, value: Any) -> str | None:
        """A number on record, as people here write it; any text, as it is."""
        if isinstance(value, PhoneNumber) and value.country_code == 1:
            return str(value.as_national)
        text: str | None = super().format_value(value)
        return text


class PhoneField(PhoneNumberField):  # type: ignore[misc]  # the package has no types
    widget = PhoneInput

    def __init__(self, **options: Any) -> None:
        super().__init__(region="US", **options)
