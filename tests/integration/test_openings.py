"""The slot answer: the same openings as the pages', at once after every change, in few queries."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import TimeMachineFixture

from clinic.models import ClinicProfile
from intake import public as intake
from intake.models import Clearance
from intake.services import revoke
from scheduling import availability, services
from scheduling.availability import Wish
from scheduling.middleware import OPENINGS
from scheduling.models import Clinician, OpeningHours, VisitType
from scheduling.slots import Interval
from scheduling.views.openings import MOST_DAYS
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, cleared
from tests.factories.scheduling import NINE, NOW, book, hold, visit_type

pytestmark = pytest.mark.django_db

TUESDAY = date(2026, 11, 10)
A_MONTH_LATER = TUESDAY + timedelta(days=29)
KINDS = "adjustment, new-exam, new-exam-xray, re-exam"


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leave(patient) -> Clearance:
    return ClearanceFactory.create(patient=patient.patients.get())


def asked(
    first: date | str = TUESDAY, last: date | str = TUESDAY, code: str = "new-exam", **more: Any
) -> dict[str, Any]:
    return {"visit_type": code, "from": str(first), "to": str(last), **more}


def ask(client: Client, *args: Any, **more: Any):
    return client.get("/openings.json", asked(*args, **more))


def starts(response) -> list[datetime]:
    assert response.status_code == 200, response.content
    days = response.json()["days"]
    return [datetime.fromisoformat(start) for day in days for start in day["starts"]]


def on_tuesday(client: Client, **more: Any) -> list[str]:
    """The local clock times: in November Ashburn is five hours behind."""
    hours = timedelta(hours=5)
    return [f"{start - hours:%H:%M}" for start in starts(ask(client, **more))]


class TestWhatItSays:
    def test_openings_by_local_day_in_utc(self, client):
        answer = ask(client, TUESDAY, TUESDAY + timedelta(days=5)).json()
        days = answer.pop("days")
        assert answer == {
            "visit_type": "new-exam",
            "minutes": 45,
            "time_zone": "America/New_York",
            "from": "2026-11-10",
            "to": "2026-11-15",
            "next": {"day": "2026-11-10", "start": "2026-11-10T14:00:00Z"},
        }
        assert [day["day"] for day in days] == [f"2026-11-{number}" for number in range(10, 16)]
        assert days[0]["starts"][:2] == ["2026-11-10T14:00:00Z", "2026-11-10T14:10:00Z"]
        assert days[-1] == {"day": "2026-11-15", "starts": []}, "a Sunday"

    def test_the_last_start_of_an_evening_is_tomorrow_in_utc(self, client):
        OpeningHours.objects.create(
            clinician=Clinician.objects.get(), weekday=1, starts=time(19), ends=time(22)
        )
        (day,) = ask(client).json()["days"]
        assert day["starts"][-1] == "2026-11-11T02:10:00Z", "ten past nine, in Ashburn"

    def test_the_next_opening_is_the_soonest_wherever_one_looks(self, client):
        assert ask(client, "2026-12-01", "2026-12-01").json()["next"]["day"] == "2026-11-10"

    def test_the_next_opening_up_to_the_horizon(self, client):
        until = NINE + timedelta(days=59)
        services.close(during=Interval(NOW, until), reason="Away", by=None, now=NOW)
        answer = ask(client, TUESDAY, A_MONTH_LATER)
        assert starts(answer) == []
        assert answer.json()["next"] == {"day": "2027-01-08", "start": "2027-01-08T14:00:00Z"}
        ClinicProfile.objects.update(horizon_days=59)
        assert ask(client).json()["next"] is None

    def test_days_without_openings_are_no_mistake(self, client):
        assert starts(ask(client, "2026-11-01", "2026-11-09")) == []
        assert starts(ask(client, "2027-05-03", "2027-05-07")) == []

    def test_nobody_sees_patients(self, client):
        Clinician.objects.update(is_active=False)
        answer = ask(client)
        assert (starts(answer), answer.json()["next"]) == ([], None)

    @pytest.mark.parametrize("code", ["new-exam", "new-exam-xray", "adjustment", "re-exam"])
    def test_the_same_as_the_pages_offer(self, client, leave, code):
        kind = visit_type("adjustment")
        kind.buffer_before, kind.buffer_after = 5, 10
        kind.save()
        xray = visit_type("new-exam-xray").room_id
        morning = Interval(NINE + timedelta(days=2), NINE + timedelta(days=2, hours=2))
        services.close(during=morning, reason="Repair", room_id=xray, by=None, now=NOW)
        hold(ClearanceFactory.create(), NINE + timedelta(hours=1))
        book(ClearanceFactory.create(), NINE + timedelta(days=1), code="adjustment")
        booked = cleared(PatientFactory.create(), xray=True)
        book(booked, NINE + timedelta(days=1, hours=2), code="new-exam-xray")
        wish = Wish(clearance=None, visit_type=visit_type(code), now=NOW)
        last = TUESDAY + timedelta(days=MOST_DAYS - 1)
        answer = ask(client, TUESDAY, last, code=code)
        assert starts(answer) == availability.offered(wish, first_day=TUESDAY, last_day=last)
        assert len(starts(answer)) > 500

    def test_what_the_pages_offer_one_by_one(self, client):
        hold(ClearanceFactory.create(), NINE + timedelta(hours=1))
        wish = Wish(clearance=None, visit_type=visit_type(), now=NOW)
        every_five_minutes = [NINE + timedelta(minutes=5 * n) for n in range(12 * 5)]
        solomon = Clinician.objects.get().pk
        assert starts(ask(client)) == [
            start
            for start in every_five_minutes
            if availability.is_offered(wish, start, clinician_id=solomon)
        ]


class TestAtOnce:
    """Each asked once before, so that whatever is kept is kept."""

    @pytest.fixture(autouse=True)
    def asked_before(self, client):
        times = on_tuesday(client)
        assert {"09:00", "10:00", "11:00"} <= set(times)

    def test_a_booking(self, client):
        book(ClearanceFactory.create(), NINE + timedelta(hours=1))
        assert "10:00" not in on_tuesday(client)

    def test_a_cancellation(self, client):
        visit = book(ClearanceFactory.create(), NINE + timedelta(hours=1))
        assert "10:00" not in on_tuesday(client)
        services.cancel(appointment_id=visit.pk, by=None, now=NOW)
        assert "10:00" in on_tuesday(client)

    def test_a_hold_and_its_end(self, client, time_machine):
        hold(ClearanceFactory.create(), NINE + timedelta(hours=1))
        assert "10:00" not in on_tuesday(client)
        time_machine.move_to(NOW + timedelta(minutes=9, seconds=59), tick=False)
        assert "10:00" not in on_tuesday(client)
        time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
        assert "10:00" in on_tuesday(client), "swept or not, it ran out"

    def test_a_closure(self, client):
        until = NINE + timedelta(hours=2)
        services.close(during=Interval(NINE, until), reason="Away", by=None, now=NOW)
        assert on_tuesday(client)[0] == "11:00"

    def test_other_hours(self, client):
        OpeningHours.objects.filter(weekday=1).update(starts=time(8))
        assert on_tuesday(client)[0] == "08:00"

    def test_another_visit_type(self, client):
        kind = visit_type()
        kind.minutes = 120
        kind.save()
        assert on_tuesday(client)[-1] == "11:00"

    def test_another_kind_of_visit(self, client):
        assert ask(client, code="check-up").status_code == 400
        VisitType.objects.create(code="check-up", name="Check-up", minutes=240)
        assert on_tuesday(client, code="check-up") == ["09:00"]
        VisitType.objects.filter(code="check-up").update(is_active=False)
        assert ask(client, code="check-up").status_code == 400

    def test_a_doctor_who_comes_back(self, client):
        Clinician.objects.update(is_active=False)
        assert on_tuesday(client) == []
        Clinician.objects.update(is_active=True)
        assert on_tuesday(client)[0] == "09:00"

    def test_another_notice(self, client):
        ClinicProfile.objects.update(minimum_notice_minutes=17 * 60)
        assert on_tuesday(client)[0] == "11:00"

    def test_the_passing_of_time(self, client, time_machine):
        time_machine.move_to(NINE + timedelta(minutes=1), tick=False)
        assert on_tuesday(client)[0] == "10:10", "an hour's notice"

    def test_times_kept_for_the_same_day(self, client, time_machine):
        OpeningHours.objects.filter(weekday=1).update(offered="same_day")
        assert on_tuesday(client) == []
        time_machine.move_to(NINE - timedelta(hours=9), tick=False)
        assert on_tuesday(client)[0] == "09:00"

    def test_a_booking_taken_back_with_its_transaction(self, client):
        with transaction.atomic():
            book(ClearanceFactory.create(), NINE + timedelta(hours=1))
            assert "10:00" not in on_tuesday(client)
            transaction.set_rollback(True)
        assert "10:00" in on_tuesday(client)


class TestWithAClearance:
    def test_it_is_cut_to_the_clearance(self, patient_client, leave):
        times = starts(
            ask(patient_client, TUESDAY, TUESDAY + timedelta(days=40), clearance=leave.pk)
        )
        assert leave.ends_at - timedelta(days=3) < times[-1] < leave.ends_at

    def test_their_own_visit_is_in_the_way_and_their_hold_is_not(self, patient_client, leave):
        locum = Clinician.objects.create(name="Dr. Locum")
        visit = book(leave, NINE)
        type(visit).objects.filter(pk=visit.pk).update(clinician=locum)
        hold(leave, NINE + timedelta(hours=2))
        assert on_tuesday(patient_client, clearance=leave.pk)[0] == "09:50"
        assert "11:00" in on_tuesday(patient_client, clearance=leave.pk)
        assert on_tuesday(patient_client)[0] == "09:00"
        assert "11:00" not in on_tuesday(patient_client)

    def test_the_same_as_their_page_offers(self, patient_client, leave):
        book(leave, NINE)
        (card,) = intake.clearances_usable(leave.patient_id, NOW)
        wish = Wish(clearance=card, visit_type=visit_type(), now=NOW)
        answer = ask(patient_client, TUESDAY, A_MONTH_LATER, clearance=leave.pk)
        assert starts(answer) == availability.offered(wish, last_day=A_MONTH_LATER)
        assert answer.json()["next"]["start"] == "2026-11-10T14:50:00Z"

    def test_one_that_was_revoked_leads_to_nothing(self, patient_client, leave):
        revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
        answer = ask(patient_client, clearance=leave.pk)
        assert (starts(answer), answer.json()["next"]) == ([], None)

    def test_it_is_nobody_elses_and_is_not_stored(self, patient_client, leave):
        answer = ask(patient_client, clearance=leave.pk)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers

    @pytest.mark.parametrize(
        ("person", "status"),
        [
            ("client", 401),
            ("desk_client", 403),
            ("doctor_client", 403),
            ("other_patient_client", 404),
        ],
    )
    def test_others(self, request, leave, person, status):
        answer = ask(request.getfixturevalue(person), clearance=leave.pk)
        assert answer.status_code == status
        assert answer.json()["errors"]["clearance"].startswith("clearance ")

    @pytest.mark.parametrize(("number", "status"), [(uuid4(), 404), ("x", 400), ("", 400)])
    def test_no_such_clearance(self, patient_client, number, status):
        assert ask(patient_client, clearance=number).status_code == status

    def test_a_kind_of_visit_that_is_not_theirs(self, patient_client, leave):
        answer = ask(patient_client, code="new-exam-xray", clearance=leave.pk)
        assert answer.status_code == 400
        assert answer.json()["errors"] == {
            "visit_type": "visit_type must be one of: new-exam, under this clearance."
        }


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("question", "errors"),
        [
            (asked(code="massage"), {"visit_type": f"visit_type must be one of: {KINDS}."}),
            (asked(code=""), {"visit_type": f"visit_type must be one of: {KINDS}."}),
            (asked(first="tomorrow"), {"from": "from must be a day, written as 2026-11-09."}),
            (asked(first="20261110"), {"from": "from must be a day, written as 2026-11-09."}),
            (asked(first="2026-W46-2"), {"from": "from must be a day, written as 2026-11-09."}),
            (asked(last="2026-11-31"), {"to": "to must be a day, written as 2026-11-09."}),
            (asked(last="2026-11-10T09:00"), {"to": "to must be a day, written as 2026-11-09."}),
            (
                asked(last="\uff12\uff10\uff12\uff16-11-10"),
                {"to": "to must be a day, written as 2026-11-09."},
            ),
            (asked(last="2026-11-10\x00"), {"to": "to must be a day, written as 2026-11-09."}),
            (asked(last="9" * 5000), {"to": "to must be a day, written as 2026-11-09."}),
            (
                asked(first="0001-01-01"),
                {"from": "from must be a day from 2024-11-07 to 2028-11-10."},
            ),
            (asked(last="9999-12-31"), {"to": "to must be a day from 2024-11-07 to 2028-11-10."}),
            (asked(last="2026-11-09"), {"to": "to must not be before from."}),
            (
                asked(last=TUESDAY + timedelta(days=MOST_DAYS)),
                {"to": "to and from must span at most 62 days."},
            ),
            (
                {},
                {
                    "visit_type": f"visit_type must be one of: {KINDS}.",
                    "from": "from must be a day, written as 2026-11-09.",
                    "to": "to must be a day, written as 2026-11-09.",
                },
            ),
        ],
    )
    def test_each_parameter_has_a_sentence(self, client, question, errors):
        answer = client.get("/openings.json", question)
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == {"errors": errors}

    def test_the_longest_range(self, client):
        last = TUESDAY + timedelta(days=MOST_DAYS - 1)
        assert len(ask(client, TUESDAY, last).json()["days"]) == MOST_DAYS

    def test_a_kind_of_visit_that_is_no_longer_offered(self, client):
        type(visit_type()).objects.filter(code="new-exam").update(is_active=False)
        assert ask(client).status_code == 400

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
    def test_other_methods(self, method):
        strict = Client(enforce_csrf_checks=True)
        answer = getattr(strict, method)("/openings.json")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")

    def test_head(self, client):
        answer = client.head("/openings.json", asked())
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["ETag"] == ask(client).headers["ETag"]


class TestKeptByTheBrowser:
    def again(self, client: Client, etag: str):
        return client.get("/openings.json", asked(), headers={"If-None-Match": etag})

    def test_until_the_calendar_changes(self, client):
        first = ask(client)
        assert first.headers["Cache-Control"] == "public, no-cache"
        etag = first.headers["ETag"]
        unchanged = self.again(client, etag)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["ETag"] == etag
        assert unchanged.headers["Cache-Control"] == "public, no-cache"
        assert self.again(client, f"W/{etag}").status_code == 304, "as a proxy that packs it says"
        book(ClearanceFactory.create(), NINE)
        changed = self.again(client, etag)
        assert (changed.status_code, changed.headers["ETag"] == etag) == (200, False)
        assert changed.json()["next"]["start"] == "2026-11-10T14:50:00Z"

    def test_a_tag_for_each_question(self, client):
        tags = {
            ask(client).headers["ETag"],
            ask(client, code="adjustment").headers["ETag"],
            ask(client, TUESDAY, A_MONTH_LATER).headers["ETag"],
        }
        assert len(tags) == 3

    def test_it_is_one_answer_for_all(self, client, patient_client):
        """Nobody is asked who they are: no session, no cookie, no language."""
        answer, known = ask(client), ask(patient_client)
        assert "Vary" not in answer.headers
        assert not answer.cookies
        assert not known.cookies
        assert known.content == answer.content
        assert dict(known.headers) == dict(answer.headers)

    def test_it_is_guarded_like_a_page(self, client):
        answer = ask(client)
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Length"] == str(len(answer.content))

    def test_a_host_that_is_not_ours(self, client):
        assert client.get("/openings.json", asked(), headers={"host": "x"}).status_code == 400

    def test_it_has_one_address(self):
        assert reverse("scheduling:openings") == OPENINGS


class TestWhatItCosts:
    def count(self, client: Client, last: date, **more: Any) -> int:
        ask(client, TUESDAY, last, **more)  # read the plan, if need be
        with CaptureQueriesContext(connection) as queries:
            ask(client, TUESDAY, last, **more)
        return len(queries)

    @pytest.mark.parametrize("code", ["new-exam", "new-exam-xray"])
    @pytest.mark.parametrize("last", [TUESDAY, A_MONTH_LATER])
    def test_one_statement_whatever_the_days_and_rows(self, client, last, code):
        assert self.count(client, last, code=code) == 1
        for number in range(8):
            book(ClearanceFactory.create(), NINE + timedelta(days=number // 2, hours=number % 2))
        with CaptureQueriesContext(connection) as queries:
            ask(client, TUESDAY, last, code=code)
        assert len(queries) == 1, "what is kept no longer holds, and it costs no more"

    def test_and_as_few_more_with_a_clearance(self, patient_client, leave):
        counts = {
            self.count(patient_client, last, clearance=leave.pk)
            for last in (TUESDAY, A_MONTH_LATER)
        }
        for number in range(8):
            book(ClearanceFactory.create(), NINE + timedelta(days=number // 2, hours=number % 2))
        counts.add(self.count(patient_client, A_MONTH_LATER, clearance=leave.pk))
        assert counts == {8}
