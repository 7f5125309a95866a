"""A question to the patient: on their own page, answered, and judged with the rest again."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEntry, Message, User
from intake import services
from intake.models import Case, Clearance, Intake, IntakeDraft, Patient, ReviewDecision
from scheduling.models import Appointment
from scheduling.slots import State
from tests import answers
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import book
from tests.integration.test_review_pages import proved

pytestmark = pytest.mark.django_db

OWN = "Since when does the arm feel numb?"


@pytest.fixture
def ana(patient: User) -> Patient:
    return patient.patients.get()


@pytest.fixture
def said(patient: User) -> Intake:
    return proved(answers.REFER, patient, ago=timedelta(hours=2))


def ask(said: Intake, doctor: User, *questions: str, own: str = "", **more: Any) -> ReviewDecision:
    return services.decide(
        case_id=said.case_id,
        latest_seen=said.pk,
        kind="ASK",
        reason="Not clear from what was written.",
        by=doctor,
        now=timezone.now() - timedelta(hours=1),
        questions=questions,
        own_question=own,
        **more,
    )


def address(asking: ReviewDecision) -> str:
    return reverse("intake:asked", args=[asking.pk])


def shown(client: Client, where: str, status: int = 200) -> str:
    response = client.get(where)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def case_of(said: Intake) -> Case:
    return Case.objects.get(pk=said.case_id)


class TestThePage:
    def test_it_shows_what_was_asked_and_nothing_else(self, said, doctor, patient_client):
        asking = ask(said, doctor, "fever", own=OWN)
        page = shown(patient_client, address(asking))
        assert 'name="fever"' in page
        assert page.count("<fieldset") == 1
        assert OWN in page
        assert "checked" not in page
        assert "Not clear from what was written." not in page
        assert AuditEntry.objects.filter(subject_id=str(asking.pk)).exists()

    def test_my_visits_and_the_result_lead_to_it(self, said, doctor, patient_client):
        asking = ask(said, doctor, "fever")
        for where in (
            reverse("scheduling:visits"),
            reverse("intake:result", args=[said.pk]),
        ):
            assert address(asking) in shown(patient_client, where)

    def test_it_is_nobody_elses(self, said, doctor, other_patient_client, doctor_client):
        asking = ask(said, doctor, "fever")
        shown(other_patient_client, address(asking), status=404)
        assert doctor_client.get(address(asking)).status_code != 200

    def test_no_other_decision_has_one(self, said, doctor, patient_client):
        decision = services.decide(
            case_id=said.case_id,
            latest_seen=said.pk,
            kind="REFER",
            reason="See a doctor.",
            by=doctor,
            now=timezone.now(),
        )
        shown(patient_client, address(decision), status=404)

    def test_decided_meanwhile_it_leads_to_what_comes_next(self, said, doctor, patient_client):
        asking = ask(said, doctor, "fever")
        services.decide(
            case_id=said.case_id,
            latest_seen=said.pk,
            kind="CLEAR",
            reason="Called.",
            by=doctor,
            now=timezone.now(),
        )
        response = patient_client.get(address(asking), follow=True)
        assert "does not need these answers any more" in response.content.decode()
        # What says nothing worse than before is not wanted any more.
        response = patient_client.post(address(asking), {"fever": "no"}, follow=True)
        assert "does not need these answers any more" in response.content.decode()
        assert Clearance.objects.filter(revoked_at=None).exists()
        assert Intake.objects.count() == 1


class TestTheAnswer:
    def test_better_waits_for_the_chiropractor(self, said, doctor, patient_client):
        asking = ask(said, doctor, "fever")
        response = patient_client.post(address(asking), {"fever": "no"})
        newest = Intake.objects.exclude(pk=said.pk).get()
        assert response.headers["Location"] == reverse("intake:result", args=[newest.pk])
        assert newest.disposition == "BOOK"
        assert (newest.kind, newest.renews, newest.case) == ("ASKED", said, said.case)
        assert newest.patient == said.patient
        assert newest.answers == {**said.answers, "fever": "no"}
        case = case_of(said)
        assert (case.state, case.disposition) == ("OPEN", "REFER")
        assert case.due_at > timezone.now()
        assert not Clearance.objects.exists()
        assert Message.objects.filter(kind="held").count() == 2
        # And then the chiropractor decides on these answers.
        services.decide(
            case_id=said.case_id,
            latest_seen=newest.pk,
            kind="CLEAR",
            reason="No fever after all.",
            by=doctor,
            now=timezone.now(),
        )
        assert Clearance.objects.get().intake == newest

    def test_worse_acts_at_once(self, said, doctor, patient, patient_client):
        """In front of the case stands an emergency then, and the clinic is told."""
        asking = ask(said, doctor, "saddle")
        response = patient_client.post(address(asking), {"saddle": "yes"}, follow=True)
        assert "Get help now" in response.content.decode()
        case = case_of(said)
        assert (case.state, case.disposition) == ("OPEN", "EMERGENCY")
        assert Message.objects.filter(kind="attention").exists()

    def test_an_emergency_takes_back_the_visits_too(self, doctor, patient, patient_client):
        said = proved(answers.CO_MANAGE, patient, ago=timedelta(hours=2))
        first = services.decide(
            case_id=said.case_id,
            latest_seen=said.pk,
            kind="CLEAR",
            reason="Fine.",
            by=doctor,
            now=timezone.now() - timedelta(hours=1, minutes=30),
        )
        asking = ask(said, doctor, "saddle", supersedes=first.pk)
        patient_client.post(address(asking), {"saddle": "yes"})
        assert not Clearance.objects.filter(revoked_at=None).exists()

    def test_a_worse_answer_after_somebody_decided_is_never_dropped(
        self, said, doctor, patient_client
    ):
        asking = ask(said, doctor, "thinner")
        services.decide(
            case_id=said.case_id,
            latest_seen=said.pk,
            kind="CLEAR",
            reason="Called.",
            by=doctor,
            now=timezone.now(),
        )
        patient_client.post(address(asking), {"thinner": "yes"})
        newest = Intake.objects.exclude(pk=said.pk).get()
        assert newest.case_id != said.case_id
        assert newest.case.related_case == said.case
        assert not Clearance.objects.filter(revoked_at=None).exists()

    def test_a_follow_up_is_put_before_it_is_sent(self, doctor, patient, patient_client):
        plain = {**answers.REFER, "pregnant": "no"}
        said = proved(plain, patient, ago=timedelta(hours=2))
        asking = ask(said, doctor, "pregnant")
        response = patient_client.post(address(asking), {"pregnant": "yes"}, follow=True)
        page = response.content.decode()
        assert "There is more to ask" in page
        assert 'name="pregnant_warning"' in page
        assert Intake.objects.count() == 1
        patient_client.post(address(asking), {"pregnant": "yes", "pregnant_warning": "no"})
        assert Intake.objects.count() == 2

    def test_in_their_own_words(self, said, doctor, doctor_client, patient_client):
        asking = ask(said, doctor, own=OWN)
        patient_client.post(address(asking), {"own_answer": "Since Monday."})
        newest = Intake.objects.exclude(pk=said.pk).get()
        assert newest.details["answered"] == "Since Monday."
        assert newest.disposition == "REFER"
        page = shown(doctor_client, reverse("review:case", args=[said.case_id]))
        assert "Since Monday." in page
        assert "what you asked" in page

    @pytest.mark.parametrize(
        "typed",
        [
            {},
            {"fever": "no"},
            {"own_answer": "Since Monday."},
            {"fever": "maybe not", "own_answer": "x"},
            {"fever": "no", "own_answer": "a\0b"},
            {"fever": "no", "own_answer": "x" * 2001},
            {"fever": "no", "own_answer": "   "},
        ],
    )
    def test_what_is_missing_is_said_and_the_rest_is_kept(
        self, said, doctor, patient_client, typed
    ):
        asking = ask(said, doctor, "fever", own=OWN)
        response = patient_client.post(address(asking), typed)
        assert response.status_code == 422
        assert "Please check this" in response.content.decode()
        assert Intake.objects.count() == 1
        if typed.get("fever") == "no":
            assert "checked" in response.content.decode()
        assert case_of(said).state == "ASKED"

    def test_an_emergency_waits_for_no_other_answer(self, said, doctor, patient_client):
        asking = ask(said, doctor, "saddle", "fever", own=OWN)
        patient_client.post(address(asking), {"saddle": "yes"})
        assert case_of(said).disposition == "EMERGENCY"

    def test_sent_twice_it_is_recorded_once(self, said, doctor, patient_client):
        asking = ask(said, doctor, "fever")
        first = patient_client.post(address(asking), {"fever": "no"})
        second = patient_client.post(address(asking), {"fever": "yes"})
        assert second.headers["Location"] == first.headers["Location"]
        assert Intake.objects.count() == 2


class TestWaiting:
    def test_a_new_form_of_theirs_brings_the_case_back(self, said, doctor, patient):
        asking = ask(said, doctor, "fever")
        proved(answers.BOOK, patient)
        assert case_of(said).state == "OPEN"
        assert not services.is_open(asking)
        assert not Clearance.objects.exists()

    def test_what_nobody_answered_stays_and_is_judged_by_nobody(self, said, doctor):
        asking = ask(said, doctor, "fever")
        later = timezone.now() + timedelta(days=30)
        assert services.judge_left_drafts(now=later) == 0
        services.forget_left_drafts(now=later)
        assert IntakeDraft.objects.filter(asked=asking).exists()
        assert services.is_open(asking)

    def test_nothing_can_be_booked_meanwhile(self, said, doctor, ana, patient_client):
        ask(said, doctor, "fever")
        page = shown(patient_client, reverse("scheduling:visits"))
        assert "Choose a time" not in page

    def test_a_visit_from_before_waits_too(self, doctor, patient, ana):
        leave = ClearanceFactory.create(patient=ana, starts_at=timezone.now() - timedelta(days=1))
        start = timezone.now() + timedelta(days=3)
        visit = book(leave, start, now=timezone.now())
        said = proved(answers.CO_MANAGE, patient)
        assert Appointment.objects.get(pk=visit.pk).state == State.SUSPENDED
        services.decide(
            case_id=said.case_id,
            latest_seen=said.pk,
            kind="ASK",
            reason="Not clear.",
            by=doctor,
            now=timezone.now(),
            own_question=OWN,
        )
        assert Appointment.objects.get(pk=visit.pk).state == State.SUSPENDED
