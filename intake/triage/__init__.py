"""The decision core: the questions, the rules, and what a set of answers comes to.

Pure: no Django, no clock, no database. Everything it needs comes in as an argument.
"""

from intake.triage.conditions import UNANSWERED, Answer, Condition, Unanswered
from intake.triage.engine import (
    Decision,
    Finding,
    Quote,
    age_on,
    assess,
    assess_so_far,
    shown_questions,
)
from intake.triage.protocol import PROTOCOL, Flag, OpenQuestion, Protocol, Rule
from intake.triage.questions import Kind, Option, Question, Section
from intake.triage.words import Disposition, Urgency

__all__ = [
    "PROTOCOL",
    "UNANSWERED",
    "Answer",
    "Condition",
    "Decision",
    "Disposition",
    "Finding",
    "Flag",
    "Kind",
    "OpenQuestion",
    "Option",
    "Protocol",
    "Question",
    "Quote",
    "Rule",
    "Section",
    "Unanswered",
    "Urgency",
    "age_on",
    "assess",
    "assess_so_far",
    "shown_questions",
]
