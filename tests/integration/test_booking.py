"""Hold, confirm, book, move, cancel, mark: what each promises."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from icalendar import Calendar

from clinic import times
from clinic.models import AuditEntry, Message, User
from intake import public as intake
from intake.models import Clearance
from intake.services import revoke
from scheduling import services
from scheduling.exceptions import (
    Clash,
    ClearanceRevoked,
    GuardianMissing,
    HoldExpired,
    NotCleared,
    OutsideClearance,
    PatientHeld,
    StepNotAllowed,
    TimeClosed,
    TimeNotOffered,
    TimeTaken,
    VisitHasBegun,
    VisitNotBegun,
    VisitTypeNotOffered,
    XrayNotAllowed,
)
from scheduling.locking import calendar_of
from scheduling.models import Appointment, Clinician, Closure, StatusChange
from scheduling.receivers import stop_visits
from scheduling.slots import Interval, State
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import (
    SUBMITTED,
    ClearanceFactory,
    GuardianConsentFactory,
    cleared,
    held,
)
from tests.factories.scheduling import NINE, NOW, book, done, hold, solomon, state_of, visit_type

LATER = NINE + timedelta(minutes=50)
A_DAY = Interval(NINE - timedelta(hours=9), NINE + timedelta(hours=15))


@pytest.fixture
def leave() -> Clearance:
    return ClearanceFactory.create(patient=PatientFactory.create(email="ann@example.com"))


@pytest.fixture
def other() -> Clearance:
    return ClearanceFactory.create()


@pytest.fixture
def desk() -> User:
    return StaffFactory.create(is_desk=True)


@pytest.mark.django_db
class TestHold:
    def test_a_time_is_kept_for_ten_minutes(self, leave):
        visit = hold(leave)
        assert visit.state == State.HELD
        assert visit.hold_expires_at == NOW + timedelta(minutes=10)
        assert (visit.starts_at, visit.ends_at) == (NINE, NINE + timedelta(minutes=45))

    def test_nobody_else_gets_it_meanwhile(self, leave, other):
        hold(leave)
        with pytest.raises(TimeTaken) as refusal:
            hold(other)
        assert refusal.value.clash is Clash.CLINICIAN

    def test_a_hold_that_ran_out_is_in_nobodys_way(self, leave, other):
        first = hold(leave)
        hold(other, now=NOW + timedelta(minutes=10))
        assert state_of(first.pk) is State.EXPIRED

    def test_nor_is_one_that_keeps_only_the_room(self):
        locum = Clinician.objects.create(name="Dr. Locum")
        one, two = (cleared(PatientFactory.create(), xray=True) for _ in range(2))
        first = book(one, code="new-exam-xray")
        Appointment.objects.filter(pk=first.pk).update(
            clinician=locum, state=State.HELD.value, hold_expires_at=NOW - timedelta(minutes=1)
        )
        book(two, code="new-exam-xray")
        assert state_of(first.pk) is State.EXPIRED

    def test_choosing_again_replaces_it(self, leave):
        first = hold(leave)
        second = hold(leave, LATER)
        assert state_of(first.pk) is State.RELEASED
        assert state_of(second.pk) is State.HELD

    def test_their_own_hold_is_never_in_their_way(self, leave):
        first = hold(leave)
        second = hold(leave, NINE + timedelta(minutes=20))
        assert state_of(first.pk) is State.RELEASED
        assert second.starts_at == NINE + timedelta(minutes=20)

    def test_the_old_time_stays_when_the_new_one_is_taken(self, leave, other):
        book(other, LATER)
        first = hold(leave)
        with pytest.raises(TimeTaken):
            hold(leave, LATER)
        assert state_of(first.pk) is State.HELD

    @pytest.mark.parametrize(
        "start",
        [
            NINE - timedelta(hours=1),
            NINE + timedelta(minutes=5),
            NINE + timedelta(days=400),
            NOW - timedelta(days=1),
        ],
        ids=["closed", "off the grid", "beyond the horizon", "past"],
    )
    def test_only_what_is_offered(self, start):
        leave = ClearanceFactory.create(ends_at=SUBMITTED + timedelta(days=800))
        with pytest.raises(TimeNotOffered):
            hold(leave, start)

    def test_not_with_less_than_an_hours_notice(self, leave):
        with pytest.raises(TimeNotOffered):
            hold(leave, now=NINE - timedelta(minutes=59))
        assert hold(leave, now=NINE - timedelta(minutes=60))

    def test_not_into_a_closure(self, leave):
        services.close(during=A_DAY, reason="Away", by=None, now=NOW)
        with pytest.raises(TimeNotOffered):
            hold(leave)

    def test_only_the_kind_of_visit_meant_for_them(self, leave):
        with pytest.raises(VisitTypeNotOffered):
            services.hold(
                patient_id=leave.patient_id,
                clearance_id=leave.pk,
                visit_type_id=visit_type("adjustment").pk,
                start=NINE,
                by=None,
                now=NOW,
            )


@pytest.mark.django_db
class TestTheGate:
    """The service says kindly what the database would say."""

    def test_somebody_elses_clearance(self, leave, other):
        with pytest.raises(NotCleared):
            services.book(
                patient_id=leave.patient_id,
                clearance_id=other.pk,
                visit_type_id=visit_type().pk,
                start=NINE,
                by=None,
                now=NOW,
            )

    def test_a_revoked_clearance(self, leave):
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        with pytest.raises(NotCleared):
            book(leave)

    def test_a_held_patient(self, leave):
        held(leave.patient)
        with pytest.raises(PatientHeld):
            book(leave)

    @pytest.mark.parametrize("start", [SUBMITTED - timedelta(days=1), SUBMITTED + timedelta(30)])
    def test_outside_the_clearance(self, leave, start):
        with pytest.raises(OutsideClearance):
            book(leave, start)

    def test_a_minor_without_a_guardian(self):
        child = PatientFactory.create(born=date(2012, 1, 1))
        leave = ClearanceFactory.create(patient=child)
        with pytest.raises(GuardianMissing):
            book(leave)
        GuardianConsentFactory.create(patient=child)
        assert book(leave).state == State.BOOKED

    def test_an_xray_without_leave(self, leave):
        with pytest.raises(XrayNotAllowed):
            book(leave, code="new-exam-xray")
        allowed = cleared(PatientFactory.create(), xray=True)
        visit = book(allowed, code="new-exam-xray")
        assert visit.room is not None
        assert visit.room_busy == visit.visit

    def test_of_two_clearances_the_one_that_lasts_longest_comes_first(self, leave):
        longer = ClearanceFactory.create(
            patient=leave.patient, ends_at=leave.ends_at + timedelta(days=1)
        )
        found = intake.clearances_usable(leave.patient_id, NOW)
        assert [card.id for card in found] == [longer.pk, leave.pk]

    def test_an_xray_under_a_hold(self):
        allowed = cleared(PatientFactory.create(), xray=True, flags=["XRAY_HOLD"])
        assert not intake.clearance_card(allowed.pk).xray_allowed
        with pytest.raises(XrayNotAllowed):
            book(allowed, code="new-exam-xray")


@pytest.mark.django_db
class TestConfirm:
    def test_a_hold_becomes_a_visit_and_the_patient_is_told(self, leave):
        visit = services.confirm(appointment_id=hold(leave).pk, by=None, now=NOW)
        assert visit.state == State.BOOKED
        assert visit.hold_expires_at is None
        message = Message.objects.get()
        assert (message.kind, message.recipient) == ("booked", "ann@example.com")
        assert "BEGIN:VEVENT" in message.calendar

    def test_twice_is_once(self, leave):
        held_visit = hold(leave)
        for _ in range(2):
            visit = services.confirm(appointment_id=held_visit.pk, by=None, now=NOW)
            assert visit.state == State.BOOKED
        assert Message.objects.count() == 1
        assert [change.after for change in visit.changes.order_by("pk")] == ["held", "booked"]

    def test_not_after_it_ran_out(self, leave):
        visit = hold(leave)
        with pytest.raises(HoldExpired):
            services.confirm(appointment_id=visit.pk, by=None, now=NOW + timedelta(minutes=10))

    def test_not_after_the_day_was_closed_by_any_hand(self, leave):
        visit = hold(leave)
        during = (A_DAY.start, A_DAY.end)
        Closure.objects.create(during=during, reason="Written in the admin site")
        with pytest.raises(TimeClosed):
            services.confirm(appointment_id=visit.pk, by=None, now=NOW)

    def test_the_gate_is_asked_again(self, leave):
        visit = hold(leave)
        held(leave.patient)
        with pytest.raises(PatientHeld), transaction.atomic():
            services.confirm(appointment_id=visit.pk, by=None, now=NOW)


@pytest.mark.django_db
class TestBook:
    def test_the_desk_is_not_bound_by_hours_and_notice(self, leave, desk):
        visit = book(leave, NINE - timedelta(hours=2), now=NINE - timedelta(hours=2, minutes=1))
        assert visit.state == State.BOOKED

    def test_but_by_closures(self, leave):
        services.close(during=A_DAY, reason="Away", by=None, now=NOW)
        with pytest.raises(TimeClosed):
            book(leave)

    def test_and_by_the_room_being_closed(self):
        room = visit_type("new-exam-xray").room_id
        services.close(during=A_DAY, reason="Repair", room_id=room, by=None, now=NOW)
        allowed = cleared(PatientFactory.create(), xray=True)
        with pytest.raises(TimeClosed):
            book(allowed, code="new-exam-xray")
        assert book(allowed).state == State.BOOKED

    def test_and_by_what_is_taken(self, leave, other):
        first = book(leave)
        with pytest.raises(TimeTaken) as refusal:
            book(other, NINE + timedelta(minutes=44))
        assert (refusal.value.clash, refusal.value.visit_id) == (Clash.CLINICIAN, first.pk)
        assert book(other, NINE + timedelta(minutes=45)).state == State.BOOKED

    def test_a_patient_is_told_of_their_own_visit_first(self, leave):
        first = book(leave)
        with pytest.raises(TimeTaken) as refusal:
            book(leave, NINE + timedelta(minutes=10))
        assert (refusal.value.clash, refusal.value.visit_id) == (Clash.PATIENT, first.pk)

    def test_buffers_are_kept_free(self, leave, other):
        kind = visit_type()
        kind.buffer_after = 10
        kind.save()
        book(leave)
        with pytest.raises(TimeTaken):
            book(other, NINE + timedelta(minutes=45))
        assert book(other, NINE + timedelta(minutes=55)).state == State.BOOKED

    def test_who_did_it_is_on_record(self, leave, desk):
        visit = services.book(
            patient_id=leave.patient_id,
            clearance_id=leave.pk,
            visit_type_id=visit_type().pk,
            start=NINE,
            by=desk,
            now=NOW,
        )
        entry = AuditEntry.objects.get(subject_id=str(visit.pk))
        assert (entry.actor, entry.action, entry.patient_id) == (
            desk,
            "visit booked",
            leave.patient_id,
        )
        assert StatusChange.objects.get().by == desk


@pytest.mark.django_db
class TestMove:
    def test_the_old_time_is_free_again(self, leave, other, desk):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.CONFIRMED, by=desk, now=NOW)
        moved = services.move(appointment_id=visit.pk, start=LATER, by=desk, now=NOW)
        assert (moved.pk, moved.starts_at, moved.state) == (visit.pk, LATER, State.BOOKED)
        assert book(other).state == State.BOOKED

    def test_the_old_time_is_kept_when_the_new_one_is_taken(self, leave, other, desk):
        visit, theirs = book(leave), book(other, LATER)
        with pytest.raises(TimeTaken) as refusal:
            services.move(appointment_id=visit.pk, start=LATER, by=desk, now=NOW)
        assert refusal.value.visit_id == theirs.pk
        assert Appointment.objects.get(pk=visit.pk).starts_at == NINE

    def test_it_may_overlap_its_own_old_time(self, leave, desk):
        visit = book(leave)
        start = NINE + timedelta(minutes=10)
        assert services.move(appointment_id=visit.pk, start=start, by=desk, now=NOW)

    def test_twice_is_once(self, leave, desk):
        visit = book(leave)
        for _ in range(2):
            services.move(appointment_id=visit.pk, start=LATER, by=desk, now=NOW)
        first, again = (Message.objects.get(kind=kind) for kind in ("booked", "moved"))
        before, now = (times.in_words(start) for start in (NINE, LATER))
        assert f"Before: {before}" in again.body.splitlines()
        assert f"Now: {now}" in again.body.splitlines()
        events = [Calendar.from_ical(each.calendar).walk("VEVENT")[0] for each in (first, again)]
        assert events[0]["uid"] == events[1]["uid"]

    def test_a_patient_moves_only_to_what_is_offered(self, leave):
        visit = book(leave)
        early = NINE - timedelta(hours=2)
        with pytest.raises(TimeNotOffered):
            services.move(appointment_id=visit.pk, start=early, by=None, now=NOW)
        assert services.move(appointment_id=visit.pk, start=LATER, by=None, now=NOW)

    def test_not_past_the_clearance(self, leave, desk):
        visit = book(leave)
        far = SUBMITTED + timedelta(days=31)
        with pytest.raises(OutsideClearance):
            services.move(appointment_id=visit.pk, start=far, by=desk, now=NOW)

    def test_onto_a_newer_clearance_if_there_is_one(self, leave, desk):
        visit = book(leave)
        newer = ClearanceFactory.create(
            patient=leave.patient, starts_at=SUBMITTED + timedelta(days=5)
        )
        start = NINE + timedelta(days=26)
        moved = services.move(appointment_id=visit.pk, start=start, by=desk, now=NOW)
        assert moved.clearance == newer

    def test_not_once_it_began(self, leave, desk):
        visit = book(leave)
        with pytest.raises(VisitHasBegun):
            services.move(appointment_id=visit.pk, start=LATER, by=visit.patient.account, now=NINE)
        earlier = NINE - timedelta(minutes=30)
        with pytest.raises(VisitHasBegun):
            services.move(appointment_id=visit.pk, start=earlier, by=desk, now=NINE)

    def test_somebody_late_is_given_a_later_time_by_the_desk(self, leave, desk):
        visit = book(leave)
        now = NINE + timedelta(minutes=10)
        moved = services.move(appointment_id=visit.pk, start=LATER, by=desk, now=now)
        assert moved.starts_at == LATER


@pytest.mark.django_db
class TestCancel:
    def test_the_time_is_free_and_the_patient_is_told(self, leave, other):
        visit = services.cancel(appointment_id=book(leave).pk, by=None, now=NOW)
        assert visit.state == State.CANCELLED
        assert Message.objects.filter(kind="cancelled").count() == 1
        assert book(other).state == State.BOOKED

    @pytest.mark.parametrize(
        ("before", "late"),
        [(timedelta(hours=24), False), (timedelta(hours=23, minutes=59), True)],
    )
    def test_inside_a_day_it_is_late(self, leave, before, late):
        visit = book(leave, NINE, now=SUBMITTED)
        services.cancel(appointment_id=visit.pk, by=None, now=NINE - before)
        assert visit.changes.filter(is_late=True).exists() is late

    def test_twice_is_once(self, leave):
        visit = book(leave)
        for _ in range(2):
            services.cancel(appointment_id=visit.pk, by=None, now=NOW, reason="Feeling better")
        assert visit.changes.filter(after="cancelled").count() == 1

    def test_a_hold_is_given_back_without_a_message(self, leave):
        visit = services.cancel(appointment_id=hold(leave).pk, by=None, now=NOW)
        assert visit.state == State.CANCELLED
        assert not visit.changes.filter(is_late=True).exists()
        assert not Message.objects.exists()

    def test_not_once_it_began(self, leave):
        visit = book(leave)
        with pytest.raises(VisitHasBegun):
            services.cancel(appointment_id=visit.pk, by=None, now=NINE)


@pytest.mark.django_db
class TestMark:
    def test_the_day_of_a_visit(self, leave, desk):
        visit = done(leave)
        assert [change.after for change in visit.changes.order_by("pk")] == [
            "booked",
            "arrived",
            "in_room",
            "done",
        ]

    def test_a_step_the_table_does_not_know(self, leave):
        visit = book(leave)
        with pytest.raises(StepNotAllowed):
            services.mark(appointment_id=visit.pk, to=State.DONE, by=None, now=NOW)

    def test_twice_is_once(self, leave):
        visit = book(leave)
        for _ in range(2):
            services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NINE)
        assert visit.changes.filter(after="arrived").count() == 1

    def test_no_show_only_once_its_time_has_come(self, leave):
        visit = book(leave)
        with pytest.raises(VisitNotBegun):
            services.mark(appointment_id=visit.pk, to=State.NO_SHOW, by=None, now=NOW)
        services.mark(appointment_id=visit.pk, to=State.NO_SHOW, by=None, now=NINE)

    def test_a_no_show_taken_back_asks_for_its_time_again(self, leave, other):
        visit = book(leave)
        services.mark(appointment_id=visit.pk, to=State.NO_SHOW, by=None, now=NINE)
        walk_in = book(other, NINE + timedelta(minutes=10), now=NINE)
        with pytest.raises(TimeTaken) as refusal:
            services.mark(appointment_id=visit.pk, to=State.BOOKED, by=None, now=NINE)
        assert refusal.value.visit_id == walk_in.pk
        services.cancel(
            appointment_id=walk_in.pk, by=None, now=NINE + timedelta(minutes=5), reason="Left"
        )
        again = services.mark(appointment_id=visit.pk, to=State.BOOKED, by=None, now=NINE)
        assert again.state == State.BOOKED

    def test_neither_confirms_a_hold_nor_decides_a_suspended_visit(self, leave, other):
        visit = hold(leave)
        with pytest.raises(StepNotAllowed):
            services.mark(appointment_id=visit.pk, to=State.BOOKED, by=None, now=NOW)
        suspended = book(other, LATER)
        revoke(clearance_id=other.pk, because="A new sign.", by=None, now=NOW)
        with pytest.raises(StepNotAllowed):
            services.mark(appointment_id=suspended.pk, to=State.BOOKED, by=None, now=NOW)


@pytest.mark.django_db
class TestRevocation:
    def test_visits_to_come_are_suspended_and_keep_their_time(self, leave, other):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        assert state_of(visit.pk) is State.SUSPENDED
        with pytest.raises(TimeTaken):
            book(other)

    def test_a_hold_is_given_back(self, leave):
        visit = hold(leave)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        assert state_of(visit.pk) is State.RELEASED

    def test_in_an_emergency_the_time_is_free_and_the_desk_must_call(self, leave, other):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="Red flag", by=None, now=NOW, emergency=True)
        assert state_of(visit.pk) is State.RELEASED
        entry = AuditEntry.objects.get(action=services.CALL_THE_PATIENT)
        assert entry.subject_id == str(visit.pk)
        assert book(other).state == State.BOOKED

    def test_what_took_place_is_left_alone(self, leave):
        visit = done(leave)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NINE + A_DAY.length)
        assert state_of(visit.pk) is State.DONE

    def test_who_is_waiting_is_stopped_and_who_is_in_the_room_is_not(self, leave, other):
        waiting, inside = book(leave), book(other, LATER)
        services.mark(appointment_id=waiting.pk, to=State.ARRIVED, by=None, now=NINE)
        for state in (State.ARRIVED, State.IN_ROOM):
            services.mark(appointment_id=inside.pk, to=state, by=None, now=LATER)
        revoke(clearance_id=leave.pk, because="Said at the desk", by=None, now=NINE)
        revoke(clearance_id=other.pk, because="Seen in the room", by=None, now=LATER)
        assert state_of(waiting.pk) is State.SUSPENDED
        assert state_of(inside.pk) is State.IN_ROOM
        services.mark(appointment_id=inside.pk, to=State.DONE, by=None, now=LATER)

    def test_a_suspended_visit_cannot_be_checked_in(self, leave):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        with pytest.raises(StepNotAllowed):
            services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NINE)

    def test_it_is_booked_again_on_a_new_clearance(self, leave):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        with pytest.raises(NotCleared):
            services.reinstate(appointment_id=visit.pk, clearance_id=leave.pk, by=None, now=NOW)
        newer = ClearanceFactory.create(patient=leave.patient, starts_at=NOW)
        again = services.reinstate(appointment_id=visit.pk, clearance_id=newer.pk, by=None, now=NOW)
        assert (again.state, again.clearance_id) == (State.BOOKED, newer.pk)

    def test_undecided_it_is_released_when_it_would_begin(self, leave):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        assert services.release_undecided(now=NINE - timedelta(minutes=1)) == 0
        assert services.release_undecided(now=NINE) == 1
        assert state_of(visit.pk) is State.RELEASED

    def test_a_visit_booked_after_the_signal_is_refused_by_the_gate(self, leave):
        visit = hold(leave)
        stop_visits(clearance_id=leave.pk, emergency=False, by=None, now=NOW)
        with pytest.raises(HoldExpired):
            services.confirm(appointment_id=visit.pk, by=None, now=NOW)

    def test_the_databases_refusal_has_a_name(self, leave, monkeypatch):
        """As if the service's own question had been asked a moment too early."""
        revoke(clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)
        monkeypatch.setattr("scheduling.services.visits.require_clearance", lambda **_: None)
        with pytest.raises(ClearanceRevoked):
            book(leave)


@pytest.mark.django_db
class TestClosing:
    def test_the_visits_inside_are_listed_and_stay(self, leave, other):
        visit = book(leave)
        book(other, NINE + timedelta(days=1))
        closed = services.close(
            during=A_DAY, reason="Away", clinician_id=solomon().pk, by=None, now=NOW
        )
        assert closed.affected == [visit]
        assert state_of(visit.pk) is State.BOOKED

    def test_holds_inside_are_given_back(self, leave):
        visit = hold(leave)
        closed = services.close(during=A_DAY, reason="Away", by=None, now=NOW)
        assert closed.affected == []
        with pytest.raises(HoldExpired):
            services.confirm(appointment_id=visit.pk, by=None, now=NOW)

    def test_a_closed_room_concerns_only_who_uses_it(self, leave):
        book(leave)
        allowed = cleared(PatientFactory.create(), xray=True)
        with_xray = book(allowed, LATER, code="new-exam-xray")
        room = visit_type("new-exam-xray").room_id
        closed = services.close(during=A_DAY, reason="Repair", room_id=room, by=None, now=NOW)
        assert closed.affected == [with_xray]


@pytest.mark.django_db
def test_the_sweep_ends_stale_holds_only(leave, other):
    stale, fresh = hold(leave), hold(other, LATER, now=NOW + timedelta(minutes=5))
    assert services.expire_stale_holds(now=NOW + timedelta(minutes=10)) == 1
    assert state_of(stale.pk) is State.EXPIRED
    assert state_of(fresh.pk) is State.HELD
    assert services.expire_stale_holds(now=NOW + timedelta(minutes=10)) == 0


def test_the_door_opens_only_inside_a_transaction(fresh_database):
    with pytest.raises(RuntimeError), calendar_of(1, shared=True):
        pass
