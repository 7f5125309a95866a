"""What was typed into a form, right or wrong, kept and shown again."""

from django import forms

LONG_TEXT = 2000


class TypedForm(forms.Form):
    def typed(self) -> dict[str, str]:
        """Each field that was sent, as the page shows it again."""
        # A database text takes no NUL.
        return {
            name: str(self.data[name])[:LONG_TEXT].replace("\0", "")
            for name in self.fields
            if name in self.data
        }
