"""The feed that the desk's calendar is drawn from, and the page around it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from clinic.models import AuditEntry, User
from clinic.sign_in import session
from intake.services import revoke
from scheduling import services
from scheduling.models import Appointment, Clinician, Closure, Room, VisitType
from scheduling.slots import State
from tests.factories.clinic import PatientFactory
from tests.factories.intake import cleared
from tests.factories.scheduling import NINE, NOW, book, clearance, hold
from tests.people import signed_in

pytestmark = pytest.mark.django_db

ADDRESS = "/staff/day/feed.json"
DAY = {"first": "2026-11-10", "last": "2026-11-10"}
WEEK = {"first": "2026-11-09", "last": "2026-11-15"}


@pytest.fixture(autouse=True)
def evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def ana() -> Appointment:
    return book(clearance(patient=PatientFactory(given_name="Ana", family_name="Reyes")))


def feed(client: Client, days: dict[str, str] = DAY, **headers: str) -> Any:
    response = client.get(ADDRESS, days, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()


def only(client: Client) -> dict[str, Any]:
    (shown,) = feed(client)["visits"]
    assert isinstance(shown, dict)
    return shown


def test_a_visit_in_the_clinics_own_time(desk_client, ana):
    shown = only(desk_client)
    assert (shown["start"], shown["end"]) == ("2026-11-10T09:00", "2026-11-10T09:45")
    assert shown["column"] == "doctor"
    assert shown["name"] == ("Tue, Nov 10, 9:00 AM – 9:45 AM, Ana Reyes, New patient exam, Booked")
    assert (shown["version"], shown["is_movable"], shown["is_late"]) == (1, True, False)
    assert feed(desk_client)["offset"] == "-05:00"


def test_a_visit_with_its_room_stands_in_both_columns(desk_client):
    kind = VisitType.objects.get(code="new-exam-xray")
    kind.room_from, kind.room_until = 20, 40
    kind.save()
    book(cleared(PatientFactory(), xray=True), code="new-exam-xray")
    doctors, rooms = feed(desk_client)["visits"]
    assert (rooms["start"], rooms["end"]) == ("2026-11-10T09:20", "2026-11-10T09:40")
    assert rooms["column"] == f"room-{Room.objects.get().pk}"
    assert rooms["name"].startswith("X-ray room, ")
    assert rooms["visit"] == doctors["visit"]
    assert not rooms["is_movable"]


def test_who_is_late_and_by_how_much(desk, ana, time_machine):
    time_machine.move_to(NINE + timedelta(minutes=12), tick=False)
    shown = only(signed_in(desk))
    assert (shown["is_late"], shown["mark"]) == (True, "Late: 12 min")
    services.mark(appointment_id=ana.pk, to=State.ARRIVED, by=desk, now=NINE)
    shown = only(signed_in(desk))
    assert (shown["is_late"], shown["mark"]) == (False, "")


def test_holds_and_suspended_visits_say_so_and_what_came_to_nothing_is_not_there(
    desk, time_machine
):
    hold(clearance())
    later = book(clearance(), NINE + timedelta(hours=1))
    revoke(clearance_id=later.clearance_id, because="A new sign.", by=None, now=NOW)
    off = book(clearance(), NINE + timedelta(hours=2))
    services.cancel(appointment_id=off.pk, by=None, now=NOW)
    held, suspended = feed(signed_in(desk))["visits"]
    assert (held["state_name"], held["mark"]) == ("Held", "the patient is confirming")
    assert suspended["mark"] == "waits for a decision; cannot be checked in"
    assert not suspended["is_movable"]
    time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
    assert [each["state"] for each in feed(signed_in(desk))["visits"]] == ["suspended"]


def test_hours_and_closures_are_shaded(desk_client):
    closed = Closure.objects.create(
        during=DateTimeTZRange(NINE, NINE + timedelta(hours=1)),
        reason="Staff meeting",
        clinician=Clinician.objects.get(),
    )
    shades = feed(desk_client)["shades"]
    shut = [(each["start"], each["end"]) for each in shades if each["kind"] == "shut"]
    assert shut == [
        ("2026-11-10T00:00", "2026-11-10T09:00"),
        ("2026-11-10T13:00", "2026-11-11T00:00"),
    ]
    assert {
        "id": f"closed-{closed.pk}",
        "column": "doctor",
        "start": "2026-11-10T09:00",
        "end": "2026-11-10T10:00",
        "kind": "closed",
        "words": "Closed: Staff meeting",
    } in shades


def test_what_the_doctor_needs_around_a_visit_is_shaded(desk_client):
    VisitType.objects.filter(code="new-exam").update(buffer_before=5, buffer_after=10)
    book(clearance())
    shades = [each for each in feed(desk_client)["shades"] if each["kind"] == "buffer"]
    assert [(each["start"][-5:], each["end"][-5:]) for each in shades] == [
        ("08:55", "09:00"),
        ("09:45", "09:55"),
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"first": "2026-11-10"},
        {"first": "today", "last": "today"},
        {"first": "2026-11-10", "last": "2026-11-09"},
        {"first": "2026-11-01", "last": "2026-12-13"},
        {"first": "0001-01-01", "last": "0001-01-02"},
        {"first": "9999-12-31", "last": "9999-12-31"},
        {"first": "2026-11-10\x00", "last": "2026-11-10"},
    ],
)
def test_what_is_no_range_is_refused_with_a_sentence(desk_client, asked):
    response = desk_client.get(ADDRESS, asked)
    assert response.status_code == 400
    assert response.json()["problem"].endswith(".")


class TestUnchanged:
    def test_nothing_is_sent_again(self, desk_client, ana):
        tag = desk_client.get(ADDRESS, DAY).headers["ETag"]
        again = desk_client.get(ADDRESS, DAY, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag

    @pytest.mark.parametrize("change", ["state", "name", "closure", "late"])
    def test_whatever_is_shown_makes_another_answer(self, desk, ana, time_machine, change):
        tag = signed_in(desk).get(ADDRESS, DAY).headers["ETag"]
        if change == "state":
            services.mark(appointment_id=ana.pk, to=State.ARRIVED, by=desk, now=NOW)
        elif change == "name":
            ana.patient.given_name = "Anna"
            ana.patient.save()
        elif change == "closure":
            Closure.objects.create(
                during=DateTimeTZRange(NINE, NINE + timedelta(hours=1)), reason="Away"
            )
        else:
            time_machine.move_to(NINE + timedelta(minutes=1), tick=False)
        again = signed_in(desk).get(ADDRESS, DAY, headers={"If-None-Match": tag})
        assert again.status_code == 200

    def test_many_visits_cost_no_more_queries(self, desk_client, ana):
        few = queries(desk_client)
        for count in range(1, 5):
            book(clearance(), NINE + timedelta(minutes=45 * count))
        book(clearance(), NINE + timedelta(days=1))
        assert len(feed(desk_client, WEEK)["visits"]) == 6
        assert queries(desk_client) == few
        assert few <= 4  # the session, who it is, the plan’s revision, visits


def queries(client: Client, address: str = ADDRESS) -> int:
    client.get(address, WEEK)  # once, so that the look is on the trail
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, WEEK).status_code == 200
    return len(captured)


class TestWhoAsks:
    def test_a_look_is_on_the_trail_once_a_session_and_range(self, desk: User, desk_client, ana):
        for _again in range(3):
            feed(desk_client, **{"X-Background": "1"})
        feed(desk_client, WEEK)
        feed(desk_client)
        looks = AuditEntry.objects.filter(action="list viewed", actor=desk).order_by("pk")
        assert [days for (days,) in looks.values_list("detail__days")] == [
            "2026-11-10 to 2026-11-10",
            "2026-11-09 to 2026-11-15",
        ]
        feed(signed_in(desk))
        assert looks.count() == 3, "another session is another look"

    def test_a_screen_that_refreshes_itself_keeps_nobody_signed_in(self, desk: User, time_machine):
        client = signed_in(desk)
        began = client.session[session.SEEN]
        for minutes in (5, 10, 14):
            time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
            feed(client, **{"X-Background": "1"})
        assert client.session[session.SEEN] == began
        time_machine.move_to(NOW + timedelta(minutes=15), tick=False)
        response = client.get(ADDRESS, DAY, headers={"X-Background": "1"})
        assert (response.status_code, response.content) == (401, b"")

    def test_a_person_who_asks_stays_signed_in(self, desk: User, time_machine):
        client = signed_in(desk)
        time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
        feed(client)
        time_machine.move_to(NOW + timedelta(minutes=20), tick=False)
        feed(client)


class TestThePage:
    def test_it_opens_on_the_day_that_was_asked_for(self, desk_client):
        shown = desk_client.get("/staff/day/", {"on": "2026-11-24"}).content.decode()
        assert 'data-day="2026-11-24"' in shown
        assert 'data-opens="09"' in shown
        assert 'data-closes="19"' in shown

    @pytest.mark.parametrize("asked", ["tomorrow", "2026-02-30", "9999-12-31", "%00"])
    def test_a_day_nobody_knows_is_answered_with_today(self, desk_client, asked):
        response = desk_client.get(f"/staff/day/?on={asked}")
        assert response.status_code == 200
        shown = response.content.decode()
        assert 'data-day="2026-11-09"' in shown
        assert "notice-warning" in shown

    def test_it_holds_no_patient_itself(self, desk_client, ana):
        assert "Reyes" not in desk_client.get("/staff/day/").content.decode()

    def test_many_visits_cost_no_more_queries(self, desk_client):
        few = queries(desk_client, "/staff/day/")
        for count in range(4):
            book(clearance(), NINE + timedelta(minutes=45 * count))
        assert queries(desk_client, "/staff/day/") == few
        # The session, who it is, the plan, the columns, the clinic and what waits for the staff.
        assert few <= 10

    def test_the_clock_of_a_summer_day(self, desk, time_machine):
        time_machine.move_to(datetime(2026, 7, 1, 12, tzinfo=UTC), tick=False)
        assert 'data-offset="-04:00"' in signed_in(desk).get("/staff/day/").content.decode()
