"""The short form: which earlier answers may be confirmed, and which questions are put again.

Pure: answers in, answers out. Within a year of a full intake a person is asked every safety
question and how it is today; of the rest they see what they said, and say whether it still holds.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from intake import triage
from intake.triage import PROTOCOL, UNANSWERED, Section

# The database counts twelve months (`clearance_rescreen_within_a_year`): never less than this.
A_YEAR = timedelta(days=365)

# Beside the safety questions: what another day, or another spasm, answers anew.
_OF_TODAY = {
    # Signs of an illness that is there now or is not: one screen, one press when there is none.
    "fever",
    "unwell",
    "weight",
    "infection",
    "urine",
    "pregnant",
    "pregnant_warning",
    "neck_signs",
    "duration",
    "worst",
    "pattern",
    "stiff",
    "morning",
    "night",
    "guardian",
}
ASKED_AGAIN = frozenset(
    {q.id for q in PROTOCOL.questions if q.section is Section.SAFETY} | _OF_TODAY
)
# At the desk these too: whether they are put, or what follows them, would tell earlier answers.
ASKED_AT_DESK = ASKED_AGAIN | {"area", "onset"}
# Known of a proved patient, and changed in nobody's short form.
KNOWN = frozenset({"age"})


def together(earlier: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    """The earlier answers that may still stand, beneath what is said now."""
    standing = {key: value for key, value in earlier.items() if key not in ASKED_AGAIN}
    return {**standing, **said}


def to_confirm(
    earlier: Mapping[str, object],
    said: Mapping[str, object],
    *,
    asked_again: Collection[str] = ASKED_AGAIN,
) -> dict[str, object]:
    """The earlier answers nobody has confirmed or changed yet, in the order of the form.

    Only of questions that apply now, and only answers these questions can still have.
    """
    both = together(earlier, said)
    return {
        question.id: both[question.id]
        for question in triage.shown_questions(both)
        if question.id not in said
        and question.id not in asked_again
        and question.read(both.get(question.id)) is not UNANSWERED
    }
