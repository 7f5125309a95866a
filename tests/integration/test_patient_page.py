"""The patient's page for staff: contact, leave to book, visits, and never an answer."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry, ServiceTown, User
from intake import services
from intake.models import Patient
from intake.record_exceptions import ContactChanged
from intake.services.people import Contact
from tests.factories import scheduling
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, GuardianConsentFactory, cleared, held

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(scheduling.NOW, tick=False)


@pytest.fixture
def ana() -> Patient:
    return PatientFactory.create(
        account=AccountFactory(email="ana@example.com"),
        given_name="Ana",
        family_name="Reyes",
        phone="+17035550101",
        town=ServiceTown.objects.get(name="Broadlands"),
    )


def page(client: Client, patient: Patient, status: int = 200) -> str:
    response = client.get(f"/staff/patients/{patient.pk}/")
    assert response.status_code == status
    return " ".join(response.text.split())


def test_how_they_are_reached_and_until_when_they_may_book(desk_client: Client, ana: Patient):
    ben = PatientFactory.create(account=ana.account, given_name="Ben", family_name="Reyes")
    cleared(ana, visit_types=["adjustment"])
    shown = page(desk_client, ana)
    for words in (
        "Mar 9, 1988 (38 years)",
        'href="tel:+1-703-555-0101">(703) 555-0101',
        "ana@example.com",
        "they sign in with it",
        "Broadlands",
        f'<a href="/staff/patients/{ben.pk}/">Ben Reyes</a>',
        "May book until Fri, Dec 4 at 10:00 AM: Adjustment.",
        "None.",
    ):
        assert words in shown


def test_the_visits(desk_client: Client, ana: Patient):
    leave = ClearanceFactory(patient=ana)
    scheduling.done(leave, scheduling.NINE - timedelta(days=4))
    scheduling.book(leave)
    shown = page(desk_client, ana)
    coming, past = shown.index("Tue, Nov 10 at 9:00 AM"), shown.index("Fri, Nov 6 at 9:00 AM")
    assert coming < shown.index("Past visits") < past


def test_who_is_held_stands_with_the_words_to_say_and_without_answers(
    desk_client: Client, doctor_client: Client, ana: Patient
):
    intake = held(ana, own_words="It hurts at night.", rules=["R04"])
    shown = page(desk_client, ana)
    for words in ("Doctor first", "a medical doctor should see you first", "May not book:"):
        assert words in shown
    for never in ("It hurts at night", "R04", str(intake.case_id)):
        assert never not in shown
    assert f"/staff/review/{intake.case_id}/" in page(doctor_client, ana)


def test_the_administrator_reads_how_they_are_reached_alone(
    administrator_client: Client, ana: Patient
):
    held(ana)
    shown = page(administrator_client, ana)
    assert "(703) 555-0101" in shown
    for never in ("Doctor first", "Coming visits", "Change contact details"):
        assert never not in shown


def test_a_minor_and_who_agreed(desk_client: Client, ana: Patient):
    child = PatientFactory.create(born=date(2015, 5, 5))
    assert "no parent or guardian has agreed yet" in page(desk_client, child)
    GuardianConsentFactory(patient=child)
    assert "Gina Guardian (mother), agreed on" in page(desk_client, child)


def test_who_may_be_the_same_person(desk_client: Client, ana: Patient):
    twin = PatientFactory.create(given_name="Anna", family_name="Reyes", phone="+17035550199")
    PatientFactory.create(
        given_name="Zed", family_name="Other", phone=str(ana.phone), born="1950-01-01"
    )
    shown = page(desk_client, ana)
    assert f"/staff/patients/{twin.pk}/" in shown
    assert "the same date of birth, a similar name" in shown
    assert "Zed" not in shown, "whoever shares a phone alone is family"


def test_a_look_is_on_record_and_costs_the_same_with_more(
    desk: User, desk_client: Client, ana: Patient
):
    leave = ClearanceFactory(patient=ana)
    scheduling.book(leave)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            page(desk_client, ana)
        counts.append(len(captured))
        scheduling.book(leave, scheduling.NINE + timedelta(hours=len(counts)))
        PatientFactory.create(account=ana.account)
    assert counts[0] == counts[1]
    entry = AuditEntry.objects.filter(action="viewed").latest("pk")
    assert (entry.actor, entry.subject_kind, entry.patient_id) == (desk, "patient", ana.pk)


# --- Contact details ------------------------------------------------------------------------------


def sent(patient: Patient, **changes: str) -> dict[str, str]:
    """The form as the page filled it in, and what the desk typed over it."""
    on_record = Contact.of(patient)
    born = patient.born
    return {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "born": f"{born.month}/{born.day}/{born.year}",
        "phone": str(patient.phone),
        "email": patient.email,
        "town": str(patient.town_id or ""),
        "elsewhere": patient.elsewhere,
        "seen": on_record.mark,
        **changes,
    }


def keep(client: Client, patient: Patient, status: int = 302, **changes: str) -> str:
    response = client.post(f"/staff/patients/{patient.pk}/contact/", sent(patient, **changes))
    assert response.status_code == status
    patient.refresh_from_db()
    return " ".join(response.text.split())


def test_the_desk_puts_contact_details_right(desk: User, desk_client: Client, ana: Patient):
    shown = desk_client.get(f"/staff/patients/{ana.pk}/contact/").text
    assert 'value="3/9/1988"' in shown
    moved = {"town": "elsewhere", "elsewhere": "X"}
    keep(desk_client, ana, phone="703 555 0177", family_name="Núñez", **moved)
    assert (ana.name, ana.phone, ana.town_name) == ("Ana Núñez", "+17035550177", "X")
    assert ana.name_key == "ana nunez"
    entry = AuditEntry.objects.get(action="contact changed")
    assert (entry.actor, entry.patient_id) == (desk, ana.pk)
    assert entry.detail == {"fields": "family_name, phone, town_id, elsewhere"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"given_name": ""}, "Type the first name."),
        ({"born": "yesterday"}, "Type the date of birth, such as 3/14/1960."),
        ({"born": "3/14/2099"}, "That day has not come yet."),
        ({"born": "3/14/1860"}, "more than 119 years ago"),
        ({"phone": "12"}, "Type a phone number with its area code"),
        ({"email": "ana"}, "Type an email address such as"),
        ({"town": "99999"}, "Pick a town"),
        ({"town": "elsewhere"}, "Type the name of the town."),
    ],
)
def test_what_is_wrong_is_said_and_stays(
    desk_client: Client, ana: Patient, changes: dict[str, str], sentence: str
):
    shown = keep(desk_client, ana, 422, **{"family_name": "Kept", **changes})
    assert sentence in shown
    assert 'value="Kept"' in shown
    assert ana.family_name == "Reyes"


def test_the_address_to_sign_in_with_is_not_the_desks(desk_client: Client, ana: Patient):
    shown = keep(desk_client, ana, 409, email="other@example.com")
    assert "They sign in with ana@example.com" in shown
    assert 'value="other@example.com"' in shown
    assert ana.email == "ana@example.com"
    Patient.objects.filter(pk=ana.pk).update(email="old@example.com")
    ana.refresh_from_db()
    keep(desk_client, ana, email="ANA@example.com")
    assert ana.email == "ana@example.com", "their own may stand there"
    alone = PatientFactory.create(email="")
    keep(desk_client, alone, email="zed@example.com")
    assert alone.email == "zed@example.com"


def test_a_date_of_birth_that_was_answered_for_stands(desk_client: Client, ana: Patient):
    keep(desk_client, ana, born="4/9/1988")
    assert ana.born == date(1988, 4, 9)
    held(ana)
    assert "answered for that date of birth" in keep(desk_client, ana, 409, born="4/9/2020")
    assert ana.born == date(1988, 4, 9)


def test_what_somebody_else_changed_is_not_written_over(desk_client: Client, ana: Patient):
    old = sent(ana, phone="+17035550188")
    keep(desk_client, ana, phone="+17035550177")
    response = desk_client.post(f"/staff/patients/{ana.pk}/contact/", old)
    assert response.status_code == 409
    assert "Somebody else has changed these details" in response.text
    assert "(703) 555-0177" in response.text, "what is on record stands beside"
    ana.refresh_from_db()
    assert ana.phone == "+17035550177"


def test_the_same_once_more_is_kept_already(desk: User, ana: Patient):
    contact = Contact.of(ana)
    for _ in range(2):
        services.change_contact(
            patient_id=ana.pk, contact=contact, seen="old", by=desk, now=scheduling.NOW
        )
    assert not AuditEntry.objects.filter(action="contact changed").exists()
    other = Contact(**{**vars(contact), "phone": "+17035550111"})
    with pytest.raises(ContactChanged):
        services.change_contact(
            patient_id=ana.pk, contact=other, seen="old", by=desk, now=scheduling.NOW
        )
