"""What people type and tap, read into answers: bad input becomes a sentence, never an error."""

from intake.forms.about import AboutForm
from intake.forms.asked import OwnAnswerForm
from intake.forms.asking import Asking, Trouble
from intake.forms.birth import BirthForm
from intake.forms.changes import ChangesForm
from intake.forms.contact import ContactForm
from intake.forms.report import ReportForm
from intake.forms.wishes import WishForm

__all__ = [
    "AboutForm",
    "Asking",
    "BirthForm",
    "ChangesForm",
    "ContactForm",
    "OwnAnswerForm",
    "ReportForm",
    "Trouble",
    "WishForm",
]
