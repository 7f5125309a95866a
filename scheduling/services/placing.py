"""Putting a visit into the calendar: who may have the time, and who already does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from clinic.audit import Actor
from intake import public as intake
from intake.public import ClearanceCard
from scheduling.availability import as_range, shape_of, the_clinician_id
from scheduling.exceptions import (
    Clash,
    GuardianMissing,
    NotCleared,
    OutsideClearance,
    PatientHeld,
    TimeNotOffered,
    TimeTaken,
    XrayNotAllowed,
)
from scheduling.locking import calendar_of, stand_in_line
from scheduling.models import Appointment, VisitType
from scheduling.services.steps import end_all, record
from scheduling.slots import State

# Nobody plans further, either way; what is typed may be any year.
FARTHEST = timedelta(days=2 * 366)

# One statement that says who won: Django's own way to ignore a conflict returns no key.
_INSERT = """
    INSERT INTO scheduling_appointment
        (id, patient_id, clearance_id, clinician_id, visit_type_id, room_id, state,
         hold_expires_at, visit, clinician_busy, room_busy, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
    RETURNING id
"""


@dataclass(frozen=True)
class Place:
    """What one visit takes: a patient's time, the clinician's, and perhaps a room's."""

    patient_id: UUID
    clinician_id: int
    room_id: int | None
    visit: DateTimeTZRange
    clinician_busy: DateTimeTZRange
    room_busy: DateTimeTZRange | None

    @classmethod
    def at(
        cls, start: datetime, *, patient_id: UUID, clinician_id: int, visit_type: VisitType
    ) -> "Place":
        shape = shape_of(visit_type)
        room = shape.room(start)
        return cls(
            patient_id=patient_id,
            clinician_id=clinician_id,
            room_id=visit_type.room_id,
            visit=as_range(shape.visit(start)),
            clinician_busy=as_range(shape.doctor(start)),
            room_busy=as_range(room) if room else None,
        )

    @property
    def overlapping(self) -> Q:
        overlapping = Q(
            clinician=self.clinician_id, clinician_busy__overlap=self.clinician_busy
        ) | Q(patient=self.patient_id, visit__overlap=self.visit)
        if self.room_id:
            overlapping |= Q(room=self.room_id, room_busy__overlap=self.room_busy)
        return overlapping


@contextmanager
def wanted(
    start: datetime, *, patient_id: UUID, visit_type_id: int, now: datetime
) -> Iterator[tuple[Place, VisitType]]:
    """The place a new visit would take, in line for it and with the patient's row kept.

    Who is too late hears so before anything else is asked. Raises TimeTaken, TimeNotOffered.
    """
    visit_type = VisitType.objects.get(pk=visit_type_id)
    clinician_id = the_clinician_id()
    if clinician_id is None or abs(start - now) > FARTHEST:
        raise TimeNotOffered
    with calendar_of(clinician_id, shared=True):
        stand_in_line(start)
        place = Place.at(
            start, patient_id=patient_id, clinician_id=clinician_id, visit_type=visit_type
        )
        clash = what_is_in_the_way(place, now=now)
        if clash:
            raise clash
        intake.lock_patient(patient_id)
        yield place, visit_type


def insert(
    place: Place,
    *,
    clearance_id: UUID,
    visit_type: VisitType,
    state: State,
    hold_expires_at: datetime | None = None,
    by: Actor,
    now: datetime,
) -> Appointment:
    """The new visit, on record. The patient's row is locked already. Raises TimeTaken."""
    give_up_holds(place, by=by, now=now)
    row = (
        uuid4(),
        place.patient_id,
        clearance_id,
        place.clinician_id,
        visit_type.pk,
        place.room_id,
        state.value,
        hold_expires_at,
        place.visit,
        place.clinician_busy,
        place.room_busy,
        now,
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, row)
        won = cursor.fetchone()
    if won is None:
        raise what_is_in_the_way(place, now=now) or TimeTaken()
    visit = Appointment.objects.get(pk=won[0])
    record(visit, None, by=by, now=now)
    return visit


def give_up_holds(place: Place, *, by: Actor, now: datetime) -> None:
    """End what only seems to be in the way: holds that ran out, and the patient's own.

    All in one statement and by id: two bookings that need the same rows never wait for each other.
    """
    stale = Q(hold_expires_at__lte=now) & place.overlapping
    held = (
        Appointment.objects.filter(stale | Q(patient=place.patient_id), state=State.HELD.value)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    for visit in held:
        if visit.hold_expires_at and visit.hold_expires_at <= now:
            end_all([visit], State.EXPIRED, by=None, now=now, reason="")
        else:
            end_all([visit], State.RELEASED, by=by, now=now, reason="Another time was chosen.")


def what_is_in_the_way(
    place: Place, *, now: datetime, moving: UUID | None = None
) -> TimeTaken | None:
    """The clash a person should hear of; their own visit before anybody else's."""
    taken = Appointment.objects.in_the_way_of(place.patient_id, now=now, moving=moving)
    overlapping = taken.filter(place.overlapping).in_time_order()
    clashes = [(_clash(visit, place), visit.pk) for visit in overlapping]
    for kind in (Clash.PATIENT, Clash.CLINICIAN, Clash.ROOM):
        for clash, visit_id in clashes:
            if clash is kind:
                return TimeTaken(kind, visit_id)
    return None


def require_clearance(
    *, patient_id: UUID, clearance_id: UUID, visit_type: VisitType, start: datetime, now: datetime
) -> ClearanceCard:
    """The clearance that lets this visit through, said kindly before the database says it.

    Raises PatientHeld, NotCleared, OutsideClearance, GuardianMissing, XrayNotAllowed.
    """
    usable = intake.clearances_usable(patient_id, now)
    clearance = next((card for card in usable if card.id == clearance_id), None)
    if clearance is None:
        raise PatientHeld if intake.is_held(patient_id) else NotCleared
    if not clearance.starts_at <= start < clearance.ends_at:
        raise OutsideClearance
    if intake.lacks_guardian(patient_id, timezone.localdate(start)):
        raise GuardianMissing
    if visit_type.needs_xray_clearance and not clearance.xray_allowed:
        raise XrayNotAllowed
    return clearance


def _clash(visit: Appointment, place: Place) -> Clash:
    if visit.patient_id == place.patient_id and _overlap(visit.visit, place.visit):
        return Clash.PATIENT
    if visit.clinician_id == place.clinician_id and _overlap(
        visit.clinician_busy, place.clinician_busy
    ):
        return Clash.CLINICIAN
    return Clash.ROOM


def _overlap(one: DateTimeTZRange, other: DateTimeTZRange) -> bool:
    return bool(one.lower < other.upper and other.lower < one.upper)
