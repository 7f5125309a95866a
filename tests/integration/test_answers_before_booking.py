"""Answers some days old: asked again before a time is chosen or changed, and back there after."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from clinic.models import ClinicProfile, Message, User
from intake.models import Case, Clearance, Disposition, Intake, IntakeDraft, Patient
from scheduling import services
from scheduling.exceptions import AnswersNotRecent
from scheduling.models import Appointment
from scheduling.slots import State
from tests import answers
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory, cleared, decided, held
from tests.factories.scheduling import NINE, NOW, book, hold, state_of
from tests.integration.test_short_form import answer_short, full_intake, resolve, send, text
from tests.walking import place, slug_of

pytestmark = pytest.mark.django_db

A_WEEK = timedelta(days=7)
FEVER = {**answers.BOOK, "fever": "yes"}


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def ana(patient: User) -> Patient:
    return patient.patients.get()


def answered(patient: Patient, ago: timedelta) -> Clearance:
    """A full intake that long ago, and the leave to book that came of it."""
    said = full_intake(patient, submitted_at=NOW - ago)
    return ClearanceFactory(
        patient=patient, intake=said, starts_at=NOW - ago, ends_at=NOW + timedelta(days=20)
    )


@pytest.fixture
def stale(ana: Patient) -> Clearance:
    return answered(ana, timedelta(days=10))


def choose(leave: Clearance) -> str:
    return f"/book/{leave.pk}/"


def press(client: Client, page):
    """The button of a page that leads to the questions."""
    shown = page.content.decode()
    action = re.search(r'action="(/my/people/[^"]+)"', shown)[1]
    return client.post(action, {"then": re.search(r'name="then" value="([^"]+)"', shown)[1]})


def answer(client: Client, page, said=answers.BOOK):
    """From the page that asks to the page that came of it."""
    assert press(client, page).status_code == 302
    page, _put = answer_short(client, client.get("/intake/", follow=True), said)
    return send(client) if place(page) == "/intake/changes/" else page


class TestTheService:
    def test_answers_of_a_week_are_asked_again(self, ana):
        with pytest.raises(AnswersNotRecent, match="Please answer them again"):
            hold(answered(ana, A_WEEK))
        assert not Appointment.objects.exists()

    def test_younger_ones_stand(self, ana):
        assert hold(answered(ana, A_WEEK - timedelta(seconds=1))).state == State.HELD

    def test_the_clinic_says_how_long(self, ana, stale):
        ClinicProfile.objects.update(rescreen_days=11)
        assert hold(stale).state == State.HELD

    def test_it_is_the_newest_answers_that_count(self, ana, stale):
        IntakeFactory(patient=ana, submitted_at=NOW - timedelta(days=1))
        assert hold(stale).state == State.HELD

    def test_unfinished_ones_and_those_of_others_do_not(self, ana, stale, patient):
        over = held(
            ana, Disposition.EMERGENCY, is_complete=False, submitted_at=NOW - timedelta(days=1)
        )
        resolve(over)
        IntakeFactory(patient=PatientFactory(account=patient), submitted_at=NOW)
        with pytest.raises(AnswersNotRecent):
            hold(stale)

    def test_a_decision_on_them_counts_as_well(self, ana):
        """Else whoever a doctor had to see first would be held by the same answers for ever."""
        said = held(ana, submitted_at=NOW - timedelta(days=20))
        two_days_ago = NOW - timedelta(days=2)
        decision = decided(said, at=two_days_ago)
        Case.objects.filter(pk=said.case_id).update(state="CLEARED", resolved_at=two_days_ago)
        leave = ClearanceFactory(
            patient=ana, intake=said, decision=decision, starts_at=two_days_ago
        )
        assert hold(leave).state == State.HELD
        with pytest.raises(AnswersNotRecent):
            hold(leave, NINE + A_WEEK, now=NOW + timedelta(days=5))

    def test_the_desk_is_not_bound(self, stale, desk):
        visit = services.hold(
            patient_id=stale.patient_id,
            clearance_id=stale.pk,
            visit_type_id=book(stale).visit_type_id,
            start=NINE + timedelta(hours=1),
            by=desk,
            now=NOW,
        )
        assert visit.state == State.HELD

    def test_a_move_asks_too(self, stale, patient, desk):
        visit, later = book(stale), NINE + timedelta(hours=1)
        with pytest.raises(AnswersNotRecent):
            services.move(appointment_id=visit.pk, start=later, by=patient, now=NOW)
        assert Appointment.objects.get().starts_at == NINE
        services.move(appointment_id=visit.pk, start=later, by=desk, now=NOW)
        assert Appointment.objects.get().starts_at == later

    def test_a_visit_is_called_off_and_a_kept_time_confirmed_all_the_same(self, ana, patient):
        leave = answered(ana, A_WEEK - timedelta(minutes=1))
        kept = hold(leave)
        later = NOW + timedelta(minutes=5)
        assert services.confirm(appointment_id=kept.pk, by=patient, now=later).state == "booked"
        assert services.cancel(appointment_id=kept.pk, by=patient, now=later).state == "cancelled"


class TestChoosingATime:
    def test_the_questions_come_first(self, patient_client, stale):
        page = patient_client.get(choose(stale))
        assert page.status_code == 200
        assert "A few questions first For Ana Reyes" in text(page)
        assert "It takes about 3 minutes." in text(page)
        assert 'name="start"' not in page.content.decode()
        assert not IntakeDraft.objects.exists(), "looking changes nothing"

    def test_a_time_sent_from_an_older_page_is_not_kept(self, patient_client, stale):
        page = patient_client.post(f"{choose(stale)}hold/", {"start": NINE.isoformat()})
        assert page.status_code == 409
        assert "A few questions first" in text(page)
        assert not Appointment.objects.exists()

    def test_clean_answers_lead_back_to_the_times(self, patient_client, stale):
        page = answer(patient_client, patient_client.get(choose(stale)))
        newest = Clearance.objects.get(intake__kind=Intake.Kind.RESCREEN)
        assert place(page) == choose(newest), "which lasts longer than the one before"
        assert "Thank you. Now choose a time." in page.content.decode()
        assert 'name="start"' in page.content.decode()
        done = patient_client.post(f"{choose(newest)}hold/", {"start": NINE.isoformat()})
        assert done.status_code == 302

    def test_leave_by_a_decision_stays_the_one(self, patient_client, ana, time_machine):
        full_intake(ana, submitted_at=NOW - timedelta(days=60))
        leave = cleared(ana, xray=True)
        time_machine.move_to(NOW + timedelta(days=5), tick=False)
        page = answer(patient_client, patient_client.get(choose(leave)))
        assert place(page) == choose(leave)

    def test_worse_ones_stop_what_is_booked_and_book_nothing(self, patient_client, stale):
        visit = book(stale)
        page = answer(patient_client, patient_client.get(choose(stale)), FEVER)
        assert place(page).startswith("/my/intakes/")
        assert "Now choose a time" not in page.content.decode()
        assert state_of(visit.pk) == State.SUSPENDED
        assert "We are looking at the answers first" in text(patient_client.get(choose(stale)))
        assert Appointment.objects.count() == 1

    def test_an_emergency_frees_the_time_at_once(self, patient_client, stale):
        visit = book(stale)
        page = answer(
            patient_client, patient_client.get(choose(stale)), {**answers.BOOK, "saddle": "yes"}
        )
        assert place(page) == "/intake/emergency/"
        assert state_of(visit.pk) == State.RELEASED

    def test_a_gap_books_nothing(self, patient_client, stale):
        press(patient_client, patient_client.get(choose(stale)))
        page = send(patient_client)
        assert slug_of(page), "back to the first question without an answer"
        assert "A few questions first" in text(patient_client.get(choose(stale)))

    def test_after_a_year_all_of_them_are_asked(self, patient_client, ana):
        leave = answered(ana, timedelta(days=366))
        page = patient_client.get(choose(leave))
        assert "It takes about 7 minutes." in text(page)
        press(patient_client, page)
        assert IntakeDraft.objects.get().renews is None

    def test_recent_ones_cost_no_query_more(
        self, patient_client, ana, django_assert_num_queries: DjangoAssertNumQueries
    ):
        leave = answered(ana, timedelta(days=1))
        patient_client.get(choose(leave))
        with django_assert_num_queries(10):
            patient_client.get(choose(leave))


class TestMovingAVisit:
    def test_the_questions_come_first_and_lead_back(self, patient_client, stale):
        visit = book(stale)
        address = f"/my/visits/{visit.pk}/move/"
        page = patient_client.get(address)
        assert "A few questions first" in text(page)
        assert "You keep the time you have." in text(page)
        page = answer(patient_client, page)
        assert place(page) == address
        assert "Thank you. Now choose another time." in page.content.decode()
        later = (NINE + timedelta(hours=1)).isoformat()
        patient_client.post(address, {"start": later, "seen": "1"})
        assert Appointment.objects.get().starts_at == NINE + timedelta(hours=1)

    def test_a_time_sent_from_an_older_page_moves_nothing(self, patient_client, stale):
        visit = book(stale)
        later = (NINE + timedelta(hours=1)).isoformat()
        page = patient_client.post(
            f"/my/visits/{visit.pk}/move/", {"start": later, "seen": visit.version}
        )
        assert page.status_code == 409
        assert "A few questions first" in text(page)
        assert Appointment.objects.get().starts_at == NINE

    def test_worse_ones_suspend_the_visit(self, patient_client, stale):
        visit = book(stale)
        answer(patient_client, patient_client.get(f"/my/visits/{visit.pk}/move/"), FEVER)
        assert state_of(visit.pk) == State.SUSPENDED


class TestALinkThatAReminderCarries:
    def test_it_only_shows(self, patient_client, stale):
        visit = book(stale)
        page = patient_client.get(f"/my/visits/{visit.pk}/changed/")
        assert "Has anything changed? When Tue, Nov 10 at 9:00 AM For Ana Reyes" in text(page)
        assert not IntakeDraft.objects.exists()
        assert state_of(visit.pk) == State.BOOKED

    def test_it_works_by_the_emailed_code(self, client, stale):
        address = f"/my/visits/{book(stale).pk}/changed/"
        assert client.get(address).status_code == 302
        client.post("/sign-in/", {"email": "ana@example.com", "next": address})
        code = re.search(r"\b\d{6}\b", Message.objects.get(kind="code").body)[0]
        page = client.post("/sign-in/code/", {"code": code, "next": address}, follow=True)
        assert place(page) == address
        assert "Has anything changed?" in text(page)

    def test_it_leads_to_the_questions_and_back_to_the_visit(self, patient_client, stale):
        visit = book(stale)
        page = answer(patient_client, patient_client.get(f"/my/visits/{visit.pk}/changed/"))
        assert place(page) == f"/my/visits/{visit.pk}/"
        assert "Thank you. We have your answers." in page.content.decode()
        assert state_of(visit.pk) == State.BOOKED

    def test_worse_ones_suspend_the_visit(self, patient_client, stale):
        visit = book(stale)
        page = answer(patient_client, patient_client.get(f"/my/visits/{visit.pk}/changed/"), FEVER)
        assert "See a doctor first" in text(page)
        assert state_of(visit.pk) == State.SUSPENDED

    def test_recent_answers_may_have_changed_too(self, patient_client, ana):
        visit = book(answered(ana, timedelta(hours=1)))
        answer(patient_client, patient_client.get(f"/my/visits/{visit.pk}/changed/"), FEVER)
        assert state_of(visit.pk) == State.SUSPENDED

    def test_another_familys_is_not_found(self, other_patient_client, stale):
        visit = book(stale)
        assert other_patient_client.get(f"/my/visits/{visit.pk}/changed/").status_code == 404

    def test_a_visit_that_is_over_asks_nothing(self, patient_client, stale, patient):
        visit = book(stale)
        services.cancel(appointment_id=visit.pk, by=patient, now=NOW)
        page = patient_client.get(f"/my/visits/{visit.pk}/changed/")
        assert page.headers["Location"] == f"/my/visits/{visit.pk}/"

    def test_the_visits_own_page_leads_there(self, patient_client, stale):
        visit = book(stale)
        page = patient_client.get(f"/my/visits/{visit.pk}/").content.decode()
        assert f'href="/my/visits/{visit.pk}/changed/"' in page


class TestWhereItLeadsBackTo:
    @pytest.mark.parametrize(
        "then",
        [
            "https://evil.example.com/my/visits/",
            "//evil.example.com/",
            "/sign-out/",
            "/admin/",
            "/book/nowhere/",
            "x" * 5000,
        ],
    )
    def test_nowhere_else(self, patient_client, ana, stale, then):
        patient_client.post(f"/my/people/{ana.pk}/questions/", {"then": then})
        answer_short(patient_client, patient_client.get("/intake/", follow=True))
        assert place(send(patient_client)).startswith("/my/intakes/")

    def test_not_after_another_form_was_begun(self, patient_client, ana, stale):
        press(patient_client, patient_client.get(choose(stale)))
        patient_client.post(f"/my/people/{ana.pk}/questions/")
        answer_short(patient_client, patient_client.get("/intake/", follow=True))
        assert place(send(patient_client)).startswith("/my/intakes/")

    def test_another_familys_visit_stays_theirs(self, patient_client, ana, stale, other_patient):
        visit = book(ClearanceFactory(patient=other_patient.patients.get()))
        patient_client.post(f"/my/people/{ana.pk}/questions/", {"then": f"/my/visits/{visit.pk}/"})
        answer_short(patient_client, patient_client.get("/intake/", follow=True))
        assert send(patient_client).status_code == 404
