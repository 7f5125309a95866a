"""When a visit would suit, in as few words as say it."""

import pytest
from django.utils import translation

from clinic.half_days import in_words

WEEKDAYS = range(5)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([], []),
        (["0-am"], ["Monday: morning"]),
        (["0-pm", "0-am"], ["Monday: morning, afternoon"]),
        (["0-am", "1-am"], ["Monday: morning", "Tuesday: morning"]),
        ([f"{day}-am" for day in WEEKDAYS], ["Monday to Friday: morning"]),
        (["0-am", "1-am", "3-am"], ["Monday: morning", "Tuesday: morning", "Thursday: morning"]),
        (
            ["0-am", "1-am", "2-am", "2-pm", "3-pm", "4-pm", "5-pm"],
            [
                "Monday: morning",
                "Tuesday: morning",
                "Wednesday: morning, afternoon",
                "Thursday to Saturday: afternoon",
            ],
        ),
        (["9-am", "junk", "6-pm"], ["Sunday: afternoon"]),
    ],
)
def test_days_alike_in_a_row_are_said_at_once(keys: list[str], said: list[str]):
    assert in_words(keys) == said


def test_in_spanish():
    with translation.override("es"):
        assert in_words(f"{day}-am" for day in WEEKDAYS) == ["Lunes a viernes: mañana"]
