"""A race: many clients at once, each with a connection of its own, on a database of their own.

Every race has a twin that takes the guard away and must then see the fault: if the twin finds
none, the race beside it proves nothing. Where luck would decide, `slow_inserts` holds the window
open for both of them.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from time import perf_counter, sleep

import psycopg
import pytest
from django.db import connection

from scheduling.exceptions import SchedulingProblem
from tests.database import TestDatabase

# Far above what is measured (about half a second on two busy cores), far below the minutes that
# waiting for each other costs.
PATIENCE = 5.0

Runner = Callable[[], object]


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
        self.finishes: list[Finish] = []

    def run(self, runners: Sequence[Runner]) -> list[Finish]:
        """One round. Nobody starts before everybody has a connection and stands ready."""
        start = Barrier(len(runners))

        def one(runner: Runner) -> Finish:
            connection.ensure_connection()
            start.wait()
            began = perf_counter()
            try:
                result, error = runner(), None
            except Exception as problem:
                result, error = None, problem
            return Finish(result, error, perf_counter() - began)

        round_ = list(self._threads.map(one, runners))
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
def race(fresh_database: TestDatabase) -> Iterator[Race]:
    """Also asks, when all is over, that no two waited for each other and nobody waited long."""
    clients = Race(fresh_database)
    yield clients
    clients.close()
    assert clients.deadlocks() == 0
    assert clients.slowest < PATIENCE
    print(f"\n{len(clients.finishes)} attempts, the slowest {clients.slowest:.3f} s")  # noqa: T201


@pytest.fixture
def as_owner(fresh_database: TestDatabase) -> Callable[[str], list[tuple[object, ...]]]:
    """Change the guards of this test's own database, as the application never could."""

    def run(statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(fresh_database.owner_url, autocommit=True) as session:
            done = session.execute(statement)
            return done.fetchall() if done.description else []

    return run


@pytest.fixture
def slow_inserts(as_owner: Callable[[str], object]) -> None:
    """Every new visit takes a while between the gate and the table."""
    as_owner(
        "CREATE FUNCTION take_a_while() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$;"
        # Triggers run by name: after the gate.
        "CREATE TRIGGER zz_slow BEFORE INSERT ON scheduling_appointment"
        " FOR EACH ROW EXECUTE FUNCTION take_a_while()"
    )


def after(seconds: float, runner: Runner) -> Runner:
    """The same, begun inside the window that `slow_inserts` holds open."""

    def run() -> object:
        sleep(seconds)
        return runner()

    return run
