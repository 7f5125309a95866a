"""Two administrators take each other's role away in the same moment: one of them keeps it."""

from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import User
from tests.concurrency.conftest import Race
from tests.factories.clinic import StaffFactory
from tests.people import signed_in

pytestmark = pytest.mark.race

ROUNDS = 15


def administrators_left(race: Race) -> set[int]:
    """After each round, how many there are: a set of the counts that were seen."""
    two = [StaffFactory.create(is_administrator=True) for _ in range(2)]
    seen = set()
    for _ in range(ROUNDS):
        User.objects.filter(pk__in=[user.pk for user in two]).update(is_administrator=True)
        first, second = signed_in(two[0]), signed_in(two[1])
        finishes = race.run([partial(demote, first, two[1]), partial(demote, second, two[0])])
        assert not [finish.error for finish in finishes if finish.error]
        seen.add(User.objects.filter(is_administrator=True).count())
    return seen


def demote(client: Client, other: User) -> int:
    page = reverse("admin:clinic_user_change", args=[other.pk])
    data = {"name": "Somebody", "is_active": "on", "is_desk": "on"}
    return int(client.post(page, data).status_code)


def test_somebody_is_always_left(race: Race):
    assert administrators_left(race) == {1}


def test_the_race_is_real(race: Race, without_row_locks):
    assert 0 in administrators_left(race), "if this fails, the test above proves nothing"
