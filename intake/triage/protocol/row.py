"""The rows of the protocol, rules and flags, and the table that holds them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeVar

from intake.triage.conditions import Condition
from intake.triage.questions import Question
from intake.triage.words import Disposition, Urgency


@dataclass(frozen=True)
class RulesFired:
    """Fires when several of the rules listed have fired: warning signs in combination."""

    at_least: int
    of: tuple[str, ...]

    def explain(self) -> str:
        return f"at least {self.at_least} of the rules {', '.join(self.of)} fire"


@dataclass(frozen=True)
class Blank:
    """Fires when a safety question that was shown has no usable answer."""

    def explain(self) -> str:
        return (
            "a safety question that was shown has no answer we can use, and no emergency rule fires"
        )


@dataclass(frozen=True)
class Unsure:
    """Fires on "not sure" or "rather not say" where the question says to treat it so."""

    treated_as: Disposition

    def explain(self) -> str:
        return (
            "the patient is not sure, or would rather not say, on a question where that means "
            f"{self.treated_as}, and no emergency rule fires"
        )


@dataclass(frozen=True)
class NothingFired:
    """Fires when no rule at all has fired, BOOK rules included."""

    def explain(self) -> str:
        return "no other rule fires"


When: TypeAlias = Condition | RulesFired | Blank | Unsure | NothingFired
W = TypeVar("W", bound=When)


@dataclass(frozen=True)
class Rule:
    """One row: when it fires, what it leads to, and the reason in the patient's words."""

    id: str
    disposition: Disposition
    when: When
    because: str
    urgency: Urgency
    source: str
    article_rows: tuple[int, ...] = ()
    beyond_article: bool = False


@dataclass(frozen=True)
class Flag:
    """Something for the clinic to mind; it does not change the outcome."""

    id: str
    name: str
    when: Condition
    note: str


@dataclass(frozen=True)
class OpenQuestion:
    """Something only the doctor can settle, and the rules that hang on it."""

    text: str
    rules: tuple[str, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Protocol:
    """One version of the questions and rules. Refuses to exist when a row cannot work."""

    version: str
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]
    flags: tuple[Flag, ...]
    open_questions: tuple[OpenQuestion, ...] = ()

    def __post_init__(self) -> None:
        for table in (self.questions, self.rules, self.flags):
            _refuse_twins(table)
        self._refuse_late_show_when()
        rows: tuple[Rule | Flag, ...] = (*self.rules, *self.flags)
        for row in rows:
            if isinstance(row.when, Condition):
                self._refuse_strangers(row.id, row.when, self.questions)

    def question(self, id: str) -> Question:  # noqa: A002  # the row's own name for it
        return self._questions[id]

    def rule(self, id: str) -> Rule:  # noqa: A002
        return self._rules[id]

    # The rules by what they look at, worked out once: every decision walks these.

    @cached_property
    def answer_rules(self) -> tuple[tuple[Rule, Condition], ...]:
        return tuple(self._rules_by(Condition))  # type: ignore[type-abstract]

    @cached_property
    def combination_rules(self) -> tuple[tuple[Rule, RulesFired], ...]:
        return tuple(self._rules_by(RulesFired))

    @cached_property
    def blank_rules(self) -> tuple[tuple[Rule, Blank], ...]:
        return tuple(self._rules_by(Blank))

    @cached_property
    def unsure_rules(self) -> tuple[tuple[Rule, Unsure], ...]:
        return tuple(self._rules_by(Unsure))

    @cached_property
    def default_rules(self) -> tuple[tuple[Rule, NothingFired], ...]:
        return tuple(self._rules_by(NothingFired))

    def _rules_by(self, kind: type[W]) -> Iterator[tuple[Rule, W]]:
        for rule in self.rules:
            if isinstance(rule.when, kind):
                yield rule, rule.when

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each question stands on the form."""
        return {question.id: place for place, question in enumerate(self.questions)}

    @cached_property
    def _questions(self) -> dict[str, Question]:
        return {question.id: question for question in self.questions}

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    def _refuse_late_show_when(self) -> None:
        """A question hangs on earlier ones: one pass down the form settles what is shown."""
        for place, question in enumerate(self.questions):
            if question.show_when is not None:
                self._refuse_strangers(question.id, question.show_when, self.questions[:place])

    def _refuse_strangers(self, row: str, when: Condition, asked: Sequence[Question]) -> None:
        if strangers := [each.id for each in when.subjects() if each not in asked]:
            raise ValueError(f"{row} reads {', '.join(strangers)}, which is not asked before it")


def _refuse_twins(rows: Sequence[Question | Rule | Flag]) -> None:
    ids = [row.id for row in rows]
    if twins := {each for each in ids if ids.count(each) > 1}:
        raise ValueError(f"more than one row is called {', '.join(sorted(twins))}")
