"""What the desk prints: the day sheet, the week on paper, the appointment card."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry, User
from intake.models import Clearance
from scheduling import services
from scheduling.models import Appointment, Closure, VisitType
from tests.factories import scheduling
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import cleared
from tests.factories.scheduling import NINE, book

pytestmark = pytest.mark.django_db

DAY = "/staff/paper/day/?from=2026-11-10"
WEEK = "/staff/paper/week/"
A_WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(scheduling.NOW, tick=False)


@pytest.fixture
def leave() -> Clearance:
    account = AccountFactory.create(email="ana@example.com", language="es")
    ana = PatientFactory.create(
        account=account, given_name="Ana", family_name="Reyes", phone="+17035550101"
    )
    return cleared(ana, xray=True)


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def card_of(leave: Clearance, visit: Appointment | None = None) -> str:
    return f"/staff/paper/cards/{leave.patient_id}/" + (f"{visit.pk}/" if visit else "")


def test_a_day_says_who_comes_when_and_how_to_reach_them(desk_client, leave):
    VisitType.objects.filter(code="new-exam-xray").update(room_from=10, room_until=30)
    book(leave, code="new-exam-xray")
    shown = page(desk_client, DAY)
    for words in (
        "Tuesday, November 10, 2026",
        "9:00 AM – 10:00 AM",
        "Ana Reyes",
        "(703) 555-0101",
        "New patient exam with X-ray",
        "X-ray room 9:10 AM – 9:30 AM",
        "Booked",
        "Walk-ins",
        "Printed Mon, Nov 9 at 6:00 PM",
    ):
        assert words in shown


def test_a_day_without_visits_and_one_that_is_closed(desk_client):
    assert "No visits are booked on this day." in page(desk_client, DAY)
    Closure.objects.create(
        during=(NINE - timedelta(hours=9), NINE + timedelta(hours=15)), reason="Training"
    )
    assert "Closed all day: Training" in page(desk_client, DAY)


def test_only_that_day_is_on_its_sheet(desk_client, leave):
    book(leave, NINE + timedelta(days=2))
    assert "Ana Reyes" not in page(desk_client, DAY)


def test_a_day_that_nobody_knows(desk_client):
    assert "That is not a day we know." in page(desk_client, "/staff/paper/day/?from=soon")


def test_the_week_has_every_visit_and_whom_to_call(desk_client, leave):
    book(leave)
    others = [scheduling.clearance(patient=PatientFactory(phone="+17035550102")) for _ in range(2)]
    book(others[0], NINE + timedelta(days=2))
    book(others[1], NINE + A_WEEK)
    shown = page(desk_client, WEEK)
    assert "Visits, Nov 9 to Nov 15, 2026" in shown
    assert "(703) 555-0101" in shown
    assert shown.count("(703) 555-0102") == 1, "a week, and not the next"


def test_a_longer_list_asks_no_more_of_the_database(desk_client, leave):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(desk_client, WEEK)
        return len(queries)

    book(leave)
    few = asked()
    for number in range(1, 5):
        book(scheduling.clearance(), NINE + timedelta(minutes=50 * number))
    assert asked() == few


def test_the_card_has_all_visits_to_come_in_the_patients_language(desk_client, leave):
    first, second = book(leave), book(leave, NINE + A_WEEK)
    gone = book(leave, NINE + 2 * A_WEEK)
    services.cancel(appointment_id=gone.pk, by=None, now=scheduling.NOW)
    shown = page(desk_client, card_of(leave) + "?in=en")
    assert "Your visits" in shown
    assert "Tue, Nov 10 at 9:00 AM" in shown
    assert "Tue, Nov 17 at 9:00 AM" in shown
    assert "Nov 24" not in shown
    assert "To change or cancel, call (703) 555-0142." in shown
    in_spanish = page(desk_client, card_of(leave))
    assert "Sus visitas" in in_spanish
    assert "Your visits" not in in_spanish
    assert 'lang="es"' in in_spanish
    one = page(desk_client, card_of(leave, second) + "?in=en")
    assert "Your visit<" in one
    assert "Nov 10" not in one
    assert first.starts_at == NINE


def test_a_card_with_nothing_on_it_says_so(desk_client, leave):
    assert "No visit to come is booked" in page(desk_client, card_of(leave))


def test_nobody_has_no_card(desk_client):
    address = "/staff/paper/cards/5a3bbd9a-7a55-4c79-9e0b-5f8f3f6f7d10/"
    assert desk_client.get(address).status_code == 404


def test_nothing_says_what_for_on_the_card(desk_client, leave):
    book(leave, code="new-exam-xray")
    assert "x-ray" not in page(desk_client, card_of(leave) + "?in=en").lower()


@pytest.mark.parametrize(
    ("address", "sheet"),
    [(DAY, "day sheet"), (WEEK, "week on paper")],
)
def test_each_look_is_on_the_trail(desk: User, desk_client, leave, address, sheet):
    book(leave)
    page(desk_client, address)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.action) == (desk, "list viewed")
    assert entry.detail["sheet"] == sheet


def test_so_is_a_look_at_a_card_under_the_patients_name(desk: User, desk_client, leave):
    book(leave)
    page(desk_client, card_of(leave))
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.patient_id) == (desk, leave.patient_id)
    assert entry.detail == {"sheet": "appointment card"}


def test_the_list_of_visits_leads_to_paper(desk_client):
    shown = page(desk_client, "/staff/visits/")
    assert 'href="/staff/paper/day/?from=2026-11-09"' in shown
    assert 'href="/staff/paper/week/?from=2026-11-09"' in shown
