"""Two visits in one place, a closed day, a revoked clearance: nothing slips, whoever is first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from intake.models import Clearance
from intake.services import revoke
from scheduling import services
from scheduling.exceptions import TimeTaken
from scheduling.models import Appointment, Closure, StatusChange
from scheduling.slots import Interval, State
from tests.concurrency.conftest import Finish, Race, after
from tests.factories.clinic import StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, NOW, book, fifty_clearances, hold, state_of

pytestmark = pytest.mark.race

ROUNDS = 20
AsOwner = Callable[[str], list[tuple[object, ...]]]
THE_DAY = Interval(NINE - timedelta(hours=9), NINE + timedelta(hours=15))


def some_starts(count: int) -> list[datetime]:
    """As many starts, far enough apart, on Tuesday and the Tuesdays and Thursdays after it."""
    days = [0, 2, 7, 9, 14, 16]
    return [NINE + timedelta(days=day, hours=hour) for day in days for hour in range(4)][:count]


def winners(round_: list[Finish]) -> list[Appointment]:
    return [finish.result for finish in round_ if isinstance(finish.result, Appointment)]


def live_overlaps() -> int:
    """Pairs of visits that keep the same time, asked of the table and not of its constraints."""
    visits = list(Appointment.objects.keeping_time())
    return sum(
        one.starts_at < other.ends_at and other.starts_at < one.ends_at
        for index, one in enumerate(visits)
        for other in visits[index + 1 :]
    )


@pytest.fixture
def without_the_line(monkeypatch):
    monkeypatch.setattr("scheduling.services.placing.stand_in_line", lambda _: None)


class TestOneSlot:
    @pytest.mark.parametrize(("take", "rounds"), [(hold, ROUNDS), (book, 5)], ids=["hold", "book"])
    def test_fifty_want_it_and_one_gets_it(self, race: Race, take, rounds):
        patients = fifty_clearances()
        for start in some_starts(rounds):
            round_ = race.run([partial(take, leave, start) for leave in patients])
            assert len(winners(round_)) == 1
            losers = [finish.error for finish in round_ if finish.error]
            assert {type(error) for error in losers} == {TimeTaken}
        assert live_overlaps() == 0

    def test_the_line_is_not_what_keeps_it(self, race: Race, slow_inserts, without_the_line):
        round_ = race.run([partial(book, leave) for leave in fifty_clearances(10)])
        assert len(winners(round_)) == 1
        assert race.unnamed_errors == []

    def test_the_race_is_real(self, race: Race, as_owner: AsOwner, slow_inserts, without_the_line):
        as_owner("ALTER TABLE scheduling_appointment DROP CONSTRAINT visit_clinician_not_twice")
        race.run([partial(book, leave) for leave in fifty_clearances(5)])
        assert live_overlaps() > 0, "if this holds, the test above proves nothing"

    def test_fifty_presses_on_confirm_book_once(self, race: Race):
        for start in some_starts(5):
            kept = hold(ClearanceFactory.create(), start)
            press = partial(services.confirm, appointment_id=kept.pk, by=None, now=NOW)
            round_ = race.run([press] * 50)
            assert {visit.pk for visit in winners(round_)} == {kept.pk}
            assert StatusChange.objects.filter(appointment=kept, after="booked").count() == 1

    def test_one_patient_on_ten_devices_keeps_one_hold(self, race: Race):
        leave = ClearanceFactory.create()
        for _ in range(3):
            race.run([partial(hold, leave, start) for start in some_starts(10)])
            kept = Appointment.objects.filter(patient=leave.patient_id, state=State.HELD.value)
            assert kept.count() == 1
        assert race.unnamed_errors == []

    def test_two_whose_holds_ran_out_change_places(self, race: Race):
        one, other = ClearanceFactory.create(), ClearanceFactory.create()
        places = [NINE, NINE + timedelta(hours=1)]
        now = NOW - timedelta(hours=10)
        hold(one, places[0], now=now)
        hold(other, places[1], now=now)
        for _ in range(ROUNDS):
            now += timedelta(minutes=10)
            places.reverse()
            round_ = race.run(
                [partial(hold, one, places[0], now=now), partial(hold, other, places[1], now=now)]
            )
            assert len(winners(round_)) == 2, [finish.error for finish in round_]

    def test_moves_and_bookings_into_one_slot(self, race: Race):
        desk = StaffFactory.create(is_desk=True)
        movers = [
            book(leave, start)
            for leave, start in zip(fifty_clearances(10), some_starts(10), strict=True)
        ]
        patients = fifty_clearances(40)
        for start in some_starts(ROUNDS)[10:16]:
            round_ = race.run(
                [
                    partial(services.move, appointment_id=visit.pk, start=start, by=desk, now=NOW)
                    for visit in movers
                ]
                + [partial(book, leave, start) for leave in patients]
            )
            assert len(winners(round_)) == 1
        assert race.unnamed_errors == []
        assert live_overlaps() == 0


class TestAClosingDay:
    """A visit either is on the list the desk is given, or was not booked."""

    def close_the_day(self) -> services.Closed:
        return services.close(during=THE_DAY, reason="Away", by=None, now=NOW)

    def slipped(self, closed: services.Closed) -> int:
        inside = Appointment.objects.between(THE_DAY.start, THE_DAY.end).keeping_time()
        return inside.exclude(pk__in=[visit.pk for visit in closed.affected]).count()

    def bookings(self) -> list[Callable[[], object]]:
        starts = [NINE + timedelta(minutes=45 * number) for number in range(5)]
        return [
            partial(book, leave, start)
            for leave, start in zip(fifty_clearances(5), starts, strict=True)
        ]

    def run(self, race: Race, closing: Callable[[], object]) -> services.Closed:
        round_ = race.run([closing, *self.bookings()])
        closed = round_[0].result
        assert isinstance(closed, services.Closed), round_[0].error
        assert race.unnamed_errors == []
        return closed

    def test_nothing_slips_in(self, race: Race):
        for _ in range(ROUNDS):
            closed = self.run(race, self.close_the_day)
            assert self.slipped(closed) == 0
            closed.closure.delete()
            for visit in closed.affected:
                services.cancel(appointment_id=visit.pk, by=None, now=NOW)

    def test_nor_while_bookings_are_on_their_way(self, race: Race, slow_inserts):
        closed = self.run(race, after(0.1, self.close_the_day))
        assert len(closed.affected) == 5
        assert self.slipped(closed) == 0

    def test_the_race_is_real(self, race: Race, slow_inserts, as_owner: AsOwner, monkeypatch):
        as_owner("DROP TRIGGER scheduling_closure_lock ON scheduling_closure")
        monkeypatch.setattr("scheduling.locking._take", lambda *_, **__: None)
        closed = self.run(race, after(0.1, self.close_the_day))
        assert self.slipped(closed) > 0, "if this holds, the tests above prove nothing"

    def test_nor_when_somebody_writes_the_closure_past_the_service(self, race: Race, slow_inserts):
        """The trigger alone: as from the admin site, which takes no lock of its own."""
        write = partial(
            Closure.objects.create, during=(THE_DAY.start, THE_DAY.end), reason="Admin site"
        )
        round_ = race.run([after(0.1, write), *self.bookings(), after(0.4, self.bookings()[0])])
        assert len(winners(round_)) == 5
        assert round_[0].seconds > 0.25, "the closure waited for the bookings on their way"


class TestARevocation:
    """No live visit rests on a clearance that was revoked."""

    def live_on_revoked(self) -> int:
        live = [state.value for state in State.NEEDS_CLEARANCE]
        return Appointment.objects.filter(
            state__in=live, clearance__revoked_at__isnull=False
        ).count()

    def revoking(self, leave: Clearance) -> Callable[[], object]:
        return partial(revoke, clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)

    def test_against_booking(self, race: Race):
        for start in some_starts(ROUNDS):
            leave = ClearanceFactory.create()
            race.run([self.revoking(leave), partial(book, leave, start)])
            assert self.live_on_revoked() == 0
        assert race.unnamed_errors == []

    def test_against_confirming(self, race: Race):
        for start in some_starts(ROUNDS):
            leave = ClearanceFactory.create()
            visit = hold(leave, start)
            confirm = partial(services.confirm, appointment_id=visit.pk, by=None, now=NOW)
            race.run([self.revoking(leave), confirm, confirm])
            assert state_of(visit.pk) in {State.RELEASED, State.SUSPENDED}
        assert race.unnamed_errors == []

    def test_against_everything_the_desk_does(self, race: Race):
        desk = StaffFactory.create(is_desk=True)
        for start in some_starts(10):
            leave = ClearanceFactory.create()
            visit = book(leave, start)
            race.run(
                [
                    self.revoking(leave),
                    partial(
                        services.move,
                        appointment_id=visit.pk,
                        start=start + timedelta(minutes=10),
                        by=desk,
                        now=NOW,
                    ),
                    partial(
                        services.mark, appointment_id=visit.pk, to=State.CONFIRMED, by=desk, now=NOW
                    ),
                    partial(services.cancel, appointment_id=visit.pk, by=desk, now=NOW),
                    partial(services.expire_stale_holds, now=NOW),
                ]
            )
            assert self.live_on_revoked() == 0
        assert race.unnamed_errors == []

    def test_while_the_booking_is_on_its_way(self, race: Race, slow_inserts):
        leave = ClearanceFactory.create()
        race.run([after(0.1, self.revoking(leave)), partial(book, leave)])
        assert self.live_on_revoked() == 0
        assert Appointment.objects.get().state == State.SUSPENDED

    def test_the_gate_holds_without_the_services_own_lock(
        self, race: Race, slow_inserts, monkeypatch
    ):
        monkeypatch.setattr("intake.public.lock_patient", lambda _: None)
        leave = ClearanceFactory.create()
        race.run([after(0.1, self.revoking(leave)), partial(book, leave)])
        assert self.live_on_revoked() == 0

    def test_the_race_is_real(self, race: Race, slow_inserts, as_owner: AsOwner, monkeypatch):
        monkeypatch.setattr("intake.public.lock_patient", lambda _: None)
        [(gate,)] = as_owner("SELECT pg_get_functiondef('scheduling_visit_gate'::regproc)")
        as_owner(str(gate).replace(" FOR SHARE", ""))
        leave = ClearanceFactory.create()
        race.run([after(0.1, self.revoking(leave)), partial(book, leave)])
        assert self.live_on_revoked() > 0, "if this holds, the tests above prove nothing"
