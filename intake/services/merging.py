"""Two records of one person merged by a pointer, and taken apart again: nothing is copied.

Every row stays with the record it came to. Whoever asks about a person asks about all records that
lead to the one that is kept (`Patient.person_id`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q
from django.db.models.functions import Coalesce

from clinic import audit, refusals
from clinic.models import User
from intake.exceptions import ReasonNeeded
from intake.models import Case, Clearance, Disposition, Intake, Patient, PatientMerge
from intake.public import is_held
from intake.record_exceptions import (
    KeepWhoSignsIn,
    MergedAlready,
    MergeRefused,
    NotMerged,
    TwoSignIns,
    VisitsInTheWay,
)
from intake.services import cases, clearances
from intake.signals import records_apart, records_merged


def merge_records(*, patient_id: UUID, into: UUID, reason: str, by: User, now: datetime) -> Patient:
    """Have one record lead to another of the same person, which is kept.

    While either is held, nobody of them books: standing clearances are taken back. Safe to call
    twice. Raises ReasonNeeded, MergedAlready, KeepWhoSignsIn, TwoSignIns, VisitsInTheWay,
    MergeRefused.
    """
    with _on_record(reason, by=by):
        patient, kept = _locked(patient_id, into)
        if patient.merged_into_id == kept.pk:
            return kept
        if patient.merged_into_id or kept.merged_into_id or patient.merged_records.exists():
            raise MergedAlready
        if patient.account_id != kept.account_id and patient.account_id:
            raise TwoSignIns if kept.account_id else KeepWhoSignsIn
        _stop_while_held((patient, kept), by=by, now=now)
        _stop_what_an_emergency_overtook((patient, kept), by=by, now=now)
        _require_room(patient, kept, by=by, now=now)
        _note(PatientMerge.Kind.MERGED, patient, kept, reason, by=by, now=now)
        _point(patient, kept)
        _forget_likeness(patient, kept)
    return kept


def take_apart(*, patient_id: UUID, reason: str, by: User, now: datetime) -> Patient:
    """The record is a patient of its own again, with all that came to it.

    What was taken back when they were merged stays so: it is asked anew. Raises ReasonNeeded,
    NotMerged, VisitsInTheWay, MergeRefused.
    """
    with _on_record(reason, by=by):
        into = Patient.objects.values_list("merged_into_id", flat=True).get(pk=patient_id)
        if into is None:
            raise NotMerged
        patient, kept = _locked(patient_id, into)
        if patient.merged_into_id != kept.pk:
            raise NotMerged
        _raise_if_any(records_apart.send(sender=Patient, patient_id=patient.pk, kept_id=kept.pk))
        _note(PatientMerge.Kind.APART, patient, kept, reason, by=by, now=now)
        _point(patient, None)
    return patient


@contextmanager
def _on_record(reason: str, *, by: User) -> Iterator[None]:
    """One transaction; what the database refuses has a sentence."""
    if not reason.strip():
        raise ReasonNeeded
    try:
        with audit.writing(by):
            # Answers under way find their record where it was, or where it leads: not in between.
            cases.one_submission_at_a_time()
            yield
    except IntegrityError as error:
        raise MergeRefused(refusals.sentence(error)) from error


def _locked(patient_id: UUID, kept_id: UUID) -> tuple[Patient, Patient]:
    """Both rows, in order of their ids. Raises Patient.DoesNotExist."""
    both = Patient.objects.filter(pk__in=(patient_id, kept_id)).order_by("pk")
    found = {patient.pk: patient for patient in both.select_for_update(no_key=True)}
    if len(found) != 2:
        raise Patient.DoesNotExist
    return found[patient_id], found[kept_id]


def _stop_while_held(both: tuple[Patient, Patient], *, by: User, now: datetime) -> None:
    if not any(is_held(patient.pk) for patient in both):
        return
    theirs = Q(patient__in=both) | Q(intakes__patient__in=both)
    emergencies = Case.objects.unresolved().filter(theirs, disposition=Disposition.EMERGENCY)
    for patient in both:
        clearances.revoke_all(
            patient_id=patient.pk,
            because="Another record of the same person is held.",
            by=by,
            now=now,
            emergency=emergencies.exists(),
        )


def _stop_what_an_emergency_overtook(
    both: tuple[Patient, Patient], *, by: User, now: datetime
) -> None:
    """Answers from before an emergency clear nobody, on whichever record it came."""
    newest = (
        Intake.objects.filter(patient__in=both, disposition=Disposition.EMERGENCY)
        .order_by("-submitted_at")
        .values_list("submitted_at", flat=True)
        .first()
    )
    if newest is None:
        return
    given = Clearance.objects.standing().filter(patient__in=both)
    overtaken = given.annotate(on=Coalesce("decision__at", "intake__submitted_at"))
    ids = overtaken.filter(on__lt=newest).order_by("issued_at", "pk").values_list("pk", flat=True)
    for clearance_id in ids:
        clearances.revoke(
            clearance_id=clearance_id,
            because="Another record of the same person had an emergency since.",
            by=by,
            now=now,
        )


def _require_room(patient: Patient, kept: Patient, *, by: User, now: datetime) -> None:
    answers = records_merged.send(
        sender=Patient, patient_id=patient.pk, kept_id=kept.pk, by=by, now=now
    )
    _raise_if_any(answers)


def _raise_if_any(answers: list[Any]) -> None:
    in_the_way = [words for _receiver, found in answers for words in found]
    if in_the_way:
        raise VisitsInTheWay(in_the_way)


def _note(
    kind: PatientMerge.Kind,
    patient: Patient,
    kept: Patient,
    reason: str,
    *,
    by: User,
    now: datetime,
) -> None:
    PatientMerge.objects.create(
        patient=patient, kept=kept, kind=kind, reason=reason.strip(), by=by, at=now
    )
    act = "records merged" if kind == PatientMerge.Kind.MERGED else "records apart"
    # On the trail of either: whoever looks at one finds it.
    for record in (patient, kept):
        audit.record(by, act, record, at=now, patient_id=record.pk)


def _point(patient: Patient, kept: Patient | None) -> None:
    patient.merged_into = kept
    patient.save(update_fields=["merged_into"])


def _forget_likeness(patient: Patient, kept: Patient) -> None:
    """Nobody need ask any more whether they are the same."""
    for one, other in ((patient, kept), (kept, patient)):
        Patient.objects.filter(pk=one.pk, likely_duplicate_of=other).update(
            likely_duplicate_of=None
        )
