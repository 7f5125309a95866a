"""Closing a day at the desk: who stands in it, what is proposed, who is told and what they say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry, Message, User
from intake.models import Patient
from scheduling import closing_sheet, services
from scheduling.desk_exceptions import ChangedSince, PatientsTold
from scheduling.models import Appointment, Call, Closure, Rebooking
from scheduling.plan import as_interval
from scheduling.slots import Interval, State
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, cleared
from tests.factories.scheduling import NINE, NOW, book, clearance, fifty_clearances, solomon
from tests.people import signed_in

pytestmark = pytest.mark.django_db

ADDRESS = "/staff/closing/"
A_DAY = timedelta(days=1)
THE_DAY = Interval(NINE - timedelta(hours=9), NINE + timedelta(hours=15))


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def ana() -> Patient:
    account = AccountFactory(email="ana@example.com")
    return PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")


@pytest.fixture
def rosa() -> Patient:
    """Eighty, and has a phone."""
    return PatientFactory.create(given_name="Rosa", family_name="Blum", phone="+17035550120")


def close_it(during: Interval = THE_DAY, **whose: Any) -> Closure:
    closed = services.close(during=during, reason="Away", by=None, now=NOW, **whose)
    return Closure.objects.get(pk=closed.closure.pk)


def tell(closure: Closure, by: User) -> int:
    return services.tell_patients(closure_id=closure.pk, by=by, now=NOW)


def proposals(closure: Closure) -> dict[Any, datetime | None]:
    return dict(closure.rebookings.values_list("visit", "start"))


def lines(closure: Closure, now: datetime = NOW) -> Sequence[closing_sheet.Line]:
    return closing_sheet.sheet(Closure.objects.get(pk=closure.pk), now=now).lines


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return " ".join(response.text.split())


class TestProposals:
    def test_each_visit_has_a_time_of_its_own_near_its_hour_that_can_be_booked(self):
        starts = [NINE + timedelta(minutes=45 * number) for number in range(5)]
        leaves = fifty_clearances(5)
        visits = [book(leave, start) for leave, start in zip(leaves, starts, strict=True)]
        found = proposals(close_it())
        assert len(set(found.values())) == 5
        for visit in visits:
            start = found[visit.pk]
            assert start
            assert start >= THE_DAY.end
            services.move(appointment_id=visit.pk, start=start, by=None, now=NOW)
        assert found[visits[0].pk] == NINE + A_DAY

    def test_a_longer_visit_is_proposed_a_time_as_long_and_keeps_its_length(self, ana, desk):
        visit = book(ClearanceFactory.create(patient=ana))
        longer = timedelta(minutes=90)
        services.change_length(appointment_id=visit.pk, length=longer, by=desk, now=NOW)
        # On the next day an hour is free at nine, as long as its kind of visit usually takes.
        book(clearance(), NINE + A_DAY + timedelta(hours=1))
        closure = close_it()
        start = proposals(closure)[visit.pk]
        assert start == NINE + A_DAY + timedelta(minutes=110)
        tell(closure, desk)
        shown = page(signed_in(ana.account), f"/my/visits/{visit.pk}/move/")
        assert f'value="{start.isoformat()}"' in shown
        assert f'value="{(NINE + A_DAY).isoformat()}"' not in shown
        by = ana.account
        services.move(appointment_id=visit.pk, start=start, by=by, now=NOW)
        visit.refresh_from_db()
        assert (visit.starts_at, visit.ends_at - visit.starts_at) == (start, longer)

    def test_not_what_another_closing_proposed(self):
        one = book(clearance())
        first = close_it(Interval(NINE, NINE + timedelta(hours=1)))
        other = book(clearance(), NINE + timedelta(hours=1))
        second = close_it(Interval(NINE + timedelta(hours=1), NINE + timedelta(hours=2)))
        ours, theirs = proposals(first)[one.pk], proposals(second)[other.pk]
        assert ours
        assert theirs
        assert abs(ours - theirs) >= timedelta(minutes=45)

    def test_the_database_refuses_one_time_for_two(self):
        for number in range(2):
            book(clearance(), NINE + number * timedelta(hours=1))
        closure = close_it()
        one, other = closure.rebookings.all()
        with pytest.raises(IntegrityError), transaction.atomic():
            Rebooking.objects.filter(pk=other.pk).update(start=one.start, proposed=one.proposed)

    def test_nothing_past_the_patients_leave(self):
        visit = book(clearance(ends_at=NINE + timedelta(hours=2)))
        assert proposals(close_it()) == {visit.pk: None}

    def test_nobody_is_asked_who_is_here_or_waits_for_a_decision(self, desk):
        here, stopped = book(clearance()), book(clearance(), NINE + timedelta(hours=1))
        services.mark(appointment_id=here.pk, to=State.ARRIVED, by=None, now=NOW)
        Appointment.objects.filter(pk=stopped.pk).update(state=State.SUSPENDED.value)
        closure = close_it()
        assert proposals(closure) == {here.pk: None, stopped.pk: None}
        assert tell(closure, desk) == 0

    def test_a_closure_that_is_changed_proposes_anew(self):
        morning, later = book(clearance()), book(clearance(), NINE + timedelta(hours=2))
        closure = close_it()
        half = Interval(THE_DAY.start, NINE + timedelta(hours=1))
        services.change_closure(closure_id=closure.pk, during=half, reason="Away", by=None, now=NOW)
        assert set(proposals(closure)) == {morning.pk}
        assert later.pk not in proposals(closure)

    def test_the_most_urgent_first(self):
        returning = book(clearance(), NINE, code="adjustment")
        new = book(clearance(), NINE + timedelta(hours=2))
        looked_at = book(cleared(PatientFactory.create()), NINE + timedelta(hours=3))
        sooner = book(clearance(), NINE + timedelta(hours=1))
        shown = [line.visit_id for line in lines(close_it())]
        assert shown == [looked_at.pk, sooner.pk, new.pk, returning.pk]


class TestNothingHasHappened:
    def test_until_it_is_told(self, ana, rosa, desk):
        visits = [
            book(ClearanceFactory.create(patient=person), NINE + number * timedelta(hours=1))
            for number, person in enumerate((ana, rosa))
        ]
        letters = Message.objects.count()
        rows = list(Appointment.objects.order_by("pk").values())
        closure = close_it()
        assert Message.objects.count() == letters
        assert not Call.objects.exists()
        services.reopen(closure_id=closure.pk, as_seen=THE_DAY, by=desk, now=NOW)
        assert not Closure.objects.exists()
        assert not Rebooking.objects.exists()
        assert list(Appointment.objects.order_by("pk").values()) == rows
        services.move(appointment_id=visits[0].pk, start=NINE + 3 * A_DAY, by=desk, now=NOW)
        services.move(appointment_id=visits[0].pk, start=NINE, by=desk, now=NOW)

    def test_not_taken_back_when_somebody_changed_it_since(self, desk):
        closure = close_it()
        seen = Interval(THE_DAY.start, THE_DAY.end - timedelta(hours=1))
        with pytest.raises(ChangedSince):
            services.reopen(closure_id=closure.pk, as_seen=seen, by=desk, now=NOW)
        assert Closure.objects.exists()

    def test_nor_once_they_were_told(self, ana, desk):
        book(ClearanceFactory.create(patient=ana))
        closure = close_it()
        tell(closure, desk)
        with pytest.raises(PatientsTold):
            services.reopen(closure_id=closure.pk, as_seen=THE_DAY, by=desk, now=NOW)
        assert Closure.objects.exists()


class TestTelling:
    def test_by_email_or_by_a_call_each_once(self, ana, rosa, desk):
        visit = book(ClearanceFactory.create(patient=ana))
        hers = book(ClearanceFactory.create(patient=rosa), NINE + timedelta(hours=1))
        closure = close_it()
        assert tell(closure, desk) == 2
        assert tell(closure, desk) == 0
        letter = Message.objects.get(kind="clinic_closed")
        assert letter.recipient == "ana@example.com"
        assert "Tue, Nov 10 at 9:00 AM" in letter.body
        assert f"/my/visits/{visit.pk}/move/" in letter.body
        call = Call.objects.get()
        assert (call.patient, call.visit, call.why) == (rosa, hers, Call.Why.CLOSED)
        assert AuditEntry.objects.filter(action="told of closing").count() == 2

    def test_another_time_is_proposed_when_the_first_has_gone(self, ana, desk):
        visit = book(ClearanceFactory.create(patient=ana))
        closure = close_it()
        first = proposals(closure)[visit.pk]
        assert first
        book(clearance(), first)
        assert lines(closure)[0].is_gone
        tell(closure, desk)
        second = proposals(closure)[visit.pk]
        assert second not in (None, first)
        assert not lines(closure)[0].is_gone

    def test_who_has_moved_before_is_not_told(self, ana, desk):
        visit = book(ClearanceFactory.create(patient=ana))
        closure = close_it()
        services.move(appointment_id=visit.pk, start=NINE + 2 * A_DAY, by=desk, now=NOW)
        assert tell(closure, desk) == 0


class TestTakenBackLater:
    """By an administrator, when the patients have been told."""

    @pytest.fixture
    def hers(self, rosa: Patient) -> Appointment:
        return book(ClearanceFactory.create(patient=rosa))

    @pytest.fixture
    def told(self, hers: Appointment, desk: User) -> Closure:
        closure = close_it()
        tell(closure, desk)
        return closure

    def test_whoever_was_not_called_yet_is_not(self, told, administrator):
        services.open_again(closure_id=told.pk, by=administrator, now=NOW)
        assert not Closure.objects.exists()
        assert Call.objects.get().ended == Call.Ended.WITHDRAWN

    def test_nor_when_another_time_is_closed_instead(self, told, desk):
        later = Interval(NINE + 2 * A_DAY, NINE + 3 * A_DAY)
        services.change_closure(closure_id=told.pk, during=later, reason="Away", by=desk, now=NOW)
        assert Call.objects.get().ended == Call.Ended.WITHDRAWN
        assert not lines(told)

    def test_while_another_closure_stands_they_are_called(self, told, administrator):
        close_it(Interval(NINE, NINE + timedelta(hours=1)))
        services.open_again(closure_id=told.pk, by=administrator, now=NOW)
        assert Call.objects.get().done_at is None

    def test_a_call_that_was_made_is_as_it_was(self, told, desk, administrator):
        ended = Call.Ended.REACHED
        services.end_call(call_id=Call.objects.get().pk, ended=ended, seen=1, by=desk, now=NOW)
        services.open_again(closure_id=told.pk, by=administrator, now=NOW)
        assert Call.objects.get().ended == ended

    def test_who_has_been_moved_still_hears_of_it(self, told, hers, desk, administrator):
        services.move(appointment_id=hers.pk, start=NINE + 2 * A_DAY, by=desk, now=NOW)
        services.open_again(closure_id=told.pk, by=administrator, now=NOW)
        assert Call.objects.get().done_at is None

    def test_closed_anew_they_are_to_be_called(self, told, hers, desk, administrator):
        services.open_again(closure_id=told.pk, by=administrator, now=NOW)
        again = close_it()
        assert lines(again)[0].answer == "Not told yet"
        tell(again, desk)
        assert lines(again)[0].answer == "To be called"


class TestAnswers:
    @pytest.fixture
    def visit(self, ana: Patient) -> Appointment:
        return book(ClearanceFactory.create(patient=ana))

    @pytest.fixture
    def told(self, visit: Appointment, desk: User) -> Closure:
        closure = close_it()
        tell(closure, desk)
        return closure

    def test_none_yet(self, told):
        assert lines(told)[0].answer == "Told, no answer yet"

    def test_moved_by_the_patient_from_the_link(self, told, visit, ana):
        client = signed_in(ana.account)
        address = f"/my/visits/{visit.pk}/move/"
        shown = page(client, address)
        assert "The clinic is closed on Tue, Nov 10 at 9:00 AM" in shown
        assert "You keep this time" not in shown
        proposed = proposals(told)[visit.pk]
        assert proposed
        assert shown.index(f'value="{proposed.isoformat()}"') < shown.index('class="day')
        assert "Move this visit?" in page(client, f"{address}?start={proposed:%Y-%m-%dT%H:%MZ}")
        assert Appointment.objects.get().starts_at == NINE, "looking moves nothing"
        client.post(address, {"start": proposed.isoformat(), "seen": visit.version})
        assert Appointment.objects.get().starts_at == proposed
        line = lines(told)[0]
        assert line.answer.startswith("Moved to Wed, Nov 11 at 9:00 AM")
        assert not line.may_take
        assert "The clinic is closed" not in page(client, address)

    def test_a_proposal_that_has_gone_is_not_offered(self, told, visit, ana):
        book(clearance(), proposals(told)[visit.pk])
        shown = page(signed_in(ana.account), f"/my/visits/{visit.pk}/move/")
        assert "This time is free now" not in shown

    def test_cancelled(self, told, visit, desk):
        services.cancel(appointment_id=visit.pk, by=desk, now=NOW)
        assert lines(told)[0].answer == "Cancelled"

    def test_moved_by_the_desk_with_one_press(self, told, visit, desk_client):
        rebooking = told.rebookings.get()
        answer = desk_client.post(f"{ADDRESS}visits/{rebooking.pk}/take/", {"seen": visit.version})
        assert answer.status_code == 302
        assert Appointment.objects.get().starts_at == rebooking.start

    def test_a_page_that_is_old_moves_nothing(self, told, visit, desk_client):
        rebooking = told.rebookings.get()
        answer = desk_client.post(f"{ADDRESS}visits/{rebooking.pk}/take/", {"seen": 7})
        assert answer.status_code == 409
        assert "This visit has changed since" in answer.text
        assert Appointment.objects.get().starts_at == NINE

    def test_called(self, rosa, desk):
        visit = book(ClearanceFactory.create(patient=rosa))
        closure = close_it()
        tell(closure, desk)
        assert lines(closure)[0].answer == "To be called"
        call = Call.objects.get()
        services.tried_in_vain(call_id=call.pk, seen=1, by=desk, now=NOW)
        assert lines(closure)[0].answer == "Called: no answer"
        services.take_proposed(
            rebooking_id=closure.rebookings.get().pk, seen=visit.version, by=desk, now=NOW
        )
        assert lines(closure)[0].answer.startswith("Moved to")
        call.refresh_from_db()
        assert call.ended == Call.Ended.REACHED
        assert not Call.objects.filter(done_at=None).exists()


class TestPages:
    def test_a_day_is_closed_looked_at_and_taken_back(self, desk_client, ana):
        book(ClearanceFactory.create(patient=ana))
        form = {"first_day": "2026-11-10", "whose": "clinic", "reason": "Dr. Solomon is ill"}
        made = desk_client.post(ADDRESS, form, follow=True)
        closure = Closure.objects.get()
        assert as_interval(closure.during) == THE_DAY
        shown = " ".join(made.text.split())
        for words in (
            "Closed: Tue, Nov 10, 2026, all day",
            "Nobody has been told yet",
            "1 patient does not know yet",
            "Ana Reyes",
            'Proposed: <span class="figures">Wed, Nov 11 at 9:00 AM</span>',
            "Not told yet",
        ):
            assert words in shown
        seen = closing_sheet.as_seen(THE_DAY)
        undone = desk_client.post(f"{ADDRESS}{closure.pk}/undo/", {"seen": seen}, follow=True)
        assert "nobody was told" in undone.text
        assert not Closure.objects.exists()

    def test_told_and_then_not_taken_back(self, desk_client, ana):
        book(ClearanceFactory.create(patient=ana))
        closure = close_it()
        told = desk_client.post(f"{ADDRESS}{closure.pk}/tell/", follow=True)
        assert "1 patient is told." in told.text
        assert "Take it back" not in told.text
        seen = closing_sheet.as_seen(THE_DAY)
        refused = desk_client.post(f"{ADDRESS}{closure.pk}/undo/", {"seen": seen})
        assert refused.status_code == 409
        assert "The patients have been told" in refused.text
        assert "1 visit still stands in it" in page(desk_client, ADDRESS)

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"first_day": "soon"}, "Please choose a day."),
            ({"last_day": "2026-11-09"}, "The last day is before the first day."),
            ({"starts": "15:00", "ends": "14:00"}, "The end must be after the beginning."),
            ({"reason": ""}, "Please say why"),
            ({"first_day": "2096-11-10"}, "This is years away."),
            ({"whose": "clinician-999"}, "is not one of the available choices"),
        ],
    )
    def test_what_is_typed_wrong_is_said_and_kept(self, desk_client, typed, sentence):
        form = {"first_day": "2026-11-10", "whose": "clinic", "reason": "Away", **typed}
        answer = desk_client.post(ADDRESS, form)
        assert answer.status_code == 400
        assert sentence in answer.text
        assert form["first_day"] in answer.text
        assert not Closure.objects.exists()

    def test_a_part_of_a_day_for_the_doctor(self, desk_client):
        doctor = solomon()
        form = {"first_day": "2026-11-10", "starts": "09:00", "ends": "11:00", "reason": "Away"}
        desk_client.post(ADDRESS, {**form, "whose": f"clinician-{doctor.pk}"})
        closure = Closure.objects.get()
        assert closure.clinician == doctor
        assert closure.during == DateTimeTZRange(NINE, NINE + timedelta(hours=2))

    @pytest.mark.parametrize("seen", ["", "x/y", "2026-11-10/2026-11-09", "2026-11-10T09:00/now"])
    def test_an_undo_of_nothing_anybody_saw(self, desk_client, seen):
        closure = close_it()
        answer = desk_client.post(f"{ADDRESS}{closure.pk}/undo/", {"seen": seen})
        assert answer.status_code == 409
        assert Closure.objects.exists()

    def test_many_visits_cost_no_more_queries(self, desk_client, desk):
        book(clearance())
        one = close_it(Interval(NINE, NINE + timedelta(minutes=30)))
        few = queries(desk_client, f"{ADDRESS}{one.pk}/")
        for number in range(1, 5):
            book(cleared(PatientFactory.create()), NINE + timedelta(minutes=45 * number))
        many = close_it()
        assert queries(desk_client, f"{ADDRESS}{many.pk}/") == few
        assert few <= 18


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
