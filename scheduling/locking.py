"""The one door to a clinician's calendar.

Locks are taken in this order, and none that comes earlier is asked for later:

1. the calendars, by clinician's id: shared to book into one, exclusive to move, close or plan it;
2. the start that is wanted, one at a time;
3. the patient's row;
4. the account whose limits are counted, when a patient chooses online;
5. the clearance's row (the gate's trigger reads it; revoking changes it);
6. visits, by id, all that one write needs in one statement.

Revoking a clearance takes no calendar: it starts at 3. So whoever waits, waits for somebody who
is further on, and no two wait for each other.

Sharing costs nothing: bookings into one calendar run side by side, and the database's exclusion
constraints decide between them. Closing a day waits for the bookings that have already looked at
the openings; those that come after it look again.

Those who want the very same start stand in line for it: without the line everybody does all the
work of a booking to find at the end that one was faster (fifty at once: see `tests/concurrency`).
It only saves work; nothing rests on it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection

# The class of PostgreSQL's two-part advisory locks that means a clinician's calendar.
CALENDAR = 0xCA1E
# And a start in one.
START = 0xCA1F
# And an account.
ACCOUNT = 0xCA20
# Longer than any write here takes; then the person is asked to try again.
PATIENCE = "5s"

_LOCK = "pg_advisory_xact_lock"
_LOCK_SHARED = "pg_advisory_xact_lock_shared"
# Which function takes it, its class, and its number in that.
_Lock = tuple[str, int, int]


@contextmanager
def calendar_of(
    *clinician_ids: int, shared: bool, in_line_for: datetime | None = None
) -> Iterator[None]:
    """Hold these calendars, and a start's place in line, until the transaction ends.

    Raises RuntimeError outside of one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("calendar_of() must run inside the transaction that writes.")
    lock = _LOCK_SHARED if shared else _LOCK
    locks = [(lock, CALENDAR, clinician_id) for clinician_id in sorted(clinician_ids)]
    _take([*locks, *_line(in_line_for)])
    yield


def count_for(account_id: UUID) -> None:
    """Wait for whoever else of the family is choosing. Held until the transaction ends.

    No two wait for each other: whoever has an account's place asks for no patient any more.
    """
    _take([(_LOCK, ACCOUNT, account_id.int % 2**31)])


def _line(start: datetime | None) -> list[_Lock]:
    if start is None:
        return []
    # Two starts that come to the same number wait for each other, and no more than that.
    return [(_LOCK, START, int(start.timestamp()) // 60 % 2**31)]


def _take(locks: Iterable[_Lock]) -> None:
    """In this order, sent together: under load, what costs most is each answer waited for.

    PostgreSQL takes several statements at once only with the numbers put in already, as Django does
    unless it is told `server_side_binding`.
    """
    statements = [f"SET LOCAL lock_timeout = '{PATIENCE}'"]
    numbers: list[int] = []
    for lock, kind, number in locks:
        statements.append(f"SELECT {lock}(%s, %s)")
        numbers += [kind, number]
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements), numbers)
