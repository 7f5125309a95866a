"""What waits for a decision: by when, who hears that it is late, and how one goes through it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import ClinicProfile, Message
from intake import services
from intake.models import Case
from intake.services import cases
from tests import answers
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NINE, book
from tests.integration.test_review_pages import LIST, address_of, page, proved, sent
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def case_due(name: str, disposition: str, in_hours: float) -> Case:
    now = timezone.now()
    said = held(PatientFactory.create(given_name=name), disposition, submitted_at=now)
    Case.objects.filter(pk=said.case_id).update(due_at=now + timedelta(hours=in_hours))
    return Case.objects.get(pk=said.case_id)


class TestHours:
    @pytest.mark.parametrize(
        ("outcome", "field"),
        [
            ("EMERGENCY", "review_emergency_hours"),
            ("REFER", "review_refer_hours"),
            ("CO-MANAGE", "review_co_manage_hours"),
        ],
    )
    def test_each_outcome_has_its_own(self, outcome, field):
        monday = NINE
        before = cases.due(outcome, now=monday)
        ClinicProfile.objects.update(**{field: 3})
        assert cases.due(outcome, now=monday) == monday + timedelta(hours=3)
        assert before != monday + timedelta(hours=3)

    def test_the_administrator_sets_them(self, administrator_client):
        shown = page(administrator_client, reverse("admin:clinic_clinicprofile_change", args=[1]))
        for field in ("review_emergency_hours", "review_refer_hours", "review_co_manage_hours"):
            assert f'name="{field}"' in shown


class TestAlarm:
    def overdue_mails(self) -> list[str]:
        mails = Message.objects.filter(kind="staff_overdue").order_by("pk")
        return sorted(mails.values_list("recipient", flat=True))

    def test_each_chiropractor_hears_once(self, doctor):
        covering = StaffFactory.create(is_chiropractor=True)
        StaffFactory.create(is_chiropractor=True, is_active=False)
        StaffFactory.create(is_desk=True)
        late, now = case_due("Late", "REFER", -1), timezone.now()
        case_due("Also", "REFER", -2)
        case_due("Early", "REFER", 1)
        assert services.tell_of_overdue(now=now) == 2
        assert self.overdue_mails() == sorted([covering.email, doctor.email])
        assert services.tell_of_overdue(now=now) == 0
        assert len(self.overdue_mails()) == 2
        late.refresh_from_db()
        assert late.overdue_told_at == now

    def test_nothing_of_the_patient_is_in_it(self, doctor):
        case_due("Winnifred", "REFER", -1)
        services.tell_of_overdue(now=timezone.now())
        mail = Message.objects.get(kind="staff_overdue")
        text = mail.subject + mail.body
        assert "Winnifred" not in text
        assert "doctor first" not in text.lower()
        assert LIST in mail.body

    def test_waiting_again_it_is_told_again(self, doctor, patient):
        proved(answers.REFER, patient, ago=timedelta(days=9))
        assert services.tell_of_overdue(now=timezone.now()) == 1
        proved(answers.REFER, patient, ago=timedelta(days=8))
        assert services.tell_of_overdue(now=timezone.now()) == 1

    def test_what_waits_for_a_doctor_or_the_patient_is_not_overdue(self, doctor):
        for state in ("REFERRED", "ASKED"):
            waiting = case_due(state, "REFER", -1)
            Case.objects.filter(pk=waiting.pk).update(state=state)
        assert services.tell_of_overdue(now=timezone.now()) == 0

    def test_of_an_emergency_every_chiropractor_hears_at_once(self, doctor):
        sent(answers.EMERGENCY)
        told = Message.objects.filter(kind="attention").values_list("recipient", flat=True)
        assert sorted(told) == sorted([ClinicProfile.current().email, doctor.email])


class TestTheHead:
    def test_it_says_how_many_are_overdue(self, desk_client):
        case_due("Early", "REFER", 1)
        assert "overdue" not in page(desk_client, "/staff/visits/")
        case_due("Late", "REFER", -1)
        shown = page(desk_client, "/staff/visits/")
        assert "waiting:</span> 2</span>" in shown
        assert "1 overdue" in shown


class TestOneAfterTheOther:
    def test_worst_first(self, doctor_client):
        last, first, middle = (
            case_due("Last", "CO-MANAGE", 1),
            case_due("First", "EMERGENCY", 3),
            case_due("Middle", "REFER", 2),
        )
        shown = page(doctor_client, reverse("review:case", args=[middle.pk]))
        assert "2 of 3" in shown
        assert f'href="{reverse("review:case", args=[first.pk])}" data-key="previous"' in shown
        assert f'href="{reverse("review:case", args=[last.pk])}" data-key="next"' in shown
        assert 'data-key="previous"' not in page(
            doctor_client, reverse("review:case", args=[first.pk])
        )

    def test_what_is_decided_has_no_place(self, doctor_client):
        closed = case_due("Closed", "REFER", 1)
        Case.objects.filter(pk=closed.pk).update(state="REFERRED")
        assert 'data-key="next"' not in page(
            doctor_client, reverse("review:case", args=[closed.pk])
        )


class TestOnePage:
    def test_where_it_hurts_and_how_bad(self, doctor_client, patient):
        now = timezone.now()
        said = held(
            patient.patients.get(),
            answers={**answers.REFER, "worst": 8},
            details={"also_hurts": ["neck_back"]},
            submitted_at=now,
        )
        shown = page(doctor_client, address_of(said))
        assert "Worst pain: 8 of 10" in shown
        assert "Back of the neck" in shown
        assert shown.count('<path class="marked"') == 1

    def test_their_visits(self, doctor_client, patient):
        leave = ClearanceFactory.create(patient=patient.patients.get())
        book(leave, NINE)
        said = proved(answers.REFER, patient)
        shown = page(doctor_client, address_of(said))
        assert "New patient exam, Booked" in shown

    def test_who_else_has_it_open(self, doctor, doctor_client, patient):
        said = proved(answers.REFER, patient)
        assert "opened this case" not in page(doctor_client, address_of(said))
        # A second look of one's own is nobody else's.
        assert "opened this case" not in page(doctor_client, address_of(said))
        covering = signed_in(StaffFactory.create(is_chiropractor=True))
        assert f"{doctor} opened this case" in page(covering, address_of(said))

    def test_an_overdue_one_says_so_first(self, doctor_client):
        late = case_due("Late", "REFER", -1)
        shown = page(doctor_client, reverse("review:case", args=[late.pk]))
        assert "Overdue: the patient was promised an answer by now." in shown


class TestTheForm:
    """What the page sends is what is decided; see test_review_decisions.py for what follows."""

    def send(self, client, said, **typed):
        data = {"reason": "Called.", "latest_seen": str(said.pk), **typed}
        return client.post(address_of(said), data)

    def test_clearing_for_some_visits_until_a_day(self, doctor_client, patient):
        said = proved(answers.REFER, patient)
        day = timezone.localdate() + timedelta(days=7)
        response = self.send(
            doctor_client, said, kind="CLEAR", visit_types=["adjustment"], until=day.isoformat()
        )
        assert response.status_code == 302
        leave = said.case.decisions.get().clearance
        assert leave.visit_types == ["adjustment"]
        # To the end of that day, at the clinic.
        assert timezone.localtime(leave.ends_at).date() == day + timedelta(days=1)
        assert timezone.localtime(leave.ends_at).hour == 0
        assert "Adjustment" in page(doctor_client, address_of(said))

    def test_asking_and_referring(self, doctor_client, patient):
        said = proved(answers.REFER, patient)
        assert (
            self.send(
                doctor_client, said, kind="ASK", questions=["fever"], own_question="Since when?"
            ).status_code
            == 302
        )
        shown = page(doctor_client, LIST)
        assert "Asked, waiting for the patient" in shown
        response = self.send(
            doctor_client,
            said,
            kind="REFER",
            refer_to="Dr. Lee",
            refer_urgency="see a doctor today",
        )
        assert response.status_code == 302
        shown = page(doctor_client, address_of(said))
        assert "to Dr. Lee" in shown
        assert "Since when?" in shown

    @pytest.mark.parametrize(
        "typed",
        [
            {"visit_types": ["nonsense"]},
            {"until": "tomorrow"},
            {"questions": ["nonsense"], "kind": "ASK"},
            {"refer_urgency": "never", "kind": "REFER"},
            {"supersedes": "x"},
            {"refer_to": "a\0b"},
        ],
    )
    def test_crafted_posts_decide_nothing(self, doctor_client, patient, typed):
        said = proved(answers.REFER, patient)
        response = self.send(doctor_client, said, **{"kind": "CLEAR", **typed})
        assert response.status_code == 422
        assert not said.case.decisions.exists()

    @pytest.mark.parametrize("until", ["2020-01-01", "9999-12-31", "2099-01-01"])
    def test_a_last_day_that_cannot_be(self, doctor_client, patient, until):
        said = proved(answers.REFER, patient)
        response = self.send(doctor_client, said, kind="CLEAR", until=until)
        assert response.status_code == 409
        assert "Choose a last day" in response.content.decode()
        assert until in response.content.decode()

    @pytest.mark.parametrize("first", ["REFER", "ASK"])
    def test_who_does_not_know_of_a_decision_decides_nothing(self, doctor_client, patient, first):
        said = proved(answers.REFER, patient)
        self.send(doctor_client, said, kind=first, own_question="Since when?", decided_seen="0")
        response = self.send(doctor_client, said, kind="CLEAR", decided_seen="0")
        assert response.status_code == 409
        assert "Somebody has just decided this case." in response.content.decode()
        assert said.case.decisions.count() == 1
        assert self.send(doctor_client, said, kind="CLEAR", decided_seen="1").status_code == 302

    def test_a_decision_is_superseded_on_the_page(self, doctor_client, patient):
        said = proved(answers.REFER, patient)
        self.send(doctor_client, said, kind="CLEAR")
        first = said.case.decisions.get()
        shown = page(doctor_client, address_of(said))
        assert "Decide again" in shown
        assert "Record in its place" in shown
        response = self.send(doctor_client, said, kind="REFER", supersedes=str(first.pk))
        assert response.status_code == 302
        shown = page(doctor_client, address_of(said))
        assert "superseded" in shown
        assert "A newer decision takes its place." in shown
