"""The protocol in plain English, for the staff: all of it, with ways from row to row."""

import re
from html import unescape

import pytest
from django.test import Client

from intake import protocol_page
from intake.triage import PROTOCOL, Flag, Rule
from intake.triage.plain import outline

pytestmark = pytest.mark.django_db

PAGE = "/staff/protocol/"


def words(page: str) -> str:
    """What stands on the page, without its tags, on one line."""
    main = page.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def sentences(row: Rule | Flag) -> list[str]:
    said = [row.because, row.urgency, row.source] if isinstance(row, Rule) else [row.note, row.name]
    return [row.id, *said, *(text for _depth, text in outline(row.when))]


def test_every_word_of_the_protocol_is_on_the_page(doctor_client: Client):
    page = words(doctor_client.get(PAGE).text)
    assert f"version {PROTOCOL.version}" in page
    for row in (*PROTOCOL.rules, *PROTOCOL.flags):
        missing = [said for said in sentences(row) if " ".join(said.split()) not in page]
        assert not missing, row
    for question in PROTOCOL.questions:
        said = [question.text, question.help, question.source]
        said += [option.label for option in question.options]
        assert not [each for each in said if " ".join(each.split()) not in page], question.id
    for each in PROTOCOL.open_questions:
        assert each.text in page


def test_every_way_on_the_page_leads_to_a_row_of_it(desk_client: Client):
    page = desk_client.get(PAGE).text
    places = re.findall(r' id="([^"]+)"', page)
    assert len(places) == len(set(places))
    ways = set(re.findall(r'href="#([^"]+)"', page))
    assert len(ways) > len(PROTOCOL.rules) + len(PROTOCOL.questions) / 2
    assert ways - set(places) == set()


def test_a_rule_leads_to_its_questions_and_a_question_to_its_rules():
    page = protocol_page.page(PROTOCOL)
    rules = {rule.id: rule for part in page.outcomes for rule in part.rules}
    questions = {q.anchor: q for part in page.sections for q in part.questions}
    assert [link.anchor for link in rules["E02"].reads] == ["q-saddle"]
    assert "E02" in [link.anchor for link in questions["q-saddle"].read_by]
    assert "C01" in [link.anchor for link in rules["R17"].reads]


def test_a_search_needs_no_javascript_and_keeps_only_what_says_it(doctor_client: Client):
    page = doctor_client.get(PAGE, {"q": "  FEVER spine "}).text
    assert "<strong>" not in page
    assert 'id="E09"' in page
    assert 'id="B04"' not in page
    assert 'value="FEVER spine"' in page
    # What the search left out is reached on the whole page.
    assert re.search(r'href="/staff/protocol/#q-fever"', page)
    assert 'href="#q-fever"' not in page.split('class="protocol-body"')[1]


def test_a_search_that_finds_nothing_says_so(doctor_client: Client):
    page = doctor_client.get(PAGE, {"q": "moonlight"}).text
    assert "Nothing in the protocol says that" in page
    assert "Show all of it" in page


@pytest.mark.parametrize("sought", ["<script>alert(1)</script>", "a\0b", "x" * 5000, "   "])
def test_whatever_is_searched_for_is_answered(doctor_client: Client, sought: str):
    response = doctor_client.get(PAGE, {"q": sought})
    assert response.status_code == 200
    assert "<script>alert" not in response.text
