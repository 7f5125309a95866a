"""The clinic and the people in it before the machine starts, made through the real services."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from phonenumber_field.phonenumber import PhoneNumber

from clinic.models import User
from intake import services as intake
from intake.models import Intake, IntakeDraft, Patient
from scheduling.models import Clinician, OpeningHours, VisitType
from tests import answers
from tests.factories.clinic import AccountFactory, StaffFactory

# On Sundays: a clock is put forward at two, and put back at two, and each window feels it.
NIGHT = (
    (time(0, 30), time(1, 15)),
    (time(1, 45), time(2, 20)),
    (time(2, 40), time(5, 30)),
)


@dataclass(frozen=True)
class World:
    """`patients` are always in the same order, so that a run can be repeated."""

    begins: datetime
    desk: User
    doctor: User
    administrator: User
    patients: tuple[Patient, ...]


def build(begins: datetime) -> World:
    """A doctor and a locum, hours that cross the night of a clock change, eight records."""
    desk = StaffFactory.create(email="desk@example.com", is_desk=True)
    doctor = StaffFactory.create(email="doctor@example.com", is_chiropractor=True)
    administrator = StaffFactory.create(email="admin@example.com", is_administrator=True)
    solomon = Clinician.objects.get(name="Dr. Jonathan Solomon")
    locum = Clinician.objects.create(name="Dr. Locum")
    for starts, ends in NIGHT:
        OpeningHours.objects.create(clinician=solomon, weekday=6, starts=starts, ends=ends)
    OpeningHours.objects.create(clinician=locum, weekday=1, starts=time(8), ends=time(20))
    VisitType.objects.filter(code="new-exam").update(buffer_before=5, buffer_after=10)
    VisitType.objects.filter(code="new-exam-xray").update(room_from=15, room_until=40)
    patients = (*_patients(begins, doctor), *_callers(begins, desk))
    return World(begins, desk, doctor, administrator, patients)


def _callers(now: datetime, desk: User) -> list[Patient]:
    """Two without an account or an address: one who may be Dee, and somebody quite new."""
    return [
        called("Deirdre", phone=6, by=desk, now=now),
        called("Fay", phone=7, born=date(1961, 2, 3), by=desk, now=now),
    ]


def _patients(now: datetime, doctor: User) -> list[Patient]:
    ana = AccountFactory.create(email="ana@example.com")
    patients = [
        screened(ana, "Ana", phone=1, now=now),
        screened(
            ana,
            "Leo",
            phone=1,
            said=answers.MINOR,
            born=date(2012, 5, 6),
            now=now,
            guardian_name="Ana Reyes",
            guardian_relationship="mother",
        ),
    ]
    for number, given in enumerate(("Ben", "Cleo", "Dee"), start=2):
        account = AccountFactory.create(email=f"{given.lower()}@example.com")
        patients.append(screened(account, given, phone=number, now=now))
    eli = AccountFactory.create(email="eli@example.com")
    patients.append(screened(eli, "Eli", phone=5, said=answers.CO_MANAGE, now=now))
    decide(patients[-1].intakes.get(), "CLEAR", xray=True, by=doctor, now=now)
    return patients


def screened(
    account: User,
    given: str,
    *,
    phone: int,
    now: datetime,
    said: Mapping[str, object] = answers.BOOK,
    born: date = answers.BORN,
    **more: str,
) -> Patient:
    """Somebody who answers for the first time and proves who they are."""
    about = {
        "given_name": given,
        "family_name": "Reyes",
        "phone": f"+1703555010{phone}",
        "email": account.email,
        **more,
    }
    return _answered(account, about, said, born, now)


def called(
    given: str, *, phone: int, born: date = answers.BORN, by: User, now: datetime
) -> Patient:
    """Somebody who answers for the first time on the telephone."""
    number = PhoneNumber.from_string(f"+1703555010{phone}")
    caller = intake.Caller(given, "Reyes", born, number)
    draft = intake.begin_call(caller=caller, by=by, now=now)
    return _heard(draft, answers.BOOK, by=by, now=now)


def call_again(patient: Patient, said: Mapping[str, object], by: User, now: datetime) -> None:
    """The whole form once more, on the telephone."""
    _heard(intake.begin_call_of(patient=patient, by=by, now=now), said, by=by, now=now)


def answer_again(patient: Patient, said: Mapping[str, object], now: datetime) -> None:
    """The whole form once more, from another browser."""
    if patient.born > answers.BORN:
        said = {**said, "guardian": "yes"}
    first = patient.intakes.earliest("submitted_at")
    about = {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "phone": str(patient.phone),
        "email": patient.email,
        "guardian_name": first.guardian_name,
        "guardian_relationship": first.guardian_relationship,
    }
    account = patient.account
    assert account is not None
    _answered(account, about, said, patient.born, now)


def decide(intake_: Intake, kind: str, *, xray: bool, by: User, now: datetime) -> None:
    intake.decide(
        case_id=intake_.case_id,
        latest_seen=intake_.pk,
        kind=kind,
        reason="Called; looked at together.",
        xray_allowed=xray,
        by=by,
        now=now,
    )


def _heard(draft: IntakeDraft, said: Mapping[str, object], *, by: User, now: datetime) -> Patient:
    born = draft.born
    intake.keep_answers(draft_id=draft.pk, answers=dict(said), shown=list(said), born=born, now=now)
    patient = intake.submit(draft_id=draft.pk, by=by, now=now).patient
    assert patient is not None
    return patient


def _answered(
    account: User,
    about: dict[str, str],
    said: Mapping[str, object],
    born: date,
    now: datetime,
) -> Patient:
    draft = intake.start_draft(browser=uuid.uuid4(), now=now)
    intake.keep_answers(draft_id=draft.pk, answers=dict(said), shown=list(said), born=born, now=now)
    intake.keep_about(draft_id=draft.pk, about=about, now=now)
    sent = intake.submit(draft_id=draft.pk, by=None, now=now)
    patient = intake.attach(intake_id=sent.pk, account=account, now=now).patient
    assert patient is not None
    return patient
