"""Paper: a typst template and data in, a PDF out.

What people typed goes in as data, never as markup: a template can show it and never obeys it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.http import HttpResponse

# Made to be kept and read anywhere; with it the typesetter refuses to print an empty box for a
# letter that no font has.
STANDARD = "a-2b"
_NO_LETTER = "could not be displayed"
# Longer than any word: what is typed without a space would run off the paper.
_LONGEST_RUN = 40


class NotTypeset(Exception):
    """It did not come onto paper. What was typed is never in the message."""


class TypesetterWarned(NotTypeset):
    """The typesetter did it another way than the template says, such as in another font."""


class LetterMissing(NotTypeset):
    """Somebody wrote in letters that none of the fonts has."""


def pdf(template: Path, data: Mapping[str, Any], *, now: datetime) -> bytes:
    """The template's pages, with `data` in them. Raises NotTypeset."""
    (document,) = _compiled(
        template,
        data,
        format="pdf",
        timestamp=now.replace(microsecond=0),
        pdf_standards=STANDARD,
    )
    return document


def handed_out(document: bytes, file_name: str) -> HttpResponse:
    """The PDF, to be kept. Its name says nothing about anybody: it stays in a list of downloads."""
    named = f'attachment; filename="{file_name}"'
    return HttpResponse(
        document, content_type="application/pdf", headers={"Content-Disposition": named}
    )


def pictures(template: Path, data: Mapping[str, Any]) -> list[bytes]:
    """Each page as a PNG, to be looked at. Raises NotTypeset."""
    return _compiled(template, data, format="png", ppi=110.0)


def breakable(value: Any) -> Any:
    """The same data, with a place to break a line in whatever is longer than any word."""
    if isinstance(value, str):
        return " ".join(_broken(run) for run in value.split(" "))
    if isinstance(value, Mapping):
        return {key: breakable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [breakable(each) for each in value]
    return value


def _broken(run: str) -> str:
    pieces = range(0, len(run), _LONGEST_RUN)
    return "\u200b".join(run[start : start + _LONGEST_RUN] for start in pieces)


def _compiled(template: Path, data: Mapping[str, Any], **options: Any) -> list[bytes]:
    try:
        compiled, warnings = typst.compile_with_warnings(
            template,
            # Beside the template: nothing else of the machine can be read.
            root=template.parent,
            font_paths=settings.PAPER_FONTS,
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data)},
            **options,
        )
    except typst.TypstError as error:
        # It quotes the letter, and with it what somebody typed.
        if _NO_LETTER in error.message:
            raise LetterMissing from None
        raise NotTypeset("the typesetter refused the page") from None
    if warnings:
        raise TypesetterWarned("; ".join(warning.message for warning in warnings))
    return compiled if isinstance(compiled, list) else [compiled]
