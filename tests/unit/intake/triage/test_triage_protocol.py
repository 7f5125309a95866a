"""The table itself: every row can work, fires in its case, and is missed when it is gone."""

from dataclasses import replace

import pytest

from intake.triage import (
    PROTOCOL,
    Condition,
    Decision,
    Disposition,
    Kind,
    Protocol,
    Section,
    Urgency,
    assess,
)
from intake.triage.protocol import Blank, NothingFired, RulesFired, Unsure
from intake.triage.questions.question import UNCERTAIN

from .forms import DESK, EXAMPLES, QUIET, Form, without

OLD = {"bladder_bowel": ["cannot_start"], "bladder_bowel_when": "old_known"}
BOTH_LEGS_STABLE = {"leg_pain": "both", "neuro_change": "same", "sexual": "no"}
HURT = {"injury": "yes", "injury_kind": "fall", "injury_when": "2_to_12_weeks"}
LONG = {"duration": "over_12w"}

# One case a rule, in which the outcome hangs on that rule: a new rule brings its own.
CASES: dict[str, Form] = {
    "E01": {**DESK, "bladder_bowel": ["leak_urine"], "bladder_bowel_when": "new"},
    "E02": {**DESK, "saddle": "yes"},
    "E03": {**DESK, **BOTH_LEGS_STABLE, "neuro_change": "new"},
    "E04": {**DESK, "walk": "yes"},
    "E05": {**DESK, "leg_pain": "one", "sexual": "yes"},
    "E06": {**DESK, "chest": "yes"},
    "E07": {**DESK, "belly": "yes"},
    "E08": {**DESK, **HURT, "injury_kind": "serious", "injury_when": "last_2_weeks"},
    "E09": {**DESK, "fever": "yes", "spine_care": "recent"},
    "E10": {**DESK, "cancer": "yes", "numb": ["one_arm"], "neuro_change": "new"},
    "E11": {**DESK, "pregnant": "yes", "pregnant_warning": "yes"},
    "E12": {**DESK, "area": "neck", "neck_signs": "yes"},
    "R01": {**DESK, **HURT},
    "R02": {**DESK, "numb": ["one_arm"], "neuro_change": "better"},
    "R03": {**DESK, "fever": "yes"},
    "R04": {**DESK, "weight": "yes"},
    "R05": {**DESK, "unwell": "yes"},
    "R06": {**DESK, "worst": 7, "pattern": "worse_rest"},
    "R07": {**DESK, **OLD},
    "R08": {**DESK, "cancer": "yes"},
    "R09": {**DESK, "age": 70, "start": "sudden"},
    "R10": {**DESK, "age": 50, "onset": "stumble"},
    "R11": {**DESK, "immune": "yes"},
    "R12": {**DESK, "night": "yes"},
    "R13": {**DESK, "shape": "yes"},
    "R14": {**DESK, "spine_care": "recent"},
    "R15": {**DESK, "urine": "yes"},
    "R16": {**DESK, **BOTH_LEGS_STABLE},
    "R17": {**DESK, "infection": "yes", "bone": "yes"},
    "R18": {**DESK, "pregnant": "maybe", "pregnant_warning": "yes"},
    "R19": {**without(DESK, "pregnant"), "age": 9, "guardian": "yes"},
    "C01": {**DESK, "care": "over_4w", "care_result": "same"},
    "C02": {**DESK, "worst": 6, "pattern": "no_change"},
    "C03": {**DESK, "age": 17, "guardian": "yes"},
    "C04": {**DESK, "onset": "unknown", "area": "upper"},
    "C05": {**DESK, "bone": "yes"},
    "C06": {**DESK, "thinner": "yes"},
    "C07": {**DESK, "pregnant": "yes", "pregnant_warning": "no"},
    "C08": {**DESK, **LONG, "age": 44, "morning": "yes"},
    "C09": {**DESK, "spine_care": "old"},
    "C10": {**DESK, "infection": "yes"},
    "C11": QUIET,
    "U01": without(DESK, "belly"),
    "U02": {**DESK, "belly": "not_sure"},
    "U03": {**DESK, "infection": "not_sure"},
    "B01": {**QUIET, "onset": "posture"},
    "B02": {**QUIET, "pattern": "mech"},
    "B03": {**QUIET, "history": "again"},
    "B04": {**QUIET, "stiff": "yes"},
    "B05": {**QUIET, "onset": "strain"},
}

# What the clinic's published table says, row by row: a plain case of each.
ARTICLE: dict[int, tuple[Form, Disposition]] = {
    1: ({**QUIET, "onset": "posture"}, Disposition.BOOK),
    2: ({**QUIET, "pattern": "mech"}, Disposition.BOOK),
    3: ({**QUIET, "history": "again"}, Disposition.BOOK),
    4: ({**QUIET, "stiff": "yes"}, Disposition.BOOK),
    5: ({**QUIET, "onset": "strain"}, Disposition.BOOK),
    6: (CASES["R01"], Disposition.REFER),
    7: (CASES["R02"], Disposition.REFER),
    8: (CASES["R03"], Disposition.REFER),
    9: (CASES["R06"], Disposition.REFER),
    10: (CASES["E01"], Disposition.EMERGENCY),
    11: (CASES["C01"], Disposition.CO_MANAGE),
}


def lacking(rule: str) -> Protocol:
    return replace(PROTOCOL, rules=tuple(row for row in PROTOCOL.rules if row.id != rule))


def outcome(decision: Decision) -> tuple[Disposition, tuple[str, ...]]:
    return decision.disposition, decision.rules


def test_every_rule_has_its_case():
    assert list(CASES) == [rule.id for rule in PROTOCOL.rules]


@pytest.mark.parametrize("rule", CASES)
def test_every_rule_fires_and_decides_its_case(rule):
    decision = assess(CASES[rule])
    assert rule in decision.rules
    assert decision.disposition is PROTOCOL.rule(rule).disposition


@pytest.mark.parametrize("rule", sorted(set(CASES) - {"C11"}))
def test_without_the_rule_its_case_ends_milder_or_in_review(rule):
    before, after = assess(CASES[rule]), assess(CASES[rule], lacking(rule))
    if before.disposition is Disposition.BOOK:
        assert after.disposition is Disposition.CO_MANAGE
    else:
        assert after.disposition.severity < before.disposition.severity


def test_without_any_default_a_quiet_form_is_still_held():
    decision = assess(QUIET, lacking("C11"))
    assert outcome(decision) == (Disposition.CO_MANAGE, ())
    assert decision.urgency is Urgency.SOON


@pytest.mark.parametrize("rule", CASES)
def test_the_cases_together_notice_any_rule_that_is_gone(rule):
    every_form = [*CASES.values(), *(case["answers"] for case in EXAMPLES)]
    gone = lacking(rule)
    assert any(outcome(assess(form)) != outcome(assess(form, gone)) for form in every_form)


class TestTheArticle:
    @pytest.mark.parametrize("row", ARTICLE)
    def test_each_of_its_rows_is_a_rule(self, row):
        assert any(row in rule.article_rows for rule in PROTOCOL.rules if not rule.beyond_article)

    @pytest.mark.parametrize("row", ARTICLE)
    def test_each_of_its_rows_comes_out_as_published(self, row):
        form, disposition = ARTICLE[row]
        decision = assess(form)
        assert decision.disposition is disposition
        deciding = (f.rule for f in decision.findings if f.rule.disposition is disposition)
        assert any(row in rule.article_rows for rule in deciding)

    def test_it_has_eleven_rows(self):
        assert set(ARTICLE) == set(range(1, 12))
        assert {row for rule in PROTOCOL.rules for row in rule.article_rows} == set(ARTICLE)

    def test_a_rule_from_nowhere_says_that_it_goes_beyond_it(self):
        assert all(rule.article_rows or rule.beyond_article for rule in PROTOCOL.rules)


class TestTheTable:
    def test_its_size(self):
        assert PROTOCOL.version == "1.1"
        assert len(PROTOCOL.questions) == 45
        assert len(PROTOCOL.rules) == 50
        assert [flag.name for flag in PROTOCOL.flags] == [
            "XRAY_HOLD",
            "GUARDIAN_CONSENT",
            "NEURO_EXAM_FIRST",
        ]

    def test_sections_come_in_order(self):
        sections = [question.section for question in PROTOCOL.questions]
        assert sections == sorted(sections)
        assert set(sections) == set(Section)

    def test_every_row_has_its_words(self):
        for question in PROTOCOL.questions:
            assert question.text, question
            assert question.source, question
            assert all(option.label for option in question.options), question
        for rule in PROTOCOL.rules:
            assert rule.because, rule.id
            assert rule.source, rule.id
        assert all(each.text for each in PROTOCOL.open_questions)

    def test_safe_answers_are_answers(self):
        for question in PROTOCOL.questions:
            for value in question.safe:
                answer = [value] if question.kind is Kind.MULTI else value
                assert question.is_safe(question.read(answer)), (question, value)

    def test_a_doubt_that_is_not_safe_is_always_treated_somehow(self):
        for question in PROTOCOL.questions:
            doubts = {option.value for option in question.options} & UNCERTAIN
            assert doubts <= set(question.safe) or question.uncertain_as, question

    def test_every_doubt_and_every_combination_has_its_rules(self):
        treated = {q.uncertain_as for q in PROTOCOL.questions} - {None}
        assert {when.treated_as for _rule, when in PROTOCOL.unsure_rules} == treated
        for rule, when in PROTOCOL.combination_rules:
            assert all(PROTOCOL.rule(part) for part in when.of), rule.id
            assert rule.id not in when.of

    def test_open_questions_name_rules_that_exist(self):
        for each in PROTOCOL.open_questions:
            assert all(PROTOCOL.rule(rule) for rule in each.rules)

    def test_every_rule_is_of_a_known_kind(self):
        kinds = (Condition, RulesFired, Blank, Unsure, NothingFired)
        assert all(isinstance(rule.when, kinds) for rule in PROTOCOL.rules)

    def test_two_versions_can_be_compared_row_by_row(self):
        softer = replace(PROTOCOL.rule("R06"), when=PROTOCOL.question("worst").at_least(8))
        rules = tuple(softer if rule.id == "R06" else rule for rule in PROTOCOL.rules)
        later = replace(PROTOCOL, version="1.2", rules=rules)
        changed = [r.id for r in later.rules if r != PROTOCOL.rule(r.id)]
        assert changed == ["R06"]
        assert replace(later, version="1.1", rules=PROTOCOL.rules) == PROTOCOL


class TestAProtocolThatCannotWorkIsRefused:
    def test_two_rows_of_one_name(self):
        with pytest.raises(ValueError, match="E01"):
            replace(PROTOCOL, rules=(PROTOCOL.rule("E01"), *PROTOCOL.rules))

    def test_a_question_that_hangs_on_a_later_one(self):
        backwards = tuple(reversed(PROTOCOL.questions))
        with pytest.raises(ValueError, match="not asked before"):
            replace(PROTOCOL, questions=backwards)

    def test_a_rule_on_a_question_it_does_not_ask(self):
        fewer = tuple(question for question in PROTOCOL.questions if question.id != "walk")
        with pytest.raises(ValueError, match="E04 reads walk"):
            replace(PROTOCOL, questions=fewer)

    def test_a_rule_on_another_wording_of_a_question(self):
        reworded = tuple(
            replace(question, text="Can you walk?") if question.id == "walk" else question
            for question in PROTOCOL.questions
        )
        with pytest.raises(ValueError, match="E04 reads walk"):
            replace(PROTOCOL, questions=reworded)


def test_an_unknown_row_is_a_key_error():
    with pytest.raises(KeyError):
        PROTOCOL.question("sadle")
    with pytest.raises(KeyError):
        PROTOCOL.rule("E99")


def test_dispositions_and_urgencies_rank_as_they_are_listed():
    assert [each.severity for each in Disposition] == [3, 2, 1, 0]
    assert [each.pressure for each in Urgency] == [5, 4, 3, 2, 1, 0]
    assert list(Disposition) == ["EMERGENCY", "REFER", "CO-MANAGE", "BOOK"]
