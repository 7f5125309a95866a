"""Section D: context for the reviewer."""

from intake.triage.questions.question import Kind, Question, Section
from intake.triage.questions.safety import age
from intake.triage.questions.shared import NO, YES
from intake.triage.words import _

seen_doctor = Question(
    "seen_doctor",
    Section.CONTEXT,
    Kind.CHOICE,
    _("Has a doctor checked this problem?"),
    help=_("If yes, please bring the report."),
    options=(YES, NO),
    safe=("yes", "no"),
    safety=False,
    source="reviewer context only: never clears a hold by itself",
)

guardian = Question(
    "guardian",
    Section.CONTEXT,
    Kind.CHOICE,
    _("Is a parent or legal guardian filling this in with you?"),
    options=(YES, NO),
    safe=("yes",),
    safety=False,
    show_when=age.under(18),
    source="consent gate for minors (clinic/legal to confirm)",
)

QUESTIONS = (
    seen_doctor,
    guardian,
)
