"""The clinic's protocol as a table: version, questions, rules, flags, and what is still open."""

from intake.triage.protocol import book, comanage, emergency, refer, unsure
from intake.triage.protocol.flags import FLAGS
from intake.triage.protocol.row import (
    Blank,
    Flag,
    NothingFired,
    OpenQuestion,
    Protocol,
    Rule,
    RulesFired,
    Unsure,
)
from intake.triage.protocol.unsettled import OPEN_QUESTIONS
from intake.triage.questions import QUESTIONS

PROTOCOL = Protocol(
    version="1.1",
    questions=QUESTIONS,
    rules=(*emergency.RULES, *refer.RULES, *comanage.RULES, *unsure.RULES, *book.RULES),
    flags=FLAGS,
    open_questions=OPEN_QUESTIONS,
)

__all__ = [
    "PROTOCOL",
    "Blank",
    "Flag",
    "NothingFired",
    "OpenQuestion",
    "Protocol",
    "Rule",
    "RulesFired",
    "Unsure",
]
