"""A doctor's report as a file: what it is by its content, and how it is handed out."""

import re

from django.http import HttpResponse

from clinic import times
from intake.models import Report
from intake.models.referrals import MOST_BYTES as MOST_BYTES

# What a page's file field offers; what counts is the content.
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
NAME_LENGTH = 120

_BEGINS = {
    Report.Kind.PDF: b"%PDF-",
    Report.Kind.JPEG: b"\xff\xd8\xff",
    Report.Kind.PNG: b"\x89PNG\r\n\x1a\n",
}
# Where the end must be seen: a file that was cut off in sending is not taken for a report.
_ENDS = {
    Report.Kind.PDF: b"%%EOF",
    Report.Kind.JPEG: b"\xff\xd9",
    Report.Kind.PNG: b"IEND\xaeB`\x82",
}
# Some programs write a little after the end.
_AFTER_THE_END = 2048
_TYPES = {
    Report.Kind.PDF: ("application/pdf", "pdf"),
    Report.Kind.JPEG: ("image/jpeg", "jpg"),
    Report.Kind.PNG: ("image/png", "png"),
}
_PATH_TRICK = re.compile(r"[/\\\x00-\x1f\x7f]|^\.+$|\.\.")


def kind_of(content: bytes) -> Report.Kind | None:
    """By its first bytes and its last, whatever it is called and whatever a browser says."""
    for kind, begins in _BEGINS.items():
        if content.startswith(begins) and _ENDS[kind] in content[-_AFTER_THE_END:]:
            return kind
    return None


def is_path_trick(name: str) -> bool:
    """No name a person gives a file: it would lead somewhere else, if it were ever a path."""
    return bool(_PATH_TRICK.search(name)) or not name.strip()


def shown_name(name: str) -> str:
    """As much of it as is shown, its ending included."""
    name = " ".join(name.split())
    if len(name) <= NAME_LENGTH:
        return name
    stem, dot, ending = name.rpartition(".")
    tail = f"…{dot}{ending[:8]}" if dot else "…"
    return (stem or ending)[: NAME_LENGTH - len(tail)] + tail


def file_name(report: Report) -> str:
    """Ours, not the sender's: it names nobody, for it stays in the list of downloads."""
    _type, ending = _TYPES[Report.Kind(report.kind)]
    return f"report-{times.local(report.at):%Y-%m-%d}.{ending}"


def handed_out(report: Report) -> HttpResponse:
    """To be kept and opened elsewhere: nothing in it runs on a page of ours."""
    type_, _ending = _TYPES[Report.Kind(report.kind)]
    return HttpResponse(
        bytes(report.content),
        content_type=type_,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(report)}"',
            "X-Content-Type-Options": "nosniff",
            # Should a browser show it all the same: without scripts, forms and our cookies.
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
        },
    )
