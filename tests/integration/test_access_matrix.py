"""Who reaches which page: every route of the site has a row here, or this suite fails.

A row says what each person gets. To add a route, add a row to ROWS: `GET name` or `POST name`,
an answer for each of the six, and, if its address has parts, `at=` a function of the World that
gives them. The World's objects belong to `patient`; `other_patient` is the stranger.
"""

import dataclasses
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponseForbidden
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, include, path, reverse
from django.utils import timezone

from clinic import messages
from clinic.models import Message, User
from clinic.urls import urlpatterns  # noqa: F401 - the site's, with the refusal below
from intake import services
from intake.models import (
    Case,
    Clearance,
    ExercisePlan,
    Intake,
    IntakeDraft,
    Patient,
    Referral,
    Report,
    ReviewDecision,
)
from scheduling.models import (
    Appointment,
    Call,
    Closure,
    Rebooking,
    WaitlistEntry,
    WaitlistOffer,
)
from scheduling.plan import as_interval
from scheduling.services import ask_to_call, close
from tests import answers
from tests.factories import referrals, scheduling, waitlist
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import exercises_given
from tests.people import signed_in

PEOPLE = ("anonymous", "patient", "other_patient", "desk", "doctor", "administrator")

OK = "ok"
SIGN_IN = "sign in as a patient"
STAFF_SIGN_IN = "sign in as staff"
ELSEWHERE = "sent on"
NO = "403"
BAD = "400"
NOT_FOUND = "404"
NOT_SO = "405"
CONFLICT = "409"
INVALID = "422"


@dataclass
class World:
    """What the rows' addresses are about. Made when a row asks for it."""

    people: dict[str, User]

    @property
    def patient(self) -> User:
        return self.people["patient"]

    @cached_property
    def record(self) -> Patient:
        return self.patient.patients.get()

    @cached_property
    def other_record(self) -> Patient:
        return PatientFactory.create(given_name="Perhaps the same")

    @cached_property
    def intake(self) -> Intake:
        """A held intake, which is tied to the patient's account."""
        now = timezone.now()
        draft = services.start_draft(browser=uuid.uuid4(), now=now)
        services.keep_answers(
            draft_id=draft.pk,
            answers=answers.REFER,
            shown=list(answers.REFER),
            born=self.record.born,
            now=now,
        )
        about = {
            "given_name": self.record.given_name,
            "family_name": self.record.family_name,
            "phone": str(self.record.phone),
            "email": self.patient.email,
        }
        services.keep_about(draft_id=draft.pk, about=about, now=now)
        sent = services.submit(draft_id=draft.pk, by=None, now=now)
        return services.attach(intake_id=sent.pk, account=self.patient, now=now)

    @cached_property
    def question(self) -> ReviewDecision:
        return services.decide(
            case_id=self.case.pk,
            latest_seen=self.intake.pk,
            kind="ASK",
            reason="Not clear.",
            own_question="Since when?",
            by=StaffFactory.create(is_chiropractor=True),
            now=timezone.now(),
        )

    @cached_property
    def case(self) -> Case:
        assert self.intake.case
        return self.intake.case

    @cached_property
    def referral(self) -> Referral:
        """With a letter that is out, and a report that came back."""
        referral = referrals.referred(self.intake, by=self.people["doctor"])
        referrals.letter_out(referral, by=self.people["doctor"])
        return referral

    @cached_property
    def report(self) -> Report:
        return referrals.handed_in(self.referral, by=self.patient)

    @cached_property
    def clearance(self) -> Clearance:
        return scheduling.clearance(patient=self.record)

    @cached_property
    def visit(self) -> Appointment:
        return scheduling.book(self.clearance)

    @cached_property
    def wait(self) -> WaitlistEntry:
        return waitlist.waits(self.clearance)

    @cached_property
    def offer(self) -> WaitlistOffer:
        assert self.wait
        return waitlist.offered()[0]

    @cached_property
    def form_at_the_desk(self) -> IntakeDraft:
        scheduling.clearance(patient=self.record)
        return services.begin_at_desk(
            patient=self.record, then="", by=self.people["desk"], now=timezone.now()
        )

    @cached_property
    def call(self) -> IntakeDraft:
        """Begun by the desk: the chiropractor has calls of his own."""
        patient, by = self.record, self.people["desk"]
        return services.begin_call_of(patient=patient, by=by, now=timezone.now())

    @cached_property
    def rebooking(self) -> Rebooking:
        """Of the visit, whose time is closed."""
        closed = close(
            during=as_interval(self.visit.visit), reason="Away", by=None, now=timezone.now()
        )
        return closed.closure.rebookings.get()

    @cached_property
    def call_to_make(self) -> Call:
        ask_to_call(patient_id=self.record.pk, why=Call.Why.HELD, by=None, now=timezone.now())
        return Call.objects.get()

    @cached_property
    def exercises(self) -> ExercisePlan:
        return exercises_given(self.record, by=self.people["doctor"])

    @cached_property
    def closure(self) -> Closure:
        day = DateTimeTZRange(scheduling.NINE, scheduling.NINE + timedelta(hours=1))
        return Closure.objects.create(during=day, reason="Away")

    @cached_property
    def message(self) -> Message:
        return messages.no_account(to="somebody@example.com", now=timezone.now())


At = Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    anonymous: str
    patient: str
    other_patient: str
    desk: str
    doctor: str
    administrator: str
    at: At = lambda _: {}
    data: dict[str, str] = dataclasses.field(default_factory=dict)


def everybody(answer: str, **more: Any) -> Row:
    return Row(answer, answer, answer, answer, answer, answer, **more)


def of_the_family(patient: str, other_patient: str, **more: Any) -> Row:
    return Row(SIGN_IN, patient, other_patient, NO, NO, NO, **more)


def of_staff(desk: str, doctor: str, administrator: str, **more: Any) -> Row:
    return Row(STAFF_SIGN_IN, NO, NO, desk, doctor, administrator, **more)


def the_case(world: World) -> dict[str, Any]:
    return {"pk": world.case.pk}


def the_question(world: World) -> dict[str, Any]:
    return {"pk": world.question.pk}


def the_intake(world: World) -> dict[str, Any]:
    return {"pk": world.intake.pk}


def the_clearance(world: World) -> dict[str, Any]:
    return {"clearance_id": world.clearance.pk}


def the_person(world: World) -> dict[str, Any]:
    return {"pk": world.record.pk}


def the_answered_person(world: World) -> dict[str, Any]:
    return {"pk": world.clearance.patient_id}


def the_form_at_the_desk(world: World) -> dict[str, Any]:
    return {"pk": world.form_at_the_desk.pk}


def the_call(world: World) -> dict[str, Any]:
    return {"pk": world.call.pk}


def the_two_records(world: World) -> dict[str, Any]:
    return {"pk": world.record.pk, "other": world.other_record.pk}


def the_exercises(world: World) -> dict[str, Any]:
    return {"pk": world.exercises.patient_id}


def the_visit(world: World) -> dict[str, Any]:
    return {"pk": world.visit.pk}


def the_visit_of_the_person(world: World) -> dict[str, Any]:
    return {"pk": world.visit.patient_id, "visit": world.visit.pk}


def the_closure(world: World) -> dict[str, Any]:
    return {"pk": world.closure.pk}


def the_wait(world: World) -> dict[str, Any]:
    return {"pk": world.wait.pk}


def the_offer(world: World) -> dict[str, Any]:
    return {"pk": world.offer.pk}


def the_closed_time(world: World) -> dict[str, Any]:
    return {"pk": world.rebooking.closure_id}


def the_rebooking(world: World) -> dict[str, Any]:
    return {"pk": world.rebooking.pk}


def the_call_to_make(world: World) -> dict[str, Any]:
    return {"pk": world.call_to_make.pk}


def the_message(world: World) -> dict[str, Any]:
    return {"pk": world.message.pk}


def the_referral(world: World) -> dict[str, Any]:
    return {"pk": world.referral.pk}


def the_report(world: World) -> dict[str, Any]:
    return {"pk": world.report.pk}


def the_referral_of_the_case(world: World) -> dict[str, Any]:
    return {"pk": world.case.pk, "referral": world.referral.pk}


def the_report_of_the_case(world: World) -> dict[str, Any]:
    return {**the_referral_of_the_case(world), "report": world.report.pk}


ROWS = {
    # The clinic
    "GET healthz": everybody(OK),
    "GET clinic:landing": everybody(OK),
    "GET set_language": everybody(ELSEWHERE),
    "POST set_language": everybody(ELSEWHERE, data={"language": "es"}),
    # Signing in and out
    "GET clinic:sign_in": Row(OK, ELSEWHERE, ELSEWHERE, OK, OK, OK),
    "POST clinic:sign_in": Row(OK, ELSEWHERE, ELSEWHERE, OK, OK, OK),
    "GET clinic:sign_in_code": everybody(SIGN_IN),
    "POST clinic:sign_in_code": everybody(SIGN_IN),
    "GET clinic:sign_in_another_code": everybody(NOT_SO),
    "POST clinic:sign_in_another_code": everybody(SIGN_IN),
    "GET clinic:sign_out": everybody(NOT_SO),
    "POST clinic:sign_out": Row(
        SIGN_IN, SIGN_IN, SIGN_IN, STAFF_SIGN_IN, STAFF_SIGN_IN, STAFF_SIGN_IN
    ),
    "GET clinic:staff_sign_in": Row(OK, OK, OK, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "POST clinic:staff_sign_in": Row(OK, OK, OK, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "GET clinic:second_factor": everybody(STAFF_SIGN_IN),
    "POST clinic:second_factor": everybody(STAFF_SIGN_IN),
    "GET clinic:enrol": everybody(STAFF_SIGN_IN),
    "POST clinic:enrol": everybody(STAFF_SIGN_IN),
    "GET clinic:start": of_staff(ELSEWHERE, ELSEWHERE, ELSEWHERE),
    # The desk asks a patient aloud. What it may see of it: test_asking_at_the_desk.py.
    "GET questions:begin": of_staff(NOT_SO, NOT_SO, NO, at=the_person),
    "POST questions:begin": of_staff(ELSEWHERE, ELSEWHERE, NO, at=the_answered_person),
    "GET questions:ask": of_staff(OK, OK, NO, at=the_form_at_the_desk),
    "POST questions:ask": of_staff(ELSEWHERE, ELSEWHERE, NO, at=the_form_at_the_desk),
    # A caller's form, typed by who began it. What it shows, and when: test_phone_intake.py.
    "GET calls:new": of_staff(OK, OK, NO),
    "POST calls:new": of_staff(INVALID, INVALID, NO),
    "GET calls:new_for": of_staff(OK, OK, NO, at=the_person),
    "POST calls:new_for": of_staff(INVALID, INVALID, NO, at=the_person),
    "GET calls:call": of_staff(OK, NOT_FOUND, NO, at=the_call),
    "POST calls:call": of_staff(ELSEWHERE, NOT_FOUND, NO, at=the_call),
    "POST calls:mistake": of_staff(ELSEWHERE, NOT_FOUND, NO, at=the_call),
    "GET calls:hand_over": of_staff(OK, NOT_FOUND, NO, at=the_call),
    "POST calls:hand_over": of_staff(INVALID, NOT_FOUND, NO, at=the_call),
    # After a visit: home exercises
    "GET review:after_visit": of_staff(NO, OK, NO, at=the_person),
    "GET review:give_exercises": of_staff(NO, NOT_SO, NO, at=the_person),
    "POST review:give_exercises": of_staff(
        NO, INVALID, NO, at=the_person, data={"bird-dog-is_given": "on"}
    ),
    "GET review:change_clearance": of_staff(NO, NOT_SO, NO, at=the_person),
    "POST review:change_clearance": of_staff(NO, INVALID, NO, at=the_person),
    "GET review:note_pain": of_staff(NO, NOT_SO, NO, at=the_person),
    "POST review:note_pain": of_staff(NO, ELSEWHERE, NO, at=the_person, data={"score": "3"}),
    "GET intake:exercises": Row(SIGN_IN, OK, NOT_FOUND, NO, OK, NO, at=the_person),
    "GET intake:exercises_pdf": Row(SIGN_IN, OK, NOT_FOUND, NO, OK, NO, at=the_exercises),
    # Messages that did not arrive
    "GET clinic:unsent_messages": of_staff(OK, OK, OK),
    "GET clinic:send_message_again": of_staff(NOT_SO, NOT_SO, NOT_SO, at=the_message),
    "POST clinic:send_message_again": of_staff(ELSEWHERE, ELSEWHERE, ELSEWHERE, at=the_message),
    "GET clinic:set_message_aside": of_staff(NOT_SO, NOT_SO, NOT_SO, at=the_message),
    "POST clinic:set_message_aside": of_staff(ELSEWHERE, ELSEWHERE, ELSEWHERE, at=the_message),
    # The intake: a draft is found by the browser's session, and here no browser has one
    "GET intake:privacy": everybody(OK),
    "GET intake:resume": everybody(ELSEWHERE),
    "GET intake:start": everybody(NOT_SO),
    "POST intake:start": everybody(ELSEWHERE),
    "GET intake:forget": everybody(OK),
    "POST intake:forget": everybody(ELSEWHERE),
    "GET intake:save": everybody(ELSEWHERE),
    "POST intake:save": everybody(ELSEWHERE),
    "GET intake:save_code": everybody(ELSEWHERE),
    "POST intake:save_code": everybody(ELSEWHERE),
    "GET intake:saved": everybody(ELSEWHERE),
    # A link nobody was sent. What a real one opens, and to whom: test_intake_later.py.
    "GET intake:go_on": everybody(NOT_FOUND, at=lambda _: {"key": "made-up"}),
    "POST intake:go_on": everybody(NOT_FOUND, at=lambda _: {"key": "made-up"}),
    "GET intake:go_on_code": everybody(NOT_FOUND, at=lambda _: {"key": "made-up"}),
    "POST intake:go_on_code": everybody(NOT_FOUND, at=lambda _: {"key": "made-up"}),
    "GET intake:emergency": everybody(ELSEWHERE),
    "GET intake:leave_contact": everybody(ELSEWHERE),
    "POST intake:leave_contact": everybody(ELSEWHERE),
    "POST intake:mistake": everybody(ELSEWHERE),
    "GET intake:about": everybody(ELSEWHERE),
    "POST intake:about": everybody(ELSEWHERE),
    "GET intake:check": everybody(ELSEWHERE),
    "POST intake:check": everybody(ELSEWHERE),
    "GET intake:code": everybody(ELSEWHERE),
    "POST intake:code": everybody(ELSEWHERE),
    "GET intake:another_code": everybody(ELSEWHERE),
    "POST intake:another_code": everybody(ELSEWHERE),
    "GET intake:screen": everybody(ELSEWHERE, at=lambda _: {"slug": "about-the-pain"}),
    "POST intake:screen": everybody(ELSEWHERE, at=lambda _: {"slug": "about-the-pain"}),
    "GET intake:result": of_the_family(OK, NOT_FOUND, at=the_intake),
    "GET intake:wish_times": of_the_family(ELSEWHERE, NOT_FOUND, at=the_intake),
    "POST intake:wish_times": of_the_family(OK, NOT_FOUND, at=the_intake),
    # One page for the patient's doctor: the family's own, and the chiropractor's
    "GET intake:summary": Row(SIGN_IN, OK, NOT_FOUND, NO, OK, NO, at=the_intake),
    "GET intake:summary_pdf": Row(SIGN_IN, OK, NOT_FOUND, NO, OK, NO, at=the_intake),
    # A referral: the family's own; the clinician's side of it stands under the review
    "GET intake:referral": of_the_family(OK, NOT_FOUND, at=the_referral),
    "GET intake:letter_pdf": of_the_family(OK, NOT_FOUND, at=the_referral),
    "GET intake:hand_in": of_the_family(ELSEWHERE, NOT_FOUND, at=the_referral),
    "POST intake:hand_in": of_the_family(INVALID, NOT_FOUND, at=the_referral),
    "GET intake:doctor_seen": of_the_family(NOT_SO, NOT_SO, at=the_referral),
    "POST intake:doctor_seen": of_the_family(ELSEWHERE, NOT_FOUND, at=the_referral),
    "GET intake:report": of_the_family(OK, NOT_FOUND, at=the_report),
    "GET intake:changes": everybody(ELSEWHERE),
    "POST intake:changes": everybody(ELSEWHERE),
    # A family: the next form of each, and the grown-up who leaves
    "GET intake:asked": of_the_family(OK, NOT_FOUND, at=the_question),
    "POST intake:asked": of_the_family(INVALID, NOT_FOUND, at=the_question),
    "GET intake:next_form": of_the_family(NOT_SO, NOT_SO, at=the_person),
    "POST intake:next_form": of_the_family(ELSEWHERE, NOT_FOUND, at=the_person),
    "GET intake:own_account": of_the_family(OK, NOT_FOUND, at=the_person),
    "POST intake:own_account": of_the_family(OK, NOT_FOUND, at=the_person),
    "GET intake:take_over": of_the_family(ELSEWHERE, ELSEWHERE, at=lambda _: {"pk": uuid.uuid4()}),
    "POST intake:take_over": of_the_family(ELSEWHERE, ELSEWHERE, at=lambda _: {"pk": uuid.uuid4()}),
    # What is free, for anybody. With a clearance: test_openings.py.
    "GET scheduling:openings": everybody(
        OK, data={"visit_type": "new-exam", "from": "2026-11-10", "to": "2026-11-10"}
    ),
    # Booking, and the family's own visits
    "GET scheduling:visits": of_the_family(OK, OK),
    "GET scheduling:choose": of_the_family(OK, NOT_FOUND, at=the_clearance),
    "GET scheduling:hold": of_the_family(ELSEWHERE, NOT_FOUND, at=the_clearance),
    "POST scheduling:hold": of_the_family(BAD, NOT_FOUND, at=the_clearance),
    "GET scheduling:wait": of_the_family(OK, NOT_FOUND, at=the_clearance),
    "POST scheduling:wait": of_the_family(ELSEWHERE, NOT_FOUND, at=the_clearance),
    "GET scheduling:wishes": of_the_family(OK, NOT_FOUND, at=the_wait),
    "POST scheduling:wishes": of_the_family(ELSEWHERE, NOT_FOUND, at=the_wait),
    "GET scheduling:leave_waitlist": of_the_family(OK, NOT_FOUND, at=the_wait),
    "POST scheduling:leave_waitlist": of_the_family(ELSEWHERE, NOT_FOUND, at=the_wait),
    "GET scheduling:offer": of_the_family(OK, NOT_FOUND, at=the_offer),
    "POST scheduling:offer": of_the_family(ELSEWHERE, NOT_FOUND, at=the_offer),
    "GET scheduling:decline_offer": of_the_family(NOT_SO, NOT_SO, at=the_offer),
    "POST scheduling:decline_offer": of_the_family(ELSEWHERE, NOT_FOUND, at=the_offer),
    "GET scheduling:visit": of_the_family(OK, NOT_FOUND, at=the_visit),
    "GET scheduling:calendar": of_the_family(OK, NOT_FOUND, at=the_visit),
    "GET scheduling:confirm": of_the_family(ELSEWHERE, NOT_FOUND, at=the_visit),
    "POST scheduling:confirm": of_the_family(ELSEWHERE, NOT_FOUND, at=the_visit),
    "GET scheduling:cancel": of_the_family(OK, NOT_FOUND, at=the_visit),
    "POST scheduling:cancel": of_the_family(ELSEWHERE, NOT_FOUND, at=the_visit, data={"seen": "1"}),
    "GET scheduling:has_anything_changed": of_the_family(OK, NOT_FOUND, at=the_visit),
    "GET scheduling:move": of_the_family(OK, NOT_FOUND, at=the_visit),
    "POST scheduling:move": of_the_family(BAD, NOT_FOUND, at=the_visit),
    # The review
    "GET review:list": of_staff(OK, OK, NO),
    "GET review:case": of_staff(NO, OK, NO, at=the_case),
    "POST review:case": of_staff(NO, INVALID, NO, at=the_case),
    "GET review:set_aside": of_staff(NO, NOT_SO, NO, at=the_case),
    "POST review:set_aside": of_staff(NO, INVALID, NO, at=the_case),
    "GET review:referral": of_staff(NO, OK, NO, at=the_referral_of_the_case),
    "POST review:referral": of_staff(NO, INVALID, NO, at=the_referral_of_the_case),
    "GET review:letter_pdf": of_staff(NO, OK, NO, at=the_referral_of_the_case),
    "GET review:letter_sent": of_staff(NO, NOT_SO, NO, at=the_referral_of_the_case),
    "POST review:letter_sent": of_staff(NO, INVALID, NO, at=the_referral_of_the_case),
    "GET review:doctor_seen": of_staff(NO, NOT_SO, NO, at=the_referral_of_the_case),
    "POST review:doctor_seen": of_staff(NO, ELSEWHERE, NO, at=the_referral_of_the_case),
    "GET review:receive_report": of_staff(NO, NOT_SO, NO, at=the_referral_of_the_case),
    "POST review:receive_report": of_staff(NO, INVALID, NO, at=the_referral_of_the_case),
    "GET review:report": of_staff(NO, OK, NO, at=the_report_of_the_case),
    # The protocol
    "GET protocol:read": of_staff(OK, OK, OK),
    "GET protocol:sign": of_staff(NO, OK, NO),
    "POST protocol:sign": of_staff(NO, INVALID, NO),
    # The desk
    # A patient found, read, put on record and put right by staff
    "GET desk:search": of_staff(OK, OK, OK),
    "POST desk:search": of_staff(OK, OK, OK, data={"text": "Ana"}),
    "GET desk:patient": of_staff(OK, OK, OK, at=the_person),
    "GET patients:new": of_staff(OK, NO, NO),
    "POST patients:new": of_staff(INVALID, NO, NO),
    "GET patients:contact": of_staff(OK, NO, NO, at=the_person),
    "POST patients:contact": of_staff(INVALID, NO, NO, at=the_person),
    "GET desk:day": of_staff(OK, OK, NO),
    "GET desk:feed": of_staff(BAD, BAD, NO),
    "GET desk:book": of_staff(OK, OK, NO),
    "POST desk:book": of_staff(BAD, BAD, NO),
    "GET desk:walk_in": of_staff(OK, OK, NO),
    "POST desk:walk_in": of_staff(OK, OK, NO),
    "GET desk:block": of_staff(OK, OK, NO),
    "POST desk:block": of_staff(BAD, BAD, NO),
    "GET desk:undo_block": of_staff(NOT_SO, NOT_SO, NO, at=the_closure),
    "POST desk:undo_block": of_staff(ELSEWHERE, ELSEWHERE, NO, at=the_closure),
    "GET desk:move": of_staff(OK, OK, NO, at=the_visit),
    "POST desk:move": of_staff(BAD, BAD, NO, at=the_visit),
    "GET desk:undo": of_staff(NOT_SO, NOT_SO, NO, at=the_visit),
    "POST desk:undo": of_staff(CONFLICT, CONFLICT, NO, at=the_visit),
    "GET desk:wait": of_staff(OK, OK, NO, at=the_answered_person),
    "POST desk:wait": of_staff(INVALID, INVALID, NO, at=the_answered_person),
    "GET desk:waitlist": of_staff(OK, OK, NO),
    "GET desk:offer_time": of_staff(NOT_SO, NOT_SO, NO),
    "POST desk:offer_time": of_staff(BAD, BAD, NO),
    "GET desk:take_off_waitlist": of_staff(NOT_SO, NOT_SO, NO, at=the_wait),
    "POST desk:take_off_waitlist": of_staff(ELSEWHERE, ELSEWHERE, NO, at=the_wait),
    "GET desk:put_back_on_waitlist": of_staff(NOT_SO, NOT_SO, NO, at=the_wait),
    "POST desk:put_back_on_waitlist": of_staff(CONFLICT, CONFLICT, NO, at=the_wait),
    "GET desk:accept_offer": of_staff(NOT_SO, NOT_SO, NO, at=the_offer),
    "POST desk:accept_offer": of_staff(ELSEWHERE, ELSEWHERE, NO, at=the_offer),
    "GET desk:decline_offer": of_staff(NOT_SO, NOT_SO, NO, at=the_offer),
    "POST desk:decline_offer": of_staff(ELSEWHERE, ELSEWHERE, NO, at=the_offer),
    "GET desk:closings": of_staff(OK, OK, NO),
    "POST desk:closings": of_staff(BAD, BAD, NO),
    "GET desk:closing": of_staff(OK, OK, NO, at=the_closed_time),
    "GET desk:undo_closing": of_staff(NOT_SO, NOT_SO, NO, at=the_closed_time),
    "POST desk:undo_closing": of_staff(CONFLICT, CONFLICT, NO, at=the_closed_time),
    "GET desk:tell_closing": of_staff(NOT_SO, NOT_SO, NO, at=the_closed_time),
    "POST desk:tell_closing": of_staff(ELSEWHERE, ELSEWHERE, NO, at=the_closed_time),
    "GET desk:take_proposed": of_staff(NOT_SO, NOT_SO, NO, at=the_rebooking),
    "POST desk:take_proposed": of_staff(CONFLICT, CONFLICT, NO, at=the_rebooking),
    "GET desk:lists": of_staff(OK, OK, NO),
    "GET desk:confirm_by_phone": of_staff(NOT_SO, NOT_SO, NO, at=the_visit),
    "POST desk:confirm_by_phone": of_staff(BAD, BAD, NO, at=the_visit),
    "GET desk:call": of_staff(NOT_SO, NOT_SO, NO, at=the_call_to_make),
    "POST desk:call": of_staff(BAD, BAD, NO, at=the_call_to_make),
    "GET patients:merge": of_staff(NO, NO, OK, at=the_two_records),
    "POST patients:merge": of_staff(NO, NO, INVALID, at=the_two_records),
    "GET patients:take_apart": of_staff(NO, NO, ELSEWHERE, at=the_person),
    "POST patients:take_apart": of_staff(NO, NO, ELSEWHERE, at=the_person),
    "GET desk:visits": of_staff(OK, OK, NO),
    "GET desk:visit": of_staff(OK, OK, NO, at=the_visit),
    "GET desk:step": of_staff(NOT_SO, NOT_SO, NO, at=the_visit),
    "POST desk:step": of_staff(BAD, BAD, NO, at=the_visit),
    "GET desk:series": of_staff(OK, OK, NO, at=the_person),
    "POST desk:series": of_staff(OK, OK, NO, at=the_person),
    # What the desk prints
    "GET desk:day_sheet": of_staff(OK, OK, NO),
    "GET desk:week_sheet": of_staff(OK, OK, NO),
    "GET desk:card": of_staff(OK, OK, NO, at=the_person),
    "GET desk:card_of_visit": of_staff(OK, OK, NO, at=the_visit_of_the_person),
}


@pytest.fixture
def frozen(time_machine: Any) -> None:
    """An evening before a day on which the clinic is open."""
    time_machine.move_to(scheduling.NOW, tick=False)


@pytest.fixture
def world(patient, other_patient, desk, doctor, administrator) -> World:
    everyone = (patient, other_patient, desk, doctor, administrator)
    return World(dict(zip(PEOPLE[1:], everyone, strict=True)))


def answer(client: Client, method: str, address: str, data: dict[str, str] | None = None) -> str:
    if data:
        response = (client.get if method == "GET" else client.post)(address, data)
    else:
        response = client.generic(method, address)
    if 200 <= response.status_code < 300:
        return OK
    if response.status_code not in (301, 302):
        return str(response.status_code)
    to = response.headers["Location"]
    if to.startswith(reverse("clinic:staff_sign_in")):
        return STAFF_SIGN_IN
    return SIGN_IN if to.startswith(reverse("clinic:sign_in")) else ELSEWHERE


def client_of(person: str, world: World) -> Client:
    return Client() if person == "anonymous" else signed_in(world.people[person])


@pytest.mark.django_db
@pytest.mark.parametrize("key", ROWS)
def test_each_person_gets_what_the_table_says(key: str, frozen: None, world: World):
    method, name = key.split()
    row = ROWS[key]
    address = reverse(name, kwargs=row.at(world))
    got = {person: answer(client_of(person, world), method, address, row.data) for person in PEOPLE}
    assert got == {person: getattr(row, person) for person in PEOPLE}


# --- Every route has a row ------------------------------------------------------------------------


def routes(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Name and pattern of every route; a nameless one goes by its pattern."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            inside = (*namespaces, each.namespace) if each.namespace else namespaces
            yield from routes(each, inside)
        elif isinstance(each, URLPattern):
            name = each.name or f"nameless {each.pattern}"
            yield ":".join((*namespaces, name)), str(each.pattern)


def without_row(resolver: URLResolver) -> set[str]:
    """The admin site's are one rule: see below."""
    listed = {key.split()[1] for key in ROWS}
    found = {name for name, _ in routes(resolver)}
    return {name for name in found if name not in listed and not name.startswith("admin:")}


def test_every_route_has_a_row():
    assert not without_row(get_resolver())


def test_every_row_has_a_route():
    found = {name for name, _ in routes(get_resolver())}
    assert {key.split()[1] for key in ROWS} - found == set()


def test_a_route_without_a_row_is_found():
    def page(request: Any) -> Any: ...

    forgotten = path("forgotten/", page, name="forgotten")
    nameless = path("nameless/", page)
    inside = path("more/", include(([path("deep/<int:pk>/", page, name="deep")], "more")))
    patterns = [*get_resolver().url_patterns, forgotten, nameless, inside]
    planted = type("Planted", (), {"url_patterns": patterns})
    found = without_row(planted) - without_row(get_resolver())
    assert found == {"forgotten", "nameless nameless/", "more:deep"}


# --- The admin site: the administrator's, whatever is registered there ----------------------------


def handler403(request: HttpRequest, exception: Exception) -> HttpResponseForbidden:
    """Instead of a page about it, which would take most of the time of a thousand refusals."""
    return HttpResponseForbidden()


def admin_addresses() -> Iterator[str]:
    """An address for every route of the admin site, real or not: the door comes first."""
    for each in get_resolver().url_patterns:
        if isinstance(each, URLResolver) and each.namespace == "admin":
            yield from ("/" + address for address in addresses(each, ""))


def addresses(each: URLResolver | URLPattern, before: str) -> Iterator[str]:
    pattern = str(each.pattern)
    pattern = re.sub(r"\(\?P<\w+>[^)]*\)", "1", pattern)  # a regular expression's part
    pattern = re.sub(r"<\w+:\w+>|<\w+>", "1", pattern)
    pattern = pattern.replace("^", "").replace("$", "").replace(r"\Z", "").replace("\\", "")
    if isinstance(each, URLResolver):
        for inner in each.url_patterns:
            yield from addresses(inner, before + pattern)
    else:
        yield before + pattern


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_admin_site_is_the_administrators(world: World, method: str):
    found = set(admin_addresses())
    assert len(found) > 20, "the walk found the site"
    for person, expected in zip(PEOPLE, (STAFF_SIGN_IN, NO, NO, NO, NO, None), strict=True):
        client = client_of(person, world)
        # The way out comes last.
        walk = sorted(found, key=lambda address: address == "/admin/logout/")
        got = {address: answer(client, method, address) for address in walk}
        if expected:
            assert set(got.values()) == {expected}, (person, got)
        else:
            assert got.pop("/admin/logout/") == (STAFF_SIGN_IN if method == "POST" else NOT_SO)
            assert STAFF_SIGN_IN not in got.values(), got
            assert got["/admin/"] == OK


@pytest.mark.django_db
def test_second_factors_are_not_in_the_admin_site(administrator_client):
    """Who could read or change them there could be anybody."""
    page = administrator_client.get("/admin/").content.decode()
    assert "/admin/mfa/" not in page
    assert "/admin/account/" not in page
    assert administrator_client.get("/admin/mfa/authenticator/").status_code == 404
