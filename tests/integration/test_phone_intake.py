"""A caller's intake, typed by staff: the same gate, and nothing read afterwards."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from clinic.models import AuditEntry, ClinicProfile, Message, ServiceTown, User
from intake import services
from intake.exceptions import CallOver
from intake.forms.caller import PRIVACY_TOLD
from intake.models import (
    Case,
    Clearance,
    Disposition,
    GuardianConsent,
    Intake,
    IntakeDraft,
    Patient,
)
from intake.services.phone import ASKED_AND_RIGHT
from intake.triage import PROTOCOL
from scheduling.models import Call
from tests import answers
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory, held
from tests.factories.scheduling import NOW, book, state_of
from tests.people import signed_in
from tests.walking import emailed_code

pytestmark = pytest.mark.django_db

NEW = reverse("calls:new")
WHO = {
    "given_name": "Cal",
    "family_name": "Rivers",
    "phone": "(703) 555-0160",
    "month": "3",
    "day": "9",
    "year": "1988",
}
ABOUT = {
    "email": "",
    "elsewhere": "",
    "own_words": "It locked when I bent down.",
    "medicines": "ibuprofen",
    "allergies": "",
    "doctor": "",
    "emergency_name": "",
    "emergency_phone": "",
    "payment": "self",
    "insurer": "",
    "agree_care": "on",
    "agree_messages": "",
    "agree_privacy": "on",
}


@pytest.fixture(autouse=True)
def a_working_day(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def town(db: None) -> str:
    return str(ServiceTown.objects.filter(is_active=True).values_list("pk", flat=True)[0])


def begin(client: Client, **who: str) -> Any:
    return client.post(NEW, {**WHO, **who}, follow=True)


def address_of(response: Any) -> str:
    return str(response.request["PATH_INFO"])


def screen_of(response: Any) -> str:
    found = re.search(r'name="screen" value="([\w-]+)"', response.content.decode())
    return found[1] if found else ""


def text(response: Any) -> str:
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def say_all(
    client: Client, response: Any, said: Any = answers.BOOK, *, until: str = "", **about: str
) -> Any:
    """Page after page as the caller says it, until it is sent, stops, or one comes twice."""
    told = {**ABOUT, "town": "", **WHO, **about}
    seen: set[str] = set()
    while (here := screen_of(response)) and here not in seen and here != until:
        seen.add(here)
        page = response.content.decode()
        data: dict[str, Any] = {"screen": here}
        for name in re.findall(r'name="(\w+)"', page):
            if name in said:
                data[name] = said[name]
            elif name in told:
                data[name] = told[name]
        version = re.search(r'name="version" value="(\d+)"', page)
        if version:
            data["version"] = version[1]
        response = client.post(address_of(response), data, follow=True)
    return response


def sent() -> Intake:
    return Intake.objects.latest("submitted_at")


class TestSomebodyNew:
    def test_who_may_book_is_a_patient_without_an_account_and_cleared(
        self, desk_client, desk, town
    ):
        page = say_all(desk_client, begin(desk_client), town=town)
        assert "They may book" in text(page)
        said = sent()
        book = f"{reverse('desk:book')}?patient={said.patient_id}"
        assert book in page.content.decode()
        assert "Cal Rivers" in text(desk_client.get(book))
        assert (said.channel, said.typed_by, said.account_id) == ("PHONE", desk, None)
        assert (said.disposition, said.case, said.is_complete) == ("BOOK", None, True)
        assert said.answers == {**answers.BOOK, "age": 38}
        patient = said.patient
        assert patient
        assert (patient.account, patient.name, patient.email) == (None, "Cal Rivers", "")
        assert (patient.phone.as_e164, patient.born) == ("+17035550160", date(1988, 3, 9))
        leave = Clearance.objects.get()
        assert (leave.patient, leave.intake, leave.decision) == (patient, said, None)
        assert "clearance issued" in AuditEntry.objects.filter(actor=desk).values_list(
            "action", flat=True
        )

    def test_the_consents_are_spoken_and_say_who_heard_them(self, desk_client, desk, town):
        say_all(desk_client, begin(desk_client), town=town)
        consents = {each["kind"]: each for each in sent().consents}
        assert consents.keys() == {"care", "privacy"}, "no email: none to messages"
        for each in consents.values():
            assert (each["spoken"], each["heard_by"]) == ("yes", str(desk.pk))
            assert each["heard_by_name"] == "Dana Desk"
            assert each["at"] == NOW.isoformat()
        assert consents["privacy"]["words"] == str(PRIVACY_TOLD.text)
        assert consents["privacy"]["version"] == PRIVACY_TOLD.version

    def test_an_email_is_only_taken_with_leave_to_use_it(self, desk_client, town):
        about = {"town": town, "email": "Cal@Example.com"}
        page = say_all(desk_client, begin(desk_client), **about)
        assert screen_of(page) == "agree"
        assert "Ask whether we may use it" in text(page)
        say_all(desk_client, page, **about, agree_messages="on")
        said = sent()
        assert said.patient
        assert said.patient.email == "cal@example.com"
        assert "messages" in {each["kind"] for each in said.consents}
        assert not User.objects.filter(email="cal@example.com").exists(), "no account comes of it"

    def test_a_page_with_something_missing_says_what_and_keeps_the_rest(self, desk_client):
        page = desk_client.post(NEW, {**WHO, "phone": "12", "month": "13"})
        assert page.status_code == 422
        assert "area code" in text(page)
        assert "Type the month as a number" in text(page)
        assert 'value="Rivers"' in page.content.decode()
        page = begin(desk_client)
        here = {"screen": "bladder-and-bowels"}
        empty = desk_client.post(address_of(page), here)
        assert empty.status_code == 422
        assert "Pick an answer" in text(empty)
        page = say_all(desk_client, page, until="who")
        wrong = desk_client.post(
            address_of(page), {"screen": "who", "given_name": "Cal", "email": "no"}
        )
        assert wrong.status_code == 422
        assert "Ask for the last name" in text(wrong)
        assert 'value="no"' in wrong.content.decode()

    def test_nothing_of_a_page_ahead_is_taken_before_its_turn(self, desk_client, desk):
        page = begin(desk_client)
        desk_client.post(address_of(page), {"screen": "check", "version": "0"})
        desk_client.post(address_of(page), {"screen": "agree", "agree_care": "on"})
        desk_client.post(address_of(page), {"screen": "made-up"})
        assert not Intake.objects.exists()
        assert "agree_care" not in str(IntakeDraft.objects.get().about)

    def test_what_was_changed_in_another_tab_is_read_back_first(self, desk_client, town):
        page = say_all(desk_client, begin(desk_client), town=town, until="check")
        desk_client.post(address_of(page), {"screen": "paying", "payment": "insurance"})
        again = desk_client.post(address_of(page), {"screen": "check", "version": "1"}, follow=True)
        assert "Something was changed in another tab" in again.content.decode()
        assert not Intake.objects.exists()

    def test_two_presses_begin_one_call(self, desk_client):
        assert address_of(begin(desk_client)) == address_of(begin(desk_client))
        assert IntakeDraft.objects.count() == 1

    def test_it_can_be_sent_twice_and_counts_once(self, desk_client, desk, town):
        page = say_all(desk_client, begin(desk_client), town=town)
        pk = IntakeDraft.objects.get().pk
        again = services.send_call(draft_id=pk, about={}, by=desk, now=NOW, seen=None)
        assert again == sent()
        assert desk_client.post(address_of(page), {"screen": "check"}).status_code == 200
        assert (Intake.objects.count(), Clearance.objects.count()) == (1, 1)


class TestWhoWeMayKnow:
    def test_is_offered_and_nobody_is_chosen_by_the_machine(self, desk_client, town):
        known = PatientFactory.create(given_name="Cal", family_name="Rivers", born=answers.BORN)
        page = begin(desk_client)
        assert "Perhaps we know them" in text(page)
        assert reverse("calls:new_for", args=[known.pk]) in page.content.decode()
        assert not IntakeDraft.objects.exists()
        say_all(desk_client, begin(desk_client, somebody_new="1"), town=town)
        patient = sent().patient
        assert patient
        assert patient != known
        assert patient.likely_duplicate_of == known

    def test_a_record_is_theirs_only_once_they_were_asked(self, desk_client, desk, patient, town):
        ana = patient.patients.get()
        address = reverse("calls:new_for", args=[ana.pk])
        refused = desk_client.post(address)
        assert refused.status_code == 422
        assert "Ask for all three" in text(refused)
        assert not IntakeDraft.objects.exists()
        page = say_all(
            desk_client, desk_client.post(address, {"verified": "on"}, follow=True), town=town
        )
        assert "They may book" in text(page)
        said = sent()
        assert said.patient == ana
        assert said.details["identity_checked"] == ASKED_AND_RIGHT
        assert said.name_key == ana.name_key
        assert Clearance.objects.get().patient == ana
        entry = AuditEntry.objects.get(action="caller verified")
        assert (entry.actor, entry.patient_id) == (desk, ana.pk)
        assert entry.detail == {"how": ASKED_AND_RIGHT}

    def test_their_name_and_birth_date_stand_as_they_are(self, desk_client, patient, town):
        ana = patient.patients.get()
        address = reverse("calls:new_for", args=[ana.pk])
        page = desk_client.post(address, {"verified": "on"}, follow=True)
        assert screen_of(page) == "bladder-and-bowels"
        page = desk_client.post(
            address_of(page), {"screen": "date-of-birth", "month": "1", "day": "1", "year": "1950"}
        )
        page = desk_client.get(page.headers["Location"])
        page = say_all(desk_client, page, until="who")
        assert 'name="given_name"' not in page.content.decode()
        desk_client.post(address_of(page), {"screen": "who", "given_name": "Zed"})
        draft = IntakeDraft.objects.get()
        assert draft.born == ana.born
        assert draft.about["typed"]["given_name"] == ana.given_name


class TestTheGate:
    @pytest.mark.parametrize(
        ("said", "disposition", "words"),
        [
            (answers.REFER, Disposition.REFER, "a medical doctor should see you"),
            (answers.CO_MANAGE, Disposition.CO_MANAGE, "looks at your answers first"),
        ],
    )
    def test_held_says_what_to_say_and_by_when_and_books_nothing(
        self, desk_client, town, said, disposition, words
    ):
        page = say_all(desk_client, begin(desk_client), said, town=town)
        assert "Dr. Solomon looks first" in text(page)
        assert words in text(page)
        assert "you hear from us by" in text(page)
        assert "Book a visit" not in page.content.decode()
        case = Case.objects.get()
        assert (case.disposition, case.patient) == (disposition, sent().patient)
        assert (case.contact_name, case.contact_phone.as_e164) == ("Cal Rivers", "+17035550160")
        assert not Clearance.objects.exists()
        assert not Message.objects.exists(), "nobody to write to"
        assert Call.objects.get().why == Call.Why.HELD

    def test_afterwards_no_answer_is_on_any_page(self, desk_client, town):
        page = say_all(desk_client, begin(desk_client), answers.REFER, town=town)
        finding = sent().findings.first()
        assert finding
        for address in ("", "?screen=health", "?screen=check", "?screen=who", "?screen=medicines"):
            again = desk_client.get(address_of(page) + address)
            shown = again.content.decode()
            assert "Dr. Solomon looks first" in shown
            for never in (finding.reason, "fever", "ibuprofen", "It locked", 'name="screen"'):
                assert never not in shown
        assert "Cal Rivers" not in text(desk_client.get(NEW)), "nothing to go on with"

    @pytest.mark.parametrize(
        "same",
        [
            {"given_name": "Other", "born": date(1990, 1, 1), "phone": "+17035550160"},
            {"given_name": "Cal", "family_name": "Rivers", "born": answers.BORN},
        ],
        ids=["phone", "name and birth date"],
    )
    def test_who_is_held_is_not_cleared_by_calling(self, desk_client, town, same):
        other = PatientFactory.create(account=None, **same)
        before = held(
            other,
            phone=other.phone,
            born=other.born,
            name_key=other.name_key,
            given_name=other.given_name,
            family_name=other.family_name,
        )
        page = say_all(desk_client, begin(desk_client, somebody_new="1"), town=town)
        assert "Dr. Solomon looks first" in text(page)
        said = sent()
        assert said.disposition == Disposition.BOOK
        assert said.case
        assert before.case_id in (said.case_id, said.case.related_case_id)
        assert not Clearance.objects.exists()

    def test_nor_is_a_chosen_record_whatever_its_answers_were_called(
        self, desk_client, patient, town
    ):
        """Held under another spelling and number: it is still this patient's case."""
        ana = patient.patients.get()
        Patient.objects.filter(pk=ana.pk).update(account=None)
        before = held(ana, name_key="ann reyez", phone="+17035550199")
        address = reverse("calls:new_for", args=[ana.pk])
        page = say_all(
            desk_client, desk_client.post(address, {"verified": "on"}, follow=True), town=town
        )
        assert "Dr. Solomon looks first" in text(page)
        assert sent().case_id == before.case_id
        assert not Clearance.objects.exists()

    def test_a_worse_answer_takes_the_earlier_leave_back(self, desk_client, patient, town):
        leave = ClearanceFactory.create(patient=patient.patients.get())
        address = reverse("calls:new_for", args=[leave.patient_id])
        page = desk_client.post(address, {"verified": "on"}, follow=True)
        say_all(desk_client, page, answers.REFER, town=town)
        leave.refresh_from_db()
        assert leave.revoked_at == NOW

    def test_a_minor_needs_a_guardian_who_speaks(self, desk_client, town):
        who = {"year": "2012", "town": town}
        said = {**answers.MINOR, "guardian": "no"}
        guardian = {"guardian_name": "Gina Rivers", "guardian_relationship": "mother"}
        page = say_all(desk_client, begin(desk_client, year="2012"), said, **who)
        assert screen_of(page) == "parent-or-guardian"
        assert "They are under 18." in page.content.decode()
        page = say_all(desk_client, page, answers.MINOR, **who, **guardian)
        assert screen_of(page) == "guardian"
        assert "must say yes themselves" in text(page)
        page = say_all(desk_client, page, answers.MINOR, **who, **guardian, agree_guardian="on")
        assert "Dr. Solomon looks first" in text(page), "a minor is always looked at"
        consent = GuardianConsent.objects.get()
        assert (consent.guardian_name, consent.patient) == ("Gina Rivers", sent().patient)
        spoken = next(each for each in sent().consents if each["kind"] == "guardian")
        assert (spoken["spoken"], spoken["version"]) == ("yes", consent.wording_version)


class TestEmergency:
    def test_stops_the_form_and_says_what_to_say(self, desk_client, doctor, desk):
        page = say_all(desk_client, begin(desk_client), answers.EMERGENCY)
        assert "Emergency: they must call 911 now" in text(page)
        assert "Please hang up and call 911 now" in text(page)
        said = sent()
        assert (said.channel, said.typed_by, said.is_complete) == ("PHONE", desk, False)
        case = Case.objects.get()
        assert (case.disposition, case.contact_name) == (Disposition.EMERGENCY, "Cal Rivers")
        assert case.contact_phone.as_e164 == "+17035550160"
        assert Message.objects.filter(kind="attention", recipient=doctor.email).exists()
        page = desk_client.post(address_of(page), {"screen": "health", "fever": "no"}, follow=True)
        assert "Emergency: they must call 911 now" in text(page)

    def test_picked_by_mistake_it_is_asked_again_and_stays_on_record(
        self, desk_client, doctor, town
    ):
        page = say_all(desk_client, begin(desk_client), answers.EMERGENCY)
        there = f"{address_of(page)}mistake/"
        assert f'action="{there}"' in page.content.decode()
        assert signed_in(doctor).post(there).status_code == 404, "not their call"
        page = desk_client.post(there, follow=True)
        # The question that meant it, with what was picked.
        assert 'name="saddle"' in page.content.decode()
        again = desk_client.post(there, follow=True)
        assert address_of(again) == address_of(page), "two presses open one form"
        page = say_all(desk_client, page, town=town)
        assert "Dr. Solomon looks first" in text(page)
        case = Case.objects.get()
        assert (case.disposition, case.mistake_reported_at) == (Disposition.EMERGENCY, NOW)
        assert sorted(case.intakes.values_list("disposition", flat=True)) == ["BOOK", "EMERGENCY"]
        assert not Clearance.objects.exists()
        assert desk_client.post(f"{address_of(page)}mistake/", follow=True).status_code == 200
        assert IntakeDraft.objects.count() == 2, "only an emergency is put right so"

    def test_of_a_chosen_record_frees_its_visits(self, desk_client, patient):
        visit = book(ClearanceFactory.create(patient=patient.patients.get()))
        address = reverse("calls:new_for", args=[visit.patient_id])
        page = desk_client.post(address, {"verified": "on"}, follow=True)
        say_all(desk_client, page, answers.EMERGENCY)
        assert sent().patient_id == visit.patient_id
        assert state_of(visit.pk).name == "RELEASED"

    def test_in_a_call_that_was_cut_off_is_found_and_kept(self, desk, desk_client, time_machine):
        page = begin(desk_client)
        bladder = next(q for q in PROTOCOL.questions if q.id == "bladder_bowel")
        said = {"bladder_bowel": [bladder.options[0].value]}
        desk_client.post(address_of(page), {"screen": screen_of(page), **said})
        assert not Intake.objects.exists(), "how long it has been so is asked first"
        later = NOW + timedelta(minutes=31)
        assert services.judge_left_drafts(now=later) == 1
        left = sent()
        assert (left.disposition, left.channel, left.typed_by) == ("EMERGENCY", "PHONE", desk)
        time_machine.move_to(later, tick=False)
        long = later + timedelta(days=ClinicProfile.current().draft_days + 1)
        assert services.forget_left_drafts(now=long) == 0
        assert Intake.objects.filter(pk=left.pk).exists()


class TestWhoseCallItIs:
    def test_it_is_found_again_after_a_sign_off(self, desk, doctor):
        page = say_all(signed_in(desk), begin(signed_in(desk)), until="numbness")
        found = signed_in(desk).get(NEW)
        assert address_of(page) in found.content.decode()
        again = signed_in(desk).get(address_of(page))
        assert screen_of(again) == "numbness"
        others = signed_in(doctor).get(NEW)
        assert "Cal Rivers" in text(others)
        assert "Begun by Dana Desk" in text(others)
        assert address_of(page) not in others.content.decode()

    def test_two_staff_at_once_mix_nothing(self, desk, doctor, town):
        one, two = signed_in(desk), signed_in(doctor)
        first, second = begin(one), begin(two, given_name="Bo", phone="(703) 555-0161")
        assert two.get(address_of(first)).status_code == 404
        assert two.post(address_of(first), {"screen": "numbness"}).status_code == 404
        say_all(two, second, answers.CO_MANAGE, town=town, given_name="Bo", phone="(703) 555-0161")
        say_all(one, first, town=town)
        bo, cal = (Intake.objects.get(given_name=name) for name in ("Bo", "Cal"))
        assert (bo.typed_by, bo.disposition) == (doctor, "CO-MANAGE")
        assert (cal.typed_by, cal.disposition, cal.case) == (desk, "BOOK", None)

    def test_the_same_person_on_two_lines_is_one_case(self, desk, doctor, town):
        one, two = signed_in(desk), signed_in(doctor)
        say_all(two, begin(two), answers.CO_MANAGE, town=town)
        page = say_all(one, begin(one, somebody_new="1"), town=town)
        assert "Dr. Solomon looks first" in text(page)
        assert Case.objects.count() == 1

    def test_a_service_refuses_who_did_not_begin_it(self, desk, doctor, desk_client):
        begin(desk_client)
        pk = IntakeDraft.objects.get().pk
        with pytest.raises(CallOver):
            services.hear(draft_id=pk, answers={}, put=[], by=doctor, now=NOW)
        with pytest.raises(CallOver):
            services.hear_typed(draft_id=pk, typed={}, put=[], by=doctor, now=NOW)
        with pytest.raises(CallOver):
            services.send_call(draft_id=pk, about={}, by=doctor, now=NOW, seen=None)
        with pytest.raises(CallOver):
            services.hand_over(draft_id=pk, email="x@example.com", link="/", by=doctor, now=NOW)

    def test_no_other_door_opens_it(self, desk_client, client):
        pk = IntakeDraft.objects.get(pk=_pk(begin(desk_client))).pk
        assert desk_client.get(reverse("questions:ask", args=[pk])).status_code == 404
        own = services.start_draft(browser=pk, now=NOW)
        assert desk_client.get(reverse("calls:call", args=[own.pk])).status_code == 404

    def test_one_that_was_left_is_forgotten_like_any_other(self, desk_client, time_machine):
        page = begin(desk_client)
        later = NOW + timedelta(days=ClinicProfile.current().draft_days, hours=1)
        services.judge_left_drafts(now=later)
        assert services.forget_left_drafts(now=later) == 1
        time_machine.move_to(later, tick=False)
        assert desk_client.get(address_of(page)).status_code in (302, 404)

    def test_every_look_is_on_the_trail(self, desk, desk_client, patient):
        ana = patient.patients.get()
        address = reverse("calls:new_for", args=[ana.pk])
        desk_client.get(address)
        page = desk_client.post(address, {"verified": "on"}, follow=True)
        desk_client.get(address_of(page))
        looks = AuditEntry.objects.filter(actor=desk, action="viewed", patient_id=ana.pk)
        assert looks.count() == 3


def _pk(response: Any) -> UUID:
    return UUID(address_of(response).strip("/").rsplit("/", 1)[-1])


class TestHandedOver:
    EMAIL = "cal@example.com"

    def hand_over(self, client: Client, page: Any, email: str = EMAIL) -> Any:
        there = client.post(
            address_of(page), {"screen": screen_of(page), "hand_over": "1"}, follow=True
        )
        return client.post(address_of(there), {"email": email}, follow=True)

    def link(self) -> str:
        body = Message.objects.filter(kind="handed_over").latest("queued_at").body
        found = re.search(r"https?://[^/]+(/intake/go-on/\S+)", body)
        assert found
        return found[1]

    def take_up(self, client: Client) -> Any:
        link = self.link()
        client.post(link)
        return client.post(f"{link}code/", {"code": emailed_code()}, follow=True)

    def test_the_caller_goes_on_where_they_were(self, desk_client):
        page = say_all(desk_client, begin(desk_client), until="numbness")
        told = self.hand_over(desk_client, page)
        assert "Their answers are theirs alone now." in text(told)
        phone = Client()
        page = self.take_up(phone)
        assert address_of(page) == reverse("intake:screen", args=["numbness"])

    def test_looking_at_the_link_changes_nothing_and_needs_the_code(self, desk_client):
        self.hand_over(desk_client, begin(desk_client))
        stranger = Client()
        before = IntakeDraft.objects.get()
        page = stranger.get(self.link())
        assert "Rivers" not in page.content.decode()
        assert IntakeDraft.objects.get().touched_at == before.touched_at
        stranger.post(self.link())
        wrong = stranger.post(f"{self.link()}code/", {"code": "000000"})
        assert "That is not the code" in wrong.content.decode()
        assert "intake_draft" not in stranger.session

    def test_from_then_on_staff_read_and_type_nothing(self, desk, desk_client):
        page = say_all(desk_client, begin(desk_client), until="numbness")
        self.hand_over(desk_client, page)
        pk = IntakeDraft.objects.get().pk
        for address in ("", "?screen=numbness", "?screen=seat-and-legs", "?screen=check"):
            shown = desk_client.get(address_of(page) + address).content.decode()
            assert 'name="screen"' not in shown
            assert "checked" not in shown
        desk_client.post(address_of(page), {"screen": "numbness", "numb": "yes"})
        assert "numb" not in IntakeDraft.objects.get().answers
        with pytest.raises(CallOver):
            services.hear(draft_id=pk, answers={"numb": "no"}, put=["numb"], by=desk, now=NOW)
        assert "not opened yet" in text(desk_client.get(NEW))

    def test_it_ends_as_their_own_online_form_and_the_desk_reads_none_of_it(
        self, desk_client, town, time_machine
    ):
        self.hand_over(desk_client, begin(desk_client))
        time_machine.move_to(NOW + timedelta(minutes=1), tick=False)
        phone = Client()
        self.take_up(phone)
        draft = IntakeDraft.objects.get()
        assert "They go on by themselves" in text(desk_client.get(NEW))
        now = timezone.now()
        services.keep_answers(
            draft_id=draft.pk, answers=answers.BOOK, shown=list(answers.BOOK), now=now
        )
        about = {"given_name": "Cal", "family_name": "Rivers", "email": self.EMAIL}
        services.keep_about(draft_id=draft.pk, about=about, now=now)
        account = User.objects.get(email=self.EMAIL)
        said = services.submit(draft_id=draft.pk, by=account, now=now)
        assert (said.channel, said.typed_by, said.account) == ("ONLINE", None, account)
        assert said.patient is None, "waits for the proof, as any online form"
        proved = services.attach(intake_id=said.pk, account=account, now=now)
        assert proved.patient
        assert proved.patient.account == account
        shown = text(desk_client.get(reverse("calls:call", args=[draft.pk])))
        assert "They sent it" in shown
        assert "BOOK" not in shown

    def test_a_chosen_record_is_not_given_to_whoever_reads_that_mailbox(self, desk_client, patient):
        ana = patient.patients.get()
        address = reverse("calls:new_for", args=[ana.pk])
        page = desk_client.post(address, {"verified": "on"}, follow=True)
        self.hand_over(desk_client, page, email="stranger@example.com")
        draft = IntakeDraft.objects.get()
        assert (draft.patient, draft.typed_by, draft.about["details"]) == (None, None, {})
        services.keep_answers(
            draft_id=draft.pk, answers=answers.BOOK, shown=list(answers.BOOK), now=NOW
        )
        account = User.objects.get(email="stranger@example.com")
        said = services.submit(draft_id=draft.pk, by=account, now=NOW)
        proved = services.attach(intake_id=said.pk, account=account, now=NOW)
        assert proved.patient
        assert proved.patient != ana
        assert proved.patient.likely_duplicate_of == ana
        ana.refresh_from_db()
        assert ana.account == patient

    def test_a_mistyped_address_is_put_right_until_they_have_opened_it(
        self, desk_client, time_machine
    ):
        page = begin(desk_client)
        self.hand_over(desk_client, page, email="clal@example.com")
        again = reverse("calls:hand_over", args=[_pk(page)])
        time_machine.move_to(NOW + timedelta(minutes=1), tick=False)
        desk_client.post(again, {"email": self.EMAIL})
        assert IntakeDraft.objects.get().account == User.objects.get(email=self.EMAIL)
        time_machine.move_to(NOW + timedelta(minutes=2), tick=False)
        self.take_up(Client())
        desk_client.post(again, {"email": "clal@example.com"})
        assert IntakeDraft.objects.get().account == User.objects.get(email=self.EMAIL)

    def test_not_to_an_address_that_signs_in_here_as_staff(self, desk_client, doctor):
        page = begin(desk_client)
        there = reverse("calls:hand_over", args=[_pk(page)])
        refused = desk_client.post(there, {"email": doctor.email})
        assert refused.status_code == 422
        assert "Somebody who works here" in text(refused)
        assert IntakeDraft.objects.get().typed_by
        assert desk_client.post(there, {"email": "no"}).status_code == 422


def test_the_database_asks_who_typed_what_was_taken_by_phone(patient):
    with pytest.raises(IntegrityError, match="desk_names_who_typed"), transaction.atomic():
        IntakeFactory.create(patient=patient.patients.get(), channel="PHONE")


def test_the_reviewer_reads_who_asked_and_how_they_knew_the_caller(
    desk_client, doctor_client, patient, town
):
    address = reverse("calls:new_for", args=[patient.patients.get().pk])
    page = desk_client.post(address, {"verified": "on"}, follow=True)
    say_all(desk_client, page, answers.CO_MANAGE, town=town)
    case = doctor_client.get(reverse("review:case", args=[Case.objects.get().pk]))
    assert "asked by phone by Dana Desk" in case.content.decode()
    assert ASKED_AND_RIGHT in case.content.decode()
