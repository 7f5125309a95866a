"""Many want one time, by booking, by moving, or because it is just being freed: one gets it."""

from datetime import timedelta
from functools import partial

import pytest

from clinic.models import AuditEntry
from scheduling.exceptions import TimeNotOffered, TimeTaken
from scheduling.models import Appointment, StatusChange
from tests.concurrency.clients import (
    CLIENTS,
    ROUNDS,
    at,
    booking,
    cancelling,
    check_up,
    every_ten_minutes,
    live_overlaps,
    moving,
    refusals,
    some_starts,
    starts_of,
    winners,
)
from tests.concurrency.conftest import Race, Runner, after, meanwhile
from tests.factories.clinic import StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, book, fifty_clearances, hold

pytestmark = pytest.mark.race

TEN = NINE + timedelta(hours=1)
# Anywhere else, and nobody in this file wants it.
THURSDAY = NINE + timedelta(days=2)


class TestOneStart:
    @pytest.mark.parametrize("take", [hold, book])
    def test_fifty_want_it_and_one_gets_it(self, race: Race, take):
        patients = fifty_clearances()
        for start in some_starts(5):
            round_ = race.run([partial(take, leave, start) for leave in patients])
            assert len(winners(round_)) == 1
            assert refusals(round_) == {TimeTaken}
        assert live_overlaps() == 0

    def test_the_line_is_not_what_keeps_it(self, race: Race, slow_inserts, without_the_line):
        round_ = race.run([booking(leave) for leave in fifty_clearances(10)])
        assert len(winners(round_)) == 1
        assert race.unnamed_errors == []

    def test_the_race_is_real(
        self, race: Race, slow_inserts, without_the_line, without_the_constraint
    ):
        one, other = (booking(leave) for leave in fifty_clearances(2))
        race.run([one, meanwhile(other)])
        assert live_overlaps() > 0, "if this holds, the tests above prove nothing"


class TestLengthsThatOverlap:
    """All of them take 9:40 to 9:45, and begin apart: no line for one start sorts them."""

    def wishes(self, count: int) -> list[Runner]:
        places = [("new-exam", start) for start in every_ten_minutes(5)]
        places.append((check_up(), places[-1][1]))
        # Patients and the desk, for every place.
        wishes = [(take, code, start) for take in (hold, book) for code, start in places]
        return [
            partial(take, leave, start, code=code)
            for leave, (take, code, start) in zip(
                fifty_clearances(count), (wishes * count)[:count], strict=True
            )
        ]

    def test_fifty_want_a_part_of_it_and_one_gets_it(self, race: Race):
        wishes = self.wishes(CLIENTS)
        for _ in range(ROUNDS):
            round_ = race.run(wishes)
            assert len(winners(round_)) == 1
            # Who looks after the winner is done hears that it is not offered.
            assert refusals(round_) <= {TimeTaken, TimeNotOffered}
            assert live_overlaps() == 0
            cancelling(*winners(round_))()

    def test_the_race_is_real(self, race: Race, slow_inserts, without_the_constraint):
        one, *others = self.wishes(6)
        race.run([one, *map(meanwhile, others)])
        assert live_overlaps() > 0, "if this holds, the test above proves nothing"


class TestMovesAndBookings:
    """A visit leaves its time when it has another, and not before."""

    def test_one_gets_the_time_and_the_others_keep_theirs(self, race: Race):
        desk = StaffFactory.create(is_desk=True)
        movers = [
            book(leave, start, code=check_up())
            for leave, start in zip(
                fifty_clearances(24), every_ten_minutes(24, days=2), strict=True
            )
        ]
        home = starts_of(movers)
        to_move = [moving(visit, NINE, by=desk) for visit in movers]
        to_book: list[Runner] = [booking(leave) for leave in fifty_clearances(26)]
        for _ in range(ROUNDS):
            round_ = race.run(to_move + to_book)
            [winner] = winners(round_)
            assert refusals(round_) == {TimeTaken}
            if winner.pk in home:
                assert starts_of(movers) == {**home, winner.pk: NINE}
                moving(winner, home[winner.pk], by=desk)()
            else:
                assert starts_of(movers) == home
                cancelling(winner)()
        assert live_overlaps() == 0

    def test_both_times_are_wanted(self, race: Race):
        """One moves from nine to ten; half of the others want the one, half the other."""
        desk = StaffFactory.create(is_desk=True)
        leave = ClearanceFactory.create()
        to_book = [
            booking(other, start)
            for other, start in zip(
                fifty_clearances(CLIENTS - 1), ([NINE, TEN] * CLIENTS)[: CLIENTS - 1], strict=True
            )
        ]
        for _ in range(10):
            mover = book(leave, NINE)
            round_ = race.run([moving(mover, TEN, by=desk), *to_book])
            assert refusals(round_) == {TimeTaken}
            at_nine, at_ten = at(NINE), at(TEN)
            assert len(at_ten) == 1
            assert at_nine == [mover] if at_ten != [mover] else len(at_nine) <= 1
            for visit in at_nine + at_ten:
                cancelling(visit)()

    def test_the_race_is_real(
        self,
        race: Race,
        slow_inserts,
        slow_updates,
        without_the_calendars_lock,
        without_the_constraint,
    ):
        visit = book(ClearanceFactory.create(), THURSDAY)
        move = moving(visit, NINE, by=StaffFactory.create(is_desk=True))
        race.run([move, meanwhile(booking(ClearanceFactory.create()))])
        assert live_overlaps() > 0, "if this holds, the tests above prove nothing"


class TestTwoVisitsIntoOneTime:
    def two_visits(self) -> list[Appointment]:
        return [
            book(leave, THURSDAY + timedelta(hours=hour))
            for hour, leave in enumerate(fifty_clearances(2))
        ]

    def test_one_gets_it_and_the_other_keeps_its_own(self, race: Race):
        desk = StaffFactory.create(is_desk=True)
        visits = self.two_visits()
        home = starts_of(visits)
        for number in range(ROUNDS):
            # Each is moved by many at once, as by somebody who presses again and again.
            presses = [moving(visit, NINE, by=desk) for visit in visits]
            round_ = race.run(presses * (CLIENTS // 2))
            assert len({visit.pk for visit in winners(round_)}) == 1
            winner = winners(round_)[0]
            assert refusals(round_) == {TimeTaken}
            assert starts_of(visits) == {**home, winner.pk: NINE}
            moved = AuditEntry.objects.filter(action="visit moved").count()
            assert moved == 2 * number + 1, "the other presses changed nothing"
            # The time it had is free: somebody else gets it, and gives it back.
            cancelling(book(ClearanceFactory.create(), home[winner.pk]))()
            moving(winner, home[winner.pk], by=desk)()

    def test_each_wants_the_others(self, race: Race):
        """Neither can be first out of its own: both stay, and nobody waits for ever."""
        desk = StaffFactory.create(is_desk=True)
        one, other = self.two_visits()
        home = starts_of([one, other])
        swap = [moving(one, other.starts_at, by=desk), moving(other, one.starts_at, by=desk)]
        for _ in range(3):
            round_ = race.run(swap * (CLIENTS // 2))
            assert winners(round_) == []
            assert refusals(round_) == {TimeTaken}
        assert starts_of([one, other]) == home

    def test_the_race_is_real(
        self, race: Race, slow_updates, without_the_calendars_lock, without_the_constraint
    ):
        desk = StaffFactory.create(is_desk=True)
        one, other = (moving(visit, NINE, by=desk) for visit in self.two_visits())
        race.run([one, meanwhile(other)])
        assert live_overlaps() > 0, "if this holds, the test above proves nothing"


class TestATimeBeingFreed:
    def test_fifty_cancel_and_book_and_one_gets_it(self, race: Race):
        patients = fifty_clearances(CLIENTS - 5)
        # They come one after the other, so that the cancellation is somewhere among them.
        to_book = [after(number * 0.002, booking(leave)) for number, leave in enumerate(patients)]
        there = book(ClearanceFactory.create())
        for _ in range(ROUNDS):
            round_ = race.run([cancelling(there)] * 5 + to_book)
            assert refusals(round_[:5]) == set()
            cancelled = StatusChange.objects.filter(appointment=there, after="cancelled")
            assert cancelled.count() == 1
            assert refusals(round_[5:]) <= {TimeTaken}
            won = winners(round_[5:])
            assert len(won) <= 1
            # Whoever was not too early gets it; if all were, the next one does.
            [there] = won or [book(ClearanceFactory.create())]
            assert at(NINE) == [there]

    def test_the_race_is_real(
        self, race: Race, slow_inserts, without_the_line, without_the_constraint
    ):
        there = book(ClearanceFactory.create())
        one, other = (booking(leave) for leave in fifty_clearances(2))

        def cancel_and_book() -> object:
            cancelling(there)()
            return one()

        race.run([cancel_and_book, meanwhile(other)])
        assert live_overlaps() > 0, "if this holds, the test above proves nothing"
