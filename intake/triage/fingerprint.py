"""A mark of the whole protocol: equal for equal tables, another after any change of one.

What a doctor signs is what decides and what is read: the questions, the rules, the flags, every
wording, and how the outcome is reached. The questions still open are about the table, not of it.
"""

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256

from intake.triage.plain import RESOLUTION
from intake.triage.protocol import Protocol
from intake.triage.questions import Question, Section
from intake.triage.questions.question import NONE, UNCERTAIN
from intake.triage.words import NO_ANSWER, Disposition


@lru_cache(maxsize=4)
def fingerprint(protocol: Protocol) -> str:
    """64 hexadecimal digits, the same in every process and on every machine."""
    table = {
        "version": protocol.version,
        "questions": [_question(question) for question in protocol.questions],
        "rules": _value(protocol.rules),
        "flags": _value(protocol.flags),
        "outcomes": {each.value: each.meaning for each in Disposition},
        "sections": {each.value: each.heading for each in Section},
        "answers": {"none": NONE, "uncertain": sorted(UNCERTAIN), "blank": NO_ANSWER},
        "how it is reached": RESOLUTION,
    }
    return sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()


def _question(question: Question) -> object:
    return {**_fields(question), "numbers": _value(question.numbers)}


def _value(value: object) -> object:
    if isinstance(value, Question):
        return value.id  # inside a condition: the row itself stands among the questions
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    if isinstance(value, range):
        return [value.start, value.stop, value.step]
    if is_dataclass(value):
        return {"kind": type(value).__name__, **_fields(value)}
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} has no place in a table that is signed")


def _fields(row: object) -> dict[str, object]:
    return {field.name: _value(getattr(row, field.name)) for field in fields(row)}  # type: ignore[arg-type]
