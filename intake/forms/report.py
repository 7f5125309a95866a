"""A doctor's report, handed in as a file. What it is and how large is for the domain to judge."""

from django import forms
from django.utils.translation import gettext_lazy as _

from intake import reports

CHOOSE = _("Choose the file with the report first.")


class ReportForm(forms.Form):
    report = forms.FileField(
        label=_("The doctor’s report"),
        help_text=_("A PDF, or a photo (JPEG or PNG). Up to 10 MB."),
        # An empty one gets a sentence of its own.
        allow_empty_file=True,
        widget=forms.FileInput({"accept": reports.ACCEPT, "class": "form-control"}),
        error_messages={"required": CHOOSE, "invalid": CHOOSE, "missing": CHOOSE},
    )
