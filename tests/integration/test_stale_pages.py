"""An old tab, a button pressed twice, the back button: nothing is done that nobody meant."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from clinic.models import Message, User
from intake.models import Clearance
from intake.services import revoke
from scheduling import services
from scheduling.exceptions import VisitChanged
from scheduling.models import Appointment, StatusChange
from scheduling.slots import State
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, NOW, book, hold, state_of

pytestmark = pytest.mark.django_db

TEN = NINE + timedelta(hours=1)
ELEVEN = NINE + timedelta(hours=2)
CHANGED = "This visit has changed since you opened the page. Nothing was done."


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leave(patient: User) -> Clearance:
    return ClearanceFactory.create(patient=patient.patients.get())


class Tab:
    """A page with a form, opened now and perhaps sent much later."""

    def __init__(self, client: Client, name: str, visit: Appointment, **asked: str) -> None:
        self.client = client
        self.address = reverse(name, args=[visit.pk])
        opened = client.get(self.address, asked).content.decode()
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', opened)
        self.fields = {key: value for key, value in hidden if key != "csrfmiddlewaretoken"}
        assert self.fields["seen"], "the form says what it showed"

    def send(self, **more: str):
        return self.client.post(self.address, {**self.fields, **more})


class DeskTab(Tab):
    """The same at the desk, whose form is sent to an address of its own."""

    def __init__(self, client: Client, visit: Appointment) -> None:
        super().__init__(client, "desk:visit", visit)
        self.address = reverse("desk:step", args=[visit.pk])


def moving(client: Client, visit: Appointment, to: datetime) -> Tab:
    return Tab(client, "scheduling:move", visit, start=to.isoformat())


def start_of(visit: Appointment) -> datetime:
    return Appointment.objects.get(pk=visit.pk).starts_at


def test_an_old_tab_does_not_cancel_what_was_moved(patient_client, leave):
    visit = book(leave)
    old = Tab(patient_client, "scheduling:cancel", visit)
    assert moving(patient_client, visit, TEN).send().status_code == 302
    answer = old.send()
    assert answer.status_code == 409
    page = answer.content.decode()
    assert CHANGED in page
    assert "Tue, Nov 10 at 10:00 AM" in page, "the visit as it is now"
    assert state_of(visit.pk) is State.BOOKED
    assert not Message.objects.filter(kind="cancelled").exists()


def test_an_old_tab_does_not_move_it_again(patient_client, leave):
    visit = book(leave)
    old = moving(patient_client, visit, TEN)
    moving(patient_client, visit, ELEVEN).send()
    answer = old.send()
    assert answer.status_code == 409
    assert CHANGED in answer.content.decode()
    assert "Now: Tue, Nov 10 at 11:00 AM." in answer.content.decode()
    assert start_of(visit) == ELEVEN


def test_an_old_tab_does_not_move_what_was_cancelled(patient_client, leave):
    visit = book(leave)
    old = moving(patient_client, visit, TEN)
    Tab(patient_client, "scheduling:cancel", visit).send()
    answer = old.send()
    assert answer.status_code == 409
    assert "This visit is off." in answer.content.decode()
    assert state_of(visit.pk) is State.CANCELLED


def test_an_old_tab_does_not_move_what_was_suspended(patient_client, leave):
    visit = book(leave)
    old = moving(patient_client, visit, TEN)
    revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
    answer = old.send()
    assert answer.status_code == 409
    assert "Please do not come until you hear from us." in answer.content.decode()


@pytest.mark.parametrize("what", ["cancel", "move"])
def test_a_double_click_is_once(patient_client, leave, what):
    visit = book(leave)
    tab = (
        moving(patient_client, visit, TEN)
        if what == "move"
        else Tab(patient_client, "scheduling:cancel", visit)
    )
    for _ in range(2):
        assert tab.send().status_code == 302
    assert StatusChange.objects.filter(appointment=visit).count() == 2
    assert Appointment.objects.count() == 1


def test_a_double_click_books_once(patient_client, leave):
    tab = Tab(patient_client, "scheduling:confirm", hold(leave))
    for _ in range(2):
        assert tab.send().status_code == 302
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="booked").count() == 1


def test_back_to_the_confirmation_after_all_was_cancelled(patient_client, leave):
    kept = hold(leave)
    old = Tab(patient_client, "scheduling:confirm", kept)
    old.send()
    Tab(patient_client, "scheduling:cancel", kept).send()
    assert old.send().status_code == 409
    assert state_of(kept.pk) is State.CANCELLED


def test_back_to_a_time_that_was_given_up_for_another(patient_client, leave):
    first = hold(leave)
    old = Tab(patient_client, "scheduling:confirm", first)
    second = hold(leave, TEN)
    assert old.send().status_code == 409
    assert state_of(first.pk) is State.RELEASED
    assert state_of(second.pk) is State.HELD


def test_sent_again_after_the_desk_took_the_cancellation_back(patient_client, desk_client, leave):
    """The state and the time are as they were; the page is old all the same."""
    visit = book(leave)
    old = Tab(patient_client, "scheduling:cancel", visit)
    old.send()
    DeskTab(desk_client, visit).send(to="booked")
    assert state_of(visit.pk) is State.BOOKED
    assert old.send().status_code == 409
    assert state_of(visit.pk) is State.BOOKED


@pytest.mark.parametrize("seen", [None, "", "0", "-1", "x", "99", "1" * 40, "\u0661"])
@pytest.mark.parametrize("name", ["cancel", "move", "confirm"])
def test_a_form_that_does_not_say_what_it_showed_does_nothing(patient_client, leave, name, seen):
    visit = hold(leave) if name == "confirm" else book(leave)
    before = Appointment.objects.values().get(pk=visit.pk)
    sent = {"start": TEN.isoformat(), **({} if seen is None else {"seen": seen})}
    answer = patient_client.post(reverse(f"scheduling:{name}", args=[visit.pk]), sent)
    assert answer.status_code == 409
    assert CHANGED in answer.content.decode()
    assert Appointment.objects.values().get(pk=visit.pk) == before


def test_two_at_the_desk(desk_client, leave):
    visit = book(leave)
    first, second = DeskTab(desk_client, visit), DeskTab(desk_client, visit)
    assert first.send(to="arrived").status_code == 302
    assert first.send(to="arrived").status_code == 302, "pressed twice"
    answer = second.send(to="cancelled")
    assert answer.status_code == 409
    assert CHANGED in answer.content.decode()
    assert "Take in" in answer.content.decode(), "the steps of the visit as it is now"
    assert state_of(visit.pk) is State.ARRIVED


def test_the_patient_moves_while_the_desk_looks(patient_client, desk_client, leave):
    visit = book(leave)
    at_the_desk = DeskTab(desk_client, visit)
    moving(patient_client, visit, TEN).send()
    assert at_the_desk.send(to="confirmed").status_code == 409
    assert state_of(visit.pk) is State.BOOKED


def test_every_service_asks(leave, desk):
    visit = book(leave)
    asked = {"appointment_id": visit.pk, "by": desk, "now": NOW, "seen": 7}
    for refused in (
        lambda: services.cancel(**asked),
        lambda: services.move(start=TEN, **asked),
        lambda: services.mark(to=State.ARRIVED, **asked),
    ):
        with pytest.raises(VisitChanged):
            refused()
    revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
    for refused in (lambda: services.reinstate(**asked), lambda: services.release(**asked)):
        with pytest.raises(VisitChanged):
            refused()
    kept = hold(ClearanceFactory.create(), TEN)
    with pytest.raises(VisitChanged):
        services.confirm(**{**asked, "appointment_id": kept.pk})
