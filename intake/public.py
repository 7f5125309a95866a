"""What the calendar may know of an intake: who, whether and until when they may book."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.models import User
from intake import words_to_say
from intake.ages import ADULT as ADULT
from intake.ages import is_adult as is_adult
from intake.models import (
    Case,
    Clearance,
    ExercisePlan,
    GuardianConsent,
    Intake,
    Patient,
    ReviewDecision,
)
from intake.patient_file import PatientFile as PatientFile
from intake.patient_file import open_file as open_file
from intake.patient_search import PatientFound as PatientFound
from intake.patient_search import find_patients as find_patients
from intake.querysets import CaseQuerySet, ClearanceQuerySet
from intake.querysets import of_account as of_account  # for the calendar's own rows
from intake.triage import Disposition
from intake.triage.article import ROWS
from intake.triage.article import First as First  # what a row says, for its readers


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


@dataclass(frozen=True)
class HeldCard:
    """Answers that may not book yet. They wait for a review, due by then, or for a doctor.

    `asked`: for the person themselves, who has this question to answer.
    """

    patient_id: UUID
    intake_id: UUID
    due_at: datetime
    awaits_review: bool
    asked: UUID | None = None


@dataclass(frozen=True)
class Standing:
    """How somebody stands, for the desk: in a word, until when, and what to say. Never why.

    `outcome` is what came of a held case; `until` the end of the leave that lasts longest.
    """

    is_held: bool
    outcome: str
    say: str
    until: datetime | None


@dataclass(frozen=True)
class FirstStep:
    """One row of the clinic's table: a situation in the reader's language, and who comes first."""

    situation: str
    first: First


def first_steps() -> list[FirstStep]:
    """The clinic's table: when a chiropractor comes first, and when a doctor does."""
    return [FirstStep(_(row.situation), row.first) for row in ROWS]


def patient_card(patient_id: UUID) -> PatientCard:
    """Of a merged record, the card of the one that is kept. Raises Patient.DoesNotExist."""
    found = Patient.objects.select_related("town", "merged_into__town").get(pk=patient_id)
    return _card(found.kept)


def person_of(patient_id: UUID) -> UUID:
    """The record that is kept of this person. Raises Patient.DoesNotExist."""
    return Patient.objects.only("merged_into_id").get(pk=patient_id).person_id


def patient_seen_by(user: User, patient_id: UUID) -> PatientCard | None:
    patients = Patient.objects.visible_to(user).select_related("town", "merged_into__town")
    found = patients.filter(pk=patient_id).first()
    return _card(found.kept) if found else None


def family_of(user: User) -> list[PatientCard]:
    """The patients of an account, oldest first."""
    family = Patient.objects.filter(account=user).not_merged().select_related("town")
    family = family.order_by("born", "pk")
    return [_card(patient) for patient in family]


def clearance_of(user: User, clearance_id: UUID) -> ClearanceCard | None:
    """A clearance of the account's own family, usable or not."""
    clearance = _as_known().filter(of_account(user), pk=clearance_id).first()
    return _clearance_card(clearance) if clearance else None


def clearance_card(clearance_id: UUID) -> ClearanceCard:
    """A clearance, usable or not. Raises Clearance.DoesNotExist."""
    return _clearance_card(_as_known().get(pk=clearance_id))


def clearances_of(user: User, now: datetime) -> list[ClearanceCard]:
    """What a whole family may book under, the one that lasts longest first."""
    # Asked for by themselves: one more join, and the database would begin with every clearance.
    records = list(Patient.objects.filter(person__in=user.patients.values("person")))
    usable = _as_known().usable(now).filter(~Exists(_holding()), patient__in=records)
    return [_clearance_card(clearance) for clearance in usable.order_by("-ends_at")]


def is_usable(clearance: ClearanceCard, now: datetime) -> bool:
    """May a visit still be booked under this clearance, just read?"""
    in_time = not clearance.revoked and now < clearance.ends_at
    return in_time and not is_held(clearance.patient_id)


def clearances_usable(patient_id: UUID, now: datetime) -> list[ClearanceCard]:
    """Clearances a visit may still be booked under, the one that lasts longest first."""
    if is_held(patient_id):
        return []
    theirs = Patient.objects.same_person_as(patient_id)
    usable = _as_known().usable(now).filter(patient__in=theirs)
    return [_clearance_card(clearance) for clearance in usable.order_by("-ends_at")]


def may_book(people: Collection[UUID], now: datetime) -> dict[UUID, list[ClearanceCard]]:
    """`clearances_usable` of many at once; a minor without a guardian's consent is left out.

    Each is named by the record that is kept of them.
    """
    usable = _as_known().usable(now).filter(~Exists(_holding()), patient__person__in=people)
    consents = GuardianConsent.objects.filter(patient__person__in=people)
    agreed = set(consents.values_list("patient__person", flat=True))
    found: dict[UUID, list[ClearanceCard]] = {}
    for clearance in usable.order_by("-ends_at"):
        card = _clearance_card(clearance)
        if is_adult(card.person.born, timezone.localdate(now)) or card.patient_id in agreed:
            found.setdefault(card.patient_id, []).append(card)
    return found


def held_cases_of(user: User) -> list[HeldCard]:
    """A family's unresolved cases, each person's newest answers in theirs."""
    said = Intake.objects.filter(of_account(user), case__state__in=Case.UNRESOLVED)
    newest = said.order_by("patient__person", "-submitted_at").distinct("patient__person")
    return [
        HeldCard(
            patient_id=intake.patient.person_id,
            intake_id=intake.pk,
            due_at=intake.case.due_at,
            awaits_review=intake.case.state != Case.State.REFERRED,
            asked=open_question_of(intake),
        )
        for intake in newest.select_related("case__patient", "patient")
        if intake.patient and intake.case
    ]


def open_question_of(intake: Intake) -> UUID | None:
    """The decision that asks the patient of these answers something, while it waits for them."""
    case = intake.case
    if case is None or case.state != Case.State.ASKED or case.patient is None:
        return None
    if intake.patient is None or case.patient.person_id != intake.patient.person_id:
        return None
    asking = case.decisions.filter(kind=ReviewDecision.Kind.ASK, draft__submitted=None)
    return asking.values_list("pk", flat=True).first()


def newest_answers_of(user: User) -> dict[UUID, UUID]:
    """For each of a family who has sent any: the answers that came last."""
    newest = Intake.objects.filter(of_account(user)).distinct("patient__person")
    newest = newest.order_by("patient__person", "-submitted_at")
    return dict(newest.values_list("patient__person", "pk"))


def who_has_exercises(user: User) -> set[UUID]:
    """Who of the account's family has home exercises to do."""
    plans = ExercisePlan.objects.filter(of_account(user))
    newest = plans.order_by("patient__person", "-at", "-pk").distinct("patient__person")
    lengths = newest.values_list("patient__person", "length")
    return {person_id for person_id, length in lengths if length}


def short_forms_of(user: User, now: datetime) -> dict[UUID, datetime]:
    """Who of the account's family may take the short form, and when they answered last."""
    newest = Intake.objects.filter(of_account(user)).renewable(now)
    return dict(newest.values_list("patient__person", "submitted_at"))


def standing(patient_id: UUID, now: datetime) -> Standing:
    """Held, free to book, or neither: then the health questions come first."""
    records = Patient.objects.same_person_as(patient_id)
    theirs = Q(patient__in=records) | Q(intakes__patient__in=records)
    case = Case.objects.unresolved().filter(theirs).distinct().worst_first().first()
    if case:
        return Standing(True, case.get_disposition_display(), words_to_say.of(case), None)
    usable = Clearance.objects.usable(now).filter(patient__in=records).order_by("-ends_at")
    return Standing(False, "", "", usable.values_list("ends_at", flat=True).first())


def severity_of(clearances: Iterable[UUID]) -> dict[UUID, int]:
    """How severe the outcome of the answers behind each clearance was: 0 may book online."""
    said = Clearance.objects.filter(pk__in=list(clearances))
    outcomes = said.values_list("pk", "intake__disposition")
    return {pk: Disposition(outcome).severity for pk, outcome in outcomes}


def outcomes_of(clearances: Iterable[UUID]) -> dict[UUID, str]:
    """In words, where it was not simply to book."""
    said = Clearance.objects.filter(pk__in=list(clearances)).select_related("intake")
    return {
        clearance.pk: clearance.intake.get_disposition_display()
        for clearance in said.exclude(intake__disposition=Disposition.BOOK)
    }


def is_held(patient_id: UUID) -> bool:
    """The patient, or answers of theirs, is in a case nobody has resolved: as the gate asks it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT intake_patient_is_held(%s)", [patient_id])
        return bool(cursor.fetchone()[0])


def held_among(patients: Collection[UUID]) -> set[UUID]:
    """Those of them who are held, each named by the record that is kept of them."""
    unresolved = Case.objects.unresolved()
    held: set[UUID] = set()
    for record in ("patient", "intakes__patient"):
        theirs = unresolved.filter(**{f"{record}__person__in": patients})
        held |= set(theirs.values_list(f"{record}__person", flat=True))
    return held


def lacks_guardian(patient_id: UUID, on: date) -> bool:
    """The patient is a minor on that day, and no guardian has agreed to their care."""
    born = Patient.objects.values_list("born", flat=True).get(pk=patient_id)
    if is_adult(born, on):
        return False
    records = Patient.objects.same_person_as(patient_id)
    return not GuardianConsent.objects.filter(patient__in=records).exists()


def lock_patient(patient_id: UUID) -> None:
    """Keep the rows of the patient's person from other writers until the transaction ends.

    Taken before the patient's clearances and visits. Raises Patient.DoesNotExist.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT intake_lock_person(id) FROM intake_patient WHERE id = %s", [patient_id]
        )
        if cursor.fetchone() is None:
            raise Patient.DoesNotExist


def _as_known() -> ClearanceQuerySet[Clearance]:
    """Clearances, each with when its answers and the patient's newest X-ray hold were submitted.

    And with when the patient was last known to be as they said: they answered, or the clinician
    gave this very leave. Without the second, whoever a doctor had to see first would be held again
    by the same answers each time the link in "you may book" is followed.
    """
    theirs = Intake.objects.filter(patient__person=OuterRef("patient__person"))
    submitted = theirs.order_by("-submitted_at").values("submitted_at")
    people = Clearance.objects.select_related("patient__town", "patient__merged_into__town")
    return people.annotate(
        answered_at=F("intake__submitted_at"),
        xray_hold=Subquery(submitted.filter(xray_hold=True)[:1]),
        known_at=Greatest(
            Subquery(submitted.filter(is_complete=True)[:1]),
            F("intake__submitted_at"),
            F("decision__at"),
        ),
    )


def _holding() -> CaseQuerySet[Case]:
    """Unresolved cases that the person of an outer row is in, or answers of theirs."""
    person = OuterRef("patient__person")
    return Case.objects.unresolved().filter(
        Q(patient__person=person) | Q(intakes__patient__person=person)
    )


def _clearance_card(clearance: Any) -> ClearanceCard:
    held_at = clearance.xray_hold
    return ClearanceCard(
        id=clearance.pk,
        person=_card(clearance.patient.kept),
        starts_at=clearance.starts_at,
        ends_at=clearance.ends_at,
        xray_allowed=clearance.xray_allowed
        and (held_at is None or held_at < clearance.answered_at),
        revoked=clearance.revoked_at is not None,
        known_at=clearance.known_at,
        visit_types=tuple(clearance.visit_types),
    )


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
        first_seen=patient.created_at,
    )
