"""Two reviewers decide one case in the same moment: one decision is recorded, the other is told.

A decision waits for its place in line and for the case's row; either would do. That a decision is
superseded once, the database keeps as well.
"""

from functools import partial

import pytest
from django.db import IntegrityError

from intake import services
from intake.exceptions import CaseAlreadyDecided
from intake.models import Clearance, Intake, ReviewDecision
from tests.concurrency.conftest import AsOwner, Race
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import held
from tests.factories.scheduling import NOW

pytestmark = pytest.mark.race

REVIEWERS = 8
KINDS = ("CLEAR", "SUPPORTIVE", "REFER", "CLOSE")


def case_of_somebody() -> Intake:
    patient = PatientFactory.create(account=AccountFactory.create())
    return held(patient, submitted_at=NOW)


def deciding(said: Intake, supersedes: ReviewDecision | None = None) -> list[partial[object]]:
    """As many reviewers, each of another mind."""
    return [
        partial(
            services.decide,
            case_id=said.case_id,
            latest_seen=said.pk,
            kind=KINDS[number % len(KINDS)],
            reason="As I see it.",
            by=StaffFactory.create(is_chiropractor=True),
            now=NOW,
            supersedes=supersedes.pk if supersedes else None,
            decided_seen=1 if supersedes else 0,
        )
        for number in range(REVIEWERS)
    ]


@pytest.fixture
def slow_decisions(as_owner: AsOwner, _take_a_while: None) -> None:
    """Every decision takes a while between its guards and the table."""
    as_owner(
        "CREATE TRIGGER zz_slow_insert BEFORE INSERT ON intake_reviewdecision"
        " FOR EACH ROW EXECUTE FUNCTION take_a_while()"
    )


@pytest.fixture
def without_their_place_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions and answers do not wait for one another."""
    monkeypatch.setattr("intake.services.cases.one_submission_at_a_time", lambda: None)


def decided_at_once(race: Race) -> ReviewDecision:
    """They all decide; one is recorded, and the others are told."""
    said = case_of_somebody()
    round_ = race.run(deciding(said))
    assert sum(finish.error is None for finish in round_) == 1
    assert {type(finish.error) for finish in round_ if finish.error} == {CaseAlreadyDecided}
    return ReviewDecision.objects.get(case=said.case_id)


def test_one_case_is_decided_once(race: Race):
    for _ in range(5):
        decided_at_once(race)


def test_their_place_in_line_is_enough(race: Race, slow_decisions, without_row_locks):
    decided_at_once(race)


def test_so_is_the_row_of_the_case(race: Race, slow_decisions, without_their_place_in_line):
    decided_at_once(race)


def test_the_race_is_real(
    race: Race, slow_decisions, without_row_locks, without_their_place_in_line
):
    said = case_of_somebody()
    race.run(deciding(said))
    assert ReviewDecision.objects.filter(case=said.case_id).count() > 1


def test_the_database_keeps_a_decision_from_being_superseded_twice(
    race: Race, slow_decisions, without_row_locks, without_their_place_in_line
):
    said = case_of_somebody()
    first = deciding(said)[0]()
    assert isinstance(first, ReviewDecision)
    round_ = race.run(deciding(said, supersedes=first))
    assert {type(finish.error) for finish in round_ if finish.error} <= {
        CaseAlreadyDecided,
        IntegrityError,
    }
    assert ReviewDecision.objects.filter(supersedes=first).count() == 1


def test_without_that_it_is(
    race: Race,
    slow_decisions,
    without_row_locks,
    without_their_place_in_line,
    as_owner: AsOwner,
):
    ((constraint,),) = as_owner(
        "SELECT conname FROM pg_constraint WHERE contype = 'u'"
        " AND conrelid = 'intake_reviewdecision'::regclass AND conname LIKE '%supersedes%'"
    )
    as_owner(f'ALTER TABLE intake_reviewdecision DROP CONSTRAINT "{constraint}"')
    said = case_of_somebody()
    # Nothing to take back: its row would be waited for.
    closed = deciding(said)[KINDS.index("CLOSE")]()
    assert isinstance(closed, ReviewDecision)
    race.run(deciding(said, supersedes=closed))
    assert ReviewDecision.objects.filter(supersedes=closed).count() > 1


def test_one_decision_is_superseded_once(race: Race):
    for _ in range(5):
        said = case_of_somebody()
        first = deciding(said)[0]()
        assert isinstance(first, ReviewDecision)
        round_ = race.run(deciding(said, supersedes=first))
        assert sum(finish.error is None for finish in round_) == 1
        assert {type(finish.error) for finish in round_ if finish.error} == {CaseAlreadyDecided}
        first.clearance.refresh_from_db()
        assert first.clearance.revoked_at == NOW
        standing = Clearance.objects.filter(patient=said.patient, revoked_at=None)
        assert standing.count() <= 1
