"""Who already has the time a visit would take: the patient, the clinician, the room."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduling.models import Appointment, VisitType
from scheduling.plan import as_interval, as_range, shape_of
from scheduling.slots import Interval, State

# In SQL, because every look at the calendar asks it, and the ORM needs longer to write it than the
# database to answer. Each line of the OR has the index of an exclusion constraint, whose states
# are written out here as there.
_STATES = ", ".join(f"'{state.value}'" for state in sorted(State.KEEPS_TIME))
_TAKEN = f"""SELECT person_id, clinician_id, room_id, visit, clinician_busy, room_busy, id
    FROM scheduling_appointment
    WHERE state IN ({_STATES})
      AND (state <> 'held' OR (hold_expires_at > %(now)s AND person_id <> %(patient)s))
      AND id IS DISTINCT FROM %(moving)s
      AND (person_id = %(patient)s AND visit && %(visit)s
        OR clinician_id = %(clinician)s AND clinician_busy && %(clinician_busy)s
        OR room_id = %(room)s AND room_busy && %(room_busy)s)
    ORDER BY visit
"""  # noqa: S608 - constants of ours


@dataclass(frozen=True, slots=True)
class Place:
    """What one visit takes: the patient's time, the clinician's with its buffers, a room's.

    `patient_id` is the record that is kept of the person, where several were merged.
    """

    patient_id: UUID
    clinician_id: int
    room_id: int | None
    visit: Interval
    clinician_busy: Interval
    room_busy: Interval | None

    @classmethod
    def at(
        cls,
        start: datetime,
        *,
        patient_id: UUID,
        clinician_id: int,
        visit_type: VisitType,
        length: timedelta | None = None,
    ) -> "Place":
        """`length` where it is not the type's own."""
        shape = shape_of(visit_type, length)
        return cls(
            patient_id=patient_id,
            clinician_id=clinician_id,
            room_id=visit_type.room_id,
            visit=shape.visit(start),
            clinician_busy=shape.doctor(start),
            room_busy=shape.room(start),
        )

    @classmethod
    def of(cls, visit: Appointment) -> "Place":
        """What a visit that is there takes."""
        return cls(
            patient_id=visit.person_id,
            clinician_id=visit.clinician_id,
            room_id=visit.room_id,
            visit=as_interval(visit.visit),
            clinician_busy=as_interval(visit.clinician_busy),
            room_busy=as_interval(visit.room_busy) if visit.room_busy else None,
        )


@dataclass(frozen=True, slots=True)
class Taken(Place):
    """The place of a visit that is there."""

    visit_id: UUID


def taken(place: Place, *, now: datetime, moving: UUID | None = None) -> list[Taken]:
    """The visits that overlap a place, the earliest first.

    Not among them: holds that ran out, the same patient's own hold, which a new choice gives up,
    and the visit that is being moved.
    """
    asked = {
        "now": now,
        "moving": moving,
        "patient": place.patient_id,
        "clinician": place.clinician_id,
        "room": place.room_id,
        "visit": as_range(place.visit),
        "clinician_busy": as_range(place.clinician_busy),
        "room_busy": as_range(place.room_busy) if place.room_busy else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, asked)
        return [_taken(*row) for row in cursor.fetchall()]


def _taken(
    patient_id: UUID,
    clinician_id: int,
    room_id: int | None,
    visit: DateTimeTZRange,
    clinician_busy: DateTimeTZRange,
    room_busy: DateTimeTZRange | None,
    visit_id: UUID,
) -> Taken:
    return Taken(
        patient_id,
        clinician_id,
        room_id,
        as_interval(visit),
        as_interval(clinician_busy),
        as_interval(room_busy) if room_busy else None,
        visit_id,
    )
