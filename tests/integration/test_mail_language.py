"""Mail is worded in the language of whoever reads it, whoever's page or job it comes from."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from icalendar import Calendar
from phonenumber_field.phonenumber import PhoneNumber

from clinic import messages
from clinic.models import AuditEntry, Message, User
from clinic.services import change_email, make_account
from intake.models import Intake
from intake.services import Caller, begin_call, hand_over
from tests import answers, walking
from tests.factories.clinic import AccountFactory
from tests.factories.scheduling import NINE, clearance, hold
from tests.integration.test_review_pages import decide, proved

pytestmark = pytest.mark.django_db

SPANISH, ENGLISH = "es", "en"


def speaks(client: Client, language: str) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def reads(account: User, language: str) -> User:
    User.objects.filter(pk=account.pk).update(language=language)
    account.refresh_from_db()
    return account


def language_of(account: User) -> str:
    return User.objects.get(pk=account.pk).language


def newest(kind: str) -> Message:
    return Message.objects.filter(kind=kind).latest("queued_at")


# --- Whose language it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("doctors", "patients", "subject"),
    [
        (ENGLISH, SPANISH, "Ya puede elegir una hora en"),
        (SPANISH, ENGLISH, "You may choose a time at"),
    ],
)
def test_a_doctors_decision_is_mailed_in_the_patients_language(
    patient: User, doctor_client: Client, doctors: str, patients: str, subject: str
):
    intake = proved(answers.CO_MANAGE, reads(patient, patients))
    decide(speaks(doctor_client, doctors), intake, kind="CLEAR")
    assert newest("cleared").subject.startswith(subject)


def test_a_visits_times_and_its_calendar_file_too(patient: User):
    reads(patient, SPANISH)
    with translation.override(ENGLISH):
        visit = hold(clearance(patient=patient.patients.get()))
        message = messages.booked(
            to=patient.email,
            name="Ana",
            visit_id=visit.pk,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            now=timezone.now(),
        )
    assert message.subject == "Su visita: mar 10 de noviembre, 9:00 AM"
    (event,) = Calendar.from_ical(message.calendar).walk("VEVENT")
    assert event["summary"] == "Ana: visita en Ashburn Village Chiropractic"


def test_a_job_words_it_for_the_reader(patient: User):
    reads(patient, SPANISH)
    with translation.override(None):  # as in a worker, where nobody's page is open
        message = messages.held(to=patient.email, name="Ana", due_at=NINE, now=timezone.now())
    assert "mar 10 de noviembre" in message.body


def test_an_address_nobody_signs_in_with_is_written_to_in_english():
    with translation.override(SPANISH):
        message = messages.attention(to="desk@clinic.example.com", now=timezone.now())
    assert message.subject == "Somebody needs a call now"


def test_a_code_speaks_as_the_page_it_is_typed_on(client: Client, patient: User):
    reads(patient, ENGLISH)
    speaks(client, SPANISH).post("/sign-in/", {"email": patient.email})
    assert newest("code").subject.startswith("Su código para entrar")


def test_the_old_address_is_told_in_their_language(patient: User, administrator: User):
    reads(patient, SPANISH)
    change_email(user=patient, email="new@example.com", by=administrator, now=timezone.now())
    assert patient.patients.get().email == "new@example.com", "mail goes where they sign in"
    message = newest("address_changed")
    assert message.recipient == "ana@example.com"
    assert message.body.startswith("Hola:")


# --- Where it comes from --------------------------------------------------------------------------


def test_an_intake_given_in_spanish_makes_a_spanish_account(client: Client):
    walking.finish(speaks(client, SPANISH), answers.REFER)
    assert language_of(User.objects.get(email="ana@example.com")) == SPANISH
    assert newest("held").body.startswith("Hola, Ana:")


def test_who_signs_in_in_another_language_is_mailed_in_it_at_once(client: Client, patient: User):
    """Their account is older, and was last used in English."""
    reads(patient, ENGLISH)
    walking.finish(speaks(client, SPANISH), answers.REFER)
    assert Intake.objects.get().patient.account == patient
    assert newest("held").body.startswith("Hola, Ana:")
    assert language_of(patient) == SPANISH


def test_the_button_for_the_other_language_is_enough(patient: User, patient_client: Client):
    patient_client.post(reverse("set_language"), {"language": SPANISH, "next": "/my/visits/"})
    assert language_of(patient) == SPANISH
    entry = AuditEntry.objects.get(action="language chosen")
    assert (entry.actor, entry.detail) == (patient, {"language": SPANISH})
    patient_client.post(reverse("set_language"), {"language": ENGLISH})
    assert language_of(patient) == ENGLISH


def test_doing_something_in_a_language_is_enough(patient: User, patient_client: Client):
    held = hold(clearance(patient=patient.patients.get()))
    speaks(patient_client, SPANISH).post(reverse("scheduling:cancel", args=[held.pk]))
    assert language_of(patient) == SPANISH


def test_looking_changes_nothing(patient: User, patient_client: Client):
    assert speaks(patient_client, SPANISH).get("/my/visits/").status_code == 200
    assert language_of(patient) == ENGLISH


@pytest.mark.parametrize("made_up", ["tlh", "", "e" * 50])
def test_a_language_nobody_speaks_here_is_not_kept(
    patient: User, patient_client: Client, made_up: str
):
    patient_client.post(reverse("set_language"), {"language": made_up})
    speaks(patient_client, made_up).post(reverse("set_language"), {"language": made_up})
    assert language_of(patient) == ENGLISH


def test_staff_are_written_to_in_english_whatever_their_browser_says(
    doctor: User, doctor_client: Client
):
    speaks(doctor_client, SPANISH).post(reverse("set_language"), {"language": SPANISH})
    assert language_of(doctor) == ENGLISH


def test_an_account_offered_by_the_family_begins_in_its_language():
    with translation.override(SPANISH):
        account = make_account(email="new@example.com", now=timezone.now())
    assert account.language == SPANISH


def test_a_known_account_is_not_changed_by_who_types_its_address(client: Client):
    account = AccountFactory.create(email="ana@example.com")
    speaks(client, SPANISH)
    walking.start(client)
    walking.answer(client, answers.BOOK)
    walking.tell(client)
    client.post("/intake/check/", follow=True)
    assert language_of(account) == ENGLISH


def test_who_was_asked_on_the_phone_gets_a_letter_of_their_own_in_their_language(desk: User):
    reads(AccountFactory.create(email="ana@example.com"), SPANISH)
    now = timezone.now()
    caller = Caller("Ana", "Reyes", answers.BORN, PhoneNumber.from_string("+17035550188"))
    begun = begin_call(caller=caller, by=desk, now=now)
    hand_over(draft_id=begun.pk, email="ana@example.com", link="/go-on/", by=desk, now=now)
    letter = newest("handed_over")
    assert letter.subject.startswith("Siga con el formulario de su llamada a")
    assert "Nos llamó y empezamos juntos un formulario." in letter.body
    # The address was only heard: it may be a stranger's.
    assert "Ana" not in letter.body
    assert not Message.objects.filter(kind="resume").exists()
