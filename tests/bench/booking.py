"""Sixteen clients who book, each time of its own: by the service, and by the bare statements.

Each client is a process with a connection of its own. The bare statements take the same locks and
make the same row past the same guards, and leave out the rest: what was offered, who is told,
and what is written down about it.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from uuid import UUID, uuid4

import psycopg
from django.db import connection, connections
from django.utils import timezone

from intake.models import Clearance
from scheduling import services
from scheduling.locking import CALENDAR, PATIENCE, START
from scheduling.models import Clinician, VisitType
from tests.bench import stored
from tests.bench.measuring import say

CLIENTS = 16
EACH = 60
SECONDS_TO_CONNECT = 60
# Sets up, yields, and books when it is asked to go on.
Client = Callable[[list["Wanted"], str], Iterator[None]]

_FORK = multiprocessing.get_context("fork")
_INSERT = """
    INSERT INTO scheduling_appointment
        (id, patient_id, clearance_id, clinician_id, visit_type_id, state, visit, clinician_busy,
         created_at)
    VALUES (%(id)s, %(patient_id)s, %(clearance_id)s, %(clinician_id)s, %(visit_type_id)s, 'booked',
            tstzrange(%(start)s, %(until)s), tstzrange(%(start)s, %(until)s), %(now)s)
    ON CONFLICT DO NOTHING RETURNING id
"""


@dataclass(frozen=True)
class Wanted:
    patient_id: UUID
    clearance_id: UUID
    clinician_id: int
    visit_type_id: int
    start: datetime


def tell(people: Sequence[Clearance], database_url: str, owner_url: str) -> None:
    """Bookings a second by the service, and by the bare statements."""
    mine = _shared_out(people)
    connections.close_all()
    stored.store(owner_url, 0)
    by_service = _race(_by_service, mine, database_url)
    stored.store(owner_url, 0)
    by_statements = _race(_by_statements, mine, database_url)
    say(f"\nBookings, {CLIENTS} clients, each time of its own:")
    say(f"  by the service     {by_service:8,.0f} a second")
    say(f"  bare statements    {by_statements:8,.0f} a second")
    say(f"  ratio              {by_service / by_statements:8.2f}")


def _shared_out(people: Sequence[Clearance]) -> list[list[Wanted]]:
    """Around the clock from tomorrow on, as the desk may book; no two clients near each other."""
    clinician, kind = Clinician.objects.get().pk, VisitType.objects.get(code="adjustment").pk
    morrow = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    starts = [morrow + timedelta(minutes=20 * number) for number in range(CLIENTS * EACH)]
    each = len(people) // CLIENTS
    return [
        [
            Wanted(leave.patient_id, leave.pk, clinician, kind, starts[client * EACH + number])
            for number in range(EACH)
            for leave in [people[client * each + number % each]]
        ]
        for client in range(CLIENTS)
    ]


def _race(client: Client, mine: list[list[Wanted]], url: str) -> float:
    ready, go = _FORK.Barrier(CLIENTS + 1), _FORK.Barrier(CLIENTS + 1)
    processes = [
        _FORK.Process(target=_one, args=(client, wanted, url, ready, go), daemon=True)
        for wanted in mine
    ]
    for process in processes:
        process.start()
    ready.wait(SECONDS_TO_CONNECT)
    began = time.perf_counter()
    go.wait(SECONDS_TO_CONNECT)
    for process in processes:
        process.join()
    took = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise RuntimeError("A client that books failed.")
    return CLIENTS * EACH / took


def _one(client: Client, wanted: list[Wanted], url: str, ready: Barrier, go: Barrier) -> None:
    steps = client(wanted, url)
    next(steps)  # connected
    ready.wait(SECONDS_TO_CONNECT)
    go.wait(SECONDS_TO_CONNECT)
    for _ in steps:
        pass


def _by_service(wanted: list[Wanted], url: str) -> Iterator[None]:
    connection.ensure_connection()
    yield
    for each in wanted:
        services.book(
            patient_id=each.patient_id,
            clearance_id=each.clearance_id,
            visit_type_id=each.visit_type_id,
            start=each.start,
            by=None,
            now=timezone.now(),
        )


def _by_statements(wanted: list[Wanted], url: str) -> Iterator[None]:
    session = psycopg.connect(url, autocommit=True)
    yield
    for each in wanted:
        until = each.start + timedelta(minutes=20)
        row = {**asdict(each), "id": uuid4(), "until": until, "now": timezone.now()}
        row |= {"minute": int(each.start.timestamp()) // 60, "class": CALENDAR, "line": START}
        with session.transaction():
            session.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            session.execute(
                "SELECT pg_advisory_xact_lock_shared(%(class)s::int, %(clinician_id)s::int)", row
            )
            session.execute("SELECT pg_advisory_xact_lock(%(line)s::int, %(minute)s::int)", row)
            session.execute("SELECT FROM intake_patient WHERE id = %(patient_id)s FOR UPDATE", row)
            won = session.execute(_INSERT, row).fetchone()
        if won is None:
            raise RuntimeError("A time of its own was taken.")
