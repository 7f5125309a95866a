"""The home exercises somebody is given."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from clinic import audit, messages
from clinic.models import User
from intake.exceptions import HeldFirst, NothingChosen, SheetChanged
from intake.exercises import LIBRARY, Dose
from intake.models import ExercisePlan, Patient, Prescription
from intake.public import is_held


def give_exercises(
    *,
    patient_id: UUID,
    chosen: Mapping[str, Dose],
    note: str,
    latest_seen: UUID | None,
    by: User,
    now: datetime,
) -> ExercisePlan:
    """Give a patient these exercises, by name in the library; they take the place of others.

    None chosen ends those they have. `latest_seen` is the plan that was on screen. The patient
    is told by email that there is a new sheet. Safe to call twice: what says the same as the
    newest plan is that plan. Raises NothingChosen, HeldFirst, SheetChanged.
    """
    note = note.strip()
    with audit.writing(by):
        patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
        records = Patient.objects.same_person_as(patient.pk)
        newest = ExercisePlan.objects.filter(patient__in=records).newest_first().first()
        if newest and doses(newest) == chosen and newest.note == note:
            return newest
        if (newest.pk if newest else None) != latest_seen:
            raise SheetChanged
        if not chosen and (newest is None or newest.length == 0):
            raise NothingChosen
        if chosen and is_held(patient.pk):
            raise HeldFirst
        plan = ExercisePlan.objects.create(
            patient=patient, length=len(chosen), note=note, by=by, at=now
        )
        _prescribe(plan, chosen)
        audit.record(
            by, "exercises given" if chosen else "exercises ended", plan, at=now,
            patient_id=patient.pk, exercises=len(chosen),
        )  # fmt: skip
        if chosen and patient.email:
            messages.exercises(
                to=patient.email, name=patient.given_name, patient_id=patient.pk, now=now
            )
    return plan


def doses(plan: ExercisePlan) -> dict[str, Dose]:
    """How much of each exercise."""
    return {
        each.exercise: Dose(each.times_a_day, each.repeats, each.hold_seconds)
        for each in plan.prescriptions.all()
    }


def _prescribe(plan: ExercisePlan, chosen: Mapping[str, Dose]) -> None:
    """In the order of the library: from lying and kneeling to balancing."""
    known = [exercise.id for exercise in LIBRARY if exercise.id in chosen]
    Prescription.objects.bulk_create(
        Prescription(
            plan=plan,
            place=place,
            exercise=id_,
            times_a_day=chosen[id_].times_a_day,
            repeats=chosen[id_].repeats,
            hold_seconds=chosen[id_].hold_seconds,
        )
        for place, id_ in enumerate(known)
    )
