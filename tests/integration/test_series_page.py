"""The desk wishes for a series, chooses where it must, and books all or none."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from clinic.models import AuditEntry, ClinicProfile, Message
from intake.models import Clearance
from scheduling.models import Appointment, Call
from scheduling.slots import State
from tests.factories import scheduling
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NINE, book, visit_type

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(scheduling.NOW, tick=False)


@pytest.fixture
def leave() -> Clearance:
    return ClearanceFactory.create(
        patient=PatientFactory.create(given_name="Ana", family_name="Reyes")
    )


def address(leave: Clearance) -> str:
    return f"/staff/patients/{leave.patient_id}/series/"


def wish(**fields: object) -> dict[str, object]:
    return {
        "kind": visit_type("adjustment").pk,
        "weekdays": [1, 3],
        "clock": "09:00",
        "weeks": "3",
        "first_day": "2026-11-10",
        **fields,
    }


def page(client: Client, leave: Clearance, status: int = 200, **fields: object) -> str:
    response = client.get(address(leave), wish(**fields))
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def as_proposed(shown: str) -> dict[str, str]:
    """What the browser would send: the radios that are chosen."""
    radios = re.findall(r'<input class="form-check-input" type="radio"[^>]*>', shown)
    picked = [radio for radio in radios if " checked" in radio]
    sent = {}
    for radio in picked:
        name, value = (re.search(rf'{each}="([^"]*)"', radio) for each in ("name", "value"))
        assert name
        assert value
        sent[name[1]] = value[1]
    return sent


def booked(leave: Clearance) -> list[Appointment]:
    visits = Appointment.objects.filter(patient=leave.patient, state=State.BOOKED.value)
    return list(visits.in_time_order())


def test_the_wish_is_asked_for_first(desk_client, leave):
    shown = " ".join(desk_client.get(address(leave)).content.decode().split())
    assert "Series of visits for Ana Reyes" in shown
    assert "Book all of these" not in shown


def test_proposed_and_booked(desk_client, leave):
    shown = page(desk_client, leave)
    assert "6 of 6 wished visits have a time near the hour." in shown
    sent = as_proposed(shown)
    assert len(sent) == 6
    response = desk_client.post(address(leave), {**wish(), **sent}, follow=True)
    assert "Ana Reyes: 6 visits are booked." in response.content.decode()
    assert [visit.starts_at for visit in booked(leave)] == [
        NINE + timedelta(days=days) for days in (0, 2, 7, 9, 14, 16)
    ]


def test_what_is_taken_is_another_choice(desk_client, leave):
    for start in range(9):
        book(ClearanceFactory.create(), NINE + timedelta(minutes=20 * start), code="adjustment")
    shown = page(desk_client, leave)
    assert "5 of 6 wished visits" in shown
    assert "Nothing is free near the hour. Choose another time, or leave it out." in shown
    sent = as_proposed(shown)
    response = desk_client.post(address(leave), {**wish(), **sent})
    assert response.status_code == 400
    assert "Choose a time for Tue, Nov 10, or leave it out." in response.content.decode()
    assert as_proposed(response.content.decode()) == sent, "what was chosen stays"
    assert booked(leave) == []
    left_out = {**sent, "on-2026-11-10": "none"}
    desk_client.post(address(leave), {**wish(), **left_out})
    assert len(booked(leave)) == 5


def test_the_end_of_the_clearance_is_said(desk_client, leave):
    shown = page(desk_client, leave, weeks="5")
    assert "Cleared until Fri, Dec 4 at 10:00 AM." in shown
    assert "Not proposed: Tue, Dec 8; Thu, Dec 10." in shown
    assert "8 of 10 wished visits" in shown


def test_what_was_taken_meanwhile_is_named_and_nothing_is_booked(desk_client, leave):
    sent = as_proposed(page(desk_client, leave))
    book(ClearanceFactory.create(), NINE + timedelta(days=7))
    response = desk_client.post(address(leave), {**wish(), **sent})
    shown = response.content.decode()
    assert response.status_code == 409
    assert "Nothing was booked. Tue, Nov 17 at 9:00 AM: That time has just been taken." in shown
    assert booked(leave) == []
    assert as_proposed(shown) == sent


def test_a_policy_asks_for_a_reason(desk_client, leave):
    ClinicProfile.objects.update(most_visits_patient=4)
    sent = {**wish(), **as_proposed(page(desk_client, leave))}
    response = desk_client.post(address(leave), sent)
    assert response.status_code == 409
    assert "That makes 6 visits to come; 4 is the most. Say why" in response.content.decode()
    assert 'id="id_reason"' in response.content.decode()
    desk_client.post(address(leave), {**sent, "reason": "A long way to drive."})
    assert len(booked(leave)) == 6
    entry = AuditEntry.objects.get(action="policy set aside")
    assert entry.detail["reason"] == "A long way to drive."


def test_who_is_held_gets_the_words_to_say_and_no_form(desk_client, leave):
    held(leave.patient)
    response = desk_client.get(address(leave), wish())
    assert "Propose times" not in response.content.decode()
    assert "May not book" in response.content.decode()
    desk_client.post(address(leave), {**wish(), "on-2026-11-10": NINE.isoformat()})
    assert booked(leave) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("weekdays", [], "Choose one day of the week at least."),
        ("clock", "late", "Type a time of day, such as 9:00 AM."),
        ("weeks", "13", "A series lasts 12 weeks at most"),
        ("weeks", "0", "Type a number of weeks, such as 3."),
        ("first_day", "2026-11-01", "Choose a day from today on, within a year."),
        ("first_day", "soon", "Choose the day to begin with."),
        ("kind", "0", "Select a valid choice."),
    ],
)
def test_a_wish_that_cannot_be_read_says_what_to_do(desk_client, leave, field, value, words):
    assert words in page(desk_client, leave, 400, **{field: value})


@pytest.mark.parametrize("sent", ["tomorrow", "2026-11-10T09:00", "9" * 40])
def test_a_time_that_is_none_is_asked_for_again(desk_client, leave, sent):
    data = {**wish(), **as_proposed(page(desk_client, leave)), "on-2026-11-10": sent}
    response = desk_client.post(address(leave), data)
    assert response.status_code == 400
    assert booked(leave) == []


def test_all_left_out_is_nothing_to_book(desk_client, leave):
    sent = dict.fromkeys(as_proposed(page(desk_client, leave)), "none")
    response = desk_client.post(address(leave), {**wish(), **sent})
    assert "choose one time at least" in response.content.decode()


def test_who_has_no_email_address_gets_a_card(desk_client, leave):
    shown = page(desk_client, leave)
    assert "print the appointment card afterwards" in shown
    answer = desk_client.post(address(leave), {**wish(), **as_proposed(shown)}, follow=True)
    assert "They have no email address: print the appointment card" in answer.text
    assert not Message.objects.needing_attention(now=scheduling.NOW).exists()
    assert not Call.objects.exists(), "whoever books for them has just talked to them"


def test_looking_changes_nothing(desk_client, leave):
    page(desk_client, leave)
    assert not Appointment.objects.exists()
    assert AuditEntry.objects.latest("pk").patient_id == leave.patient_id
