"""Rule by rule: every branch, option and limit that fires it, and what just does not."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest

from intake.triage import PROTOCOL, Disposition, assess, shown_questions

from .forms import DESK, QUIET

LIMBS = ("one_leg", "both_legs", "one_arm", "both_arms")
SERIOUS_BLADDER = (
    "leak_urine",
    "cannot_start",
    "cannot_feel_urine",
    "leak_stool",
    "cannot_feel_stool",
)
STABLE = ("same", "better")
CHANGING = ("new", "worse", "not_sure", None)

# Answers that stand in for a bookable form's own.
Changes = Mapping[str, object]

NUMB: list[Changes] = [{"numb": [limb]} for limb in LIMBS]
WEAK: list[Changes] = [{"weak": [limb]} for limb in LIMBS]
BOTH_LEGS: list[Changes] = [
    {"leg_pain": "both"},
    {"numb": ["both_legs"]},
    {"weak": ["both_legs"]},
]
NOT_BOTH_LEGS: list[Changes] = [
    {"leg_pain": "one", "numb": ["one_leg"]},
    *({key: [limb]} for key in ("numb", "weak") for limb in LIMBS if limb != "both_legs"),
]
CANCER: Changes = {"cancer": "yes"}
FEVER: Changes = {"fever": "yes"}
HURT: Changes = {"injury": "yes", "injury_kind": "fall", "injury_when": "2_to_12_weeks"}
SERIOUS: Changes = {"injury_kind": "serious", "injury_when": "last_2_weeks"}
UNSURE_HURT: Changes = {"injury": "not_sure", "injury_when": "over_12_weeks"}
SUDDEN: Changes = {"start": "sudden"}
SEVENTY: Changes = {"age": 70, "worst": 6, "onset": "posture"}
# One case each of the five rules that count together.
COUNTED: dict[str, Changes] = {
    "C01": {"care": "over_4w", "care_result": "same"},
    "C02": {"worst": 2, "pattern": "no_change"},
    "C04": {"history": "first", "onset": "unknown", "area": "upper"},
    "C05": {"bone": "yes"},
    "C10": {"infection": "yes"},
}


def every(key: str, values: Sequence[str | None], *bases: Changes) -> list[Changes]:
    return [{**base, key: value} for base in (bases or ({},)) for value in values]


def marks(key: str, values: Sequence[str], **rest: object) -> list[Changes]:
    return [{key: [value], **rest} for value in values]


def old(*values: str) -> list[Changes]:
    return marks("bladder_bowel", values, bladder_bowel_when="old_known")


# Changes to the form of a desk worker of 33 that fire the rule ...
FIRES: dict[str, list[Changes]] = {
    "E01": [
        *marks("bladder_bowel", SERIOUS_BLADDER, bladder_bowel_when="new"),
        *every("bladder_bowel_when", CHANGING, {"bladder_bowel": ["leak_urine"]}),
    ],
    "E02": [{"saddle": "yes"}],
    "E03": every("neuro_change", CHANGING, *BOTH_LEGS),
    "E04": [
        {"walk": "yes"},
        *marks("weak", LIMBS, neuro_change="worse"),
        {"weak": ["both_arms"], "neuro_change": "new"},
    ],
    "E05": [{"leg_pain": "one", "sexual": "yes"}],
    "E06": [{"chest": "yes"}],
    "E07": [{"belly": "yes"}],
    "E08": every("injury", ("yes", "not_sure"), SERIOUS),
    "E09": [
        {**FEVER, **sign}
        for sign in [
            *NUMB,
            *WEAK,
            {"iv_drug": "yes"},
            {"immune": "yes"},
            {"spine_care": "recent"},
        ]
    ],
    "E10": [
        *[{**CANCER, **sign, "neuro_change": "new"} for sign in [*NUMB, *WEAK]],
        *every("neuro_change", CHANGING, {**CANCER, "numb": ["one_arm"]}),
    ],
    "E11": [{"pregnant": "yes", "pregnant_warning": "yes"}],
    "E12": [{"area": "neck", "neck_signs": "yes"}],
    "R01": [HURT, *every("injury_kind", ("serious", "fall", "low_crash", "hit"), UNSURE_HURT)],
    "R02": every("neuro_change", STABLE, *NUMB, *WEAK),
    "R03": [FEVER],
    "R04": [{"weight": "yes"}],
    "R05": [{"unwell": "yes"}],
    "R06": every("pattern", ("no_change", "worse_rest"), {"worst": 7}, {"worst": 10}),
    "R07": [*old(*SERIOUS_BLADDER), {"bladder_bowel": ["other_change"]}],
    "R08": [CANCER],
    "R09": [
        *every("onset", ("strain", "cough", "stumble"), {"steroid": "yes"}, {"bone": "yes"}),
        {"steroid": "yes", **SUDDEN},
        {"bone": "yes", **SUDDEN},
        {**SEVENTY, **SUDDEN},
        {**SEVENTY, "area": "middle"},
        {**SEVENTY, "area": "upper"},
        {**SEVENTY, "worst": 7},
        {**SEVENTY, "worst": 7, "history": "again", **SUDDEN},
    ],
    "R10": [{"age": 50, "onset": "stumble"}],
    "R11": [{"immune": "yes"}, {"iv_drug": "yes"}],
    "R12": [{"night": "yes"}],
    "R13": [{"shape": "yes"}],
    "R14": [{"spine_care": "recent"}],
    "R15": [{"urine": "yes"}],
    "R16": every("neuro_change", STABLE, {"leg_pain": "both"}),
    "R17": [{**one, **other} for one, other in combinations(COUNTED.values(), 2)],
    "R18": [{"pregnant": "maybe", "pregnant_warning": "yes"}],
    "R19": [{"age": 0}, {"age": 9}],
    "C01": [
        *every("care_result", ("same", "worse"), {"care": "over_4w"}),
        {"care": "under_4w", "care_result": "worse"},
    ],
    "C02": every("pattern", ("no_change", "worse_rest"), {"worst": 0}, {"worst": 6}),
    "C03": [{"age": 17}, {"age": 0}],
    "C04": [
        {"onset": "unknown", "age": 50},
        *every("area", ("middle", "upper"), {"onset": "unknown"}),
    ],
    "C05": [{"steroid": "yes"}, {"bone": "yes"}],
    "C06": [{"thinner": "yes"}],
    "C07": [{"pregnant": "yes"}],
    "C08": [{"age": 44, "duration": "over_12w", "morning": "yes"}],
    "C09": [{"spine_care": "old"}],
    "C10": [{"infection": "yes"}],
    "C11": [QUIET],
    "U01": [{"saddle": None}],
    "U02": [{"saddle": "not_sure"}],
    "U03": [{"immune": "prefer_not"}],
    "B01": [{"onset": "posture"}],
    "B02": [{"pattern": "mech"}],
    "B03": every("injury", ("no", "healed"), {"history": "again"}),
    "B04": [{"stiff": "yes"}],
    "B05": [{"onset": "strain"}],
}

# ... and changes that come close and do not.
DOES_NOT: dict[str, list[Changes]] = {
    "E01": [*old(*SERIOUS_BLADDER), *marks("bladder_bowel", ("other_change", "not_sure", "none"))],
    "E02": every("saddle", ("no", "not_sure", None)),
    "E03": [
        *every("neuro_change", STABLE, *BOTH_LEGS),
        *every("neuro_change", CHANGING, *NOT_BOTH_LEGS),
        {"leg_pain": "hip", "numb": ["one_leg"]},
        {"leg_pain": "not_sure", "numb": ["not_sure"], "weak": ["not_sure"]},
        {"leg_pain": "no", "numb": ["none"], "weak": ["none"]},
    ],
    "E04": [
        *every("walk", ("no", "not_sure")),
        *marks("weak", ("one_leg", "both_legs", "one_arm"), neuro_change="new"),
        *every("neuro_change", ("same", "better", "not_sure", None), {"weak": ["both_arms"]}),
        *[
            {**weak, "numb": ["both_arms"], "neuro_change": change}
            for weak in ({"weak": ["none"]}, {"weak": ["not_sure"]})
            for change in ("worse", "new")
        ],
    ],
    "E05": [
        *every("sexual", ("no", "not_sure", "prefer_not"), {"leg_pain": "one"}),
        {"sexual": "yes"},
        {"sexual": "yes", "leg_pain": "one", "age": 17},
    ],
    "E06": every("chest", ("no", "not_sure", None)),
    "E07": every("belly", ("no", "not_sure", None)),
    "E08": [
        {**SERIOUS, "injury": "no"},
        *every("injury_when", ("2_to_12_weeks", "over_12_weeks", None), {**HURT, **SERIOUS}),
        *every("injury_kind", ("fall", "low_crash", "hit", "other"), {**HURT, **SERIOUS}),
    ],
    "E09": [
        FEVER,
        *every("fever", ("no", "not_sure"), {"numb": ["one_leg"], "immune": "yes"}),
        {**FEVER, "numb": ["not_sure"], "weak": ["not_sure"], "leg_pain": "both"},
        {**FEVER, "iv_drug": "prefer_not"},
        *every("immune", ("not_sure", "prefer_not"), FEVER),
        *every("spine_care", ("old", "not_sure"), FEVER),
    ],
    "E10": [
        CANCER,
        *every("neuro_change", STABLE, {**CANCER, "numb": ["one_leg"]}),
        *every("cancer", ("no", "skin_only", "not_sure"), {"numb": ["one_leg"]}),
        {**CANCER, "leg_pain": "both", "neuro_change": "new"},
        {**CANCER, "numb": ["not_sure"], "weak": ["not_sure"]},
    ],
    "E11": [
        {"pregnant": "maybe", "pregnant_warning": "yes"},
        *every("pregnant_warning", ("no", "not_sure", None), {"pregnant": "yes"}),
    ],
    "E12": [
        *every("neck_signs", ("no", "not_sure", None), {"area": "neck"}),
        {"area": "upper", "neck_signs": "yes"},
    ],
    "R01": [{**UNSURE_HURT, "injury_kind": "other"}, *every("injury", ("no", "healed"), SERIOUS)],
    "R02": [{"numb": ["not_sure"], "weak": ["not_sure"]}, {"leg_pain": "both"}],
    "R03": every("fever", ("no", "not_sure", None)),
    "R04": every("weight", ("no", "not_sure", None)),
    "R05": every("unwell", ("no", "not_sure", None)),
    "R06": [
        {"worst": 6, "pattern": "worse_rest"},
        *every("pattern", ("mech", "stiff_still", "not_sure", None), {"worst": 9}),
    ],
    "R07": [
        *every("bladder_bowel_when", CHANGING, *marks("bladder_bowel", SERIOUS_BLADDER)),
        *marks("bladder_bowel", ("none", "not_sure")),
    ],
    "R08": every("cancer", ("no", "skin_only", "not_sure")),
    "R09": [
        *every("onset", ("posture", "unknown"), {"steroid": "yes", "bone": "yes"}),
        *every("onset", ("strain", "cough", "stumble"), SUDDEN),
        *every("steroid", ("no", "not_sure"), SUDDEN),
        *every("bone", ("no", "not_sure"), SUDDEN),
        {**SEVENTY, "age": 69, **SUDDEN, "worst": 7, "area": "middle"},
        {**SEVENTY, "age": 69, **SUDDEN, "worst": 7, "history": "again"},
        *every("area", ("lower", "neck"), SEVENTY),
        {**SEVENTY, "history": "again", **SUDDEN, "area": "upper"},
        {**SEVENTY, "history": "again", "worst": 7, "area": "upper"},
    ],
    "R10": [
        {"age": 49, "onset": "stumble"},
        *every("onset", ("posture", "strain", "cough", "unknown"), {"age": 50}),
    ],
    "R11": [
        *every("immune", ("no", "not_sure", "prefer_not")),
        *every("iv_drug", ("no", "prefer_not")),
    ],
    "R12": every("night", ("no", "not_sure", None)),
    "R13": every("shape", ("no", "not_sure", None)),
    "R14": every("spine_care", ("no", "old", "not_sure")),
    "R15": every("urine", ("no", "not_sure", None)),
    "R16": every("leg_pain", ("no", "hip", "one", "not_sure")),
    "R17": [
        {**part, **uncounted}
        for part in COUNTED.values()
        for uncounted in (
            {},
            {"thinner": "yes", "spine_care": "old", "pregnant": "yes", "immune": "not_sure"},
            {"age": 17, "duration": "over_12w", "morning": "yes"},
        )
    ],
    "R18": [
        {"pregnant": "yes", "pregnant_warning": "yes"},
        *every("pregnant_warning", ("no", "not_sure", None), {"pregnant": "maybe"}),
    ],
    "R19": [{"age": 10}, {"age": None}],
    "C01": [
        {"care": "over_4w", "care_result": "better"},
        *every("care_result", ("same", "better"), {"care": "under_4w"}),
        {"care": "none", "care_result": "worse"},
    ],
    "C02": [
        {"worst": 7, "pattern": "no_change"},
        *every("pattern", ("mech", "stiff_still", "not_sure", None), {"worst": 6}),
    ],
    "C03": [{"age": 18}, {"age": None}],
    "C04": [
        *every("area", ("lower", "neck"), {"onset": "unknown", "age": 49}),
        *every("onset", ("posture", "strain", "cough", "stumble"), {"age": 50, "area": "upper"}),
        {"onset": "unknown", "age": 50, "area": "upper", "history": "again"},
    ],
    "C05": [*every("steroid", ("no", "not_sure")), *every("bone", ("no", "not_sure"))],
    "C06": every("thinner", ("no", "not_sure", None)),
    "C07": every("pregnant", ("no", "maybe", "na", "prefer_not")),
    "C08": every("morning", ("no", "not_sure", None), {"age": 44, "duration": "over_12w"}),
    "C09": every("spine_care", ("no", "recent", "not_sure")),
    "C10": every("infection", ("no", "not_sure", None)),
    "C11": [{**QUIET, "stiff": "yes"}, {**QUIET, "night": "not_sure"}, {**QUIET, "fever": None}],
    "U01": [{"stiff": None, "seen_doctor": None}, {"saddle": None, "chest": "yes"}],
    "U02": [{"weight": "not_sure"}, {"saddle": "not_sure", "chest": "yes"}],
    "U03": [{"saddle": "not_sure"}, {"weight": "not_sure", "chest": "yes"}],
    "B01": every("onset", ("strain", "cough", "stumble", "unknown")),
    "B02": every("pattern", ("stiff_still", "no_change", "worse_rest", "not_sure")),
    "B03": [
        {"history": "first"},
        *every("injury", ("yes", "not_sure", None), {"history": "again"}),
    ],
    "B04": every("stiff", ("no", None)),
    "B05": every("onset", ("posture", "cough", "stumble", "unknown")),
}

RAISES: dict[str, list[Changes]] = {
    "XRAY_HOLD": every("pregnant", ("yes", "maybe", "prefer_not")),
    "GUARDIAN_CONSENT": [{"age": 17}],
    "NEURO_EXAM_FIRST": [{"leg_pain": "one"}],
}
DOES_NOT_RAISE: dict[str, list[Changes]] = {
    "XRAY_HOLD": every("pregnant", ("no", "na", None)),
    "GUARDIAN_CONSENT": [{"age": 18}],
    "NEURO_EXAM_FIRST": every("leg_pain", ("no", "hip", "both", "not_sure")),
}

LEG_SIGNS: list[Changes] = [
    *every("leg_pain", ("one", "both", "not_sure")),
    *marks("numb", ("one_leg", "both_legs")),
    *marks("weak", ("one_leg", "both_legs")),
]
SHOWS: dict[str, list[Changes]] = {
    "bladder_bowel_when": marks("bladder_bowel", SERIOUS_BLADDER),
    "neuro_change": [{"leg_pain": "both"}, *NUMB, *WEAK],
    "sexual": [{**sign, "age": age} for sign in LEG_SIGNS for age in (18, 80)],
    "injury_kind": every("injury", ("yes", "not_sure")),
    "injury_when": every("injury", ("yes", "not_sure")),
    "pregnant": [{"age": 10}, {"age": 55}],
    "pregnant_warning": every("pregnant", ("yes", "maybe")),
    "neck_signs": [{"area": "neck"}],
    "onset": every("injury", ("no", "healed", "not_sure")),
    "morning": [{"age": 44, "duration": "over_12w"}],
    "care_result": every("care", ("under_4w", "over_4w")),
    "guardian": [{"age": 17}],
}
HIDES: dict[str, list[Changes]] = {
    "bladder_bowel_when": marks("bladder_bowel", ("other_change", "none", "not_sure")),
    "neuro_change": [
        *every("leg_pain", ("no", "hip", "one", "not_sure")),
        {"numb": ["not_sure"], "weak": ["not_sure"]},
    ],
    "sexual": [
        *[{**sign, "age": 17} for sign in LEG_SIGNS],
        *every("leg_pain", ("no", "hip", None)),
        *[{**arms} for arms in (*NUMB[2:], *WEAK[2:])],
        {"numb": ["not_sure"], "weak": ["not_sure"]},
    ],
    "injury_kind": every("injury", ("no", "healed", None)),
    "injury_when": every("injury", ("no", "healed", None)),
    "pregnant": [{"age": 9}, {"age": 56}, {"age": None}],
    "pregnant_warning": every("pregnant", ("no", "na", "prefer_not", None)),
    "neck_signs": every("area", ("lower", "middle", "upper", None)),
    "onset": every("injury", ("yes", None)),
    "morning": [
        {"age": 45, "duration": "over_12w"},
        *every("duration", ("under_4w", "4_to_12w"), {"age": 44}),
    ],
    "care_result": every("care", ("none", None)),
    "guardian": [{"age": 18}, {"age": None}],
}


def cases(table: dict[str, list[Changes]]) -> list[object]:
    return [
        pytest.param(name, {**DESK, **changes}, id=f"{name}-{number}")
        for name, forms in table.items()
        for number, changes in enumerate(forms, start=1)
    ]


@pytest.mark.parametrize(("rule", "form"), cases(FIRES))
def test_the_rule_fires(rule, form):
    assert rule in assess(form).rules


@pytest.mark.parametrize(("rule", "form"), cases(DOES_NOT))
def test_the_rule_does_not_fire(rule, form):
    assert rule not in assess(form).rules


@pytest.mark.parametrize(("flag", "form"), cases(RAISES))
def test_the_flag_is_raised(flag, form):
    assert flag in assess(form).flags


@pytest.mark.parametrize(("flag", "form"), cases(DOES_NOT_RAISE))
def test_the_flag_is_not_raised(flag, form):
    assert flag not in assess(form).flags


@pytest.mark.parametrize(("question", "form"), cases(SHOWS))
def test_the_question_is_shown(question, form):
    assert question in [shown.id for shown in shown_questions(form)]


@pytest.mark.parametrize(("question", "form"), cases(HIDES))
def test_the_question_is_hidden(question, form):
    assert question not in [shown.id for shown in shown_questions(form)]


def test_no_row_is_left_out():
    rules = [rule.id for rule in PROTOCOL.rules]
    flags = [flag.name for flag in PROTOCOL.flags]
    follow_ups = [question.id for question in PROTOCOL.questions if question.show_when is not None]
    assert list(FIRES) == list(DOES_NOT) == rules
    assert list(RAISES) == list(DOES_NOT_RAISE) == flags
    assert set(SHOWS) == set(HIDES) == set(follow_ups)


# What "not sure" and "rather not say" mean, for each question that offers them.
UNSURE_IS_REFER = {
    "bladder_bowel",
    "bladder_bowel_when",
    "saddle",
    "numb",
    "weak",
    "neuro_change",
    "walk",
    "chest",
    "belly",
    "pregnant_warning",
    "neck_signs",
}
UNSURE_IS_CO_MANAGE = {
    "leg_pain",
    "sexual",
    "injury",
    "fever",
    "unwell",
    "weight",
    "cancer",
    "steroid",
    "bone",
    "immune",
    "iv_drug",
    "infection",
    "spine_care",
    "thinner",
    "urine",
    "shape",
    "pattern",
    "morning",
    "night",
}
SAFE_BUT_FOR_NO: dict[str, tuple[str, ...] | range] = {
    "age": range(18, 120),
    "bladder_bowel": ("none",),
    "bladder_bowel_when": (),
    "leg_pain": ("no", "hip", "one"),
    "numb": ("none",),
    "weak": ("none",),
    "neuro_change": (),
    "injury": ("no", "healed"),
    "injury_kind": (),
    "injury_when": (),
    "cancer": ("no", "skin_only"),
    "pregnant": ("no", "maybe", "na", "prefer_not"),
    "area": ("lower", "middle", "upper", "neck"),
    "onset": ("posture", "strain", "cough", "stumble", "unknown"),
    "start": ("sudden", "slow"),
    "history": ("first", "again"),
    "duration": ("under_4w", "4_to_12w", "over_12w"),
    "worst": range(11),
    "pattern": ("mech", "stiff_still"),
    "stiff": ("yes", "no"),
    "care": ("none", "under_4w", "over_4w"),
    "care_result": ("better", "same"),
    "seen_doctor": ("yes", "no"),
    "guardian": ("yes",),
}


def test_what_a_doubt_means():
    treated: dict[Disposition | None, set[str]] = {}
    for question in PROTOCOL.questions:
        treated.setdefault(question.uncertain_as, set()).add(question.id)
    assert treated[Disposition.REFER] == UNSURE_IS_REFER
    assert treated[Disposition.CO_MANAGE] == UNSURE_IS_CO_MANAGE
    assert set(treated) == {Disposition.REFER, Disposition.CO_MANAGE, None}


def test_which_answers_are_safe_and_which_questions_may_stay_blank():
    for question in PROTOCOL.questions:
        assert question.safe == SAFE_BUT_FOR_NO.get(question.id, ("no",)), question
    blank = {question.id for question in PROTOCOL.questions if not question.safety}
    assert blank == {"stiff", "seen_doctor", "guardian"}
