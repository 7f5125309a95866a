"""A clearance is revoked while its visits are made: no live visit rests on a revoked one."""

from datetime import timedelta
from functools import partial

import pytest

from intake.models import Clearance
from scheduling import services
from scheduling.exceptions import ClearanceRevoked, HoldExpired, NotCleared
from scheduling.models import Appointment, StatusChange
from scheduling.slots import State
from tests.concurrency.clients import (
    ROUNDS,
    booking,
    cancelling,
    confirming,
    moving,
    refusals,
    revoking,
    some_starts,
    winners,
)
from tests.concurrency.conftest import AsOwner, Race, after, meanwhile
from tests.factories.clinic import StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NOW, book, fifty_clearances, hold, state_of

pytestmark = pytest.mark.race


def live_on_revoked() -> int:
    live = [state.value for state in State.NEEDS_CLEARANCE]
    return Appointment.objects.filter(state__in=live, clearance__revoked_at__isnull=False).count()


class TestAgainstConfirming:
    """Who was told that it is booked is suspended, on record; who was not, has no visit."""

    def test_nothing_is_left_on_it(self, race: Race):
        patients = [leave.patient for leave in fifty_clearances(5)]
        for number in range(ROUNDS):
            leaves = [ClearanceFactory.create(patient=patient) for patient in patients]
            kept = [hold(leave, start) for leave, start in zip(leaves, some_starts(5), strict=True)]
            # Sometimes the revocation comes first, sometimes among the presses on confirm.
            revocations = [after(0.01 * (number % 4), revoking(leave)) for leave in leaves]
            presses = [confirming(visit) for visit in kept]
            round_ = race.run(revocations + presses * 9)
            assert refusals(round_[:5]) == set()
            assert refusals(round_[5:]) <= {HoldExpired, ClearanceRevoked}
            assert live_on_revoked() == 0
            booked = {visit.pk for visit in winners(round_)}
            for visit in kept:
                history = StatusChange.objects.filter(appointment=visit).order_by("pk")
                assert list(history.values_list("after", flat=True)) == (
                    ["held", "booked", "suspended"] if visit.pk in booked else ["held", "released"]
                )
            # For the next round, at once what nobody decided would come to later.
            Appointment.objects.keeping_time().update(state=State.RELEASED.value)

    def test_whichever_is_on_its_way(self, race: Race, slow_updates):
        for start, first in zip(some_starts(2), (0, 1), strict=True):
            leave = ClearanceFactory.create()
            visit = hold(leave, start)
            both = [confirming(visit), revoking(leave)]
            both[1 - first] = meanwhile(both[1 - first])
            race.run(both)
            assert state_of(visit.pk) == (State.RELEASED if first else State.SUSPENDED)
        assert race.unnamed_errors == []

    def test_the_gate_holds_without_the_services_own_locks(
        self, race: Race, slow_updates, without_row_locks
    ):
        self.confirm_while_it_is_revoked(race)
        assert live_on_revoked() == 0
        assert race.unnamed_errors == []

    def test_the_race_is_real(self, race: Race, slow_updates, without_row_locks, as_owner: AsOwner):
        as_owner("ALTER TABLE scheduling_appointment DISABLE TRIGGER scheduling_visit_gate")
        self.confirm_while_it_is_revoked(race)
        assert live_on_revoked() > 0, "if this holds, the tests above prove nothing"

    def confirm_while_it_is_revoked(self, race: Race) -> None:
        leave = ClearanceFactory.create()
        visit = hold(leave)
        race.run([revoking(leave), meanwhile(confirming(visit))])


class TestAgainstBooking:
    def test_nothing_is_left_on_it(self, race: Race):
        for start in some_starts(ROUNDS):
            leave = ClearanceFactory.create()
            round_ = race.run([revoking(leave), booking(leave, start)])
            assert refusals(round_) <= {NotCleared, ClearanceRevoked}
            assert live_on_revoked() == 0

    def test_against_everything_the_desk_does(self, race: Race):
        desk = StaffFactory.create(is_desk=True)
        for start in some_starts(10):
            leave = ClearanceFactory.create()
            visit = book(leave, start)
            attend = partial(
                services.mark, appointment_id=visit.pk, to=State.CONFIRMED, by=desk, now=NOW
            )
            race.run(
                [
                    revoking(leave),
                    moving(visit, start + timedelta(minutes=10), by=desk),
                    attend,
                    cancelling(visit),
                    partial(services.expire_stale_holds, now=NOW),
                ]
            )
            assert live_on_revoked() == 0
        assert race.unnamed_errors == []

    def test_while_the_booking_is_on_its_way(self, race: Race, slow_inserts):
        self.revoke_while_it_is_booked(race)
        assert live_on_revoked() == 0
        assert Appointment.objects.get().state == State.SUSPENDED

    def test_the_gate_holds_without_the_services_own_lock(
        self, race: Race, slow_inserts, without_the_patients_lock
    ):
        self.revoke_while_it_is_booked(race)
        assert live_on_revoked() == 0

    def test_the_race_is_real(
        self, race: Race, slow_inserts, without_the_patients_lock, as_owner: AsOwner
    ):
        [(gate,)] = as_owner("SELECT pg_get_functiondef('scheduling_visit_gate'::regproc)")
        as_owner(str(gate).replace(" FOR SHARE", ""))
        self.revoke_while_it_is_booked(race)
        assert live_on_revoked() > 0, "if this holds, the tests above prove nothing"

    def revoke_while_it_is_booked(self, race: Race) -> None:
        leave: Clearance = ClearanceFactory.create()
        race.run([meanwhile(revoking(leave)), booking(leave)])


@pytest.fixture
def without_the_patients_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake.public.lock_patient", lambda _: None)
