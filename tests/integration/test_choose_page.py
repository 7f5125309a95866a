"""Choosing a time: what a family sees, and what it is told when a time cannot be had."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from clinic import limits
from clinic.models import ClinicProfile, User
from intake.models import Case, Clearance, Patient
from intake.services import revoke
from scheduling.models import Appointment, Closure, OpeningHours
from scheduling.slots import State
from scheduling.views.choose import NEAREST_SHOWN
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, cleared, held
from tests.factories.scheduling import NINE, NOW, book, done, hold, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def record(patient: User) -> Patient:
    return patient.patients.get()


@pytest.fixture
def leave(record: Patient) -> Clearance:
    return ClearanceFactory(patient=record)


def choose(leave: Clearance) -> str:
    return reverse("scheduling:choose", args=[leave.pk])


def send(client: Client, leave: Clearance, start: object):
    return client.post(reverse("scheduling:hold", args=[leave.pk]), {"start": start})


def text(response) -> str:
    """What a person reads, without the markup."""
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def offered(response) -> list[str]:
    return re.findall(r'name="start" value="([^"]+)"', response.content.decode())


class TestWhatIsShown:
    def test_whom_for_what_and_the_next_opening_first(self, patient_client, leave):
        page = patient_client.get(choose(leave))
        assert "For Ana Reyes New patient exam, 45 minutes" in text(page)
        assert "The next opening Tue, Nov 10 at 9:00 AM" in text(page)
        assert offered(page)[0] == NINE.isoformat()
        assert "We keep it for 10 minutes while you confirm." in text(page)

    def test_days_have_a_morning_and_an_afternoon_on_the_clinics_clock(self, patient_client, leave):
        page = text(patient_client.get(choose(leave)))
        assert "Mon, Nov 9 to Sun, Nov 15" in page
        wednesday = page.split("Wed, Nov 11 40 times")[1].split("Thu, Nov 12 20 times")[0]
        morning, afternoon = wednesday.split(" Afternoon 12:00 PM")
        assert "Morning 9:00 AM 9:30 AM 10:00 AM" in morning
        assert "12 more times : Wed, Nov 11, Morning 9:10 AM 9:20 AM 9:40 AM" in morning
        assert "12:10 PM" not in morning, "noon is afternoon"
        assert "6:10 PM" in afternoon
        assert "6:20 PM" not in afternoon, "the exam would not be over by seven"

    def test_weeks_are_paged_by_links(self, patient_client, leave):
        first = patient_client.get(choose(leave))
        assert 'rel="prev"' not in first.content.decode()
        address = re.search(r'href="([^"]+)" rel="next"', first.content.decode())[1]
        second = patient_client.get(address)
        assert "Mon, Nov 16 to Sun, Nov 22" in text(second)
        assert "Tue, Nov 10 at 9:00 AM" in text(second), "the next opening stays on top"
        assert '?week=2026-11-09" rel="prev"' in second.content.decode()

    def test_nothing_is_offered_past_the_clearance(self, patient_client, leave):
        page = patient_client.get(choose(leave) + "?week=2027-01-04")
        assert "Mon, Nov 30 to Sun, Dec 6" in text(page), "the last week that has times"
        assert max(offered(page)) < leave.ends_at.isoformat()
        assert "You can book visits up to Fri, Dec 4." in text(page)

    @pytest.mark.parametrize(
        "junk", ["x", "2026-13-45", "0001-01-01", "9999-12-31", "-1", "2026-11-09\x00"]
    )
    def test_a_week_that_is_none_does_no_harm(self, patient_client, leave, junk):
        assert patient_client.get(choose(leave), {"week": junk}).status_code == 200

    def test_the_spring_ahead_of_notice_is_not_offered(self, patient_client, leave, time_machine):
        time_machine.move_to(NINE - timedelta(minutes=30), tick=False)
        assert (
            offered(patient_client.get(choose(leave)))[0]
            == (NINE + timedelta(minutes=30)).isoformat()
        ), "an hour's notice"

    def test_after_a_completed_visit_it_is_an_adjustment(self, patient_client, leave):
        done(leave, NINE - timedelta(days=1))
        assert "Adjustment, 20 minutes" in text(patient_client.get(choose(leave)))

    def test_an_xray_only_when_the_doctor_said_so(self, patient_client, record):
        page = patient_client.get(choose(cleared(record, xray=True)))
        assert "New patient exam with X-ray, 60 minutes" in text(page)

    def test_nothing_free_says_whom_to_call(self, patient_client, leave):
        OpeningHours.objects.all().delete()
        page = patient_client.get(choose(leave))
        assert "No time is free online just now Call us at (703) 555-0142" in text(page)
        assert "tel:+1-703-555-0142" in page.content.decode()

    def test_ones_own_held_time_is_named_and_still_offered(self, patient_client, leave):
        kept = hold(leave, NINE)
        page = patient_client.get(choose(leave))
        assert "Tue, Nov 10 at 9:00 AM is kept for you" in text(page)
        assert reverse("scheduling:confirm", args=[kept.pk]) in page.content.decode()
        assert NINE.isoformat() in offered(page)

    def test_a_visit_already_booked_is_named_before_another_is(self, patient_client, leave):
        visit = book(leave, NINE)
        page = patient_client.get(choose(leave))
        assert "Ana already has a visit: Tue, Nov 10 at 9:00 AM." in text(page)
        assert reverse("scheduling:visit", args=[visit.pk]) in page.content.decode()

    def test_the_number_of_queries_is_fixed(
        self, patient_client, leave, django_assert_num_queries: DjangoAssertNumQueries
    ):
        patient_client.get(choose(leave))
        with django_assert_num_queries(10):
            patient_client.get(choose(leave))
        for hour in range(3):
            book(ClearanceFactory(), NINE + timedelta(hours=hour))
        book(leave, NINE + timedelta(days=1))
        with django_assert_num_queries(10):
            patient_client.get(choose(leave))

    def test_spanish_days_and_words(self, patient_client, leave):
        patient_client.cookies["django_language"] = "es"
        page = patient_client.get(choose(leave))
        assert 'lang="es"' in page.content.decode()
        assert "mar" in text(page).lower()


class TestNotNow:
    """Under a clearance that may not be used: what happens next, and no times."""

    def refused(self, client: Client, leave: Clearance) -> str:
        page = client.get(choose(leave))
        assert page.status_code == 200
        assert not offered(page)
        answer = send(client, leave, NINE.isoformat())
        assert answer.status_code == 409
        assert not offered(answer)
        assert not Appointment.objects.exists()
        return text(page)

    def test_revoked(self, patient_client, leave):
        revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
        assert "This link no longer leads to free times" in self.refused(patient_client, leave)

    def test_ended(self, patient_client, record):
        leave = ClearanceFactory(patient=record, starts_at=NOW - timedelta(days=31))
        page = self.refused(patient_client, leave)
        assert "answer them again" in page
        assert "Answer the questions" in page

    def test_held_says_by_when(self, patient_client, leave, record):
        intake = held(record)
        Case.objects.filter(pk=intake.case_id).update(due_at=NOW + timedelta(hours=15))
        assert "You will hear from us by Tue, Nov 10 at 9:00 AM." in self.refused(
            patient_client, leave
        )

    def test_held_and_overdue(self, patient_client, leave, record):
        held(record)
        assert "You will hear from us soon." in self.refused(patient_client, leave)

    def test_sent_to_a_doctor(self, patient_client, leave, record):
        intake = held(record)
        Case.objects.filter(pk=intake.case_id).update(state="REFERRED")
        page = self.refused(patient_client, leave)
        assert "A doctor should look at this first" in page

    def test_why_it_was_decided_is_not_told(self, patient_client, leave):
        revoke(clearance_id=leave.pk, because="Fever on the phone.", by=None, now=NOW)
        assert "Fever" not in self.refused(patient_client, leave)


class TestHolding:
    def test_a_time_is_kept_and_leads_on(self, patient_client, leave):
        answer = send(patient_client, leave, NINE.isoformat())
        kept = Appointment.objects.get()
        assert answer.headers["Location"] == reverse("scheduling:confirm", args=[kept.pk])
        assert (kept.state, kept.starts_at) == (State.HELD, NINE)
        assert kept.hold_expires_at == NOW + timedelta(minutes=10)

    def test_another_choice_takes_the_place_of_the_first(self, patient_client, leave):
        send(patient_client, leave, NINE.isoformat())
        send(patient_client, leave, (NINE + timedelta(hours=1)).isoformat())
        assert Appointment.objects.filter(state=State.HELD).get().starts_at == (
            NINE + timedelta(hours=1)
        )

    def test_the_same_time_again_is_kept_anew(self, patient_client, leave):
        send(patient_client, leave, NINE.isoformat())
        assert send(patient_client, leave, NINE.isoformat()).status_code == 302
        assert Appointment.objects.filter(state=State.HELD).count() == 1

    def test_a_lost_race_shows_fresh_times_and_a_sentence(self, patient_client, leave):
        hold(ClearanceFactory(), NINE)
        answer = send(patient_client, leave, NINE.isoformat())
        assert answer.status_code == 409
        assert "That time has just been taken. Please choose another." in text(answer)
        assert NINE.isoformat() not in offered(answer)
        assert offered(answer)
        assert "<title>\n      Error: Choose a time" in answer.content.decode()

    def test_a_lost_race_offers_the_nearest_times_and_not_a_wall_of_them(
        self, patient_client, leave
    ):
        hold(ClearanceFactory(), NINE + timedelta(hours=3))
        answer = send(patient_client, leave, (NINE + timedelta(hours=3)).isoformat())
        # Forty-five minutes before and after it, five for the room to be made ready.
        nearest, *others = offered(answer)
        assert nearest == (NINE + timedelta(hours=2, minutes=10)).isoformat()
        assert others == sorted(others)
        starts = sorted(map(datetime.fromisoformat, offered(answer)))
        assert len(starts) == NEAREST_SHOWN
        assert all(later - start >= timedelta(minutes=45) for start, later in pairwise(starts))
        assert f'href="{choose(leave)}?week=2026-11-10"' in answer.content.decode()
        assert send(patient_client, leave, nearest).status_code == 302

    def test_a_lost_race_looks_further_when_the_days_around_are_full(self, patient_client, leave):
        Closure.objects.create(during=(NINE - timedelta(days=1), NINE + timedelta(days=10)))
        answer = send(patient_client, leave, NINE.isoformat())
        assert len(offered(answer)) == NEAREST_SHOWN
        assert offered(answer)[0] > (NINE + timedelta(days=9)).isoformat()

    def test_a_lost_race_costs_few_queries(
        self, patient_client, leave, django_assert_num_queries: DjangoAssertNumQueries
    ):
        hold(ClearanceFactory(), NINE)
        send(patient_client, leave, NINE.isoformat())
        with django_assert_num_queries(19):
            send(patient_client, leave, NINE.isoformat())

    def test_a_lost_race_keeps_the_time_held_before(self, patient_client, leave):
        mine = hold(leave, NINE + timedelta(hours=2))
        hold(ClearanceFactory(), NINE)
        answer = send(patient_client, leave, NINE.isoformat())
        assert state_of(mine.pk) == State.HELD
        assert "Tue, Nov 10 at 11:00 AM is kept for you" in text(answer)

    @pytest.mark.parametrize(
        "start",
        [
            NINE - timedelta(days=1),
            NINE + timedelta(minutes=5),
            NINE - timedelta(hours=3),
            NINE + timedelta(days=60),
        ],
        ids=["past", "off the grid", "closed", "beyond the clearance"],
    )
    def test_a_time_nobody_offered(self, patient_client, leave, start):
        answer = send(patient_client, leave, start.isoformat())
        assert answer.status_code == 409
        assert offered(answer)
        assert not Appointment.objects.exists()

    @pytest.mark.parametrize(
        "junk",
        [
            "",
            "x",
            "9:00",
            "2026-11-10T14:00:00+99:99",
            "9999-12-31T23:59:59+00:00",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+00:00",
            "0001-01-01T00:00:00+23:59",
            "2026-11-10\x00T14:00:00+00:00",
            "' OR 1=1 --",
            "9" * 5000,
        ],
    )
    def test_junk_gets_a_sentence(self, patient_client, leave, junk):
        answer = send(patient_client, leave, junk)
        assert answer.status_code == 400
        assert "Please choose one of the times on this page." in text(answer)
        assert offered(answer)

    def test_nothing_sent_gets_a_sentence(self, patient_client, leave):
        answer = patient_client.post(reverse("scheduling:hold", args=[leave.pk]))
        assert answer.status_code == 400

    def test_a_reload_after_a_refusal_leads_back_to_the_times(self, patient_client, leave):
        answer = patient_client.get(reverse("scheduling:hold", args=[leave.pk]))
        assert answer.headers["Location"] == choose(leave)

    def test_holds_are_limited(self, patient_client, leave):
        for _ in range(limits.HOLDS_BY_ACCOUNT.times):
            send(patient_client, leave, NINE.isoformat())
        answer = send(patient_client, leave, NINE.isoformat())
        assert answer.status_code == 429
        assert "Retry-After" in answer.headers

    def test_the_clinics_own_hold_length_is_said(self, patient_client, leave):
        ClinicProfile.objects.update(hold_minutes=5)
        assert "We keep it for 5 minutes" in text(patient_client.get(choose(leave)))


class TestOthers:
    def test_another_familys_clearance_is_not_found(self, other_patient_client, leave):
        assert other_patient_client.get(choose(leave)).status_code == 404
        assert send(other_patient_client, leave, NINE.isoformat()).status_code == 404
        assert not Appointment.objects.exists()

    def test_one_that_never_was_is_not_found(self, patient_client):
        assert patient_client.get(reverse("scheduling:choose", args=[uuid4()])).status_code == 404

    def test_an_unclaimed_patient_is_nobodys(self, patient_client):
        leave = ClearanceFactory(patient=PatientFactory(account=None))
        assert patient_client.get(choose(leave)).status_code == 404

    def test_a_parent_books_for_a_child(self, patient_client, patient):
        child = PatientFactory(account=patient, given_name="Mia", family_name="Reyes")
        leave = ClearanceFactory.create(patient=child)
        assert "For Mia Reyes" in text(patient_client.get(choose(leave)))
        send(patient_client, leave, NINE.isoformat())
        assert Appointment.objects.get().clearance == leave
