"""A wait counted in open time."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduling.slots import Interval, open_time_after

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = [
    Interval(NINE, NINE + 4 * HOUR),
    Interval(NINE + 6 * HOUR, NINE + 10 * HOUR),
    Interval(NINE + 24 * HOUR, NINE + 28 * HOUR),
]


@pytest.mark.parametrize(
    ("start", "hours", "until"),
    [
        (NINE, 1, NINE + HOUR),
        (NINE - 12 * HOUR, 1, NINE + HOUR),
        (NINE + 3 * HOUR, 1, NINE + 4 * HOUR),
        (NINE + 3 * HOUR, 2, NINE + 7 * HOUR),
        (NINE + 5 * HOUR, 4, NINE + 10 * HOUR),
        (NINE + 11 * HOUR, 3, NINE + 27 * HOUR),
        (NINE, 8, NINE + 10 * HOUR),
        (NINE, 12, NINE + 28 * HOUR),
    ],
)
def test_only_open_time_counts(start, hours, until):
    assert open_time_after(start, hours * HOUR, DAY) == until


def test_without_enough_open_time_there_is_no_answer():
    assert open_time_after(NINE, 13 * HOUR, DAY) is None
    assert open_time_after(NINE, HOUR, []) is None
