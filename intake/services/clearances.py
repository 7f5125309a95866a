"""Leave to book: issued once, for one patient and a time, and taken back."""

from datetime import datetime, timedelta
from uuid import UUID

from clinic import audit
from clinic.audit import Actor
from clinic.models import ClinicProfile
from intake.exceptions import AnswersTooOld, ReasonNeeded
from intake.models import Clearance, Intake, Patient, ReviewDecision
from intake.signals import clearance_decided, clearance_revoked


def issue(
    *,
    patient: Patient,
    intake: Intake,
    decision: ReviewDecision | None,
    by: Actor,
    now: datetime,
) -> Clearance:
    """A clearance as the decision says, or for the clinic's usual length, counted from it.

    Without a decision nobody has looked: the days count from when the answers were sent, whenever
    the address is proved. A decision takes the place of every clearance before it. Runs inside the
    caller's transaction. Raises AnswersTooOld.
    """
    counted_from = decision.at if decision else intake.submitted_at
    ends_at = counted_from + timedelta(days=ClinicProfile.current().clearance_days)
    if decision and decision.until:
        ends_at = decision.until
    if ends_at <= now:
        raise AnswersTooOld
    clearance = Clearance.objects.create(
        patient=patient,
        intake=intake,
        decision=decision,
        starts_at=now,
        ends_at=ends_at,
        xray_allowed=decision.xray_allowed if decision else False,
        visit_types=decision.visit_types if decision else [],
        issued_at=now,
    )
    audit.record(by, "clearance issued", clearance, at=now, patient_id=patient.pk)
    if decision:
        take_the_place_of_older(clearance, by=by, now=now)
    return clearance


def revoke(
    *,
    clearance_id: UUID,
    because: str,
    by: Actor,
    now: datetime,
    emergency: bool = False,
) -> Clearance:
    """Take a clearance back; its coming visits are suspended, or released in an emergency.

    An emergency also frees what an earlier revocation suspended. Safe to call twice.
    Raises ReasonNeeded.
    """
    if not because.strip():
        raise ReasonNeeded
    with audit.writing(by):
        patient_id = Clearance.objects.values_list("patient_id", flat=True).get(pk=clearance_id)
        # The patient's row before the clearance's, as a booking takes them.
        Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
        clearance = Clearance.objects.select_for_update().get(pk=clearance_id)
        if clearance.revoked_at and not emergency:
            return clearance
        if not clearance.revoked_at:
            clearance.revoked_at = now
            clearance.revoked_by_id = getattr(by, "pk", None)
            clearance.revoked_because = because
            clearance.save(update_fields=["revoked_at", "revoked_by", "revoked_because"])
            audit.record(by, "clearance revoked", clearance, at=now, patient_id=patient_id)
        clearance_revoked.send(
            sender=Clearance,
            clearance_id=clearance.pk,
            patient_id=patient_id,
            emergency=emergency,
            by=by,
            now=now,
            because=because,
        )
    return clearance


def revoke_all(
    *, patient_id: UUID, because: str, by: Actor, now: datetime, emergency: bool
) -> None:
    """Take back every standing clearance of a person, whichever record has it, oldest first.

    In an emergency those taken back before as well: visits on them may wait for a decision.
    """
    records = Patient.objects.same_person_as(patient_id)
    theirs = Clearance.objects.filter(patient__in=records).order_by("issued_at", "pk")
    concerned = theirs.standing()
    if emergency:
        concerned |= theirs.filter(ends_at__gt=now)
    for clearance_id in concerned.values_list("pk", flat=True):
        revoke(clearance_id=clearance_id, because=because, by=by, now=now, emergency=emergency)


def take_the_place_of_older(newest: Clearance, *, by: Actor, now: datetime) -> None:
    """The visits it allows rest on the newest decision; older clearances are taken back."""
    patient_id = newest.patient_id
    clearance_decided.send(
        sender=Clearance, clearance_id=newest.pk, patient_id=patient_id, by=by, now=now
    )
    records = Patient.objects.same_person_as(patient_id)
    older = Clearance.objects.standing().filter(patient__in=records).exclude(pk=newest.pk)
    for clearance_id in older.order_by("issued_at", "pk").values_list("pk", flat=True):
        revoke(
            clearance_id=clearance_id,
            because="A newer decision takes its place.",
            by=by,
            now=now,
        )
