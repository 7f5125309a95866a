"""When X-rays are on hold: a gap about pregnancy is never taken as no."""

import pytest

from intake import triage, xray
from tests import answers


def on_hold(age: object, **said: object) -> bool:
    whole = {**answers.BOOK, "age": age, **said}
    return xray.is_on_hold(whole, triage.assess(whole).flags)


@pytest.mark.parametrize("age", [10, 38, 55])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("no", False),
        ("na", False),
        ("yes", True),
        ("maybe", True),
        ("prefer_not", True),
        (None, True),
        ("", True),
        ("purple", True),
        (["no"], True),
        (False, True),
    ],
)
def test_where_the_question_is_put(age: int, said: object, expected: bool):
    assert on_hold(age, pregnant=said) is expected


@pytest.mark.parametrize("age", [0, 9, 56, 90])
def test_where_it_does_not_apply(age: int):
    assert not on_hold(age, pregnant=None)


@pytest.mark.parametrize("age", [None, "38", 200, True])
def test_an_age_nobody_knows(age: object):
    assert on_hold(age, pregnant="no")


def test_a_form_that_stopped_before_the_question():
    said = {"age": 38, "saddle": "yes"}
    decision = triage.assess_so_far(said, list(said))
    assert decision
    assert decision.flags == ()
    assert xray.is_on_hold(said, decision.flags)
