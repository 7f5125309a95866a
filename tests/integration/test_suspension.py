"""What becomes of visits when their clearance is taken back, or is superseded by a decision."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from time_machine import TimeMachineFixture

from clinic.audit import Via
from clinic.models import AuditEntry, ClinicProfile, Message, User
from intake import services as intake
from intake.models import Case, Clearance, Intake, Patient, ReviewDecision
from intake.triage import PROTOCOL
from scheduling import services, tasks
from scheduling.models import Appointment, Closure, OpeningHours
from scheduling.slots import State
from tests import answers
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory, held
from tests.factories.scheduling import NINE, NOW, book, hold, state_of

pytestmark = pytest.mark.django_db

LATER = NINE + timedelta(minutes=50)
NEXT_WEEK = NINE + timedelta(days=7)
AGE = 38


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def ana(patient: User) -> Patient:
    return patient.patients.get()


@pytest.fixture
def leave(ana: Patient) -> Clearance:
    return ClearanceFactory.create(patient=ana)


def revoke(leave: Clearance, **more: Any) -> None:
    intake.revoke(clearance_id=leave.pk, because="A new sign.", by=None, **{"now": NOW, **more})


def calls() -> list[str]:
    entries = AuditEntry.objects.filter(action=services.CALL_THE_PATIENT)
    return list(entries.values_list("subject_id", flat=True))


def letters() -> list[str]:
    return list(Message.objects.order_by("queued_at", "pk").values_list("kind", flat=True))


class TestRevoked:
    def test_the_patient_is_told_not_to_come_and_until_when_the_time_is_kept(self, leave):
        book(leave, NEXT_WEEK)
        revoke(leave)
        letter = Message.objects.get(kind="suspended")
        assert letter.recipient == "ana@example.com"
        assert "Tue, Nov 17 at 9:00 AM" in letter.subject
        assert "We keep the time for you until Wed, Nov 11 at 12:00 PM." in letter.body

    def test_who_is_here_already_is_told_in_person(self, leave):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NOW)
        revoke(leave)
        assert state_of(visit.pk) is State.SUSPENDED
        assert "suspended" not in letters()

    def test_only_visits_on_that_clearance(self, leave, ana):
        other = ClearanceFactory.create(patient=ana)
        kept, stopped = book(other, LATER), book(leave)
        revoke(leave)
        assert (state_of(kept.pk), state_of(stopped.pk)) == (State.BOOKED, State.SUSPENDED)

    def test_a_clearance_that_ends_touches_nothing(self, leave):
        visit = book(leave, leave.ends_at - timedelta(hours=10))
        tasks.give_times_back(timestamp=0)
        assert services.release_undecided(now=leave.ends_at) == 0
        assert state_of(visit.pk) is State.BOOKED


class TestReleasedUndecided:
    """Eight open hours from Monday, 6 PM: one, then Tuesday 9 to 1, then Wednesday 9 to noon."""

    deadline = NINE + timedelta(days=1, hours=3)

    def test_after_the_clinics_delay(self, leave):
        visit = book(leave, NEXT_WEEK)
        revoke(leave)
        assert services.keeps_its_time_until(visit) == self.deadline
        assert services.release_undecided(now=self.deadline - timedelta(minutes=1)) == 0
        assert services.release_undecided(now=self.deadline) == 1
        assert state_of(visit.pk) is State.RELEASED
        assert services.release_undecided(now=self.deadline) == 0

    def test_the_patient_is_told_and_the_desk_must_call(self, leave):
        visit = book(leave, NEXT_WEEK)
        revoke(leave)
        services.release_undecided(now=self.deadline)
        letter = Message.objects.get(kind="released")
        assert "We no longer keep this time for you." in letter.body
        assert calls() == [str(visit.pk)]

    def test_somebody_else_can_have_the_time(self, leave):
        book(leave, NEXT_WEEK)
        revoke(leave)
        services.release_undecided(now=self.deadline)
        assert book(ClearanceFactory.create(), NEXT_WEEK).state == State.BOOKED

    def test_never_past_its_start(self, leave):
        visit = book(leave)
        revoke(leave)
        assert services.keeps_its_time_until(visit) == NINE

    def test_closed_days_do_not_count(self, leave):
        visit = book(leave, NEXT_WEEK)
        day = (NINE - timedelta(hours=9), NINE + timedelta(hours=15))
        Closure.objects.create(during=day, reason="Away")
        revoke(leave)
        # Tuesday is closed: one hour on Monday, seven of Wednesday's eight.
        assert services.keeps_its_time_until(visit) == NINE + timedelta(days=1, hours=9)

    def test_without_hours_ahead_it_is_kept_until_its_start(self, leave):
        visit = book(leave, NEXT_WEEK)
        OpeningHours.objects.all().delete()
        revoke(leave)
        assert services.keeps_its_time_until(visit) == NEXT_WEEK

    def test_the_delay_is_the_clinics(self, leave):
        visit = book(leave, NEXT_WEEK)
        ClinicProfile.objects.update(suspended_open_hours=1)
        revoke(leave)
        assert services.keeps_its_time_until(visit) == NOW + timedelta(hours=1)

    def test_counted_from_the_last_suspension(self, leave, ana):
        visit = book(leave, NEXT_WEEK)
        revoke(leave)
        newer = ClearanceFactory.create(patient=ana, starts_at=NOW)
        services.reinstate(appointment_id=visit.pk, clearance_id=newer.pk, by=None, now=NOW)
        revoke(newer, now=NINE)
        visit.refresh_from_db()
        # Four hours of Tuesday, four of Wednesday.
        assert services.keeps_its_time_until(visit) == NINE + timedelta(days=1, hours=4)

    def test_who_is_in_the_building_keeps_it_to_its_end(self, leave):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NOW)
        revoke(leave)
        assert services.release_undecided(now=visit.starts_at) == 0
        assert services.release_undecided(now=visit.ends_at) == 1

    def test_the_clock_does_it_every_minute(self, leave, time_machine):
        visit = book(leave)
        revoke(leave)
        time_machine.move_to(NINE, tick=False)
        tasks.give_times_back(timestamp=0)
        change = visit.changes.get(after="released")
        assert (change.by, change.via, change.reason) == (
            None,
            Via.CLOCK,
            "Nobody decided in time.",
        )


class TestAnswersThatHold:
    def short_form(self, ana: Patient, said: dict[str, Any]):
        IntakeFactory.create(
            patient=ana,
            answers={**answers.BOOK, "age": AGE},
            protocol=PROTOCOL.version,
            submitted_at=NOW - timedelta(days=60),
        )
        assert ana.account
        draft = intake.begin_next_form(patient=ana, browser=uuid.uuid4(), by=ana.account, now=NOW)
        assert draft.renews
        return intake.keep_answers(
            draft_id=draft.pk, answers=said, shown=tuple(said), born=ana.born, now=NOW
        )

    def test_a_short_form_with_a_worse_outcome_suspends(self, ana, leave, patient):
        visit, kept = book(leave, NEXT_WEEK), hold(leave)
        draft = self.short_form(ana, answers.REFER)
        intake.submit(draft_id=draft.pk, by=patient, now=NOW)
        assert state_of(visit.pk) is State.SUSPENDED
        assert state_of(kept.pk) is State.RELEASED
        assert calls() == []

    def test_a_clean_one_touches_nothing(self, ana, leave, patient):
        visit = book(leave, NEXT_WEEK)
        draft = self.short_form(ana, answers.BOOK)
        intake.submit(draft_id=draft.pk, by=patient, now=NOW)
        assert state_of(visit.pk) is State.BOOKED
        assert Appointment.objects.get(pk=visit.pk).clearance == leave

    def test_an_emergency_releases_and_the_desk_must_call(self, ana, leave, patient):
        visit = book(leave, NEXT_WEEK)
        draft = self.short_form(ana, answers.EMERGENCY)
        intake.submit(draft_id=draft.pk, by=patient, now=NOW)
        assert state_of(visit.pk) is State.RELEASED
        assert calls() == [str(visit.pk)]

    def test_also_when_the_visit_was_suspended_before(self, ana, leave):
        visit = book(leave, NEXT_WEEK)
        revoke(leave)
        revoke(leave, emergency=True)
        assert state_of(visit.pk) is State.RELEASED
        assert calls() == [str(visit.pk)]

    def test_and_when_milder_answers_had_taken_the_clearance_back(self, ana, leave, patient):
        visit = book(leave, NEXT_WEEK)
        draft = self.short_form(ana, answers.REFER)
        intake.submit(draft_id=draft.pk, by=patient, now=NOW)
        worse = intake.start_draft(browser=uuid.uuid4(), now=NOW)
        intake.keep_answers(
            draft_id=worse.pk,
            answers=answers.EMERGENCY,
            shown=tuple(answers.EMERGENCY),
            born=ana.born,
            now=NOW,
        )
        about = {"given_name": "Ana", "family_name": "Reyes", "email": patient.email}
        intake.keep_about(draft_id=worse.pk, about=about, now=NOW)
        intake.submit(draft_id=worse.pk, by=patient, now=NOW)
        assert state_of(visit.pk) is State.RELEASED
        assert calls() == [str(visit.pk)]

    def test_who_waits_in_the_building_is_suspended_and_called(self, leave):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NOW)
        revoke(leave, emergency=True)
        assert state_of(visit.pk) is State.SUSPENDED
        assert calls() == [str(visit.pk)]


class TestSuperseded:
    """A newer decision takes the place of what stood before it."""

    def decide(self, said: Intake, doctor: User, **more: Any) -> Clearance:
        assert said.case
        intake.decide(
            case_id=said.case.pk,
            latest_seen=said.pk,
            kind=ReviewDecision.Kind.CLEAR,
            reason="Looked again.",
            by=doctor,
            now=NOW,
            **more,
        )
        return Clearance.objects.get(decision__case=said.case)

    def test_visits_it_allows_rest_on_it(self, leave, ana, doctor):
        visit = book(leave, NEXT_WEEK)
        newer = self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor)
        leave.refresh_from_db()
        assert leave.revoked_because == "A newer decision takes its place."
        visit.refresh_from_db()
        assert (visit.state, visit.clearance) == (State.BOOKED, newer)
        assert not {"suspended", "cancelled", "released"} & set(letters())

    def test_a_suspended_one_is_booked_again_and_told(self, leave, ana, doctor):
        visit = book(leave, NEXT_WEEK)
        said = held(ana, "CO_MANAGE", submitted_at=NOW)
        revoke(leave)
        newer = self.decide(said, doctor)
        visit.refresh_from_db()
        assert (visit.state, visit.clearance) == (State.BOOKED, newer)
        assert letters().count("booked") == 2
        assert visit.changes.latest("pk").by == doctor

    def test_what_it_does_not_allow_is_suspended(self, ana, doctor):
        first = self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor, xray_allowed=True)
        with_xray = book(first, NEXT_WEEK, code="new-exam-xray")
        without = book(first, NEXT_WEEK + timedelta(hours=2))
        newer = self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor)
        with_xray.refresh_from_db()
        without.refresh_from_db()
        assert (with_xray.state, with_xray.clearance) == (State.SUSPENDED, first)
        assert (without.state, without.clearance) == (State.BOOKED, newer)

    def test_what_lies_past_its_end_is_suspended(self, ana, doctor):
        long = ClearanceFactory.create(patient=ana, ends_at=NOW + timedelta(days=50))
        visit = book(long, NINE + timedelta(days=42))
        self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor)
        assert state_of(visit.pk) is State.SUSPENDED

    @pytest.mark.parametrize("minutes", [-10, 10])
    def test_who_is_here_is_seen_on_it(self, leave, ana, doctor, minutes):
        visit = self.arrived(leave, NOW + timedelta(minutes=minutes))
        newer = self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor)
        services.mark(appointment_id=visit.pk, to=State.IN_ROOM, by=None, now=NOW)
        visit.refresh_from_db()
        assert (visit.state, visit.clearance) == (State.IN_ROOM, newer)

    def test_who_is_late_can_still_come(self, leave, ana, doctor):
        visit = book(leave, NOW - timedelta(minutes=10), now=NOW - timedelta(hours=2))
        self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NOW)

    def test_who_was_suspended_here_is_booked_again_and_needs_no_letter(self, leave, ana, doctor):
        visit = self.arrived(leave, NOW - timedelta(minutes=10))
        said = held(ana, "CO_MANAGE", submitted_at=NOW)
        revoke(leave)
        before = letters()
        self.decide(said, doctor)
        assert state_of(visit.pk) is State.BOOKED
        assert "booked" not in letters()[len(before) :]

    def test_who_is_here_for_what_it_does_not_allow_is_suspended(self, leave, ana, doctor):
        visit = self.arrived(leave, NOW - timedelta(minutes=10))
        self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor, visit_types=["adjustment"])
        assert state_of(visit.pk) is State.SUSPENDED

    def test_what_is_over_stays_where_it_was(self, leave, ana, doctor):
        visit = self.arrived(leave, NOW - timedelta(hours=2))
        self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor)
        visit.refresh_from_db()
        assert (visit.state, visit.clearance) == (State.ARRIVED, leave)

    def arrived(self, leave: Clearance, start: datetime) -> Appointment:
        visit = book(leave, start, now=start - timedelta(hours=2))
        return services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NOW)

    def test_nothing_moves_while_another_case_is_open(self, leave, ana, doctor):
        visit = book(leave, NEXT_WEEK)
        said = held(ana, "CO_MANAGE", submitted_at=NOW)
        revoke(leave)
        Case.objects.create(
            patient=ana, disposition="REFER", opened_at=NOW, due_at=NOW + timedelta(hours=4)
        )
        assert said.case
        intake.decide(
            case_id=said.case.pk,
            latest_seen=said.pk,
            kind=ReviewDecision.Kind.CLEAR,
            reason="Looked again.",
            by=doctor,
            now=NOW,
        )
        assert state_of(visit.pk) is State.SUSPENDED

    def test_nobody_elses_visits(self, leave, ana, doctor):
        theirs = book(ClearanceFactory.create(patient=PatientFactory.create()), NEXT_WEEK)
        before = Appointment.objects.values().get(pk=theirs.pk)
        self.decide(held(ana, "CO_MANAGE", submitted_at=NOW), doctor)
        assert Appointment.objects.values().get(pk=theirs.pk) == before
