"""Many change one visit, or one hold: it is in one place and one state, and its history is true."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db.models import QuerySet

from clinic import limits
from clinic.models import User
from scheduling import services
from scheduling.exceptions import HoldExpired, TimeTaken, TooManyKept, VisitChanged
from scheduling.models import Appointment, StatusChange
from scheduling.slots import State
from tests.concurrency.clients import (
    CLIENTS,
    ROUNDS,
    booking,
    cancelling,
    confirming,
    every_ten_minutes,
    holding,
    moving,
    refusals,
    some_starts,
    winners,
)
from tests.concurrency.conftest import Race, Runner, meanwhile
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, NOW, book, fifty_clearances, hold, state_of

pytestmark = pytest.mark.race

# Before and after a hold made NOW runs out.
IN_TIME = NOW + timedelta(minutes=9, seconds=59)
TOO_LATE = NOW + timedelta(minutes=10, seconds=1)

LENGTH = timedelta(minutes=45)

sweep = partial(services.expire_stale_holds, now=TOO_LATE)


class TestAHold:
    def test_fifty_presses_on_confirm_book_once(self, race: Race):
        for start in some_starts(5):
            kept = hold(ClearanceFactory.create(), start)
            round_ = race.run([confirming(kept)] * CLIENTS)
            assert {visit.pk for visit in winners(round_)} == {kept.pk}
            assert StatusChange.objects.filter(appointment=kept, after="booked").count() == 1

    def test_one_patient_on_ten_devices_keeps_one_hold(self, race: Race):
        leave = ClearanceFactory.create()
        for _ in range(3):
            race.run([holding(leave, start) for start in some_starts(10)])
            kept = Appointment.objects.filter(patient=leave.patient_id, state=State.HELD.value)
            assert kept.count() == 1
        assert race.unnamed_errors == []

    def test_two_whose_holds_ran_out_change_places(self, race: Race):
        one, other = ClearanceFactory.create(), ClearanceFactory.create()
        places = [NINE, NINE + timedelta(hours=1)]
        now = NOW - timedelta(hours=ROUNDS)
        hold(one, places[0], now=now)
        hold(other, places[1], now=now)
        for _ in range(ROUNDS):
            # Not sooner: who keeps times and books none has to wait after a while.
            now += timedelta(hours=1)
            places.reverse()
            round_ = race.run(
                [holding(one, places[0], now=now), holding(other, places[1], now=now)]
            )
            assert len(winners(round_)) == 2, [finish.error for finish in round_]


class TestAHoldRunningOut:
    """Somebody confirms in its last second, the sweep comes a second later, others want it."""

    def test_it_is_booked_or_it_is_free(self, race: Race):
        others = fifty_clearances(10)
        for start in some_starts(ROUNDS):
            kept = hold(ClearanceFactory.create(), start)
            confirm = confirming(kept, now=IN_TIME)
            to_book = [booking(leave, start, now=TOO_LATE) for leave in others]
            round_ = race.run([confirm, sweep] * 20 + to_book)
            assert refusals(round_) <= {HoldExpired, TimeTaken}
            [won] = {visit.pk for visit in winners(round_)}
            came_to = State.BOOKED if won == kept.pk else State.EXPIRED
            history = StatusChange.objects.filter(appointment=kept).order_by("pk")
            assert list(history.values_list("after", flat=True)) == ["held", came_to.value]
            assert state_of(kept.pk) == came_to

    def test_the_race_is_real(self, race: Race, slow_updates, without_row_locks):
        kept = hold(ClearanceFactory.create())
        confirm = confirming(kept, now=IN_TIME)
        round_ = race.run([confirm, meanwhile(sweep)])
        assert winners(round_) == [kept], "they were told that it is booked"
        assert state_of(kept.pk) == State.EXPIRED, "if not, the test above proves nothing"


class TestManyMovesOfOneVisit:
    """By the patient on a phone and the desk at once, each to another time."""

    def booked(self) -> tuple[Appointment, list[User]]:
        account = AccountFactory.create()
        visit = book(ClearanceFactory.create(patient=PatientFactory.create(account=account)))
        return visit, [account, StaffFactory.create(is_desk=True)]

    def wishes(
        self, visit: Appointment, people: list[User], count: int, *, seen: int | None = None
    ) -> list[Runner]:
        """To as many times, none of which touches the one it has."""
        grid = [start for days in (0, 2, 7) for start in every_ten_minutes(20, days=days)]
        elsewhere = [start for start in grid if abs(start - visit.starts_at) >= LENGTH]
        return [
            moving(visit, start, by=people[number % len(people)], seen=seen)
            for number, start in enumerate(elsewhere[:count])
        ]

    def path(self, visit: Appointment) -> list[tuple[datetime, datetime]]:
        """From where to where, move by move, as the history says."""
        moves = StatusChange.objects.filter(appointment=visit, was__isnull=False).order_by("pk")
        return [(move.was.lower, move.became.lower) for move in moves]

    def is_unbroken(self, visit: Appointment) -> bool:
        """Every move begins where the one before it ended, the last where the visit is."""
        path = self.path(visit)
        places = [NINE, *(reached for _, reached in path)]
        now_at = Appointment.objects.get(pk=visit.pk).starts_at
        return [left for left, _ in path] == places[:-1] and now_at == places[-1]

    def test_from_the_same_page_one_moves_it(self, race: Race):
        visit, people = self.booked()
        for number in range(ROUNDS):
            left = visit.starts_at
            round_ = race.run(self.wishes(visit, people, CLIENTS, seen=visit.version))
            assert len(winners(round_)) == 1
            assert refusals(round_) == {VisitChanged}
            [visit] = Appointment.objects.keeping_time()
            assert len(self.path(visit)) == number + 1
            # The time it had is free: somebody else gets it, and gives it back.
            cancelling(book(ClearanceFactory.create(), left))()
        assert self.is_unbroken(visit)

    def test_one_after_the_other_leaves_an_unbroken_path(self, race: Race):
        visit, people = self.booked()
        moves = 0
        for _ in range(3):
            round_ = race.run(self.wishes(visit, people, 10))
            moves += len(winners(round_))
            [visit] = Appointment.objects.keeping_time()
            assert len(self.path(visit)) == moves
            assert self.is_unbroken(visit)
        assert race.unnamed_errors == []

    def test_the_race_is_real(
        self, race: Race, slow_updates, without_the_calendars_lock, without_row_locks
    ):
        visit, people = self.booked()
        one, other = self.wishes(visit, people, 2, seen=visit.version)
        round_ = race.run([one, meanwhile(other)])
        assert len(winners(round_)) == 2, "if not, the tests above prove nothing"
        assert not self.is_unbroken(visit)


class TestAFamilysLimit:
    """Fifty of one family choose at once, on as many devices: no more are kept than may be."""

    def choosing(self, count: int) -> list[Runner]:
        account = AccountFactory.create()
        family = [PatientFactory.create(account=account) for _ in range(count)]
        starts = (some_starts(24) * count)[:count]
        return [
            holding(ClearanceFactory.create(patient=patient), start)
            for patient, start in zip(family, starts, strict=True)
        ]

    def kept(self) -> QuerySet[Appointment]:
        return Appointment.objects.filter(state=State.HELD.value)

    def test_only_so_many_are_kept(self, race: Race):
        choosing = self.choosing(CLIENTS)
        for _ in range(3):
            round_ = race.run(choosing)
            assert refusals(round_) <= {TooManyKept, TimeTaken}
            assert self.kept().count() == limits.HOLDS_AT_ONCE_BY_ACCOUNT
            for visit in self.kept():
                cancelling(visit)()

    def test_the_race_is_real(self, race: Race, slow_inserts, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("scheduling.services.allowance.count_for", lambda _: None)
        *before, one, other = self.choosing(limits.HOLDS_AT_ONCE_BY_ACCOUNT + 1)
        for choose in before:
            choose()
        race.run([one, meanwhile(other)])
        assert self.kept().count() > limits.HOLDS_AT_ONCE_BY_ACCOUNT, (
            "if this fails, the test above proves nothing"
        )
