"""The kinds of visit a decision may allow, as the calendar offers them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from intake.exceptions import VisitTypeUnknown, XrayVisitMissing, XrayVisitNotAllowed
from intake.models import ReviewDecision
from intake.signals import visit_types_asked


@dataclass(frozen=True)
class VisitKind:
    """`code` stays the same whatever it is called."""

    code: str
    name: str
    with_xray: bool


def offered() -> tuple[VisitKind, ...]:
    # Django's stubs say that receivers answer with text.
    answers: list[Any] = visit_types_asked.send(sender=ReviewDecision)
    kinds = next((kinds for _receiver, kinds in answers if kinds), ())
    return tuple(VisitKind(*kind) for kind in kinds)


def in_words(codes: Iterable[str]) -> list[str]:
    """By name; one that is offered no more keeps its code."""
    names = {kind.code: kind.name for kind in offered()}
    return [names.get(code, code) for code in codes]


def require_consistent(codes: Iterable[str], *, xray_allowed: bool) -> None:
    """Leave for an X-ray and the visits that need it go together; no code at all means any visit.

    Raises VisitTypeUnknown, XrayVisitNotAllowed, XrayVisitMissing.
    """
    chosen = set(codes)
    kinds = [kind for kind in offered() if kind.code in chosen]
    if len(kinds) != len(chosen):
        raise VisitTypeUnknown
    with_xray = any(kind.with_xray for kind in kinds)
    if with_xray and not xray_allowed:
        raise XrayVisitNotAllowed
    if chosen and xray_allowed and not with_xray:
        raise XrayVisitMissing
