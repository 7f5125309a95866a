"""What the desk does on the calendar: book, walk in, move, lengthen, block; and takes back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from time_machine import TimeMachineFixture

from clinic import audit
from clinic.audit import Via
from clinic.models import AuditEntry, ClinicProfile, Message, User
from intake.models import Clearance
from scheduling import services
from scheduling.desk_exceptions import ChangedSince, NeedsReason, RoomPartCut, TooLateToUndo
from scheduling.exceptions import (
    StepNotAllowed,
    TimeClosed,
    TimeTaken,
)
from scheduling.models import Appointment, Closure, OpeningHours, StatusChange, VisitType
from scheduling.slots import Interval, State
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, cleared, held
from tests.factories.scheduling import NINE, NOW, book, done, hold, state_of, visit_type
from tests.people import signed_in

pytestmark = pytest.mark.django_db

TEN = NINE + timedelta(hours=1)
IN_PANEL = {"HX-Request": "true"}
AN_HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leave() -> Clearance:
    patient = PatientFactory(given_name="Ana", family_name="Reyes", email="ana@example.com")
    return ClearanceFactory.create(patient=patient, ends_at=NOW + timedelta(days=200))


@pytest.fixture
def other() -> Clearance:
    return ClearanceFactory.create(
        patient=PatientFactory(given_name="Ben", family_name="Okoro", email="ben@example.com")
    )


def fresh(visit: Appointment) -> Appointment:
    return Appointment.objects.get(pk=visit.pk)


def post(client: Client, name: str, visit: Appointment | None = None, **sent: Any) -> Any:
    address = reverse(name, args=[visit.pk] if visit else [])
    return client.post(address, {k: str(v) for k, v in sent.items()}, headers=IN_PANEL)


def at(moment: datetime) -> dict[str, str]:
    local = timezone.localtime(moment)
    return {"day": local.date().isoformat(), "clock": f"{local:%H:%M}"}


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- Booking --------------------------------------------------------------------------------------


def booking(leave: Clearance, start: datetime = NINE, **more: object) -> dict[str, object]:
    kind = visit_type("new-exam").pk
    return {"patient": leave.patient_id, "kind": kind, "book": "1", **at(start), **more}


class TestBook:
    def test_found_chosen_booked(self, desk_client, leave):
        found = words(post(desk_client, "desk:book", who="rey", **at(NINE)))
        assert f'name="patient" value="{leave.patient_id}"' in found
        chosen = words(post(desk_client, "desk:book", patient=leave.patient_id, **at(NINE)))
        assert "New patient exam, 45 minutes" in chosen
        assert "with X-ray" not in chosen
        said = words(post(desk_client, "desk:book", **booking(leave)))
        assert "Ana Reyes: booked for Tue, Nov 10 at 9:00 AM." in said
        visit = Appointment.objects.get()
        assert (visit.state, visit.starts_at) == (State.BOOKED, NINE)
        assert f'action="{reverse("desk:undo", args=[visit.pk])}"' in said

    def test_the_time_that_was_clicked_is_in_the_form(self, desk_client):
        shown = words(desk_client.get(reverse("desk:book"), at(TEN), headers=IN_PANEL))
        assert 'value="2026-11-10"' in shown
        assert 'value="10:00"' in shown

    def test_of_itself_it_is_a_page(self, desk_client):
        shown = desk_client.get(reverse("desk:book")).content.decode()
        assert shown.count("<h1>") == 1

    def test_who_has_the_time_is_said(self, desk_client, leave, other):
        book(other)
        response = post(desk_client, "desk:book", **booking(leave))
        assert response.status_code == 409
        said = words(response)
        assert "That time is taken: Ben Okoro, New patient exam, Tue, Nov 10 at 9:00 AM" in said
        assert "Free next: Tue, Nov 10 at 9:45 AM" in said
        assert Appointment.objects.count() == 1

    def test_the_gate_never_yields(self, desk_client, leave):
        held(leave.patient)
        shown = words(post(desk_client, "desk:book", patient=leave.patient_id, **at(NINE)))
        assert "I cannot book a visit before that." in shown
        assert 'name="book"' not in shown
        response = post(desk_client, "desk:book", **booking(leave, reason="He insists"))
        assert response.status_code == 409
        assert not Appointment.objects.exists()

    def test_nor_does_a_closure(self, desk_client, leave):
        services.close(during=Interval(NINE, TEN), reason="Staff meeting", by=None, now=NOW)
        response = post(desk_client, "desk:book", **booking(leave, reason="He insists"))
        assert response.status_code == 409
        assert "Nothing is booked then: Staff meeting" in words(response)

    @pytest.mark.parametrize(
        ("start", "sentence"),
        [
            (NOW + timedelta(minutes=30), "sooner than the 60 minutes of notice"),
            (NINE - AN_HOUR, "outside the opening hours"),
            (NINE + timedelta(days=70), "further ahead than the 60 days"),
            (NOW - timedelta(minutes=10), "has passed already"),
        ],
        ids=["notice", "hours", "horizon", "past"],
    )
    def test_a_policy_asks_for_a_reason_and_then_yields(
        self, desk, desk_client, leave, start, sentence
    ):
        response = post(desk_client, "desk:book", **booking(leave, start))
        assert response.status_code == 409
        assert sentence in words(response)
        assert not Appointment.objects.exists()
        assert (
            post(desk_client, "desk:book", **booking(leave, start, reason="In pain")).status_code
            == 200
        )
        change = StatusChange.objects.get()
        assert (change.reason, change.by) == ("In pain", desk)
        entry = AuditEntry.objects.get(action="policy set aside")
        assert sentence in entry.detail["policy"]
        assert (entry.detail["reason"], entry.patient_id) == ("In pain", leave.patient_id)

    def test_so_does_the_limit_of_visits(self, desk, leave):
        most = ClinicProfile.current().most_visits_patient
        for day in range(most):
            book(leave, NINE + timedelta(days=7 * day))
        asked = {
            "patient_id": leave.patient_id,
            "clearance_id": leave.pk,
            "visit_type_id": visit_type().pk,
            "start": NINE + timedelta(hours=2),
            "by": desk,
            "now": NOW,
        }
        with pytest.raises(NeedsReason, match="visits or more to come"):
            services.book(**asked, reason=" ")
        assert services.book(**asked, reason="A series")

    @pytest.mark.parametrize(
        "sent",
        [
            {},
            {"day": "2026-11-10", "clock": "nine"},
            {"day": "2026-13-40", "clock": "09:00"},
            {**at(NINE), "patient": "nobody"},
            {**at(NINE), "kind": "999999"},
            {**at(NINE), "who": "x" * 101},
        ],
    )
    def test_what_cannot_be_read_is_said_and_kept(self, desk_client, sent):
        response = post(desk_client, "desk:book", **sent)
        assert response.status_code == 400
        assert "Please check this" in words(response)

    def test_somebody_nobody_knows(self, desk_client):
        response = post(desk_client, "desk:book", patient=uuid4(), **at(NINE))
        assert response.status_code == 200
        assert 'name="who"' in words(response)


class TestNextAvailable:
    def pressed(self, client: Client, leave: Clearance, start: datetime, **more: object) -> Any:
        sent = {k: v for k, v in booking(leave, start, **more).items() if k != "book"}
        return post(client, "desk:book", **sent, next="1")

    def test_the_next_time_is_in_the_form_and_nothing_is_booked(self, desk_client, leave, other):
        book(other)
        shown = words(self.pressed(desk_client, leave, NINE - AN_HOUR, reason="Asked for it"))
        assert 'Next available: <strong class="figures">Tue, Nov 10 at 9:50 AM' in shown
        assert 'value="09:50"' in shown
        assert "Asked for it" in shown
        assert not Appointment.objects.filter(patient=leave.patient).exists()

    def test_pressed_again_it_is_the_one_after(self, desk_client, leave):
        assert 'value="09:10"' in words(self.pressed(desk_client, leave, NINE))

    def test_what_it_finds_asks_for_no_reason(self, desk, leave, time_machine):
        time_machine.move_to(NINE + timedelta(minutes=5), tick=False)
        client = signed_in(desk)
        assert 'value="10:10"' in words(self.pressed(client, leave, NINE))
        start = NINE + timedelta(minutes=70)
        assert post(client, "desk:book", **booking(leave, start)).status_code == 200

    def test_hours_that_are_kept_back_are_not_given_away(self, desk_client, leave):
        OpeningHours.objects.filter(weekday=1).update(offered="same_day")
        shown = words(self.pressed(desk_client, leave, NINE))
        assert 'Next available: <strong class="figures">Wed, Nov 11 at 9:00 AM' in shown

    def test_none_is_said(self, desk_client, leave):
        far = leave.ends_at - timedelta(minutes=1)
        response = self.pressed(desk_client, leave, far, reason="Asked for it")
        assert response.status_code == 409
        assert "Nothing is free for this visit" in words(response)
        assert "Asked for it" in words(response)

    def test_who_is_held_has_no_button(self, desk_client, leave):
        held(leave.patient)
        assert 'name="next"' not in words(self.pressed(desk_client, leave, NINE))


class TestWalkIn:
    def test_booked_and_here_and_nobody_writes_to_them(self, desk, leave, time_machine):
        time_machine.move_to(NINE + timedelta(minutes=7), tick=False)
        client = signed_in(desk)
        said = post(
            client, "desk:walk_in", patient=leave.patient_id, kind=visit_type().pk, book="1"
        )
        assert "Ana Reyes: checked in." in words(said)
        visit = Appointment.objects.get()
        assert (visit.state, visit.starts_at) == (State.ARRIVED, NINE + timedelta(minutes=5))
        assert list(visit.changes.order_by("pk").values_list("after", flat=True)) == [
            "booked",
            "arrived",
        ]
        assert not Message.objects.exists()

        time_machine.shift(timedelta(seconds=30))
        post(client, "desk:undo", visit, seen=2)
        assert state_of(visit.pk) is State.CANCELLED, "all of it, or nothing"
        assert not Message.objects.exists()

    def test_while_somebody_else_is_in_the_room(self, desk, leave, other, time_machine):
        book(other)
        time_machine.move_to(NINE + timedelta(minutes=7), tick=False)
        client = signed_in(desk)
        sent = {"patient": leave.patient_id, "kind": visit_type().pk, "book": "1"}
        refused = post(client, "desk:walk_in", **sent)
        assert refused.status_code == 409
        assert "Free next: Tue, Nov 10 at 9:45 AM" in words(refused)
        post(client, "desk:walk_in", **sent, **at(NINE + timedelta(minutes=45)))
        assert Appointment.objects.filter(state="arrived", patient=leave.patient).exists()


# --- Another time, another length -----------------------------------------------------------------


def moving(
    visit: Appointment, start: datetime, minutes: int = 45, **more: object
) -> dict[str, object]:
    return {**at(start), "minutes": minutes, "seen": fresh(visit).version, **more}


class TestMove:
    def test_to_another_time(self, desk_client, leave):
        visit = book(leave)
        said = words(post(desk_client, "desk:move", visit, **moving(visit, TEN)))
        assert "Ana Reyes: moved to Tue, Nov 10 at 10:00 AM." in said
        assert fresh(visit).starts_at == TEN

    def test_a_longer_visit_stays_as_long(self, desk, leave):
        visit = book(leave)
        longer(visit, 70, desk)
        moved = services.move(appointment_id=visit.pk, start=NINE + 2 * AN_HOUR, by=desk, now=NOW)
        assert moved.ends_at - moved.starts_at == timedelta(minutes=70)

    def test_who_is_in_the_way_is_said_and_nothing_changes(self, desk_client, leave, other):
        visit = book(leave)
        book(other, TEN)
        response = post(desk_client, "desk:move", visit, **moving(visit, TEN))
        assert response.status_code == 409
        assert "Not moved. That time is taken: Ben Okoro" in words(response)
        assert fresh(visit).starts_at == NINE

    def test_somebody_choosing_is_named_too(self, desk_client, leave, other):
        visit = book(leave)
        hold(other, TEN)
        response = post(desk_client, "desk:move", visit, **moving(visit, TEN))
        assert "Ben Okoro is choosing that time just now" in words(response)

    def test_out_of_hours_only_with_a_reason(self, desk_client, leave):
        visit = book(leave)
        eight = NINE - AN_HOUR
        response = post(desk_client, "desk:move", visit, **moving(visit, eight))
        assert response.status_code == 409
        assert "outside the opening hours" in words(response)
        assert fresh(visit).starts_at == NINE
        post(desk_client, "desk:move", visit, **moving(visit, eight, reason="Before work"))
        assert fresh(visit).starts_at == eight
        assert StatusChange.objects.latest("pk").reason == "Before work"

    def test_later_asks_for_no_notice(self, desk, leave):
        visit = book(leave)
        now = NINE - timedelta(minutes=10)
        moved = services.move(
            appointment_id=visit.pk,
            start=NINE + timedelta(minutes=15),
            by=desk,
            now=now,
            reason="",
        )
        assert moved.starts_at == NINE + timedelta(minutes=15)

    def test_a_page_that_is_behind_shows_how_it_is_now(self, desk_client, leave):
        visit = book(leave)
        response = post(desk_client, "desk:move", visit, **moving(visit, TEN) | {"seen": 7})
        assert response.status_code == 409
        assert "has changed since you opened the page" in words(response)
        assert f'data-visit="{visit.pk}"' in words(response)

    @pytest.mark.parametrize("minutes", ["", "0", "481", "1e9", "ten"])
    def test_a_length_nobody_can_mean(self, desk_client, leave, minutes):
        visit = book(leave)
        sent = moving(visit, NINE) | {"minutes": minutes}
        assert post(desk_client, "desk:move", visit, **sent).status_code == 400


def longer(visit: Appointment, minutes: int, by: User, **more: Any) -> Appointment:
    return services.change_length(
        appointment_id=visit.pk, length=timedelta(minutes=minutes), by=by, now=NOW, **more
    )


class TestLength:
    def test_longer_and_shorter_and_nobody_hears_of_it(self, desk_client, leave):
        visit = book(leave)
        post(desk_client, "desk:move", visit, **moving(visit, NINE, 60))
        assert fresh(visit).ends_at == TEN
        post(desk_client, "desk:move", visit, **moving(visit, NINE, 30))
        assert fresh(visit).ends_at == NINE + timedelta(minutes=30)
        assert list(Message.objects.values_list("kind", flat=True)) == ["booked"]
        shown = words(desk_client.get(reverse("desk:visit", args=[visit.pk])))
        assert "Ends at 9:30 AM instead of 10:00 AM" in shown

    def test_its_state_stays(self, desk, leave):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=desk, now=NOW)
        assert longer(visit, 50, desk).state == State.ARRIVED

    def test_of_somebody_about_whom_was_decided_anew_while_they_were_here(self, desk, leave):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=desk, now=NOW)
        newer = ClearanceFactory.create(
            patient=leave.patient, starts_at=NINE + timedelta(minutes=10)
        )
        Appointment.objects.filter(pk=visit.pk).update(clearance=newer)
        assert longer(visit, 60, desk).ends_at == TEN
        undo(visit, desk)
        assert fresh(visit).ends_at == NINE + timedelta(minutes=45)

    def test_buffers_go_with_it(self, desk, leave, other):
        VisitType.objects.filter(code="new-exam").update(buffer_after=10)
        visit = book(leave)
        book(other, TEN)
        with pytest.raises(TimeTaken):
            longer(visit, 55, desk)
        assert longer(visit, 50, desk).clinician_busy.upper == TEN

    def test_a_room_without_a_part_is_taken_for_all_of_it(self, desk):
        visit = book(cleared(PatientFactory(), xray=True), code="new-exam-xray")
        assert longer(visit, 75, desk).room_busy.upper == NINE + timedelta(minutes=75)

    def test_a_room_with_a_part_keeps_it_and_is_never_cut(self, desk):
        VisitType.objects.filter(code="new-exam-xray").update(room_from=20, room_until=40)
        visit = book(cleared(PatientFactory(), xray=True), code="new-exam-xray")
        assert longer(visit, 75, desk).room_busy.upper == NINE + timedelta(minutes=40)
        with pytest.raises(RoomPartCut):
            longer(visit, 35, desk)

    def test_past_closing_time_only_with_a_reason(self, desk, leave):
        visit = book(leave, NINE + timedelta(hours=3, minutes=15))
        with pytest.raises(NeedsReason, match="outside the opening hours"):
            longer(visit, 60, desk, reason="")
        assert longer(visit, 60, desk, reason="A long talk")

    def test_not_into_a_closure_and_not_when_it_is_over(self, desk, leave, other):
        visit = book(leave)
        services.close(during=Interval(TEN, TEN + AN_HOUR), reason="Away", by=None, now=NOW)
        with pytest.raises(TimeClosed):
            longer(visit, 61, desk)
        assert longer(visit, 60, desk)
        over = done(other, NINE + 3 * AN_HOUR)
        with pytest.raises(StepNotAllowed):
            longer(over, 50, desk)


# --- Undo -----------------------------------------------------------------------------------------


def undo(visit: Appointment, by: User, *, seen: int | None = None, later: int = 30) -> Appointment:
    return services.undo(
        appointment_id=visit.pk,
        by=by,
        now=NOW + timedelta(seconds=later),
        seen=fresh(visit).version if seen is None else seen,
    )


class TestUndo:
    def test_a_move_is_taken_back_whole(self, desk, leave):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.CONFIRMED, by=desk, now=NOW)
        services.move(
            appointment_id=visit.pk, start=TEN, length=AN_HOUR, by=desk, now=NOW + AN_HOUR
        )
        undo(visit, desk, later=3630)
        back = fresh(visit)
        assert (back.starts_at, back.ends_at) == (NINE, NINE + timedelta(minutes=45))
        assert back.state == State.CONFIRMED

    @pytest.mark.parametrize(
        ("before", "to"),
        [
            ((), State.ARRIVED),
            ((State.CONFIRMED,), State.ARRIVED),
            ((State.ARRIVED,), State.IN_ROOM),
            ((State.ARRIVED, State.IN_ROOM), State.DONE),
            ((), State.CONFIRMED),
        ],
    )
    def test_a_step_is_taken_back(self, desk, leave, before, to):
        visit = book(leave)
        for state in before:
            services.mark(appointment_id=visit.pk, to=state, by=desk, now=NOW - AN_HOUR)
        services.mark(appointment_id=visit.pk, to=to, by=desk, now=NOW)
        undo(visit, desk)
        assert state_of(visit.pk) is (before[-1] if before else State.BOOKED)

    @pytest.mark.parametrize("was", [State.BOOKED, State.CONFIRMED])
    def test_of_a_cancellation_the_visit_is_as_it_was(self, desk, leave, was):
        visit = book(leave)
        if was is State.CONFIRMED:
            services.mark(appointment_id=visit.pk, to=was, by=desk, now=NOW - AN_HOUR)
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW, reason="Called")
        undo(visit, desk)
        assert state_of(visit.pk) is was

    def test_a_booking_that_was_a_slip(self, desk, leave):
        visit = services.book(
            patient_id=leave.patient_id,
            clearance_id=leave.pk,
            visit_type_id=visit_type().pk,
            start=NINE,
            by=desk,
            now=NOW,
        )
        undo(visit, desk)
        assert state_of(visit.pk) is State.CANCELLED

    def test_after_another_persons_change_it_refuses_and_changes_nothing(self, desk, leave):
        visit = book(leave)
        services.move(appointment_id=visit.pk, start=TEN, by=desk, now=NOW)
        seen = fresh(visit).version
        other = StaffFactory(is_desk=True)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=other, now=NOW)
        before = Appointment.objects.values().get(pk=visit.pk)
        with pytest.raises(ChangedSince, match="Nothing was undone"):
            undo(visit, desk, seen=seen)
        with pytest.raises(TooLateToUndo):
            undo(visit, desk)
        assert Appointment.objects.values().get(pk=visit.pk) == before

    def test_not_after_a_minute(self, desk, leave):
        visit = book(leave)
        services.move(appointment_id=visit.pk, start=TEN, by=desk, now=NOW)
        with pytest.raises(TooLateToUndo):
            undo(visit, desk, later=71)
        assert fresh(visit).starts_at == TEN

    def test_not_when_somebody_has_the_old_time(self, desk, leave, other):
        visit = book(leave)
        services.move(appointment_id=visit.pk, start=TEN, by=desk, now=NOW)
        book(other)
        with pytest.raises(TimeTaken):
            undo(visit, desk)
        assert fresh(visit).starts_at == TEN

    def test_a_decision_is_no_slip(self, desk, leave):
        kept = hold(leave)
        services.cancel(appointment_id=kept.pk, by=desk, now=NOW)
        with pytest.raises(StepNotAllowed):
            undo(kept, desk)

    def test_it_is_said_by_the_page(self, desk, leave):
        visit = book(leave)
        client = signed_in(desk)
        post(client, "desk:move", visit, **moving(visit, TEN))
        refused = post(client, "desk:undo", visit, seen=1)
        assert refused.status_code == 409
        assert "Somebody has changed this since." in words(refused)
        said = words(post(client, "desk:undo", visit, seen=2))
        assert "Undone. Ana Reyes: Booked." in said
        assert fresh(visit).starts_at == NINE
        again = post(client, "desk:undo", visit, seen=3)
        assert again.status_code == 409, "the patient would not hear of it"
        assert fresh(visit).starts_at == NINE


class TestWhatThePatientHears:
    """The desk's slips are nobody's news: messages wait as long as they can be taken back."""

    def act(self, visit: Appointment, by: User) -> None:
        with audit.coming_from(Via.STAFF_PAGES):
            services.move(appointment_id=visit.pk, start=TEN, by=by, now=NOW)

    def test_it_waits_until_it_can_no_longer_be_undone(self, desk, leave):
        visit = book(leave)
        self.act(visit, desk)
        moved = Message.objects.get(kind="moved")
        job = ProcrastinateJob.objects.get(args__message_id=str(moved.pk))
        assert job.scheduled_at is not None
        assert job.scheduled_at >= NOW + timedelta(seconds=70)

    def test_undone_they_hear_nothing(self, desk, leave):
        visit = book(leave)
        self.act(visit, desk)
        undo(visit, desk)
        kinds = Message.objects.exclude(state="TAKEN_BACK").values_list("kind", flat=True)
        assert list(kinds) == ["booked"]

    def test_what_has_gone_out_is_put_right(self, desk, leave):
        visit = book(leave)
        self.act(visit, desk)
        Message.objects.filter(kind="moved").update(state="SENT")
        undo(visit, desk)
        assert Message.objects.filter(kind="moved").count() == 2

    def test_a_patients_own_change_does_not_wait(self, leave):
        visit = book(leave)
        services.cancel(appointment_id=visit.pk, by=None, now=NOW)
        told = Message.objects.get(kind="cancelled")
        assert ProcrastinateJob.objects.get(args__message_id=str(told.pk)).scheduled_at is None


# --- Steps, and blocked time ----------------------------------------------------------------------


class TestSteps:
    def test_a_late_cancellation_asks_why(self, desk_client, leave):
        visit = book(leave)
        response = post(desk_client, "desk:step", visit, to="cancelled", seen=1)
        assert response.status_code == 409
        assert "this is a late cancellation" in words(response)
        assert state_of(visit.pk) is State.BOOKED
        post(desk_client, "desk:step", visit, to="cancelled", seen=1, reason="Car broke down")
        change = StatusChange.objects.latest("pk")
        assert (change.is_late, change.reason) == (True, "Car broke down")
        assert AuditEntry.objects.filter(action="policy set aside").exists()

    def test_in_the_panel_one_press_and_its_undo(self, desk_client, leave):
        visit = book(leave)
        said = words(post(desk_client, "desk:step", visit, to="arrived", seen=1))
        assert "<!doctype" not in said
        assert "Ana Reyes: Arrived." in said
        assert 'name="seen" value="2"' in said

    def test_the_card_is_a_press_away_while_the_visit_is_on(self, desk_client, desk, leave):
        visit = book(leave)
        page, card = (
            reverse("desk:visit", args=[visit.pk]),
            f"/staff/paper/cards/{leave.patient_id}/{visit.pk}/",
        )
        assert card in words(desk_client.get(page, headers=IN_PANEL))
        assert desk_client.get(card).status_code == 200
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW)
        assert card not in words(desk_client.get(page, headers=IN_PANEL))

    def test_the_words_to_say(self, desk_client, leave):
        visit = book(leave)
        held(leave.patient)
        shown = words(desk_client.get(reverse("desk:visit", args=[visit.pk]), headers=IN_PANEL))
        assert "I cannot book a visit before that." in shown


class TestBlock:
    def sent(self, **more: str) -> dict[str, str]:
        return {**at(TEN), "until": "11:00", "whose": "doctor", "why": "Training", **more}

    def test_blocked_and_what_stands_in_it(self, desk_client, leave):
        book(leave, TEN)
        said = words(post(desk_client, "desk:block", **self.sent()))
        assert "Blocked: Tue, Nov 10 at 10:00 AM to 11:00 AM." in said
        assert "1 visit still stands in it" in said
        closure = Closure.objects.get()
        assert closure.clinician is not None
        assert closure.during.upper - closure.during.lower == AN_HOUR

    def test_taken_back(self, desk_client):
        post(desk_client, "desk:block", **self.sent())
        closure = Closure.objects.get()
        seen = f"{closure.during.lower.isoformat()}/{closure.during.upper.isoformat()}"
        address = reverse("desk:undo_block", args=[closure.pk])
        for wrong in ("", "x/y", f"{NOW.isoformat()}/{TEN.isoformat()}"):
            refused = desk_client.post(address, {"seen": wrong}, headers=IN_PANEL)
            assert "Nothing was undone" in words(refused)
        assert Closure.objects.exists()
        assert "That time is open again." in words(
            desk_client.post(address, {"seen": seen}, headers=IN_PANEL)
        )
        assert not Closure.objects.exists()
        assert AuditEntry.objects.filter(action="opened again").exists()

    def test_the_room_or_everybody(self, desk_client):
        post(desk_client, "desk:block", **self.sent(whose="clinic"))
        assert Closure.objects.latest("pk").clinician is None
        post(
            desk_client,
            "desk:block",
            **self.sent(whose=f"room-{visit_type('new-exam-xray').room_id}"),
        )
        assert Closure.objects.latest("pk").room is not None

    @pytest.mark.parametrize(
        "wrong",
        [{"until": "10:00"}, {"until": ""}, {"why": ""}, {"whose": "me"}, {"day": "x"}],
    )
    def test_what_cannot_be_blocked(self, desk_client, wrong):
        assert post(desk_client, "desk:block", **self.sent(**wrong)).status_code == 400
        assert not Closure.objects.exists()
