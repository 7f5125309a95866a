"""A time offered from the waitlist: many accept it, and others want it meanwhile. One gets it."""

from datetime import timedelta
from functools import partial

import pytest

from clinic.models import Message, User
from intake.models import Clearance
from scheduling import services
from scheduling.desk_exceptions import ChangedSince
from scheduling.exceptions import (
    ClearanceRevoked,
    NotCleared,
    OfferOver,
    TimeClosed,
    TimeGone,
    TimeNotOffered,
    TimeTaken,
)
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduling.slots import Interval
from tests.concurrency.clients import (
    CLIENTS,
    ROUNDS,
    SOME_ROUNDS,
    at,
    booking,
    cancelling,
    live_overlaps,
    refusals,
    revoking,
    some_starts,
    winners,
)
from tests.concurrency.conftest import Race, Runner, after, meanwhile
from tests.factories.clinic import StaffFactory
from tests.factories.scheduling import NINE, NOW, fifty_clearances
from tests.factories.waitlist import cleared_patient, waits

pytestmark = pytest.mark.race


@pytest.fixture
def offered_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """To three in the clinic; here to everybody who waits, so that many accept at once."""
    monkeypatch.setattr("scheduling.services.offers.OFFERED_AT_ONCE", CLIENTS)


def offering() -> list[WaitlistOffer]:
    return services.offer(start=NINE, by=None, now=NOW)


def accepting(offer: WaitlistOffer) -> Runner:
    return partial(services.accept, offer_id=offer.pk, by=None, now=NOW)


def outcomes() -> list[str]:
    return sorted(WaitlistOffer.objects.values_list("outcome", flat=True))


def again(winner: Appointment, leave: Clearance) -> None:
    """The winner's time comes free, and they wait once more: everybody stands as before."""
    cancelling(winner)()
    waits(leave)


def on_the_list(count: int) -> dict[object, Clearance]:
    """The first few are written to; for fifty of them the mail would be most of the work."""
    leaves = [cleared_patient(f"waits{number}@example.com") for number in range(5)]
    leaves += fifty_clearances(count - 5)
    for leave in leaves:
        waits(leave)
    return {leave.patient_id: leave for leave in leaves}


def test_fifty_accept_and_one_has_it(race: Race, offered_to_all):
    leaves = on_the_list(CLIENTS)
    for number in range(SOME_ROUNDS):
        offers = offering()
        assert len(offers) == CLIENTS
        round_ = race.run([accepting(offer) for offer in offers])
        [winner] = winners(round_)
        assert refusals(round_) == {TimeGone}
        ended = WaitlistOffer.objects.filter(pk__in=[offer.pk for offer in offers])
        assert ended.filter(outcome="ACCEPTED").get().visit == winner
        assert ended.filter(outcome="GONE").count() == CLIENTS - 1
        # Each who is written to and came too late, once a round.
        told = Message.objects.filter(kind="offer_gone").count()
        assert 4 * (number + 1) <= told <= 5 * (number + 1)
        assert WaitlistEntry.objects.waiting().count() == CLIENTS - 1
        again(winner, leaves[winner.patient_id])
    assert live_overlaps() == 0


def test_pressed_by_one_again_and_again(race: Race):
    waits(cleared_patient())
    [offer] = offering()
    round_ = race.run([accepting(offer)] * CLIENTS)
    assert refusals(round_) == set()
    assert {visit.pk for visit in winners(round_)} == {Appointment.objects.get().pk}


def test_offered_by_several_of_the_desk_at_once(race: Race):
    on_the_list(10)
    race.run([offering] * 10)
    assert outcomes() == [""] * 3, "to the first three, once"


def test_two_times_are_not_offered_to_one_at_once(race: Race):
    on_the_list(6)
    starts = some_starts(8)
    round_ = race.run([partial(services.offer, start=start, by=None, now=NOW) for start in starts])
    assert race.unnamed_errors == []
    made = [offer for finish in round_ if not finish.error for offer in finish.result]  # type: ignore[attr-defined]
    assert len({offer.entry_id for offer in made}) == len(made) == 6


def test_accepted_while_others_book_it(race: Race, offered_to_all):
    leaves = on_the_list(25)
    to_book: list[Runner] = [booking(leave) for leave in fifty_clearances(25)]
    for _ in range(SOME_ROUNDS):
        offers = offering()
        round_ = race.run([*map(accepting, offers), *to_book])
        [winner] = winners(round_)
        assert refusals(round_) <= {TimeGone, TimeTaken}
        services.settle_offers(now=NOW)
        assert not WaitlistOffer.objects.unsettled().exists()
        cancelling(winner)()
        if winner.patient_id in leaves:
            waits(leaves[winner.patient_id])
    assert live_overlaps() == 0


def test_accepted_while_the_clearance_is_revoked(race: Race):
    for number in range(ROUNDS):
        leave = cleared_patient()
        waits(leave)
        [offer] = offering()
        round_ = race.run([accepting(offer), after(number * 0.002, revoking(leave))])
        assert refusals(round_) <= {NotCleared, ClearanceRevoked}
        # Booked first and then suspended, or not booked at all.
        states = Appointment.objects.filter(patient=leave.patient_id).values_list(
            "state", flat=True
        )
        assert set(states) <= {"suspended"}
        for visit in at(NINE):
            cancelling(visit)()
        services.withdraw(entry_id=offer.entry_id, by=None, now=NOW)


def test_accepted_while_the_day_is_closed(race: Race):
    day = Interval(NINE - timedelta(hours=1), NINE + timedelta(hours=1))

    def close() -> services.Closed:
        return services.close(during=day, reason="Away", by=None, now=NOW)

    for number in range(ROUNDS):
        leave = cleared_patient()
        waits(leave)
        [offer] = offering()
        accepted, closed = race.run([accepting(offer), after(number * 0.002, close)])
        assert isinstance(closed.result, services.Closed), closed.error
        assert refusals([accepted]) <= {TimeClosed, TimeNotOffered}
        assert closed.result.affected == winners([accepted]), "on the desk's list, or not booked"
        for visit in winners([accepted]):
            cancelling(visit)()
        closed.result.closure.delete()
        services.withdraw(entry_id=offer.entry_id, by=None, now=NOW)


def test_accepted_while_it_is_declined(race: Race):
    for _ in range(ROUNDS):
        waits(cleared_patient())
        [offer] = offering()
        round_ = race.run(
            [accepting(offer), partial(services.decline, offer_id=offer.pk, by=None, now=NOW)]
        )
        assert refusals(round_) == {OfferOver}
        offer.refresh_from_db()
        assert (offer.outcome == "ACCEPTED") == bool(at(NINE))
        for visit in at(NINE):
            cancelling(visit)()
        services.withdraw(entry_id=offer.entry_id, by=None, now=NOW)


def putting_back_and_joining(leave: Clearance, desk: User) -> list[Runner]:
    """Taken off just now: the desk undoes it while they put themselves on the list anew."""
    entry = services.withdraw(entry_id=waits(leave).pk, by=desk, now=NOW)
    put_back = partial(services.put_back, entry_id=entry.pk, by=desk, now=NOW)
    return [*[put_back] * 5, *[partial(waits, leave)] * 5]


def test_put_back_while_they_join_anew(race: Race):
    desk = StaffFactory.create(is_desk=True)
    for _ in range(ROUNDS):
        leave = cleared_patient()
        round_ = race.run(putting_back_and_joining(leave, desk))
        assert race.unnamed_errors == []
        assert refusals(round_) <= {ChangedSince}
        assert WaitlistEntry.objects.waiting().filter(patient=leave.patient_id).count() == 1


def test_their_row_is_what_keeps_the_two_apart(race: Race, without_row_locks):
    desk = StaffFactory.create(is_desk=True)
    for _ in range(ROUNDS):
        race.run(putting_back_and_joining(cleared_patient(), desk))
    assert race.unnamed_errors, "if not, the race above proves nothing"


def test_the_offers_alone_let_one_through(
    race: Race, offered_to_all, slow_inserts, without_the_line, without_the_constraint
):
    on_the_list(5)
    one, *others = map(accepting, offering())
    round_ = race.run([one, *map(meanwhile, others)])
    assert len(winners(round_)) == 1
    assert refusals(round_) <= {OfferOver, TimeGone}


def test_the_race_is_real(race: Race, slow_inserts, without_the_line, without_the_constraint):
    """Whoever books it otherwise meets no offer: there the calendar's own guards decide."""
    waits(cleared_patient())
    [offer] = offering()
    race.run([accepting(offer), meanwhile(booking(cleared_patient()))])
    assert live_overlaps() > 0, "if this holds, the tests above prove nothing"


def test_without_either_two_would_have_it(
    race: Race,
    offered_to_all,
    slow_inserts,
    without_the_line,
    without_the_constraint,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("scheduling.services.offers._hand_over", lambda *_, **__: None)
    on_the_list(5)
    one, *others = map(accepting, offering())
    race.run([one, *map(meanwhile, others)])
    assert live_overlaps() > 0, "if this holds, the tests above prove nothing"


def test_the_lists_locks_are_what_keeps_the_order(
    race: Race, without_row_locks, monkeypatch: pytest.MonkeyPatch
):
    """With nothing to wait for, the desk asks more than the first three, or meets an error."""
    monkeypatch.setattr("scheduling.locking._line", lambda _: [])
    on_the_list(20)
    race.run([offering] * 10)
    assert len(outcomes()) > 3 or race.unnamed_errors, "if not, the race above proves nothing"
