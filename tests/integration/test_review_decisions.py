"""What a decision says, what follows from it, and how another takes its place."""

from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Message, User
from intake import public, services, visit_types
from intake.exceptions import (
    AnswersOfAnotherPatient,
    CaseAlreadyDecided,
    EmergencyStands,
    NobodyToAsk,
    QuestionNeeded,
    QuestionUnknown,
    UntilNotAhead,
    VisitTypeUnknown,
    XrayVisitMissing,
    XrayVisitNotAllowed,
)
from intake.models import Case, Clearance, Intake, IntakeDraft, ReviewDecision
from intake.services import asking
from intake.triage import Urgency
from scheduling import availability
from scheduling import services as calendar
from scheduling.exceptions import VisitTypeNotCleared, VisitTypeNotOffered
from scheduling.slots import State
from tests import answers
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory, held
from tests.factories.scheduling import NINE, NOW, book, hold, state_of, visit_type

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)
LATEST = NOW + timedelta(minutes=10)


@pytest.fixture
def said(doctor: User) -> Intake:
    """Held answers of somebody who can sign in."""
    patient = PatientFactory.create(account=AccountFactory.create())
    return held(patient, answers=answers.REFER, submitted_at=NOW)


def decide(said: Intake, kind: str = "CLEAR", now: Any = NOW, **terms: Any) -> ReviewDecision:
    return services.decide(
        case_id=said.case_id,
        latest_seen=terms.pop("latest_seen", said.pk),
        kind=kind,
        reason="Called; safe to start.",
        by=terms.pop("by", None) or StaffFactory.create(is_chiropractor=True),
        now=now,
        **terms,
    )


def case_of(said: Intake) -> Case:
    return Case.objects.get(pk=said.case_id)


def mails(said: Intake) -> list[str]:
    to = said.patient.email if said.patient else ""
    return list(Message.objects.filter(recipient=to).order_by("pk").values_list("kind", flat=True))


class TestLeave:
    def test_for_some_kinds_of_visit(self, said):
        decide(said, visit_types=["adjustment"])
        leave = Clearance.objects.get()
        assert leave.visit_types == ["adjustment"]
        card = public.clearances_usable(said.patient_id, NOW)[0]
        # A first visit, and still an adjustment: the doctor named it.
        assert [kind.code for kind in availability.visit_types_for(card)] == ["adjustment"]
        with pytest.raises(VisitTypeNotCleared):
            book(leave, NINE, code="new-exam")
        with pytest.raises(VisitTypeNotCleared):
            hold(leave, NINE, code="new-exam")
        assert state_of(book(leave, NINE, code="adjustment").pk) == State.BOOKED

    def test_for_any_kind_when_none_is_named(self, said):
        decide(said)
        card = public.clearances_usable(said.patient_id, NOW)[0]
        assert [kind.code for kind in availability.visit_types_for(card)] == ["new-exam"]
        with pytest.raises(VisitTypeNotOffered):
            hold(Clearance.objects.get(), NINE, code="adjustment")

    def test_with_an_xray_in_the_kind_that_was_named(self, said):
        decide(said, visit_types=["new-exam-xray"], xray_allowed=True)
        card = public.clearances_usable(said.patient_id, NOW)[0]
        assert [kind.code for kind in availability.visit_types_for(card)] == ["new-exam-xray"]

    @pytest.mark.parametrize(
        ("terms", "problem"),
        [
            ({"visit_types": ["surgery"]}, VisitTypeUnknown),
            ({"visit_types": ["new-exam-xray"]}, XrayVisitNotAllowed),
            ({"visit_types": ["adjustment"], "xray_allowed": True}, XrayVisitMissing),
            ({"until": NOW}, UntilNotAhead),
            ({"until": NOW + timedelta(days=400)}, UntilNotAhead),
        ],
    )
    def test_what_does_not_fit_is_refused(self, said, terms, problem):
        with pytest.raises(problem):
            decide(said, **terms)
        assert not ReviewDecision.objects.exists()

    def test_until_a_day(self, said):
        until = NOW + timedelta(days=10)
        decide(said, until=until)
        assert Clearance.objects.get().ends_at == until

    def test_a_moved_visit_stays_on_a_clearance_for_its_kind(self, said):
        """Another one lasts longer, but is for something else."""
        patient = said.patient
        decide(said, visit_types=["adjustment"], until=NOW + timedelta(days=5))
        leave = Clearance.objects.get()
        visit = book(leave, NINE, code="adjustment")
        longer = held(patient, answers=answers.REFER, submitted_at=NOW)
        decide(longer, visit_types=["re-exam"], now=LATER)
        visit.refresh_from_db()
        assert state_of(visit.pk) == State.SUSPENDED
        assert visit.clearance == leave


class TestOthers:
    def test_referring_says_to_whom_and_how_soon(self, said):
        decision = decide(said, "REFER", refer_to="Dr. Lee", refer_urgency=Urgency.TODAY)
        assert (decision.refer_to, decision.refer_urgency) == ("Dr. Lee", "see a doctor today")
        assert case_of(said).state == "REFERRED"

    def test_what_goes_with_another_kind_is_left_out(self, said):
        decision = decide(
            said,
            "REFER",
            visit_types=["adjustment"],
            xray_allowed=True,
            until=NOW + timedelta(days=3),
            questions=["worst"],
        )
        assert (decision.visit_types, decision.until, decision.questions) == ([], None, [])

    def test_closing_ends_the_case_and_tells_them(self, said):
        decide(said, "CLOSE")
        assert case_of(said).state == "CLOSED"
        assert case_of(said).resolved_at == NOW
        assert mails(said) == ["closed"]
        assert not Clearance.objects.exists()
        assert not public.is_held(said.patient_id)

    def test_answers_of_nobody_known_can_be_closed(self, db):
        said = held(None, submitted_at=NOW)
        decide(said, "CLOSE")
        assert case_of(said).state == "CLOSED"
        assert not Message.objects.exists()

    def test_another_patients_answers_are_not_closed_along(self, said):
        IntakeFactory.create(
            case=case_of(said), disposition="REFER", submitted_at=NOW - timedelta(hours=1)
        )
        with pytest.raises(AnswersOfAnotherPatient):
            decide(said, "CLOSE")

    @pytest.mark.parametrize("kind", ["CLEAR", "SUPPORTIVE", "ASK", "CLOSE"])
    def test_an_emergency_is_only_resolved_or_referred(self, db, kind):
        patient = PatientFactory.create(account=AccountFactory.create())
        said = held(patient, "EMERGENCY", submitted_at=NOW)
        with pytest.raises(EmergencyStands):
            decide(said, kind, own_question="Since when?")
        decide(said, "REFER")
        with pytest.raises(EmergencyStands):
            decide(said, kind, own_question="Since when?", now=LATER)
        assert not Clearance.objects.exists()

    def test_asking_needs_something_to_ask_and_somebody_to_answer(self, said):
        with pytest.raises(QuestionNeeded):
            decide(said, "ASK", own_question="  ")
        with pytest.raises(QuestionUnknown):
            decide(said, "ASK", questions=["nonsense"])
        with pytest.raises(QuestionUnknown):
            decide(said, "ASK", questions=["age"])
        alone = held(PatientFactory.create(), answers=answers.REFER, submitted_at=NOW)
        with pytest.raises(NobodyToAsk):
            decide(alone, "ASK", questions=["fever"])
        assert not IntakeDraft.objects.exists()

    def test_asking_holds_them_and_tells_them(self, said):
        decision = decide(said, "ASK", questions=["fever"], own_question="Since when?")
        assert case_of(said).state == "ASKED"
        assert public.is_held(said.patient_id)
        assert mails(said) == ["asked"]
        assert asking.is_open(decision)
        assert f"/my/questions/{decision.pk}/" in Message.objects.get().body
        assert "Since when" not in Message.objects.get().body

    def test_a_case_that_was_asked_about_may_be_decided_without_the_answer(self, said):
        asked = decide(said, "ASK", questions=["fever"])
        decide(said, "CLEAR", now=LATER)
        assert Clearance.objects.exists()
        assert not asking.is_open(asked)


class TestAnotherTakesItsPlace:
    @pytest.fixture
    def first(self, said) -> ReviewDecision:
        return decide(said)

    def test_only_by_naming_the_one_that_stands(self, said, first):
        with pytest.raises(CaseAlreadyDecided):
            decide(said, "REFER", now=LATER)
        other = held(PatientFactory.create(), submitted_at=NOW)
        with pytest.raises(CaseAlreadyDecided):
            decide(other, "REFER", now=LATER, supersedes=first.pk)
        second = decide(said, "REFER", now=LATER, supersedes=first.pk)
        assert second.supersedes == first
        with pytest.raises(CaseAlreadyDecided):
            decide(said, "CLOSE", now=LATEST, supersedes=first.pk)

    def test_not_of_an_open_case(self, said):
        with pytest.raises(CaseAlreadyDecided):
            decide(said, supersedes=said.pk)

    @pytest.mark.parametrize(
        ("kind", "state"), [("REFER", "REFERRED"), ("ASK", "ASKED"), ("CLOSE", "CLOSED")]
    )
    def test_what_it_allowed_is_taken_back_and_its_visits_wait(self, said, first, kind, state):
        leave = Clearance.objects.get()
        visit = book(leave, NINE)
        decide(said, kind, now=LATER, supersedes=first.pk, own_question="Since when?")
        leave.refresh_from_db()
        assert leave.revoked_at == LATER
        assert "newer decision" in leave.revoked_because
        assert state_of(visit.pk) == State.SUSPENDED
        assert case_of(said).state == state
        assert not public.clearances_usable(said.patient_id, LATER)

    @pytest.mark.parametrize("kind", ["REFER", "ASK"])
    def test_who_must_see_a_doctor_first_books_under_nothing_else(self, said, first, kind):
        other = ClearanceFactory.create(patient=said.patient, starts_at=NOW)
        visit = book(other, NINE)
        decide(said, kind, now=LATER, supersedes=first.pk, own_question="Since when?")
        assert state_of(visit.pk) == State.SUSPENDED
        assert not Clearance.objects.filter(revoked_at=None).exists()

    def test_a_visit_that_the_newer_one_allows_goes_on(self, said, first):
        visit = book(Clearance.objects.get(), NINE)
        decide(said, "SUPPORTIVE", now=LATER, supersedes=first.pk)
        visit.refresh_from_db()
        assert state_of(visit.pk) == State.BOOKED
        assert visit.clearance.decision.kind == "SUPPORTIVE"

    def test_a_visit_of_a_kind_it_does_not_allow_waits(self, said, first):
        visit = book(Clearance.objects.get(), NINE)
        decide(said, now=LATER, supersedes=first.pk, visit_types=["adjustment"])
        assert state_of(visit.pk) == State.SUSPENDED
        with pytest.raises(VisitTypeNotCleared):
            calendar.reinstate(
                appointment_id=visit.pk,
                clearance_id=Clearance.objects.get(revoked_at=None).pk,
                by=None,
                now=LATER,
            )

    def test_a_case_that_was_closed_is_cleared(self, said):
        closed = decide(said, "CLOSE")
        decide(said, now=LATER, supersedes=closed.pk)
        assert case_of(said).state == "CLEARED"
        assert Clearance.objects.filter(revoked_at=None).exists()

    def test_with_another_case_open_nothing_is_left_to_book_under(self, said, first):
        held(said.patient, submitted_at=NOW)
        decide(said, now=LATER, supersedes=first.pk)
        assert not Clearance.objects.filter(revoked_at=None).exists()

    def test_an_emergency_that_was_resolved_stays_so(self, db):
        patient = PatientFactory.create()
        said = held(patient, "EMERGENCY", submitted_at=NOW)
        resolved = decide(said, "RESOLVED")
        for kind in ("CLEAR", "REFER", "CLOSE"):
            with pytest.raises(CaseAlreadyDecided):
                decide(said, kind, now=LATER, supersedes=resolved.pk)


def test_the_kinds_of_visit_are_the_calendars():
    offered = visit_types.offered()
    assert [kind.code for kind in offered if kind.with_xray] == ["new-exam-xray"]
    assert visit_types.in_words(["adjustment", "gone"]) == [visit_type("adjustment").name, "gone"]
