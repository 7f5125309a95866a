"""What the calendar may know of an intake: who, whether and until when they may book."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.models import User
from intake import cards, words_to_say
from intake.ages import ADULT as ADULT
from intake.ages import is_adult as is_adult
from intake.cards import ClearanceCard as ClearanceCard
from intake.cards import PatientCard as PatientCard
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
from intake.querysets import of_account as of_account  # for the calendar's own rows
from intake.triage import Disposition
from intake.triage.article import ROWS
from intake.triage.article import First as First  # what a row says, for its readers


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
    return cards.patient(found)


def person_of(patient_id: UUID) -> UUID:
    """The record that is kept of this person. Raises Patient.DoesNotExist."""
    return Patient.objects.only("merged_into_id").get(pk=patient_id).person_id


def patient_seen_by(user: User, patient_id: UUID) -> PatientCard | None:
    patients = Patient.objects.visible_to(user).select_related("town", "merged_into__town")
    found = patients.filter(pk=patient_id).first()
    return cards.patient(found) if found else None


def family_of(user: User) -> list[PatientCard]:
    """The patients of an account, oldest first."""
    family = Patient.objects.filter(account=user).not_merged().select_related("town")
    family = family.order_by("born", "pk")
    return [cards.patient(patient) for patient in family]


def clearance_of(user: User, clearance_id: UUID) -> ClearanceCard | None:
    """A clearance of the account's own family, usable or not."""
    return cards.clearance_of_account(clearance_id, user.pk)


def clearance_card(clearance_id: UUID) -> ClearanceCard:
    """A clearance, usable or not. Raises Clearance.DoesNotExist."""
    card = cards.clearance(clearance_id)
    if card is None:
        raise Clearance.DoesNotExist
    return card


def clearances_of(user: User, now: datetime) -> list[ClearanceCard]:
    """What a whole family may book under, the one that lasts longest first."""
    return cards.usable_clearances(list(user.patients.values_list("pk", flat=True)), now)


def is_usable(clearance: ClearanceCard, now: datetime) -> bool:
    """May a visit still be booked under this clearance, just read?"""
    in_time = not clearance.revoked and now < clearance.ends_at
    return in_time and not is_held(clearance.patient_id)


def clearances_usable(patient_id: UUID, now: datetime) -> list[ClearanceCard]:
    """Clearances a visit may still be booked under, the one that lasts longest first."""
    return cards.usable_clearances([patient_id], now)


def may_book(people: Collection[UUID], now: datetime) -> dict[UUID, list[ClearanceCard]]:
    """`clearances_usable` of many at once; a minor without a guardian's consent is left out.

    Each is named by the record that is kept of them.
    """
    consents = GuardianConsent.objects.filter(patient__person__in=people)
    agreed = set(consents.values_list("patient__person", flat=True))
    found: dict[UUID, list[ClearanceCard]] = {}
    for card in cards.usable_clearances(people, now):
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


def lacks_guardian(person: PatientCard, on: date) -> bool:
    """The patient is a minor on that day, and no guardian has agreed to their care."""
    if is_adult(person.born, on):
        return False
    return not GuardianConsent.objects.filter(patient__person=person.id).exists()


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
