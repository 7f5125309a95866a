"""Putting a visit into the calendar: who may have the time, and who already does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from clinic.audit import Actor
from intake import public as intake
from intake.public import ClearanceCard
from scheduling import plan
from scheduling.availability import is_closed
from scheduling.exceptions import (
    CalendarBusy,
    Clash,
    GuardianMissing,
    NotCleared,
    OutsideClearance,
    PatientHeld,
    StepNotAllowed,
    TimeClosed,
    TimeNotOffered,
    TimeTaken,
    VisitTypeNotCleared,
    XrayNotAllowed,
)
from scheduling.locking import calendar_of
from scheduling.models import Appointment, VisitType
from scheduling.plan import Plan, as_range
from scheduling.services.steps import end_all, record
from scheduling.slots import State
from scheduling.taken import Place, Taken, taken

# Nobody plans further, either way; what is typed may be any year.
FARTHEST = timedelta(days=2 * 366)

# One statement that says who won: Django's own way to ignore a conflict returns no key.
_INSERT = """
    INSERT INTO scheduling_appointment
        (id, patient_id, clearance_id, clinician_id, visit_type_id, room_id, state,
         hold_expires_at, visit, clinician_busy, room_busy, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
    RETURNING *
"""
# What everybody who books asks, and nearly always for nothing: in SQL, as in `taken`.
_HELD = """
    SELECT * FROM scheduling_appointment
    WHERE state = 'held' AND (person_id = %(patient)s OR hold_expires_at <= %(now)s AND (
        clinician_id = %(clinician)s AND clinician_busy && ANY (%(clinician_busy)s::tstzrange[])
        OR room_id = %(room)s AND room_busy && ANY (%(room_busy)s::tstzrange[])))
    ORDER BY id
    FOR NO KEY UPDATE
"""


@contextmanager
def calendar(*, shared: bool, in_line_for: datetime | None = None) -> Iterator[tuple[int, Plan]]:
    """Of the clinician whom online visits are with; and the plan as it stands in it.

    No time is closed while it is had. Raises TimeNotOffered, CalendarBusy.
    """
    clinician_id = plan.last_read().clinician_id
    if clinician_id is None:
        raise TimeNotOffered
    with calendar_of(clinician_id, shared=shared, in_line_for=in_line_for):
        planned = plan.current()
        if planned.clinician_id != clinician_id:
            # Another clinician since: whoever tries again asks for that calendar.
            raise CalendarBusy
        yield clinician_id, planned


@contextmanager
def wanted(
    start: datetime, *, patient_id: UUID, visit_type_id: int, now: datetime
) -> Iterator[tuple[Place, VisitType, Plan]]:
    """The place a new visit would take, in line for it and with the patient's row kept.

    With the plan as it then stands. Who is too late hears so before anything else is asked.
    Raises TimeTaken, TimeNotOffered, CalendarBusy.
    """
    if abs(start - now) > FARTHEST:
        raise TimeNotOffered
    with calendar(shared=True, in_line_for=start) as (clinician_id, planned):
        visit_type = planned.visit_types[visit_type_id]
        place = Place.at(
            start, patient_id=patient_id, clinician_id=clinician_id, visit_type=visit_type
        )
        clash = what_is_in_the_way(place, now=now)
        if clash:
            raise clash
        intake.lock_patient(patient_id)
        yield place, visit_type, planned


def insert(
    place: Place,
    *,
    clearance_id: UUID,
    visit_type: VisitType,
    state: State,
    hold_expires_at: datetime | None = None,
    by: Actor,
    now: datetime,
    reason: str = "",
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
        as_range(place.visit),
        as_range(place.clinician_busy),
        as_range(place.room_busy) if place.room_busy else None,
        now,
    )
    visit = next(iter(Appointment.objects.raw(_INSERT, row)), None)
    if visit is None:
        raise what_is_in_the_way(place, now=now) or TimeTaken()
    record(visit, None, by=by, now=now, reason=reason)
    return visit


def put(
    visit: Appointment,
    place: Place,
    clearance_id: UUID,
    state: State,
    *,
    by: Actor,
    now: datetime,
    reason: str,
) -> None:
    """A locked visit gets another place, on record. That it may is settled already."""
    before, was = State(visit.state), visit.visit
    visit.state = state.value
    visit.clearance_id = clearance_id
    visit.visit = as_range(place.visit)
    visit.clinician_busy = as_range(place.clinician_busy)
    visit.room_busy = as_range(place.room_busy) if place.room_busy else None
    visit.version += 1
    visit.save(
        update_fields=["state", "clearance", "visit", "clinician_busy", "room_busy", "version"]
    )
    record(visit, before, by=by, now=now, reason=reason, was=was)


def require_free(visit: Appointment, *, by: Actor, now: datetime) -> None:
    """The visit's time is taken back as it was. Raises TimeTaken."""
    place = Place.of(visit)
    clash = what_is_in_the_way(place, now=now)
    if clash:
        raise clash
    give_up_holds(place, by=by, now=now)


def require_uncancellable(visit: Appointment) -> None:
    """It was booked, not only kept for somebody choosing, and nothing was closed since.

    Raises StepNotAllowed, TimeClosed.
    """
    came_from = visit.changes.filter(after=State.CANCELLED.value).latest("pk").before
    if came_from == State.HELD:
        raise StepNotAllowed
    if is_closed(Place.of(visit)):
        raise TimeClosed


def covering(visit: Appointment, start: datetime, now: datetime) -> ClearanceCard:
    """Its own clearance if that covers the new start, or another of the patient's.

    Raises OutsideClearance.
    """
    kind = visit.visit_type.code
    usable = [card for card in intake.clearances_usable(visit.patient_id, now) if card.is_for(kind)]
    in_time = [card for card in usable if card.starts_at <= start < card.ends_at]
    if not in_time:
        raise OutsideClearance
    return next((card for card in in_time if card.id == visit.clearance_id), in_time[0])


def give_up_holds(*places: Place, by: Actor, now: datetime) -> None:
    """End what only seems to be in the way: holds that ran out, and the patient's own.

    All in one statement and by id: two bookings that need the same rows never wait for each other.
    The places are one patient's, for one kind of visit.
    """
    asked = {
        "patient": places[0].patient_id,
        "clinician": places[0].clinician_id,
        "room": places[0].room_id,
        "now": now,
        "clinician_busy": [as_range(place.clinician_busy) for place in places],
        "room_busy": [as_range(place.room_busy) for place in places if place.room_busy],
    }
    held = Appointment.objects.raw(_HELD, asked)
    for visit in held:
        if visit.hold_expires_at and visit.hold_expires_at <= now:
            end_all([visit], State.EXPIRED, by=None, now=now, reason="")
        else:
            end_all([visit], State.RELEASED, by=by, now=now, reason="Another time was chosen.")


def what_is_in_the_way(
    place: Place, *, now: datetime, moving: UUID | None = None
) -> TimeTaken | None:
    """The clash a person should hear of; their own visit before anybody else's."""
    there = taken(place, now=now, moving=moving)
    for kind in (Clash.PATIENT, Clash.CLINICIAN, Clash.ROOM):
        for each in there:
            if _clash(each, place) is kind:
                return TimeTaken(kind, each.visit_id)
    return None


def require_clearance(
    *, patient_id: UUID, clearance_id: UUID, visit_type: VisitType, start: datetime, now: datetime
) -> ClearanceCard:
    """The clearance that lets this visit through, said kindly before the database says it.

    Raises PatientHeld, NotCleared, OutsideClearance, GuardianMissing,
    VisitTypeNotCleared, XrayNotAllowed.
    """
    usable = intake.clearances_usable(patient_id, now)
    clearance = next((card for card in usable if card.id == clearance_id), None)
    if clearance is None:
        raise PatientHeld if intake.is_held(patient_id) else NotCleared
    if not clearance.starts_at <= start < clearance.ends_at:
        raise OutsideClearance
    if intake.lacks_guardian(clearance.person, timezone.localdate(start)):
        raise GuardianMissing
    if not clearance.is_for(visit_type.code):
        raise VisitTypeNotCleared
    if visit_type.needs_xray_clearance and not clearance.xray_allowed:
        raise XrayNotAllowed
    return clearance


def covering_clearance(
    *, patient_id: UUID, visit_type: VisitType, start: datetime, now: datetime
) -> ClearanceCard:
    """Of the patient's clearances for such a visit then, the one that lasts longest.

    Raises PatientHeld, NotCleared, OutsideClearance.
    """
    usable = intake.clearances_usable(patient_id, now)
    if not usable:
        raise PatientHeld if intake.is_held(patient_id) else NotCleared
    for card in usable:
        if card.is_for(visit_type.code) and card.starts_at <= start < card.ends_at:
            return card
    raise OutsideClearance


def _clash(there: Taken, place: Place) -> Clash:
    if there.patient_id == place.patient_id and there.visit.overlaps(place.visit):
        return Clash.PATIENT
    if there.clinician_id == place.clinician_id and there.clinician_busy.overlaps(
        place.clinician_busy
    ):
        return Clash.CLINICIAN
    return Clash.ROOM
