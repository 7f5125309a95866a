"""Why an intake came out as it did, in the patient's words and in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from intake.models import Disposition, Finding, Intake


@dataclass(frozen=True)
class Said:
    """A question, and what the person answered."""

    question: str
    answer: str


@dataclass(frozen=True)
class Reason:
    """A sentence, and the answers it rests on. Never a rule's name."""

    sentence: str
    said: tuple[Said, ...]


def reasons(intake: Intake, *, only: Iterable[str] = ()) -> list[Reason]:
    """The findings that led to the outcome: those as severe as it, or those in `only`."""
    wanted = tuple(only) or (intake.disposition,)
    return [_reason(finding) for finding in intake.findings.filter(disposition__in=wanted)]


def what_held(intake: Intake) -> list[Reason]:
    """Everything that speaks against booking at once, the most severe first."""
    found = reasons(intake, only=[d for d in Disposition.values if d != Disposition.BOOK])
    return found or reasons(intake)


def _reason(finding: Finding) -> Reason:
    return Reason(
        gettext(finding.reason),
        tuple(
            Said(
                asked(quote["id"], quote["question"]),
                "; ".join(gettext(label) for label in quote["labels"]),
            )
            for quote in finding.quotes
        ),
    )


def asked(question_id: str, text: str) -> str:
    """A question above its answer: they typed a date of birth, what counted is the age then."""
    return gettext("Your age") if question_id == "age" else gettext(text)
