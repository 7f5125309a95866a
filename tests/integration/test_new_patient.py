"""Somebody new on record: who may be there already is shown first."""

from datetime import date

import pytest
from django.test import Client

from clinic.models import AuditEntry, User
from intake.models import Patient
from tests import answers, walking
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/staff/patients/new/"
MAYA = {
    "given_name": "Maya",
    "family_name": "Okoro",
    "born": "March 14 1960",
    "phone": "(703) 555-0142",
    "email": "",
    "town": "",
    "elsewhere": "",
}


def test_somebody_new(desk: User, desk_client: Client):
    assert "Only put on record" in desk_client.get(ADDRESS).text
    response = desk_client.post(ADDRESS, MAYA)
    maya = Patient.objects.get()
    assert response.headers["Location"] == f"/staff/patients/{maya.pk}/"
    assert (maya.name, maya.name_key, maya.born) == ("Maya Okoro", "maya okoro", date(1960, 3, 14))
    assert (maya.account, maya.likely_duplicate_of) == (None, None)
    entry = AuditEntry.objects.get(action="patient added")
    assert (entry.actor, entry.patient_id) == (desk, maya.pk)


@pytest.mark.parametrize(
    "there",
    [
        {"given_name": "Maya", "family_name": "Okoro", "born": date(1960, 3, 14)},
        {"given_name": "Mya", "family_name": "Okoro", "born": date(1960, 3, 14)},
        {"given_name": "Zed", "born": date(1960, 3, 14), "phone": "+17035550142"},
        {"given_name": "Maja", "family_name": "Okoro", "phone": "+17035550142"},
        {"given_name": "Maya", "family_name": "Okoro"},
    ],
    ids=["the same", "a similar name", "another name", "the phone", "another birthday"],
)
def test_who_is_there_already_is_shown_first(desk_client: Client, there: dict[str, object]):
    other = PatientFactory.create(**there)
    response = desk_client.post(ADDRESS, MAYA)
    assert response.status_code == 409
    shown = response.text
    assert f"/staff/patients/{other.pk}/" in shown
    assert 'value="March 14 1960"' in shown
    assert Patient.objects.count() == 1

    response = desk_client.post(ADDRESS, {**MAYA, "not_these": [str(other.pk)]})
    assert response.status_code == 302
    assert Patient.objects.exclude(pk=other.pk).get().likely_duplicate_of == other


def test_who_was_not_shown_is_shown_before_anybody_is_added(desk_client: Client):
    first = PatientFactory.create(given_name="Maya", family_name="Okoro", born=date(1960, 3, 14))
    second = PatientFactory.create(given_name="Mya", family_name="Okoro", born=date(1960, 3, 14))
    response = desk_client.post(ADDRESS, {**MAYA, "not_these": [str(first.pk), "nobody"]})
    assert response.status_code == 409
    assert f"/staff/patients/{second.pk}/" in response.text


def test_a_stranger_is_nobodys_double(desk_client: Client):
    PatientFactory.create(given_name="Zed", family_name="Abel", phone="+17035550142")
    PatientFactory.create(given_name="Zed", family_name="Abel", born=date(1960, 3, 14))
    assert desk_client.post(ADDRESS, MAYA).status_code == 302


def test_what_is_wrong_is_said_and_stays(desk_client: Client):
    response = desk_client.post(ADDRESS, {**MAYA, "born": "13/13/1960"})
    assert response.status_code == 422
    assert "Type the date of birth, such as 3/14/1960." in response.text
    assert 'value="13/13/1960"' in response.text


@pytest.mark.parametrize("phone", ["555-01", "(703) 555", "call my son", "12"])
def test_a_number_that_is_none_comes_back_as_it_was_typed(
    desk_client: Client, client: Client, phone: str
):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    pages = (
        desk_client.post(ADDRESS, {**MAYA, "phone": phone}),
        desk_client.post("/staff/intake/new/", {"given_name": "Maya", "phone": phone}),
        client.post("/intake/about-you/who/", {"phone": phone}),
    )
    for page in pages:
        assert f'value="{phone}"' in page.text
        assert "Type a phone number with its area code" in page.text
