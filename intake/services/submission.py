"""An intake sent: recorded for ever, held or let through, then tied to a proved person."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from clinic import audit, messages
from clinic.audit import Actor
from clinic.models import User
from intake import screens, triage, xray
from intake.exceptions import (
    AnswersBeforeEmergency,
    AnswersChanged,
    AnswersTooOld,
    BirthDateMissing,
    GuardianNeeded,
    NotTheirAccount,
)
from intake.identity import Identity, name_key
from intake.models import (
    Case,
    Disposition,
    Finding,
    GuardianConsent,
    Intake,
    IntakeDraft,
    Patient,
)
from intake.public import ADULT
from intake.services import cases, clearances
from intake.services.alarm import tell_of_emergency
from intake.services.drafts import ALSO_HURTS, answers_on
from intake.services.renewal import still_to_confirm
from intake.signals import call_wanted

# A form untouched for this long was left.
LEFT_AFTER = timedelta(minutes=30)
ABOUT_FIELDS = (
    "given_name",
    "family_name",
    "phone",
    "email",
    "elsewhere",
    "guardian_name",
    "guardian_relationship",
    "own_words",
)


def record_emergency(
    *, draft_id: UUID, decision: triage.Decision, by: Actor, now: datetime
) -> Intake:
    """An emergency that fired half-way: kept even when nobody knows who it is.

    Safe to call twice: the first record is returned.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        draft = IntakeDraft.objects.select_for_update().get(pk=draft_id)
        if draft.submitted:
            return draft.submitted
        patient = _known_patient(draft) or _only_patient_born_then(draft, by)
        known_as = patient.name_key if patient else ""
        intake = _record(draft, decision, complete=False, known_as=known_as, by=by, now=now)
        if patient:
            _tie(intake, patient, by=by, now=now)
        return intake


def judge_left_drafts(*, now: datetime) -> int:
    """Record the emergencies in forms somebody walked away from; how many.

    Resolution rule 6: a rule that lets a missing follow-up count waits until the follow-up was
    put, and leaving there counts as unanswered.
    """
    left = IntakeDraft.objects.filter(submitted=None, touched_at__lte=now - LEFT_AFTER)
    # What was asked, and not begun, says nothing new.
    left = left.exclude(asked__isnull=False, version=0)
    recorded = 0
    for draft in left.exclude(judged_at__gte=F("touched_at")):
        answers = answers_on(draft, timezone.localdate(now))
        later = still_to_confirm(draft, timezone.localdate(now))
        waiting = screens.walk(answers, left_out=later).first_unanswered
        put = {*draft.shown, *(q.id for q in (waiting.questions if waiting else ()))}
        decision = triage.assess_so_far(answers, put)
        if decision:
            record_emergency(draft_id=draft.pk, decision=decision, by=None, now=now)
            recorded += 1
        IntakeDraft.objects.filter(pk=draft.pk).update(judged_at=now)
    return recorded


def submit(*, draft_id: UUID, by: Actor, now: datetime, seen: int | None = None) -> Intake:
    """Send the finished answers. Safe to call twice: the first record is returned.

    A gap is never taken as safe: the protocol holds what is blank. While the person has an
    unresolved case the new answers join it. Held answers of somebody signed in are tied to them
    at once. A short form is its patient's from the start: what it holds acts at once, and it
    renews the clearance for the account it was begun in; one typed at the desk only holds. A
    caller's is tied to the record that staff chose, or to a new one. Raises GuardianNeeded for a
    minor without one, AnswersChanged when something is newer than the version that was `seen`,
    BirthDateMissing of a caller, NotTheirAccount, AnswersTooOld.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        draft = IntakeDraft.objects.select_for_update().get(pk=draft_id)
        if draft.submitted:
            return draft.submitted
        if seen is not None and draft.version != seen:
            raise AnswersChanged(draft)
        if _lacks_guardian(draft, now):
            raise GuardianNeeded
        answers = answers_on(draft, timezone.localdate(now))
        intake = _record(draft, triage.assess(answers), complete=True, by=by, now=now)
        if draft.renews and draft.renews.patient:
            _renew(intake, draft.renews.patient.kept, by=by, now=now)
        elif intake.channel == Intake.Channel.PHONE:
            _take_call(intake, draft.patient, by=by, now=now)
        elif isinstance(by, User) and intake.case_id and intake.born:
            # The code might never be typed, and they would go on booking.
            patient = _own_patient(intake, intake.born, by)
            if patient is None and intake.email == by.email:
                patient = _new_patient(intake, intake.born, by)
            if patient:
                _prove(intake, patient, account=by, now=now)
        return intake


def attach(*, intake_id: UUID, account: User, now: datetime) -> Intake:
    """The emailed code proved who it is: tie the intake to their record, and let BOOK book.

    An account's own patient of the same name and date of birth is the same person; anybody else
    is a new record, marked when it looks like one we have. Safe to call twice. Raises
    BirthDateMissing, AnswersTooOld.
    """
    with audit.writing(account):
        cases.one_submission_at_a_time()
        intake = Intake.objects.select_for_update(of=("self",)).get(pk=intake_id)
        if intake.patient_id:
            return intake
        if intake.born is None:
            raise BirthDateMissing
        born = intake.born
        patient = _own_patient(intake, born, account) or _new_patient(intake, born, account)
        _prove(intake, patient, account=account, now=now)
    return intake


def _prove(intake: Intake, patient: Patient, *, account: User, now: datetime) -> None:
    audit.record(account, "identity proved", intake, at=now, patient_id=patient.pk)
    _tie(intake, patient, by=account, now=now)
    _let_through_or_tell(intake, patient, account=account, now=now)


def _renew(intake: Intake, patient: Patient, *, by: Actor, now: datetime) -> None:
    """A short form's answers are tied at once, whoever is signed in when they are sent."""
    _tie(intake, patient, by=by, now=now)
    if intake.case:
        _tell_held(intake, patient, to=patient.email, by=by, now=now)
        return
    if intake.channel == Intake.Channel.DESK:
        # Said on the day of a visit that has its clearance: it holds, and lets nobody through.
        return
    if not isinstance(by, User) or by.pk != patient.account_id:
        raise NotTheirAccount
    # Asked again: the form may have lain open past the year.
    records = Patient.objects.same_person_as(patient.pk)
    if Intake.objects.filter(patient__in=records).renewable(now).first() is None:
        raise AnswersTooOld
    clearances.issue(patient=patient, intake=intake, decision=None, by=by, now=now)


def _take_call(intake: Intake, chosen: Patient | None, *, by: Actor, now: datetime) -> None:
    """A caller's answers: staff know whose they are, so no emailed code is waited for."""
    if intake.born is None:
        raise BirthDateMissing
    patient = chosen.kept if chosen else _new_patient(intake, intake.born, None)
    _tie(intake, patient, by=by, now=now)
    if intake.case is None:
        clearances.issue(patient=patient, intake=intake, decision=None, by=by, now=now)
    else:
        _tell_held(intake, patient, to=intake.email, by=by, now=now)


def _record(
    draft: IntakeDraft,
    decision: triage.Decision,
    *,
    complete: bool,
    known_as: str = "",
    by: Actor,
    now: datetime,
) -> Intake:
    about = draft.about
    given, family = about.get("given_name", ""), about.get("family_name", "")
    identity = Identity(
        # Who types at the desk is nobody's account: it would tie all they typed together.
        account_id=by.pk if isinstance(by, User) and not draft.typed_by_id else None,
        browser=draft.browser,
        phone=about.get("phone", ""),
        # Half-way no name was given: one of the family must not pass for another of them.
        name_key=name_key(given, family) or known_as,
        born=draft.born,
        patient_id=draft.patient_id,
    )
    match = cases.asked_in(draft.asked.case) if draft.asked else cases.find_unresolved(identity)
    held = decision.disposition != triage.Disposition.BOOK or match.own or match.related
    case = None
    if held:
        case = cases.open_case(
            decision.disposition.value,
            identity=identity,
            match=match,
            contact_name=f"{given} {family}".strip(),
            now=now,
        )
    answers = answers_on(draft, timezone.localdate(now))
    intake = Intake.objects.create(
        case=case,
        kind=_kind(draft),
        renews=draft.renews,
        **_taken(draft, by),
        is_complete=complete,
        browser=draft.browser,
        account_id=identity.account_id,
        name_key=identity.name_key,
        born=draft.born,
        age=age_of(draft, now),
        answers=answers,
        town_id=about.get("town_id"),
        details=_details(draft),
        consents=about.get("consents", []),
        protocol=decision.protocol,
        disposition=decision.disposition.value,
        urgency=decision.urgency,
        rules=list(decision.rules),
        flags=list(decision.flags),
        xray_hold=xray.is_on_hold(answers, decision.flags),
        submitted_at=now,
        **{field: about.get(field, "") for field in ABOUT_FIELDS},
    )
    _record_findings(intake, decision)
    audit.record(by, "intake submitted", intake, at=now, disposition=intake.disposition)
    draft.submitted = intake
    draft.touched_at = now
    draft.save(update_fields=["submitted", "touched_at"])
    if intake.disposition == Disposition.EMERGENCY:
        tell_of_emergency(now=now)
    if intake.case_id and intake.account_id:
        _take_back_clearances(_perhaps_the_same(intake, intake.account_id), intake, by=by, now=now)
    elif intake.disposition == Disposition.EMERGENCY:
        _take_back_clearances(_proved_in_this_browser(intake), intake, by=by, now=now)
    return intake


def _kind(draft: IntakeDraft) -> Intake.Kind:
    if draft.asked_id:
        return Intake.Kind.ASKED
    return Intake.Kind.RESCREEN if draft.renews else Intake.Kind.FULL


def _taken(draft: IntakeDraft, by: Actor) -> dict[str, object]:
    """From the patient's own hand, or by whom at the desk or on the phone."""
    if not draft.typed_by_id:
        return {"channel": Intake.Channel.ONLINE}
    channel = Intake.Channel.PHONE if draft.by_phone else Intake.Channel.DESK
    typed_by = by.pk if isinstance(by, User) else draft.typed_by_id
    return {"channel": channel, "typed_by_id": typed_by}


def _details(draft: IntakeDraft) -> dict[str, object]:
    """What else they told. Where else it hurts decides nothing: it is no answer of the protocol."""
    details: dict[str, object] = dict(draft.about.get("details", {}))
    return {**details, ALSO_HURTS: draft.also_hurts} if draft.also_hurts else details


def _record_findings(intake: Intake, decision: triage.Decision) -> None:
    Finding.objects.bulk_create(
        Finding(
            intake=intake,
            rule=finding.rule.id,
            disposition=finding.rule.disposition.value,
            reason=finding.rule.because,
            urgency=finding.rule.urgency,
            source=finding.rule.source,
            quotes=[
                {
                    "id": quote.question.id,
                    "question": quote.question.text,
                    # Option by option, as marked for translation; none: left blank.
                    "labels": list(quote.labels),
                }
                for quote in finding.answers
            ],
        )
        for finding in decision.findings
    )


def _known_patient(draft: IntakeDraft) -> Patient | None:
    """Whose earlier answers a short form renews, or whose record staff chose for a caller."""
    patient = draft.renews.patient if draft.renews else draft.patient
    return patient.kept if patient else None


def _only_patient_born_then(draft: IntakeDraft, by: Actor) -> Patient | None:
    """Half-way no name was given: signed in, one of the family was born that day, or it is open."""
    if not isinstance(by, User) or not draft.born:
        return None
    born_then = Patient.objects.visible_to(by).filter(born=draft.born)
    people = {record.kept for record in born_then.select_related("merged_into")}
    return people.pop() if len(people) == 1 else None


def _lacks_guardian(draft: IntakeDraft, now: datetime) -> bool:
    """A minor's form that no guardian fills in; their consent to care is on record, or is here."""
    age = age_of(draft, now)
    # A guardian answered once already: what is asked of them is never turned away.
    if age is None or age >= ADULT or draft.asked_id:
        return False
    if draft.renews:
        return bool(draft.answers.get("guardian") != "yes")
    return not draft.about.get("guardian_name")


def age_of(draft: IntakeDraft, now: datetime) -> int | None:
    """Full years on the clinic's today; None without a possible date of birth."""
    today = timezone.localdate(now)
    return triage.age_on(draft.born, today) if draft.born and draft.born <= today else None


def _own_patient(intake: Intake, born: date, account: User) -> Patient | None:
    """The account's own patient of this name and date of birth; of a merged one, the kept."""
    own = Patient.objects.visible_to(account).filter(name_key=intake.name_key, born=born).first()
    return own.kept if own else None


def _new_patient(intake: Intake, born: date, account: User | None) -> Patient:
    same_person = Q(name_key=intake.name_key)
    if intake.phone:
        same_person |= Q(phone=intake.phone)
    alike = Patient.objects.filter(same_person, born=born).order_by("created_at").first()
    return Patient.objects.create(
        account=account,
        given_name=intake.given_name,
        family_name=intake.family_name,
        name_key=intake.name_key,
        born=born,
        phone=intake.phone,
        email=account.email if account else intake.email,
        town_id=intake.town_id,
        elsewhere=intake.elsewhere,
        likely_duplicate_of=alike.kept if alike else None,
    )


def _tie(intake: Intake, patient: Patient, *, by: Actor, now: datetime) -> None:
    """The intake is this patient's; so is its case, or the unresolved one they already have."""
    intake.patient = patient
    if intake.case_id is None:
        # Asked again: the account may show a case, or one was opened since these were sent.
        match = cases.find_unresolved(
            Identity(
                account_id=patient.account_id,
                browser=intake.browser,
                phone=str(intake.phone),
                name_key=intake.name_key,
                born=intake.born,
                patient_id=patient.pk,
            )
        )
        if match.own or match.related:
            intake.case = cases.open_case(
                intake.disposition,
                identity=Identity(phone=str(intake.phone)),
                match=match,
                contact_name=patient.name,
                now=now,
            )
    intake.save(update_fields=["patient", "case"])
    # What was asked carries the guardian's name along; they agree to nothing anew.
    if intake.guardian_name and intake.kind != Intake.Kind.ASKED:
        _record_guardian(intake, patient, now=now)
    if intake.case_id is None:
        return
    people = {patient.pk}
    if patient.account_id:
        people |= _perhaps_the_same(intake, patient.account_id)
    _take_back_clearances(people, intake, by=by, now=now)
    Case.objects.filter(pk=intake.case_id, patient=None).update(patient=patient)


def _perhaps_the_same(intake: Intake, account_id: UUID) -> set[UUID]:
    """Of the account's patients, those of that name or that date of birth.

    Another name with the same birthday is what a person gives who keeps an earlier clearance.
    """
    same = Q(born=intake.born)
    if intake.name_key:
        same |= Q(name_key=intake.name_key)
    family = Patient.objects.filter(account=account_id).values("person")
    return set(Patient.objects.filter(same, person__in=family).values_list("pk", flat=True))


def _proved_in_this_browser(intake: Intake) -> set[UUID]:
    """Nobody is signed in: who sent answers from here before, of that name or date of birth.

    Others who share the device keep their leave.
    """
    if intake.browser is None:
        return set()
    same = Q(born=intake.born)
    if intake.name_key:
        same |= Q(name_key=intake.name_key)
    found = Patient.objects.filter(same, intakes__browser=intake.browser)
    return set(found.values_list("pk", flat=True))


def _take_back_clearances(
    people: Collection[UUID], intake: Intake, *, by: Actor, now: datetime
) -> None:
    for patient_id in sorted(people):
        clearances.revoke_all(
            patient_id=patient_id,
            because="New answers must be looked at first.",
            by=by,
            now=now,
            emergency=intake.disposition == Disposition.EMERGENCY,
        )


def _record_guardian(intake: Intake, patient: Patient, *, now: datetime) -> None:
    versions = {consent["kind"]: consent["version"] for consent in intake.consents}
    GuardianConsent.objects.create(
        patient=patient,
        intake=intake,
        guardian_name=intake.guardian_name,
        relationship=intake.guardian_relationship,
        wording_version=versions.get("guardian", ""),
        at=now,
    )


def _let_through_or_tell(intake: Intake, patient: Patient, *, account: User, now: datetime) -> None:
    if intake.case is None:
        _require_newer_than_emergency(intake, patient)
        clearances.issue(patient=patient, intake=intake, decision=None, by=account, now=now)
    else:
        _tell_held(intake, patient, to=account.email, by=account, now=now)


def _tell_held(intake: Intake, patient: Patient, *, to: str, by: Actor, now: datetime) -> None:
    # Whoever had an emergency reads what to do now, and no promise of a call.
    waits = intake.case and intake.case.state in Case.UNRESOLVED
    if intake.case and waits and intake.disposition != Disposition.EMERGENCY:
        if to:
            messages.held(to=to, name=intake.given_name, due_at=intake.case.due_at, now=now)
        else:
            call_wanted.send(sender=None, patient_id=patient.pk, why="held", by=by, now=now)


def _require_newer_than_emergency(intake: Intake, patient: Patient) -> None:
    records = Patient.objects.same_person_as(patient.pk)
    later = Intake.objects.filter(patient__in=records, submitted_at__gt=intake.submitted_at)
    if later.filter(disposition=Disposition.EMERGENCY).exists():
        raise AnswersBeforeEmergency
