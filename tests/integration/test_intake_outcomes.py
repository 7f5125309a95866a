"""From *Start* to what comes of it: may book, doctor first, emergency, mistake, a joined case."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic import limits
from clinic.models import AuditEntry, Message, User
from intake import public, services
from intake.models import Case, Clearance, ContactLeft, Intake, IntakeDraft, Patient
from tests import answers, walking
from tests.people import signed_in

pytestmark = pytest.mark.django_db

EMERGENCY = "/intake/emergency/"
CODE = "/intake/code/"


def account() -> User:
    """Whose patient the only record is."""
    return User.objects.get(patients=Patient.objects.get())


def words(response) -> str:
    return " ".join(response.content.decode().split())


def no_jargon(page: str) -> bool:
    rules = {rule for intake in Intake.objects.all() for rule in intake.rules}
    return not any(f">{rule}<" in page or f" {rule} " in page for rule in rules) and not any(
        code in page for code in ("CO-MANAGE", "REFER", "XRAY_HOLD", "bladder_bowel")
    )


@pytest.fixture
def at_code(client: Client) -> Client:
    walking.start(client)
    walking.answer(client, answers.BOOK)
    walking.tell(client)
    client.post("/intake/check/")
    return client


# --- May book --------------------------------------------------------------------------------


def test_clean_answers_may_book(client):
    response = walking.finish(client, answers.BOOK)
    page = words(response)
    assert "You can choose a time" in page
    assert "Your spasm gets worse with some moves and eases with rest." in page
    assert "Some moves hurt more. It eases when I rest or change position." in page
    assert no_jargon(page)
    clearance = Clearance.objects.get()
    assert f'href="/book/{clearance.pk}/">Choose a time</a>' in page
    assert public.clearances_usable(clearance.patient_id, timezone.now())
    assert account().email == "ana@example.com"


def test_the_result_says_whose_it_is(client):
    """A family reads the results of each on one account."""
    for given, said in (("Ana", answers.BOOK), ("Leo", answers.CO_MANAGE)):
        page = words(walking.finish(client, said, given_name=given))
        assert f"For {given} Reyes</p>" in page


def test_reading_the_result_is_on_the_audit_trail(client):
    walking.finish(client, answers.BOOK)
    entry = AuditEntry.objects.get(action="result read")
    assert entry.subject_id == str(Intake.objects.get().pk)


def test_the_check_lists_every_answer_with_a_way_to_change_it(client):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    walking.tell(client, allergies="Latex")
    page = words(client.get("/intake/check/"))
    assert "March 9, 1988" in page
    assert "Low back" in page
    assert "Latex" in page
    assert "Ashburn" in page
    about_them = page.count("about-you/")
    # The date of birth, and where else it hurts, are no answers of the protocol.
    assert page.count("?from=check") - about_them == len(answers.BOOK) + 2
    assert 'href="/intake/about-you/medicines/?from=check#id_allergies"' in page


def test_looking_at_the_check_sends_nothing(client):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    walking.tell(client)
    client.get("/intake/check/")
    assert Intake.objects.count() == 0


def test_sending_twice_is_sending_once(at_code):
    assert at_code.post("/intake/check/").url == CODE
    assert Intake.objects.count() == 1
    assert at_code.get("/intake/numbness/").url == CODE


def test_signed_in_with_the_same_address_needs_no_second_code(client):
    walking.finish(client, answers.BOOK)
    codes = Message.objects.filter(kind="code").count()
    response = walking.finish(client, answers.BOOK)
    assert walking.place(response).startswith("/my/intakes/")
    assert Message.objects.filter(kind="code").count() == codes


def test_signed_in_held_answers_wait_for_no_code_whatever_address_they_give(client):
    walking.finish(client, answers.BOOK)
    codes = Message.objects.filter(kind="code").count()
    response = walking.finish(client, answers.REFER, email="new.address@example.com")
    assert walking.place(response).startswith("/my/intakes/")
    assert "See a doctor first" in words(response)
    assert Message.objects.filter(kind="code").count() == codes
    assert Clearance.objects.get().revoked_at


# --- The code --------------------------------------------------------------------------------


def test_a_wrong_code_says_so_and_shows_nothing(at_code):
    response = at_code.post(CODE, {"code": "000000" if walking.emailed_code() != "000000" else "1"})
    assert walking.errors(response) == [
        "That is not the code we sent. Check the newest email and type it again."
    ]
    assert Intake.objects.get().patient is None


def test_no_code_at_all_is_asked_for_and_is_no_guess(at_code):
    for typed in ("", " ") * 3:
        response = at_code.post(CODE, {"code": typed})
        assert walking.errors(response) == ["Type the 6 digits from the email."]
    assert at_code.post(CODE, {"code": walking.emailed_code()}).status_code == 302


@pytest.mark.parametrize("typed", ["\x00", "x" * 5000, "\uff11\uff12"])
def test_junk_for_a_code_is_a_wrong_code(at_code, typed):
    assert walking.errors(at_code.post(CODE, {"code": typed}))


def test_an_old_code_has_run_out(at_code):
    code = walking.emailed_code()
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        response = at_code.post(CODE, {"code": code})
    assert walking.errors(response) == ["That code has run out. Press “Send a new code”."]


def test_guessing_ends(at_code):
    wrong = f"{(int(walking.emailed_code()) + 1) % 1_000_000:06}"
    for _time in range(5):
        response = at_code.post(CODE, {"code": wrong})
    assert walking.errors(response) == ["That was tried too often. Press “Send a new code”."]
    at_code.post("/intake/code/another/")
    response = at_code.post(CODE, {"code": walking.emailed_code()}, follow=True)
    assert walking.place(response).startswith("/my/intakes/")


def test_a_new_code_replaces_the_one_before(at_code):
    before = walking.emailed_code()
    response = at_code.post("/intake/code/another/", follow=True)
    assert "We sent a new code." in words(response)
    after = walking.emailed_code()
    if before != after:
        assert walking.errors(at_code.post(CODE, {"code": before}))
    assert at_code.post(CODE, {"code": after}).status_code == 302


def test_a_mistyped_address_is_put_right(at_code):
    response = at_code.post("/intake/code/another/", {"email": "nobody@"})
    assert walking.errors(response) == ["Type an email address, such as name@example.com."]
    at_code.post("/intake/code/another/", {"email": "Ana.Reyes@example.com"})
    assert Message.objects.latest("queued_at").recipient == "ana.reyes@example.com"
    at_code.post(CODE, {"code": walking.emailed_code()})
    assert account().email == "ana.reyes@example.com"


def test_reloading_a_refused_address_asks_for_the_code_again(at_code):
    assert walking.errors(at_code.post("/intake/code/another/", {"email": "nobody@"}))
    response = at_code.get("/intake/code/another/", follow=True)
    assert walking.place(response) == CODE


def test_an_address_we_could_not_sign_in_with_gets_a_sentence(at_code):
    page = words(at_code.post("/intake/code/another/", {"email": "ana@exämple.com"}))
    assert "Type the email address with plain letters only." in page


def test_not_you_lets_go_of_the_answers(at_code):
    assert at_code.post("/intake/start-again/").url == "/"
    assert walking.place(at_code.get(CODE, follow=True)) == "/"
    assert Intake.objects.count() == 1


# --- Held ------------------------------------------------------------------------------------


def test_doctor_first_says_what_to_do_and_by_when_they_hear(client):
    response = walking.finish(client, answers.REFER)
    page = words(response)
    assert "See a doctor first" in page
    assert "You said: “Since your back pain began, have you had a fever?” <b>Yes</b>" in page
    assert "You will hear from us by" in page
    assert "Choose a time" not in page
    assert no_jargon(page)
    assert Clearance.objects.count() == 0


def test_a_doctor_alongside_says_the_chiropractor_reads_first(client):
    page = words(walking.finish(client, answers.CO_MANAGE))
    assert "Dr. Solomon will look at your answers first" in page
    assert "Choose a time" not in page
    assert no_jargon(page)


def test_better_answers_join_the_case_and_say_so_kindly(client):
    walking.finish(client, answers.REFER)
    other_browser = Client()
    page = words(walking.finish(other_browser, answers.BOOK))
    assert "He will look at all of them together" in page
    assert "Choose a time" not in page
    assert Clearance.objects.count() == 0
    assert Case.objects.get().intakes.count() == 2


def test_an_overdue_promise_is_not_repeated(client):
    address = walking.place(walking.finish(client, answers.REFER))
    Case.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert "We should have called you by now" in words(client.get(address))


def test_a_cleared_case_may_book(client, doctor):
    address = walking.place(walking.finish(client, answers.REFER))
    intake = Intake.objects.get()
    services.decide(
        case_id=Case.objects.get().pk,
        latest_seen=intake.pk,
        kind="CLEAR",
        reason="Seen by her doctor.",
        by=doctor,
        now=timezone.now(),
    )
    page = words(client.get(address))
    assert f'href="/book/{Clearance.objects.get().pk}/">Choose a time</a>' in page
    assert "Seen by her doctor." not in page


def test_answers_too_old_to_book_with_ask_for_new_ones(client):
    address = walking.place(walking.finish(client, answers.BOOK))
    owner = account()
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        page = words(signed_in(owner).get(address))
    assert "Please answer the questions again" in page
    assert "You can choose a time" not in page


@pytest.mark.parametrize("who", ["other_patient_client", "desk_client", "administrator_client"])
def test_nobody_else_reads_a_result(client, who, request):
    address = walking.place(walking.finish(client, answers.BOOK))
    other = request.getfixturevalue(who)
    assert other.get(address).status_code in (403, 404)
    assert walking.place(Client().get(address, follow=True)) == "/sign-in/"


# --- Emergency -------------------------------------------------------------------------------


@pytest.fixture
def stopped(client: Client) -> Client:
    walking.start(client)
    response = walking.answer(client, answers.EMERGENCY)
    assert walking.place(response) == EMERGENCY
    return client


def test_the_emergency_page_says_what_to_do_and_why(stopped):
    page = words(stopped.get(EMERGENCY))
    assert 'href="tel:911"' in page
    assert 'href="tel:+1-703-555-0142"' in page
    assert "You have numbness between your legs." in page
    assert "near your private parts" in page
    assert "<b>Yes</b>" in page
    assert no_jargon(page)


def test_an_emergency_is_kept_though_nobody_knows_who_it_is(stopped):
    intake = Intake.objects.get()
    assert intake.patient is None
    assert Case.objects.get().state == Case.State.OPEN
    assert Message.objects.filter(kind="attention").exists()


def test_the_page_ends_when_the_clinic_has_closed_the_emergency(stopped, doctor):
    intake = Intake.objects.get()
    services.decide(
        case_id=Case.objects.get().pk,
        latest_seen=intake.pk,
        kind="RESOLVED",
        reason="Called back: seen at the ER.",
        by=doctor,
        now=timezone.now(),
    )
    page = words(stopped.get(EMERGENCY))
    assert "Get help now" not in page
    assert "The clinic closed this emergency on" in page
    assert "If the signs come back, do not wait for us: call 911." in page
    assert "seen at the ER" not in page
    assert 'action="/intake/start/"' in page


@pytest.mark.parametrize(
    "page", ["/intake/", "/intake/numbness/", "/intake/about-you/", "/intake/check/", CODE]
)
def test_coming_back_shows_it_again(stopped, page):
    assert walking.place(stopped.get(page, follow=True)) == EMERGENCY


def test_a_number_can_be_left(stopped):
    response = stopped.post(
        "/intake/emergency/contact/", {"name": "Ana", "phone": "703 555 0102"}, follow=True
    )
    assert "The clinic has this number:" in words(response)
    assert "(703) 555-0102" in words(response)
    left = ContactLeft.objects.get()
    assert (left.name, left.phone.as_e164) == ("Ana", "+17035550102")


def test_a_number_of_the_case_it_joined_is_not_shown(client):
    """On a shared phone the case may be somebody else's."""
    walking.finish(client, answers.REFER)
    client.post("/sign-out/")
    walking.start(client)
    walking.answer(client, answers.EMERGENCY)
    assert Case.objects.get().contact_phone.as_e164 == "+17035550101"
    assert "555-0101" not in words(client.get(EMERGENCY))


@pytest.mark.parametrize("phone", ["", "12", "\x00", "x" * 300])
def test_a_number_nobody_can_call_gets_a_sentence(stopped, phone):
    data = {"name": "Ana", "phone": phone}
    response = stopped.post("/intake/emergency/contact/", data)
    assert response.status_code == 200
    assert walking.errors(response)[0].startswith("Type a phone number with its area code")
    assert 'value="Ana"' in words(response)


def test_another_language_after_a_refused_number_stays_with_the_emergency(stopped):
    contact = "/intake/emergency/contact/"
    assert walking.errors(stopped.post(contact, {"phone": "12"}))
    response = stopped.post("/language/", {"language": "es", "next": contact}, follow=True)
    assert walking.place(response) == EMERGENCY
    assert "Llame al 911" in words(response)


def test_a_mistaken_tap_opens_the_answer_again_and_is_looked_at(stopped):
    response = stopped.post("/intake/emergency/mistake/", follow=True)
    assert walking.slug_of(response) == "seat-and-legs"
    assert 'id="saddle-yes" checked' in words(response)
    stopped.post("/intake/seat-and-legs/", {"saddle": "no", "leg_pain": "no"})
    walking.answer(stopped, answers.BOOK)
    walking.tell(stopped)
    stopped.post("/intake/check/")
    response = stopped.post(CODE, {"code": walking.emailed_code()}, follow=True)
    page = words(response)
    assert "You changed an answer that may mean an emergency." in page
    assert "They have your name or your phone" not in page
    case = Case.objects.get()
    assert case.mistake_reported_at
    assert case.disposition == "EMERGENCY"
    assert case.intakes.count() == 2
    assert Clearance.objects.count() == 0


def test_two_taps_at_once_both_lead_to_the_emergency(client, monkeypatch):
    """The second tap found the draft open, and waited while the first was recorded."""
    walking.start(client)
    draft = IntakeDraft.objects.get()
    client.post("/intake/date-of-birth/", walking.birth(answers.BORN))
    client.post("/intake/bladder-and-bowels/", {"bladder_bowel": "none"})
    tap = {"saddle": "yes", "leg_pain": "no"}
    seen_before = IntakeDraft.objects.select_related("submitted").get(pk=draft.pk)
    client.post("/intake/seat-and-legs/", tap)
    monkeypatch.setattr("intake.views.drafts.draft_of", lambda request: seen_before)
    assert client.post("/intake/seat-and-legs/", tap).url == EMERGENCY


def test_emergencies_by_the_dozen_are_limited(stopped):
    answered = {stopped.post("/intake/emergency/mistake/").status_code}
    for _ in range(limits.INTAKES_BY_ADDRESS.times):
        stopped.post("/intake/seat-and-legs/", {"saddle": "yes", "leg_pain": "no"})
        answered.add(stopped.post("/intake/emergency/mistake/").status_code)
    assert answered == {302, 429}


def test_the_same_tap_again_is_the_same_emergency(stopped):
    stopped.post("/intake/emergency/mistake/")
    data = {"saddle": "yes", "leg_pain": "no"}
    assert stopped.post("/intake/seat-and-legs/", data).url == EMERGENCY
    assert Case.objects.count() == 1


def test_a_mistake_pressed_twice_opens_one_draft(stopped):
    stopped.post("/intake/emergency/mistake/")
    drafts = IntakeDraft.objects.count()
    stopped.post("/intake/emergency/mistake/")
    assert IntakeDraft.objects.count() == drafts


def test_nobody_reaches_the_emergency_page_without_one(client):
    assert client.get(EMERGENCY).status_code == 302
    assert client.post("/intake/emergency/mistake/").status_code == 302
    assert client.post("/intake/emergency/contact/").status_code == 302


def test_a_new_start_after_an_emergency_joins_its_case(stopped):
    page = words(walking.finish(stopped, answers.BOOK))
    assert "He will look at all of them together" in page
    assert Clearance.objects.count() == 0


def test_nothing_a_person_said_is_in_an_email(client):
    walking.finish(client, answers.REFER, own_words="A very private sentence.")
    for message in Message.objects.all():
        text = message.subject + message.body
        assert "private sentence" not in text
        assert "fever" not in text
    assert User.objects.filter(email="ana@example.com").exists()
