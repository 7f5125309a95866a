"""What the chiropractor decides about a held case."""

from datetime import datetime
from uuid import UUID

from clinic import audit, messages
from clinic.models import User
from intake.exceptions import (
    AnotherCaseOpen,
    AnswersOfAnother,
    AnswersOfAnotherPatient,
    AnswersOfThisPatient,
    CaseAlreadyDecided,
    EmergencyStands,
    NoEmergency,
    PatientUnknown,
    ReasonNeeded,
    XrayOnHold,
)
from intake.models import Case, Disposition, Intake, ReviewDecision
from intake.public import is_held
from intake.services import cases, clearances


def decide(
    *,
    case_id: UUID,
    latest_seen: UUID,
    kind: str,
    reason: str,
    by: User,
    now: datetime,
    xray_allowed: bool = False,
) -> ReviewDecision:
    """Record a decision on a case and do what it says; the patient is told by email.

    `latest_seen` is the newest intake the reviewer had on screen: a decision never covers
    answers nobody read. Raises ReasonNeeded, CaseAlreadyDecided, EmergencyStands, NoEmergency,
    PatientUnknown, AnswersOfAnother, AnswersOfAnotherPatient, AnotherCaseOpen, XrayOnHold.
    """
    if not reason.strip():
        raise ReasonNeeded
    with audit.writing(by):
        case, newest = _to_decide(case_id, latest_seen)
        basis = _basis(case, newest, kind)
        with_xray = xray_allowed and kind in ReviewDecision.CLEARING
        if with_xray and basis.xray_hold:
            raise XrayOnHold
        decision = ReviewDecision.objects.create(
            case=case,
            intake=basis,
            kind=kind,
            reason=reason.strip(),
            xray_allowed=with_xray,
            by=by,
            at=now,
        )
        audit.record(by, f"review: {kind}", case, at=now, patient_id=case.patient_id)
        _carry_out(case, decision, now=now)
    return decision


def set_aside(
    *, case_id: UUID, intake: UUID, latest_seen: UUID, reason: str, by: User, now: datetime
) -> ReviewDecision:
    """Take answers that are not the patient's out of the case, into a case of their own.

    Both wait for a decision, the case as what is left in it makes it. Raises ReasonNeeded,
    CaseAlreadyDecided, PatientUnknown, AnswersOfThisPatient.
    """
    if not reason.strip():
        raise ReasonNeeded
    with audit.writing(by):
        case, _newest = _to_decide(case_id, latest_seen)
        said = case.intakes.select_for_update(of=("self",)).filter(pk=intake).first()
        if said is None:
            raise CaseAlreadyDecided
        if case.patient_id is None:
            raise PatientUnknown
        if said.patient_id == case.patient_id:
            raise AnswersOfThisPatient
        decision = ReviewDecision.objects.create(
            case=case,
            intake=said,
            kind=ReviewDecision.Kind.SET_ASIDE,
            reason=reason.strip(),
            by=by,
            at=now,
        )
        audit.record(by, f"review: {decision.kind}", case, at=now, patient_id=case.patient_id)
        own = cases.set_apart(said, out_of=case, now=now)
        audit.record(by, "answers set apart", own, at=now, patient_id=own.patient_id)
        cases.judge_again(case, now=now)
    return decision


def _to_decide(case_id: UUID, latest_seen: UUID) -> tuple[Case, Intake]:
    """The case and its newest answers, locked, if nobody decided and nothing came in since."""
    cases.one_submission_at_a_time()
    case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
    newest = case.intakes.order_by("-submitted_at").first()
    if case.state not in Case.UNRESOLVED or newest is None or newest.pk != latest_seen:
        raise CaseAlreadyDecided
    return case, newest


def _basis(case: Case, newest: Intake, kind: str) -> Intake:
    """The answers the decision rests on."""
    resolving = kind == ReviewDecision.Kind.EMERGENCY_RESOLVED
    if resolving and case.disposition != Disposition.EMERGENCY:
        raise NoEmergency
    if kind not in ReviewDecision.CLEARING:
        return newest
    if case.disposition == Disposition.EMERGENCY or newest.disposition == Disposition.EMERGENCY:
        raise EmergencyStands
    if case.patient_id is None:
        raise PatientUnknown
    if newest.patient_id != case.patient_id:
        raise AnswersOfAnother
    # They would leave the list along with the case, and nobody would have decided about them.
    if case.intakes.exclude(patient=None).exclude(patient=case.patient_id).exists():
        raise AnswersOfAnotherPatient
    # Answers of theirs that joined somebody else's case: that one is decided first.
    elsewhere = Case.objects.unresolved().exclude(patient=case.patient_id)
    if elsewhere.filter(intakes__patient=case.patient_id).exclude(pk=case.pk).exists():
        raise AnotherCaseOpen
    return newest


def _carry_out(case: Case, decision: ReviewDecision, *, now: datetime) -> None:
    if decision.kind in ReviewDecision.CLEARING and case.patient:
        _end(case, Case.State.CLEARED, now=now)
        if is_held(case.patient.pk):
            # Another case of theirs is open: whichever is decided last lets them book.
            return
        clearance = clearances.issue(
            patient=case.patient,
            intake=decision.intake,
            decision=decision,
            by=decision.by,
            now=now,
        )
        messages.cleared(
            to=_email(case), name=_given_name(case), clearance_id=clearance.pk, now=now
        )
    elif decision.kind == ReviewDecision.Kind.REFER:
        case.state = Case.State.REFERRED
        case.save(update_fields=["state"])
        if _email(case):
            messages.referred(to=_email(case), name=_given_name(case), now=now)
    else:
        _resolve_emergency(case, now=now)


def _resolve_emergency(case: Case, *, now: datetime) -> None:
    """The emergency is over. Any other answers stay held for a decision of their own.

    Those from before it too: nobody decided about them, and they may be someone else's.
    """
    newest = case.intakes.latest("submitted_at")
    others = case.intakes.exclude(disposition=Disposition.EMERGENCY)
    said = list(others.values_list("disposition", flat=True))
    if said:
        case.disposition = cases.worst(Disposition.CO_MANAGE, *said)
        case.save(update_fields=["disposition"])
    else:
        _end(case, Case.State.CLOSED, now=now)
    if newest.disposition == Disposition.EMERGENCY and _email(case):
        messages.start_again(to=_email(case), name=_given_name(case), now=now)


def _end(case: Case, state: Case.State, *, now: datetime) -> None:
    case.state = state
    case.resolved_at = now
    case.save(update_fields=["state", "resolved_at"])


def _email(case: Case) -> str:
    return case.patient.email if case.patient else ""


def _given_name(case: Case) -> str:
    return case.patient.given_name if case.patient else ""
