"""Two reviewers decide one case in the same moment: one decision is recorded, the other is told."""

from functools import partial

import pytest

from intake import services
from intake.exceptions import CaseAlreadyDecided
from intake.models import Clearance, Intake, ReviewDecision
from tests.concurrency.conftest import Race
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


def test_one_case_is_decided_once(race: Race):
    for _ in range(5):
        said = case_of_somebody()
        round_ = race.run(deciding(said))
        assert sum(finish.error is None for finish in round_) == 1
        assert {type(finish.error) for finish in round_ if finish.error} == {CaseAlreadyDecided}
        assert ReviewDecision.objects.filter(case=said.case_id).count() == 1


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
