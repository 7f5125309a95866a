"""How a question reads an answer (resolution rules 1 and 2), words it, and builds conditions."""

import pytest

from intake.triage import PROTOCOL, UNANSWERED, Kind

from .forms import JUNK

AGE, SADDLE, BLADDER, WORST = map(PROTOCOL.question, ("age", "saddle", "bladder_bowel", "worst"))


class Text(str):
    """A string of another class, as Django's choices are."""

    __slots__ = ()


@pytest.mark.parametrize("question", PROTOCOL.questions, ids=lambda question: question.id)
def test_every_option_is_read_as_itself(question):
    for option in question.options:
        if question.kind is Kind.MULTI:
            assert question.read([option.value]) == (option.value,)
        else:
            assert question.read(option.value) == option.value


@pytest.mark.parametrize("question", PROTOCOL.questions, ids=lambda question: question.id)
def test_junk_is_no_answer(question):
    for junk in JUNK:
        assert question.read(junk) is UNANSWERED, junk


class TestNumbers:
    @pytest.mark.parametrize("age", [0, 17, 18, 119])
    def test_a_whole_age_from_0_to_119(self, age):
        assert AGE.read(age) == age

    @pytest.mark.parametrize("worst", [0, 7, 10])
    def test_a_whole_strength_from_0_to_10(self, worst):
        assert WORST.read(worst) == worst

    @pytest.mark.parametrize("raw", [-1, 120, 38.0, "38", True, None, [38], 10**30, float("inf")])
    def test_nothing_else_is_an_age(self, raw):
        assert AGE.read(raw) is UNANSWERED

    @pytest.mark.parametrize("raw", [-1, 11, 7.0, "7", True, False, None, [7]])
    def test_nothing_else_is_a_strength(self, raw):
        assert WORST.read(raw) is UNANSWERED


class TestOneChoice:
    @pytest.mark.parametrize("raw", ["", "Yes", "yes ", ["yes"], ("yes",), 1, True, None, {}])
    def test_only_the_option_itself(self, raw):
        assert SADDLE.read(raw) is UNANSWERED

    def test_the_reading_is_the_tables_own_string(self):
        assert type(SADDLE.read(Text("yes"))) is str


class TestSeveralMarks:
    @pytest.mark.parametrize(
        ("raw", "read"),
        [
            (["none"], ("none",)),
            (("none", "none"), ("none",)),
            (["leak_stool", "leak_urine"], ("leak_urine", "leak_stool")),
            (["leak_urine", "leak_urine"], ("leak_urine",)),
            (["none", "leak_urine"], ("leak_urine",)),
            (["none", "not_sure"], ("not_sure",)),
            (["leak_urine", "not_sure"], ("leak_urine", "not_sure")),
            (["what", "leak_urine", None, ["leak_stool"], {}], ("leak_urine",)),
            (["none", "what", "leak_urine"], ("leak_urine",)),
            (["what", "not_sure"], ("not_sure",)),
        ],
    )
    def test_known_marks_count_in_the_order_of_the_table(self, raw, read):
        assert BLADDER.read(raw) == read

    @pytest.mark.parametrize(
        "raw",
        [
            [],
            (),
            ["what"],
            [None],
            [["leak_urine"]],
            ["none", "what"],
            ["none", None],
            ["none", {}],
            ["none", 1],
            "none",
            "leak_urine",
            {"leak_urine"},
            {"leak_urine": True},
            None,
        ],
    )
    def test_nothing_left_or_none_beside_an_unknown_is_no_answer(self, raw):
        assert BLADDER.read(raw) is UNANSWERED


class TestSafe:
    def test_of_several_marks_every_one(self):
        assert BLADDER.is_safe(("none",))
        assert not BLADDER.is_safe(("none", "leak_urine"))
        assert not BLADDER.is_safe(())

    def test_of_one_choice_and_of_numbers(self):
        assert SADDLE.is_safe("no")
        assert not SADDLE.is_safe("not_sure")
        assert AGE.is_safe(18)
        assert not AGE.is_safe(17)
        assert not any(q.is_safe(UNANSWERED) for q in (AGE, SADDLE, BLADDER))


class TestWords:
    def test_an_answer_in_the_words_of_its_options(self):
        assert SADDLE.label_of("not_sure") == "I am not sure"
        assert AGE.label_of(38) == "38"
        assert SADDLE.label_of(UNANSWERED) == "No answer"
        both = ("leak_urine", "leak_stool")
        assert BLADDER.labels_of(both) == (
            "I leak pee or cannot hold it",
            "I leak poop or cannot hold it",
        )
        assert BLADDER.label_of(both) == "; ".join(BLADDER.labels_of(both))

    def test_no_label_holds_what_joins_labels(self):
        options = [option for question in PROTOCOL.questions for option in question.options]
        assert not [option for option in options if ";" in option.label]


class TestConditionsThatNoAnswerCouldMeet:
    def test_an_option_that_does_not_exist(self):
        with pytest.raises(ValueError, match="saddle has no option sore"):
            SADDLE.is_("sore")
        with pytest.raises(ValueError, match="bladder_bowel has no option sore"):
            BLADDER.includes_any("leak_urine", "sore")

    def test_a_comparison_of_the_wrong_kind(self):
        for build in (BLADDER.is_, SADDLE.includes_any, AGE.is_, WORST.includes_any):
            with pytest.raises(ValueError, match="not a question of that kind"):
                build("yes")
        for bound in (SADDLE.at_least, SADDLE.under, BLADDER.at_least):
            with pytest.raises(ValueError, match="not a question of that kind"):
                bound(1)
