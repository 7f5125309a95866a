"""Today's visits and the coming ones, as staff read them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import ServiceTown
from scheduling import services
from scheduling.models import Appointment, Clinician, Closure, OpeningHours, Room
from scheduling.slots import State
from tests.factories import scheduling
from tests.factories.clinic import PatientFactory
from tests.people import signed_in

pytestmark = pytest.mark.django_db

ADDRESS = "/staff/visits/"
# Monday evening in the clinic, already Tuesday in UTC.
LATE_MONDAY = datetime(2026, 11, 10, 1, tzinfo=UTC)
TUESDAY_NINE = scheduling.NINE


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(scheduling.NOW, tick=False)


@pytest.fixture
def visit() -> Appointment:
    town = ServiceTown.objects.get(name="Broadlands")
    patient = PatientFactory(given_name="Ana", family_name="Reyes", phone="+17035550101", town=town)
    return scheduling.book(scheduling.clearance(patient=patient))


def page(client: Client, address: str = ADDRESS) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_day_without_visits_says_so(desk_client):
    assert "No visits today." in page(desk_client)


def test_a_visit_with_what_the_desk_needs(desk_client, visit):
    shown = page(desk_client)
    for words in (
        "Tomorrow, Tuesday, November 10",
        "9:00 AM – 9:45 AM",
        "Ana Reyes",
        "Broadlands",
        "(703) 555-0101",
        "New patient exam",
        "Booked",
    ):
        assert words in shown


def test_a_late_evening_is_still_today(time_machine, desk, visit):
    time_machine.move_to(LATE_MONDAY, tick=False)
    assert "Today, Monday, November 9" in page(signed_in(desk))
    time_machine.move_to(TUESDAY_NINE, tick=False)
    assert "Today, Tuesday, November 10" in page(signed_in(desk))


def test_an_evening_visit_stands_on_its_own_day(desk_client):
    """In UTC it is the next day already."""
    OpeningHours.objects.create(
        clinician=scheduling.solomon(), weekday=1, starts=time(18), ends=time(22)
    )
    scheduling.book(scheduling.clearance(), datetime(2026, 11, 11, 1, tzinfo=UTC))
    shown = page(desk_client)
    assert "Tomorrow, Tuesday, November 10" in shown
    assert "8:00 PM – 8:45 PM" in shown
    assert "Wednesday" not in shown


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.CONFIRMED, "Confirmed"),
        (State.SUSPENDED, "waits for a decision; cannot be checked in"),
        (State.RELEASED, "taken off the calendar: call the patient"),
        (State.NO_SHOW, "No-show"),
        (State.ARRIVED, "Arrived"),
    ],
)
def test_each_state_is_said_in_words(desk_client, visit, state, words):
    Appointment.objects.filter(pk=visit.pk).update(state=state.value)
    assert words in page(desk_client)


def test_a_visit_that_took_place_stays_on_the_list(desk_client):
    scheduling.done(scheduling.clearance())
    assert "Done" in page(desk_client)


def test_a_hold_is_shown_until_it_runs_out(time_machine, desk):
    scheduling.hold(scheduling.clearance())
    assert "the patient is confirming" in page(signed_in(desk))
    time_machine.move_to(scheduling.NOW + timedelta(minutes=11), tick=False)
    assert "the patient is confirming" not in page(signed_in(desk))


def test_a_cancelled_visit_is_off_the_list(desk_client, visit):
    services.cancel(appointment_id=visit.pk, by=None, now=scheduling.NOW)
    assert "Ana Reyes" not in page(desk_client)


def test_a_week_at_a_time(desk_client, visit):
    shown = page(desk_client)
    assert "?from=2026-11-16" in shown
    assert "?from=2026-11-02" in shown
    later = page(desk_client, f"{ADDRESS}?from=2026-11-16")
    assert "No visits in these days" in later
    assert "From today" in later
    assert "Ana Reyes" in page(desk_client, f"{ADDRESS}?from=2026-11-10")


@pytest.mark.parametrize("asked", ["yesterday", "2026-02-30", "9999-12-31", "0001-01-01", "%00"])
def test_a_day_nobody_knows_is_answered_with_today(desk_client, asked):
    shown = page(desk_client, f"{ADDRESS}?from={asked}")
    assert "That is not a day we know." in shown
    assert "Nov 9 to Nov 15" in shown


def test_many_visits_cost_no_more_queries(desk_client):
    start = TUESDAY_NINE
    scheduling.book(scheduling.clearance(), start)
    few = queries(desk_client)
    for count in range(1, 5):
        town = ServiceTown.objects.order_by("pk")[count]
        patient = PatientFactory(town=town)
        scheduling.book(
            scheduling.clearance(patient=patient), start + timedelta(minutes=45 * count)
        )
    assert page(desk_client).count('role="rowheader"') == 5
    assert queries(desk_client) == few
    assert few <= 10  # one counts the calls to make, for the head of the page


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(ADDRESS).status_code == 200
    return len(captured)


def closed(first: datetime, last: datetime, **whom: Any) -> None:
    Closure.objects.create(during=DateTimeTZRange(first, last), reason="Thanksgiving", **whom)


def clock(day: int, hour: int) -> datetime:
    """On the clinic's clock, in November 2026."""
    return timezone.make_aware(datetime(2026, 11, day, hour))


def test_a_closed_day_says_that_it_is_closed_and_why(desk_client):
    closed(clock(11, 0), clock(13, 0))
    shown = page(desk_client)
    for day in ("Wednesday, November 11", "Thursday, November 12"):
        assert f"{day}</h2> <p" in shown
    assert shown.count("Closed all day: Thanksgiving") == 2
    assert "No visits." in shown
    assert "Friday, November 13" not in shown


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (clock(11, 13), clock(11, 16), "Closed from 1:00 PM to 4:00 PM: Thanksgiving"),
        (clock(11, 0), clock(11, 12), "Closed until 12:00 PM: Thanksgiving"),
        (clock(11, 12), clock(12, 0), "Closed from 12:00 PM: Thanksgiving"),
    ],
)
def test_a_day_closed_for_a_while_says_when(desk_client, first, last, words):
    closed(first, last, clinician=Clinician.objects.get())
    shown = page(desk_client)
    assert words in shown
    assert "Wednesday, November 11" in shown
    assert "Thursday, November 12" not in shown


def test_a_closure_longer_than_the_week_fills_the_week_and_no_more(desk_client):
    closed(clock(1, 0), clock(29, 0))
    assert page(desk_client).count("Closed all day: Thanksgiving") == 7


def test_visits_that_stand_in_a_closure_are_shown_with_it(desk_client, visit):
    closed(clock(10, 0), clock(11, 0))
    shown = page(desk_client)
    assert shown.index("Closed all day: Thanksgiving") < shown.index("Ana Reyes")


def test_a_room_that_is_closed_closes_no_day(desk_client):
    closed(clock(11, 0), clock(12, 0), room=Room.objects.get())
    assert "Thanksgiving" not in page(desk_client)


def test_looking_changes_nothing(desk_client, visit):
    before = Appointment.objects.values().get(pk=visit.pk)
    page(desk_client)
    assert Appointment.objects.values().get(pk=visit.pk) == before
    assert desk_client.post(ADDRESS).status_code == 405


def test_patients_and_administrators_have_no_calendar(patient_client, administrator_client):
    for client in (patient_client, administrator_client):
        assert client.get(ADDRESS).status_code == 403
