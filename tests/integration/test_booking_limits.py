"""How much one patient, and one family, may take online; and that the desk may book more."""

from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from clinic.models import ClinicProfile, User
from intake.models import Clearance
from intake.public import clearances_usable
from scheduling import plan, services, tasks
from scheduling.exceptions import KeptTooLong, TooManyComing, TooManyKept
from scheduling.models import Appointment
from scheduling.services.allowance import require_allowance
from scheduling.slots import State
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, NOW, book, hold, state_of, visit_type
from tests.people import signed_in

pytestmark = pytest.mark.django_db

# Tuesday's and the next Tuesday's visits, as long as nobody else has them.
STARTS = [
    NINE + timedelta(days=7 * week, minutes=50 * nth) for week in range(3) for nth in range(4)
]


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leave(patient: User) -> Clearance:
    return ClearanceFactory.create(patient=patient.patients.get())


@pytest.fixture
def family(patient: User, leave: Clearance) -> list[Clearance]:
    """A parent and four children, each free to book."""
    children = [PatientFactory.create(account=patient) for _ in range(4)]
    return [leave, *(ClearanceFactory.create(patient=child) for child in children)]


class TestVisitsToCome:
    def test_six_a_patient(self, leave):
        for start in STARTS[:6]:
            services.confirm(appointment_id=hold(leave, start).pk, by=None, now=NOW)
        with pytest.raises(TooManyComing):
            hold(leave, STARTS[6])

    def test_what_is_over_or_off_does_not_count(self, leave):
        ClinicProfile.objects.update(most_visits_patient=1)
        visit = book(leave)
        with pytest.raises(TooManyComing):
            hold(leave, STARTS[6])
        assert hold(leave, STARTS[6], now=visit.ends_at)
        other = ClearanceFactory.create()
        off = book(other, STARTS[4])
        services.cancel(appointment_id=off.pk, by=None, now=NOW)
        assert hold(other, STARTS[4])

    def test_a_suspended_one_does(self, leave):
        ClinicProfile.objects.update(most_visits_patient=1)
        visit = book(leave)
        Appointment.objects.filter(pk=visit.pk).update(state=State.SUSPENDED)
        with pytest.raises(TooManyComing):
            hold(leave, STARTS[6])

    def test_a_family_together(self, family):
        ClinicProfile.objects.update(most_visits_account=3)
        for leave, start in zip(family[:2], STARTS, strict=False):
            book(leave, start)
        kept = hold(family[2], STARTS[2])
        with pytest.raises(TooManyComing):
            hold(family[3], STARTS[3])
        assert hold(family[2], STARTS[3]), "another time in place of their own"
        assert state_of(kept.pk) is State.RELEASED

    def test_another_family_is_none_of_it(self, family):
        ClinicProfile.objects.update(most_visits_account=1)
        book(family[0])
        assert hold(ClearanceFactory.create(), STARTS[1])

    def test_without_an_account_only_the_patients_own_count(self):
        ClinicProfile.objects.update(most_visits_account=1)
        book(ClearanceFactory.create())
        assert hold(ClearanceFactory.create(), STARTS[1])

    def test_the_desk_is_not_bound(self, leave, desk):
        ClinicProfile.objects.update(most_visits_patient=1, most_visits_account=1)
        for start in STARTS[:3]:
            services.book(
                patient_id=leave.patient_id,
                clearance_id=leave.pk,
                visit_type_id=visit_type().pk,
                start=start,
                by=desk,
                now=NOW,
            )
        assert Appointment.objects.count() == 3

    def test_what_is_kept_can_be_confirmed_whatever_the_desk_booked_meanwhile(self, family):
        ClinicProfile.objects.update(most_visits_account=1)
        kept = hold(family[0])
        book(family[1], STARTS[1])
        assert services.confirm(appointment_id=kept.pk, by=None, now=NOW).state == State.BOOKED

    def test_moving_adds_nothing(self, leave):
        ClinicProfile.objects.update(most_visits_patient=1)
        visit = book(leave)
        assert services.move(appointment_id=visit.pk, start=STARTS[1], by=None, now=NOW)


class TestTimesKept:
    def test_one_a_patient(self, leave):
        hold(leave)
        hold(leave, STARTS[1])
        assert Appointment.objects.filter(state=State.HELD).count() == 1

    def test_four_a_family(self, family):
        for leave, start in zip(family[:4], STARTS, strict=False):
            hold(leave, start)
        with pytest.raises(TooManyKept):
            hold(family[4], STARTS[4])
        assert hold(family[0], STARTS[4]), "one of the four in place of their own"

    def test_one_that_ran_out_is_in_nobodys_way(self, family):
        for leave, start in zip(family[:4], STARTS, strict=False):
            hold(leave, start)
        assert hold(family[4], STARTS[0], now=NOW + timedelta(minutes=10))

    def test_the_clock_sweeps_what_ran_out(self, family, time_machine):
        kept = [hold(leave, start) for leave, start in zip(family[:2], STARTS, strict=False)]
        time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
        tasks.give_times_back(timestamp=0)
        assert {state_of(each.pk) for each in kept} == {State.EXPIRED}


class TestNotForEver:
    def keep(self, leave: Clearance, minutes: int) -> None:
        """The same time again and again, each time it runs out."""
        for minute in range(0, minutes, 10):
            hold(leave, now=NOW + timedelta(minutes=minute))

    def test_after_forty_minutes_one_must_wait(self, leave):
        self.keep(leave, 40)
        with pytest.raises(KeptTooLong) as refusal:
            hold(leave, now=NOW + timedelta(minutes=40))
        # The first ran out at ten past: two hours later it is forgotten.
        assert refusal.value.again_at == NOW + timedelta(hours=2, minutes=10)
        assert "8:10 PM" in str(refusal.value)
        with pytest.raises(KeptTooLong):
            hold(leave, now=refusal.value.again_at - timedelta(minutes=1))
        assert hold(leave, now=refusal.value.again_at)

    def test_choosing_among_many_times_is_no_keeping(self, leave):
        for minute in range(15):
            hold(leave, STARTS[minute % 2], now=NOW + timedelta(minutes=minute))

    def test_swept_late_is_kept_no_longer(self, leave):
        for minute in (0, 15, 30):
            hold(leave, now=NOW + timedelta(minutes=minute))
            services.expire_stale_holds(now=NOW + timedelta(minutes=minute + 14))
        assert hold(leave, now=NOW + timedelta(minutes=45))

    def test_what_was_booked_is_not_held_against_them(self, leave):
        ClinicProfile.objects.update(hold_minutes=45)
        kept = hold(leave)
        services.confirm(appointment_id=kept.pk, by=None, now=NOW + timedelta(minutes=44))
        assert hold(leave, STARTS[1], now=NOW + timedelta(minutes=45))

    def test_nor_is_what_another_of_the_family_kept(self, family):
        self.keep(family[0], 40)
        assert hold(family[1], STARTS[1], now=NOW + timedelta(minutes=40))

    def test_giving_it_back_does_not_begin_anew(self, leave):
        for minute in range(0, 40, 10):
            at = NOW + timedelta(minutes=minute)
            kept = hold(leave, now=at)
            services.cancel(appointment_id=kept.pk, by=None, now=at + timedelta(minutes=10))
        with pytest.raises(KeptTooLong):
            hold(leave, now=NOW + timedelta(minutes=40))


class TestOnThePage:
    def send(self, client, leave, start):
        address = reverse("scheduling:hold", args=[leave.pk])
        return client.post(address, {"start": start.isoformat()})

    @pytest.mark.parametrize(
        ("limit", "words"),
        [
            ("coming", "These are as many visits as can be booked online."),
            ("kept", "We keep other times for your family already."),
            ("long", "You can choose again at 8:10 PM."),
        ],
    )
    def test_a_sentence_and_the_way_on(self, patient, family, time_machine, limit, words):
        leave = family[0]
        if limit == "coming":
            ClinicProfile.objects.update(most_visits_patient=1)
            book(leave)
        elif limit == "kept":
            for other, start in zip(family[1:], STARTS, strict=False):
                hold(other, start)
        else:
            for minute in range(0, 40, 10):
                hold(leave, now=NOW + timedelta(minutes=minute))
            time_machine.move_to(NOW + timedelta(minutes=40), tick=False)
        before = list(Appointment.objects.order_by("pk").values())
        answer = self.send(signed_in(patient), leave, STARTS[6])
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "You cannot choose a time online just now" in page
        assert words in page
        assert "(703) 555-0142" in page
        assert 'name="start"' not in page, "no times that would be refused as well"
        assert list(Appointment.objects.order_by("pk").values()) == before

    def test_it_costs_two_queries(self, leave, django_assert_num_queries: DjangoAssertNumQueries):
        hold(leave)
        (card,) = clearances_usable(leave.patient_id, NOW)
        planned = plan.current()
        with django_assert_num_queries(2):
            require_allowance(card, planned, by=None, now=NOW)
