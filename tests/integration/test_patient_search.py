"""A patient is found by what somebody knows of them, from any page of the staff."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry, HistoryEntry, ServiceTown, User
from intake.models import Patient
from intake.public import find_patients
from scheduling import patient_search
from tests.factories import scheduling
from tests.factories.clinic import AccountFactory, PatientFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/staff/search/"


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(scheduling.NOW, tick=False)


@pytest.fixture
def jose() -> Patient:
    return PatientFactory(
        given_name="José",
        family_name="Núñez-O’Neil",
        born=date(1960, 3, 14),
        phone="+17035550142",
        email="jose_n@example.com",
        town=ServiceTown.objects.get(name="South Riding"),
    )


@pytest.fixture
def others() -> None:
    for given, family in (("Ana", "Reyes"), ("Joseph", "Nolan"), ("Jo", "Solomon")):
        PatientFactory(given_name=given, family_name=family, town=None)


def names(text: str, by: User) -> list[str]:
    return [found.name for found in find_patients(text, by=by, now=scheduling.NOW)]


@pytest.mark.parametrize(
    "typed",
    [
        "jose nunez",
        "NÚÑEZ José",
        "oneil",
        "o'neil jose",
        "Nuñes",
        "nunze",
        "jsoe oniel",
        "nun",
        "(703) 555-0142",
        "+1 703 555 0142",
        "0142",
        "3/14/1960",
        "1960-03-14",
        "March 14 1960",
        "jose_n@example.com",
        "jose_n@ex",
        "south riding nunez",
        "josé 1960",
        "nunez 3/14/1960 0142",
    ],
)
def test_found_alone_whatever_is_known(jose: Patient, others: None, desk: User, typed: str):
    assert names(typed, desk)[0] == "José Núñez-O’Neil"


@pytest.mark.parametrize(
    "typed",
    [
        "jose reyes",
        "nunez 3/15/1960",
        "0199 jose",
        "jose-n@example.com",
        "%",
        "_",
        "''",
        "\\",
        "zz",
    ],
)
def test_all_that_is_said_must_be_so(jose: Patient, others: None, desk: User, typed: str):
    assert "José Núñez-O’Neil" not in names(typed, desk)


def test_who_is_called_just_so_comes_first(others: None, desk: User):
    PatientFactory(given_name="Johanna", family_name="Abel")
    assert names("jo", desk) == ["Jo Solomon", "Johanna Abel", "Joseph Nolan"]


def test_at_most_twenty(desk: User):
    PatientFactory.create_batch(21, family_name="Many")
    assert len(names("many", desk)) == 20


def test_what_changes_is_found_at_once(jose: Patient, desk: User):
    Patient.objects.filter(pk=jose.pk).update(family_name="Garza", phone="+17035550177")
    assert names("garza 0177", desk) == ["José Garza"]
    assert names("nunez", desk) == []
    town = ServiceTown.objects.get(name="South Riding")
    history = HistoryEntry.objects.filter(table="intake_patient").count()
    town.name = "Sterling"
    town.save()
    assert names("sterling", desk) == ["José Garza"]
    assert HistoryEntry.objects.filter(table="intake_patient").count() == history


def test_a_mistyped_name_that_is_new_is_corrected_too(desk: User):
    assert names("Wojciechowsik", desk) == []
    PatientFactory(given_name="Ewa", family_name="Wojciechowski")
    assert names("Wojciechowsik", desk) == ["Ewa Wojciechowski"]


def test_a_search_costs_the_same_for_one_and_for_many(others: None, desk: User):
    patients = PatientFactory.create_batch(12, family_name="Many")
    for patient in patients[:3]:
        start = scheduling.NINE.replace(hour=14 + patients.index(patient))
        scheduling.book(scheduling.clearance(patient=patient), start)
    for text in ("Reyes", "many"):
        with CaptureQueriesContext(connection) as captured:
            found = patient_search.search(text, by=desk, now=scheduling.NOW)
        assert found
        # Who they are, their rows, the trail, and the next visits.
        assert len(captured) == 4
    assert found[0].next_visit == "Tue, Nov 10 at 9:00 AM"
    assert found[0].born == "Mar 9, 1988"


def test_an_answer_to_a_pause_in_typing_asks_for_nothing_else(
    others: None, desk_client: Client, django_assert_num_queries: Any
):
    PatientFactory.create_batch(12, family_name="Many")
    for text in ("Reyes", "many"):
        with django_assert_num_queries(6):  # the session, who it is, and the four of the search
            desk_client.post(ADDRESS, {"text": text}, headers={"HX-Request": "true"})


def test_the_index_answers(desk: User):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM intake_search WHERE words LIKE ANY ('{% ana %}')")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "intake_search_by_trigram" in plan


def test_a_search_is_a_look_at_a_list_and_keeps_no_word(
    jose: Patient, desk: User, desk_client: Client
):
    response = desk_client.post(ADDRESS, {"text": "nunez"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "José Núñez-O’Neil" in response.text
    assert f"/staff/patients/{jose.pk}/" in response.text
    assert "<html" not in response.text
    entry = AuditEntry.objects.get(action="list viewed")
    assert (entry.actor, entry.subject_kind, entry.detail) == (desk, "patient", {"rows": 1})


def test_without_javascript_it_is_a_page(jose: Patient, doctor_client: Client):
    assert "Type above what you know of them" in doctor_client.get(ADDRESS).text
    found = doctor_client.post(ADDRESS, {"text": "nunez"}).text
    assert "<html" in found
    assert "José Núñez-O’Neil" in found
    nobody = doctor_client.post(ADDRESS, {"text": "Xylander <b>"}).text
    assert "Nobody found" in nobody
    assert "Xylander &lt;b&gt;" in nobody, "what was typed stays"


def test_patients_find_nobody(jose: Patient, patient_client: Client):
    assert patient_client.post(ADDRESS, {"text": "nunez"}).status_code == 403
    assert find_patients("nunez", by=AccountFactory(), now=scheduling.NOW) == []
