"""A race: many clients at once, each with a connection of its own, on a database of their own.

Every race has a twin that takes the guard away and must then see the fault: if the twin finds
none, the race beside it proves nothing. Where luck would decide, `slow_inserts` and `slow_updates`
hold the window open.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from time import perf_counter, sleep

import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet

from scheduling.exceptions import SchedulingProblem
from tests.database import TestDatabase

# Far above what is measured (about half a second, four on cores that ten others want), far below
# the minutes that waiting for each other costs.
PATIENCE = 15.0

# What would let luck decide, and what is not counted as waiting.
WINDOWS_HELD_OPEN = {"slow_inserts", "slow_updates"}

Runner = Callable[[], object]
AsOwner = Callable[[str], list[tuple[object, ...]]]


@dataclass(frozen=True)
class _Later:
    seconds: float
    runner: Runner

    def __call__(self) -> object:
        return self.runner()


@dataclass(frozen=True)
class Finish:
    """How one client came out of a round."""

    result: object
    error: Exception | None
    seconds: float


class Race:
    """Clients that start together, round after round."""

    def __init__(self, database: TestDatabase, clients: int = 50) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(clients)
        self._clients = clients
        self.rounds = 0
        self.finishes: list[Finish] = []

    def run(self, runners: Sequence[Runner]) -> list[Finish]:
        """One round. Nobody starts before everybody has a connection and stands ready."""
        start = Barrier(len(runners))

        def one(runner: Runner) -> Finish:
            connection.ensure_connection()
            start.wait()
            if isinstance(runner, _Later):
                sleep(runner.seconds)
            began = perf_counter()
            try:
                result, error = runner(), None
            except Exception as problem:
                result, error = None, problem
            return Finish(result, error, perf_counter() - began)

        round_ = list(self._threads.map(one, runners))
        self.rounds += 1
        self.finishes += round_
        return round_

    @property
    def slowest(self) -> float:
        return max(finish.seconds for finish in self.finishes)

    @property
    def unnamed_errors(self) -> list[Exception]:
        """What would have been a server error to somebody."""
        errors = [finish.error for finish in self.finishes if finish.error]
        return [error for error in errors if not isinstance(error, SchedulingProblem)]

    def close(self) -> None:
        together = Barrier(self._clients)

        def leave(_: int) -> None:
            together.wait()
            connection.close()

        list(self._threads.map(leave, range(self._clients)))
        self._threads.shutdown()

    def deadlocks(self) -> int:
        """As PostgreSQL counted them; asked after everybody has left."""
        with self._database.server.as_superuser() as session:
            counted = session.execute(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [self._database.name]
            ).fetchone()
        return int(counted[0]) if counted else 0


@pytest.fixture
def race(fresh_database: TestDatabase, request: pytest.FixtureRequest) -> Iterator[Race]:
    """Also asks, when all is over, that no two waited for each other and nobody waited long."""
    clients = Race(fresh_database)
    yield clients
    clients.close()
    assert clients.deadlocks() == 0
    assert clients.slowest < PATIENCE
    if not WINDOWS_HELD_OPEN & set(request.fixturenames):
        summary = (clients.rounds, len(clients.finishes), clients.slowest)
        # Told when the whole run is over: see `tests/slowest.py`.
        request.node.user_properties.append(("race", summary))


@pytest.fixture
def as_owner(fresh_database: TestDatabase) -> AsOwner:
    """Change the guards of this test's own database, as the application never could."""

    def run(statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(fresh_database.owner_url, autocommit=True) as session:
            done = session.execute(statement)
            return done.fetchall() if done.description else []

    return run


# --- A window held open ---------------------------------------------------------------------------
# Triggers run by name: these after the gate.


@pytest.fixture
def _take_a_while(as_owner: AsOwner) -> None:
    as_owner(
        "CREATE FUNCTION take_a_while() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$"
    )


@pytest.fixture
def slow_inserts(as_owner: AsOwner, _take_a_while: None) -> None:
    """Every new visit takes a while between the gate and the table."""
    as_owner(
        "CREATE TRIGGER zz_slow_insert BEFORE INSERT ON scheduling_appointment"
        " FOR EACH ROW EXECUTE FUNCTION take_a_while()"
    )


@pytest.fixture
def slow_updates(as_owner: AsOwner, _take_a_while: None) -> None:
    """So does every change of a visit, which keeps its row from other writers meanwhile."""
    as_owner(
        "CREATE TRIGGER zz_slow_update BEFORE UPDATE ON scheduling_appointment"
        " FOR EACH ROW EXECUTE FUNCTION take_a_while()"
    )


# --- A guard taken away ---------------------------------------------------------------------------


@pytest.fixture
def without_the_constraint(as_owner: AsOwner) -> None:
    """Nothing in the database says that the doctor has only one visit at a time."""
    as_owner("ALTER TABLE scheduling_appointment DROP CONSTRAINT visit_clinician_not_twice")


@pytest.fixture
def without_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who want the same start do not wait for one another."""
    monkeypatch.setattr("scheduling.locking._line", lambda _: [])


@pytest.fixture
def without_the_calendars_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves and closures do not wait for the bookings under way, nor these for them."""
    monkeypatch.setattr("scheduling.locking._take", lambda *_, **__: None)


@pytest.fixture
def without_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before a write may have changed until it is written."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_, **__: self)
    monkeypatch.setattr("intake.public.lock_patient", lambda _: None)


def after(seconds: float, runner: Runner) -> Runner:
    """The same, begun a little later: the sleep is not counted as waiting."""
    return _Later(seconds, runner)


def meanwhile(runner: Runner) -> Runner:
    """The same, begun as soon as somebody is inside the window that is held open."""

    def run() -> object:
        for _ in range(1000):
            if _somebody_is_inside():
                return runner()
            sleep(0.005)
        raise TimeoutError("Nobody came to the window.")

    return run


def _somebody_is_inside() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'PgSleep')"
        )
        return bool(cursor.fetchone()[0])
