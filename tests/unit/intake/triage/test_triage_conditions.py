"""Conditions evaluate, explain, list and compare themselves."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.triage import PROTOCOL, UNANSWERED, Answer, Condition
from intake.triage.conditions import All, Any, Not

AGE, SADDLE, PATTERN, NUMB, WORST = map(
    PROTOCOL.question, ("age", "saddle", "pattern", "numb", "worst")
)
DOES_NOT_EASE = PATTERN.is_any("no_change", "worse_rest")


class TestHolds:
    @pytest.mark.parametrize(
        ("condition", "met", "unmet"),
        [
            (SADDLE.is_("yes"), {"saddle": "yes"}, {"saddle": "no"}),
            (DOES_NOT_EASE, {"pattern": "worse_rest"}, {"pattern": "mech"}),
            (NUMB.includes_any("one_leg"), {"numb": ("one_arm", "one_leg")}, {"numb": ("none",)}),
            (AGE.at_least(50), {"age": 50}, {"age": 49}),
            (AGE.under(18), {"age": 17}, {"age": 18}),
        ],
    )
    def test_on_one_question(self, condition, met, unmet):
        assert condition.holds(met)
        assert not condition.holds(unmet)
        assert not condition.holds({}), "a comparison with no answer is false"

    def test_zero_is_an_answer(self):
        assert WORST.under(7).holds({"worst": 0})
        assert AGE.at_least(0).holds({"age": 0})

    def test_joints(self):
        bad, sore = WORST.at_least(7), SADDLE.is_("yes")
        assert (bad & sore).holds({"worst": 7, "saddle": "yes"})
        assert not (bad & sore).holds({"worst": 7})
        assert (bad | sore).holds({"saddle": "yes"})
        assert not (bad | sore).holds({})

    def test_not_lets_a_missing_answer_count(self):
        assert (~SADDLE.is_("no")).holds({})
        assert (~SADDLE.is_("no")).holds({"saddle": "yes"})
        assert not (~SADDLE.is_("no")).holds({"saddle": "no"})


class TestEvidence:
    def test_the_branches_that_hold(self):
        either = SADDLE.is_("yes") | (WORST.at_least(7) & DOES_NOT_EASE)
        answers: dict[str, Answer] = {"saddle": "no", "worst": 9, "pattern": "no_change"}
        assert dict(either.evidence(answers)) == {"worst": 9, "pattern": "no_change"}

    def test_the_marks_that_count(self):
        limb = NUMB.includes_any("one_leg", "one_arm")
        assert dict(limb.evidence({"numb": ("one_leg", "not_sure")})) == {"numb": ("one_leg",)}

    def test_what_is_missing(self):
        assert dict((~SADDLE.is_("no")).evidence({})) == {"saddle": UNANSWERED}


class TestExplain:
    def test_in_the_words_of_the_form(self):
        assert (WORST.at_least(7) & DOES_NOT_EASE).explain() == (
            "the answer to “How bad is the pain at its worst?” is 7 or more, and the answer to "
            "“What happens when you move or rest?” is “It stays the same, no matter what I do” or "
            "“It gets worse, even when I rest”"
        )

    def test_a_joint_inside_a_joint_stands_in_brackets(self):
        both = AGE.under(18) & (SADDLE.is_("yes") | AGE.at_least(10))
        assert both.explain().startswith("the patient's age is under 18, and (the answer to “Do")
        assert both.explain().endswith("is “Yes”, or the patient's age is 10 or more)")

    def test_several_marks(self):
        limbs = NUMB.includes_any("one_leg", "both_legs", "one_arm")
        assert limbs.explain().endswith(
            "include “One leg or foot”, “Both legs or feet” or “One arm or hand”"
        )

    def test_a_not_says_that_no_answer_counts(self):
        assert (~SADDLE.is_("no")).explain().startswith("it is not true that the answer to “Do")
        assert (~SADDLE.is_("no")).explain().endswith("is “No” (no answer counts as not true)")

    def test_no_code_of_an_answer_shows(self):
        for rule in PROTOCOL.rules:
            assert "_" not in rule.when.explain(), rule.id


class TestListing:
    def test_the_questions_it_reads(self):
        condition = SADDLE.is_("yes") | (WORST.at_least(7) & ~DOES_NOT_EASE)
        assert condition.reads() == {"saddle", "worst", "pattern"}

    def test_the_questions_it_negates(self):
        condition = SADDLE.is_("yes") | (WORST.at_least(7) & ~DOES_NOT_EASE)
        assert condition.negates() == {"pattern"}
        assert SADDLE.is_("yes").negates() == set()
        assert (~(SADDLE.is_("yes") & WORST.under(3))).negates() == {"saddle", "worst"}


class TestComparing:
    def test_equal_when_built_alike(self):
        assert SADDLE.is_("yes") & AGE.under(18) == SADDLE.is_("yes") & AGE.under(18)
        assert hash(SADDLE.is_("yes")) == hash(SADDLE.is_("yes"))

    def test_different_otherwise(self):
        assert AGE.under(18) != AGE.under(17)
        assert AGE.under(18) != AGE.at_least(18)
        both: Condition = SADDLE.is_("yes") & AGE.under(18)
        assert both != SADDLE.is_("yes") | AGE.under(18)

    def test_a_chain_is_one_joint(self):
        one, two, three = SADDLE.is_("yes"), AGE.under(18), WORST.at_least(7)
        assert (one & two & three) == All((one, two, three)) == (one & (two & three))
        assert (one | two | three) == Any((one, two, three))
        assert ((one & two) | three) == Any((All((one, two)), three))

    def test_they_survive_copying_and_pickling(self):
        for rule in PROTOCOL.rules:
            assert pickle.loads(pickle.dumps(rule)) == rule
            assert copy.deepcopy(rule) == rule


def test_joining_with_and_instead_of_an_ampersand_is_an_error():
    with pytest.raises(TypeError, match="&"):
        _both = SADDLE.is_("yes") and AGE.under(18)
    with pytest.raises(TypeError, match="&"):
        _unless = not SADDLE.is_("yes")


leaves = st.sampled_from([SADDLE.is_("yes"), AGE.under(18), WORST.at_least(7), DOES_NOT_EASE])
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda one, other: one & other, inner, inner)
        | st.builds(lambda one, other: one | other, inner, inner)
    ),
    max_leaves=6,
)
answer_sets = st.fixed_dictionaries(
    {},
    optional={
        "saddle": st.sampled_from(["yes", "no"]),
        "age": st.integers(0, 30),
        "worst": st.integers(0, 10),
        "pattern": st.sampled_from(["mech", "no_change"]),
    },
)


@given(conditions, answer_sets)
def test_only_a_negated_question_can_matter_by_being_missing(condition, answers):
    """What makes a rule safe to say half-way: without a "not", more answers never undo it."""
    if not condition.negates() and condition.holds({}):
        raise AssertionError(condition.explain())
    for id_ in condition.reads() - condition.negates():
        fewer = {key: value for key, value in answers.items() if key != id_}
        if condition.holds(fewer):
            assert condition.holds(answers)


@given(conditions, answer_sets)
def test_the_evidence_alone_is_enough(condition, answers):
    if condition.holds(answers):
        evidence = {key: v for key, v in condition.evidence(answers) if v is not UNANSWERED}
        assert condition.holds(evidence)
