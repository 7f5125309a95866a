"""Finished forms for the tests of the decision core, and ways to change one."""

import json
from itertools import permutations
from pathlib import Path

from hypothesis import strategies as st

from intake.triage import PROTOCOL, Kind, Question

Form = dict[str, object]

EXAMPLES = json.loads((Path(__file__).parent / "examples.json").read_text(encoding="utf-8"))

# Nobody is refused, nobody is booked: no danger sign, and no reason of the article's either.
QUIET: Form = {
    "age": 33,
    "bladder_bowel": ["none"],
    "saddle": "no",
    "leg_pain": "no",
    "numb": ["none"],
    "weak": ["none"],
    "walk": "no",
    "chest": "no",
    "belly": "no",
    "injury": "no",
    "fever": "no",
    "unwell": "no",
    "weight": "no",
    "cancer": "no",
    "steroid": "no",
    "bone": "no",
    "immune": "no",
    "iv_drug": "no",
    "infection": "no",
    "spine_care": "no",
    "thinner": "no",
    "pregnant": "na",
    "urine": "no",
    "shape": "no",
    "area": "lower",
    "onset": "unknown",
    "start": "slow",
    "history": "first",
    "duration": "under_4w",
    "worst": 3,
    "pattern": "stiff_still",
    "stiff": "no",
    "night": "no",
    "care": "none",
    "seen_doctor": "no",
}
# A desk worker whose back tightens in the afternoon.
DESK: Form = {**QUIET, "onset": "posture", "pattern": "mech", "stiff": "yes"}

# Forms that may book, of many ages, so that every question that can be answered safely is shown
# in one of them or another. Two questions cannot be: their follow-up alone keeps from booking.
BOOKABLE: dict[str, Form] = {
    "desk worker of 33": DESK,
    "student of 18": {**DESK, "age": 18},
    "man of 44, for months": {
        **DESK,
        "age": 44,
        "duration": "over_12w",
        "morning": "no",
        "care": "over_4w",
        "care_result": "better",
    },
    "woman of 45, in treatment": {
        **DESK,
        "age": 45,
        "pregnant": "no",
        "care": "under_4w",
        "care_result": "same",
    },
    "woman of 29, maybe pregnant": {
        **DESK,
        "age": 29,
        "pregnant": "maybe",
        "pregnant_warning": "no",
    },
    "man of 50, one leg": {
        **DESK,
        "age": 50,
        "leg_pain": "one",
        "sexual": "no",
        "injury": "healed",
        "onset": "strain",
    },
    "woman of 55, neck": {
        **DESK,
        "age": 55,
        "area": "neck",
        "neck_signs": "no",
        "pregnant": "prefer_not",
        "leg_pain": "hip",
    },
    "man of 56, skin": {**DESK, "age": 56, "cancer": "skin_only", "worst": 10, "start": "sudden"},
    "woman of 69": {**DESK, "age": 69, "history": "again", "area": "upper"},
    "man of 70": {**DESK, "age": 70, "worst": 6},
    "woman of 91": {**DESK, "age": 91, "history": "again", "start": "sudden", "worst": 6},
}

JUNK: tuple[object, ...] = (
    None,
    "",
    " ",
    "no ",
    "NO",
    "maybe so",
    True,
    False,
    0.0,
    38.0,
    -1,
    120,
    10**30,
    float("nan"),
    [],
    ["maybe so"],
    [None],
    [[]],
    [{}],
    ["none", "maybe so"],
    ["none", ["leak_urine"]],
    {},
    {"none": True},
    b"no",
    {"none"},
    object(),
)


def without(form: Form, *ids: str) -> Form:
    return {id_: value for id_, value in form.items() if id_ not in ids}


def danger_signs(question: Question) -> list[object]:
    """The answers that are a danger sign; the property in the safety tests defines the word."""
    if not question.safety or question.kind in (Kind.AGE, Kind.SCALE):
        return []
    unsafe = [option.value for option in question.options if option.value not in question.safe]
    return [[value] if question.kind is Kind.MULTI else value for value in unsafe]


def answers_to(question: Question) -> list[object]:
    """What a form offers for this question: each option or two, each side of every limit."""
    options = [option.value for option in question.options]
    if question.kind is Kind.MULTI:
        return [list(marks) for marks in [*permutations(options, 2), *zip(options, strict=True)]]
    if question.kind is Kind.AGE:
        return [0, 9, 10, 17, 18, 33, 44, 45, 49, 50, 55, 56, 69, 70, 119]
    return list(options or question.numbers)


# Drawn from ready lists: building each answer with hypothesis makes the suite slow.
READABLE = [(q.id, answer) for q in PROTOCOL.questions for answer in answers_to(q)]
UNREADABLE = [(q.id, junk) for q in PROTOCOL.questions for junk in JUNK]

readable_changes = st.lists(st.sampled_from(READABLE), max_size=8).map(dict)
junk_changes = st.lists(st.sampled_from(UNREADABLE), max_size=4).map(dict)
blanks = st.lists(st.sampled_from([question.id for question in PROTOCOL.questions]), max_size=4)
bases = st.sampled_from([QUIET, *BOOKABLE.values(), *(case["answers"] for case in EXAMPLES), {}])


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """A form that started out as a likely one and was changed, spoiled and left unfinished."""
    form: Form = {**draw(bases), **draw(readable_changes)}
    if draw(st.booleans()):
        form |= draw(junk_changes)
    return without(form, *draw(blanks)) if draw(st.booleans()) else form
