"""Intakes, cases and clearances as the intake's services would leave them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory

from intake.models import (
    Case,
    Clearance,
    Disposition,
    GuardianConsent,
    Intake,
    Patient,
    ReviewDecision,
)
from tests.factories.clinic import PatientFactory, StaffFactory

SUBMITTED = datetime(2026, 11, 1, 15, tzinfo=UTC)


class IntakeFactory(factory.django.DjangoModelFactory[Intake]):
    """A finished intake that may book."""

    class Meta:
        model = Intake

    patient = factory.SubFactory(PatientFactory)
    answers = factory.LazyFunction(dict)
    protocol = "1.1"
    disposition = Disposition.BOOK
    urgency = "none"
    rules = factory.LazyFunction(lambda: ["B01"])
    flags = factory.LazyFunction(list)
    submitted_at = SUBMITTED


class CaseFactory(factory.django.DjangoModelFactory[Case]):
    """A held case, waiting for review."""

    class Meta:
        model = Case

    patient = factory.SubFactory(PatientFactory)
    disposition = Disposition.REFER
    opened_at = SUBMITTED
    due_at = SUBMITTED + timedelta(hours=4)


class ClearanceFactory(factory.django.DjangoModelFactory[Clearance]):
    """Leave to book for thirty days, from an intake whose outcome was BOOK."""

    class Meta:
        model = Clearance

    patient = factory.SubFactory(PatientFactory)
    intake = factory.SubFactory(
        IntakeFactory,
        patient=factory.SelfAttribute("..patient"),
        submitted_at=factory.SelfAttribute("..starts_at"),
    )
    starts_at = SUBMITTED
    ends_at = factory.LazyAttribute(lambda clearance: clearance.starts_at + timedelta(days=30))
    issued_at = factory.SelfAttribute("starts_at")


class GuardianConsentFactory(factory.django.DjangoModelFactory[GuardianConsent]):
    class Meta:
        model = GuardianConsent

    intake = factory.SubFactory(IntakeFactory, patient=factory.SelfAttribute("..patient"))
    guardian_name = "Gina Guardian"
    relationship = "mother"
    wording_version = "1"
    at = SUBMITTED


def held(patient: Patient, disposition: str = Disposition.REFER, **fields: Any) -> Intake:
    """Answers that hold the patient, in a case of their own."""
    case = CaseFactory(patient=patient, disposition=disposition)
    return IntakeFactory(patient=patient, case=case, disposition=disposition, **fields)


def decided(intake: Intake, kind: str = "CLEAR", **fields: Any) -> ReviewDecision:
    """A chiropractor's decision on the newest answers of a case."""
    return ReviewDecision.objects.create(
        **{
            "case": intake.case,
            "intake": intake,
            "kind": kind,
            "reason": "Seen on the screen.",
            "by": StaffFactory(is_chiropractor=True),
            "at": intake.submitted_at,
            **fields,
        }
    )


def cleared(patient: Patient, *, xray: bool = False, **fields: Any) -> Clearance:
    """A clearance by decision, with leave for an X-ray or without."""
    intake = held(patient, Disposition.CO_MANAGE, flags=fields.pop("flags", []))
    decision = decided(intake, xray_allowed=xray)
    Case.objects.filter(pk=intake.case_id).update(state="CLEARED", resolved_at=SUBMITTED)
    return ClearanceFactory(
        patient=patient, intake=intake, decision=decision, xray_allowed=xray, **fields
    )
