"""The waitlist: who is asked in which order, who gets the time, and who is told."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEntry, ClinicProfile, Message, User
from intake.models import Clearance
from intake.services import merge_records, revoke, take_apart
from scheduling import services, tasks, waitlist, work_lists
from scheduling.desk_exceptions import ChangedSince, NeedsReason, TooLateToUndo
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
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, cleared, held
from tests.factories.scheduling import NINE, NOW, book, hold
from tests.factories.waitlist import TODAY, cleared_patient, offered, waits
from tests.people import signed_in

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
        assert outcome(offer) == "TAKEN_OFF"
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


class TestTakenOffByMistake:
    @pytest.fixture
    def entry(self, ann: Clearance, desk: User) -> WaitlistEntry:
        """Taken off by the desk just now."""
        entry = waits(ann, since=NOW - A_DAY, half_days=[TUESDAY_MORNING], is_acute=True)
        offered()
        return services.withdraw(entry_id=entry.pk, by=desk, now=NOW)

    def put_back(self, entry: WaitlistEntry, by: User, *, later: int = 30) -> None:
        now = NOW + timedelta(seconds=later)
        services.put_back(entry_id=entry.pk, by=by, now=now)

    def test_they_have_their_old_place(self, entry, desk):
        self.put_back(entry, desk)
        back = WaitlistEntry.objects.get()
        assert (back.state, back.ended_at, back.ended_by) == ("WAITING", None, None)
        assert (back.made_at, back.half_days, back.is_acute) == (
            NOW - A_DAY,
            [TUESDAY_MORNING],
            True,
        )
        assert AuditEntry.objects.filter(action="waitlist left by mistake").count() == 1
        assert [offer.entry_id for offer in offered()] == [entry.pk], "they turned nothing down"

    def test_after_somebody_elses_change_it_changes_nothing(self, entry, ann, desk):
        again = waits(ann)
        with pytest.raises(ChangedSince):
            self.put_back(entry, desk)
        assert WaitlistEntry.objects.waiting().get() == again

    def test_not_what_somebody_else_has_done(self, entry):
        with pytest.raises(TooLateToUndo):
            self.put_back(entry, StaffFactory.create(is_desk=True))

    def test_nor_after_a_minute(self, entry, desk):
        with pytest.raises(TooLateToUndo):
            self.put_back(entry, desk, later=75)

    def test_nor_who_left_by_themselves(self, ann, desk):
        entry = services.withdraw(entry_id=waits(ann).pk, by=ann.patient.account, now=NOW)
        with pytest.raises(TooLateToUndo):
            self.put_back(entry, desk)
        assert not WaitlistEntry.objects.waiting().exists()


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


class TestTheDeskAccepts:
    """For somebody on the telephone."""

    @pytest.fixture
    def offer(self, ann: Clearance) -> WaitlistOffer:
        ClinicProfile.objects.update(most_visits_patient=1)
        book(ann, NINE + 9 * A_DAY)
        waits(ann)
        return offered()[0]

    def test_against_a_policy_with_a_reason_on_record(self, offer, ann, desk):
        with pytest.raises(NeedsReason, match="have 1 visit or more to come"):
            accepted(offer, by=desk, reason=" ")
        assert outcome(offer) == ""
        visit = accepted(offer, by=desk, reason="In pain")
        assert visit.changes.get().reason == "In pain"
        entry = AuditEntry.objects.get(action="policy set aside")
        assert (entry.detail["reason"], entry.patient_id) == ("In pain", ann.patient_id)

    def test_no_reason_opens_the_gate(self, offer, ann, desk):
        held(ann.patient)
        with pytest.raises(PatientHeld):
            accepted(offer, by=desk, reason="They insist")

    def test_undone_they_wait_as_before(self, offer, desk):
        visit = accepted(offer, by=desk, reason="In pain")
        services.undo(appointment_id=visit.pk, by=desk, now=NOW, seen=visit.version)
        assert [each.entry for each in waitlist.waiting(NOW)] == [offer.entry]

    def test_undone_they_keep_the_place_they_took_since(self, offer, ann, desk):
        visit = accepted(offer, by=desk, reason="In pain")
        anew = waits(ann)
        services.undo(appointment_id=visit.pk, by=desk, now=NOW, seen=visit.version)
        assert [each.entry for each in waitlist.waiting(NOW)] == [anew]


class TestRecordsThatWereMerged:
    """Each brought an entry: to everybody they are one person, who waits once."""

    @pytest.fixture
    def both(self, ann: Clearance, administrator: User) -> list[WaitlistEntry]:
        """The entry of the record that is kept, and the older one of the record merged into it."""
        old = cleared_patient(given_name="Anne")
        entries = [waits(ann, half_days=[TUESDAY_MORNING]), waits(old, since=NOW - A_DAY)]
        merge_records(
            patient_id=old.patient_id,
            into=ann.patient_id,
            reason="The same card.",
            by=administrator,
            now=NOW,
        )
        return entries

    def test_one_line_at_the_better_place(self, both, bob):
        other = waits(bob, since=NOW - timedelta(hours=3))
        listed = waitlist.waiting(NOW)
        assert [each.entry.pk for each in listed] == [both[1].pk, other.pk]
        assert work_lists.counts().waiting == 2

    def test_one_offer(self, both):
        assert len(offered()) == 1
        assert told("offered") == {"ann@example.com"}
        with pytest.raises(NobodyWaits):
            offered(NINE + A_DAY)

    def test_a_no_is_one_for_both(self, both):
        [offer] = offered()
        services.decline(offer_id=offer.pk, by=None, now=NOW)
        with pytest.raises(NobodyWaits):
            offered()

    def test_with_a_time_they_wait_no_more(self, both, ann, desk):
        WaitlistOffer.objects.create(
            entry=both[0], start=NINE + 3 * A_DAY, offered_at=NOW, expires_at=NOW + AN_HOUR
        )
        mine = WaitlistOffer.objects.create(
            entry=both[1], start=NINE, offered_at=NOW, expires_at=NOW + AN_HOUR
        )
        visit = accepted(mine)
        assert visit.person_id == ann.patient_id
        assert not waitlist.waiting(NOW)
        assert set(WaitlistOffer.objects.values_list("outcome", flat=True)) == {
            "ACCEPTED",
            "TAKEN_OFF",
        }
        assert told("offer_gone") == set()

    def test_taken_off_and_put_back_with_both(self, both, desk):
        services.withdraw(entry_id=both[1].pk, by=desk, now=NOW)
        assert not waitlist.waiting(NOW)
        services.put_back(entry_id=both[1].pk, by=desk, now=NOW)
        assert WaitlistEntry.objects.waiting().count() == 2

    def test_other_wishes_are_noted_once(self, both, ann):
        assert waits(ann, note="Not at noon.").pk == both[1].pk
        assert WaitlistEntry.objects.count() == 2

    def test_the_family_reads_of_one_place_and_its_offer(self, both, ann, time_machine):
        time_machine.move_to(NOW, tick=False)
        [offer] = offered()
        shown = signed_in(ann.patient.account).get("/my/visits/").text
        assert shown.count("/my/waitlist/") == 2, "to change it, and to leave"
        assert f"/my/offers/{offer.pk}/" in shown

    def test_taken_apart_each_waits_again(self, both, administrator):
        gone = both[1].patient_id
        take_apart(patient_id=gone, reason="Two sisters.", by=administrator, now=NOW)
        assert len(waitlist.waiting(NOW)) == 2


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
