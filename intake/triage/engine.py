"""The decision: what the answers come to, with every finding kept and the most severe in charge."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from intake.triage.conditions import UNANSWERED, Answer, Answers, Evidence, Unanswered
from intake.triage.protocol import PROTOCOL, Protocol, Rule
from intake.triage.questions import Question
from intake.triage.questions.question import UNCERTAIN
from intake.triage.words import Disposition, Urgency


@dataclass(frozen=True)
class Quote:
    """An answer that made a rule fire."""

    question: Question
    value: Answer | Unanswered

    @property
    def words(self) -> str:
        """The answer as the patient saw it."""
        return self.question.label_of(self.value)

    @property
    def labels(self) -> tuple[str, ...]:
        """The same words option by option: these can be translated."""
        return self.question.labels_of(self.value)


@dataclass(frozen=True)
class Finding:
    """A rule that fired, with the exact answers that fired it, in the order of the form."""

    rule: Rule
    answers: tuple[Quote, ...]


@dataclass(frozen=True)
class Decision:
    """The outcome: every finding, most severe first, and the version it was reached with."""

    disposition: Disposition
    findings: tuple[Finding, ...]
    flags: tuple[str, ...]
    protocol: str

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that fired, sorted."""
        return tuple(sorted(finding.rule.id for finding in self.findings))

    @property
    def urgency(self) -> Urgency:
        """How soon: the most pressing among the findings that decided."""
        deciding = (f.rule for f in self.findings if f.rule.disposition is self.disposition)
        urgencies = (rule.urgency for rule in deciding)
        return max(urgencies, key=lambda urgency: urgency.pressure, default=Urgency.SOON)


@dataclass(frozen=True)
class _Form:
    """A form as the protocol reads it: the questions shown, their usable answers, and the rest."""

    protocol: Protocol
    shown: Mapping[str, Question]
    answers: Answers
    blank: tuple[Question, ...]


def assess(answers: Mapping[str, object], protocol: Protocol = PROTOCOL) -> Decision:
    """Decide on a finished form: whatever is missing from it stays unanswered."""
    form = _read(answers, protocol)
    findings = _by_answers(form)
    if not _is_emergency(findings):
        # An emergency is shown at once, and nobody is asked about a blank first.
        findings += [*_by_blanks(form), *_by_doubts(form)]
    return _decide(form, findings or _by_default(form))


def assess_so_far(
    answers: Mapping[str, object], shown: Collection[str], protocol: Protocol = PROTOCOL
) -> Decision | None:
    """Decide half-way through the form: an emergency as soon as there is one, else None.

    `shown` holds the ids of the questions that have been put to the patient. A rule that lets a
    missing answer count waits until the patient has had the chance to give it.
    """
    form = _read(answers, protocol)
    findings = _by_answers(form, put=frozenset(shown))
    return _decide(form, findings) if _is_emergency(findings) else None


def shown_questions(
    answers: Mapping[str, object], protocol: Protocol = PROTOCOL
) -> tuple[Question, ...]:
    """The questions that apply now, in order. An answer to a hidden question shows nothing."""
    return tuple(_read(answers, protocol).shown.values())


def age_on(born: date, day: date) -> int:
    """Full years lived. Born on 29 February, a year is full on 1 March of a common year.

    Raises ValueError when the day comes before the birth.
    """
    if born > day:
        raise ValueError(f"born on {born}, after {day}")
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _read(raw: Mapping[str, object], protocol: Protocol) -> _Form:
    shown: dict[str, Question] = {}
    blank: list[Question] = []
    answers: dict[str, Answer] = {}
    for question in protocol.questions:
        # Every question hangs on earlier ones, so that a hidden answer is never looked at here.
        if question.show_when is not None and not question.show_when.holds(answers):
            continue
        shown[question.id] = question
        value = question.read(raw.get(question.id))
        if value is UNANSWERED:
            blank.append(question)
        else:
            answers[question.id] = value
    return _Form(protocol, shown, answers, tuple(blank))


def _by_answers(form: _Form, put: frozenset[str] | None = None) -> list[Finding]:
    """What the answers fire; with `put`, only the rules that need not wait for a question."""
    findings = [
        _finding(rule, form, when.evidence(form.answers))
        for rule, when in form.protocol.answer_rules
        if when.holds(form.answers) and (put is None or when.negates() <= put)
    ]
    return [*findings, *_by_combination(form, findings)]


def _by_combination(form: _Form, findings: list[Finding]) -> Iterator[Finding]:
    for rule, when in form.protocol.combination_rules:
        parts = [finding for finding in findings if finding.rule.id in when.of]
        if len(parts) >= when.at_least:
            quotes = (quote for finding in parts for quote in finding.answers)
            yield _finding(rule, form, ((quote.question.id, quote.value) for quote in quotes))


def _by_blanks(form: _Form) -> Iterator[Finding]:
    blanks = [question.id for question in form.blank if question.safety]
    for rule, _when in form.protocol.blank_rules:
        if blanks:
            yield _finding(rule, form, ((blank, UNANSWERED) for blank in blanks))


def _by_doubts(form: _Form) -> Iterator[Finding]:
    doubts = list(_doubts(form))
    for rule, when in form.protocol.unsure_rules:
        if so_treated := [d for question, d in doubts if question.uncertain_as is when.treated_as]:
            yield _finding(rule, form, so_treated)


def _doubts(form: _Form) -> Iterator[tuple[Question, Evidence]]:
    for id_, answer in form.answers.items():
        if isinstance(answer, tuple):
            if unsure := tuple(mark for mark in answer if mark in UNCERTAIN):
                yield form.shown[id_], (id_, unsure)
        elif answer in UNCERTAIN:
            yield form.shown[id_], (id_, answer)


def _by_default(form: _Form) -> list[Finding]:
    return [_finding(rule, form, ()) for rule, _when in form.protocol.default_rules]


def _finding(rule: Rule, form: _Form, evidence: Iterable[Evidence]) -> Finding:
    """The rule with its answers quoted, each question once and in the order of the form."""
    parts: dict[str, Answer | Unanswered] = {}
    for id_, value in evidence:
        parts[id_] = _joined(parts[id_], value) if id_ in parts else value
    quoted = sorted(
        (id_ for id_ in parts if id_ in form.shown), key=form.protocol.places.__getitem__
    )
    return Finding(rule, tuple([Quote(form.shown[id_], parts[id_]) for id_ in quoted]))


def _joined(one: Answer | Unanswered, other: Answer | Unanswered) -> Answer | Unanswered:
    """What two conditions read in one answer: of a multiple choice, the marks of both."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(dict.fromkeys((*one, *other)))
    return one


def _is_emergency(findings: Iterable[Finding]) -> bool:
    return any(finding.rule.disposition is Disposition.EMERGENCY for finding in findings)


def _decide(form: _Form, findings: list[Finding]) -> Decision:
    ranked = sorted(findings, key=lambda f: (-f.rule.disposition.severity, f.rule.id))
    flags = sorted(flag.name for flag in form.protocol.flags if flag.when.holds(form.answers))
    # A protocol without its "nothing fired" row may find nothing; that must not book anybody.
    worst = ranked[0].rule.disposition if ranked else Disposition.CO_MANAGE
    return Decision(worst, tuple(ranked), tuple(flags), form.protocol.version)
