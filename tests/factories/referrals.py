"""Referrals as a decision to refer leaves them, and files that people hand in."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from clinic.models import User
from intake import services
from intake.models import Intake, Referral, ReferralStep, Report

PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 64 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64 + b"IEND\xaeB`\x82"
PARTS = (
    "receiver",
    "to_name",
    "to_address",
    "see_by",
    "history",
    "findings",
    "question",
    "signed_by",
)


def referred(intake: Intake, *, by: User, now: datetime | None = None) -> Referral:
    """A decision to refer on the newest answers of a case."""
    now = now or timezone.now()
    decision = services.decide(
        case_id=intake.case_id,
        latest_seen=intake.pk,
        kind="REFER",
        reason="Fever. A doctor looks first.",
        by=by,
        now=now,
    )
    return Referral.objects.get(decision=decision)


def letter_out(referral: Referral, *, by: User, to_name: str = "Dr. Maya Okafor") -> ReferralStep:
    """Addressed to somebody, and given to the patient."""
    newest = referral.letters.latest("version")
    saved = saved_letter(referral, by=by, to_name=to_name or newest.to_name)
    return services.letter_went_out(
        referral_id=referral.pk,
        seen_version=saved.version,
        note="By hand.",
        by=by,
        now=timezone.now(),
    )


def saved_letter(referral: Referral, *, by: User, **parts: Any) -> Any:
    newest = referral.letters.latest("version")
    as_it_stands = {name: getattr(newest, name) for name in PARTS}
    return services.save_letter(
        referral_id=referral.pk,
        by=by,
        now=timezone.now(),
        **{"seen_version": newest.version, **as_it_stands, **parts},
    )


def handed_in(
    referral: Referral, *, by: User, content: bytes = PDF, name: str = "report.pdf"
) -> Report:
    return services.receive_report(
        referral_id=referral.pk,
        name=name,
        content=content,
        size=len(content),
        by=by,
        now=timezone.now(),
    )
