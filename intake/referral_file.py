"""A referral as the chiropractor reads it. Everything is worded here; the page lays it out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from clinic import times
from clinic.times import day_in_words
from intake.models import Case, Referral, ReferralLetter, ReferralStep, Report
from intake.services.referrals import expected_by

Step = ReferralStep.Kind


@dataclass(frozen=True)
class Line:
    """One referral of a case, in a line."""

    id: UUID
    to: str
    state: str
    is_running: bool


@dataclass(frozen=True)
class Happened:
    """A step on record."""

    words: str
    when: str
    by: str
    note: str


@dataclass(frozen=True)
class HandedIn:
    """A report on record. `size` in the words of a person."""

    id: UUID
    name: str
    kind: str
    size: str
    when: str
    by: str


def lines(case: Case) -> list[Line]:
    referrals = case.referrals.prefetch_related("steps", "letters")
    return [line(referral) for referral in referrals]


def line(referral: Referral) -> Line:
    letters, steps = list(referral.letters.all()), list(referral.steps.all())
    return Line(
        id=referral.pk,
        to=letters[0].to_name if letters else "",
        state=_state(steps, letters),
        is_running=not _has(steps, Step.DECIDED),
    )


def steps(referral: Referral) -> list[Happened]:
    said = referral.steps.select_related("by", "letter")
    return [
        Happened(
            words=_words(step),
            when=times.in_words(step.at),
            by=str(step.by) if step.by else _("by itself"),
            note=step.note,
        )
        for step in said
    ]


def reports(referral: Referral) -> list[HandedIn]:
    kept = referral.reports.select_related("by").defer("content")
    return [handed_in(report) for report in kept]


def handed_in(report: Report) -> HandedIn:
    return HandedIn(
        id=report.pk,
        name=report.name,
        kind=report.kind,
        size=_size(report.size),
        when=times.in_words(report.at),
        by=str(report.by),
    )


def version(letter: ReferralLetter) -> str:
    """Such as "Version 2, Tue, Nov 24 at 9:20 AM, Dr. Solomon"."""
    return _("Version %(version)s, %(when)s, %(who)s") % {
        "version": letter.version,
        "when": times.in_words(letter.at),
        "who": letter.by,
    }


def _words(step: ReferralStep) -> str:
    words = step.get_kind_display().capitalize()
    return f"{words} ({step.letter.version})" if step.letter else words


def _state(steps: Iterable[ReferralStep], letters: list[ReferralLetter]) -> str:
    """How far it is; the furthest step says it."""
    for kind in (Step.DECIDED, Step.REPORT, Step.SEEN, Step.OVERDUE):
        if at := _when(steps, kind):
            return f"{kind.label.capitalize()}, {day_in_words(times.local(at).date())}"
    due = {"day": day_in_words(expected_by(letters[0]))} if letters else {"day": ""}
    if _has(steps, Step.SENT):
        return _("Letter is out; expected back by %(day)s") % due
    return _("Letter not sent yet; expected back by %(day)s") % due


def _has(steps: Iterable[ReferralStep], kind: ReferralStep.Kind) -> bool:
    return _when(steps, kind) is not None


def _when(steps: Iterable[ReferralStep], kind: ReferralStep.Kind) -> datetime | None:
    return next((step.at for step in steps if step.kind == kind), None)


def _size(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB" if size >= 100_000 else f"{max(1, size // 1024)} KB"
