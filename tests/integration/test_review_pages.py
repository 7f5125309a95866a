"""The review list and the case page: who reads what, and what a decision does."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic import times
from clinic.models import AuditEntry, HistoryEntry, Message, User
from intake import services, triage
from intake.models import Case, Clearance, Intake, ReviewDecision
from tests import answers
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import CaseFactory, IntakeFactory, cleared, held

pytestmark = pytest.mark.django_db

LIST = "/staff/review/"


def sent(
    said: dict[str, object],
    *,
    ago: timedelta = timedelta(0),
    browser: uuid.UUID | None = None,
    **about: Any,
) -> Intake:
    now = timezone.now() - ago
    draft = services.start_draft(browser=browser or uuid.uuid4(), now=now)
    services.keep_answers(
        draft_id=draft.pk, answers=said, shown=list(said), born=answers.BORN, now=now
    )
    who = {"given_name": "Ana", "family_name": "Reyes", "phone": "+17035550101"}
    services.keep_about(draft_id=draft.pk, about={**who, **about}, now=now)
    return services.submit(draft_id=draft.pk, by=None, now=now)


def proved(said: dict[str, object], account: User, **options: Any) -> Intake:
    intake = sent(said, email=account.email, **options)
    return services.attach(intake_id=intake.pk, account=account, now=intake.submitted_at)


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def address_of(intake: Intake) -> str:
    return reverse("review:case", args=[intake.case_id])


def decide(client: Client, intake: Intake, **data: Any) -> Any:
    typed = {
        "kind": "CLEAR",
        "reason": "Called; the fever was the flu.",
        "latest_seen": str(intake.pk),
    }
    return client.post(address_of(intake), {**typed, **data})


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


class TestList:
    def test_it_says_what_to_do_when_nothing_waits(self, doctor_client):
        shown = page(doctor_client, LIST)
        assert "Nothing waits for a decision" in shown
        assert "Nobody is with a doctor" in shown

    def test_worst_first_then_due_first(self, doctor_client):
        now = timezone.now()
        for name, disposition, due in (
            ("Carla", "CO-MANAGE", 1),
            ("Rita", "REFER", 3),
            ("Rose", "REFER", 2),
            ("Emil", "EMERGENCY", 4),
        ):
            patient = PatientFactory(given_name=name)
            case = CaseFactory.create(
                patient=patient, disposition=disposition, due_at=now + timedelta(hours=due)
            )
            IntakeFactory(patient=patient, case=case, disposition=disposition)
        shown = page(doctor_client, LIST)
        places = [shown.index(name) for name in ("Emil", "Rose", "Rita", "Carla")]
        assert places == sorted(places)

    def test_an_overdue_case_says_by_how_much(self, doctor_client, patient):
        due_at = timezone.now() - timedelta(hours=2, minutes=30, seconds=5)
        IntakeFactory(patient=PatientFactory(), case=CaseFactory.create(due_at=due_at))
        promised = f"by {times.in_words(due_at)} (overdue by 2 h 30 min)"
        assert promised in page(doctor_client, LIST)

    def test_a_case_in_time_says_the_promised_time_and_how_long_there_is(
        self, doctor_client, patient
    ):
        due_at = timezone.now() + timedelta(minutes=59, seconds=55)
        IntakeFactory(patient=PatientFactory(), case=CaseFactory.create(due_at=due_at))
        shown = page(doctor_client, LIST)
        assert f"by {times.in_words(due_at)} (in 59 min)" in shown
        assert "overdue" not in shown

    def test_what_to_know_stands_beside_each(self, doctor_client, patient):
        proved(answers.XRAY_HOLD, patient)
        other = sent(
            answers.REFER,
            given_name="Jo",
            family_name="Park",
            email="jo@example.com",
            phone="+17035550107",
        )
        services.report_mistake(intake=other, browser=uuid.uuid4(), by=None, now=timezone.now())
        shown = page(doctor_client, LIST)
        for flag in ("X-ray hold", "email not proved yet", "says it was a mistaken tap"):
            assert flag in shown

    def test_a_minor_and_a_shared_contact_are_marked(self, doctor_client):
        first = held(PatientFactory())
        child = PatientFactory()
        case = CaseFactory.create(patient=child, related_case=first.case)
        IntakeFactory(patient=child, case=case, disposition="REFER", age=15)
        shown = page(doctor_client, LIST)
        assert "minor" in shown
        assert "shares a contact with another case" in shown

    def test_an_anonymous_emergency_is_on_it_with_the_number_left(self, doctor_client):
        intake = sent(answers.EMERGENCY, given_name="", family_name="", phone="")
        assert "No name left" in page(doctor_client, LIST)
        services.leave_contact(
            intake_id=intake.pk,
            name="Marta",
            phone="+17035550109",
            by=None,
            now=timezone.now(),
        )
        shown = page(doctor_client, LIST)
        assert "Marta" in shown
        assert "(703) 555-0109" in shown

    def test_a_number_left_later_stands_before_the_earlier_and_takes_none_away(
        self, doctor_client, patient
    ):
        """An emergency on the same browser joined the case of somebody known."""
        browser, now = uuid.uuid4(), timezone.now()
        known = proved(answers.REFER, patient, browser=browser)
        draft = services.start_draft(browser=browser, now=now)
        said = {"saddle": "yes"}
        services.keep_answers(draft_id=draft.pk, answers=said, shown=said, now=now)
        decision = triage.assess_so_far(said, ["saddle"])
        assert decision
        emergency = services.record_emergency(
            draft_id=draft.pk, decision=decision, by=None, now=now
        )
        assert emergency.case == known.case
        for minutes, (name, phone) in enumerate([("Marta", "+17035550109"), ("", "+17035550110")]):
            services.leave_contact(
                intake_id=emergency.pk,
                name=name,
                phone=phone,
                by=None,
                now=now + timedelta(minutes=minutes),
            )
        for address in (LIST, address_of(known)):
            shown = page(doctor_client, address)
            numbers = ["(703) 555-0110", "Marta", "(703) 555-0109", "(703) 555-0101"]
            places = [shown.index(each) for each in numbers]
            assert places == sorted(places)

    def test_a_referred_case_is_in_the_second_list(self, doctor, doctor_client, patient):
        intake = proved(answers.REFER, patient)
        decide(doctor_client, intake, kind="REFER")
        shown = page(doctor_client, LIST)
        assert shown.index("Sent to a doctor") < shown.index(address_of(intake))

    def test_the_head_counts_what_waits(self, doctor_client, patient):
        proved(answers.REFER, patient)
        assert "waiting:</span> 1</span>" in page(doctor_client, LIST)

    def test_the_desk_reads_what_to_say_and_no_answer(self, desk_client, patient):
        intake = proved({**answers.XRAY_HOLD, "thinner": "yes"}, patient, own_words="my back")
        shown = page(desk_client, LIST)
        assert "Ana Reyes" in shown
        assert "Doctor first" in shown
        assert "see a doctor today" in shown
        assert "I cannot book a visit before that" in shown
        for hidden in ("fever", "X-ray hold", "blood thinner", "my back", str(intake.case_id)):
            assert hidden not in shown

    def test_many_cases_cost_no_more_queries(self, doctor_client):
        self.one_in_each_list()
        few = queries(doctor_client, LIST)
        for _ in range(12):
            self.one_in_each_list()
        assert queries(doctor_client, LIST) == few
        assert few <= 17

    def one_in_each_list(self) -> None:
        held(PatientFactory())
        referred = held(PatientFactory())
        Case.objects.filter(pk=referred.case_id).update(state="REFERRED")


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


class TestCasePage:
    def test_the_age_is_asked_for_by_its_name(self, doctor_client, patient):
        """They typed a date of birth; "What is your date of birth? 13" tells nobody anything."""
        shown = page(doctor_client, address_of(proved(answers.REFER, patient)))
        assert "Your age" in shown
        assert "What is your date of birth?" not in shown

    def test_the_exact_answer_that_fired_each_rule_and_its_source(self, doctor_client, patient):
        intake = proved({**answers.REFER, "thinner": "yes"}, patient)
        shown = page(doctor_client, address_of(intake))
        for finding in intake.findings.all():
            assert finding.rule in shown
            assert finding.source in shown
        assert "Since your back pain began, have you had a fever?" in shown
        assert "Article row 8" in shown
        assert "as the patient reads it" in shown
        assert "Fires when the answer to" in shown

    def test_every_answer_is_there_in_the_order_of_the_questions(self, doctor_client, patient):
        intake = proved(answers.REFER, patient)
        shown = page(doctor_client, address_of(intake))
        everything = shown[shown.index("All answers</summary>") :]
        places = [
            everything.index(part)
            for part in ("inner thighs", "a fever", "blood thinner", "How bad is the pain")
        ]
        assert places == sorted(places)

    def test_looking_is_written_down_and_changes_nothing_else(self, doctor, doctor_client, patient):
        intake = proved(answers.REFER, patient)
        before = HistoryEntry.objects.count()
        page(doctor_client, address_of(intake))
        viewed = AuditEntry.objects.get(action="viewed")
        assert viewed.actor == doctor
        assert viewed.subject_id == str(intake.case_id)
        assert viewed.patient_id == intake.patient_id
        assert HistoryEntry.objects.count() == before

    def test_what_a_half_way_form_never_reached_is_no_change(self, doctor_client, patient):
        browser, now = uuid.uuid4(), timezone.now()
        draft = services.start_draft(browser=browser, now=now)
        services.keep_answers(
            draft_id=draft.pk,
            answers={"saddle": "yes"},
            shown=["saddle"],
            born=answers.BORN,
            now=now,
        )
        decision = triage.assess_so_far({"age": 38, "saddle": "yes"}, ["age", "saddle"])
        assert decision
        emergency = services.record_emergency(
            draft_id=draft.pk, decision=decision, by=None, now=now
        )
        corrected = services.report_mistake(intake=emergency, browser=browser, by=None, now=now)
        services.keep_answers(
            draft_id=corrected.pk, answers=answers.BOOK, shown=list(answers.BOOK), now=now
        )
        services.submit(draft_id=corrected.pk, by=None, now=now + timedelta(minutes=1))
        shown = page(doctor_client, address_of(emergency))
        changed = shown[shown.index("What changed</h2>") : shown.index("About them</h2>")]
        assert "inner thighs" in changed
        assert "a fever" not in changed

    def test_what_changed_is_marked(self, doctor_client, patient):
        proved({**answers.BOOK, "worst": 3}, patient, ago=timedelta(days=40))
        proved({**answers.REFER, "worst": 7}, patient, ago=timedelta(hours=2))
        newest = proved(answers.CO_MANAGE, patient)
        shown = page(doctor_client, address_of(newest))
        changed = shown[shown.index("What changed</h2>") : shown.index("About them</h2>")]
        assert "a fever" in changed
        assert "How bad is the pain" in changed
        assert "before this case" in changed
        assert "inner thighs" not in changed
        assert shown.index("Doctor alongside,") < shown.index("Doctor first,"), "newest first"

    def test_their_own_words_and_medicines(self, doctor_client, patient):
        details = {"medicines": "Warfarin", "allergies": "Penicillin", "payment": "self"}
        intake = proved(answers.REFER, patient, own_words="I fell on ice", details=details)
        shown = page(doctor_client, address_of(intake))
        for words in ("I fell on ice", "Warfarin", "Penicillin", "(703) 555-0101"):
            assert words in shown

    def test_another_protocol_is_shown_as_it_was_kept(self, doctor_client):
        patient = PatientFactory()
        case = CaseFactory.create(patient=patient)
        IntakeFactory(
            patient=patient,
            case=case,
            disposition="REFER",
            protocol="0.9",
            answers={"saddle": "perhaps", "old_question": ["left", "right"]},
            rules=["R99"],
        )
        shown = page(doctor_client, reverse("review:case", args=[case.pk]))
        assert "protocol 0.9" in shown
        assert "old_question" in shown
        assert "left, right" in shown
        assert "perhaps" in shown

    def test_an_answer_that_was_not_counted_says_so(self, doctor_client):
        patient = PatientFactory()
        case = CaseFactory.create(patient=patient)
        said = {**answers.BOOK, "saddle": "purple", "made_up": "x"}
        IntakeFactory(patient=patient, case=case, disposition="REFER", answers=said)
        shown = page(doctor_client, reverse("review:case", args=[case.pk]))
        assert "not counted: purple" in shown
        assert "not counted: x" in shown

    def test_earlier_decisions_and_clearances(self, doctor_client):
        patient = PatientFactory()
        clearance = cleared(patient, xray=True)
        case = clearance.intake.case
        shown = page(doctor_client, reverse("review:case", args=[case.pk]))
        assert "Clear to book" in shown
        assert "Seen on the screen." in shown
        assert "with X-ray" in shown
        assert "Nov 4, 2026 to Dec 4, 2026" in shown
        assert "Record the decision" not in shown, "it is decided"

    def test_an_emergency_offers_no_clearance(self, doctor_client, patient):
        shown = page(doctor_client, address_of(proved(answers.EMERGENCY, patient)))
        assert 'value="RESOLVED"' in shown
        assert 'value="REFER"' in shown
        assert 'value="CLEAR"' not in shown
        assert 'value="SUPPORTIVE"' not in shown
        assert "xray_allowed" not in shown

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({**answers.REFER, "pregnant": None}, "could be pregnant was not answered"),
            (answers.XRAY_HOLD, "they could be pregnant, or prefer not to say"),
        ],
    )
    def test_without_pregnancy_ruled_out_no_xray_is_offered(
        self, doctor_client, patient, said, why
    ):
        intake = proved(said, patient)
        shown = page(doctor_client, address_of(intake))
        assert why in shown
        assert "X-ray hold" in shown
        assert 'value="CLEAR"' in shown
        assert "xray_allowed" not in shown
        response = decide(doctor_client, intake, xray_allowed="on")
        assert response.status_code == 409
        assert "No X-ray on these answers" in text(response)

    def test_nobody_is_cleared_before_it_is_known_who_they_are(self, doctor_client):
        shown = page(doctor_client, address_of(sent(answers.REFER)))
        assert 'value="CLEAR"' not in shown
        assert "Nobody has proved who this is yet." in shown

    def test_answers_from_another_record_offer_no_clearance(self, doctor_client, patient):
        """The same phone, but another address: the newest answers may be someone else's."""
        proved(answers.REFER, patient)
        newest = proved(answers.BOOK, AccountFactory())
        shown = page(doctor_client, address_of(newest))
        assert 'value="REFER"' in shown
        assert 'value="CLEAR"' not in shown
        assert "The newest answers here are not proved to be this patient" in shown
        response = decide(doctor_client, newest)
        assert response.status_code == 409
        assert "are not proved to be this patient" in text(response)
        assert not Clearance.objects.exists()

    def test_older_answers_of_another_record_offer_no_clearance(self, doctor_client, patient):
        proved(answers.REFER, patient, ago=timedelta(hours=2))
        proved(answers.REFER, AccountFactory(), ago=timedelta(hours=1))
        newest = proved(answers.BOOK, patient)
        shown = page(doctor_client, address_of(newest))
        assert 'value="REFER"' in shown
        assert 'value="CLEAR"' not in shown
        assert "Another patient's answers are in this case" in shown.replace("&#x27;", "'")
        assert "Set these answers aside" in shown

    def test_the_page_is_no_ones_but_the_chiropractors(self, desk_client, patient):
        page(desk_client, address_of(proved(answers.REFER, patient)), status=403)

    def test_a_case_that_is_not_there(self, doctor_client):
        page(doctor_client, reverse("review:case", args=[uuid.uuid4()]), status=404)


class TestDecision:
    def test_clearing_lets_the_patient_book_and_tells_them(self, doctor, doctor_client, patient):
        intake = proved(answers.REFER, patient)
        response = decide(doctor_client, intake, xray_allowed="on")
        assert response.status_code == 302
        assert response.headers["Location"] == LIST
        clearance = Clearance.objects.get()
        assert clearance.xray_allowed
        assert clearance.decision.by == doctor
        assert clearance.decision.reason == "Called; the fever was the flu."
        assert Message.objects.filter(kind="cleared", recipient=patient.email).exists()
        assert "Recorded for Ana Reyes: Clear to book." in page(doctor_client, LIST)

    @pytest.mark.parametrize(("kind", "state"), [("SUPPORTIVE", "CLEARED"), ("REFER", "REFERRED")])
    def test_the_other_ways(self, doctor_client, patient, kind, state):
        intake = proved(answers.CO_MANAGE, patient)
        assert decide(doctor_client, intake, kind=kind).status_code == 302
        assert Case.objects.get().state == state

    def test_an_emergency_is_resolved(self, doctor_client, patient):
        intake = proved(answers.EMERGENCY, patient)
        assert decide(doctor_client, intake, kind="RESOLVED").status_code == 302
        assert Case.objects.get().state == "CLOSED"
        assert not Clearance.objects.exists()

    def test_without_a_reason_the_rest_is_kept(self, doctor_client, patient):
        intake = proved(answers.REFER, patient)
        response = decide(doctor_client, intake, kind="SUPPORTIVE", xray_allowed="on", reason="  ")
        assert response.status_code == 409
        shown = text(response)
        assert "Write down why." in shown
        assert chosen(shown) == ["SUPPORTIVE"]
        assert (
            'name="xray_allowed" id="id_xray_allowed" aria-describedby="xray-hint" checked' in shown
        )
        assert not ReviewDecision.objects.exists()

    def test_without_a_choice_the_reason_is_kept(self, doctor_client, patient):
        intake = proved(answers.REFER, patient)
        response = decide(doctor_client, intake, kind="", reason="Because of <b>this</b>")
        assert response.status_code == 422
        shown = text(response)
        assert "Choose what you decide." in shown
        assert "Because of &lt;b&gt;this&lt;/b&gt;" in shown

    def test_answers_nobody_read_are_never_decided_on(self, doctor_client, patient):
        read = proved(answers.REFER, patient, ago=timedelta(hours=1))
        newer = proved(answers.CO_MANAGE, patient)
        assert newer.case_id == read.case_id
        response = decide(doctor_client, read, reason="Typed with care")
        assert response.status_code == 409
        shown = text(response)
        assert "New answers came in while you were reading." in shown
        assert "Typed with care" in shown
        assert f'name="latest_seen" value="{newer.pk}"' in shown
        assert not ReviewDecision.objects.exists()

        assert decide(doctor_client, newer).status_code == 302

    def test_a_case_somebody_else_decided_keeps_what_was_typed(self, doctor_client, patient):
        intake = proved(answers.REFER, patient)
        decide(doctor_client, intake)
        response = decide(doctor_client, intake, kind="REFER", reason="Second thoughts")
        assert response.status_code == 409
        shown = text(response)
        assert "Somebody has just decided this case." in shown
        assert "Second thoughts" in shown
        assert "Record the decision" not in shown
        assert ReviewDecision.objects.count() == 1

    def test_with_another_open_case_the_reviewer_hears_that_it_holds(self, doctor_client):
        patient = PatientFactory()
        first, second = held(patient), held(patient)
        assert decide(doctor_client, first).status_code == 302
        assert "They have another open case." in page(doctor_client, LIST)
        assert not Clearance.objects.exists()
        assert decide(doctor_client, second).status_code == 302
        assert "They have another open case." not in page(doctor_client, LIST)
        assert Clearance.objects.get().intake == second

    @pytest.mark.parametrize("kind", ["CLEAR", "SUPPORTIVE"])
    def test_a_made_up_clearance_of_an_emergency_is_refused(self, doctor_client, patient, kind):
        intake = proved(answers.EMERGENCY, patient)
        response = decide(doctor_client, intake, kind=kind, xray_allowed="on")
        assert response.status_code == 409
        assert "An emergency is never cleared." in text(response)
        assert not Clearance.objects.exists()

    def test_a_made_up_clearance_of_nobody_is_refused(self, doctor_client):
        response = decide(doctor_client, sent(answers.REFER))
        assert response.status_code == 409
        assert "Nobody has proved who this is yet." in text(response)

    def test_what_is_no_emergency_is_not_resolved(self, doctor_client, patient):
        response = decide(doctor_client, proved(answers.REFER, patient), kind="RESOLVED")
        assert response.status_code == 409
        assert "There is no emergency to resolve" in text(response)
        assert Case.objects.get().state == "OPEN"

    @pytest.mark.parametrize(
        "data",
        [
            {"kind": "BOOK"},
            {"latest_seen": "not-a-number"},
            {"latest_seen": ""},
            {"reason": "x" * 2001},
            {"reason": "a\0b"},
        ],
    )
    def test_crafted_posts_decide_nothing(self, doctor_client, patient, data):
        intake = proved(answers.REFER, patient)
        response = decide(doctor_client, intake, **data)
        assert response.status_code == 422
        assert "Please check this" in text(response)
        assert not ReviewDecision.objects.exists()

    def test_nobody_else_decides(self, desk_client, administrator_client, patient_client, patient):
        intake = proved(answers.REFER, patient)
        for client in (desk_client, administrator_client, patient_client):
            assert decide(client, intake).status_code == 403
        assert not ReviewDecision.objects.exists()


class TestAnswersSetAside:
    def set_aside(self, client: Client, case_id: Any, **data: Any) -> Any:
        typed = {"aside-reason": "Called: a neighbour's child.", **data}
        return client.post(reverse("review:set_aside", args=[case_id]), typed)

    @pytest.fixture
    def own(self, patient) -> Intake:
        return proved(answers.REFER, patient, ago=timedelta(hours=1))

    @pytest.fixture
    def joined(self, own) -> Intake:
        """The same phone, and a code nobody typed."""
        said = sent(answers.CO_MANAGE, given_name="Nosy", family_name="Neighbour")
        assert said.case_id == own.case_id
        return said

    def test_the_page_offers_it_and_says_what_ties_them(self, doctor_client, own, joined):
        shown = page(doctor_client, address_of(own))
        assert "Another person's answers?" in shown.replace("&#x27;", "'")
        assert f'value="{joined.pk}"' in shown
        assert f'value="{own.pk}"' not in shown
        assert "Nosy Neighbour, proved by nobody, same phone, same date of birth" in shown

    def test_then_the_patient_can_be_cleared(self, doctor_client, own, joined):
        response = self.set_aside(
            doctor_client,
            own.case_id,
            **{"aside-intake": str(joined.pk), "aside-latest_seen": str(joined.pk)},
        )
        assert response.headers["Location"] == address_of(own)
        shown = page(doctor_client, address_of(own))
        assert 'value="CLEAR"' in shown
        assert "Answers set aside as another person" in shown
        assert "Called: a neighbour" in shown
        joined.refresh_from_db()
        assert address_of(joined) in shown
        assert "Another person" not in shown.split("Decisions so far")[0].split("Decide</h2>")[1]
        apart = page(doctor_client, address_of(joined))
        assert "Called: a neighbour" in apart
        assert address_of(own) in apart
        assert decide(doctor_client, own).status_code == 302
        assert Clearance.objects.exists()

    def test_without_a_reason_the_choice_is_kept(self, doctor_client, own, joined):
        response = self.set_aside(
            doctor_client,
            own.case_id,
            **{
                "aside-intake": str(joined.pk),
                "aside-latest_seen": str(joined.pk),
                "aside-reason": " ",
            },
        )
        assert response.status_code == 409
        assert "Write down why." in text(response)
        assert chosen(text(response)) == [str(joined.pk)]
        assert not ReviewDecision.objects.exists()

    @pytest.mark.parametrize("made_up", ["", "x", "a\0b"])
    def test_crafted_posts_set_nothing_aside(self, doctor_client, own, joined, made_up):
        for name in ("aside-intake", "aside-latest_seen"):
            whole = {"aside-intake": str(joined.pk), "aside-latest_seen": str(joined.pk)}
            response = self.set_aside(doctor_client, own.case_id, **{**whole, name: made_up})
            assert response.status_code == 422
            assert "Called: a neighbour" in text(response)
        assert not ReviewDecision.objects.exists()

    def test_set_aside_in_another_tab_keeps_what_was_typed(self, doctor_client, own, joined):
        sent_now = {"aside-intake": str(joined.pk), "aside-latest_seen": str(joined.pk)}
        self.set_aside(doctor_client, own.case_id, **sent_now)
        response = self.set_aside(doctor_client, own.case_id, **sent_now)
        assert response.status_code == 409
        assert "Called: a neighbour" in text(response)
        assert ReviewDecision.objects.count() == 1

    def test_the_patients_own_answers_are_refused(self, doctor_client, own, joined):
        response = self.set_aside(
            doctor_client,
            own.case_id,
            **{"aside-intake": str(own.pk), "aside-latest_seen": str(joined.pk)},
        )
        assert response.status_code == 409
        assert "proved to be this patient" in text(response)


def chosen(shown: str) -> list[str]:
    radios = [part for part in shown.split("<input") if 'type="radio"' in part]
    return [
        radio.split('value="')[1].split('"')[0]
        for radio in radios
        if "checked" in radio.split(">")[0]
    ]


class TestUnsentMessages:
    @pytest.fixture
    def failed(self) -> Message:
        return Message.objects.create(
            kind="held",
            recipient="ana@example.com",
            subject="Your next step",
            body="...",
            state=Message.State.FAILED,
            queued_at=timezone.now(),
        )

    def test_the_head_counts_them_and_the_page_lists_them(self, desk_client, failed):
        assert "Unsent messages" in page(desk_client, LIST)
        shown = page(desk_client, "/staff/messages/")
        assert "ana@example.com" in shown
        assert "Your next step" in shown

    def test_one_is_tried_again(self, desk, desk_client, failed):
        desk_client.post(reverse("clinic:send_message_again", args=[failed.pk]))
        failed.refresh_from_db()
        assert failed.state == Message.State.QUEUED
        assert AuditEntry.objects.get(subject_id=str(failed.pk)).actor == desk

    def test_one_is_told_in_another_way(self, desk_client, failed):
        desk_client.post(reverse("clinic:set_message_aside", args=[failed.pk]))
        failed.refresh_from_db()
        assert failed.state == Message.State.SET_ASIDE
        assert "Every message was sent" in page(desk_client, "/staff/messages/")

    def test_a_code_is_never_shown(self, desk_client, failed):
        Message.objects.filter(pk=failed.pk).update(is_secret=True, body="123456")
        assert "123456" not in page(desk_client, "/staff/messages/")


@pytest.mark.parametrize(
    ("role", "first_page"),
    [
        ("doctor_client", "/staff/review/"),
        ("desk_client", "/staff/day/"),
        ("administrator_client", "/admin/"),
    ],
)
def test_each_role_starts_on_its_own_page(request, role, first_page):
    response = request.getfixturevalue(role).get("/staff/")
    assert response.headers["Location"] == first_page
