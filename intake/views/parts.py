"""Answers laid out to be read again before they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from intake.triage import Question


@dataclass(frozen=True)
class Row:
    """A question, what was said, and where it can be changed: an address, or a screen's name."""

    question: str
    answer: str
    change: str


@dataclass(frozen=True)
class Part:
    title: str
    rows: list[Row]


def answer_in_words(question: Question, answers: Mapping[str, object]) -> str:
    """One line for each option that was picked; nothing when it was left blank."""
    given = question.read(answers.get(question.id))
    return "\n".join(_(label) for label in question.labels_of(given))
