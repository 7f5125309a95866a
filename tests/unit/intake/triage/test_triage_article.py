"""The clinic's table says what the rules do."""

from intake.triage import PROTOCOL
from intake.triage.article import ROWS, First
from intake.triage.words import Disposition

# The clinic's published answer, row by row.
PUBLISHED = {
    **dict.fromkeys(range(1, 6), First.CHIROPRACTOR),
    **dict.fromkeys(range(6, 11), First.DOCTOR),
    11: First.BOTH,
}


def test_who_comes_first_is_what_the_clinic_published():
    assert {row.number: row.first for row in ROWS} == PUBLISHED


def test_the_rules_cite_these_rows_and_no_others():
    cited = {number for rule in PROTOCOL.rules for number in rule.article_rows}
    assert cited == {row.number for row in ROWS}


def test_no_row_for_a_doctor_can_be_booked():
    for rule in PROTOCOL.rules:
        if rule.disposition is Disposition.BOOK:
            assert all(PUBLISHED[number] is First.CHIROPRACTOR for number in rule.article_rows)
