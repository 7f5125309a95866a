"""What people do in the demo, each by the same services as on the pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from clinic.models import ServiceTown, User
from clinic.services import make_account
from intake import public, services, triage
from intake.forms import AboutForm
from intake.forms.caller import CallerForm
from intake.models import Clearance, Intake, IntakeDraft, Patient
from intake.services.drafts import ELSEWHERE
from intake.services.submission import ABOUT_FIELDS
from scheduling import availability
from scheduling.availability import Wish
from scheduling.demo.people import Person
from scheduling.models import Appointment, VisitType
from scheduling.services import book, confirm, hold

A_MOMENT = timedelta(minutes=2)


@dataclass(frozen=True)
class Scene:
    """The moment the demo is loaded, and who works here."""

    now: datetime
    desk: User
    doctor: User
    administrator: User

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    def ago(self, **time: float) -> datetime:
        return self.now - timedelta(**time)


# --- The intake -----------------------------------------------------------------------------------


def tell(
    scene: Scene, person: Person, *, now: datetime, draft: IntakeDraft | None = None
) -> Intake:
    """Answer everything, send it, and prove the address by the emailed code."""
    draft = draft or services.start_draft(browser=uuid4(), now=now)
    services.keep_answers(
        draft_id=draft.pk,
        answers=person.answers,
        shown=tuple(person.answers),
        born=person.born(scene.today),
        now=now,
    )
    services.keep_about(draft_id=draft.pk, about=_about(person, now=now), now=now)
    return _send(draft, make_account(email=person.email, now=now), now=now)


def tell_by_phone(scene: Scene, person: Person, *, now: datetime) -> Intake:
    """They call; the desk reads everything out, and types what they say."""
    caller = services.Caller(
        given_name=person.given,
        family_name=person.family,
        born=person.born(scene.today),
        phone=PhoneNumber.from_string(person.phone),
    )
    draft = services.begin_call(caller=caller, by=scene.desk, now=now)
    services.hear(
        draft_id=draft.pk, answers=person.answers, put=[*person.answers], by=scene.desk, now=now
    )
    form = CallerForm(_typed(person), minor=person.age < public.ADULT)
    _require_valid(form, person)
    about = form.heard(by=scene.desk, now=now)
    return services.send_call(draft_id=draft.pk, about=about, by=scene.desk, now=now, seen=None)


def tell_as_before(newest: Intake, account: User, *, now: datetime) -> Intake:
    """The same answers once more, for another clearance."""
    draft = services.start_draft(browser=uuid4(), now=now)
    services.keep_answers(
        draft_id=draft.pk,
        answers=newest.answers,
        shown=tuple(newest.answers),
        born=newest.born,
        now=now,
    )
    about = {name: str(getattr(newest, name)) for name in ABOUT_FIELDS}
    about |= {name: getattr(newest, name) for name in ("town_id", "details", "consents")}
    services.keep_about(draft_id=draft.pk, about=about, now=now)
    return _send(draft, account, now=now)


def tap_an_emergency(
    signs: Mapping[str, object], *, born: date, now: datetime, account: User | None = None
) -> Intake:
    """Stop at the first screens: nobody has said yet who they are."""
    shown = ("bladder_bowel", *signs)
    draft = services.start_draft(browser=uuid4(), now=now)
    draft = services.keep_answers(
        draft_id=draft.pk,
        answers={"bladder_bowel": ["none"], **signs},
        shown=shown,
        born=born,
        now=now,
    )
    answers = services.answers_on(draft, timezone.localdate(now))
    decision = triage.assess_so_far(answers, shown)
    if decision is None:
        raise ValueError("These signs are no emergency.")
    return services.record_emergency(draft_id=draft.pk, decision=decision, by=account, now=now)


def patient_of(said: Intake) -> Patient:
    return Patient.objects.select_related("account").get(intakes=said)


def _send(draft: IntakeDraft, account: User, *, now: datetime) -> Intake:
    sent = services.submit(draft_id=draft.pk, by=None, now=now)
    return services.attach(intake_id=sent.pk, account=account, now=now + A_MOMENT)


def _about(person: Person, *, now: datetime) -> dict[str, object]:
    """Their page "About you", filled in and read as the page reads it."""
    form = AboutForm(_typed(person), minor=person.age < public.ADULT)
    _require_valid(form, person)
    return form.about(now=now)


def _typed(person: Person) -> dict[str, str]:
    town = ServiceTown.objects.filter(name=person.town).first()
    return {
        "given_name": person.given,
        "family_name": person.family,
        "phone": person.phone,
        "email": person.email,
        "town": str(town.pk) if town else ELSEWHERE,
        "elsewhere": "" if town else person.town,
        "own_words": person.words,
        "payment": "self",
        "agree_care": "on",
        "agree_messages": "on",
        "agree_privacy": "on",
        "guardian_name": person.guardian,
        "guardian_relationship": "mother",
        "agree_guardian": "on",
    }


def _require_valid(form: AboutForm, person: Person) -> None:
    if not form.is_valid():
        raise ValueError(f"{person.given} {person.family}: {form.errors.as_json()}")


# --- The calendar ---------------------------------------------------------------------------------


def choose_a_time(patient: Patient, *, day: date, now: datetime, nth: int = 0) -> Appointment:
    """The patient keeps one of the times offered from `day` on, and confirms it."""
    clearance, kind = _chosen_kind(patient, now=now)
    wish = Wish(clearance=clearance, visit_type=kind, now=now)
    starts = availability.offered(wish, first_day=day, last_day=day + timedelta(days=14))
    return take_a_time(patient, starts[nth], now=now)


def take_a_time(patient: Patient, start: datetime, *, now: datetime) -> Appointment:
    """The patient keeps this time and confirms it."""
    clearance, kind = _chosen_kind(patient, now=now)
    held = hold(
        patient_id=patient.pk,
        clearance_id=clearance.id,
        visit_type_id=kind.pk,
        start=start,
        by=patient.account,
        now=now,
    )
    return confirm(appointment_id=held.pk, by=patient.account, now=now + A_MOMENT)


def _chosen_kind(patient: Patient, *, now: datetime) -> tuple[public.ClearanceCard, VisitType]:
    clearance = public.clearances_usable(patient.pk, now)[0]
    return clearance, availability.visit_types_for(clearance)[0]


def book_at_the_desk(
    patient_id: UUID, code: str, start: datetime, *, by: User, now: datetime
) -> Appointment | None:
    """The desk books for somebody who may come; None for one who may not."""
    clearance_id = _leave_to_book(patient_id, start, now=now)
    if clearance_id is None:
        return None
    return book(
        patient_id=patient_id,
        clearance_id=clearance_id,
        visit_type_id=VisitType.objects.get(code=code).pk,
        start=start,
        by=by,
        now=now + A_MOMENT * 2,
    )


def _leave_to_book(patient_id: UUID, start: datetime, *, now: datetime) -> UUID | None:
    """A clearance that covers the start, or a new one for the same answers, if they allow it."""
    given = Clearance.objects.usable(now).filter(patient=patient_id)
    clearance_id = given.covering(start).values_list("pk", flat=True).first()
    if clearance_id:
        return clearance_id
    patient = Patient.objects.select_related("account").get(pk=patient_id)
    newest = patient.intakes.first()
    if newest is None or newest.disposition != "BOOK" or patient.account is None:
        return None
    if public.is_held(patient_id):
        return None
    said = tell_as_before(newest, patient.account, now=now)
    return Clearance.objects.values_list("pk", flat=True).get(intake=said)
