"""What the chiropractor decides about a held case."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clinic import audit, messages
from clinic.models import Message, User
from intake import visit_types as kinds_of_visit
from intake.exceptions import (
    AnotherCaseOpen,
    AnswersOfAnother,
    AnswersOfAnotherPatient,
    AnswersOfThisPatient,
    CaseAlreadyDecided,
    EmergencyStands,
    NobodyToAsk,
    NoEmergency,
    PatientUnknown,
    QuestionNeeded,
    QuestionUnknown,
    ReasonNeeded,
    UntilNotAhead,
    XrayOnHold,
)
from intake.models import Case, Clearance, Disposition, Intake, Patient, ReviewDecision
from intake.public import is_held
from intake.services import asking, cases, clearances, referrals
from intake.signals import call_wanted

Kind = ReviewDecision.Kind
# What another decision may take the place of. An emergency that was resolved and answers that were
# set aside have had their effect elsewhere.
SUPERSEDABLE = (Kind.CLEAR, Kind.SUPPORTIVE, Kind.REFER, Kind.ASK, Kind.CLOSE)
LONGEST_LEAVE = timedelta(days=366)
NEWER_DECISION = "A newer decision takes its place."


def decide(
    *,
    case_id: UUID,
    latest_seen: UUID,
    kind: str,
    reason: str,
    by: User,
    now: datetime,
    xray_allowed: bool = False,
    visit_types: Sequence[str] = (),
    until: datetime | None = None,
    refer_to: str = "",
    refer_urgency: str = "",
    questions: Sequence[str] = (),
    own_question: str = "",
    supersedes: UUID | None = None,
    decided_seen: int | None = None,
) -> ReviewDecision:
    """Record a decision on a case and do what it says; the patient is told by email.

    What goes with another kind of decision is left out. `latest_seen` is the newest intake the
    reviewer had on screen: a decision never covers answers nobody read. `decided_seen` is how many
    decisions stood there: a case that was referred or asked about may be decided on, but not by
    somebody who does not know. A case that was decided is decided again only by taking the place
    of the decision that stands. Raises ReasonNeeded, CaseAlreadyDecided, EmergencyStands,
    NoEmergency, PatientUnknown, AnswersOfAnother, AnswersOfAnotherPatient, AnotherCaseOpen,
    XrayOnHold, NobodyToAsk, QuestionNeeded, QuestionUnknown, UntilNotAhead, and what
    `visit_types.require_consistent` raises.
    """
    if not reason.strip():
        raise ReasonNeeded
    with audit.writing(by):
        case, newest = _to_decide(case_id, latest_seen, supersedes)
        if decided_seen is not None and case.decisions.count() != decided_seen:
            raise CaseAlreadyDecided
        basis = _basis(case, newest, kind)
        terms: dict[str, Any] = {}
        if kind in ReviewDecision.CLEARING:
            terms = {"xray_allowed": xray_allowed, "visit_types": list(visit_types), "until": until}
            _require_leave(basis, **terms, now=now)
        elif kind == Kind.REFER:
            terms = {"refer_to": refer_to.strip(), "refer_urgency": refer_urgency}
        elif kind == Kind.ASK:
            terms = {"questions": list(questions), "own_question": own_question.strip()}
            _require_questions(basis, **terms)
        decision = ReviewDecision.objects.create(
            case=case,
            intake=basis,
            kind=kind,
            reason=reason.strip(),
            supersedes_id=supersedes,
            by=by,
            at=now,
            **terms,
        )
        audit.record(by, f"review: {kind}", case, at=now, patient_id=case.patient_id)
        _carry_out(case, decision, now=now)
        referrals.follow(decision, now=now)
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
        if said.patient_id in _records(case):
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


def standing(case: Case) -> ReviewDecision | None:
    """The decision about the case as a whole that another may take the place of."""
    whole = case.decisions.exclude(kind=Kind.SET_ASIDE).filter(superseded_by=None)
    newest = whole.first()
    return newest if newest and newest.kind in SUPERSEDABLE else None


def _to_decide(
    case_id: UUID, latest_seen: UUID, supersedes: UUID | None = None
) -> tuple[Case, Intake]:
    """The case and its newest answers, locked, if nobody decided and nothing came in since."""
    cases.one_submission_at_a_time()
    case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
    newest = case.intakes.order_by("-submitted_at").first()
    if newest is None or newest.pk != latest_seen:
        raise CaseAlreadyDecided
    stands = standing(case) if supersedes or case.state not in Case.UNRESOLVED else None
    if (stands and stands.pk) != supersedes or (
        supersedes is None and case.state not in Case.UNRESOLVED
    ):
        raise CaseAlreadyDecided
    return case, newest


def _basis(case: Case, newest: Intake, kind: str) -> Intake:
    """The answers the decision rests on."""
    if kind == Kind.EMERGENCY_RESOLVED and case.disposition != Disposition.EMERGENCY:
        raise NoEmergency
    if kind in (Kind.EMERGENCY_RESOLVED, Kind.REFER):
        return newest
    if Disposition.EMERGENCY in (case.disposition, newest.disposition):
        raise EmergencyStands
    if kind == Kind.CLOSE:
        _require_nobody_else(case)
        return newest
    if case.patient_id is None:
        raise PatientUnknown
    records = _records(case)
    if newest.patient_id not in records:
        raise AnswersOfAnother
    if kind == Kind.ASK:
        if case.patient and case.patient.kept.account_id is None:
            raise NobodyToAsk
        return newest
    _require_nobody_else(case)
    # Answers of theirs that joined somebody else's case: that one is decided first.
    elsewhere = Case.objects.unresolved().exclude(patient__in=records)
    if elsewhere.filter(intakes__patient__in=records).exclude(pk=case.pk).exists():
        raise AnotherCaseOpen
    return newest


def _require_nobody_else(case: Case) -> None:
    """Another patient's answers would leave the list along with the case, decided by nobody."""
    others = case.intakes.exclude(patient=None).exclude(patient__in=_records(case))
    if others.exists():
        raise AnswersOfAnotherPatient


def _records(case: Case) -> set[UUID]:
    """All records of the person whose case it is; of nobody's case, none."""
    if case.patient_id is None:
        return set()
    return set(Patient.objects.same_person_as(case.patient_id).values_list("pk", flat=True))


def _require_leave(
    basis: Intake,
    *,
    xray_allowed: bool,
    visit_types: Sequence[str],
    until: datetime | None,
    now: datetime,
) -> None:
    if xray_allowed and basis.xray_hold:
        raise XrayOnHold
    kinds_of_visit.require_consistent(visit_types, xray_allowed=xray_allowed)
    if until is not None and not now < until <= now + LONGEST_LEAVE:
        raise UntilNotAhead


def _require_questions(basis: Intake, *, questions: Sequence[str], own_question: str) -> None:
    if not questions and not own_question:
        raise QuestionNeeded
    if set(questions) - {question.id for question in asking.askable(basis)}:
        raise QuestionUnknown


def _carry_out(case: Case, decision: ReviewDecision, *, now: datetime) -> None:
    if decision.kind not in ReviewDecision.CLEARING:
        _take_back(case, decision, now=now)
    if decision.kind in ReviewDecision.CLEARING and case.patient:
        _end(case, Case.State.CLEARED, now=now)
        if is_held(case.patient.pk):
            # Another case of theirs is open: whichever is decided last lets them book.
            _take_back(case, decision, now=now)
            return
        clearance = clearances.issue(
            # On whichever record of theirs they answered.
            patient=decision.intake.patient or case.patient,
            intake=decision.intake,
            decision=decision,
            by=decision.by,
            now=now,
        )
        _tell(case, decision, "cleared", messages.cleared, clearance_id=clearance.pk, now=now)
    elif decision.kind == Kind.REFER:
        _wait(case, Case.State.REFERRED)
        _tell(case, decision, "referred", messages.referred, now=now)
    elif decision.kind == Kind.ASK:
        _wait(case, Case.State.ASKED)
        asking.prepare(decision, now=now)
        _tell(case, decision, "asked", messages.asked, decision_id=decision.pk, now=now)
    elif decision.kind == Kind.CLOSE:
        _end(case, Case.State.CLOSED, now=now)
        _tell(case, decision, "read", messages.closed, now=now)
    else:
        _resolve_emergency(case, now=now)


def _take_back(case: Case, decision: ReviewDecision, *, now: datetime) -> None:
    """What the superseded decision allowed; the visits to come wait for another decision.

    Whoever must see a doctor, or answer first, books under nothing else either.
    """
    if decision.supersedes_id is None or case.patient_id is None:
        return
    theirs = Clearance.objects.filter(patient__in=_records(case)).standing()
    if decision.kind not in (Kind.REFER, Kind.ASK):
        theirs = theirs.filter(decision=decision.supersedes_id)
    for clearance_id in theirs.order_by("issued_at", "pk").values_list("pk", flat=True):
        clearances.revoke(
            clearance_id=clearance_id,
            because=NEWER_DECISION,
            by=decision.by,
            now=now,
        )


def _wait(case: Case, state: Case.State) -> None:
    """For a doctor or for the patient. Back with us and late, it is told as overdue once more."""
    case.state = state
    case.resolved_at = None
    case.overdue_told_at = None
    case.save(update_fields=["state", "resolved_at", "overdue_told_at"])


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


def _tell(
    case: Case,
    decision: ReviewDecision,
    why: str,
    letter: Callable[..., Message],
    *,
    now: datetime,
    **words: UUID,
) -> None:
    """By a letter; who has no email address is called by the desk."""
    if _email(case):
        letter(to=_email(case), name=_given_name(case), now=now, **words)
    elif case.patient:
        call_wanted.send(
            sender=None, patient_id=case.patient.person_id, why=why, by=decision.by, now=now
        )


def _email(case: Case) -> str:
    return case.patient.kept.email if case.patient else ""


def _given_name(case: Case) -> str:
    return case.patient.kept.given_name if case.patient else ""
