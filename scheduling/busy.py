"""What is taken on some days: of the clinician, of a room, of one patient.

Every look at the calendar asks it. The answer is kept as the database sends it, so that two of
them can be compared, and the openings they lead to be kept, without reading a single time.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from scheduling.plan import as_range
from scheduling.slots import Interval

_BUSY_TIME = "SELECT * FROM scheduling_busy_time(%s, %s, %s, %s, %s, %s)"
# A range with both its ends, as PostgreSQL sends it: flags, and each end behind its length, in
# microseconds since the year 2000. That both are there, and half-open, the table itself holds.
_RANGE = struct.Struct("!B4xq4xq")
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BusyTime:
    """Stretches of time, for `intervals`, in no order; and the plan's revision at that moment."""

    under_plan: UUID
    of_clinician: bytes
    of_room: bytes
    of_patient: bytes


def busy_time(
    *,
    clinician_id: int,
    room_id: int | None,
    patient_id: UUID | None,
    days: Interval,
    now: datetime,
    moving: UUID | None = None,
) -> BusyTime:
    """What reaches into these days.

    Not in it: holds that ran out, the same patient's own hold, which a new choice gives up, and
    the visit that is being moved.
    """
    asked = [clinician_id, room_id, patient_id, as_range(days), moving, now]
    with connection.cursor() as cursor:
        cursor.execute(_BUSY_TIME, asked)
        revision, clinician, room, patient = cursor.fetchone()
    return BusyTime(revision, bytes(clinician or b""), bytes(room or b""), bytes(patient or b""))


def intervals(sent: bytes) -> list[Interval]:
    return [
        Interval(_BEGINNING + start * _MICROSECOND, _BEGINNING + end * _MICROSECOND)
        for _, start, end in _RANGE.iter_unpack(sent)
    ]
