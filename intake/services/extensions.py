"""A clearance extended or ended by the chiropractor after a visit."""

from datetime import datetime
from uuid import UUID

from clinic import audit, messages
from clinic.models import User
from intake import renewal
from intake.exceptions import ClearanceOver, DecideOnCase, HeldFirst, NotThatLong, ReasonNeeded
from intake.models import Clearance, ClearanceDecision, Patient
from intake.public import is_held
from intake.services import clearances


def extend_clearance(
    *, clearance_id: UUID, until: datetime, reason: str, by: User, now: datetime
) -> Clearance:
    """Let the patient book up to `until` on the same answers; coming visits rest on it.

    Only of who was let through by their answers, and for a year after those at most: a decision
    on a case is changed there. The patient is told. Raises ReasonNeeded, ClearanceOver,
    DecideOnCase, HeldFirst, NotThatLong.
    """
    if not reason.strip():
        raise ReasonNeeded
    with audit.writing(by):
        older = _standing(clearance_id)
        if older.decision_id:
            raise DecideOnCase
        if is_held(older.patient_id):
            raise HeldFirst
        if not max(now, older.ends_at) < until <= older.intake.submitted_at + renewal.A_YEAR:
            raise NotThatLong
        decision = _record(ClearanceDecision.Kind.EXTEND, older, reason, until, by=by, now=now)
        newer = Clearance.objects.create(
            patient=older.patient,
            intake=older.intake,
            extension=decision,
            starts_at=now,
            ends_at=until,
            issued_at=now,
        )
        audit.record(by, "clearance extended", newer, at=now, patient_id=older.patient_id)
        clearances.take_the_place_of_older(newer, by=by, now=now)
        person = older.patient.kept
        if person.email:
            messages.cleared(
                to=person.email,
                name=person.given_name,
                clearance_id=newer.pk,
                now=now,
            )
    return newer


def end_clearance(*, clearance_id: UUID, reason: str, by: User, now: datetime) -> None:
    """The patient books no more on it, and coming visits wait for a decision.

    Raises ReasonNeeded, ClearanceOver.
    """
    if not reason.strip():
        raise ReasonNeeded
    with audit.writing(by):
        older = _standing(clearance_id)
        _record(ClearanceDecision.Kind.END, older, reason, None, by=by, now=now)
        clearances.revoke(clearance_id=older.pk, because=reason.strip(), by=by, now=now)


def _standing(clearance_id: UUID) -> Clearance:
    patient_id = Clearance.objects.values_list("patient_id", flat=True).get(pk=clearance_id)
    # The patient's row before the clearance's, as a booking takes them.
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    found = Clearance.objects.select_related("patient__merged_into", "intake")
    clearance = found.select_for_update(of=("self",)).get(pk=clearance_id)
    if clearance.revoked_at:
        raise ClearanceOver
    return clearance


def _record(
    kind: str,
    clearance: Clearance,
    reason: str,
    until: datetime | None,
    *,
    by: User,
    now: datetime,
) -> ClearanceDecision:
    return ClearanceDecision.objects.create(
        clearance=clearance, kind=kind, until=until, reason=reason.strip(), by=by, at=now
    )
