"""What the calendar may know of an intake: who, whether and until when they may book."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from clinic.models import User
from intake.models import Case, Clearance, GuardianConsent, Intake, Patient

ADULT = 18


@dataclass(frozen=True)
class PatientCard:
    """A patient's contact details; `born` is a date, `email` may be empty."""

    id: UUID
    name: str
    given_name: str
    phone: str
    email: str
    born: date
    town: str
    account_id: UUID | None


@dataclass(frozen=True)
class ClearanceCard:
    """Leave to book visits that start inside [starts_at, ends_at), both in UTC."""

    id: UUID
    patient_id: UUID
    starts_at: datetime
    ends_at: datetime
    xray_allowed: bool
    revoked: bool


def patient_card(patient_id: UUID) -> PatientCard:
    """Raises Patient.DoesNotExist."""
    return _card(Patient.objects.select_related("town").get(pk=patient_id))


def family_of(user: User) -> list[PatientCard]:
    """The patients of an account, oldest first."""
    family = Patient.objects.filter(account=user).select_related("town").order_by("born", "pk")
    return [_card(patient) for patient in family]


def clearances_usable(patient_id: UUID, now: datetime) -> list[ClearanceCard]:
    """Clearances a visit may still be booked under, the one that lasts longest first."""
    if is_held(patient_id):
        return []
    usable = Clearance.objects.usable(now).filter(patient=patient_id).select_related("intake")
    holds = _newest_xray_hold(patient_id)
    return [
        ClearanceCard(
            id=clearance.pk,
            patient_id=patient_id,
            starts_at=clearance.starts_at,
            ends_at=clearance.ends_at,
            xray_allowed=clearance.xray_allowed
            and (holds is None or holds < clearance.intake.submitted_at),
            revoked=False,
        )
        for clearance in usable.order_by("-ends_at")
    ]


def is_held(patient_id: UUID) -> bool:
    """The patient, or answers of theirs, is in a case nobody has resolved."""
    theirs = Q(patient=patient_id) | Q(intakes__patient=patient_id)
    return Case.objects.unresolved().filter(theirs).exists()


def lacks_guardian(patient_id: UUID, on: date) -> bool:
    """The patient is a minor on that day, and no guardian has agreed to their care."""
    born = Patient.objects.values_list("born", flat=True).get(pk=patient_id)
    is_minor = (on.year - born.year) - ((on.month, on.day) < (born.month, born.day)) < ADULT
    return is_minor and not GuardianConsent.objects.filter(patient=patient_id).exists()


def lock_patient(patient_id: UUID) -> None:
    """Keep the patient's row from other writers until the transaction ends.

    Taken before the patient's clearances and visits. Raises Patient.DoesNotExist.
    """
    Patient.objects.select_for_update(no_key=True).values_list("pk").get(pk=patient_id)


def _newest_xray_hold(patient_id: UUID) -> datetime | None:
    held = Intake.objects.filter(patient=patient_id, flags__contains=["XRAY_HOLD"])
    return held.order_by("-submitted_at").values_list("submitted_at", flat=True).first()


def _card(patient: Patient) -> PatientCard:
    return PatientCard(
        id=patient.pk,
        name=patient.name,
        given_name=patient.given_name,
        phone=str(patient.phone),
        email=patient.email,
        born=patient.born,
        town=patient.town_name,
        account_id=patient.account_id,
    )
