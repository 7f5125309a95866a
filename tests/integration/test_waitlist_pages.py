"""The waitlist's pages: the family's own, and the desk's."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from time_machine import TimeMachineFixture

from clinic.models import AuditEntry, ClinicProfile
from intake.models import Clearance
from scheduling import services
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NINE, NOW, book, visit_type
from tests.factories.waitlist import cleared_patient, offered, waits
from tests.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leave(patient) -> Clearance:
    return ClearanceFactory.create(patient=patient.patients.get())


def text(answer) -> str:
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(plain.split())


class TestThePatient:
    def test_puts_themselves_on_the_list_from_the_free_times(self, patient_client, leave):
        wait = reverse("scheduling:wait", args=[leave.pk])
        assert wait in patient_client.get(f"/book/{leave.pk}/").content.decode()
        sent = {"half_days": ["1-am", "3-pm"], "last_day": "2026-11-20", "note": "Not at noon."}
        answer = patient_client.post(wait, sent, follow=True)
        assert "You are on the waitlist. We email you" in text(answer)
        assert "Tuesday: morning" in text(answer)
        entry = WaitlistEntry.objects.get()
        assert (entry.visit_type, entry.half_days, entry.note, entry.is_acute) == (
            visit_type(),
            ["1-am", "3-pm"],
            "Not at noon.",
            False,
        )

    def test_cannot_say_that_they_come_first(self, patient_client, leave):
        patient_client.post(reverse("scheduling:wait", args=[leave.pk]), {"is_acute": "on"})
        assert not WaitlistEntry.objects.get().is_acute

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"half_days": ["6-pm"]}, "Pick from the times shown."),
            ({"first_day": "soon"}, "Pick a day, such as 11/24/2026."),
            ({"first_day": "2029-01-01"}, "Pick a day within the next year."),
            ({"last_day": "2026-11-08"}, "Pick a last day that is still to come."),
            (
                {"first_day": "2026-11-20", "last_day": "2026-11-19"},
                "Pick a last day that is still to come.",
            ),
        ],
    )
    def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
        self, patient_client, leave, sent, sentence
    ):
        sent = {**sent, "note": "After school."}
        answer = patient_client.post(reverse("scheduling:wait", args=[leave.pk]), sent)
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert "After school." in text(answer)
        assert not WaitlistEntry.objects.exists()

    def test_changes_it_and_leaves(self, patient_client, leave):
        entry = waits(leave)
        page = reverse("scheduling:wishes", args=[entry.pk])
        assert page in patient_client.get("/my/visits/").content.decode()
        patient_client.post(page, {"half_days": ["2-pm"]})
        entry.refresh_from_db()
        assert entry.half_days == ["2-pm"]
        off = reverse("scheduling:leave_waitlist", args=[entry.pk])
        patient_client.get(off)
        entry.refresh_from_db()
        assert entry.state == "WAITING", "looking changes nothing"
        answer = patient_client.post(off, follow=True)
        assert "You are off the waitlist." in text(answer)
        assert patient_client.get(page).status_code == 302

    def test_takes_the_time(self, patient_client, leave):
        waits(leave)
        [offer] = offered()
        page = reverse("scheduling:offer", args=[offer.pk])
        assert page in patient_client.get("/my/visits/").content.decode()
        assert "Tue, Nov 10 at 9:00 AM" in text(patient_client.get(page))
        assert not Appointment.objects.exists(), "a scanner that opens links books nothing"
        answer = patient_client.post(page, follow=True)
        assert "The visit is booked." in text(answer)
        assert Appointment.objects.get().starts_at == NINE
        assert patient_client.get(page).status_code == 302
        assert AuditEntry.objects.filter(action="offer accepted").count() == 1

    def test_says_no(self, patient_client, leave):
        waits(leave)
        [offer] = offered()
        answer = patient_client.post(
            reverse("scheduling:decline_offer", args=[offer.pk]), follow=True
        )
        assert "You keep your place on the waitlist." in text(answer)
        page = patient_client.get(reverse("scheduling:offer", args=[offer.pk]))
        assert "You said no to this time." in text(page)

    def test_hears_that_it_is_gone(self, patient_client, leave):
        waits(leave)
        other = waits(cleared_patient())
        [mine, theirs] = sorted(offered(), key=lambda offer: offer.entry_id == other.pk)
        page = reverse("scheduling:offer", args=[mine.pk])
        services.accept(offer_id=theirs.pk, by=None, now=NOW)
        for answer in (patient_client.get(page), patient_client.post(page)):
            assert "Somebody else has just taken this time." in text(answer)

    def test_off_the_list_the_offer_is_over(self, patient_client, leave, desk):
        entry = waits(leave)
        [offer] = offered()
        services.withdraw(entry_id=entry.pk, by=desk, now=NOW)
        page = reverse("scheduling:offer", args=[offer.pk])
        assert "You are not on the waitlist any more." in text(patient_client.get(page))
        services.put_back(entry_id=entry.pk, by=desk, now=NOW)
        assert "You keep your place on the waitlist." in text(patient_client.get(page))

    def test_hears_it_as_well_when_the_time_was_booked_otherwise(self, patient_client, leave):
        waits(leave)
        [offer] = offered()
        book(cleared_patient())
        answer = patient_client.get(reverse("scheduling:offer", args=[offer.pk]))
        assert "Somebody else has just taken this time." in text(answer)

    def test_old_answers_come_first_and_lead_back(self, patient_client, leave):
        ClinicProfile.objects.update(rescreen_days=1)
        waits(leave)
        [offer] = offered()
        page = reverse("scheduling:offer", args=[offer.pk])
        for answer, status in ((patient_client.get(page), 200), (patient_client.post(page), 409)):
            assert answer.status_code == status
            assert f'name="then" value="{page}"' in answer.content.decode()
        assert not Appointment.objects.exists()

    def test_who_is_held_takes_nothing(self, patient_client, leave):
        waits(leave)
        [offer] = offered()
        held(leave.patient)
        answer = patient_client.post(reverse("scheduling:offer", args=[offer.pk]))
        assert answer.status_code == 409
        assert "We must look at the latest answers first." in text(answer)
        assert not Appointment.objects.exists()


class TestTheDesk:
    LIST = "/staff/waitlist/"

    def test_an_empty_list_says_what_to_do(self, desk_client):
        assert "Nobody waits" in text(desk_client.get(self.LIST))

    def test_offers_a_time_in_order_and_notes_a_yes_by_telephone(self, desk_client):
        caller = cleared_patient(given_name="Cora")
        waits(caller)
        waits(cleared_patient("ann@example.com", given_name="Ann"), is_acute=True)
        page = text(desk_client.get(self.LIST))
        assert page.index("Ann Example") < page.index("Cora Example")
        sent = {"start": NINE.isoformat()}
        answer = desk_client.post(f"{self.LIST}offer/", sent, follow=True)
        assert "Offered to 2 people." in text(answer)
        assert "Offered by email: Tue, Nov 10 at 9:00 AM." in text(answer)
        assert "Call them: Tue, Nov 10 at 9:00 AM is free" in text(answer)
        offer = WaitlistOffer.objects.get(entry__patient=caller.patient)
        answer = desk_client.post(f"{self.LIST}offers/{offer.pk}/accept/", follow=True)
        assert "Booked." in text(answer)
        assert Appointment.objects.get().patient == caller.patient
        assert "Next: " in text(desk_client.get(self.LIST)), "the other is asked again"

    def test_notes_a_no(self, desk_client):
        waits(cleared_patient())
        [offer] = offered()
        answer = desk_client.post(f"{self.LIST}offers/{offer.pk}/decline/", follow=True)
        assert "They keep their place." in text(answer)

    def test_a_clash_is_said_and_changes_nothing(self, desk_client):
        waits(cleared_patient())
        [offer] = offered()
        book(cleared_patient())
        answer = desk_client.post(f"{self.LIST}offers/{offer.pk}/accept/")
        assert answer.status_code == 409
        assert "Somebody else has just taken this time." in text(answer)

    @pytest.mark.parametrize("start", ["", "noon", "9999-12-31T23:59:59Z"])
    def test_what_is_no_time_is_refused(self, desk_client, start):
        answer = desk_client.post(f"{self.LIST}offer/", {"start": start})
        assert answer.status_code == 400

    def test_a_time_that_nobody_can_take(self, desk_client):
        answer = desk_client.post(f"{self.LIST}offer/", {"start": NINE.isoformat()})
        assert answer.status_code == 409
        assert "Nobody on the waitlist can take this time any more." in text(answer)

    def test_takes_somebody_off(self, desk_client):
        entry = waits(cleared_patient())
        desk_client.post(f"{self.LIST}{entry.pk}/leave/")
        entry.refresh_from_db()
        assert entry.state == "WITHDRAWN"

    def test_and_puts_them_back(self, desk_client, time_machine):
        entry = waits(cleared_patient(given_name="Cora"))
        answer = desk_client.post(f"{self.LIST}{entry.pk}/leave/", follow=True)
        assert "Cora Example, New patient exam: off the waitlist." in text(answer)
        back = f"{self.LIST}{entry.pk}/put-back/"
        assert back in answer.content.decode()
        assert "They have their place again." in text(desk_client.post(back, follow=True))
        refused = desk_client.post(back)
        assert refused.status_code == 409
        assert "Nothing was undone" in text(refused)
        desk_client.post(f"{self.LIST}{entry.pk}/leave/")
        time_machine.move_to(NOW + timedelta(seconds=61), tick=False)
        assert back not in desk_client.get(self.LIST).content.decode()

    def test_a_policy_asks_why_and_keeps_what_was_typed(self, desk_client):
        ClinicProfile.objects.update(most_visits_patient=1)
        caller = cleared_patient()
        book(caller, NINE + timedelta(days=9))
        waits(caller)
        [offer] = offered()
        accept = f"{self.LIST}offers/{offer.pk}/accept/"
        asked = desk_client.post(accept)
        assert asked.status_code == 409
        assert "They have 1 visit or more to come already. Say why, and it is done." in text(asked)
        assert 'id="id_reason"' in asked.content.decode()
        answer = desk_client.post(accept, {"reason": "In pain"}, follow=True)
        assert "Booked." in text(answer)
        assert AuditEntry.objects.get(action="policy set aside").detail["reason"] == "In pain"

    def test_how_many_wait_is_said_on_every_page(self, desk_client):
        for _ in range(3):
            waits(cleared_patient())
        assert "Waitlist waiting: 3" in text(desk_client.get(self.LIST))
        assert "3 on the waitlist" in text(desk_client.get("/staff/lists/"))

    def test_puts_a_caller_on_it(self, desk_client, desk):
        caller = cleared_patient()
        page = reverse("desk:wait", args=[caller.patient_id])
        assert page in desk_client.get(f"/staff/patients/{caller.patient_id}/").content.decode()
        assert desk_client.get(page).status_code == 200
        sent = {"visit_type": visit_type("adjustment").pk, "is_acute": "on", "note": "After 3."}
        answer = desk_client.post(page, sent, follow=True)
        assert "On the waitlist." in text(answer)
        entry = WaitlistEntry.objects.get()
        assert (entry.is_acute, entry.made_by, entry.via, entry.note) == (
            True,
            desk,
            "staff",
            "After 3.",
        )
        assert "acute" in text(answer)
        assert "After 3." in text(desk_client.get(page)), "what is noted is shown again"

    def test_who_may_not_book_cannot_wait(self, desk_client):
        person = PatientFactory.create()
        page = reverse("desk:wait", args=[person.pk])
        assert "there is nothing to wait for" in text(desk_client.get(page))
        sent = {"visit_type": visit_type().pk}
        assert desk_client.post(page, sent).status_code == 422
        assert not WaitlistEntry.objects.exists()

    def test_who_is_held_stays_and_is_offered_nothing(self, desk_client):
        leave = cleared_patient()
        waits(leave)
        held(leave.patient)
        page = text(desk_client.get(self.LIST))
        assert "Nothing lets them book now" in page
        assert "Offer this time" not in page

    def test_as_many_questions_for_many_as_for_one(
        self, desk, django_assert_max_num_queries, django_assert_num_queries
    ):
        client = signed_in(desk)
        waits(cleared_patient())
        client.get(self.LIST)
        with django_assert_max_num_queries(40) as few:
            client.get(self.LIST)
        for _ in range(15):
            waits(cleared_patient())
        with django_assert_num_queries(len(few)):
            client.get(self.LIST)
