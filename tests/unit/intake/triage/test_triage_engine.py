"""What a form comes to: the worked examples and each of the resolution rules."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.triage import (
    PROTOCOL,
    UNANSWERED,
    Decision,
    Disposition,
    Finding,
    Urgency,
    age_on,
    assess,
    shown_questions,
)

from .forms import DESK, EXAMPLES, QUIET, Form, forms, junk_changes, without

# Any JSON at all, and a little more: what an importer or a broken page may hand over.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)


DESK_WORK = PROTOCOL.question("onset").is_("posture")


def finding(decision: Decision, rule: str) -> Finding:
    return next(found for found in decision.findings if found.rule.id == rule)


def quotes(decision: Decision, rule: str) -> dict[str, object]:
    return {quote.question.id: quote.value for quote in finding(decision, rule).answers}


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case["id"])
def test_the_worked_examples_come_out_as_expected(case):
    decision = assess(case["answers"])
    assert {
        "disposition": decision.disposition,
        "rules": list(decision.rules),
        "flags": list(decision.flags),
    } == case["expected"]
    assert decision.protocol == PROTOCOL.version


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(st.sampled_from([q.id for q in PROTOCOL.questions]), anything))
def test_no_answer_whatever_breaks_the_engine(answers):
    assert assess(answers).findings


@settings(max_examples=250, deadline=None)
@given(forms())
def test_the_same_form_always_comes_to_the_same_decision(form):
    assert assess(form) == assess(dict(reversed(form.items())))


class TestHiddenAnswers:
    """Resolution 1: an answer to a question that is not shown is not there."""

    @settings(max_examples=400, deadline=None)
    @given(forms())
    def test_they_change_nothing(self, form):
        shown = {question.id for question in shown_questions(form)}
        assert assess(form) == assess({id_: form[id_] for id_ in form if id_ in shown})

    def test_a_serious_injury_is_gone_when_there_was_no_injury(self):
        stale = {"injury_kind": "serious", "injury_when": "last_2_weeks"}
        assert assess({**DESK, **stale}).disposition is Disposition.BOOK

    def test_they_show_nothing_either(self):
        # At 60 the pregnancy is not asked, so its stale "yes" cannot bring up the warning signs.
        stale = {**DESK, "age": 60, "pregnant": "yes", "pregnant_warning": "yes"}
        assert not {"pregnant", "pregnant_warning"} & {q.id for q in shown_questions(stale)}
        assert assess(stale).rules == assess({**DESK, "age": 60}).rules

    def test_a_question_the_protocol_does_not_know_is_ignored(self):
        assert assess({**DESK, "sadle": "yes", "": None}) == assess(DESK)

    def test_the_order_shown_is_the_order_of_the_form(self):
        ids = [question.id for question in shown_questions({**DESK, "area": "neck"})]
        assert ids == [question.id for question in PROTOCOL.questions if question.id in ids]
        assert ids.index("neck_signs") == ids.index("area") + 1


class TestContradiction:
    """Resolution 2, seen from the outcome."""

    def test_a_danger_sign_beats_none_of_these(self):
        both = {**DESK, "bladder_bowel": ["none", "leak_stool"], "bladder_bowel_when": "new"}
        assert "E01" in assess(both).rules

    def test_an_unsure_mark_beats_none_of_these(self):
        assert "U02" in assess({**DESK, "numb": ["none", "not_sure"]}).rules

    def test_an_unknown_mark_beside_a_danger_sign_is_dropped(self):
        decision = assess({**DESK, "bladder_bowel": ["leak_urine", "lost_left_shoe", None]})
        assert quotes(decision, "E01")["bladder_bowel"] == ("leak_urine",)

    def test_an_unknown_mark_beside_none_of_these_is_no_answer(self):
        decision = assess({**DESK, "weak": ["none", "lost_left_shoe"]})
        assert quotes(decision, "U01") == {"weak": UNANSWERED}


class TestMissingAnswers:
    """Resolution 3: a missing answer makes nothing true, but for the three rules with a "not"."""

    def test_an_empty_form_fires_only_the_blank_rule(self):
        assert assess({}).rules == ("U01",)

    @pytest.mark.parametrize(
        ("rule", "form"),
        [
            ("E01", {**DESK, "bladder_bowel": ["cannot_start"]}),
            ("E03", {**DESK, "leg_pain": "both", "sexual": "no"}),
            ("E10", {**DESK, "cancer": "yes", "numb": ["one_arm"]}),
        ],
    )
    def test_a_follow_up_left_out_keeps_the_emergency(self, rule, form):
        decision = assess(form)
        assert decision.disposition is Disposition.EMERGENCY
        assert UNANSWERED in quotes(decision, rule).values()


class TestSeverity:
    """Resolutions 4 and 5: everything that fired is kept, and the most severe wins."""

    MIXED: Form = {**DESK, "age": 16, "fever": "yes", "thinner": "yes", "saddle": "yes"}

    def test_every_finding_is_kept_most_severe_first_then_by_id(self):
        fired = [found.rule.id for found in assess(self.MIXED).findings]
        assert fired == ["E02", "R03", "C03", "C06", "B01", "B02", "B04"]

    @settings(max_examples=300, deadline=None)
    @given(forms())
    def test_in_any_form(self, form):
        fired = [found.rule for found in assess(form).findings]
        assert fired == sorted(fired, key=lambda rule: (-rule.disposition.severity, rule.id))

    def test_a_combination_stands_in_its_place_too(self):
        form = {**DESK, "infection": "yes", "bone": "yes"}
        decision = assess({**form, "pregnant": "maybe", "pregnant_warning": "yes"})
        assert [found.rule.id for found in decision.findings][:2] == ["R17", "R18"]

    def test_rules_and_flags_are_sorted(self):
        decision = assess({**self.MIXED, "pregnant": "maybe", "leg_pain": "one"})
        assert list(decision.rules) == sorted(decision.rules)
        assert decision.flags == ("GUARDIAN_CONSENT", "NEURO_EXAM_FIRST", "XRAY_HOLD")

    def test_reasons_to_book_cancel_nothing(self):
        decision = assess({**DESK, "night": "yes"})
        assert decision.disposition is Disposition.REFER
        assert {"B01", "B02", "B04"} <= set(decision.rules)

    def test_flags_never_change_the_outcome(self):
        decision = assess({**DESK, "pregnant": "prefer_not"})
        assert decision.flags == ("XRAY_HOLD",)
        assert decision.disposition is Disposition.BOOK

    @pytest.mark.parametrize(
        ("form", "urgency"),
        [
            ({**DESK, "saddle": "yes", "fever": "yes"}, Urgency.NOW),
            ({**DESK, "cancer": "yes", "fever": "yes"}, Urgency.TODAY),
            ({**without(DESK, "night"), "cancer": "yes"}, Urgency.CALL_TODAY),
            ({**DESK, "cancer": "yes"}, Urgency.IN_THREE_DAYS),
            ({**DESK, "thinner": "yes"}, Urgency.SOON),
            (DESK, Urgency.BOOK_NOW),
        ],
    )
    def test_the_urgency_is_the_most_pressing_of_the_findings_that_decide(self, form, urgency):
        assert assess(form).urgency is urgency


class TestGaps:
    """Resolutions 6 and 7: blanks and doubts hold the booking, unless there is an emergency."""

    def test_a_blank_safety_question_is_named(self):
        decision = assess(without(DESK, "night", "fever"))
        assert decision.disposition is Disposition.REFER
        assert quotes(decision, "U01") == {"fever": UNANSWERED, "night": UNANSWERED}
        assert [q.question.id for q in finding(decision, "U01").answers] == ["fever", "night"]

    def test_a_blank_context_question_holds_nothing(self):
        assert assess(without(DESK, "seen_doctor", "stiff")).disposition is Disposition.BOOK

    def test_a_doubt_is_treated_as_its_question_says(self):
        assert assess({**DESK, "saddle": "not_sure"}).rules == ("B01", "B02", "B04", "U02")
        assert assess({**DESK, "weight": "not_sure"}).rules == ("B01", "B02", "B04", "U03")
        assert assess({**DESK, "iv_drug": "prefer_not"}).rules == ("B01", "B02", "B04", "U03")

    def test_rather_not_say_on_pregnancy_is_no_doubt(self):
        assert assess({**DESK, "pregnant": "prefer_not"}).rules == ("B01", "B02", "B04")

    def test_a_doubt_beside_a_danger_sign_is_kept_too(self):
        decision = assess({**DESK, "numb": ["one_arm", "not_sure"], "neuro_change": "better"})
        assert {"R02", "U02"} <= set(decision.rules)
        assert quotes(decision, "R02")["numb"] == ("one_arm",)
        assert quotes(decision, "U02")["numb"] == ("not_sure",)

    def test_an_emergency_asks_about_no_gap(self):
        decision = assess({**without(DESK, "night"), "chest": "yes", "walk": "not_sure"})
        assert decision.rules == ("B01", "B02", "B04", "E06")

    @settings(max_examples=400, deadline=None)
    @given(forms(), junk_changes)
    def test_a_gap_in_what_is_shown_never_books(self, form, junk):
        spoiled = {**form, **junk}
        gaps = [
            question
            for question in shown_questions(spoiled)
            if question.safety and question.read(spoiled.get(question.id)) is UNANSWERED
        ]
        if gaps:
            assert assess(spoiled).disposition.severity >= Disposition.REFER.severity


class TestNothingFired:
    """Resolution 8: booking needs a reason of the article's, and nothing else."""

    def test_a_quiet_form_goes_to_review(self):
        decision = assess(QUIET)
        assert decision.rules == ("C11",)
        assert decision.disposition is Disposition.CO_MANAGE
        assert finding(decision, "C11").answers == ()

    @settings(max_examples=400, deadline=None)
    @given(forms())
    def test_booking_means_reasons_to_book_and_no_other_rule(self, form):
        decision = assess(form)
        only_reasons_to_book = {found.rule.disposition for found in decision.findings} == {
            Disposition.BOOK
        }
        assert (decision.disposition is Disposition.BOOK) == only_reasons_to_book


class TestQuotes:
    def test_a_finding_quotes_the_answers_that_fired_it_and_no_others(self):
        decision = assess({**DESK, "age": 72, "start": "sudden"})
        assert quotes(decision, "R09") == {"age": 72, "start": "sudden", "history": "first"}

    def test_in_the_order_of_the_form(self):
        (_age, start, history) = finding(
            assess({**DESK, "age": 72, "start": "sudden"}), "R09"
        ).answers
        assert (start.question.id, history.question.id) == ("start", "history")

    def test_a_question_that_was_hidden_is_not_quoted(self):
        not_better = ~PROTOCOL.question("neuro_change").is_("better") & DESK_WORK
        rule = replace(PROTOCOL.rule("R12"), id="R99", when=not_better)
        wider = replace(PROTOCOL, rules=(*PROTOCOL.rules, rule))
        assert quotes(assess(DESK, wider), "R99") == {"onset": "posture"}

    def test_in_the_patients_words(self):
        decision = assess({**DESK, "bladder_bowel": ["leak_stool"], "bladder_bowel_when": "worse"})
        said = [(q.question.id, q.words) for q in finding(decision, "E01").answers]
        assert said == [
            ("bladder_bowel", "I leak poop or cannot hold it"),
            ("bladder_bowel_when", "Longer ago, but it is getting worse"),
        ]

    def test_of_a_multiple_choice_only_the_marks_that_count(self):
        marks = ["other_change", "leak_urine", "not_sure"]
        form = {**DESK, "bladder_bowel": marks, "bladder_bowel_when": "old_known"}
        (bladder, when) = finding(assess(form), "R07").answers
        assert bladder.value == ("leak_urine", "other_change")
        assert bladder.labels == (
            "I leak pee or cannot hold it",
            "Some other change, like hard or rare poops",
        )
        assert when.value == "old_known"

    def test_a_combination_quotes_what_fired_its_parts(self):
        decision = assess({**DESK, "infection": "yes", "steroid": "yes"})
        assert quotes(decision, "R17") == {"steroid": "yes", "infection": "yes"}

    @settings(max_examples=400, deadline=None)
    @given(forms())
    def test_each_quote_is_what_the_form_says(self, form):
        for found in assess(form).findings:
            for quote in found.answers:
                read = quote.question.read(form.get(quote.question.id))
                if isinstance(read, tuple) and isinstance(quote.value, tuple):
                    assert set(quote.value) <= set(read)
                    assert quote.value
                else:
                    assert quote.value == read


class TestAge:
    @pytest.mark.parametrize(
        ("born", "day", "age"),
        [
            (date(2000, 6, 15), date(2018, 6, 14), 17),
            (date(2000, 6, 15), date(2018, 6, 15), 18),
            (date(2000, 2, 29), date(2018, 2, 28), 17),
            (date(2000, 2, 29), date(2018, 3, 1), 18),
            (date(2000, 2, 29), date(2020, 2, 28), 19),
            (date(2000, 2, 29), date(2020, 2, 29), 20),
            (date(1999, 12, 31), date(2000, 1, 1), 0),
            (date(2024, 5, 5), date(2024, 5, 5), 0),
        ],
    )
    def test_it_is_the_full_years_lived(self, born, day, age):
        assert age_on(born, day) == age

    def test_nobody_is_born_after_the_day_they_are_asked(self):
        with pytest.raises(ValueError, match="after"):
            age_on(date(2024, 5, 6), date(2024, 5, 5))

    @given(st.dates(), st.dates())
    def test_it_grows_by_one_a_year(self, one, other):
        born, day = sorted((one, other))
        if day.year < date.max.year and (day.month, day.day) != (2, 29):
            assert age_on(born, day.replace(year=day.year + 1)) == age_on(born, day) + 1
