"""Asked aloud on the day of the visit: no earlier answer on the page, and worse acts at once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from clinic.models import AuditEntry, ClinicProfile, Message, User
from intake import renewal, services
from intake.exceptions import StillToAsk
from intake.models import Case, Clearance, Disposition, Intake, IntakeDraft, Patient
from intake.services.drafts import TYPED
from intake.triage import PROTOCOL
from scheduling.models import Appointment, Call
from scheduling.services import calls
from scheduling.slots import State
from tests import answers
from tests.factories.clinic import PatientFactory
from tests.factories.intake import (
    ClearanceFactory,
    GuardianConsentFactory,
    IntakeFactory,
    cleared,
    held,
)
from tests.factories.scheduling import NINE, NOW, book, state_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db

FULL = {**answers.BOOK, "age": 38}
LONG_AGO = NOW - timedelta(days=20)
MORNING = NINE - timedelta(minutes=10)
REST = {"rest": "same"}


@pytest.fixture(autouse=True)
def morning_of_the_visit(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(MORNING, tick=False)


@pytest.fixture
def ana(patient: User) -> Patient:
    return patient.patients.get()


def visit_of(patient: Patient, **fields: Any) -> Appointment:
    """Booked for this morning, on answers of three weeks ago."""
    said = {
        "answers": FULL,
        "protocol": PROTOCOL.version,
        "submitted_at": LONG_AGO,
        "details": {"medicines": "ibuprofen", "allergies": "nuts", "payment": "self"},
        **fields,
    }
    full = IntakeFactory.create(patient=patient, **said)
    return book(ClearanceFactory.create(patient=patient, intake=full, starts_at=LONG_AGO))


@pytest.fixture
def visit(ana: Patient) -> Appointment:
    return visit_of(ana)


def look(client: Client, visit: Appointment) -> str:
    return client.get(reverse("desk:visit", args=[visit.pk])).content.decode()


def begin(client: Client, visit: Appointment):
    there = reverse("desk:visit", args=[visit.pk])
    address = reverse("questions:begin", args=[visit.patient_id])
    return client.post(address, {"then": there}, follow=True)


def screen_of(response) -> str:
    found = re.search(r'name="screen" value="([\w-]+)"', response.content.decode())
    return found[1] if found else ""


def address_of(response) -> str:
    return str(response.request["PATH_INFO"])


def answer_all(
    client: Client, response, said=answers.BOOK, rest=REST
) -> tuple[Any, dict[str, str]]:
    """Every page until it is sent; what came of it, and the pages by their screen."""
    response, pages = answer_screens(client, response, said)
    if 'name="rest"' in response.content.decode():
        pages["rest"] = response.content.decode()
        response, more = answer_screens(
            client, client.post(address_of(response), rest, follow=True), said
        )
        pages |= more
    return response, pages


def answer_screens(client: Client, response, said=answers.BOOK) -> tuple[Any, dict[str, str]]:
    """Screen by screen, until one comes twice or none comes any more."""
    pages: dict[str, str] = {}
    while (here := screen_of(response)) and here not in pages:
        pages[here] = response.content.decode()
        put = set(re.findall(r'name="(\w+)" value', pages[here])) & set(said)
        data = {"screen": here, **{id_: said[id_] for id_ in put}}
        response = client.post(address_of(response), data, follow=True)
    return response, pages


def text(page: str) -> str:
    main = page.split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


class TestTheVisit:
    def test_says_that_the_answers_are_old_and_offers_to_ask(self, desk_client, visit):
        page = text(look(desk_client, visit))
        assert "They last answered the health questions on Oct. 20, 2026." in page
        assert "Ask again now" in page

    @pytest.mark.parametrize("state", [State.CONFIRMED, State.ARRIVED])
    def test_also_once_they_are_here(self, desk_client, desk, visit, state):
        Appointment.objects.filter(pk=visit.pk).update(state=state.value)
        assert "Ask again now" in look(desk_client, visit)

    @pytest.mark.parametrize("state", [State.IN_ROOM, State.CANCELLED])
    def test_not_once_it_has_begun_or_is_off(self, desk_client, visit, state):
        Appointment.objects.filter(pk=visit.pk).update(state=State.ARRIVED.value)
        Appointment.objects.filter(pk=visit.pk).update(state=state.value)
        assert "Ask again now" not in look(desk_client, visit)

    def test_not_the_day_before(self, desk, visit, time_machine):
        time_machine.move_to(NOW, tick=False)
        assert "Ask again now" not in look(signed_in(desk), visit)

    def test_not_while_the_answers_are_new_enough(self, desk_client, visit):
        ClinicProfile.objects.update(rescreen_days=21)
        assert "Ask again now" not in look(desk_client, visit)

    def test_nor_when_the_doctor_has_just_given_this_leave(self, desk_client, ana):
        leave = cleared(ana, starts_at=LONG_AGO)
        assert leave.decision
        visit = book(leave)
        assert "Ask again now" not in look(desk_client, visit)


class TestNothingOfBeforeIsShown:
    def test_no_answer_is_marked_on_any_page(self, desk_client, visit, ana):
        said = {**answers.BOOK, "worst": 3}
        result, pages = answer_all(desk_client, begin(desk_client, visit), said)
        assert "Nothing stands in the way" in text(result.content.decode())
        for screen, page in pages.items():
            assert not re.search(r'<input type="(radio|checkbox)"[^>]* checked', page), screen
            assert "ibuprofen" not in page
            assert "nuts" not in page

    def test_what_was_confirmed_unseen_is_on_no_page_either(self, desk_client, desk, visit):
        """Cut off before it was sent: the rest is asked once more, and nothing can be looked up."""
        page, _pages = answer_screens(desk_client, begin(desk_client, visit))
        here = address_of(page)
        pk = IntakeDraft.objects.get().pk
        for rest, kept in (("same", "no"), ("same", "no"), ("changed", None)):
            services.tell_the_rest(draft_id=pk, rest=rest, words="", by=desk, now=MORNING)
            assert IntakeDraft.objects.get().answers.get("cancer") == kept
            shown = desk_client.get(f"{here}?screen=health-history").content.decode()
            assert 'id="cancer-no" checked' not in shown
            assert ('name="rest"' in shown) is (rest == "same")

    def test_the_questions_put_do_not_depend_on_what_was_said_before(self, desk, visit, ana):
        """Neither the neck's own questions nor what set it off tell what was answered."""
        _result, first = answer_all(signed_in(desk), begin(signed_in(desk), visit))
        bo = PatientFactory.create(born=ana.born)
        before = {**FULL, "area": "neck", "neck_signs": "no", "care": "none", "injury": "healed"}
        before = {k: v for k, v in before.items() if k not in ("onset", "care_result")}
        Appointment.objects.filter(pk=visit.pk).update(state=State.CANCELLED.value)
        other = visit_of(bo, answers=before)
        _result, second = answer_all(signed_in(desk), begin(signed_in(desk), other))
        assert list(first) == list(second)
        asked = [
            set(re.findall(r'name="(\w+)" value', page))
            for page in (*first.values(), *second.values())
        ]
        assert asked[: len(first)] == asked[len(first) :]
        assert text(first["rest"]) == text(second["rest"]).replace(bo.name, ana.name)

    def test_after_it_is_sent_the_desk_reads_the_outcome_and_the_words_to_say(
        self, desk_client, visit
    ):
        worse = {**answers.BOOK, "fever": "yes", "worst": 9}
        result, _pages = answer_all(desk_client, begin(desk_client, visit), worse)
        page = text(result.content.decode())
        assert "Dr. Solomon looks first" in page
        assert "See a doctor" in page
        assert "Please take a seat" in page
        finding = Intake.objects.get(kind="RESCREEN").findings.first()
        assert finding
        assert finding.reason not in page
        assert "ever" not in page.replace("every", "").replace("never", "")
        back = desk_client.get(address_of(result) + "?screen=health").content.decode()
        assert 'name="fever"' not in back

    def test_a_form_left_for_half_an_hour_is_over(self, desk, visit, time_machine):
        page = begin(signed_in(desk), visit)
        desk_client = signed_in(desk)
        first = screen_of(page)
        desk_client.post(address_of(page), {"screen": first, "back": "1"})
        time_machine.move_to(MORNING + timedelta(minutes=31), tick=False)
        left = signed_in(desk).get(address_of(page), follow=True)
        assert "That was left for too long" in left.content.decode()
        assert address_of(left) == reverse("desk:visit", args=[visit.pk])

    def test_what_a_patient_fills_in_is_not_read_here(self, desk_client, ana, visit):
        own = services.begin_next_form(patient=ana, browser=ana.pk, by=ana.account, now=MORNING)
        assert desk_client.get(reverse("questions:ask", args=[own.pk])).status_code == 404


class TestNothingHasChanged:
    def test_is_on_record_with_who_typed_it_and_lets_the_visit_go_on(
        self, desk_client, desk, visit, ana
    ):
        result, pages = answer_all(desk_client, begin(desk_client, visit))
        assert "Nothing stands in the way" in text(result.content.decode())
        said = Intake.objects.get(kind=Intake.Kind.RESCREEN)
        assert (said.channel, said.typed_by, said.account_id) == ("DESK", desk, None)
        assert (said.patient, said.case, said.disposition) == (ana, None, Disposition.BOOK)
        assert said.answers == FULL
        assert state_of(visit.pk) is State.BOOKED
        assert Clearance.objects.count() == 1, "it lets nobody through"
        assert "Ask again now" not in look(desk_client, visit)
        put = {id_ for page in pages.values() for id_ in re.findall(r'name="(\w+)" value', page)}
        safety = {q.id for q in PROTOCOL.questions if q.section == "A" and q.id != "age"}
        assert safety & set(answers.BOOK) <= put
        assert put & set(answers.BOOK) <= renewal.ASKED_AT_DESK
        trail = AuditEntry.objects.filter(actor=desk, patient_id=ana.pk)
        assert {"questions begun at the desk", "viewed"} <= {
            *trail.values_list("action", flat=True)
        }

    def test_is_never_taken_from_a_gap(self, desk_client, desk, visit):
        page = begin(desk_client, visit)
        empty = desk_client.post(address_of(page), {"screen": screen_of(page)})
        assert empty.status_code == 422
        assert "Pick an answer" in empty.content.decode()
        draft = IntakeDraft.objects.get()
        with pytest.raises(StillToAsk):
            services.send_from_desk(draft_id=draft.pk, by=desk, now=MORNING)
        services.tell_the_rest(draft_id=draft.pk, rest="same", words="", by=desk, now=MORNING)
        with pytest.raises(StillToAsk):
            services.send_from_desk(draft_id=draft.pk, by=desk, now=MORNING)

    def test_nor_is_the_rest(self, desk_client, desk, visit):
        page, _pages = answer_screens(desk_client, begin(desk_client, visit))
        blank = desk_client.post(address_of(page), {"words": "Took a new pill"})
        assert blank.status_code == 422
        assert "Ask, and pick what they said." in blank.content.decode()
        assert "Took a new pill" in blank.content.decode()
        with pytest.raises(StillToAsk):
            services.send_from_desk(draft_id=IntakeDraft.objects.get().pk, by=desk, now=MORNING)
        assert not Intake.objects.filter(kind="RESCREEN").exists()

    def test_what_they_said_besides_is_kept(self, desk_client, visit):
        rest = {"rest": "same", "words": "A new pillow"}
        answer_all(desk_client, begin(desk_client, visit), rest=rest)
        said = Intake.objects.get(kind="RESCREEN")
        assert said.own_words == "A new pillow"
        assert said.details["medicines"] == "ibuprofen"


class TestSomethingHasChanged:
    def test_then_all_of_it_is_asked_anew(self, desk_client, visit):
        rest = {"rest": "changed", "words": "Warfarin since May"}
        said = {**answers.BOOK, "thinner": "yes"}
        result, pages = answer_all(desk_client, begin(desk_client, visit), said, rest)
        assert {"health-history", "health-and-back", "care"} <= set(pages)
        assert "Dr. Solomon looks first" in text(result.content.decode())
        taken = Intake.objects.get(kind="RESCREEN")
        assert (taken.disposition, taken.own_words) == ("CO-MANAGE", "Warfarin since May")
        assert "medicines" not in taken.details, "nobody confirmed them"
        assert state_of(visit.pk) is State.SUSPENDED

    def test_so_is_everything_of_who_answered_in_full_too_long_ago(self, desk_client, ana):
        visit = visit_of(ana)
        old = IntakeFactory.create(
            patient=PatientFactory.create(),
            answers=FULL,
            protocol="0.9",
            submitted_at=LONG_AGO,
        )
        other = book(
            ClearanceFactory.create(patient=old.patient, intake=old, starts_at=LONG_AGO),
            NINE + timedelta(hours=1),
        )
        _result, pages = answer_all(desk_client, begin(desk_client, other))
        assert "rest" not in pages, "nothing can be as it was"
        assert "health-history" in pages
        assert state_of(visit.pk) is State.BOOKED


class TestWorse:
    def test_holds_and_suspends_at_once(self, desk_client, visit, ana):
        worse = {**answers.BOOK, "worst": 8, "pattern": "no_change"}
        answer_all(desk_client, begin(desk_client, visit), worse)
        case = Case.objects.get()
        assert (case.patient, case.disposition) == (ana, Disposition.REFER)
        assert state_of(visit.pk) is State.SUSPENDED
        assert not Clearance.objects.standing().filter(patient=ana).exists()

    def test_an_emergency_does_not_wait_for_the_end(self, desk_client, visit, ana):
        page = begin(desk_client, visit)
        result, pages = answer_all(desk_client, page, {**answers.BOOK, "saddle": "yes"})
        assert "Emergency: call 911 now" in text(result.content.decode())
        assert "health" not in pages
        said = Intake.objects.get(disposition=Disposition.EMERGENCY)
        assert (said.patient, said.channel, said.is_complete) == (ana, "DESK", False)
        assert state_of(visit.pk) is State.RELEASED
        assert AuditEntry.objects.filter(action=calls.CALL_THE_PATIENT).exists()
        again = desk_client.get(address_of(result))
        assert "Emergency: call 911 now" in again.content.decode()

    def test_who_has_arrived_keeps_their_place_and_is_on_the_list_of_calls(
        self, desk_client, visit
    ):
        Appointment.objects.filter(pk=visit.pk).update(state=State.ARRIVED.value)
        answer_all(desk_client, begin(desk_client, visit), {**answers.BOOK, "saddle": "yes"})
        assert state_of(visit.pk) is State.SUSPENDED
        assert AuditEntry.objects.filter(action=calls.CALL_THE_PATIENT).exists()

    def test_whoever_walks_off_in_the_middle_is_judged(self, desk, visit, time_machine):
        client = signed_in(desk)
        page = begin(client, visit)
        bladder = next(q for q in PROTOCOL.questions if q.id == "bladder_bowel")
        said = {"bladder_bowel": [bladder.options[0].value]}
        client.post(address_of(page), {"screen": screen_of(page), **said})
        assert not Case.objects.exists()
        later = MORNING + timedelta(minutes=31)
        assert services.judge_left_drafts(now=later) == 1
        left = Intake.objects.get(disposition=Disposition.EMERGENCY)
        assert (left.channel, left.typed_by, left.patient_id) == ("DESK", desk, visit.patient_id)
        assert state_of(visit.pk) is State.RELEASED


class TestWhoIsAsked:
    def test_a_sign_off_in_the_middle_loses_nothing(self, desk, doctor, visit):
        page = begin(signed_in(desk), visit)
        second = signed_in(desk).post(
            address_of(page), {"screen": screen_of(page), "bladder_bowel": ["none"]}, follow=True
        )
        again = begin(signed_in(doctor), visit)
        assert (address_of(again), screen_of(again)) == (address_of(page), screen_of(second))
        assert IntakeDraft.objects.count() == 1
        answer_all(signed_in(doctor), again)
        assert Intake.objects.get(kind="RESCREEN").typed_by == doctor, "who sent it"

    def test_somebody_without_an_account_or_an_email(self, desk_client):
        old = PatientFactory.create(account=None, email="")
        visit = visit_of(old)
        result, _pages = answer_all(desk_client, begin(desk_client, visit))
        assert "Nothing stands in the way" in text(result.content.decode())
        assert not Message.objects.exclude(kind="booked").exists()

    def test_worse_without_an_email_is_a_call_to_make(self, desk_client):
        old = PatientFactory.create(account=None, email="")
        visit = visit_of(old)
        worse = {**answers.BOOK, "fever": "yes"}
        answer_all(desk_client, begin(desk_client, visit), worse)
        assert state_of(visit.pk) is State.SUSPENDED
        assert not Message.objects.exclude(kind="booked").exists(), "nobody to write to"
        assert Call.objects.filter(why=Call.Why.HELD).exists()

    def test_a_minor_needs_their_guardian_beside_them(self, desk_client, patient, ana):
        kid = PatientFactory.create(
            account=patient, given_name="Kim", born=MORNING.date() - timedelta(days=15 * 365)
        )
        before = {k: v for k, v in FULL.items() if k not in ("cancer",)} | {
            "age": 14,
            "guardian": "yes",
        }
        intake = IntakeFactory.create(
            patient=kid, answers=before, protocol=PROTOCOL.version, submitted_at=LONG_AGO
        )
        GuardianConsentFactory.create(patient=kid, intake=intake)
        visit = book(ClearanceFactory.create(patient=kid, intake=intake, starts_at=LONG_AGO))
        alone = {**answers.BOOK, "guardian": "no"}
        page, _pages = answer_all(desk_client, begin(desk_client, visit), alone)
        assert screen_of(page) == "parent-or-guardian"
        assert "They are under 18." in page.content.decode()
        assert not Intake.objects.filter(kind="RESCREEN").exists()
        with_them = {"screen": "parent-or-guardian", "guardian": "yes"}
        desk_client.post(address_of(page), with_them)
        assert Intake.objects.get(kind="RESCREEN").answers["guardian"] == "yes"

    def test_not_while_a_case_of_theirs_is_open(self, desk_client, visit, ana):
        held(ana)
        page = begin(desk_client, visit)
        assert "A case of theirs is open." in page.content.decode()
        assert not IntakeDraft.objects.exists()

    def test_whoever_types_ties_no_two_patients_together(self, desk_client, visit):
        answer_all(desk_client, begin(desk_client, visit), {**answers.BOOK, "fever": "yes"})
        bo = PatientFactory.create()
        intake = IntakeFactory.create(
            patient=bo, answers=FULL, protocol=PROTOCOL.version, submitted_at=LONG_AGO
        )
        theirs = book(
            ClearanceFactory.create(patient=bo, intake=intake, starts_at=LONG_AGO),
            NINE + timedelta(hours=1),
        )
        answer_all(desk_client, begin(desk_client, theirs))
        assert Case.objects.count() == 1
        assert state_of(theirs.pk) is State.BOOKED

    def test_the_way_back_leads_to_visits_alone(self, desk_client, visit):
        address = reverse("questions:begin", args=[visit.patient_id])
        for then in ("https://example.com/", "/admin/", "//example.com"):
            desk_client.post(address, {"then": then})
            assert IntakeDraft.objects.get().about["then"] == ""


def test_the_database_asks_who_typed(ana):
    with pytest.raises(IntegrityError, match="desk_names_who_typed"), transaction.atomic():
        IntakeFactory.create(patient=ana, channel="DESK")


def test_the_typed_page_holds_no_typed_text_of_before(desk_client, visit):
    begin(desk_client, visit)
    assert TYPED not in IntakeDraft.objects.get().about
