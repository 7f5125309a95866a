"""A caller's intake, read out and typed by staff: the patient's own form, with nothing left out.

It belongs to whoever typed it, and is found again after a sign-off. Staff know who calls, so that
no emailed code is waited for; every other guard holds as for a patient's own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from clinic import access, audit, messages
from clinic.models import ClinicProfile, User
from clinic.services import make_account
from intake import screens
from intake.duplicates import Likely, Person, likely_duplicates
from intake.exceptions import CallOver, StaffAddress, StillToAsk
from intake.models import Disposition, Intake, IntakeDraft, Patient
from intake.screens import Walk
from intake.services import cases
from intake.services.desk import tell_at_desk
from intake.services.drafts import (
    TYPED,
    answers_on,
    keep_about,
    keep_typed,
    kept_until,
    report_mistake,
)
from intake.services.renewal import typed_of
from intake.services.submission import submit

# How staff made sure that a record is the caller's; kept beside the answers.
IDENTITY = "identity_checked"
ASKED_AND_RIGHT = "name, date of birth and phone asked, and right"


@dataclass(frozen=True)
class Caller:
    """Whom the form is for, and the number to call back when the line drops."""

    given_name: str
    family_name: str
    born: date
    phone: PhoneNumber


def perhaps_known(caller: Caller) -> list[Likely]:
    """Records that may be the caller's. Nobody is chosen: staff ask, and choose."""
    who = Person(caller.given_name, caller.family_name, caller.born, caller.phone.as_e164)
    return likely_duplicates(who)


def begin_call(*, caller: Caller, by: User, now: datetime) -> IntakeDraft:
    """A form for somebody who is not chosen among the records. Two presses begin one form."""
    who = {
        "given_name": caller.given_name,
        "family_name": caller.family_name,
        "phone": caller.phone.as_e164,
    }
    typed = {**who, "phone": caller.phone.as_national}
    with audit.writing(by):
        # The second of two presses waits here, and finds what the first began.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        begun = calls_open(now).filter(typed_by=by, patient=None, born=caller.born)
        draft = begun.filter(**{f"about__{key}": said for key, said in who.items()}).first()
        if draft:
            return draft
        draft = _begin(who, typed, born=caller.born, by=by, now=now)
        audit.record(by, "call begun", draft, at=now)
    return draft


def begin_call_of(*, patient: Patient, by: User, now: datetime) -> IntakeDraft:
    """A form for a record that staff chose, after asking who calls. Two presses begin one form."""
    with audit.writing(by):
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        records = Patient.objects.same_person_as(patient.pk)
        begun = calls_open(now).filter(typed_by=by, patient__in=records).first()
        if begun:
            return begun
        who = {
            "given_name": patient.given_name,
            "family_name": patient.family_name,
            "phone": patient.phone.as_e164 if patient.phone else "",
            "details": {IDENTITY: ASKED_AND_RIGHT},
        }
        draft = _begin(who, typed_of(patient), born=patient.born, patient=patient, by=by, now=now)
        audit.record(
            by, "caller verified", patient, at=now, patient_id=patient.pk, how=ASKED_AND_RIGHT
        )
        audit.record(by, "call begun", draft, at=now, patient_id=patient.pk)
    return draft


def calls_open(now: datetime) -> QuerySet[IntakeDraft]:
    """Forms begun by phone and not sent yet, the newest first; handed over or not."""
    oldest = now - timedelta(days=ClinicProfile.current().draft_days)
    return (
        IntakeDraft.objects.filter(by_phone=True, submitted=None, touched_at__gt=oldest)
        .select_related("typed_by", "handed_over_by", "patient")
        .order_by("-started_at", "pk")
    )


def walk_of_call(draft: IntakeDraft, day: date) -> Walk:
    """The patient's own walk. The date of birth of a record that was chosen is not asked again."""
    walk = screens.walk(answers_on(draft, day))
    if draft.patient_id is None:
        return walk
    return replace(walk, stops=tuple(s for s in walk.stops if "age" not in s.screen.questions))


def hear(
    *,
    draft_id: UUID,
    answers: Mapping[str, object],
    put: Collection[str],
    by: User,
    now: datetime,
    born: date | None = None,
) -> Intake | None:
    """Keep what the caller said on one screen; an emergency is recorded at once, and returned.

    Raises CallOver when it is not, or not any more, this person's to type; DraftEnded.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        _own(draft_id, by)
        return tell_at_desk(draft_id=draft_id, answers=answers, put=put, born=born, by=by, now=now)


def hear_typed(
    *, draft_id: UUID, typed: Mapping[str, str], put: Collection[str], by: User, now: datetime
) -> IntakeDraft:
    """Keep what the caller said about themselves on one page. Raises CallOver, DraftEnded."""
    with audit.writing(by):
        _own(draft_id, by)
        return keep_typed(draft_id=draft_id, typed=typed, put=put, now=now)


def send_call(
    *, draft_id: UUID, about: Mapping[str, object], by: User, now: datetime, seen: int | None
) -> Intake:
    """All was asked: the same outcome as of a patient's own form, tied to the caller at once.

    Safe to call twice. Raises CallOver, StillToAsk, GuardianNeeded, AnswersChanged.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        draft = _own(draft_id, by)
        if draft.submitted:
            return draft.submitted
        if walk_of_call(draft, timezone.localdate(now)).first_unanswered:
            raise StillToAsk
        details = about.get("details")
        said = dict(details) if isinstance(details, dict) else {}
        checked = {**draft.about.get("details", {}), **said}
        whole = {**about, "details": checked}
        keep_about(draft_id=draft.pk, about=whole, now=now, seen=seen)
        return submit(draft_id=draft.pk, by=by, now=now, seen=seen)


def put_call_right(*, draft_id: UUID, by: User, now: datetime) -> IntakeDraft:
    """A sign of an emergency was picked by mistake: what was said opens again, to be put right.

    The emergency stays on record, what is sent next joins its case, and Dr. Solomon looks at both,
    as where a patient taps it themselves. Two presses open one form. Raises CallOver.
    """
    with audit.writing(by):
        draft = _own(draft_id, by)
        emergency = draft.submitted
        if emergency is None or emergency.disposition != Disposition.EMERGENCY:
            raise CallOver
        opened = IntakeDraft.objects.filter(corrects=emergency, typed_by=by).first()
        if opened:
            return opened
        again = report_mistake(intake=emergency, browser=draft.browser, by=by, now=now)
        again.by_phone, again.typed_by, again.patient = True, by, draft.patient
        again.save(update_fields=["by_phone", "typed_by", "patient"])
    return again


def hand_over(*, draft_id: UUID, email: str, link: str, by: User, now: datetime) -> IntakeDraft:
    """The caller goes on by themselves: mail them the link, which asks for a code to that address.

    From then on it is an online form like any other: staff read none of it, and it is tied to a
    record only by the account that proves the address. Until the caller has opened it the link may
    be sent again, to another address too. Raises CallOver, StaffAddress, DraftEnded.
    """
    with audit.writing(by):
        draft = IntakeDraft.objects.select_for_update().get(pk=draft_id)
        if not may_hand_over(draft, by):
            raise CallOver
        account = make_account(email=email, now=now)
        if not access.is_patient(account):
            raise StaffAddress
        draft.about = {
            **draft.about,
            "details": {},
            TYPED: {**draft.about.get(TYPED, {}), "email": email},
        }
        draft.account, draft.typed_by, draft.patient = account, None, None
        draft.handed_over_by, draft.handed_over_at, draft.touched_at = by, now, now
        draft.save()
        audit.record(by, "call handed over", draft, at=now)
        messages.handed_over(to=email, link=link, until=kept_until(draft), now=now)
    return draft


def may_hand_over(draft: IntakeDraft, by: User) -> bool:
    """Theirs to type, or handed over by them and not taken up yet."""
    if not draft.by_phone or draft.submitted_id:
        return False
    waits = draft.handed_over_by_id == by.pk and draft.touched_at == draft.handed_over_at
    return draft.typed_by_id == by.pk or waits


def _begin(
    who: Mapping[str, object],
    typed: Mapping[str, str],
    *,
    born: date,
    by: User,
    now: datetime,
    patient: Patient | None = None,
) -> IntakeDraft:
    """Who it is stands in it from the start: an emergency half-way has a name and a number."""
    return IntakeDraft.objects.create(
        browser=uuid4(),
        by_phone=True,
        typed_by=by,
        patient=patient,
        born=born,
        shown=["age"],
        about={**who, TYPED: dict(typed)},
        started_at=now,
        touched_at=now,
    )


def _own(draft_id: UUID, by: User) -> IntakeDraft:
    """The locked draft, which this person is typing."""
    draft = IntakeDraft.objects.select_for_update(of=("self",)).get(pk=draft_id)
    if not draft.by_phone or draft.typed_by_id != by.pk:
        raise CallOver
    return draft
