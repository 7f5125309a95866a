"""The protocol in plain English holds everything there is to sign."""

import pytest

from intake.triage import PROTOCOL
from intake.triage.plain import WIDTH, article_note, describe, outline

PRINTED = describe(PROTOCOL)
FLOWING = " ".join(PRINTED.split())


def flowing(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("question", PROTOCOL.questions, ids=lambda question: question.id)
def test_every_question_is_printed_with_its_answers_and_its_source(question):
    for text in (question.text, question.help, question.source):
        assert flowing(text) in FLOWING
    for option in question.options:
        assert f"- {flowing(option.label)}" in FLOWING


@pytest.mark.parametrize("rule", PROTOCOL.rules, ids=lambda rule: rule.id)
def test_every_rule_is_printed_with_its_reason_urgency_and_source(rule):
    assert f"{rule.id} {rule.disposition}: {rule.urgency} Fires when" in FLOWING
    assert f"The patient reads: “{rule.because}” Source: {rule.source} {article_note(rule)}" in (
        FLOWING
    )
    for _depth, line in outline(rule.when):
        assert flowing(line) in FLOWING


def test_safe_and_unsure_answers_are_marked():
    assert "- None of these [safe]" in PRINTED
    assert "- 18 to 119 [safe]" in PRINTED
    assert "- I would rather not say [treated as CO-MANAGE]" in PRINTED


def test_flags_open_questions_and_the_missing_signature_are_printed():
    for flag in PROTOCOL.flags:
        assert flag.name in PRINTED
        assert flag.note in FLOWING
    for each in PROTOCOL.open_questions:
        assert flowing(each.text) in FLOWING
    assert "decision support, awaiting the doctor's signature" in FLOWING
    assert f"VERSION {PROTOCOL.version}" in PRINTED


def test_rules_come_most_severe_first():
    places = [PRINTED.index(f"\n{rule}  ") for rule in ("E01", "R01", "U01", "C01", "U03", "B01")]
    assert places == sorted(places)


def test_it_reads_on_paper():
    lines = PRINTED.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not [line for line in lines if line != line.rstrip()]


def test_no_code_of_an_answer_shows():
    ids = {question.id for question in PROTOCOL.questions}
    values = {option.value for question in PROTOCOL.questions for option in question.options}
    assert not [code for code in ids | values if "_" in code and code in PRINTED]


def test_an_outline_nests_as_the_condition_does():
    lines = list(outline(PROTOCOL.rule("C04").when))
    assert [depth for depth, _text in lines] == [0, 1, 1, 1, 2, 2]
    assert lines[0] == (0, "all of these are true:")
    assert lines[3] == (1, "at least one of these is true:")
    assert lines[4] == (2, "the patient's age is 50 or more")
