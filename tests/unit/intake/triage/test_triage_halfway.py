"""The decision half-way through the form: an emergency at once, but never before its follow-up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.triage import PROTOCOL, Condition, Disposition, assess, assess_so_far

from .forms import DESK, Form, forms

IDS = [question.id for question in PROTOCOL.questions]

# The first page, and the sign on it, of the three rules that let a missing answer count.
WAITING: dict[str, tuple[Form, str]] = {
    "E01": ({"age": 44, "bladder_bowel": ["none", "cannot_feel_urine"]}, "bladder_bowel_when"),
    "E03": ({"age": 33, "numb": ["both_legs"]}, "neuro_change"),
    "E10": ({"age": 61, "weak": ["one_leg"], "cancer": "yes"}, "neuro_change"),
}


def test_nothing_is_said_while_there_is_no_emergency():
    assert assess_so_far({}, shown=()) is None
    assert assess_so_far({"age": 33, "fever": "yes"}, shown=["age", "fever"]) is None
    assert assess_so_far(DESK, shown=DESK) is None


def test_an_emergency_is_said_at_once_with_all_that_fired_and_no_gaps():
    answers = {"age": 16, "bladder_bowel": ["other_change"], "saddle": "yes", "walk": "not_sure"}
    decision = assess_so_far(answers, shown=answers)
    assert decision is not None
    assert decision.disposition is Disposition.EMERGENCY
    assert decision.rules == ("C03", "E02", "R07")
    assert decision.flags == ("GUARDIAN_CONSENT",)
    assert decision.protocol == PROTOCOL.version


def test_the_rules_that_wait_are_those_with_a_not():
    waiting = {
        rule.id: rule.when.negates()
        for rule in PROTOCOL.rules
        if isinstance(rule.when, Condition) and rule.when.negates()
    }
    assert waiting == {rule: {follow_up} for rule, (_, follow_up) in WAITING.items()}


@pytest.mark.parametrize("rule", WAITING)
class TestARuleThatWaits:
    def test_it_waits_until_its_follow_up_has_been_put(self, rule):
        answers, follow_up = WAITING[rule]
        assert assess_so_far(answers, shown=set(IDS) - {follow_up}) is None

    def test_then_no_answer_counts_as_unanswered(self, rule):
        answers, follow_up = WAITING[rule]
        decision = assess_so_far(answers, shown={*answers, follow_up})
        assert decision is not None
        assert rule in decision.rules

    def test_it_does_not_hold_up_another_emergency(self, rule):
        answers, _follow_up = WAITING[rule]
        decision = assess_so_far({**answers, "chest": "yes"}, shown={*answers, "chest"})
        assert decision is not None
        assert "E06" in decision.rules
        assert rule not in decision.rules

    def test_leaving_the_form_there_is_the_emergency(self, rule):
        answers, _follow_up = WAITING[rule]
        assert rule in assess(answers).rules


def test_a_mild_answer_to_the_follow_up_ends_the_wait_without_an_emergency():
    answers = {"age": 51, "bladder_bowel": ["leak_urine"], "bladder_bowel_when": "old_known"}
    assert assess_so_far(answers, shown=answers) is None


@settings(max_examples=750, deadline=None)
@given(forms(), st.sets(st.sampled_from(IDS)))
def test_what_is_said_half_way_stands_at_the_end(form, shown):
    so_far = assess_so_far(form, shown)
    if so_far is not None:
        end = assess(form)
        assert end.disposition is Disposition.EMERGENCY
        assert set(so_far.rules) <= set(end.rules)


@settings(max_examples=400, deadline=None)
@given(forms())
def test_once_everything_has_been_put_the_two_agree(form):
    end = assess(form)
    so_far = assess_so_far(form, shown=IDS)
    assert so_far == (end if end.disposition is Disposition.EMERGENCY else None)
