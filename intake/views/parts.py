"""Answers laid out to be read again before they are sent."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from intake import body
from intake.screens import Stop
from intake.triage import Kind, Question


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


def answers_in_parts(
    stops: Iterable[Stop],
    answers: Mapping[str, object],
    *,
    born: date | None,
    change: Callable[[str], str],
    also_hurts: Collection[str] | None = None,
) -> list[Part]:
    """Everything that was answered, under the form's headings. `change`: a screen's address.

    Without `also_hurts` nobody was shown the figure.
    """
    parts: dict[str, Part] = {}
    for stop in stops:
        address = change(stop.screen.slug)
        for question in stop.questions:
            part = parts.setdefault(question.section, Part(_(question.section.heading), []))
            words = answer_in_words(question, answers)
            if question.kind is Kind.AGE and born:
                words = date_format(born, "DATE_FORMAT")
            part.rows.append(Row(_(question.text), words, address))
        if stop.screen.body_picture and also_hurts is not None:
            marked = "\n".join(_(label) for label in body.labels(also_hurts))
            row = Row(_("Where else does it hurt?"), marked or _("Nowhere else"), address)
            part.rows.append(row)
    return list(parts.values())


def answer_in_words(question: Question, answers: Mapping[str, object]) -> str:
    """One line for each option that was picked; nothing when it was left blank."""
    given = question.read(answers.get(question.id))
    return "\n".join(_(label) for label in question.labels_of(given))
