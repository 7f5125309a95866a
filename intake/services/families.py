"""Families on one account, and the grown-up who leaves it with their own record."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from clinic import audit, messages
from clinic.models import User
from clinic.services import make_account
from intake.exceptions import HandoverOver, NotTheDateOfBirth, NotTheirAccount, OfAge
from intake.identity import Identity
from intake.models import Disposition, Handover, Patient
from intake.public import is_adult
from intake.services import cases, clearances

GOOD_FOR = timedelta(days=7)


def is_of_age(patient: Patient, now: datetime) -> bool:
    return is_adult(patient.born, timezone.localdate(now))


def offer_own_account(*, patient: Patient, email: str, by: User, now: datetime) -> Handover:
    """Mail a link to the address of a grown-up of the family, who takes their record over with it.

    Nothing moves yet. An earlier link of theirs stops working. Raises NotTheirAccount, OfAge.
    """
    with audit.writing(by):
        patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        if patient.account_id != by.pk:
            raise NotTheirAccount
        if not is_of_age(patient, now):
            raise OfAge
        handover = Handover.objects.create(patient=patient, asked_by=by, email=email, asked_at=now)
        make_account(email=email, now=now)
        audit.record(by, "own account offered", handover, at=now, patient_id=patient.pk)
        messages.own_account_offered(to=email, handover_id=handover.pk, now=now)
    return handover


def offered_to(account: User, now: datetime) -> QuerySet[Handover]:
    """The links an account may still use: proved to be their address by the code it signed in by.

    Only the newest of a record counts, and only while the account it comes from still has it.
    """
    newest = (
        Handover.objects.order_by("patient_id", "-asked_at").distinct("patient_id").values("pk")
    )
    return Handover.objects.filter(
        pk__in=newest, email=account.email, done_at=None, asked_at__gt=now - GOOD_FOR
    ).exclude(patient__account=account)


def take_over(*, handover_id: UUID, account: User, born: date, now: datetime) -> Patient:
    """The record, with its answers, clearances and visits, is the account's own from now on.

    The address was proved by a code, the person by their date of birth. Both addresses are told.
    A clearance does not come along to an account where they are held. Raises HandoverOver, OfAge,
    NotTheDateOfBirth.
    """
    with audit.writing(account):
        # Answers under way find their record where it was, or where it is: not in between.
        cases.one_submission_at_a_time()
        handover = offered_to(account, now).filter(pk=handover_id).first()
        if handover is None:
            raise HandoverOver
        patient = Patient.objects.select_for_update(no_key=True).get(pk=handover.patient_id)
        if patient.account_id != handover.asked_by_id or patient.merged_into_id:
            raise HandoverOver
        if not is_of_age(patient, now):
            raise OfAge
        if patient.born != born:
            raise NotTheDateOfBirth
        left = handover.asked_by
        patient.account = account
        patient.email = account.email
        patient.save(update_fields=["account", "email"])
        # What was merged into it is theirs too, and goes along.
        patient.merged_records.filter(account=left).update(account=account)
        Handover.objects.filter(pk=handover.pk).update(done_at=now)
        _take_back_what_is_held_here(patient, by=account, now=now)
        audit.record(
            account,
            "record taken over",
            handover,
            at=now,
            patient_id=patient.pk,
            left_account=str(left.pk),
        )
        messages.own_account_left(to=left.email, name=patient.given_name, now=now)
        messages.own_account_made(to=account.email, name=patient.given_name, now=now)
    return patient


def _take_back_what_is_held_here(patient: Patient, *, by: User, now: datetime) -> None:
    """Somebody may have begun anew in their own account, and been held, before they moved to it."""
    themselves = Identity(
        account_id=by.pk,
        phone=str(patient.phone),
        name_key=patient.name_key,
        born=patient.born,
    )
    case = cases.find_unresolved(themselves).own
    if case:
        clearances.revoke_all(
            patient_id=patient.pk,
            because="Other answers of theirs must be looked at first.",
            by=by,
            now=now,
            emergency=case.disposition == Disposition.EMERGENCY,
        )
