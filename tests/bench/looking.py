"""How long the desk's calendar takes for a day and for a week, among many visits."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import User
from tests.people import signed_in

ADDRESS = "/staff/day/feed.json"
ASKED = 100
# The rows of the same days, as the calendar's index finds them, and nothing done with them.
_ROWS = """
    SELECT visit.*, patient.* FROM scheduling_appointment AS visit
    JOIN intake_patient AS patient ON patient.id = visit.patient_id
    WHERE visit.visit && tstzrange(%s::date, %s::date + 1)
"""


@dataclass(frozen=True)
class Measured:
    """Milliseconds, each the median: the answer, the answer that nothing has changed, the rows."""

    days: int
    visits: int
    answer: float
    unchanged: float
    rows: float
    statements: int
    scans: bool


def measure(by: User, *, days: int) -> Measured:
    client = signed_in(by, client=Client(headers={"host": "localhost"}))
    first = timezone.localdate() + timedelta(days=1)
    asked = {"first": str(first), "last": str(first + timedelta(days=days - 1))}
    answer = client.get(ADDRESS, asked)  # the look is on the trail from here on
    unless = {"If-None-Match": answer.headers["ETag"]}
    with CaptureQueriesContext(connection) as captured:
        client.get(ADDRESS, asked)
    statements = len(captured)  # the next request forgets them
    return Measured(
        days=days,
        visits=len(answer.json()["visits"]),
        answer=_median(lambda: _ask(client, asked, {}, 200)),
        unchanged=_median(lambda: _ask(client, asked, unless, 304)),
        rows=_median(lambda: _rows(asked)),
        statements=statements,
        scans=any("Seq Scan on scheduling_appointment" in line for line in _plan(asked)),
    )


def _ask(client: Client, asked: dict[str, str], headers: dict[str, str], status: int) -> None:
    if client.get(ADDRESS, asked, headers=headers).status_code != status:
        raise RuntimeError(f"The feed does not answer with {status}.")


def _rows(asked: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, list(asked.values()))
        cursor.fetchall()


def _plan(asked: dict[str, str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + _ROWS, list(asked.values()))
        return [line for (line,) in cursor.fetchall()]


def _median(act: Callable[[], None]) -> float:
    took = []
    for _ in range(ASKED):
        began = perf_counter()
        act()
        took.append((perf_counter() - began) * 1000)
    return statistics.median(took)
