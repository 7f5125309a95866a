"""The protocol in plain English, laid out for the staff's page: every word of it, and no other.

Everything is worded here; the page only lays it out. English on purpose: it is what is signed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from intake.triage import Disposition, Flag, Protocol, Question, Rule, Section
from intake.triage.conditions import All, Any, Condition
from intake.triage.plain import JOINTS, RESOLUTION, article_note
from intake.triage.protocol import RulesFired
from intake.triage.protocol.row import When
from intake.triage.questions.question import UNCERTAIN

_TONES = {
    Disposition.EMERGENCY: "danger",
    Disposition.REFER: "caution",
    Disposition.CO_MANAGE: "caution",
    Disposition.BOOK: "calm",
}

_BOOKABLE = "can be booked"
_ABOUT_QUESTIONS = (
    f"An answer marked “{_BOOKABLE}” can go with an online booking; the others never do. "
    "A question is always asked unless it says when."
)


@dataclass(frozen=True)
class Link:
    """A place further up or down on the page."""

    anchor: str
    text: str


@dataclass(frozen=True)
class Clause:
    """A condition, and what it is joined from."""

    text: str
    parts: tuple["Clause", ...] = ()

    @property
    def words(self) -> str:
        return " ".join((self.text, *(part.words for part in self.parts)))


@dataclass(frozen=True)
class AnswerRow:
    """One answer that can be given, and what the protocol makes of it by itself."""

    text: str
    remark: str = ""
    is_safe: bool = False


@dataclass(frozen=True)
class QuestionRow:
    anchor: str
    number: int
    text: str
    help: str
    answers: tuple[AnswerRow, ...]
    asked_when: Clause | None
    remark: str
    source: str
    read_by: tuple[Link, ...]

    @property
    def words(self) -> str:
        asked = self.asked_when.words if self.asked_when else ""
        answers = (f"{answer.text} {answer.remark}" for answer in self.answers)
        return " ".join((self.text, self.help, *answers, asked, self.remark, self.source))


@dataclass(frozen=True)
class RuleRow:
    id: str
    outcome: Disposition
    urgency: str
    when: Clause
    because: str
    source: str
    article: str
    reads: tuple[Link, ...]

    @property
    def words(self) -> str:
        told = (self.urgency, self.because, self.source, self.article)
        return " ".join((self.id, self.outcome, *told, self.when.words))


@dataclass(frozen=True)
class FlagRow:
    id: str
    name: str
    when: Clause
    note: str
    reads: tuple[Link, ...]

    @property
    def words(self) -> str:
        return " ".join((self.id, self.name, self.note, self.when.words))


@dataclass(frozen=True)
class OpenRow:
    """What only the doctor can settle."""

    text: str
    rules: tuple[Link, ...]

    @property
    def words(self) -> str:
        return " ".join((self.text, *(link.text for link in self.rules)))


@dataclass(frozen=True)
class SectionPart:
    anchor: str
    heading: str
    questions: tuple[QuestionRow, ...]


@dataclass(frozen=True)
class OutcomePart:
    anchor: str
    outcome: str
    tone: str
    meaning: str
    rules: tuple[RuleRow, ...]


@dataclass(frozen=True)
class Page:
    """The whole table, or what is left of it by a search."""

    version: str
    open_questions: tuple[OpenRow, ...]
    outcomes: tuple[OutcomePart, ...]
    flags: tuple[FlagRow, ...]
    sections: tuple[SectionPart, ...]
    how: tuple[str, ...]
    about_questions: str = _ABOUT_QUESTIONS

    @property
    def rules_count(self) -> int:
        return sum(len(part.rules) for part in self.outcomes)

    @property
    def questions_count(self) -> int:
        return sum(len(part.questions) for part in self.sections)

    @property
    def count(self) -> int:
        rows = (self.open_questions, self.flags, self.how)
        return self.rules_count + self.questions_count + sum(map(len, rows))

    def searched(self, sought: str) -> "Page":
        """Only the rows in which every word sought stands, small letters or capitals."""
        words = sought.casefold().split()

        def stands_in(text: str) -> bool:
            return all(word in text.casefold() for word in words)

        def by_words(row: OpenRow | FlagRow | RuleRow | QuestionRow) -> bool:
            return stands_in(row.words)

        outcomes = (replace(p, rules=tuple(filter(by_words, p.rules))) for p in self.outcomes)
        sections = (
            replace(p, questions=tuple(filter(by_words, p.questions))) for p in self.sections
        )
        return replace(
            self,
            open_questions=tuple(filter(by_words, self.open_questions)),
            outcomes=tuple(part for part in outcomes if part.rules),
            flags=tuple(filter(by_words, self.flags)),
            sections=tuple(part for part in sections if part.questions),
            how=tuple(filter(stands_in, self.how)),
        )


def page(protocol: Protocol) -> Page:
    return Page(
        version=protocol.version,
        open_questions=tuple(
            OpenRow(each.text, tuple(Link(rule, rule) for rule in each.rules))
            for each in protocol.open_questions
        ),
        outcomes=tuple(_outcomes(protocol)),
        flags=tuple(_flag(flag, protocol) for flag in protocol.flags),
        sections=tuple(_sections(protocol)),
        how=tuple(" ".join(each.split()) for each in RESOLUTION.split("\n\n")),
    )


def _outcomes(protocol: Protocol) -> Iterator[OutcomePart]:
    ranked = sorted(protocol.rules, key=lambda rule: -rule.disposition.severity)
    for outcome, rules in groupby(ranked, key=attrgetter("disposition")):
        yield OutcomePart(
            anchor=f"rules-{outcome.lower()}",
            outcome=outcome.value,
            tone=_TONES[outcome],
            meaning=outcome.meaning,
            rules=tuple(_rule(rule, protocol) for rule in rules),
        )


def _rule(rule: Rule, protocol: Protocol) -> RuleRow:
    return RuleRow(
        id=rule.id,
        outcome=rule.disposition,
        urgency=rule.urgency.value,
        when=_clause(rule.when),
        because=rule.because,
        source=rule.source,
        article=article_note(rule),
        reads=_read_by_rule(rule.when, protocol),
    )


def _flag(flag: Flag, protocol: Protocol) -> FlagRow:
    return FlagRow(
        flag.id, flag.name, _clause(flag.when), flag.note, _read_by_rule(flag.when, protocol)
    )


def _sections(protocol: Protocol) -> Iterator[SectionPart]:
    numbered = enumerate(protocol.questions, start=1)
    for section, rows in groupby(numbered, key=lambda row: row[1].section):
        yield SectionPart(
            anchor=f"questions-{section.lower()}",
            heading=f"{section.value}. {Section(section).heading}",
            questions=tuple(_question(number, question, protocol) for number, question in rows),
        )


def _question(number: int, question: Question, protocol: Protocol) -> QuestionRow:
    rows: tuple[Rule | Flag, ...] = (*protocol.rules, *protocol.flags)
    return QuestionRow(
        anchor=_anchor(question.id),
        number=number,
        text=question.text,
        help=question.help,
        answers=tuple(_answers(question)),
        asked_when=_clause(question.show_when) if question.show_when is not None else None,
        remark="" if question.safety else "Not a safety question: a blank here holds nothing.",
        source=question.source,
        read_by=tuple(
            Link(row.id, row.id)
            for row in rows
            if isinstance(row.when, Condition) and question.id in row.when.reads()
        ),
    )


def _answers(question: Question) -> Iterator[AnswerRow]:
    if isinstance(question.safe, range):
        if question.numbers[0] < question.safe[0]:
            yield AnswerRow(f"{question.numbers[0]} to {question.safe[0] - 1}")
        yield AnswerRow(f"{question.safe[0]} to {question.safe[-1]}", _BOOKABLE, is_safe=True)
    for option in question.options:
        if question.is_safe(option.value):
            yield AnswerRow(option.label, _BOOKABLE, is_safe=True)
        elif option.value in UNCERTAIN and question.uncertain_as:
            yield AnswerRow(option.label, f"treated as {question.uncertain_as}")
        else:
            yield AnswerRow(option.label)


def _clause(when: When) -> Clause:
    if isinstance(when, All | Any):
        return Clause(f"{JOINTS[type(when)]}:", tuple(_clause(part) for part in when.parts))
    return Clause(when.explain())


def _read_by_rule(when: When, protocol: Protocol) -> tuple[Link, ...]:
    """The rows it looks at, each once, in the order of the form."""
    if isinstance(when, RulesFired):
        return tuple(Link(rule, rule) for rule in when.of)
    if not isinstance(when, Condition):
        return ()
    numbers = sorted(protocol.places[id_] + 1 for id_ in when.reads())
    ids = {number: protocol.questions[number - 1].id for number in numbers}
    return tuple(Link(_anchor(ids[number]), f"question {number}") for number in numbers)


def _anchor(id_: str) -> str:
    return f"q-{id_.replace('_', '-')}"
