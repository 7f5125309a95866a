"""What somebody types to find a patient, taken apart."""

from datetime import date

import pytest

from intake.patient_search import read

TODAY = date(2026, 11, 10)
MARCH_14 = date(1960, 3, 14)


@pytest.mark.parametrize(
    "typed",
    [
        "3/14/1960",
        "03/14/1960",
        "3-14-1960",
        "3.14.1960",
        "3/14/60",
        "1960-03-14",
        "1960/3/14",
        "March 14 1960",
        "Mar. 14, 1960",
        "march 14th, 1960",
        "14 March 1960",
        # The month cannot be first: the other way round.
        "14/3/1960",
    ],
)
def test_a_date_of_birth_however_it_is_written(typed: str):
    asked = read(typed, today=TODAY)
    assert (asked.births, asked.numbers, asked.names) == ([MARCH_14], [], "")


def test_two_figures_are_a_year_that_was():
    assert read("3/14/26", today=TODAY).births == [date(2026, 3, 14)]
    assert read("3/14/27", today=TODAY).births == [date(1927, 3, 14)]


@pytest.mark.parametrize(
    "typed",
    ["(703) 555-0142", "703-555-0142", "703 555 0142", "7035550142", "+1 703.555.0142"],
)
def test_a_telephone_number_however_it_is_written(typed: str):
    asked = read(typed, today=TODAY)
    assert (asked.numbers, asked.names, asked.births) == (["7035550142"], "", [])


def test_everything_at_once():
    asked = read("Reyes 3/14/1960 ana.reyes@example.com Ashburn 555-0142", today=TODAY)
    assert asked.births == [MARCH_14]
    assert asked.addresses == ["ana.reyes@example.com"]
    assert asked.numbers == ["5550142"]
    assert asked.names == "Reyes Ashburn"


@pytest.mark.parametrize("typed", ["", "   ", "12", "\0", "2/30/1960 x"])
def test_what_says_little_is_no_mistake(typed: str):
    asked = read(typed, today=TODAY)
    assert (asked.births, asked.addresses) == ([], [])
