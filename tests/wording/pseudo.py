"""A language in which every translated piece of text stands between ⟦ and ⟧, and its reader.

What stands outside them was never handed to the translators: it is data, or it is a mistake.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client, override_settings
from django.urls import Resolver404
from django.utils import translation
from django.utils.translation import trans_real
from icalendar import Calendar

# Django knows it, so that cookies and dates work, and the clinic does not speak it.
CODE = "en-gb"
OPEN, CLOSE = "⟦", "⟧"
SHOWN_ATTRIBUTES = {"alt", "title", "aria-label", "aria-description", "placeholder", "label"}
UNREAD = {"script", "style"}
# What a translator leaves as it is: data put in, and tags.
_LEFT_ALONE = re.compile(r"(<[^>]*>|%\(\w+\)[sd]|%[sd%]|\{\w*\})")
_LETTER = re.compile(r"[^\W\d_]")


class Marked(trans_real.DjangoTranslation):
    """In place of a catalogue."""

    def __init__(self) -> None:
        super().__init__(CODE)

    def gettext(self, message: str) -> str:
        return marked(message.rpartition(trans_real.CONTEXT_SEPARATOR)[2])

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@cache
def marked(message: str) -> str:
    """Each piece between two placeholders: what is put in must be translated by itself."""
    pieces = _LEFT_ALONE.split(message)
    return "".join(
        f"{OPEN}{piece}{CLOSE}" if place % 2 == 0 and _LETTER.search(piece) else piece
        for place, piece in enumerate(pieces)
    )


@contextmanager
def spoken() -> Iterator[None]:
    languages = [*settings.LANGUAGES, (CODE, "Marked")]
    with override_settings(LANGUAGES=languages):
        trans_real._translations[CODE] = Marked()  # type: ignore[attr-defined]
        with translation.override(CODE):
            yield


def unmarked(texts: Sequence[str], *, data: Iterable[str]) -> list[str]:
    """The pieces of running text with letters outside the marks, less what is known as data.

    The marks reach across tags: a translated sentence may have a link in its middle.
    """
    known = _any_of(tuple(data))
    found, depth = [], 0
    for text in texts:
        outside, depth = _outside(text, depth)
        outside = _LEFT_ALONE.sub("", outside)  # filled in by a script
        if _LETTER.search(outside) and _LETTER.search(known.sub("", outside)):
            found.append(" ".join(text.split()))
    assert depth == 0, f"the marks do not close: {texts}"
    return found


@cache
def _any_of(data: tuple[str, ...]) -> re.Pattern[str]:
    """The longest first, as whole words."""
    words = sorted((re.escape(each) for each in data if each), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)" if words else r"(?!)")


def _outside(text: str, depth: int) -> tuple[str, int]:
    kept = []
    for letter in text:
        if letter == CLOSE:
            depth -= 1
        # A mark parts words, as the piece between them would.
        kept.append(letter if not depth and letter not in (OPEN, CLOSE) else "\n" * (not depth))
        if letter == OPEN:
            depth += 1
    return "".join(kept), depth


@dataclass
class Shown:
    """What a page says: its text in order, and each attribute that is read out or seen.

    `titles`: how many headings of the first rank it has, on a page of its own.
    """

    texts: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    titles: int = 0

    def unmarked(self, data: Sequence[str]) -> list[str]:
        found = unmarked(self.texts, data=data)
        return found + [each for text in self.attributes for each in unmarked([text], data=data)]


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown = Shown()
        self.skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.shown.titles += tag == "h1"
        in_another_language = tag != "html" and given.get("lang", CODE) != CODE
        if self.skipped or tag in UNREAD or in_another_language:
            if tag not in _VOID:
                self.skipped.append(tag)
            return
        self.shown.attributes += [v for name, v in given.items() if _is_shown(tag, name, given)]

    def handle_endtag(self, tag: str) -> None:
        if self.skipped and self.skipped[-1] == tag:
            self.skipped.pop()

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.shown.texts.append(data)


_VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
}


def _is_shown(tag: str, name: str, given: dict[str, str]) -> bool:
    if name in SHOWN_ATTRIBUTES:
        return True
    if tag == "input" and name == "value":
        return given.get("type") in {"submit", "button", "reset"}
    if tag == "meta" and name == "content":
        return given.get("name") == "description"
    # The words of a script stand in the page.
    return name.startswith("data-") and len(given[name].split()) > 1


def read(html: str) -> Shown:
    reading = _Reading()
    reading.feed(html)
    reading.close()
    return reading.shown


class Reader(Client):
    """A browser that speaks the marked language, and notes what each page says outside it."""

    def __init__(self, data: list[str]) -> None:
        super().__init__()
        self.data = data
        self.found: list[str] = []
        self.without_one_title: list[str] = []
        self.pages: set[str] = set()
        self.cookies[settings.LANGUAGE_COOKIE_NAME] = CODE

    def post(self, *args: Any, **more: Any) -> Any:
        """Also looks at every page on the way, unless told otherwise."""
        return super().post(*args, **{"follow": True, **more})

    def request(self, **request: Any) -> Any:
        with translation.override(CODE):
            response = super().request(**request)
        self._look_at(response)
        return response

    def letter(self, *texts: str) -> None:
        """What was sent: subject, body, and the calendar file."""
        for text in texts:
            words = _said_by_calendar(text) if text.startswith("BEGIN:VCALENDAR") else text
            self._note("a message", unmarked([_LINK.sub("", words)], data=self.data))

    def look_at(self, response: Any, where: str) -> None:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        body = b"".join(response) if kind in {"text/html", "text/calendar", "text/plain"} else b""
        if kind == "text/html":
            shown = read(body.decode())
            self._note(where, shown.unmarked(self.data))
            # A redirect has nothing to show.
            if body and shown.titles != 1:
                self.without_one_title.append(f"{where}: {shown.titles}")
        else:
            self.letter(body.decode())

    def _look_at(self, response: Any) -> None:
        # Of a page that does not exist, there is no name.
        with suppress(Resolver404):
            self.pages.add(response.resolver_match.view_name)
        path = urlsplit(response.request["PATH_INFO"]).path
        self.look_at(response, f"{response.status_code} {path}")

    def _note(self, where: str, texts: list[str]) -> None:
        self.found += [f"{where}: {text!r}" for text in texts]


_LINK = re.compile(rf"https?://[^\s{OPEN}{CLOSE}]+")


def _said_by_calendar(text: str) -> str:
    parts = [part for part in Calendar.from_ical(text).walk() if part.name == "VEVENT"]
    return "\n".join(
        str(part.get(name, "")) for part in parts for name in ("SUMMARY", "DESCRIPTION")
    )
