"""A visit made longer and a change taken back, while somebody else wants the same time or visit."""

from datetime import timedelta
from functools import partial

import pytest

from clinic.models import User
from scheduling import services
from scheduling.desk_exceptions import ChangedSince
from scheduling.exceptions import TimeTaken, VisitChanged
from scheduling.models import Appointment
from scheduling.slots import State
from tests.concurrency.clients import ROUNDS, booking, check_up, live_overlaps, refusals, winners
from tests.concurrency.conftest import Race, Runner, meanwhile
from tests.factories.clinic import StaffFactory
from tests.factories.scheduling import NINE, NOW, book, fifty_clearances

pytestmark = pytest.mark.race

TEN = NINE + timedelta(hours=1)
USUAL, LONGER = timedelta(minutes=45), timedelta(hours=1)


def lasting(visit: Appointment, length: timedelta, by: User) -> Runner:
    return partial(services.change_length, appointment_id=visit.pk, length=length, by=by, now=NOW)


def undoing(visit: Appointment, by: User) -> Runner:
    seen = Appointment.objects.values_list("version", flat=True).get(pk=visit.pk)
    return partial(services.undo, appointment_id=visit.pk, by=by, now=NOW, seen=seen)


def stepping(visit: Appointment, by: User) -> Runner:
    seen = Appointment.objects.values_list("version", flat=True).get(pk=visit.pk)
    return partial(
        services.mark, appointment_id=visit.pk, to=State.ARRIVED, by=by, now=NOW, seen=seen
    )


class TestLonger:
    def test_the_longer_visit_or_the_booking_behind_it_and_never_both(self, race: Race):
        desk = StaffFactory.create(is_desk=True)
        one, *others = fifty_clearances(9)
        visit, behind = book(one), NINE + timedelta(minutes=50)
        code = check_up()
        for _ in range(ROUNDS):
            bookings = [booking(leave, behind, code=code) for leave in others]
            round_ = race.run([lasting(visit, LONGER, desk), *bookings])
            assert len(winners(round_)) == 1
            assert refusals(round_) == {TimeTaken}
            assert live_overlaps() == 0
            for winner in winners(round_):
                if winner.pk == visit.pk:
                    lasting(visit, USUAL, desk)()
                else:
                    services.cancel(appointment_id=winner.pk, by=None, now=NOW)

    def test_the_race_is_real(
        self, race: Race, slow_inserts, without_the_constraint, without_the_calendars_lock
    ):
        desk = StaffFactory.create(is_desk=True)
        one, other = fifty_clearances(2)
        visit = book(one)
        behind = booking(other, NINE + timedelta(minutes=50), code=check_up())
        race.run([behind, meanwhile(lasting(visit, LONGER, desk))])
        assert live_overlaps() > 0, "if this holds, the test above proves nothing"


class TestUndo:
    def test_the_old_time_goes_back_or_to_somebody_else(self, race: Race):
        desk = StaffFactory.create(is_desk=True)
        one, *others = fifty_clearances(9)
        visit = book(one)
        for _ in range(ROUNDS):
            services.move(appointment_id=visit.pk, start=TEN, by=desk, now=NOW)
            round_ = race.run([undoing(visit, desk), *(booking(leave) for leave in others)])
            assert len(winners(round_)) == 1
            assert refusals(round_) == {TimeTaken}
            assert live_overlaps() == 0
            for winner in winners(round_):
                if winner.pk != visit.pk:
                    services.cancel(appointment_id=winner.pk, by=None, now=NOW)
                    services.move(appointment_id=visit.pk, start=NINE, by=desk, now=NOW)

    def test_the_undo_or_what_somebody_else_does_with_the_visit(self, race: Race):
        desk, other = StaffFactory.create(is_desk=True), StaffFactory.create(is_desk=True)
        for leave in fifty_clearances(ROUNDS):
            visit = book(leave)
            services.move(appointment_id=visit.pk, start=TEN, by=desk, now=NOW)
            round_ = race.run([undoing(visit, desk), stepping(visit, other)])
            assert len(winners(round_)) == 1
            assert refusals(round_) <= {ChangedSince, VisitChanged}
            Appointment.objects.filter(pk=visit.pk).update(state=State.CANCELLED.value)

    def test_the_race_is_real(
        self, race: Race, slow_updates, without_row_locks, without_the_calendars_lock
    ):
        desk, other = StaffFactory.create(is_desk=True), StaffFactory.create(is_desk=True)
        [leave] = fifty_clearances(1)
        visit = book(leave)
        services.move(appointment_id=visit.pk, start=TEN, by=desk, now=NOW)
        round_ = race.run([undoing(visit, desk), meanwhile(stepping(visit, other))])
        assert len(winners(round_)) == 2, "if this fails, the test above proves nothing"
