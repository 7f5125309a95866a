"""Whether X-rays are on hold after some answers: unless pregnancy was asked about and ruled out.

The protocol's flag says who may be pregnant. A question left blank, or never reached because an
emergency came first, raises no flag; for an X-ray that gap is no less a hold.
"""

from collections.abc import Collection, Mapping

from intake import triage
from intake.triage import PROTOCOL, UNANSWERED

FLAG = "XRAY_HOLD"


def is_on_hold(answers: Mapping[str, object], flags: Collection[str]) -> bool:
    """`answers` with the age, and the `flags` the protocol raised on them."""
    return FLAG in flags or not _is_answered(answers)


def _is_answered(answers: Mapping[str, object]) -> bool:
    """Answered, or nothing to ask at this age."""
    question = PROTOCOL.question("pregnant")
    if question in triage.shown_questions(answers):
        return question.read(answers.get(question.id)) is not UNANSWERED
    age = PROTOCOL.question("age")
    return age.read(answers.get(age.id)) is not UNANSWERED
