"""The desk's last question: is all that was not asked again as it was before?"""

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intake.forms.asking import Choice, Field
from intake.forms.typed import LONG_TEXT
from intake.services.desk import CHANGED, SAME

CHOICES = (
    (SAME, gettext_lazy("No, all of it is as before")),
    (CHANGED, gettext_lazy("Yes, or they are not sure: ask it all again")),
)
CHOOSE = gettext_lazy("Ask, and pick what they said.")


class RestForm(forms.Form):
    rest = forms.ChoiceField(
        choices=CHOICES, error_messages={"required": CHOOSE, "invalid_choice": CHOOSE}
    )
    words = forms.CharField(
        label=gettext_lazy("What else they said, in their words"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 2, "class": "form-control"}),
    )

    @cached_property
    def question(self) -> Field:
        """As `_components/choices.html` shows it. Nothing is chosen beforehand."""
        said = self.data.get("rest", "") if self.is_bound else ""
        return Field(
            id="rest",
            name="rest",
            legend=_("Has any of this changed since?"),
            hint="",
            type="radio",
            choices=tuple(
                Choice(f"rest-{value}", value, str(label), value == said)
                for value, label in CHOICES
            ),
            error=str(CHOOSE) if self.is_bound and "rest" in self.errors else "",
            is_title=False,
            is_scale=False,
            low="",
            high="",
        )
