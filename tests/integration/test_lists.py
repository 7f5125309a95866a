"""The desk's lists: who is on which, the one thing to do, and how it is taken back."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Message, User
from intake import services as intake
from intake.models import Patient
from scheduling import services, work_lists
from scheduling.desk_exceptions import ChangedSince
from scheduling.models import Appointment, Call
from scheduling.slots import Interval, State
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NINE, NOW, book, clearance, state_of

pytestmark = pytest.mark.django_db

ADDRESS = "/staff/lists/"
AN_HOUR = timedelta(hours=1)
A_SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LAST_WEEK = NOW - timedelta(days=4)


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def rosa() -> Patient:
    """Eighty, and has a phone."""
    return PatientFactory.create(given_name="Rosa", family_name="Blum", phone="+17035550120")


@pytest.fixture
def ana() -> Patient:
    account = AccountFactory(email="ana@example.com")
    return PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")


@pytest.fixture
def visit(ana: Patient) -> Appointment:
    """For tomorrow, booked last week."""
    return book(ClearanceFactory.create(patient=ana), now=LAST_WEEK)


def page(client: Client) -> str:
    response = client.get(ADDRESS)
    assert response.status_code == 200
    return " ".join(response.text.split())


def ask(patient: Patient, why: Call.Why = Call.Why.HELD, **more: Any) -> Call:
    services.ask_to_call(patient_id=patient.pk, why=why, by=None, **{"now": NOW, **more})
    return Call.objects.get(patient=patient, why=why, done_at=None)


def press(client: Client, call: Call, do: str, *, seen: int | None = None) -> Any:
    data = {"do": do, "seen": call.version if seen is None else seen}
    return client.post(f"{ADDRESS}calls/{call.pk}/", data, follow=True)


def merge(gone: Patient, kept: Patient, by: User) -> None:
    intake.merge_records(patient_id=gone.pk, into=kept.pk, reason="One card.", by=by, now=NOW)


def test_all_is_done(desk_client):
    shown = page(desk_client)
    assert "All is done." in shown
    assert "Everybody has been called." in shown
    assert "Unconfirmed for Tue, Nov 10" in shown


class TestUnconfirmed:
    def listed(self) -> list[Any]:
        return [line.id for line in work_lists.lists(now=NOW).unconfirmed.lines]

    def test_booked_for_the_next_open_day(self, visit):
        book(clearance(), NINE + timedelta(days=1), now=LAST_WEEK)
        assert self.listed() == [visit.pk]

    def test_the_next_open_day_may_not_be_tomorrow(self, visit):
        day = Interval(NINE - 9 * AN_HOUR, NINE + 15 * AN_HOUR)
        services.close(during=day, reason="Away", by=None, now=NOW)
        later = book(clearance(), NINE + timedelta(days=1), now=LAST_WEEK)
        assert self.listed() == [later.pk]

    def test_not_whoever_booked_or_moved_a_day_ago_or_less(self, visit):
        book(clearance(), NINE + AN_HOUR, now=NOW - AN_HOUR)
        moved = book(clearance(), NINE + timedelta(days=2), now=LAST_WEEK)
        services.move(appointment_id=moved.pk, start=NINE + 2 * AN_HOUR, by=None, now=NOW)
        assert self.listed() == [visit.pk]

    def test_confirmed_by_phone_and_taken_back(self, desk_client, visit):
        address = f"{ADDRESS}visits/{visit.pk}/"
        desk_client.post(address, {"do": "confirm", "seen": visit.version})
        assert state_of(visit.pk) is State.CONFIRMED
        assert self.listed() == []
        assert "1 done in the last hour" in page(desk_client)
        desk_client.post(address, {"do": "undo", "seen": visit.version + 1})
        assert state_of(visit.pk) is State.BOOKED
        assert self.listed() == [visit.pk], "taking back is no booking"

    def test_an_undo_after_somebody_elses_change_changes_nothing(self, desk_client, visit):
        address = f"{ADDRESS}visits/{visit.pk}/"
        desk_client.post(address, {"do": "confirm", "seen": visit.version})
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NOW)
        answer = desk_client.post(address, {"do": "undo", "seen": visit.version + 1})
        assert answer.status_code == 409
        assert "This visit has changed since" in answer.text
        assert state_of(visit.pk) is State.ARRIVED


class TestCalls:
    def test_the_most_urgent_then_who_was_not_tried(self, ana, rosa, desk):
        later = ask(PatientFactory.create(), now=NOW + AN_HOUR)
        tried = ask(ana)
        services.tried_in_vain(call_id=tried.pk, seen=1, by=desk, now=NOW)
        urgent = ask(rosa, Call.Why.EMERGENCY, now=NOW + 2 * AN_HOUR)
        listed = [line.id for line in work_lists.lists(now=NOW).calls.lines]
        assert listed == [urgent.pk, later.pk, tried.pk]

    @pytest.mark.parametrize(
        ("do", "ended"),
        [("reached", Call.Ended.REACHED), ("left-word", Call.Ended.LEFT_WORD)],
    )
    def test_ended_and_taken_back(self, desk_client, desk, rosa, do, ended):
        call = ask(rosa)
        press(desk_client, call, do)
        call.refresh_from_db()
        assert (call.ended, call.done_at, call.done_by) == (ended, NOW, desk)
        assert "Everybody has been called." in page(desk_client)
        press(desk_client, call, "undo")
        call.refresh_from_db()
        assert (call.ended, call.done_at, call.done_by) == ("", None, None)

    def test_no_answer_leaves_it_on_the_list(self, desk_client, rosa):
        call = ask(rosa)
        assert "Stop trying" not in page(desk_client)
        press(desk_client, call, "no-answer")
        call.refresh_from_db()
        shown = page(desk_client)
        assert "Tried once, no answer" in shown
        assert "Stop trying" in shown
        press(desk_client, call, "undo")
        assert "Tried once" not in page(desk_client)

    def test_a_second_press_on_an_old_page_changes_nothing(self, desk_client, rosa):
        call = ask(rosa)
        press(desk_client, call, "reached")
        answer = press(desk_client, call, "left-word", seen=1)
        assert answer.status_code == 409
        assert "Somebody has changed this since" in answer.text
        call.refresh_from_db()
        assert call.ended == Call.Ended.REACHED

    def test_not_taken_back_over_the_same_call_made_anew(self, desk, rosa):
        call = ask(rosa)
        services.end_call(call_id=call.pk, ended=Call.Ended.REACHED, seen=1, by=desk, now=NOW)
        ask(rosa)
        with pytest.raises(ChangedSince):
            services.take_back_call(call_id=call.pk, seen=2, by=desk, now=NOW)

    def test_what_no_button_sends(self, desk_client, rosa, visit):
        assert press(desk_client, ask(rosa), "shout").status_code == 400
        answer = desk_client.post(f"{ADDRESS}visits/{visit.pk}/", {"do": "shout"})
        assert answer.status_code == 400


class TestRecordsThatWereMerged:
    """Both were to be called for the same: one person is called once."""

    @pytest.fixture
    def both(self, ana: Patient, rosa: Patient, administrator: User) -> list[Call]:
        calls = [ask(rosa), ask(ana)]
        merge(rosa, ana, administrator)
        return calls

    def test_one_line_by_the_name_that_is_kept(self, desk_client, both, ana):
        [line] = work_lists.lists(now=NOW).calls.lines
        assert (line.who, line.patient_id) == ("Ana Reyes", ana.pk)
        assert work_lists.counts().calls == 1
        assert "1 call to make" in re.sub(r"<[^>]+>", "", page(desk_client))

    def test_what_is_noted_is_noted_for_both(self, desk_client, both):
        [line] = work_lists.lists(now=NOW).calls.lines
        shown = next(call for call in both if call.pk == line.id)
        press(desk_client, shown, "no-answer")
        assert set(Call.objects.values_list("tries", flat=True)) == {1}
        press(desk_client, shown, "reached", seen=2)
        assert not Call.objects.filter(done_at=None).exists()
        assert len(work_lists.lists(now=NOW).calls.done) == 1
        press(desk_client, shown, "undo", seen=3)
        assert Call.objects.filter(done_at=None).count() == 2

    def test_nobody_is_put_on_it_by_the_other_record(self, both, rosa):
        services.ask_to_call(patient_id=rosa.pk, why=Call.Why.HELD, by=None, now=NOW)
        services.ask_to_call(patient_id=rosa.pk, why=Call.Why.READ, by=None, now=NOW)
        Call.objects.filter(why=Call.Why.READ).update(patient=rosa)
        assert work_lists.counts().calls == 2

    def test_taken_apart_each_is_called(self, both, rosa, administrator):
        intake.take_apart(patient_id=rosa.pk, reason="Sisters.", by=administrator, now=NOW)
        assert work_lists.counts().calls == 2

    def test_every_list_names_the_record_that_is_kept(self, ana, rosa, administrator):
        visit = book(ClearanceFactory.create(patient=rosa), now=LAST_WEEK)
        shut = book(ClearanceFactory.create(patient=rosa), NINE + 2 * DAY, now=LAST_WEEK)
        merge(rosa, ana, administrator)
        around = Interval(shut.starts_at, shut.ends_at)
        services.close(during=around, reason="Away", by=None, now=NOW)
        found = work_lists.lists(now=NOW)
        assert [(line.who, line.id) for line in found.unconfirmed.lines] == [
            ("Ana Reyes", visit.pk)
        ]
        assert [(line.who, line.email) for line in found.affected] == [
            ("Ana Reyes", "ana@example.com")
        ]


class TestWhoGetsOnIt:
    def test_nobody_twice_for_the_same(self, rosa):
        assert ask(rosa) == ask(rosa)

    def test_who_is_taken_off_by_an_emergency(self, visit, ana):
        intake.revoke(
            clearance_id=visit.clearance_id, because="Sign.", by=None, now=NOW, emergency=True
        )
        assert Call.objects.get().why == Call.Why.EMERGENCY

    def test_whose_visit_nobody_decided_about_and_once(self, rosa):
        visit = book(ClearanceFactory.create(patient=rosa))
        intake.revoke(clearance_id=visit.clearance_id, because="Sign.", by=None, now=NOW)
        Call.objects.all().update(done_at=NOW, ended="reached")
        services.release_undecided(now=NINE)
        assert Call.objects.get(done_at=None).why == Call.Why.UNDECIDED

    def test_who_has_no_email_address_in_place_of_the_message(self, rosa, desk):
        visit = book(ClearanceFactory.create(patient=rosa))
        assert not Call.objects.exists(), "whoever books for them has just talked to them"
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW)
        call = Call.objects.get()
        assert (call.why, call.visit) == (Call.Why.VISIT, visit)
        assert not Message.objects.needing_attention(now=NOW).exists()
        assert "Cancelled" in work_lists.lists(now=NOW).calls.lines[0].note

    def test_whom_the_doctor_lets_come(self, rosa, doctor):
        answers = held(rosa)
        intake.decide(
            case_id=answers.case_id,
            latest_seen=answers.pk,
            kind="CLEAR",
            reason="Fine.",
            by=doctor,
            now=NOW,
        )
        assert Call.objects.get().why == Call.Why.CLEARED
        assert not Message.objects.needing_attention(now=NOW).exists()

    def test_whom_a_doctor_should_see_first(self, rosa, doctor):
        answers = held(rosa)
        intake.decide(
            case_id=answers.case_id,
            latest_seen=answers.pk,
            kind="CLOSE",
            reason="Read.",
            by=doctor,
            now=NOW,
        )
        assert Call.objects.get().why == Call.Why.READ


class TestNoLongerNeeded:
    """What somebody was to be called about is undone."""

    @pytest.fixture
    def hers(self, rosa: Patient) -> Appointment:
        """Rosa has no email address."""
        return book(ClearanceFactory.create(patient=rosa), now=LAST_WEEK)

    def undo(self, visit: Appointment, by: User) -> None:
        seen = Appointment.objects.get(pk=visit.pk).version
        services.undo(appointment_id=visit.pk, by=by, now=NOW + 20 * A_SECOND, seen=seen)

    def act(self, visit: Appointment, by: User, what: str) -> None:
        if what == "cancelled":
            services.cancel(appointment_id=visit.pk, by=by, now=NOW)
        else:
            services.move(appointment_id=visit.pk, start=NINE + AN_HOUR, by=by, now=NOW)

    @pytest.mark.parametrize("what", ["cancelled", "moved"])
    def test_undone_before_anybody_called(self, desk_client, desk, hers, what):
        self.act(hers, desk, what)
        assert "Rosa Blum" in page(desk_client).split("Unconfirmed")[0]
        self.undo(hers, desk)
        call = Call.objects.get()
        assert (call.ended, call.done_by) == (Call.Ended.WITHDRAWN, desk)
        shown = page(desk_client)
        assert "Everybody has been called." in shown
        assert "done in the last hour" not in shown, "nothing that could be taken back"
        assert press(desk_client, call, "undo").status_code == 409

    def test_a_cancellation_taken_back_by_its_step(self, desk, hers):
        self.act(hers, desk, "cancelled")
        services.mark(appointment_id=hers.pk, to=State.BOOKED, by=desk, now=NOW + AN_HOUR)
        assert Call.objects.get().ended == Call.Ended.WITHDRAWN

    @pytest.mark.parametrize("ended", [Call.Ended.REACHED, Call.Ended.LEFT_WORD])
    def test_whoever_was_told_is_called_once_more(self, desk, hers, ended):
        self.act(hers, desk, "moved")
        told = Call.objects.get()
        services.end_call(call_id=told.pk, ended=ended, seen=told.version, by=desk, now=NOW)
        self.undo(hers, desk)
        assert Call.objects.get(done_at=None).why == Call.Why.VISIT

    def test_who_could_not_be_reached_is_not(self, desk, hers):
        self.act(hers, desk, "moved")
        call = Call.objects.get()
        ended = Call.Ended.NOT_REACHED
        services.end_call(call_id=call.pk, ended=ended, seen=call.version, by=desk, now=NOW)
        self.undo(hers, desk)
        assert not Call.objects.filter(done_at=None).exists()

    def test_what_they_were_to_hear_before_still_stands(self, desk, hers):
        services.move(appointment_id=hers.pk, start=NINE + AN_HOUR, by=desk, now=NOW - AN_HOUR)
        self.act(hers, desk, "cancelled")
        self.undo(hers, desk)
        assert Call.objects.get().done_at is None

    def test_a_closed_time_that_they_were_moved_out_of(self, desk_client, desk, hers):
        closed = services.close(
            during=Interval(NINE, NINE + AN_HOUR), reason="Away", by=None, now=NOW
        )
        services.tell_patients(closure_id=closed.closure.pk, by=desk, now=NOW)
        assert "Find another time together." in page(desk_client)
        services.move(appointment_id=hers.pk, start=NINE + 2 * AN_HOUR, by=desk, now=NOW)
        shown = page(desk_client)
        assert "Find another time together." not in shown
        assert "tell them how their visit stands now" in shown


def test_visits_in_a_closed_time_and_suspended_ones(desk_client, visit, rosa):
    services.close(during=Interval(NINE, NINE + AN_HOUR), reason="Away", by=None, now=NOW)
    suspended(rosa, NINE + 2 * AN_HOUR)
    shown = page(desk_client)
    assert shown.index("Visits in a closed time") < shown.index("Move to the time proposed")
    _before, stopped = shown.split('id="suspended"')
    assert "Rosa Blum" in stopped
    # No later than it begins: the eight open hours of delay would end after it.
    assert "New patient exam: keeps its time until Tue, Nov 10 at 11:00 AM" in stopped


def suspended(patient: Patient, start: datetime) -> Appointment:
    leave = ClearanceFactory.create(patient=patient)
    visit = book(leave, start)
    intake.revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
    return visit


def test_no_answer_and_no_finding_is_shown_to_the_desk(desk_client, rosa):
    answers = held(rosa, own_words="It hurts at night.", rules=["R04"])
    ask(rosa)
    shown = page(desk_client)
    for never in ("It hurts at night", "R04", str(answers.case_id)):
        assert never not in shown


def test_long_lists_cost_no_more_queries(desk_client, desk: User):
    few = queries(desk_client)
    day = NINE + timedelta(days=1)
    for number in range(4):
        patient = PatientFactory.create()
        ask(patient)
        done = ask(patient, Call.Why.READ)
        services.end_call(call_id=done.pk, ended=Call.Ended.REACHED, seen=1, by=desk, now=NOW)
        gap = number * timedelta(minutes=45)
        book(ClearanceFactory.create(patient=patient), NINE + gap, now=LAST_WEEK)
        book(ClearanceFactory.create(patient=patient), day + gap, now=LAST_WEEK)
    services.close(during=Interval(day, day + 4 * AN_HOUR), reason="Away", by=None, now=NOW)
    for ahead in (2, 3):
        suspended(PatientFactory.create(), NINE + timedelta(days=ahead))
    many = queries(desk_client)
    # Four more for visits in a closed time: what is proposed, called and taken, and how urgent.
    # One for the histories of those suspended.
    assert many <= few + 5
    assert many <= 25


def queries(client: Client) -> int:
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(ADDRESS).status_code == 200
    return len(captured)
