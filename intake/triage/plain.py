"""The protocol printed in plain English, for the doctor who is to sign it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from textwrap import fill

from intake.triage.conditions import All, Any
from intake.triage.protocol import Flag, Protocol, Rule
from intake.triage.protocol.row import When
from intake.triage.questions import Question, Section
from intake.triage.questions.question import UNCERTAIN
from intake.triage.words import Disposition

WIDTH = 92
JOINTS = {All: "all of these are true", Any: "at least one of these is true"}

ABOUT = (
    "This is decision support, awaiting the doctor's signature. The software never diagnoses: it "
    "sorts answers by the rules below, and only a clinician may let a held case go further. "
    "Every cut-off and every wording is a draft until the doctor has signed it."
)

RESOLUTION = """\
Only what was asked counts. An answer to a question that is not shown is ignored, and so is
everything that answer would have shown. An answer we cannot read (an option that does not exist,
the wrong kind of value, a number out of range) counts as no answer. An age is a whole number from
0 to 119.

Where several answers may be marked, an unreadable mark is dropped and the readable ones still
count. A danger sign marked together with “None of these” wins over it. “None of these” next to an
unreadable mark counts as no answer.

A missing answer never makes a statement about it true. The one exception is a rule that says “it
is not true that …”: there a missing answer keeps the more severe outcome.

Every rule is checked every time, and every rule that fires is kept, with the answers that fired
it and the version of this protocol.

The most severe outcome wins. A rule for booking never cancels another rule.

An emergency is shown at once, even half-way through the form; nobody is then asked about blanks
or doubts. A rule that says “it is not true that …” waits until the patient has been asked that
question; leaving the form there counts as no answer.

Without an emergency, a safety question left blank holds the booking until the clinic has called,
and “not sure” or “rather not say” is treated as the question says.

When nothing at all fires, the case goes to review. An online booking needs at least one of the
article's reasons to book and no other rule.

The software may only raise a hold. Lifting one takes a named clinician and a reason, in the
record. Nobody lifts an emergency: only a new intake leads on from there.
"""


def describe(protocol: Protocol) -> str:
    """The whole protocol as a document of plain text."""
    blocks = (
        _title(f"Triage protocol, version {protocol.version}"),
        _wrapped(ABOUT),
        _title("The four outcomes, most severe first"),
        *(_wrapped(f"{each}: {each.meaning}", hang=4) for each in Disposition),
        _title("The questions"),
        _wrapped(
            "An answer marked [safe] can go with an online booking; the others never do. "
            "A question is always asked unless it says when."
        ),
        *_questions(protocol),
        _title("The rules"),
        *_rules(protocol),
        _title("Flags for the clinic"),
        *map(_flag, protocol.flags),
        _title("How the outcome is reached"),
        *_numbered(RESOLUTION.split("\n\n")),
        _title("Open questions for the doctor"),
        *_numbered(f"{each.text} ({', '.join(each.rules)})" for each in protocol.open_questions),
    )
    return "\n\n".join(blocks) + "\n"


def outline(when: When, depth: int = 0) -> Iterator[tuple[int, str]]:
    """A condition as the lines of a nested list, each with its depth."""
    if isinstance(when, All | Any):
        yield depth, f"{JOINTS[type(when)]}:"
        for part in when.parts:
            yield from outline(part, depth + 1)
    else:
        yield depth, when.explain()


def article_note(rule: Rule) -> str:
    """Where the rule stands in the clinic's published article."""
    if not rule.article_rows:
        return "Beyond the article."
    rows = " and ".join(f"row {row}" for row in rule.article_rows)
    beyond = "; the rule goes beyond it" if rule.beyond_article else ""
    return f"In the article: {rows}{beyond}."


def _questions(protocol: Protocol) -> Iterator[str]:
    numbered = enumerate(protocol.questions, start=1)
    for section, rows in groupby(numbered, key=lambda row: row[1].section):
        yield _heading(f"Section {section}: {Section(section).heading}")
        for number, question in rows:
            yield _question(number, question)


def _question(number: int, question: Question) -> str:
    lines = [_wrapped(f"{number}. {question.text}", hang=4)]
    if question.help:
        lines.append(_wrapped(f"({question.help})", indent=4))
    lines += [_wrapped(f"- {answer}", indent=6, hang=2) for answer in _answers(question)]
    if question.show_when is not None:
        lines += _condition("Asked only when", question.show_when)
    if not question.safety:
        lines.append(_wrapped("Not a safety question: a blank here holds nothing.", indent=4))
    lines.append(_wrapped(f"Source: {question.source}", indent=4))
    return "\n".join(lines)


def _answers(question: Question) -> Iterator[str]:
    if isinstance(question.safe, range):
        if question.numbers[0] < question.safe[0]:
            yield f"{question.numbers[0]} to {question.safe[0] - 1}"
        yield f"{question.safe[0]} to {question.safe[-1]} [safe]"
    for option in question.options:
        yield f"{option.label}{_mark(question, option.value)}"


def _mark(question: Question, value: str) -> str:
    if question.is_safe(value):
        return " [safe]"
    if value in UNCERTAIN and question.uncertain_as:
        return f" [treated as {question.uncertain_as}]"
    return ""


def _rules(protocol: Protocol) -> Iterator[str]:
    ranked = sorted(protocol.rules, key=lambda rule: -rule.disposition.severity)
    for disposition, rules in groupby(ranked, key=attrgetter("disposition")):
        yield _heading(disposition)
        yield from map(_rule, rules)


def _rule(rule: Rule) -> str:
    lines = [_wrapped(f"{rule.id}  {rule.disposition}: {rule.urgency}", hang=4)]
    lines += _condition("Fires when", rule.when)
    lines.append(_wrapped(f"The patient reads: “{rule.because}”", indent=4))
    lines.append(_wrapped(f"Source: {rule.source}", indent=4))
    lines.append(_wrapped(article_note(rule), indent=4))
    return "\n".join(lines)


def _flag(flag: Flag) -> str:
    lines = [f"{flag.id}  {flag.name}"]
    lines += _condition("Raised when", flag.when)
    lines.append(_wrapped(flag.note, indent=4))
    return "\n".join(lines)


def _condition(lead: str, when: When) -> Iterator[str]:
    (_, first), *rest = outline(when)
    yield _wrapped(f"{lead} {first}{'' if rest else '.'}", indent=4)
    for depth, text in rest:
        yield _wrapped(f"- {text}", indent=4 + 2 * depth, hang=2)


def _numbered(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts, start=1):
        yield _wrapped(f"{number}. {text}", hang=4)


def _title(text: str) -> str:
    return f"{text.upper()}\n{'=' * len(text)}"


def _heading(text: str) -> str:
    return f"{text}\n{'-' * len(text)}"


def _wrapped(text: str, *, indent: int = 0, hang: int = 0) -> str:
    margin = " " * indent
    return fill(text, WIDTH, initial_indent=margin, subsequent_indent=margin + " " * hang)
