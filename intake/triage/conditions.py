"""Conditions on the answers: small frozen values that evaluate, explain and compare themselves.

A condition is built by a question (`saddle.is_("yes")`) and joined with `&`, `|` and `~`. There is
no lambda among them: what cannot be printed cannot be signed by a doctor.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final, Protocol, TypeAlias


class Unanswered(Enum):
    """The one value that means: shown, and no usable answer."""

    UNANSWERED = "unanswered"


UNANSWERED: Final = Unanswered.UNANSWERED

Answer: TypeAlias = int | str | tuple[str, ...]
# What was read from a form: only questions that were shown and have a usable answer.
Answers: TypeAlias = Mapping[str, Answer]
# A question's id, and the answer, or the part of it, that made a condition hold.
Evidence: TypeAlias = tuple[str, Answer | Unanswered]


class Subject(Protocol):
    """What a condition needs to know of the question it reads."""

    @property
    def id(self) -> str: ...

    @property
    def asked(self) -> str:
        """The question as the subject of a sentence."""

    def labels_of(self, value: Answer | Unanswered) -> tuple[str, ...]:
        """The words of an answer."""


class Condition(ABC):
    """Something that is true or not of a form's answers.

    Comparing with a question that has no answer is false: only `~` lets a missing answer count.
    """

    @abstractmethod
    def holds(self, answers: Answers) -> bool:
        """Is it true of these answers?"""

    @abstractmethod
    def evidence(self, answers: Answers) -> Iterator[Evidence]:
        """The very answers that make it hold; meaningful only where it holds."""

    @abstractmethod
    def explain(self) -> str:
        """In plain English, as a clause to put after "when"."""

    @abstractmethod
    def subjects(self) -> Iterator[Subject]:
        """The questions it reads."""

    def reads(self) -> frozenset[str]:
        """The ids of the questions it reads."""
        return frozenset(subject.id for subject in self.subjects())

    def negates(self) -> frozenset[str]:
        """The ids of the questions whose missing answer would make it hold."""
        return frozenset()

    def __and__(self, other: "Condition") -> "All":
        return All((*_parts(All, self), *_parts(All, other)))

    def __or__(self, other: "Condition") -> "Any":
        return Any((*_parts(Any, self), *_parts(Any, other)))

    def __invert__(self) -> "Not":
        return Not(self)

    def __bool__(self) -> bool:
        # `a and b` would quietly drop one half of a rule.
        raise TypeError("join conditions with &, | and ~, and test them with holds()")


@dataclass(frozen=True)
class _OfOne(Condition):
    """What the conditions on a single question share."""

    question: Subject

    def evidence(self, answers: Answers) -> Iterator[Evidence]:
        yield self.question.id, answers[self.question.id]

    def subjects(self) -> Iterator[Subject]:
        yield self.question


@dataclass(frozen=True)
class IsAny(_OfOne):
    """The one chosen option is among these."""

    values: tuple[str, ...]

    def holds(self, answers: Answers) -> bool:
        return answers.get(self.question.id) in self.values

    def explain(self) -> str:
        return f"{self.question.asked} is {_either(self.question.labels_of(self.values))}"


@dataclass(frozen=True)
class IncludesAny(_OfOne):
    """At least one of these is marked."""

    values: tuple[str, ...]

    def holds(self, answers: Answers) -> bool:
        marks = answers.get(self.question.id)
        return isinstance(marks, tuple) and not self._sought.isdisjoint(marks)

    def evidence(self, answers: Answers) -> Iterator[Evidence]:
        marks = answers.get(self.question.id)
        if isinstance(marks, tuple):
            yield self.question.id, tuple(mark for mark in marks if mark in self.values)

    def explain(self) -> str:
        return f"{self.question.asked} include {_either(self.question.labels_of(self.values))}"

    @cached_property
    def _sought(self) -> frozenset[str]:
        return frozenset(self.values)


@dataclass(frozen=True)
class AtLeast(_OfOne):
    """A number that reaches the bound."""

    bound: int

    def holds(self, answers: Answers) -> bool:
        number = answers.get(self.question.id)
        return isinstance(number, int) and number >= self.bound

    def explain(self) -> str:
        return f"{self.question.asked} is {self.bound} or more"


@dataclass(frozen=True)
class Under(_OfOne):
    """A number that stays below the bound."""

    bound: int

    def holds(self, answers: Answers) -> bool:
        number = answers.get(self.question.id)
        return isinstance(number, int) and number < self.bound

    def explain(self) -> str:
        return f"{self.question.asked} is under {self.bound}"


@dataclass(frozen=True)
class _OfMany(Condition):
    """What the joints share."""

    parts: tuple[Condition, ...]

    def evidence(self, answers: Answers) -> Iterator[Evidence]:
        for part in self.parts:
            if part.holds(answers):
                yield from part.evidence(answers)

    def subjects(self) -> Iterator[Subject]:
        for part in self.parts:
            yield from part.subjects()

    def negates(self) -> frozenset[str]:
        return frozenset().union(*(part.negates() for part in self.parts))


@dataclass(frozen=True)
class All(_OfMany):
    """Every part holds."""

    def holds(self, answers: Answers) -> bool:
        # A plain loop, for every rule of every form walks it: all() over a generator is far slower.
        for part in self.parts:  # noqa: SIM110
            if not part.holds(answers):
                return False
        return True

    def explain(self) -> str:
        return ", and ".join(_clause(part) for part in self.parts)


@dataclass(frozen=True)
class Any(_OfMany):
    """At least one part holds."""

    def holds(self, answers: Answers) -> bool:
        for part in self.parts:  # noqa: SIM110
            if part.holds(answers):
                return True
        return False

    def explain(self) -> str:
        return ", or ".join(_clause(part) for part in self.parts)


@dataclass(frozen=True)
class Not(Condition):
    """The part does not hold, a missing answer included.

    Used only where a missing answer must keep the more severe outcome.
    """

    part: Condition

    def holds(self, answers: Answers) -> bool:
        return not self.part.holds(answers)

    def evidence(self, answers: Answers) -> Iterator[Evidence]:
        for subject in self.part.subjects():
            yield subject.id, answers.get(subject.id, UNANSWERED)

    def explain(self) -> str:
        return f"it is not true that {_clause(self.part)} (no answer counts as not true)"

    def subjects(self) -> Iterator[Subject]:
        yield from self.part.subjects()

    def negates(self) -> frozenset[str]:
        return self.part.reads()


def _parts(kind: type[All] | type[Any], condition: Condition) -> tuple[Condition, ...]:
    """Its parts when it is a joint of this kind, so that `a & b & c` is one row of three."""
    return condition.parts if isinstance(condition, kind) else (condition,)


def _clause(condition: Condition) -> str:
    text = condition.explain()
    return f"({text})" if isinstance(condition, _OfMany) else text


def _either(labels: tuple[str, ...]) -> str:
    *rest, last = (f"“{label}”" for label in labels)
    return f"{', '.join(rest)} or {last}" if rest else last
