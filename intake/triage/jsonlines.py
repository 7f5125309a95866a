"""The `triage` command's work: forms as JSON Lines in, decisions as JSON Lines out."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from intake.triage.engine import Decision, assess
from intake.triage.protocol import PROTOCOL, Protocol


class _Unusable(Enum):
    """Stands where a value was given that must not be believed; every question rejects it."""

    UNUSABLE = "unusable"


@dataclass(frozen=True)
class Refused:
    """A line that could not be answered, and why."""

    number: int
    reason: str

    def __str__(self) -> str:
        return f"Line {self.number}: {self.reason}."


class _BadLine(ValueError):
    """The line holds no case."""


def answered(lines: Iterable[bytes], protocol: Protocol = PROTOCOL) -> Iterator[str | Refused]:
    """Answer each line as it comes, in order: one line of JSON, or the reason why not."""
    for number, line in enumerate(lines, start=1):
        try:
            yield _answer(line if number > 1 else line.removeprefix(_BOM), protocol)
        except _BadLine as bad:
            yield Refused(number, str(bad))
        except RecursionError:
            yield Refused(number, "nested too deeply to be read")


# Windows tools put it before the first line; it is not part of the JSON.
_BOM = b"\xef\xbb\xbf"


def _answer(line: bytes, protocol: Protocol) -> str:
    case = _parsed(line)
    if not isinstance(case, dict) or not isinstance(answers := case.get("answers"), dict):
        raise _BadLine("there is no answers object")
    return _written(case.get("id"), assess(answers, protocol))


def _parsed(line: bytes) -> object:
    try:
        return _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise _BadLine("not UTF-8") from None
    except ValueError:
        raise _BadLine("not JSON") from None


def _written(id_: object, decision: Decision) -> str:
    """The form of an output line is an interface: key order and spacing are fixed."""
    return (
        f'{{"id": {_echo(id_)}, "disposition": "{decision.disposition}", '
        f'"rules": {_compact(decision.rules)}, "flags": {_compact(decision.flags)}, '
        f'"protocol": "{decision.protocol}"}}'
    )


def _echo(id_: object) -> str:
    text = _PLAIN.encode(id_)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair is legal in JSON as an escape, and only so.
        return _ASCII.encode(id_)
    return text


def _compact(names: tuple[str, ...]) -> str:
    return _COMPACT.encode(names)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object. A key given twice with different values says nothing that can be believed."""
    read = dict(pairs)
    if len(read) < len(pairs):
        for key, value in pairs:
            # repr tells 38 from 38.0 and 1 from true, which == does not.
            if repr(value) != repr(read[key]):
                read[key] = _Unusable.UNUSABLE
    return read


def _whole(digits: str) -> int | _Unusable:
    try:
        return int(digits)
    except ValueError:  # thousands of digits: Python refuses, and so would every question
        return _Unusable.UNUSABLE


def _fraction(digits: str) -> float | _Unusable:
    number = float(digits)
    return number if math.isfinite(number) else _Unusable.UNUSABLE


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _null(_value: object) -> None:
    """How an unusable value is echoed."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant
)
_PLAIN = json.JSONEncoder(ensure_ascii=False, default=_null)
_ASCII = json.JSONEncoder(default=_null)
_COMPACT = json.JSONEncoder(separators=(",", ":"))
