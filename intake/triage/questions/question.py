"""What a question is: how it reads an answer, words it, and builds conditions on it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cached_property

from intake.triage.conditions import (
    UNANSWERED,
    Answer,
    AtLeast,
    Condition,
    IncludesAny,
    IsAny,
    Unanswered,
    Under,
)
from intake.triage.words import NO_ANSWER, Disposition, _

# The option that stands for "no danger sign here"; a danger sign marked with it beats it.
NONE = "none"
# The options that say neither yes nor no.
UNCERTAIN = frozenset({"not_sure", "prefer_not"})


class Section(StrEnum):
    """The parts of the form, in order."""

    SAFETY = "A"
    HEALTH = "B"
    SPASM = "C"
    CONTEXT = "D"

    @property
    def heading(self) -> str:
        return _HEADINGS[self]


_HEADINGS = {
    Section.SAFETY: _("Safety now"),
    Section.HEALTH: _("Your health"),
    Section.SPASM: _("This spasm"),
    Section.CONTEXT: _("A little more"),
}


class Kind(Enum):
    """The shape of an answer."""

    AGE = "age"  # whole years, worked out from the date of birth
    CHOICE = "choice"
    MULTI = "multi"
    SCALE = "scale"


# The whole numbers that can be an answer at all.
_NUMBERS = {Kind.AGE: range(120), Kind.SCALE: range(11)}


@dataclass(frozen=True)
class Option:
    """One answer that can be picked, and its words."""

    value: str
    label: str


@dataclass(frozen=True, repr=False)
class Question:
    """One row of the form. `safe` lists the only answers compatible with BOOK on their own."""

    id: str
    section: Section
    kind: Kind
    text: str
    help: str = ""
    options: tuple[Option, ...] = ()
    safe: tuple[str, ...] | range = ()
    uncertain_as: Disposition | None = None
    safety: bool = True
    show_when: Condition | None = None
    source: str = ""

    def __repr__(self) -> str:
        return f"<Question {self.id}>"

    @cached_property
    def read(self) -> Callable[[object], Answer | Unanswered]:
        """The answer given, or UNANSWERED for a blank, an unknown option or a wrong type.

        Chosen once for the kind of question: reading is most of the work of a decision.
        """
        readers = {Kind.CHOICE: self._read_choice, Kind.MULTI: self._read_marks}
        return readers.get(self.kind, self._read_number)

    def is_safe(self, value: Answer | Unanswered) -> bool:
        """Is this answer compatible with BOOK on its own?"""
        if isinstance(value, tuple):
            return bool(value) and all(each in self.safe for each in value)
        return value in self.safe

    def labels_of(self, value: Answer | Unanswered) -> tuple[str, ...]:
        """The option's words, one for each option picked: what is translated at the edge."""
        if value is UNANSWERED:
            return (NO_ANSWER,)
        if isinstance(value, tuple):
            return tuple(self._labels[each] for each in value)
        return (self._labels[value] if isinstance(value, str) else str(value),)

    def label_of(self, value: Answer | Unanswered) -> str:
        """The option's words, on one line."""
        return "; ".join(self.labels_of(value))

    @cached_property
    def numbers(self) -> range:
        """The whole numbers that can be an answer: none for a question with options."""
        return _NUMBERS.get(self.kind, range(0))

    @property
    def asked(self) -> str:
        """The question as the subject of an explaining sentence."""
        if self.kind is Kind.AGE:
            return "the patient's age"
        answers = "answers" if self.kind is Kind.MULTI else "answer"
        return f"the {answers} to “{self.text}”"

    def is_(self, value: str) -> Condition:
        return self.is_any(value)

    def is_any(self, *values: str) -> Condition:
        self._check(values, Kind.CHOICE)
        return IsAny(self, values)

    def includes_any(self, *values: str) -> Condition:
        self._check(values, Kind.MULTI)
        return IncludesAny(self, values)

    def at_least(self, bound: int) -> Condition:
        self._check((), *_NUMBERS)
        return AtLeast(self, bound)

    def under(self, bound: int) -> Condition:
        self._check((), *_NUMBERS)
        return Under(self, bound)

    def _check(self, values: tuple[str, ...], *kinds: Kind) -> None:
        """Refuse, when the table is loaded, a condition that no answer could ever meet."""
        if self.kind not in kinds:
            raise ValueError(f"{self.id} is not a question of that kind")
        if unknown := [value for value in values if value not in self._values]:
            raise ValueError(f"{self.id} has no option {', '.join(unknown)}")

    def _read_number(self, raw: object) -> Answer | Unanswered:
        # To Python true is an int, and 38.0 equals 38; on a form neither is a whole number.
        if isinstance(raw, bool) or not isinstance(raw, int):
            return UNANSWERED
        return int(raw) if raw in self.numbers else UNANSWERED

    def _read_choice(self, raw: object) -> Answer | Unanswered:
        return self._values.get(raw, UNANSWERED) if isinstance(raw, str) else UNANSWERED

    def _read_marks(self, raw: object) -> Answer | Unanswered:
        if not isinstance(raw, list | tuple):
            return UNANSWERED
        known = [mark for mark in raw if isinstance(mark, str) and mark in self._values]
        if signs := [mark for mark in known if mark != NONE]:
            return tuple(value for value in self._values if value in signs)
        # "None of these" beside something unreadable may be hiding a danger sign.
        return (NONE,) if known and len(known) == len(raw) else UNANSWERED

    @cached_property
    def _values(self) -> dict[str, str]:
        # Maps to itself: a reading hands out the table's own plain string, in the table's order.
        return {option.value: option.value for option in self.options}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {option.value: option.label for option in self.options}
