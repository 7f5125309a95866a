"""The questions of one screen, put to a person, and what they tapped read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from intake.triage import UNANSWERED, Answer, Kind, Question

NO = "no"


@dataclass(frozen=True)
class Trouble:
    """Something to put right: what to say, and the id of what to go to."""

    target: str
    sentence: str


@dataclass(frozen=True)
class Choice:
    id: str
    value: str
    label: str
    checked: bool


@dataclass(frozen=True)
class Field:
    """One question as `_components/choices.html` shows it."""

    id: str
    name: str
    legend: str
    hint: str
    type: str
    choices: tuple[Choice, ...]
    error: str
    is_title: bool
    is_scale: bool
    low: str
    high: str


class Asking:
    """One screen's questions with the answers kept so far, or with what was just posted."""

    def __init__(
        self,
        questions: Sequence[Question],
        *,
        kept: Mapping[str, object],
        posted: QueryDict | None = None,
        no_to_blank: bool = False,
        complain: bool = False,
    ) -> None:
        self.questions = questions
        self.kept = kept
        self.posted = posted
        self.no_to_blank = no_to_blank
        self.complain = complain

    @cached_property
    def answers(self) -> dict[str, object]:
        """What can be read of the post, question by question. Lists, as a draft keeps them."""
        if self.posted is None:
            return {}
        read = {q.id: q.read(_raw(q, self.posted)) for q in self.questions}
        return {
            id_: list(value) if isinstance(value, tuple) else value
            for id_, value in read.items()
            if value is not UNANSWERED
        }

    @property
    def missing(self) -> list[Question]:
        return [question for question in self.questions if question.id not in self.answers]

    @property
    def errors(self) -> list[Trouble]:
        if not self.complain:
            return []
        return [Trouble(_first_choice(q), self._sentence(q)) for q in self.missing]

    @property
    def fields(self) -> list[Field]:
        """Worded in the language that is active now."""
        return [self._field(question) for question in self.questions]

    def _field(self, question: Question) -> Field:
        given = self._given(question)
        marks: tuple[object, ...] = given if isinstance(given, tuple) else (given,)
        missing = self.complain and question.id not in self.answers
        return Field(
            id=question.id,
            name=question.id,
            legend=_(question.text),
            hint=_(question.help) if question.help else "",
            type="checkbox" if question.kind is Kind.MULTI else "radio",
            choices=tuple(
                Choice(f"{question.id}-{value}", str(value), _(label), value in marks)
                for value, label in _options(question)
            ),
            error=_how_to_answer(question) if missing else "",
            is_title=len(self.questions) == 1,
            is_scale=question.kind is Kind.SCALE,
            low=_("0: no pain"),
            high=_("10: worst pain"),
        )

    def _given(self, question: Question) -> Answer | object:
        if self.posted is None:
            return question.read(self.kept.get(question.id))
        answer = question.read(self.answers.get(question.id))
        if answer is UNANSWERED and self.no_to_blank and offers_no(question):
            return NO
        return answer

    def _sentence(self, question: Question) -> str:
        """For the summary, which may list several: so it names the question."""
        return f"{_(question.text)} {_how_to_answer(question)}"


def offers_no(question: Question) -> bool:
    return any(option.value == NO for option in question.options)


def _raw(question: Question, posted: QueryDict) -> object:
    if question.kind is Kind.MULTI:
        return posted.getlist(question.id)
    value = posted.get(question.id)
    if question.kind is Kind.SCALE:
        # Only as the buttons send it: " 7" and "7.0" were typed by nobody.
        return int(value) if value in {label for _value, label in _options(question)} else None
    return value


def _options(question: Question) -> list[tuple[str | int, str]]:
    if question.kind is Kind.SCALE:
        return [(number, str(number)) for number in range(11)]
    return [(option.value, option.label) for option in question.options]


def _first_choice(question: Question) -> str:
    return f"{question.id}-{_options(question)[0][0]}"


def _how_to_answer(question: Question) -> str:
    if question.kind is Kind.SCALE:
        return _("Pick a number from 0 to 10.")
    if any(option.value == "not_sure" for option in question.options):
        return _("Pick an answer, or “I am not sure”.")
    return _("Pick an answer.")
