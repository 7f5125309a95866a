"""A patient's contact details and their leave to book, as the calendar may know them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from phonenumber_field.phonenumber import to_python as as_phone_number

from intake.models import Patient


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
    first_seen: datetime


@dataclass(frozen=True)
class ClearanceCard:
    """Leave to book visits that start inside [starts_at, ends_at), both in UTC.

    `known_at`: when the patient last answered, or the clinician decided to give this leave.
    """

    id: UUID
    person: PatientCard
    starts_at: datetime
    ends_at: datetime
    xray_allowed: bool
    revoked: bool
    known_at: datetime
    # Codes of visit types; none means any.
    visit_types: tuple[str, ...] = ()

    @property
    def patient_id(self) -> UUID:
        return self.person.id

    def is_for(self, visit_type: str) -> bool:
        """Is this kind of visit, by its code, among those it was given for?"""
        return not self.visit_types or visit_type in self.visit_types


# In SQL, because every booking asks it in the gate, and the ORM needs ten times as long to write
# it as the database to answer.
#
# `known_at` counts from the clinician's decision too: without it, whoever a doctor had to see
# first would be held again by the same answers each time the link in "you may book" is followed.
# An X-ray needs answers that came after the last ones that forbid it, as in the database's gate.
_KNOWN = """
    SELECT clearance.id, clearance.starts_at, clearance.ends_at,
           clearance.xray_allowed AND NOT EXISTS (
               SELECT FROM intake_intake AS said
               JOIN intake_patient AS record ON record.id = said.patient_id
               WHERE record.person = kept.id AND said.xray_hold
                 AND said.submitted_at >= answers.submitted_at
           ),
           clearance.revoked_at IS NOT NULL,
           GREATEST(answers.submitted_at, decision.at, (
               SELECT max(said.submitted_at) FROM intake_intake AS said
               JOIN intake_patient AS record ON record.id = said.patient_id
               WHERE record.person = kept.id AND said.is_complete
           )),
           clearance.visit_types,
           kept.id, kept.given_name, kept.family_name, kept.phone, kept.email, kept.born,
           COALESCE(town.name, kept.elsewhere), kept.account_id, kept.created_at
    FROM intake_clearance AS clearance
    JOIN intake_intake AS answers ON answers.id = clearance.intake_id
    LEFT JOIN intake_reviewdecision AS decision ON decision.id = clearance.decision_id
    JOIN intake_patient AS patient ON patient.id = clearance.patient_id
    JOIN intake_patient AS kept ON kept.id = patient.person
    LEFT JOIN clinic_servicetown AS town ON town.id = kept.town_id
"""
_THIS_ONE = "WHERE clearance.id = %(clearance)s"
_OF_ACCOUNT = """
    WHERE clearance.id = %(clearance)s
      AND kept.id IN (SELECT person FROM intake_patient WHERE account_id = %(account)s)
"""
_USABLE = """
    WHERE clearance.patient_id = ANY (ARRAY(
              SELECT id FROM intake_patient WHERE person = ANY (ARRAY(
                  SELECT person FROM intake_patient WHERE id = ANY (%(patients)s)))))
      AND clearance.revoked_at IS NULL AND clearance.ends_at > %(now)s
      AND NOT intake_patient_is_held(kept.id)
    ORDER BY clearance.ends_at DESC
"""


def patient(record: Patient) -> PatientCard:
    """Of a merged record, the card of the one that is kept. Wants its town and that one's."""
    kept = record.kept
    return PatientCard(
        id=kept.pk,
        name=kept.name,
        given_name=kept.given_name,
        phone=str(kept.phone),
        email=kept.email,
        born=kept.born,
        town=kept.town_name,
        account_id=kept.account_id,
        first_seen=kept.created_at,
    )


def clearance(clearance_id: UUID) -> ClearanceCard | None:
    return next(iter(_read(_THIS_ONE, clearance=clearance_id)), None)


def clearance_of_account(clearance_id: UUID, account_id: UUID) -> ClearanceCard | None:
    """If it is one of the account's family."""
    return next(iter(_read(_OF_ACCOUNT, clearance=clearance_id, account=account_id)), None)


def usable_clearances(patients: Collection[UUID], now: datetime) -> list[ClearanceCard]:
    """Of all of them by whichever of their records, the one that lasts longest first."""
    return _read(_USABLE, patients=list(patients), now=now)


def _read(which: str, **asked: Any) -> list[ClearanceCard]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN + which, asked)
        return [_clearance(*row) for row in cursor.fetchall()]


def _clearance(
    clearance_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    xray_allowed: bool,
    revoked: bool,
    known_at: datetime,
    visit_types: list[str],
    *person: Any,
) -> ClearanceCard:
    return ClearanceCard(
        id=clearance_id,
        person=_person(*person),
        starts_at=starts_at,
        ends_at=ends_at,
        xray_allowed=xray_allowed,
        revoked=revoked,
        known_at=known_at,
        visit_types=tuple(visit_types),
    )


def _person(
    patient_id: UUID,
    given_name: str,
    family_name: str,
    phone: str,
    email: str,
    born: date,
    town: str,
    account_id: UUID | None,
    first_seen: datetime,
) -> PatientCard:
    return PatientCard(
        id=patient_id,
        name=f"{given_name} {family_name}",
        given_name=given_name,
        phone=str(as_phone_number(phone)),
        email=email,
        born=born,
        town=town,
        account_id=account_id,
        first_seen=first_seen,
    )
