"""Forms as JSON Lines in, decisions as JSON Lines out, and what cannot be a case."""

import json

import pytest

from intake.triage import assess
from intake.triage.jsonlines import Refused, answered

from .forms import DESK, EXAMPLES, Form


def case(answers: Form, id_: object = "A") -> str:
    return json.dumps({"id": id_, "answers": answers})


def answer(line: str | bytes) -> dict[str, object]:
    (reply,) = answered([line.encode() if isinstance(line, str) else line])
    assert isinstance(reply, str)
    decoded: dict[str, object] = json.loads(reply)
    return decoded


def refusal(line: str | bytes) -> str:
    (reply,) = answered([line.encode() if isinstance(line, str) else line])
    assert isinstance(reply, Refused)
    return str(reply)


def given_twice(key: str, first: str, second: str) -> str:
    """A bookable form in which one key stands twice."""
    rest = json.dumps({id_: value for id_, value in DESK.items() if id_ != key})
    return f'{{"id": "A", "answers": {{"{key}": {first}, "{key}": {second}, {rest[1:]}}}'


def test_the_form_of_a_line():
    (reply,) = answered([case({**DESK, "pregnant": "maybe", "shape": "yes"}).encode()])
    assert reply == (
        '{"id": "A", "disposition": "REFER", "rules": ["B01","B02","B04","R13","U01"], '
        '"flags": ["XRAY_HOLD"], "protocol": "1.1"}'
    )


def test_the_examples_in_order():
    lines = [case(each["answers"], each["id"]).encode() + b"\n" for each in EXAMPLES]
    replies = [json.loads(str(reply)) for reply in answered(lines)]
    expected = [{"id": e["id"], **e["expected"], "protocol": "1.1"} for e in EXAMPLES]
    assert replies == expected


@pytest.mark.parametrize(
    "id_", ["", "José 🩺", 7, 1.5, None, True, ["a", {"b": None}], {"a": [1]}, 10**40]
)
def test_the_id_comes_back_as_it_was(id_):
    assert answer(case(DESK, id_))["id"] == id_
    (reply,) = answered([case(DESK, id_).encode()])
    assert list(json.loads(str(reply))) == ["id", "disposition", "rules", "flags", "protocol"]


def test_an_id_in_another_script_is_written_as_it_is():
    (reply,) = answered([case(DESK, "José").encode()])
    assert '"José"' in str(reply)


def test_half_a_surrogate_pair_can_be_written():
    (reply,) = answered([b'{"id": "\\ud800", "answers": {}}'])
    assert str(reply).encode()
    assert json.loads(str(reply))["id"] == "\ud800"


@pytest.mark.parametrize(
    "line",
    [
        f'{{"answers": {json.dumps(DESK)}}}',
        f'{{"id": 1e999, "answers": {json.dumps(DESK)}}}',
        f'{{"id": 1, "id": 2, "answers": {json.dumps(DESK)}}}',
        f'{{"id": {"9" * 5000}, "answers": {json.dumps(DESK)}}}',
    ],
)
def test_an_id_that_cannot_be_trusted_is_null(line):
    assert answer(line)["id"] is None
    assert answer(line)["disposition"] == "BOOK"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "  \t\r\n",
        "not json",
        "{",
        '{"id": "A", "answers": {}} {}',
        "{'id': 'A', 'answers': {}}",
        '{"id": NaN, "answers": {}}',
        '{"id": "A", "answers": {"worst": Infinity}}',
        '{"id": "A", "answers": {"worst": -Infinity}}',
    ],
)
def test_what_is_not_json(line):
    assert refusal(line) == "Line 1: not JSON."


@pytest.mark.parametrize(
    "line",
    [
        "null",
        "7",
        '"answers"',
        "[]",
        '[{"answers": {}}]',
        "{}",
        '{"id": "A"}',
        '{"id": "A", "answers": null}',
        '{"id": "A", "answers": []}',
        '{"id": "A", "answers": "none"}',
        '{"id": "A", "answers": {"age": 38}, "answers": {"age": 39}}',
    ],
)
def test_what_has_no_answers_object(line):
    assert refusal(line) == "Line 1: there is no answers object."


@pytest.mark.parametrize("line", [b"\xff\xfe", b'{"id": "\xe9", "answers": {}}'])
def test_what_is_not_utf_8(line):
    assert refusal(line) == "Line 1: not UTF-8."


@pytest.mark.parametrize("bomb", ["[" * 100_000, '{"a":' * 100_000, '{"id":' + "[" * 100_000])
def test_what_is_nested_beyond_reading(bomb):
    assert refusal(bomb) == "Line 1: nested too deeply to be read."


@pytest.mark.parametrize("depth", [*range(880, 1000, 10), 2000])
def test_no_depth_of_an_id_breaks_the_run(depth):
    bomb = f'{{"id": {"[" * depth}{"]" * depth}, "answers": {{}}}}'
    twice = f'{{"a": {"[" * depth}{"]" * depth}, "a": 1, "answers": {{}}}}'
    replies = list(answered([bomb.encode(), twice.encode(), case(DESK).encode()]))
    assert len(replies) == 3
    assert isinstance(replies[2], str)


def test_the_other_lines_are_still_answered_in_order():
    lines = [case(DESK, 1), "?", case(DESK, 3), "", case({}, 5)]
    replies = list(answered(line.encode() for line in lines))
    ids = [json.loads(r)["id"] if isinstance(r, str) else f"refused {r.number}" for r in replies]
    assert ids == [1, "refused 2", 3, "refused 4", 5]


def test_each_line_is_answered_before_the_next_is_read():
    read = []

    def lines():
        for id_ in range(3):
            read.append(id_)
            yield case(DESK, id_).encode()

    replies = answered(lines())
    assert next(replies)
    assert read == [0]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", ""])
def test_lines_may_end_as_on_any_system(line_end):
    assert answer(case(DESK) + line_end)["disposition"] == "BOOK"


def test_a_mark_before_the_first_line_is_passed_over():
    bom = b"\xef\xbb\xbf"
    replies = list(answered([bom + case(DESK).encode(), bom + case(DESK).encode()]))
    assert [type(reply) for reply in replies] == [str, Refused]


class TestAKeyGivenTwice:
    @pytest.mark.parametrize(
        ("key", "first", "second"),
        [
            ("saddle", '"yes"', '"no"'),
            ("age", "38", "39"),
            ("age", "38", "38.0"),
            ("worst", "1", "true"),
            ("numb", '["none"]', '["one_leg"]'),
            ("bladder_bowel", '["none"]', "[]"),
        ],
    )
    def test_with_different_values_it_is_unanswered(self, key, first, second):
        for one, other in ((first, second), (second, first)):
            assert answer(given_twice(key, one, other)) == {
                **answer(case({**DESK, key: None})),
                "id": "A",
            }
            assert answer(given_twice(key, one, other))["disposition"] == "REFER"

    def test_with_the_same_value_it_is_an_answer(self):
        assert answer(given_twice("saddle", '"no"', '"no"')) == answer(case(DESK))

    def test_a_third_time_does_not_settle_it(self):
        line = case({}).replace("{}", '{"saddle": "no", "saddle": "yes", "saddle": "no"}')
        assert answer(line)["rules"] == ["U01"]


@pytest.mark.parametrize("age", ["38.0", "1e1", "9" * 5000, "true", '"38"', "[38]", "-1", "1e999"])
def test_an_age_that_is_no_whole_number_is_unanswered(age):
    line = case(DESK).replace('"age": 33', f'"age": {age}')
    assert answer(line)["rules"] == list(assess({**DESK, "age": None}).rules)
