"""The short re-screen: who may take it, what it asks, what it renews, and what it holds."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from clinic.models import AuditEntry, Message, User
from intake import renewal, services
from intake.exceptions import AnswersTooOld, NotTheirAccount
from intake.models import Case, Clearance, Disposition, Intake, IntakeDraft, Patient
from intake.triage import PROTOCOL
from scheduling.slots import State
from tests import answers
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory, decided, held
from tests.factories.scheduling import NOW, book, state_of
from tests.walking import BY_SLUG, errors, place, slug_of

pytestmark = pytest.mark.django_db

AGE = 38
LONG_AGO = NOW - timedelta(days=60)
FULL = {**answers.BOOK, "age": AGE}


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def ana(patient: User) -> Patient:
    return patient.patients.get()


@pytest.fixture
def full(ana: Patient) -> Intake:
    return full_intake(ana)


def full_intake(patient: Patient, **fields: Any) -> Intake:
    return IntakeFactory(
        **{
            "patient": patient,
            "answers": FULL,
            "protocol": PROTOCOL.version,
            "submitted_at": LONG_AGO,
            "details": {
                "medicines": "ibuprofen",
                "allergies": "nuts",
                "payment": "self",
                "also_hurts": ["neck"],
            },
            **fields,
        }
    )


def begin(client: Client, patient: Patient):
    return client.post(f"/my/people/{patient.pk}/questions/", follow=True)


def answer_short(client: Client, response, said=answers.BOOK) -> tuple[Any, list[str]]:
    """Post every screen the short form puts; the page after, and the questions that were put."""
    put: list[str] = []
    while slug := slug_of(response):
        asked = re.findall(r'name="(\w+)" value', response.content.decode())
        here = [id_ for id_ in BY_SLUG[slug].questions if id_ in asked]
        put += here
        data = {id_: said[id_] for id_ in here if id_ in said}
        before, response = slug, client.post(f"/intake/{slug}/", data, follow=True)
        assert slug_of(response) != before, errors(response)
    return response, put


def send(client: Client, **typed: str):
    return client.post(
        "/intake/changes/", {"medicines": "ibuprofen", "allergies": "nuts", **typed}, follow=True
    )


def filled_in(patient: Patient, said: dict[str, object]) -> IntakeDraft:
    assert patient.account
    draft = services.begin_next_form(
        patient=patient, browser=uuid.uuid4(), by=patient.account, now=NOW
    )
    return services.keep_answers(draft_id=draft.pk, answers=said, shown=list(said), now=NOW)


def text(response) -> str:
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


class TestAClean:
    def test_short_form_renews_the_clearance(self, patient_client, ana, full, patient):
        page, _put = answer_short(patient_client, begin(patient_client, ana))
        assert place(page) == "/intake/changes/"
        assert "Has anything changed since Sept. 10, 2026?" in text(page)
        assert "ibuprofen" in text(page)
        result = send(patient_client)
        assert "You can choose a time" in text(result)

        intake = Intake.objects.get(kind=Intake.Kind.RESCREEN)
        assert (intake.patient, intake.renews, intake.case) == (ana, full, None)
        assert intake.disposition == Disposition.BOOK
        assert intake.answers == FULL, "every answer is on record, confirmed or given again"
        assert intake.account_id == patient.pk
        assert intake.details["payment"] == "self"
        assert "also_hurts" not in intake.details, "nobody was shown that"
        clearance = Clearance.objects.get(intake=intake)
        assert clearance.ends_at == NOW + timedelta(days=30)

    def test_it_is_short_and_puts_every_safety_question(self, patient_client, ana, full):
        _page, put = answer_short(patient_client, begin(patient_client, ana))
        safety = {q.id for q in PROTOCOL.questions if q.section == "A" and q.id != "age"}
        applying = safety & set(answers.BOOK)
        assert applying <= set(put)
        assert set(put) - safety <= renewal.ASKED_AGAIN
        assert len(put) <= 20, put

    def test_what_is_changed_is_what_counts(self, patient_client, ana, full):
        answer_short(patient_client, begin(patient_client, ana))
        page = patient_client.post(
            "/intake/changes/", {"change": "health-history", "medicines": "none"}, follow=True
        )
        assert slug_of(page) == "health-history"
        assert 'id="cancer-no" checked' in page.content.decode(), "the earlier answer is shown"
        said = dict.fromkeys(BY_SLUG["health-history"].questions, "no") | {"cancer": "skin_only"}
        page = patient_client.post(
            "/intake/health-history/", {**said, "from": "check"}, follow=True
        )
        assert place(page) == "/intake/changes/"
        assert ">none</textarea>" in page.content.decode().replace("\n", "")
        send(patient_client, medicines="none")
        intake = Intake.objects.get(kind=Intake.Kind.RESCREEN)
        assert intake.answers["cancer"] == "skin_only"
        assert intake.details["medicines"] == "none"
        assert intake.details["allergies"] == "nuts"

    def test_it_renews_again_and_again_within_the_year(self, patient_client, ana, full, patient):
        for _ in range(2):
            answer_short(patient_client, begin(patient_client, ana))
            assert "You can choose a time" in text(send(patient_client))
        first, second = Intake.objects.filter(kind="RESCREEN").order_by("pk")
        assert {first.renews_id, second.renews_id} & {full.pk}
        assert Clearance.objects.filter(patient=ana).count() == 2

    def test_the_questions_that_depend_on_a_birthday_are_put(self, patient_client, ana, full):
        """Too young for them when they answered: nobody has answered, so nothing is confirmed."""
        young = {k: v for k, v in FULL.items() if k != "cancer"}
        full_intake(ana, answers=young, submitted_at=LONG_AGO + timedelta(days=1))
        _page, put = answer_short(patient_client, begin(patient_client, ana))
        assert "cancer" in put

    def test_a_follow_up_of_an_earlier_answer_is_put_before_it_is_sent(self, patient_client, ana):
        full_intake(ana, answers={**FULL, "area": "neck", "neck_signs": "no"})
        page, put = answer_short(patient_client, begin(patient_client, ana))
        assert "neck_signs" not in put, "the neck is not confirmed yet"
        page = send(patient_client)
        assert slug_of(page) == "neck"
        assert not Intake.objects.filter(kind="RESCREEN").exists()
        page = patient_client.post(
            "/intake/neck/", {"neck_signs": "no", "from": "check"}, follow=True
        )
        assert "Check your answers" in text(page)
        assert "You can choose a time" in text(send(patient_client))


class TestAWorseOutcome:
    def test_holds_and_stops_the_visits_at_once(self, patient_client, ana, full):
        visit = book(ClearanceFactory(patient=ana, intake=full))
        worse = {**answers.BOOK, "worst": 8, "pattern": "no_change"}
        answer_short(patient_client, begin(patient_client, ana), worse)
        result = send(patient_client)
        assert "See a doctor first" in text(result)
        assert state_of(visit.pk) == State.SUSPENDED
        assert not Clearance.objects.standing().filter(patient=ana).exists()
        case = Case.objects.get()
        assert (case.patient, case.disposition) == (ana, Disposition.REFER)
        assert Message.objects.get(kind="held").recipient == ana.email

    def test_an_emergency_half_way_has_its_page_and_gives_the_time_back(
        self, patient_client, ana, full
    ):
        visit = book(ClearanceFactory(patient=ana, intake=full))
        page, _put = answer_short(
            patient_client, begin(patient_client, ana), {**answers.BOOK, "saddle": "yes"}
        )
        assert place(page) == "/intake/emergency/"
        assert state_of(visit.pk) == State.RELEASED
        intake = Intake.objects.get(disposition=Disposition.EMERGENCY)
        assert (intake.patient, intake.kind, intake.is_complete) == (ana, "RESCREEN", False)
        page = patient_client.post("/intake/emergency/mistake/", follow=True)
        assert slug_of(page), "the answer opens again"
        draft = IntakeDraft.objects.get(corrects=intake)
        assert draft.renews == full
        page, _put = answer_short(patient_client, page)
        send(patient_client)
        assert not Clearance.objects.standing().filter(patient=ana).exists()
        assert Intake.objects.filter(case=Case.objects.get()).count() == 2

    def test_one_left_half_way_is_found(self, patient_client, ana, full):
        """Judged with what was put, never with what was only said long ago."""
        begin(patient_client, ana)
        patient_client.post(
            "/intake/bladder-and-bowels/", {"bladder_bowel": ["leak_urine"]}, follow=True
        )
        assert services.judge_left_drafts(now=NOW + timedelta(hours=1)) == 1
        assert Intake.objects.get(disposition="EMERGENCY").patient == ana

    def test_another_account_gets_no_clearance(self, ana, full, other_patient, patient):
        draft = filled_in(ana, answers.BOOK)
        with pytest.raises(NotTheirAccount):
            services.submit(draft_id=draft.pk, by=other_patient, now=NOW)
        with pytest.raises(NotTheirAccount):
            services.submit(draft_id=draft.pk, by=None, now=NOW)
        assert not Intake.objects.filter(kind="RESCREEN").exists()
        assert services.submit(draft_id=draft.pk, by=patient, now=NOW).disposition == "BOOK"

    def test_a_red_flag_counts_whoever_is_signed_in(self, ana, full):
        draft = filled_in(ana, {**answers.BOOK, "fever": "yes"})
        sent = services.submit(draft_id=draft.pk, by=None, now=NOW)
        assert sent.case
        assert Case.objects.get(pk=sent.case_id).patient == ana


class TestAGap:
    def test_nothing_unconfirmed_is_sent(self, patient, ana, full):
        """Straight past the pages: what was not confirmed is a blank, and a blank holds."""
        given = {k: v for k, v in answers.BOOK.items() if k in renewal.ASKED_AGAIN}
        draft = filled_in(ana, given)
        sent = services.submit(draft_id=draft.pk, by=patient, now=NOW)
        assert sent.disposition != Disposition.BOOK
        assert sent.case

    def test_the_page_is_not_reached_with_a_gap(self, patient_client, ana, full):
        begin(patient_client, ana)
        page = patient_client.get("/intake/changes/", follow=True)
        assert slug_of(page) == "bladder-and-bowels"
        assert place(send(patient_client)) != "/intake/changes/"
        assert not Intake.objects.filter(kind="RESCREEN").exists()

    def test_an_answer_changed_in_another_tab_is_looked_at_first(self, patient_client, ana, full):
        page, _put = answer_short(patient_client, begin(patient_client, ana))
        made_from = re.search(r'name="made_from" value="([^"]+)"', page.content.decode())[1]
        said = dict.fromkeys(BY_SLUG["health"].questions, "no") | {"fever": "not_sure"}
        patient_client.post("/intake/health/", {**said, "from": "check"})
        page = send(patient_client, made_from=made_from)
        assert place(page) == "/intake/changes/"
        assert "Look at them once more, then send them." in text(page)
        assert not Intake.objects.filter(kind="RESCREEN").exists()


class TestWhoMay:
    def full_form(self, client: Client, patient: Patient) -> IntakeDraft:
        begin(client, patient)
        draft = IntakeDraft.objects.latest("started_at")
        assert draft.renews is None
        return draft

    def test_after_a_year_it_is_the_full_form_with_the_name_filled_in(self, patient_client, ana):
        full_intake(ana, submitted_at=NOW - timedelta(days=366))
        draft = self.full_form(patient_client, ana)
        assert draft.born == ana.born
        assert draft.about["typed"]["given_name"] == "Ana"

    @pytest.mark.parametrize(
        "fields",
        [
            {"protocol": "0.9"},
            {"kind": "RESCREEN"},
        ],
        ids=["another version of the protocol", "no full one beneath"],
    )
    def test_otherwise_it_is_the_full_form(self, patient_client, ana, fields):
        if fields.get("kind"):
            fields = {**fields, "renews": full_intake(ana, submitted_at=NOW - timedelta(days=400))}
        full_intake(ana, **fields)
        self.full_form(patient_client, ana)

    def test_never_from_before_an_emergency(self, patient_client, ana, full):
        emergency = held(ana, Disposition.EMERGENCY, submitted_at=NOW - timedelta(days=3))
        resolve(emergency)
        self.full_form(patient_client, ana)

    def test_nobody_with_an_unresolved_case(self, patient_client, ana, full):
        held(ana)
        page = begin(patient_client, ana)
        assert "still looking at earlier answers" in text(page)
        assert not IntakeDraft.objects.exists()

    def test_a_stranger_finds_nothing(self, other_patient_client, ana, full):
        assert begin(other_patient_client, ana).status_code == 404
        assert not IntakeDraft.objects.exists()

    def test_one_that_lay_open_past_the_year_clears_nobody(self, ana, full, patient):
        draft = filled_in(ana, answers.BOOK)
        too_late = LONG_AGO + timedelta(days=366)
        with pytest.raises(AnswersTooOld):
            services.submit(draft_id=draft.pk, by=patient, now=too_late)
        assert not Intake.objects.filter(kind="RESCREEN").exists()
        in_time = LONG_AGO + timedelta(days=364)
        assert services.submit(draft_id=draft.pk, by=patient, now=in_time).disposition == "BOOK"

    def test_one_that_lay_open_past_the_year_still_holds(self, ana, full, patient):
        draft = filled_in(ana, {**answers.BOOK, "fever": "yes"})
        sent = services.submit(draft_id=draft.pk, by=patient, now=LONG_AGO + timedelta(days=366))
        assert sent.case


def resolve(intake: Intake) -> None:
    decided(intake, "RESOLVED")
    Case.objects.filter(pk=intake.case_id).update(state="CLOSED", resolved_at=NOW)


class TestTheDatabase:
    def short(self, ana: Patient, before: Intake, **fields: Any) -> Intake:
        return full_intake(ana, kind="RESCREEN", renews=before, submitted_at=NOW, **fields)

    def test_a_short_form_renews_something(self, ana, full):
        with pytest.raises(IntegrityError, match="intake_rescreen_renews_another"):
            full_intake(ana, kind="RESCREEN")

    def test_a_clearance_stands_on_a_full_form_of_the_year(self, ana, full):
        assert ClearanceFactory(patient=ana, intake=self.short(ana, full), starts_at=NOW)

    @pytest.mark.parametrize("fault", ["year", "person", "protocol", "emergency"])
    def test_and_on_nothing_less(self, ana, fault):
        whose = PatientFactory() if fault == "person" else ana
        age = timedelta(days=400) if fault == "year" else timedelta(days=60)
        version = "0.9" if fault == "protocol" else PROTOCOL.version
        before = full_intake(whose, submitted_at=NOW - age, protocol=version)
        short = self.short(ana, before)
        if fault == "emergency":
            resolve(held(ana, Disposition.EMERGENCY, submitted_at=NOW - timedelta(days=5)))
        with (
            pytest.raises(IntegrityError, match="full intake of the last year"),
            transaction.atomic(),
        ):
            ClearanceFactory(patient=ana, intake=short, starts_at=NOW)


def test_the_number_of_queries_is_fixed(
    patient_client, ana, full, django_assert_num_queries: DjangoAssertNumQueries
):
    answer_short(patient_client, begin(patient_client, ana))
    with django_assert_num_queries(6):
        patient_client.get("/intake/changes/")


def test_it_is_on_the_trail(patient_client, ana, full):
    answer_short(patient_client, begin(patient_client, ana))
    send(patient_client)
    actions = set(AuditEntry.objects.filter(patient_id=ana.pk).values_list("action", flat=True))
    assert {"short form begun", "clearance issued"} <= actions
