"""Two tabs send one draft in the same moment: nothing is lost silently, doubled, or an error.

Through the pages themselves, each tab on a thread and a database connection of its own.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from intake.models import Case, Intake, IntakeDraft, Patient
from tests import answers, walking
from tests.concurrency.conftest import Race

pytestmark = pytest.mark.race

ROUNDS = 4
BIRTH, LEGS = "/intake/date-of-birth/", "/intake/seat-and-legs/"
ASKED = "Which answer is right?"


@pytest.fixture
def slow_saves(as_owner: Callable[[str], object]) -> None:
    """Every draft takes a while between being read and being kept."""
    as_owner(
        "CREATE FUNCTION take_a_while() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$;"
        "CREATE TRIGGER zz_slow BEFORE UPDATE ON intake_intakedraft"
        " FOR EACH ROW EXECUTE FUNCTION take_a_while()"
    )


@pytest.fixture
def tab(race: Race, slow_saves: None) -> Client:
    """One browser; each thread that posts with it is a tab."""
    browser = Client()
    walking.start(browser)
    browser.post(BIRTH, walking.birth(answers.BORN))
    browser.post("/intake/bladder-and-bowels/", {"bladder_bowel": "none"})
    return browser


def at_once(race: Race, tab: Client, *sends: tuple[str, dict[str, object]]) -> list[Any]:
    """What each post is answered with; none is an error."""
    posts = [lambda to=to, data=data: tab.post(to, data) for to, data in sends]
    finishes = race.run(posts)
    assert [finish.error for finish in finishes if finish.error] == []
    pages: list[Any] = [finish.result for finish in finishes]
    assert {page.status_code for page in pages} <= {200, 302}
    return pages


def made_from(tab: Client, address: str) -> str:
    found = re.search(r'name="made_from" value="([^"]+)"', tab.get(address).content.decode())
    assert found
    return found[1]


def draft() -> IntakeDraft:
    return IntakeDraft.objects.get()


def twice(race: Race, tab: Client, address: str, *said: dict[str, object]) -> list[Any]:
    page = made_from(tab, address)
    return at_once(race, tab, *((address, {**each, "made_from": page}) for each in said))


def two_answers(race: Race, tab: Client) -> tuple[list[str], str]:
    """What the tabs were told that went on, and what is kept."""
    tab.post(LEGS, {"saddle": "no"})
    said = ["hip", "no"]
    pages = twice(race, tab, LEGS, *({"saddle": "no", "leg_pain": each} for each in said))
    went_on = [
        each for each, page in zip(said, pages, strict=True) if ASKED not in page.content.decode()
    ]
    return went_on, draft().answers["leg_pain"]


def test_of_two_answers_one_is_kept_and_the_other_tab_is_asked(race: Race, tab: Client):
    for _round in range(ROUNDS):
        went_on, kept = two_answers(race, tab)
        assert went_on == [kept]


def test_the_race_is_real(race: Race, tab: Client, monkeypatch: pytest.MonkeyPatch):
    """Without the lock on the draft both tabs go on, and one answer is gone without a word."""
    monkeypatch.setattr(
        "intake.services.drafts._open_draft", lambda pk: IntakeDraft.objects.get(pk=pk)
    )
    rounds = [two_answers(race, tab)[0] for _round in range(ROUNDS)]
    assert any(len(went_on) == 2 for went_on in rounds), "the tests beside prove nothing"


def test_the_same_answer_twice_is_one_answer(race: Race, tab: Client):
    before = draft().version
    pages = twice(race, tab, LEGS, *[{"saddle": "no", "leg_pain": "hip"}] * 2)
    assert [page.status_code for page in pages] == [302, 302]
    assert draft().answers["leg_pain"] == "hip"
    assert draft().version == before + 1


def test_answers_to_two_screens_are_both_kept(race: Race, tab: Client):
    for year, legs in ((1970, "hip"), (1980, "no"), (1990, "hip")):
        born = answers.BORN.replace(year=year)
        said = {"saddle": "no", "leg_pain": legs}
        at_once(race, tab, (BIRTH, walking.birth(born)), (LEGS, said))
        assert (draft().born, draft().answers["leg_pain"]) == (born, legs)


def test_a_red_flag_in_both_tabs_is_one_emergency(race: Race, tab: Client):
    pages = twice(race, tab, LEGS, {"saddle": "yes"}, {"saddle": "yes", "leg_pain": "both"})
    assert {page.url for page in pages} == {"/intake/emergency/"}
    assert Counter(Intake.objects.values_list("disposition", flat=True)) == {"EMERGENCY": 1}
    assert Case.objects.count() == 1


@pytest.mark.parametrize("said", [answers.BOOK, answers.REFER], ids=["book", "refer"])
def test_sent_from_both_tabs_is_sent_once(race: Race, said: dict[str, object]):
    tab = Client()
    walking.start(tab)
    walking.answer(tab, said)
    walking.tell(tab)
    pages = twice(race, tab, "/intake/check/", {}, {})
    assert {page.url for page in pages} == {"/intake/code/"}
    assert Intake.objects.count() == 1
    tab.post("/intake/code/", {"code": walking.emailed_code()})
    assert Patient.objects.count() == 1
