"""The desk's patients: somebody new on record, and contact details put right."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from clinic import audit
from clinic.audit import Actor
from clinic.models import User
from intake.duplicates import Person, likely_duplicates
from intake.identity import name_key
from intake.models import Intake, Patient
from intake.record_exceptions import (
    BirthDateAnswered,
    ContactChanged,
    PerhapsOnRecord,
    RecordMerged,
    SignsInWithAnother,
)

# The class of PostgreSQL's two-part advisory locks that means one who is put on record.
NEW_PERSON = 0x1A7B


@dataclass(frozen=True)
class Contact:
    """Who somebody is and how they are reached, as the desk has it; `phone` as it is stored."""

    given_name: str
    family_name: str
    born: date
    phone: str
    email: str
    town_id: int | None
    elsewhere: str

    @classmethod
    def of(cls, patient: Patient) -> "Contact":
        return cls(
            given_name=patient.given_name,
            family_name=patient.family_name,
            born=patient.born,
            phone=patient.phone.as_e164 if patient.phone else "",
            email=patient.email,
            town_id=patient.town_id,
            elsewhere=patient.elsewhere,
        )

    @property
    def mark(self) -> str:
        """Another for other details: a page says by it which it showed, without saying them."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    def changed_from(self, other: "Contact") -> list[str]:
        return [name for name in vars(self) if getattr(self, name) != getattr(other, name)]


def add_patient(
    *, contact: Contact, not_these: Collection[UUID], by: Actor, now: datetime
) -> Patient:
    """Somebody new on record, without an account.

    `not_these` are those who were shown as perhaps the same, and are not. Raises PerhapsOnRecord
    for anybody else who may be: two who add the same person at once are added one after the other.
    """
    with audit.writing(by):
        _one_at_a_time(contact.born)
        person = Person(contact.given_name, contact.family_name, contact.born, contact.phone)
        likely = likely_duplicates(person)
        if {each.patient.pk for each in likely} - set(not_these):
            raise PerhapsOnRecord(likely)
        patient = Patient(likely_duplicate_of=likely[0].patient if likely else None)
        _put(patient, contact)
        patient.save()
        audit.record(by, "patient added", patient, at=now, patient_id=patient.pk)
    return patient


def change_contact(
    *, patient_id: UUID, contact: Contact, seen: str, by: Actor, now: datetime
) -> Patient:
    """Put contact details right. `seen` is the mark of those on the page that was sent.

    Safe to call twice. An address that somebody signs in with is theirs: here only theirs may
    stand. Raises RecordMerged, ContactChanged, SignsInWithAnother, BirthDateAnswered,
    Patient.DoesNotExist.
    """
    with audit.writing(by):
        patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
        if patient.merged_into_id:
            raise RecordMerged
        on_record = Contact.of(patient)
        changed = contact.changed_from(on_record)
        if not changed:
            return patient
        if on_record.mark != seen:
            raise ContactChanged
        if "email" in changed and patient.account and contact.email != patient.account.email:
            raise SignsInWithAnother(patient.account.email)
        records = Patient.objects.same_person_as(patient.pk)
        if "born" in changed and Intake.objects.filter(patient__in=records).exists():
            raise BirthDateAnswered
        _put(patient, contact)
        patient.save()
        facts = ", ".join(changed)
        audit.record(by, "contact changed", patient, at=now, patient_id=patient.pk, fields=facts)
    return patient


def follow_sign_in(*, account: User, old: str, by: Actor, now: datetime) -> None:
    """Mail goes where they sign in: the records that had the old address have the new one.

    Runs inside the caller's transaction.
    """
    records = Patient.objects.filter(account=account, email__iexact=old)
    for patient in records.select_for_update(no_key=True).order_by("pk"):
        patient.email = account.email
        patient.save(update_fields=["email"])
        audit.record(by, "contact changed", patient, at=now, patient_id=patient.pk, fields="email")


def _put(patient: Patient, contact: Contact) -> None:
    for name, value in vars(contact).items():
        setattr(patient, name, value)
    patient.name_key = name_key(contact.given_name, contact.family_name)


def _one_at_a_time(born: date) -> None:
    """Wait for whoever adds somebody born that day. Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NEW_PERSON, born.toordinal()])
