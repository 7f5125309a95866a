"""The calendar under everything people can do to it, step by random step.

In the suite the steps are the same every time. For others, and for more of them:

    CLINIC_MACHINE_STEPS=5000 pytest tests/machine -s
    CLINIC_MACHINE_STEPS=5000 CLINIC_MACHINE_SEED=42 pytest tests/machine -s

A long run prints the seed by which it is repeated.
"""

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django.plugin import DjangoDbBlocker

from scheduling.slots import State
from tests.machine import world
from tests.machine.machine import CalendarMachine

STEPS = int(os.environ.get("CLINIC_MACHINE_STEPS", "0"))
SEED = int(os.environ.get("CLINIC_MACHINE_SEED", "0")) or (secrets.randbits(32) if STEPS else 1)
STEPS_AN_EXAMPLE = 50
# The Thursday noon before the clocks are put back, and before they are put forward.
AUTUMN = datetime(2026, 10, 29, 16, tzinfo=UTC)
SPRING = datetime(2027, 3, 11, 17, tzinfo=UTC)


@pytest.fixture
def one_transaction(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Around the world; each example is a savepoint in it."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        connections.close_all()


@pytest.mark.parametrize("begins", [AUTUMN, SPRING], ids=["autumn", "spring"])
@pytest.mark.usefixtures("one_transaction")
def test_the_calendar_never_lies(begins: datetime) -> None:
    class Machine(CalendarMachine):
        pass

    Machine.world = world.build(begins)
    Machine.seen = Counter()
    began = perf_counter()
    run_state_machine_as_test(
        seed(SEED)(Machine),
        settings=settings(
            max_examples=max(STEPS // STEPS_AN_EXAMPLE, 1) if STEPS else 10,
            stateful_step_count=STEPS_AN_EXAMPLE,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    took = perf_counter() - began
    steps = Machine.seen["steps"]
    print(f"\nseed {SEED}: {steps} steps in {took:.0f} s, {steps / took:.0f} a second")  # noqa: T201
    for what, times in sorted(Machine.seen.items()):
        print(f"{times:7} {what}")  # noqa: T201
    # Where nothing came about, nothing was proved.
    assert not {state.value for state in State} - set(Machine.seen)
