"""One visit at the desk: its day step by step, taking back, and the history of all of it."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction
from django.urls import reverse
from time_machine import TimeMachineFixture

from clinic import audit
from clinic.audit import Via
from clinic.middleware import from_where
from clinic.models import AuditEntry, Message, User
from intake.models import Clearance
from intake.services import revoke
from scheduling import services, tasks
from scheduling.exceptions import ClearanceRevoked, PatientHeld, StepNotAllowed, TimeClosed
from scheduling.models import Appointment, StatusChange
from scheduling.slots import Interval, State
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NINE, NOW, book, hold, state_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db

TEN = NINE + timedelta(hours=1)
NEXT_WEEK = NINE + timedelta(days=7)
A_DAY = Interval(NINE - timedelta(hours=9), NINE + timedelta(hours=15))


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leave() -> Clearance:
    return ClearanceFactory.create(patient=PatientFactory.create(email="ann@example.com"))


def page(client, visit) -> str:
    answer = client.get(reverse("desk:visit", args=[visit.pk]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def steps(client, visit) -> dict[str, str]:
    return dict(
        re.findall(r'name="to" value="(\w+)">([^<]+)</button>', page(client, visit)),
    )


def press(client, visit, to: str, **more: str):
    seen = Appointment.objects.values_list("version", flat=True).get(pk=visit.pk)
    sent = {"to": to, "seen": str(seen), **more}
    return client.post(reverse("desk:step", args=[visit.pk]), sent, follow=True)


class TestTheDay:
    def test_arrived_in_the_room_done_one_press_each(self, desk, leave, time_machine):
        visit = book(leave)
        time_machine.move_to(NINE, tick=False)
        client = signed_in(desk)
        for to, name in (("arrived", "Check in"), ("in_room", "Take in"), ("done", "Finish")):
            assert steps(client, visit)[to] == name
            assert press(client, visit, to).status_code == 200
            assert state_of(visit.pk) == to
        assert steps(client, visit) == {"in_room": "Undo finish"}

    def test_what_the_hour_does_not_allow_is_not_offered(self, desk, leave, time_machine):
        visit = book(leave)
        before = steps(signed_in(desk), visit)
        assert "cancelled" in before
        assert "no_show" not in before
        assert next(iter(before)) == "confirmed"
        assert press(signed_in(desk), visit, "no_show").status_code == 409
        time_machine.move_to(NINE + timedelta(minutes=1), tick=False)
        after = steps(signed_in(desk), visit)
        assert not {"cancelled", "confirmed"} & set(after)
        assert next(iter(after)) == "arrived"
        assert after["no_show"] == "Mark as no-show"

    def test_a_no_show_and_its_undo(self, desk, leave, time_machine):
        visit = book(leave)
        time_machine.move_to(NINE + timedelta(minutes=15), tick=False)
        client = signed_in(desk)
        press(client, visit, "no_show")
        assert state_of(visit.pk) is State.NO_SHOW
        assert steps(client, visit) == {"booked": "Undo no-show"}
        press(client, visit, "booked")
        assert state_of(visit.pk) is State.BOOKED

    def test_undoing_a_check_in_leads_where_it_came_from(self, desk_client, leave):
        visit = book(leave)
        press(desk_client, visit, "confirmed")
        press(desk_client, visit, "arrived")
        offered = steps(desk_client, visit)
        assert "confirmed" in offered
        assert "booked" not in offered

    @pytest.mark.parametrize("to", ["", "gone", "suspended", "expired", "held"])
    def test_what_is_no_step_is_refused(self, desk_client, leave, to):
        visit = book(leave)
        assert press(desk_client, visit, to).status_code in {400, 409}
        assert state_of(visit.pk) is State.BOOKED

    def test_a_hold_can_only_be_given_back(self, desk_client, leave):
        kept = hold(leave)
        assert steps(desk_client, kept) == {"cancelled": "Cancel"}
        assert press(desk_client, kept, "booked").status_code == 409


class TestCancelling:
    def test_late_is_marked_and_the_reason_kept(self, desk_client, leave):
        visit = book(leave)
        press(desk_client, visit, "cancelled", reason="Called: the car broke down")
        change = StatusChange.objects.get(after="cancelled")
        assert change.is_late
        assert change.reason == "Called: the car broke down"
        shown = page(desk_client, visit)
        assert '<span class="mark">late</span>' in shown
        assert "Called: the car broke down" in shown

    def test_in_good_time_is_not(self, desk_client, leave):
        visit = book(leave, NEXT_WEEK)
        press(desk_client, visit, "cancelled", reason="Called")
        assert not StatusChange.objects.get(after="cancelled").is_late

    def test_taken_back_the_visit_stands_again_and_the_patient_is_told(self, desk_client, leave):
        visit = book(leave)
        press(desk_client, visit, "cancelled", reason="Called")
        assert steps(desk_client, visit) == {"booked": "Undo cancel"}
        press(desk_client, visit, "booked")
        assert state_of(visit.pk) is State.BOOKED
        kinds = Message.objects.order_by("queued_at", "pk").values_list("kind", flat=True)
        assert sorted(kinds) == ["booked", "booked", "cancelled"]

    def test_not_when_somebody_else_has_the_time(self, desk_client, leave):
        visit = book(leave)
        press(desk_client, visit, "cancelled", reason="Called")
        other = book(ClearanceFactory.create())
        answer = press(desk_client, visit, "booked")
        assert answer.status_code == 409
        assert f"That time is taken: {other.patient.name}" in answer.content.decode()
        assert (state_of(visit.pk), state_of(other.pk)) == (State.CANCELLED, State.BOOKED)

    def test_not_into_a_closed_day(self, desk, leave):
        visit = book(leave)
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW)
        services.close(during=A_DAY, reason="Away", by=None, now=NOW)
        with pytest.raises(TimeClosed):
            services.mark(appointment_id=visit.pk, to=State.BOOKED, by=desk, now=NOW)

    def test_not_on_a_clearance_that_was_taken_back(self, desk, leave):
        visit = book(leave)
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        with pytest.raises(ClearanceRevoked), transaction.atomic():
            services.mark(appointment_id=visit.pk, to=State.BOOKED, by=desk, now=NOW)
        assert state_of(visit.pk) is State.CANCELLED

    def test_not_of_somebody_who_is_held(self, desk, leave):
        visit = book(leave)
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW)
        held(leave.patient)
        with pytest.raises(PatientHeld), transaction.atomic():
            services.mark(appointment_id=visit.pk, to=State.BOOKED, by=desk, now=NOW)

    def test_raw_sql_meets_the_gate_too(self, desk, leave):
        visit = book(leave)
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        with pytest.raises(IntegrityError, match="revoked"), transaction.atomic():
            Appointment.objects.filter(pk=visit.pk).update(state="booked")

    def test_a_hold_given_back_was_never_booked(self, desk, desk_client, leave):
        kept = hold(leave)
        services.cancel(appointment_id=kept.pk, by=desk, now=NOW)
        assert steps(desk_client, kept) == {}
        with pytest.raises(StepNotAllowed):
            services.mark(appointment_id=kept.pk, to=State.BOOKED, by=desk, now=NOW)


class TestSuspended:
    def test_until_when_it_is_kept_and_booked_again_on_a_new_clearance(self, desk_client, leave):
        visit = book(leave, NEXT_WEEK)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        assert "Keeps its time until Wed, Nov 11 at 12:00 PM." in page(desk_client, visit)
        assert steps(desk_client, visit) == {
            "booked": "Reinstate",
            "cancelled": "Cancel",
            "released": "Release",
        }
        assert press(desk_client, visit, "booked").status_code == 409, "nothing allows it yet"
        newer = ClearanceFactory.create(patient=leave.patient, starts_at=NOW)
        press(desk_client, visit, "booked")
        again = Appointment.objects.get(pk=visit.pk)
        assert (again.state, again.clearance_id) == (State.BOOKED, newer.pk)


class TestHistory:
    def test_each_change_says_who_from_where_and_why(
        self, desk, patient, patient_client, desk_client, leave
    ):
        own = ClearanceFactory.create(patient=patient.patients.get())
        visit = book(own, NEXT_WEEK)
        address = reverse("scheduling:move", args=[visit.pk])
        later = NEXT_WEEK + timedelta(hours=1)
        patient_client.post(address, {"start": later.isoformat(), "seen": "1"})
        press(desk_client, visit, "confirmed")
        revoke(clearance_id=own.pk, because="A new sign.", by=None, now=NOW)
        changes = list(visit.changes.order_by("pk").values_list("after", "by", "via"))
        assert changes == [
            ("booked", None, Via.COMMAND_LINE),
            ("booked", patient.pk, Via.PATIENT_PAGES),
            ("confirmed", desk.pk, Via.STAFF_PAGES),
            ("suspended", None, Via.COMMAND_LINE),
        ]
        move = visit.changes.get(was__isnull=False)
        assert (move.was.lower, move.became.lower) == (NEXT_WEEK, later)
        shown = page(desk_client, visit)
        for words in (
            "Moved from Tue, Nov 17 at 9:00 AM to Tue, Nov 17 at 10:00 AM",
            "the patient&#x27;s pages",
            "the staff&#x27;s pages",
            "Booked, then Confirmed",
            "New, then Booked",
            "Dana Desk",
            "The clearance was revoked.",
        ):
            assert words in shown, words

    def test_the_clock_is_somewhere_too(self, leave, time_machine):
        kept = hold(leave)
        time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
        tasks.give_times_back(timestamp=0)
        assert kept.changes.get(after="expired").via == Via.CLOCK

    def test_the_admin_site_is_told_apart(self, rf):
        seen = []

        def look(request):
            seen.append(audit.where_from())

        for path in ("/admin/scheduling/", "/staff/visits/", "/my/visits/"):
            from_where(look)(rf.get(path))
        assert seen == [Via.ADMIN_SITE, Via.STAFF_PAGES, Via.PATIENT_PAGES]
        assert audit.where_from() is Via.COMMAND_LINE, "and no longer"

    def test_it_is_only_added_to(self, leave):
        book(leave)
        for change in (
            lambda: StatusChange.objects.update(via="patient"),
            lambda: StatusChange.objects.all().delete(),
        ):
            with (
                pytest.raises((IntegrityError, InternalError, ProgrammingError)),
                transaction.atomic(),
            ):
                change()

    @pytest.mark.parametrize(
        "fields",
        [
            {"via": "elsewhere"},
            {"was": (NINE, TEN)},
            {"was": (NINE, TEN), "became": (NINE, TEN)},
        ],
        ids=["nowhere known", "half a move", "a move that is none"],
    )
    def test_the_database_knows_what_a_line_says(self, leave, fields):
        visit = book(leave)
        line = {"before": "booked", "after": "booked", "at": NOW, "via": "staff", **fields}
        with pytest.raises(IntegrityError, match="status_change_"), transaction.atomic():
            StatusChange.objects.create(appointment=visit, **line)

    def test_in_the_admin_site(self, administrator_client, leave):
        visit = book(leave)
        with audit.coming_from(Via.STAFF_PAGES):
            services.move(appointment_id=visit.pk, start=TEN, by=None, now=NOW)
        listed = administrator_client.get(reverse("admin:scheduling_statuschange_changelist"))
        shown = listed.content.decode()
        assert "Tue, Nov 10 at 9:00 AM → Tue, Nov 10 at 10:00 AM" in shown
        assert "the staff&#x27;s pages" in shown


class TestWhoMaySee:
    def test_a_look_is_on_the_trail(self, desk: User, desk_client, leave):
        visit = book(leave)
        page(desk_client, visit)
        entry = AuditEntry.objects.get(action="viewed")
        assert (entry.actor, entry.subject_id, entry.patient_id) == (
            desk,
            str(visit.pk),
            leave.patient_id,
        )

    def test_the_list_leads_here(self, desk_client, leave):
        visit = book(leave)
        listed = desk_client.get(reverse("desk:visits")).content.decode()
        assert reverse("desk:visit", args=[visit.pk]) in listed

    def test_a_long_history_costs_no_more_queries(
        self, desk_client, leave, django_assert_max_num_queries
    ):
        visit = book(leave)
        for to in ("confirmed", "booked") * 4:
            press(desk_client, visit, to)
        with django_assert_max_num_queries(15):
            page(desk_client, visit)
