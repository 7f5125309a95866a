"""A series is booked whole or not at all, inside the gate, in one letter."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from clinic.models import AuditEntry, ClinicProfile, Message, User
from intake.models import Clearance
from scheduling import services
from scheduling.desk_exceptions import NeedsReason, TooLateToUndo
from scheduling.exceptions import (
    NotCleared,
    OutsideClearance,
    PatientHeld,
    TimeClosed,
    TimeNotOffered,
    TimeTaken,
    XrayNotAllowed,
)
from scheduling.models import Appointment, Closure
from scheduling.slots import MOST_VISITS, State
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NINE, NOW, book, hold, state_of, visit_type

pytestmark = pytest.mark.django_db

# Tuesdays and Thursdays.
STARTS = [NINE + timedelta(days=days) for days in (0, 2, 7, 9, 14, 16)]


@pytest.fixture
def desk() -> User:
    return StaffFactory.create(is_desk=True)


@pytest.fixture
def leave() -> Clearance:
    patient = PatientFactory.create(email="ann@example.com", given_name="Ann")
    return ClearanceFactory.create(patient=patient)


@pytest.fixture
def other() -> Clearance:
    return ClearanceFactory.create()


def book_all(leave: Clearance, by: User, **more: object) -> list[Appointment]:
    asked = {
        "patient_id": leave.patient_id,
        "clearance_id": leave.pk,
        "visit_type_id": visit_type("adjustment").pk,
        "starts": STARTS,
        "by": by,
        "now": NOW,
        **more,
    }
    return services.book_series(**asked)  # type: ignore[arg-type]


def refused(leave: Clearance, by: User, **more: object) -> dict[object, type[Exception]]:
    with pytest.raises(services.SeriesNotBooked) as refusal:
        book_all(leave, by, **more)
    assert Appointment.objects.filter(patient=leave.patient, state=State.BOOKED).count() == 0
    assert str(refusal.value).startswith("Nothing was booked.")
    return {start: type(problem) for start, problem in refusal.value.problems.items()}


def test_all_are_booked_and_told_in_one_letter(leave, desk):
    visits = book_all(leave, desk)
    assert [visit.starts_at for visit in visits] == STARTS
    assert {visit.state for visit in visits} == {State.BOOKED}
    assert {visit.changes.get().reason for visit in visits} == {"Booked as one of 6."}
    message = Message.objects.get()
    assert (message.kind, message.recipient) == ("booked_series", "ann@example.com")
    assert message.body.count("9:00 AM") == 6
    assert len(Calendar.from_ical(message.calendar).walk("VEVENT")) == 6
    entry = AuditEntry.objects.get(action="series booked")
    assert (entry.actor, entry.patient_id) == (desk, leave.patient_id)
    assert entry.detail == {"visits": 6}


def test_a_clash_names_which_and_books_none(leave, other, desk):
    in_the_way = book(other, STARTS[2])
    with pytest.raises(services.SeriesNotBooked) as refusal:
        book_all(leave, desk)
    (problem,) = refusal.value.problems.values()
    assert isinstance(problem, TimeTaken)
    assert problem.visit_id == in_the_way.pk
    assert "Tue, Nov 17 at 9:00 AM: That time has just been taken." in str(refusal.value)
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="booked_series").count() == 0


def test_all_that_is_in_the_way_is_named_at_once(leave, other, desk):
    book(other, STARTS[0])
    closed = (STARTS[3] - timedelta(hours=1), STARTS[3] + timedelta(hours=1))
    Closure.objects.create(during=closed, reason="Away")
    long_past = NOW - timedelta(days=1)
    beyond = leave.ends_at + timedelta(days=1)
    assert refused(leave, desk, starts=[*STARTS, long_past, beyond]) == {
        long_past: TimeNotOffered,
        STARTS[0]: TimeTaken,
        STARTS[3]: TimeClosed,
        beyond: OutsideClearance,
    }


def test_never_two_on_one_day(leave, desk):
    later = STARTS[1] + timedelta(hours=2)
    assert refused(leave, desk, starts=[*STARTS, later]) == {later: services.SecondThatDay}


def test_nor_on_a_day_with_a_visit(leave, desk):
    book(leave, STARTS[1] + timedelta(hours=2))
    with pytest.raises(services.SeriesNotBooked) as refusal:
        book_all(leave, desk)
    assert list(refusal.value.problems) == [STARTS[1]]


def test_own_hold_and_one_that_ran_out_are_given_up(leave, other, desk):
    own = hold(leave, STARTS[1], now=NOW)
    stale = hold(other, STARTS[0], now=NOW - timedelta(minutes=10))
    assert len(book_all(leave, desk)) == 6
    assert (state_of(own.pk), state_of(stale.pk)) == (State.RELEASED, State.EXPIRED)


def test_nobody_gets_round_the_gate(leave, other, desk):
    with pytest.raises(NotCleared):
        book_all(leave, desk, clearance_id=other.pk)
    with pytest.raises(XrayNotAllowed):
        book_all(leave, desk, visit_type_id=visit_type("new-exam-xray").pk, reason="Please.")
    held(leave.patient)
    with pytest.raises(PatientHeld):
        book_all(leave, desk, reason="They ask so nicely.")
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"most_visits_patient": 5}, "That makes 6 visits to come; 5 is the most."),
        ({"most_visits_account": 5}, "6 visits to come in the family; 5 is the most."),
        ({"horizon_days": 10}, "further ahead than the 10 days we book for."),
        ({"minimum_notice_minutes": 24 * 60}, "minutes of notice we ask for."),
    ],
)
def test_a_policy_wants_a_reason_and_keeps_it(leave, desk, policy, words):
    ClinicProfile.objects.update(**{"most_visits_patient": 9, "most_visits_account": 9, **policy})
    with pytest.raises(NeedsReason) as refusal:
        book_all(leave, desk, reason=" ")
    assert words in str(refusal.value)
    assert Appointment.objects.count() == 0
    assert len(book_all(leave, desk, reason="Dr. Solomon wants it so.")) == 6
    entry = AuditEntry.objects.get(action="policy set aside")
    assert entry.detail["reason"] == "Dr. Solomon wants it so."
    assert words in entry.detail["policy"]


def test_one_of_a_series_is_not_undone_behind_the_patients_back(leave, desk):
    """The letter about all of them is on its way: it is cancelled, and they are told."""
    first = book_all(leave, desk)[0]
    assert not services.may_undo(first, by=desk, now=NOW)
    with pytest.raises(TooLateToUndo):
        services.undo(appointment_id=first.pk, by=desk, now=NOW, seen=first.version)
    assert state_of(first.pk) == State.BOOKED


def test_too_many_at_once_are_none(desk, leave):
    every_day = [NINE + timedelta(days=days) for days in range(MOST_VISITS + 1)]
    with pytest.raises(services.TooManyAtOnce, match="84 visits at most"):
        book_all(leave, desk, starts=every_day)
    assert not Appointment.objects.exists()
