"""What may be written to a log: where something happened, never who it was about or what they said.

Logs are copied, searched and kept by people and machines that may not read a patient's record.
"""

import logging
import re
import traceback
from collections.abc import Mapping
from http import HTTPStatus

# A text that a log call was given, as opposed to the call's own words, is kept up to here.
MOST_WORDS = 6
LONGEST_TEXT = 120
LONGEST_MESSAGE = 600
# A session that is over, a time somebody else has taken, a form to fill in again, too many tries.
ORDINARY = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)

_SCRUBBED = (
    # What PostgreSQL says about a refused row is the row. It may run over several lines.
    (re.compile(r"(DETAIL|CONTEXT|QUERY|Failing row contains):?.*", re.DOTALL), r"\1: [withheld]"),
    (re.compile(r"\?[^\s\"'<>]+=[^\"'<>]*"), "?[withheld]"),
    (re.compile(r"[^\s<>\"'(=,;/]+(?:@|%40)[^\s<>\"'),;/]+"), "[email]"),
    (re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])"), "[date]"),
    (re.compile(r"(?<![\w-])\d{1,2}/\d{1,2}/\d{4}(?![\w-])"), "[date]"),
    # Ten digits and more, however grouped: a telephone, or an address on the network.
    (re.compile(r"(?<![\w-])\+?\(?(?:\d[ ().-]{0,2}){9,}\d(?![\w-])"), "[number]"),
)


class NoPatientData(logging.Filter):
    """Rewrites each record before it is printed; it never drops one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _message(record), ()
        if _answer(record) < HTTPStatus.INTERNAL_SERVER_ERROR:
            record.exc_info = None  # nothing broke: where it was refused is in the line itself
        if record.exc_info:
            record.exc_text = _frames(record.exc_info[1])
            record.exc_info = None
        record.stack_info = None
        return True


class NoAlarm(logging.Filter):
    """Of Django's requests: an answer that a person brought about by no fault is no warning."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _answer(record) in ORDINARY:
            record.levelno, record.levelname = logging.INFO, "INFO"
        return record.levelno >= logging.getLogger().level


def scrubbed(text: str) -> str:
    for pattern, replacement in _SCRUBBED:
        text = pattern.sub(replacement, text)
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " [cut]"


def _answer(record: logging.LogRecord) -> int:
    """What the browser was answered, where a line is about that; without it, the worst."""
    return int(getattr(record, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR))


def _message(record: logging.LogRecord) -> str:
    if isinstance(record.msg, BaseException):
        return type(record.msg).__name__
    words, args = str(record.msg), record.args
    if isinstance(args, Mapping):
        # A lone mapping is for the names in the words; printed whole it would show its values.
        if "%(" not in words:
            return f"{scrubbed(words)} [{type(args).__name__}]"
        words = words % {key: _value(value) for key, value in args.items()}
    elif args:
        words = words % tuple(_value(value) for value in args)
    return scrubbed(words)


def _value(value: object) -> object:
    """What a log call may show of a value: numbers and names; of an error, its kind."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, str):
        is_text = len(value.split()) > MOST_WORDS or len(value) > LONGEST_TEXT
        return "[text]" if is_text else value
    if isinstance(value, Mapping | list | tuple | set):
        return f"[{type(value).__name__}]"
    return _value(str(value))


def _frames(error: BaseException | None) -> str:
    """The traceback without any error's own words: they quote what somebody typed."""
    lines: list[str] = []
    while error is not None:
        lines += traceback.format_tb(error.__traceback__)
        lines.append(f"{type(error).__module__}.{type(error).__name__}{_database_facts(error)}\n")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if error is not None:
            lines.append("because of\n")
    return "".join(lines).rstrip()


def _database_facts(error: BaseException) -> str:
    """Which rule of the database refused: the name of the rule, not the row."""
    facts = getattr(error, "diag", None)
    rule = getattr(facts, "constraint_name", None)
    state = getattr(error, "sqlstate", None)
    return "".join(
        f" {name}={value}" for name, value in (("sqlstate", state), ("rule", rule)) if value
    )
