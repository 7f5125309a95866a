"""Intakes, cases and clearances as the intake's services would leave them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, SubFactory
from factory.django import DjangoModelFactory

from clinic.models import User
from intake import services
from intake.exercises import BY_ID
from intake.models import (
    Case,
    Clearance,
    Disposition,
    ExercisePlan,
    GuardianConsent,
    Intake,
    Patient,
    ReviewDecision,
)
from tests.factories.clinic import PatientFactory, StaffFactory

SUBMITTED = datetime(2026, 11, 4, 15, tzinfo=UTC)


class IntakeFactory(DjangoModelFactory[Intake]):
    """A finished intake that may book."""

    class Meta:
        model = Intake

    patient = SubFactory(PatientFactory)
    answers = LazyFunction(dict)
    protocol = "1.1"
    disposition = Disposition.BOOK
    urgency = "none"
    rules = LazyFunction(lambda: ["B01"])
    flags = LazyFunction(list)
    xray_hold = LazyAttribute(lambda intake: "XRAY_HOLD" in intake.flags)
    submitted_at = SUBMITTED


class CaseFactory(DjangoModelFactory[Case]):
    """A held case, waiting for review."""

    class Meta:
        model = Case

    patient = SubFactory(PatientFactory)
    disposition = Disposition.REFER
    opened_at = SUBMITTED
    due_at = SUBMITTED + timedelta(hours=4)


class ClearanceFactory(DjangoModelFactory[Clearance]):
    """Leave to book for thirty days, from an intake whose outcome was BOOK."""

    class Meta:
        model = Clearance

    patient = SubFactory(PatientFactory)
    intake = SubFactory(
        IntakeFactory,
        patient=SelfAttribute("..patient"),
        submitted_at=SelfAttribute("..starts_at"),
    )
    starts_at = SUBMITTED
    ends_at = LazyAttribute(lambda clearance: clearance.starts_at + timedelta(days=30))
    issued_at = SelfAttribute("starts_at")


class GuardianConsentFactory(DjangoModelFactory[GuardianConsent]):
    class Meta:
        model = GuardianConsent

    intake = SubFactory(IntakeFactory, patient=SelfAttribute("..patient"))
    guardian_name = "Gina Guardian"
    relationship = "mother"
    wording_version = "1"
    at = SUBMITTED


def held(patient: Patient, disposition: str = Disposition.REFER, **fields: Any) -> Intake:
    """Answers that hold the patient, in a case of their own."""
    case = CaseFactory.create(patient=patient, disposition=disposition)
    return IntakeFactory.create(patient=patient, case=case, disposition=disposition, **fields)


def exercises_given(patient: Patient, *, by: User, note: str = "") -> ExercisePlan:
    """Two exercises, as much of each as the library says."""
    chosen = {id_: BY_ID[id_].dose for id_ in ("cat-camel", "bird-dog")}
    return services.give_exercises(
        patient_id=patient.pk, chosen=chosen, note=note, latest_seen=None, by=by, now=SUBMITTED
    )


def decided(intake: Intake, kind: str = "CLEAR", **fields: Any) -> ReviewDecision:
    """A chiropractor's decision on the newest answers of a case."""
    return ReviewDecision.objects.create(
        **{
            "case": intake.case,
            "intake": intake,
            "kind": kind,
            "reason": "Seen on the screen.",
            "by": StaffFactory.create(is_chiropractor=True),
            "at": intake.submitted_at,
            **fields,
        }
    )


def cleared(patient: Patient, *, xray: bool = False, **fields: Any) -> Clearance:
    """A clearance by decision, with leave for an X-ray or without."""
    intake = held(patient, Disposition.CO_MANAGE, flags=fields.pop("flags", []))
    types = fields.pop("visit_types", [])
    decision = decided(intake, xray_allowed=xray, visit_types=types)
    Case.objects.filter(intakes=intake).update(state="CLEARED", resolved_at=SUBMITTED)
    return ClearanceFactory.create(
        patient=patient,
        intake=intake,
        decision=decision,
        xray_allowed=xray,
        visit_types=types,
        **fields,
    )
