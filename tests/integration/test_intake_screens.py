"""One screen of questions after another: kept, judged, put again when blank."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.models import Intake, IntakeDraft
from intake.screens import SCREENS, walk
from intake.triage import PROTOCOL
from tests import answers, walking

pytestmark = pytest.mark.django_db

BIRTH = "/intake/date-of-birth/"


@pytest.fixture
def started(client: Client) -> Client:
    walking.start(client)
    return client


@pytest.fixture
def after_birth(started: Client) -> Client:
    started.post(BIRTH, walking.birth(answers.BORN))
    return started


@pytest.fixture
def answered(started: Client) -> Client:
    """Every question answered, nothing sent."""
    walking.answer(started, answers.BOOK)
    return started


def draft() -> IntakeDraft:
    return IntakeDraft.objects.latest("started_at")


def test_the_screens_hold_every_question_once():
    held = [id_ for screen in SCREENS for id_ in screen.questions]
    assert sorted(held) == sorted(question.id for question in PROTOCOL.questions)


def test_a_screen_never_asks_what_a_later_one_shows():
    place = {id_: number for number, screen in enumerate(SCREENS) for id_ in screen.questions}
    for question in PROTOCOL.questions:
        if question.show_when is not None:
            assert all(place[id_] <= place[question.id] for id_ in question.show_when.reads())


def test_a_follow_up_stands_on_a_later_screen():
    for screen in SCREENS:
        for id_ in screen.questions:
            shown_by = PROTOCOL.question(id_).show_when
            assert shown_by is None or not shown_by.reads() & set(screen.questions)


def test_only_the_health_background_offers_no_to_all():
    sections = {
        PROTOCOL.question(id_).section.name
        for screen in SCREENS
        if screen.no_to_all
        for id_ in screen.questions
    }
    assert sections == {"HEALTH"}
    assert all(len(screen.questions) <= 5 for screen in SCREENS)


def test_starting_leads_to_the_date_of_birth(client):
    response = walking.start(client)
    assert response.url == BIRTH
    assert "Step 1 of" in client.get(BIRTH).content.decode()


def test_no_key_of_the_draft_is_in_an_address_or_page(started):
    page = started.get(BIRTH).content.decode()
    assert str(draft().pk) not in page
    assert str(draft().browser) not in page


def test_without_a_draft_one_starts_first(client):
    response = client.get("/intake/numbness/", follow=True)
    assert walking.place(response) == "/"
    assert "Please start here" in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Type the month, the day, and the year you were born."),
        ({"day": "4"}, "Type the month as a number from 1 to 12."),
        ({"month": "2", "day": "30", "year": "1990"}, "That day does not exist."),
        ({"month": "13", "day": "1", "year": "1990"}, "Type the month"),
        ({"month": "1", "day": "0", "year": "1990"}, "Type the day"),
        ({"month": "1", "day": "1", "year": "85"}, "Type the year with four numbers"),
        ({"month": "1", "day": "1", "year": "3000"}, "That day has not come yet."),
        ({"month": "1", "day": "1", "year": "1900"}, "more than 119 years ago"),
        ({"month": "x" * 500, "day": "\x00", "year": "१९८५"}, "Type the month"),
    ],
)
def test_a_wrong_date_of_birth_is_refused_and_kept(started, typed, sentence):
    response = started.post(BIRTH, typed)
    assert response.status_code == 200
    assert any(said.startswith(sentence) or sentence in said for said in walking.errors(response))
    assert draft().born is None
    for value in typed.values():
        assert "\x00" in value or f'value="{value}"' in response.content.decode()


def test_119_is_somebodys_age_and_120_is_not(started):
    today = timezone.localdate()
    oldest = today.replace(year=today.year - 120) + timedelta(days=3)
    assert started.post(BIRTH, walking.birth(oldest)).status_code == 302
    too_old = oldest - timedelta(days=4)
    assert started.post(BIRTH, walking.birth(too_old)).status_code == 200


def test_a_blank_is_put_again_with_a_sentence_and_the_rest_is_kept(after_birth):
    after_birth.post("/intake/bladder-and-bowels/", {"bladder_bowel": "none"})
    response = after_birth.post("/intake/seat-and-legs/", {"saddle": "no"})
    assert response.status_code == 200
    assert walking.errors(response) == [
        "Does pain shoot down your legs? Pick an answer, or “I am not sure”."
    ]
    page = response.content.decode()
    assert 'href="#leg_pain-no"' in page
    assert 'id="leg_pain-no"' in page
    assert re.search(r'value="no" id="saddle-no" checked', page)
    assert draft().answers == {"bladder_bowel": ["none"], "saddle": "no"}


@pytest.mark.parametrize("junk", ["", "maybe", "yes\x00", "🦴", "x" * 10_000])
def test_junk_is_a_blank(after_birth, junk):
    response = after_birth.post("/intake/bladder-and-bowels/", {"bladder_bowel": junk})
    assert response.status_code == 200
    assert walking.errors(response)
    assert draft().answers == {}


def test_none_of_these_beside_a_sign_never_hides_the_sign(after_birth):
    data = {"bladder_bowel": ["none", "leak_urine"]}
    response = after_birth.post("/intake/bladder-and-bowels/", data)
    assert response.url == "/intake/bladder-and-bowels-since/"
    assert draft().answers == {"bladder_bowel": ["leak_urine"]}


def test_jumping_ahead_leads_to_the_first_unanswered(after_birth):
    for ahead in ("care", "where", "numbness"):
        response = after_birth.get(f"/intake/{ahead}/", follow=True)
        assert walking.place(response) == "/intake/bladder-and-bowels/"
    for ahead in ("about-you", "check"):
        response = after_birth.get(f"/intake/{ahead}/", follow=True)
        assert walking.place(response) == "/intake/bladder-and-bowels/"
    assert after_birth.post("/intake/care/", {"care": "none"}).status_code == 302
    assert "care" not in draft().answers


def test_a_screen_that_does_not_apply_is_passed_over(answered):
    response = answered.get("/intake/about-the-injury/", follow=True)
    assert walking.place(response) == "/intake/about-you/"
    assert answered.get("/intake/no-such-screen/").status_code == 404


def test_back_keeps_what_was_tapped_without_complaint(after_birth):
    after_birth.post("/intake/bladder-and-bowels/", {"bladder_bowel": "none"})
    response = after_birth.post("/intake/seat-and-legs/", {"leg_pain": "hip", "back": "1"})
    assert response.url == "/intake/bladder-and-bowels/"
    assert draft().answers["leg_pain"] == "hip"
    page = after_birth.get("/intake/seat-and-legs/").content.decode()
    assert re.search(r'id="leg_pain-hip" checked', page)


@pytest.fixture
def at_health(after_birth: Client) -> Client:
    response = after_birth.get("/intake/", follow=True)
    while (slug := walking.slug_of(response)) != "health":
        data = {id_: answers.BOOK[id_] for id_ in walking.BY_SLUG[slug].questions}
        response = after_birth.post(f"/intake/{slug}/", data, follow=True)
    return after_birth


def test_no_to_all_is_seen_and_not_yet_kept(at_health):
    response = at_health.post("/intake/health/", {"weight": "not_sure", "no_to_all": "1"})
    page = response.content.decode()
    assert walking.errors(response) == []
    assert "We marked No wherever you had not answered yet" in page
    for id_ in ("fever", "unwell", "infection", "urine"):
        assert re.search(rf'id="{id_}-no" checked', page)
    # What was tapped before stays: the button never turns a yes or a doubt into a no.
    assert re.search(r'id="weight-not_sure" checked', page)
    kept = draft().answers
    assert kept["weight"] == "not_sure"
    assert "fever" not in kept
    at_health.post("/intake/health/", dict.fromkeys(walking.BY_SLUG["health"].questions, "no"))
    assert draft().answers["fever"] == "no"


def test_no_to_all_asks_nothing_of_a_safety_screen(after_birth):
    response = after_birth.post("/intake/bladder-and-bowels/", {"no_to_all": "1"})
    assert not re.search(r"checked", response.content.decode())
    assert "bladder_bowel" not in draft().answers


def test_an_emergency_stops_the_form_at_once(after_birth):
    after_birth.post("/intake/bladder-and-bowels/", {"bladder_bowel": "none"})
    response = after_birth.post("/intake/seat-and-legs/", {"saddle": "yes", "leg_pain": "no"})
    assert response.url == "/intake/emergency/"
    intake = Intake.objects.get()
    assert (intake.disposition, intake.is_complete) == ("EMERGENCY", False)
    assert intake.case is not None


@pytest.mark.parametrize("button", ["back", "language", "no_to_all"])
def test_an_emergency_stops_the_form_whichever_button_was_pressed(after_birth, button):
    after_birth.post("/intake/bladder-and-bowels/", {"bladder_bowel": "none"})
    data = {"saddle": "yes", button: "es"}
    assert after_birth.post("/intake/seat-and-legs/", data).url == "/intake/emergency/"


def test_a_rule_that_counts_a_blank_waits_for_its_follow_up(after_birth):
    data = {"bladder_bowel": "leak_urine"}
    response = after_birth.post("/intake/bladder-and-bowels/", data, follow=True)
    assert walking.slug_of(response) == "bladder-and-bowels-since"
    response = after_birth.post("/intake/bladder-and-bowels-since/", {})
    assert walking.errors(response)
    since = {"bladder_bowel_when": "not_sure"}
    response = after_birth.post("/intake/bladder-and-bowels-since/", since)
    assert response.url == "/intake/emergency/"


def test_a_follow_up_that_comes_back_is_put_again(after_birth):
    page = "/intake/bladder-and-bowels/"
    after_birth.post(page, {"bladder_bowel": "leak_urine"})
    after_birth.post("/intake/bladder-and-bowels-since/", {"bladder_bowel_when": "old_known"})
    after_birth.post(page, {"bladder_bowel": "none"})
    assert "bladder_bowel_when" not in draft().answers
    response = after_birth.post(page, {"bladder_bowel": "leak_stool"})
    assert response.url == "/intake/bladder-and-bowels-since/"
    assert Intake.objects.count() == 0


def test_changing_an_answer_leads_back_to_the_check(answered):
    walking.tell(answered)
    page = answered.get("/intake/care/?from=check").content.decode()
    assert '<input type="hidden" name="from" value="check">' in page
    response = answered.post("/intake/care/", {"care": "none", "from": "check"})
    assert response.url == "/intake/check/"


def test_changing_an_answer_asks_what_is_new_first(answered):
    walking.tell(answered)
    response = answered.post("/intake/care/", {"care": "over_4w", "from": "check"})
    assert response.url == "/intake/care-result/?from=check"
    response = answered.post("/intake/care-result/", {"care_result": "better", "from": "check"})
    assert response.url == "/intake/check/"


def test_the_language_switches_with_everything_kept(after_birth):
    after_birth.post("/intake/bladder-and-bowels/", {"bladder_bowel": "none"})
    data = {"saddle": "no", "language": "es"}
    response = after_birth.post("/intake/seat-and-legs/", data)
    page = response.content.decode()
    assert '<html lang="es">' in page
    assert re.search(r'id="saddle-no" checked', page)
    assert walking.errors(response) == []
    assert draft().answers["saddle"] == "no"
    assert '<html lang="es">' in after_birth.get("/intake/seat-and-legs/").content.decode()


def test_the_language_switches_on_the_date_of_birth(started):
    response = started.post(BIRTH, {"month": "9", "day": "", "year": "19", "language": "es"})
    page = response.content.decode()
    assert '<html lang="es">' in page
    assert 'value="9"' in page
    assert 'value="19"' in page


def test_the_scale_is_a_row_of_eleven(answered):
    page = answered.get("/intake/how-it-feels/").content.decode()
    assert len(re.findall(r'type="radio" name="worst"', page)) == 11
    assert re.search(r'id="worst-3" checked', page)
    for junk in ("11", "-1", " 5", "5.0", "\u0665", "1e1"):
        data = {"worst": junk, "pattern": "mech", "stiff": "yes", "night": "no"}
        assert answered.post("/intake/how-it-feels/", data).status_code == 200


def test_pages_are_not_stored_and_not_indexed(after_birth):
    response = after_birth.get("/intake/bladder-and-bowels/")
    assert "no-store" in response.headers["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in response.content.decode()


def test_a_screen_costs_few_queries(after_birth):
    with CaptureQueriesContext(connection) as queries:
        after_birth.get("/intake/bladder-and-bowels/")
    # The session, the draft, the clinic's name.
    assert len(queries) == 3, [query["sql"] for query in queries]


def test_the_walk_knows_its_length():
    young = walk({"age": 30})
    assert young.steps == len(young.stops) + len(young.about) + 1
    assert "guardian" not in {each.slug for each in young.about}
    assert "guardian" in {each.slug for each in walk({"age": 12}).about}
    assert young.minutes_from(young.stops[0]) in range(5, 8)
    assert young.minutes_from(young.stops[-1]) <= 3


value = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["yes", "no", "none", "not_sure", "5", "99", "\x00", "{{ 7 }}", "<b>"]),
)
posted = st.dictionaries(
    st.one_of(
        st.sampled_from([q.id for q in PROTOCOL.questions]),
        st.sampled_from(["month", "day", "year", "from", "back", "no_to_all", "language"]),
        st.text(max_size=10),
    ),
    st.lists(value, max_size=3),
    max_size=8,
)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=posted)
@pytest.mark.parametrize("slug", [screen.slug for screen in SCREENS])
def test_random_posts_are_answered_with_a_page(client, slug, data):
    """Every screen open: a draft in which the walk has reached it."""
    walking.start(client)
    reach(slug)
    response = client.post(f"/intake/{slug}/", data)
    assert response.status_code in (200, 302)
    draft().refresh_from_db()


EVERYTHING_SHOWN = {
    **answers.BOOK,
    "bladder_bowel": ["leak_urine"],
    "bladder_bowel_when": "old_known",
    "leg_pain": "one",
    "numb": ["one_leg"],
    "neuro_change": "same",
    "sexual": "no",
    "injury": "not_sure",
    "injury_kind": "fall",
    "injury_when": "over_12_weeks",
    "pregnant": "maybe",
    "pregnant_warning": "no",
    "area": "neck",
    "neck_signs": "no",
    "duration": "over_12w",
    "morning": "no",
    "care": "over_4w",
    "care_result": "same",
    "guardian": "yes",
}


def reach(slug: str) -> None:
    """Put the draft where `slug` is the next screen."""
    kept = draft()
    kept.born = timezone.localdate() - timedelta(
        days=365 * (17 if slug == "parent-or-guardian" else 30)
    )
    before = SCREENS[: [screen.slug for screen in SCREENS].index(slug)]
    kept.answers = {
        id_: EVERYTHING_SHOWN[id_]
        for screen in before
        for id_ in screen.questions
        if id_ in EVERYTHING_SHOWN
    }
    kept.shown = ["age", *kept.answers]
    kept.save()
