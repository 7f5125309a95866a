"""A family with a device for everybody, all at once: their limits are counted one by one."""

from datetime import timedelta

import pytest

from clinic.models import ClinicProfile
from intake.models import Clearance
from scheduling.exceptions import TooManyComing
from scheduling.models import Appointment
from scheduling.services import allowance
from tests.concurrency.clients import holding
from tests.concurrency.conftest import Race
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE

pytestmark = pytest.mark.race

ROUNDS = 20
DEVICES = 4
MOST = 2
# As many times of one Tuesday morning as there are devices; a week later for the next round.
STARTS = [NINE + timedelta(minutes=50 * nth) for nth in range(DEVICES)]


def family() -> list[Clearance]:
    account = AccountFactory.create()
    return [
        ClearanceFactory.create(patient=PatientFactory.create(account=account))
        for _ in range(DEVICES)
    ]


def one_round(race: Race) -> int:
    """How many of the family got a time; they are all cleared away after."""
    members = family()
    race.run([holding(leave, start) for leave, start in zip(members, STARTS, strict=True)])
    got = Appointment.objects.filter(patient__account=members[0].patient.account)
    count = got.filter(state="held").count()
    got.update(state="expired")
    return count


def test_a_family_at_once_does_not_pass_its_limit(race: Race):
    ClinicProfile.objects.update(most_visits_account=MOST)
    assert [one_round(race) for _ in range(ROUNDS)] == [MOST] * ROUNDS
    assert race.unnamed_errors == []
    refused = [finish.error for finish in race.finishes if finish.error]
    assert all(isinstance(error, TooManyComing) for error in refused)
    assert len(refused) == ROUNDS * (DEVICES - MOST)


def test_without_their_place_in_line_they_do(
    race: Race, slow_inserts: None, monkeypatch: pytest.MonkeyPatch
):
    ClinicProfile.objects.update(most_visits_account=MOST)
    monkeypatch.setattr(allowance, "count_for", lambda account_id: None)
    assert one_round(race) > MOST, "if this holds, the test above proves nothing"
