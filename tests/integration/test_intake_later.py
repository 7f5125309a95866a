"""Never lost: finishing later by a link, two tabs, starting again, and forms left for good."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from clinic.models import AuditEntry, ClinicProfile, Message, User
from intake import services, tasks
from intake.models import Intake, IntakeDraft
from tests import answers, walking
from tests.people import signed_in

pytestmark = pytest.mark.django_db

BLADDER = "/intake/bladder-and-bowels/"
EMAIL = "ana@example.com"


@pytest.fixture
def begun(client: Client) -> Client:
    """A date of birth and one answer."""
    walking.start(client)
    client.post("/intake/date-of-birth/", walking.birth(answers.BORN))
    client.post(BLADDER, {"bladder_bowel": "none"})
    return client


def draft() -> IntakeDraft:
    return IntakeDraft.objects.latest("started_at")


def save(client: Client, email: str = EMAIL) -> str:
    """From *Save and finish later* to the link in the email."""
    client.post("/intake/save/", {"email": email})
    response: Any = client.post("/intake/save/code/", {"code": walking.emailed_code()})
    assert response.url == "/intake/saved/", response
    return link()


def link() -> str:
    body = Message.objects.filter(kind="resume").latest("queued_at").body
    return urlsplit(next(word for word in body.split() if "://" in word)).path


# --- The link -------------------------------------------------------------------------------------


def test_saving_keeps_what_stands_on_the_page(begun):
    response = begun.post("/intake/seat-and-legs/", {"saddle": "no", "leave": "save"})
    assert response.url == "/intake/save/"
    assert draft().answers["saddle"] == "no"


def test_no_link_is_sent_before_the_address_is_proved(begun):
    begun.post("/intake/save/", {"email": "mistyped@example.com"})
    assert begun.post("/intake/save/code/", {"code": "000000"}).status_code == 200
    assert begun.get("/intake/saved/").url == "/intake/save/"
    assert not Message.objects.filter(kind="resume").exists()
    assert draft().account is None


def test_the_link_leads_back_on_another_browser_with_a_code(begun):
    path = save(begun)
    elsewhere: Any = Client()
    assert "Go on with your form" in elsewhere.get(path).content.decode()
    assert elsewhere.post(path).url == path + "code/"
    kept_out = elsewhere.get("/intake/seat-and-legs/")
    assert kept_out.url == "/?nothing-open", "the button alone opens nothing"
    response = elsewhere.post(path + "code/", {"code": walking.emailed_code()}, follow=True)
    assert walking.place(response) == "/intake/seat-and-legs/"
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "draft kept for later",
        "draft taken up",
    }


def test_looking_at_the_link_changes_nothing(begun):
    path = save(begun)
    before = draft()
    scanner: Any = Client()
    for _time in range(3):
        assert scanner.get(path).status_code == 200
    assert scanner.get(path + "code/").url == path
    assert "sessionid" not in scanner.cookies
    after = draft()
    assert (after.touched_at, after.version) == (before.touched_at, before.version)
    assert Message.objects.filter(kind="code").count() == 1


def test_whoever_finds_the_link_learns_nothing_and_gets_nothing(begun):
    path = save(begun)
    stranger: Any = signed_in(User.objects.create_user("stranger@example.com"))
    page = stranger.get(path).content.decode()
    assert EMAIL not in page
    response = stranger.post(path, follow=True)
    assert EMAIL not in response.content.decode()
    assert stranger.post(path + "code/", {"code": "123456"}).status_code == 200
    assert stranger.get("/intake/seat-and-legs/").url == "/?nothing-open"


def test_signed_in_with_the_address_no_second_code_is_asked(begun):
    path = save(begun)
    elsewhere = signed_in(User.objects.get(email=EMAIL))
    response = elsewhere.post(path, follow=True)
    assert walking.place(response) == "/intake/seat-and-legs/"


def test_the_link_says_nothing_about_anybody(begun):
    path = save(begun)
    assert re.fullmatch(r"/intake/go-on/[\w:-]+/", path)
    body = Message.objects.get(kind="resume").body
    assert "Ana" not in body
    assert str(draft().pk) not in body


@pytest.mark.parametrize("spoil", [lambda key: key[:-1] + "x", lambda _: "made-up", signing.dumps])
def test_a_made_up_link_is_over(begun, spoil):
    key = save(begun).split("/")[-2]
    response = Client().get(f"/intake/go-on/{spoil(key)}/")
    assert response.status_code == 404
    assert "This link no longer works" in response.content.decode()


def test_a_link_is_over_after_its_days(begun, time_machine):
    path = save(begun)
    time_machine.move_to(timezone.now() + timedelta(days=15))
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404


def test_a_link_is_over_once_the_answers_are_sent(client):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    path = save(client)
    walking.tell(client)
    response = client.post("/intake/check/", follow=True)
    # The address was proved when the answers were saved: no second code.
    assert walking.place(response).startswith("/my/intakes/")
    assert Client().get(path).status_code == 404


def test_somebody_signed_in_is_mailed_the_link_at_once(begun):
    walker: Any = signed_in(User.objects.create_user(EMAIL), client=begun)
    walking.start(walker)
    assert walker.post("/intake/save/").url == "/intake/saved/"
    assert Message.objects.filter(kind="resume", recipient=EMAIL).count() == 1


# --- Two tabs -------------------------------------------------------------------------------------


def made_from(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    found = re.search(r'name="made_from" value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_an_older_tab_overwrites_nothing_and_shows_both(begun):
    older = made_from(begun, "/intake/seat-and-legs/")
    begun.post("/intake/seat-and-legs/", {"saddle": "no", "leg_pain": "hip"})
    data = {"saddle": "no", "leg_pain": "no", "made_from": older}
    response = begun.post("/intake/seat-and-legs/", data)
    page = response.content.decode()
    assert "Which answer is right?" in page
    assert draft().answers["leg_pain"] == "hip"
    assert re.search(r'id="leg_pain-no" checked', page), "what was tapped is still there"
    again = re.search(r'name="made_from" value="([^"]+)"', page)
    assert again
    begun.post("/intake/seat-and-legs/", {**data, "made_from": again[1]})
    assert draft().answers["leg_pain"] == "no", "said again, knowing of the other"


def test_an_older_tab_that_says_the_same_just_goes_on(begun):
    older = made_from(begun, "/intake/seat-and-legs/")
    data = {"saddle": "no", "leg_pain": "hip", "made_from": older}
    begun.post("/intake/seat-and-legs/", data)
    assert begun.post("/intake/seat-and-legs/", data).status_code == 302


def test_another_screen_s_answers_are_no_conflict(begun):
    older = made_from(begun, "/intake/seat-and-legs/")
    begun.post(BLADDER, {"bladder_bowel": "none"})
    data = {"saddle": "no", "leg_pain": "hip", "made_from": older}
    assert begun.post("/intake/seat-and-legs/", data).status_code == 302


def test_a_red_flag_in_an_older_tab_never_waits(begun):
    older = made_from(begun, "/intake/seat-and-legs/")
    begun.post("/intake/seat-and-legs/", {"saddle": "no", "leg_pain": "no"})
    data = {"saddle": "yes", "leg_pain": "no", "made_from": older}
    assert begun.post("/intake/seat-and-legs/", data).url == "/intake/emergency/"
    assert Intake.objects.get().disposition == "EMERGENCY"


def test_a_red_flag_behind_a_question_that_came_up_meanwhile_is_kept(begun):
    """The other tab's answer put a question in front of the screen that is open here."""
    begun.post("/intake/seat-and-legs/", {"saddle": "no", "leg_pain": "no"})
    older = made_from(begun, "/intake/seat-and-legs/")
    begun.post(BLADDER, {"bladder_bowel": "leak_urine"})
    data = {"saddle": "yes", "leg_pain": "no", "made_from": older}
    assert begun.post("/intake/seat-and-legs/", data).url == "/intake/emergency/"


def test_a_screen_behind_a_question_that_came_up_meanwhile_is_kept(begun):
    begun.post("/intake/seat-and-legs/", {"saddle": "no", "leg_pain": "no"})
    older = made_from(begun, "/intake/seat-and-legs/")
    begun.post(BLADDER, {"bladder_bowel": "leak_urine"})
    data = {"saddle": "no", "leg_pain": "hip", "made_from": older}
    response = begun.post("/intake/seat-and-legs/", data)
    assert response.url == "/intake/bladder-and-bowels-since/", "what came up is asked first"
    assert draft().answers["leg_pain"] == "hip"


def test_a_date_of_birth_in_two_tabs(begun):
    older = made_from(begun, "/intake/date-of-birth/")
    later = answers.BORN.replace(year=1990)
    begun.post("/intake/date-of-birth/", walking.birth(later))
    data = {**walking.birth(answers.BORN.replace(year=1970)), "made_from": older}
    page = begun.post("/intake/date-of-birth/", data).content.decode()
    assert "Which answer is right?" in page
    assert 'value="1970"' in page
    assert draft().born == later


def test_who_they_are_in_two_tabs(client):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    older = made_from(client, walking.ABOUT)
    walking.tell(client, until="what-happened", given_name="Anna")
    data = {**walking.about(given_name="Ana"), "made_from": older}
    page = client.post(walking.ABOUT, data).content.decode()
    assert "Newer: Anna" in page
    assert "On this page: Ana" in page
    assert 'value="Ana"' in page
    assert draft().about["typed"]["given_name"] == "Anna"


def test_what_is_sent_is_what_was_shown(client):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    walking.tell(client)
    older = made_from(client, "/intake/check/")
    client.post("/intake/care/", {"care": "over_4w"})
    client.post("/intake/care-result/", {"care_result": "better"})
    response = client.post("/intake/check/", {"made_from": older}, follow=True)
    assert walking.place(response) == "/intake/check/"
    assert "Look at them once more" in response.content.decode()
    assert Intake.objects.count() == 0


def test_a_page_of_other_answers_is_never_mixed_in(begun):
    of_another = made_from(begun, "/intake/seat-and-legs/")
    begun.post("/intake/start-again/")
    walking.start(begun)
    begun.post("/intake/date-of-birth/", walking.birth(answers.BORN))
    begun.post(BLADDER, {"bladder_bowel": "none"})
    data = {"saddle": "yes", "leg_pain": "no", "made_from": of_another}
    response = begun.post("/intake/seat-and-legs/", data, follow=True)
    assert "You started again after that page was opened" in response.content.decode()
    assert "saddle" not in draft().answers
    assert Intake.objects.count() == 0


# --- Not you? -------------------------------------------------------------------------------------


def test_starting_again_asks_once_and_forgets(begun):
    response = begun.post("/intake/seat-and-legs/", {"saddle": "no", "leave": "start_again"})
    assert response.url == "/intake/start-again/"
    assert "Start again with an empty form?" in begun.get(response.url).content.decode()
    assert walking.place(begun.get("/intake/", follow=True)) == "/intake/seat-and-legs/"
    begun.post("/intake/start-again/")
    assert begun.get("/intake/seat-and-legs/").url == "/?nothing-open"


def test_an_emergency_on_a_shared_phone_can_be_left(begun):
    begun.post("/intake/seat-and-legs/", {"saddle": "yes"})
    page = begun.get("/intake/emergency/").content.decode()
    assert 'href="/intake/start-again/"' in page
    begun.post("/intake/start-again/")
    assert begun.get("/intake/emergency/", follow=True).redirect_chain[-1][0] == "/?nothing-open"
    assert Intake.objects.get().disposition == "EMERGENCY", "it stays with the clinic"


def test_starting_again_signs_out_who_was_here_before(begun):
    save(begun)
    assert "_auth_user_id" in begun.session
    begun.post("/intake/start-again/")
    assert "_auth_user_id" not in begun.session


def test_every_page_of_the_form_offers_both(client):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    walking.tell(client)
    pages = ["/intake/date-of-birth/", "/intake/care/", walking.ABOUT, "/intake/check/"]
    for address in [*pages, *(f"{walking.ABOUT}{s.slug}/" for s in WHOLE[1:])]:
        page = client.get(address).content.decode()
        assert "Save and finish later" in page, address
        assert "Not you? Start again" in page, address


WHOLE = [screen for screen in walking.ABOUT_BY_SLUG.values() if not screen.of_minors]


# --- Forms left for good --------------------------------------------------------------------------


def left(*, days: int, **columns: object) -> IntakeDraft:
    then = timezone.now() - timedelta(days=days)
    made = services.start_draft(browser="5a3bbd9a-7a55-4c79-9e0b-5f8f3f6f7d10", now=then)
    IntakeDraft.objects.filter(pk=made.pk).update(**columns)
    made.refresh_from_db()
    return made


def test_a_form_left_long_ago_is_deleted_once_it_was_judged():
    old, fresh = left(days=15), left(days=13)
    assert services.forget_left_drafts(now=timezone.now()) == 0, "nobody judged it yet"
    services.judge_left_drafts(now=timezone.now())
    assert services.forget_left_drafts(now=timezone.now()) == 1
    assert list(IntakeDraft.objects.all()) == [fresh]
    assert old.pk


def test_the_nightly_job_deletes_it():
    then = timezone.now()
    left(days=15, judged_at=then)
    tasks.forget_left_forms(timestamp=0)
    assert not IntakeDraft.objects.exists()


def test_the_clinic_says_how_long_they_are_kept():
    left(days=15, judged_at=timezone.now())
    ClinicProfile.objects.update(draft_days=20)
    assert services.forget_left_drafts(now=timezone.now()) == 0


def test_an_emergency_in_a_form_left_for_good_is_kept():
    said = {"bladder_bowel": ["leak_urine"]}
    waiting = left(days=30, answers=said, shown=["age", "bladder_bowel"], born=answers.BORN)
    services.judge_left_drafts(now=timezone.now())
    services.forget_left_drafts(now=timezone.now())
    waiting.refresh_from_db()
    assert waiting.submitted
    assert waiting.submitted.disposition == "EMERGENCY"


def test_answers_touched_after_they_were_judged_are_judged_again_first():
    then = timezone.now() - timedelta(days=20)
    left(days=16, judged_at=then)
    assert services.forget_left_drafts(now=timezone.now()) == 0


def test_a_form_that_corrects_an_emergency_stays_with_its_case(begun):
    begun.post("/intake/seat-and-legs/", {"saddle": "yes", "leg_pain": "no"})
    begun.post("/intake/emergency/mistake/")
    long_ago = timezone.now() - timedelta(days=90)
    IntakeDraft.objects.update(touched_at=long_ago, judged_at=long_ago)
    assert services.forget_left_drafts(now=timezone.now()) == 0


def test_a_browser_whose_answers_were_deleted_starts_anew(begun):
    IntakeDraft.objects.all().delete()
    response = begun.get("/intake/", follow=True)
    assert "No answers are open on this device" in response.content.decode()
    assert "intake_draft" not in begun.session


# --- The body picture -----------------------------------------------------------------------------


def test_where_else_it_hurts_is_kept_shown_and_sent(client, doctor_client):
    walking.start(client)
    walking.answer(client, answers.REFER)
    marked = ["buttock_left", "calf_left", "made_up", "<b>"]
    client.post("/intake/where/", {"area": "lower", "also_hurts": marked})
    assert draft().also_hurts == ["buttock_left", "calf_left"]
    page = client.get("/intake/where/").content.decode()
    assert re.search(r'value="calf_left" id="also_hurts-calf_left" checked', page)
    walking.tell(client)
    assert "Left buttock\nLeft calf" in client.get("/intake/check/").content.decode()
    client.post("/intake/check/")
    intake = Intake.objects.get()
    assert intake.details["also_hurts"] == ["buttock_left", "calf_left"]
    assert "also_hurts" not in intake.answers
    case = doctor_client.get(f"/staff/review/{intake.case_id}/").content.decode()
    assert "Left buttock; Left calf" in case


def test_taking_a_mark_back_is_kept_too(client):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    client.post("/intake/where/", {"area": "lower", "also_hurts": ["belly"]})
    client.post("/intake/where/", {"area": "lower"})
    assert draft().also_hurts == []


# --- What the pages cost --------------------------------------------------------------------------


def test_the_new_pages_cost_few_queries(client, django_assert_num_queries):
    walking.start(client)
    walking.answer(client, answers.BOOK)
    walking.tell(client)
    # The session, the draft, the clinic; and the towns, where they are picked or shown.
    for address, queries in (
        (f"{walking.ABOUT}medicines/", 4),
        (walking.ABOUT, 4),
        ("/intake/check/", 4),
        ("/intake/where/", 3),
        ("/intake/start-again/", 3),
        ("/intake/save/", 4),
    ):
        with django_assert_num_queries(queries):
            client.get(address)


# --- By script ------------------------------------------------------------------------------------


def test_inside_the_form_a_script_follows_and_outside_it_loads_the_page(begun):
    by_script = {"HTTP_HX_REQUEST": "true"}
    calm = {"saddle": "no", "leg_pain": "no"}
    assert begun.post("/intake/seat-and-legs/", calm, **by_script).status_code == 302
    blank = begun.post("/intake/numbness/", {}, **by_script)
    assert blank.headers["HX-Push-Url"] == "false"
    red = {"saddle": "yes", "leg_pain": "no"}
    response = begun.post("/intake/seat-and-legs/", red, **by_script)
    assert response.headers["HX-Redirect"] == "/intake/emergency/"
