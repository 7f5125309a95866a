"""The waitlist: who is asked in which order, who gets the time, and who is told."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEntry, ClinicProfile, Message
from intake.models import Clearance
from intake.services import revoke
from scheduling import services, tasks, waitlist
from scheduling.exceptions import (
    AnswersNotRecent,
    NobodyWaits,
    NotCleared,
    OfferedAlready,
    OfferOver,
    OutsideClearance,
    PatientHeld,
    TimeClosed,
    TimeGone,
    TimeNotOffered,
    VisitTypeNotCleared,
)
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduling.slots import Interval, State
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, cleared, held
from tests.factories.scheduling import NINE, NOW, book, hold
from tests.factories.waitlist import TODAY, cleared_patient, offered, waits

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
# Tuesday morning in Ashburn.
TUESDAY_MORNING = "1-am"


@pytest.fixture
def ann() -> Clearance:
    return cleared_patient("ann@example.com", given_name="Ann")


@pytest.fixture
def bob() -> Clearance:
    return cleared_patient("bob@example.com", given_name="Bob")


def accepted(offer: WaitlistOffer, **more: object) -> Appointment:
    return services.accept(**{"offer_id": offer.pk, "by": None, "now": NOW, **more})


def outcome(offer: WaitlistOffer) -> str:
    return WaitlistOffer.objects.get(pk=offer.pk).outcome


def suits(entry: WaitlistEntry, start: datetime = NINE, now: datetime = NOW) -> bool:
    [each] = waitlist.waiting(now, [entry])
    return each.may_be_offered(waitlist.Slot.at(start))


def told(kind: str) -> set[str]:
    return set(Message.objects.filter(kind=kind).values_list("recipient", flat=True))


class TestGettingOnTheList:
    def test_twice_for_one_kind_is_one_place_with_other_wishes(self, ann):
        first = waits(ann, since=NOW - A_DAY, half_days=[TUESDAY_MORNING])
        again = waits(ann, half_days=["2-pm"], note="Not after four.")
        assert again.pk == first.pk
        assert (again.made_at, again.half_days) == (NOW - A_DAY, ["2-pm"])
        assert WaitlistEntry.objects.count() == 1

    def test_changing_wishes_leaves_what_the_desk_said(self, ann):
        waits(ann, is_acute=True)
        assert waits(ann, half_days=["2-pm"]).is_acute

    def test_who_may_not_book_does_not_wait(self, ann):
        with pytest.raises(NotCleared):
            waits(ClearanceFactory.create(starts_at=NOW - 60 * A_DAY))
        limited = cleared(PatientFactory.create(), visit_types=["adjustment"])
        with pytest.raises(VisitTypeNotCleared):
            waits(limited)
        held(ann.patient)
        with pytest.raises(PatientHeld):
            waits(ann)
        assert not WaitlistEntry.objects.exists()

    def test_taken_off_with_what_was_offered(self, ann):
        entry = waits(ann)
        [offer] = offered()
        for _press in range(2):
            services.withdraw(entry_id=entry.pk, by=None, now=NOW)
        assert outcome(offer) == "DECLINED"
        assert AuditEntry.objects.filter(action="waitlist left").count() == 1
        with pytest.raises(OfferOver):
            accepted(offer)

    def test_back_on_the_list_is_at_its_end(self, ann):
        services.withdraw(entry_id=waits(ann, since=NOW - A_DAY).pk, by=None, now=NOW)
        assert waits(ann).made_at == NOW

    def test_days_that_are_over_take_them_off(self, ann, bob):
        gone, stays = waits(ann, last_day=TODAY), waits(bob, last_day=TODAY + A_DAY)
        services.settle_offers(now=NOW + A_DAY)
        states = dict(WaitlistEntry.objects.values_list("pk", "state"))
        assert states == {gone.pk: "WITHDRAWN", stays.pk: "WAITING"}


class TestWhomATimeSuits:
    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({}, True),
            ({"half_days": [TUESDAY_MORNING, "4-pm"]}, True),
            ({"half_days": ["1-pm"]}, False),
            ({"half_days": ["2-am"]}, False),
            ({"first_day": TODAY + A_DAY, "last_day": TODAY + A_DAY}, True),
            ({"first_day": TODAY + 2 * A_DAY}, False),
            ({"last_day": TODAY}, False),
        ],
    )
    def test_what_they_wish_for(self, ann, said, expected):
        assert suits(waits(ann, **said)) is expected

    def test_noon_is_the_afternoon_on_the_clinics_clock(self, ann):
        entry = waits(ann, half_days=["1-pm"])
        noon = NINE + 3 * AN_HOUR
        assert suits(entry, noon)
        assert not suits(entry, noon - timedelta(minutes=10))

    def test_nobody_with_a_visit_on_the_day_or_beside_it(self, ann):
        entry = waits(ann)
        visit = book(ann, NINE + 2 * A_DAY + AN_HOUR)
        assert suits(entry, NINE)
        assert not suits(entry, NINE + A_DAY)
        assert not suits(entry, NINE + 3 * A_DAY)
        services.cancel(appointment_id=visit.pk, by=None, now=NOW)
        assert suits(entry, NINE + A_DAY)

    def test_nobody_whose_clearance_does_not_cover_it(self, ann):
        entry = waits(ann)
        assert suits(entry, ann.ends_at - AN_HOUR)
        assert not suits(entry, ann.ends_at)
        revoke(clearance_id=ann.pk, because="Looked again.", by=None, now=NOW)
        assert not suits(entry)

    def test_nobody_who_is_held(self, ann):
        entry = waits(ann)
        held(ann.patient)
        assert not suits(entry)

    def test_a_child_needs_a_guardians_consent(self):
        child = ClearanceFactory.create(patient=PatientFactory.create())
        entry = waits(child)
        type(child.patient).objects.filter(pk=child.patient_id).update(born=TODAY - 4000 * A_DAY)
        assert not suits(entry)

    def test_a_visit_with_an_xray_needs_leave_for_one(self):
        leave = cleared(PatientFactory.create(), xray=True)
        entry = waits(leave, code="new-exam-xray")
        assert suits(entry)
        held(leave.patient, flags=["XRAY_HOLD"])
        assert not suits(entry)


class TestOffering:
    def test_acute_first_and_then_who_has_waited_longest(self):
        leaves = [cleared_patient() for _ in range(5)]
        newest, older, oldest, acute, also_acute = (
            waits(leave, since=NOW - days * A_DAY, is_acute=days in (1, 2))
            for leave, days in zip(leaves, [0, 3, 4, 1, 2], strict=True)
        )
        assert [each.entry_id for each in offered()] == [also_acute.pk, acute.pk, oldest.pk]
        for each in WaitlistOffer.objects.all():
            services.decline(offer_id=each.pk, by=None, now=NOW)
        assert [each.entry_id for each in offered()] == [older.pk, newest.pk]

    def test_each_hears_of_it_or_is_on_the_list_of_calls(self, ann):
        waits(ann)
        waits(cleared_patient())
        assert len(offered()) == 2
        message = Message.objects.get()
        assert (message.kind, message.recipient) == ("offered", "ann@example.com")
        assert "Tue, Nov 10 at 9:00 AM" in message.body
        assert f"/my/offers/{WaitlistOffer.objects.get(entry__patient=ann.patient).pk}/" in (
            message.body
        )

    def test_the_same_time_is_not_offered_while_its_offers_stand(self, ann, bob):
        waits(ann)
        offered()
        waits(bob)
        with pytest.raises(OfferedAlready):
            offered()
        offered(now=NOW + 3 * AN_HOUR)
        assert WaitlistOffer.objects.standing(NOW + 3 * AN_HOUR).get().entry.patient == bob.patient

    def test_one_offer_at_a_time(self, ann):
        waits(ann)
        offered()
        with pytest.raises(NobodyWaits):
            offered(NINE + A_DAY)

    def test_who_let_it_pass_is_not_asked_again(self, ann):
        waits(ann)
        [first] = offered()
        services.settle_offers(now=first.expires_at)
        assert outcome(first) == "EXPIRED"
        with pytest.raises(NobodyWaits):
            offered(now=first.expires_at)
        assert offered(NINE + A_DAY, now=first.expires_at)

    def test_a_time_that_is_not_free(self, ann):
        waits(ann)
        book(cleared_patient())
        with pytest.raises(NobodyWaits):
            offered()

    def test_a_time_outside_the_hours(self, ann):
        waits(ann)
        with pytest.raises(NobodyWaits):
            offered(NINE - 2 * AN_HOUR)

    @pytest.mark.parametrize(
        ("before_start", "stands"),
        [
            (timedelta(hours=14), timedelta(hours=2)),
            (timedelta(hours=2), timedelta(hours=1)),
            (timedelta(minutes=75), timedelta(minutes=15)),
            (timedelta(minutes=74), None),
        ],
    )
    def test_how_long_it_stands(self, ann, before_start, stands):
        waits(ann)
        now = NINE - before_start
        if stands is None:
            with pytest.raises(TimeNotOffered):
                offered(now=now)
        else:
            assert offered(now=now)[0].expires_at == now + stands

    def test_as_long_as_the_clinic_says(self, ann):
        ClinicProfile.objects.update(offer_hours=5)
        waits(ann)
        assert offered()[0].expires_at == NOW + 5 * AN_HOUR


class TestAccepting:
    def test_the_first_has_it_and_the_others_keep_their_place(self, ann, bob):
        waits(ann, since=NOW - A_DAY)
        other = waits(bob)
        first, second = offered()
        visit = accepted(second)
        assert (visit.state, visit.starts_at, visit.patient_id) == (
            State.BOOKED,
            NINE,
            bob.patient_id,
        )
        assert (outcome(first), outcome(second)) == ("GONE", "ACCEPTED")
        assert told("offer_gone") == {"ann@example.com"}
        assert told("booked") == {"bob@example.com"}
        other.refresh_from_db()
        assert (other.state, other.ended_at) == ("DONE", NOW)
        [left] = waitlist.waiting(NOW)
        assert (left.entry.patient_id, left.offer) == (ann.patient_id, None)
        with pytest.raises(TimeGone):
            accepted(first)
        assert accepted(second) == visit, "pressed again"

    def test_who_lost_it_is_asked_again_when_it_comes_free(self, ann, bob):
        waits(ann)
        waits(bob)
        first, second = offered()
        visit = accepted(second)
        services.cancel(appointment_id=visit.pk, by=None, now=NOW)
        assert [each.entry_id for each in offered()] == [first.entry_id]

    def test_times_that_overlap_are_gone_too(self, ann, bob):
        waits(ann)
        [early] = offered()
        waits(bob)
        [late] = offered(NINE + timedelta(minutes=20))
        accepted(early)
        assert outcome(late) == "GONE"

    def test_a_time_beside_it_still_stands(self, ann, bob):
        waits(ann)
        [early] = offered()
        waits(bob)
        [late] = offered(NINE + AN_HOUR)
        accepted(early)
        assert accepted(late).starts_at == NINE + AN_HOUR

    def test_booked_by_somebody_else_meanwhile(self, ann):
        waits(ann)
        [offer] = offered()
        book(cleared_patient())
        with pytest.raises(TimeGone):
            accepted(offer)
        assert outcome(offer) == ""
        services.settle_offers(now=NOW)
        assert outcome(offer) == "GONE"
        assert told("offer_gone") == {"ann@example.com"}

    def test_a_time_that_is_only_kept_may_come_free_again(self, ann):
        waits(ann)
        [offer] = offered()
        kept = hold(cleared_patient())
        services.settle_offers(now=NOW)
        assert outcome(offer) == ""
        services.cancel(appointment_id=kept.pk, by=None, now=NOW)
        assert accepted(offer)

    def test_too_late(self, ann):
        waits(ann)
        [offer] = offered()
        with pytest.raises(OfferOver):
            accepted(offer, now=offer.expires_at)
        assert not Appointment.objects.exists()

    def test_declined(self, ann):
        entry = waits(ann)
        [offer] = offered()
        for _press in range(2):
            services.decline(offer_id=offer.pk, by=None, now=NOW)
        with pytest.raises(OfferOver):
            accepted(offer)
        entry.refresh_from_db()
        assert entry.state == "WAITING"


class TestTheGateIsAlwaysAsked:
    def test_held_meanwhile(self, ann):
        waits(ann)
        [offer] = offered()
        held(ann.patient)
        with pytest.raises(PatientHeld):
            accepted(offer)

    def test_revoked_meanwhile(self, ann):
        waits(ann)
        [offer] = offered()
        revoke(clearance_id=ann.pk, because="Looked again.", by=None, now=NOW)
        with pytest.raises(NotCleared):
            accepted(offer)
        assert not Appointment.objects.exists()

    def test_another_clearance_that_does_not_cover_it(self, ann):
        waits(ann)
        [offer] = offered()
        ClearanceFactory.create(patient=ann.patient, starts_at=NINE + AN_HOUR)
        revoke(clearance_id=ann.pk, because="Looked again.", by=None, now=NOW)
        with pytest.raises(OutsideClearance):
            accepted(offer)

    def test_closed_meanwhile_for_the_desk_too(self, ann, desk):
        waits(ann)
        [offer] = offered()
        services.close(
            during=Interval(NINE - AN_HOUR, NINE + AN_HOUR), reason="Away", by=None, now=NOW
        )
        with pytest.raises(TimeClosed):
            accepted(offer, by=desk)
        services.settle_offers(now=NOW)
        assert outcome(offer) == "GONE"

    def test_old_answers_bind_the_patient_and_not_the_desk(self, ann, desk):
        ClinicProfile.objects.update(rescreen_days=1)
        waits(ann)
        [offer] = offered()
        with pytest.raises(AnswersNotRecent):
            accepted(offer, by=ann.patient.account)
        assert accepted(offer, by=desk).state == State.BOOKED

    def test_the_database_offers_nothing_without_a_clearance(self, ann):
        entry = waits(ann)
        fields = {"entry": entry, "offered_at": NOW, "expires_at": NOW + AN_HOUR}
        with pytest.raises(IntegrityError, match="clearance"), transaction.atomic():
            WaitlistOffer.objects.create(start=ann.ends_at, **fields)
        held(ann.patient)
        with pytest.raises(IntegrityError, match="clearance"), transaction.atomic():
            WaitlistOffer.objects.create(start=NINE, **fields)

    def test_the_database_takes_only_the_visit_that_was_offered(self, ann, bob):
        waits(ann)
        [offer] = offered()
        another = book(bob, NINE + A_DAY)
        change = {"outcome": "ACCEPTED", "settled_at": NOW, "visit": another}
        with pytest.raises(IntegrityError, match="not the one offered"), transaction.atomic():
            WaitlistOffer.objects.filter(pk=offer.pk).update(**change)

    def test_what_came_of_an_offer_stands(self, ann):
        waits(ann)
        [offer] = offered()
        services.decline(offer_id=offer.pk, by=None, now=NOW)
        again = WaitlistOffer.objects.filter(pk=offer.pk)
        for change in ({"outcome": "EXPIRED"}, {"start": NINE + AN_HOUR}):
            with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
                again.update(**change)


class TestTheTimesThatAreFree:
    def free(self, now: datetime = NOW) -> list[waitlist.FreeTime]:
        return waitlist.free_times(waitlist.waiting(now), now)

    def test_what_came_free_stands_first(self, ann, bob):
        visit = book(bob, NINE + 2 * A_DAY + AN_HOUR)
        waits(ann)
        assert not any(each.is_freed for each in self.free())
        services.cancel(appointment_id=visit.pk, by=None, now=NOW)
        first = self.free()[0]
        assert (first.start, first.is_freed) == (visit.starts_at, True)
        assert [each.entry.patient_id for each in first.suits] == [ann.patient_id]

    def test_the_time_a_visit_moved_away_from(self, ann, bob, desk):
        visit = book(bob)
        services.move(appointment_id=visit.pk, start=NINE + 8 * A_DAY, by=desk, now=NOW)
        waits(ann)
        assert (self.free()[0].start, self.free()[0].is_freed) == (NINE, True)

    def test_a_closure_taken_back(self, ann):
        closed = services.close(
            during=Interval(NOW, NOW + 30 * A_DAY), reason="Away", by=None, now=NOW
        )
        waits(ann)
        assert self.free() == []
        closed.closure.delete()
        assert self.free()[0].start == NINE

    def test_side_by_side_and_never_over_one_another(self, ann):
        waits(ann, half_days=[TUESDAY_MORNING], last_day=TODAY + A_DAY)
        starts = [each.start for each in self.free()]
        assert starts == [NINE + timedelta(minutes=minutes) for minutes in (0, 50, 100, 150)]

    def test_each_of_them_can_be_offered(self, ann):
        waits(ann)
        for each in self.free():
            with transaction.atomic():
                assert offered(each.start)
                transaction.set_rollback(True)

    def test_none_while_an_offer_stands(self, ann):
        waits(ann)
        offered()
        assert self.free() == []

    def test_as_many_questions_for_many_as_for_few(self, django_assert_num_queries):
        for _ in range(12):
            waits(cleared_patient())
        # The plan was read: entries, clearances, consents, visits, offers; plan, and one kind's
        # busy time; what came free.
        with django_assert_num_queries(9):
            self.free()


def test_the_job_settles_them(ann, time_machine):
    waits(ann)
    [offer] = offered()
    time_machine.move_to(offer.expires_at, tick=False)
    tasks.give_times_back(0)
    assert outcome(offer) == "EXPIRED"
    assert told("offer_gone") == set(), "nobody took it"
