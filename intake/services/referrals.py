"""A referral from the letter to the decision that ends it. None of it ever clears anybody."""

import hashlib
from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Subquery

from clinic import audit, messages, times
from clinic.models import User
from clinic.typeset import NotTypeset
from intake import letter, reports
from intake.exceptions import (
    LetterNeedsReceiver,
    LetterNewer,
    LetterNotPrintable,
    ReasonNeeded,
    ReferralOver,
    ReportEmpty,
    ReportNameRefused,
    ReportOfWrongKind,
    ReportTooLarge,
    TooManyReports,
)
from intake.models import (
    Case,
    Disposition,
    Receiver,
    Referral,
    ReferralLetter,
    ReferralStep,
    Report,
    ReviewDecision,
)
from intake.querysets import ReferralQuerySet
from intake.services import cases

Step = ReferralStep.Kind

# After the day by which the patient should be seen: doctors write their reports afterwards.
REPORT_WITHIN = timedelta(days=7)
# Pages photographed one by one, and not a store of files.
MOST_REPORTS = 20


def follow(decision: ReviewDecision, *, now: datetime) -> Referral | None:
    """What a decision means for referrals: it ends those that run, or begins another.

    Runs inside the transaction of the decision, once the case stands as decided. A question to
    the patient, or answers set aside, leave a referral as it is.
    """
    refers = decision.kind == ReviewDecision.Kind.REFER
    if refers or decision.case.state not in Case.UNRESOLVED:
        for running in Referral.objects.running().filter(case=decision.case_id):
            _step(running, Step.DECIDED, by=decision.by, now=now)
    if not refers:
        return None
    referral = Referral.objects.create(case=decision.case, decision=decision, opened_at=now)
    _write(referral, asdict(letter.draft(decision, now=now)), version=1, by=decision.by, now=now)
    _step(referral, Step.DRAFTED, by=decision.by, now=now)
    _record(decision.by, "referral opened", referral, now=now)
    return referral


def save_letter(
    *,
    referral_id: UUID,
    seen_version: int,
    receiver: Receiver | None,
    to_name: str,
    to_address: str,
    see_by: date,
    history: str,
    findings: str,
    question: str,
    signed_by: str,
    by: User,
    now: datetime,
) -> ReferralLetter:
    """The next version of the letter; the same once more is the version that stands.

    `seen_version` is the one the writer had on screen. Raises ReferralOver, LetterNewer,
    ReasonNeeded when nothing is asked.
    """
    parts: dict[str, object] = {
        "receiver": receiver,
        "to_name": to_name,
        "to_address": to_address,
        "see_by": see_by,
        "history": history,
        "findings": findings,
        "question": question,
        "signed_by": signed_by,
    }
    with audit.writing(by):
        referral = _running(referral_id)
        newest = referral.letters.latest("version")
        if newest.version != seen_version:
            raise LetterNewer
        if not question.strip():
            raise ReasonNeeded
        if all(getattr(newest, name) == value for name, value in parts.items()):
            return newest
        saved = _write(referral, parts, version=newest.version + 1, by=by, now=now)
        _record(by, "referral letter saved", referral, now=now, version=saved.version)
    return saved


def letter_went_out(
    *, referral_id: UUID, seen_version: int, note: str, by: User, now: datetime
) -> ReferralStep:
    """The letter was given or sent, as it stands; the patient has it on their page from now on.

    Raises ReferralOver, LetterNewer, LetterNeedsReceiver, LetterNotPrintable.
    """
    with audit.writing(by):
        referral = _running(referral_id)
        newest = referral.letters.latest("version")
        if newest.version != seen_version:
            raise LetterNewer
        if not newest.to_name.strip():
            raise LetterNeedsReceiver
        _require_printable(newest, now=now)
        step = _step(referral, Step.SENT, by=by, now=now, letter=newest, note=note)
        _record(by, "referral letter sent", referral, now=now, version=newest.version)
        patient = referral.decision.intake.patient
        if patient and patient.kept.email:
            messages.referred(to=patient.kept.email, name=patient.kept.given_name, now=now)
    return step


def doctor_seen(*, referral_id: UUID, by: User, now: datetime, note: str = "") -> ReferralStep:
    """The doctor has seen the patient, says the patient or the clinic: somebody looks again.

    Said twice, the first counts. Raises ReferralOver.
    """
    with audit.writing(by):
        referral = _running(referral_id)
        said = referral.steps.filter(kind=Step.SEEN).first()
        if said:
            return said
        step = _step(referral, Step.SEEN, by=by, now=now, note=note)
        _record(by, "doctor seen", referral, now=now)
        _back_to_review(referral.case, now=now)
    return step


def receive_report(
    *, referral_id: UUID, name: str, content: bytes, size: int, by: User, now: datetime
) -> Report:
    """Keep a doctor's report as it was handed in; somebody looks at it.

    `size` is as it was sent: of what is too large not everything may be here. The same file once
    more is the one that is kept. Raises ReportEmpty, ReportTooLarge, ReportOfWrongKind,
    ReportNameRefused, TooManyReports, ReferralOver.
    """
    if not size:
        raise ReportEmpty
    if size > reports.MOST_BYTES or len(content) != size:
        raise ReportTooLarge
    if reports.is_path_trick(name):
        raise ReportNameRefused
    kind = reports.kind_of(content)
    if kind is None:
        raise ReportOfWrongKind
    digest = hashlib.sha256(content).hexdigest()
    with audit.writing(by):
        referral = _running(referral_id)
        kept = referral.reports.defer("content").filter(sha256=digest).first()
        if kept:
            return kept
        if referral.reports.count() >= MOST_REPORTS:
            raise TooManyReports
        report = Report.objects.create(
            referral=referral,
            kind=kind,
            name=reports.shown_name(name),
            content=content,
            size=size,
            sha256=digest,
            by=by,
            at=now,
        )
        _step(referral, Step.REPORT, by=by, now=now)
        _record(by, "report received", referral, now=now, kind=kind.value, bytes=size)
        _back_to_review(referral.case, now=now)
    return report


def bring_back_overdue(*, now: datetime) -> int:
    """Referrals nobody heard of in time: their cases wait for a decision again, at once."""
    brought_back = 0
    for referral in _overdue(now):
        with audit.writing(None):
            cases.one_submission_at_a_time()
            case = Case.objects.select_for_update(of=("self",)).get(pk=referral.case_id)
            if not _overdue(now).filter(pk=referral.pk).exists():
                continue
            _step(referral, Step.OVERDUE, by=None, now=now)
            _record(None, "referral overdue", referral, now=now)
            cases.wait_again(case, due_at=now)
            brought_back += 1
    return brought_back


def expected_by(letter: ReferralLetter) -> date:
    """The last day on which nobody asks where the report is."""
    return letter.see_by + REPORT_WITHIN


def _overdue(now: datetime) -> ReferralQuerySet[Referral]:
    newest = ReferralLetter.objects.filter(referral=OuterRef("pk")).order_by("-version")
    see_by = Subquery(newest.values("see_by")[:1])
    late = times.local(now).date() - REPORT_WITHIN
    return Referral.objects.unheard().annotate(see_by=see_by).filter(see_by__lt=late)


def _running(referral_id: UUID) -> Referral:
    """The referral, its case locked: a decision made in the same moment comes before or after."""
    cases.one_submission_at_a_time()
    case_id = Referral.objects.values_list("case", flat=True).get(pk=referral_id)
    Case.objects.select_for_update(of=("self",)).get(pk=case_id)
    running = Referral.objects.running().select_related("case", "decision__intake__patient")
    referral = running.filter(pk=referral_id).first()
    if referral is None:
        raise ReferralOver
    return referral


def _require_printable(newest: ReferralLetter, *, now: datetime) -> None:
    """Nobody is told of a letter that then does not come onto paper."""
    try:
        letter.pdf(newest, now=now)
    except NotTypeset:
        raise LetterNotPrintable from None


def _write(
    referral: Referral, parts: dict[str, object], *, version: int, by: User, now: datetime
) -> ReferralLetter:
    return ReferralLetter.objects.create(referral=referral, version=version, by=by, at=now, **parts)


def _step(
    referral: Referral,
    kind: ReferralStep.Kind,
    *,
    by: User | None,
    now: datetime,
    letter: ReferralLetter | None = None,
    note: str = "",
) -> ReferralStep:
    return ReferralStep.objects.create(
        referral=referral, kind=kind, letter=letter, note=note, by=by, at=now
    )


def _back_to_review(case: Case, *, now: datetime) -> None:
    """To what waits for a decision. What waits there already was promised no later than this."""
    if case.state != Case.State.OPEN:
        cases.wait_again(case, due_at=cases.due(Disposition(case.disposition), now=now))


def _record(
    by: User | None, action: str, referral: Referral, *, now: datetime, **facts: str | int
) -> None:
    patient_id = referral.decision.intake.patient_id
    audit.record(by, action, referral, at=now, patient_id=patient_id, **facts)
