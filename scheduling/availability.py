"""Which starts can be offered to a patient: rows in, the pure core decides.

However many days are asked for, the rows are read in the same few queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from clinic.models import ClinicProfile
from intake.public import ClearanceCard
from scheduling import slots
from scheduling.models import Appointment, Clinician, Closure, OpeningHours, VisitType
from scheduling.slots import Busy, Interval, OpenTime, Policy, State, VisitShape, Window

_NOTHING = timedelta(0)
# A clinic closed for longer says so itself.
_LONGEST_WAIT = timedelta(days=31)
# Around the day of a time that cannot be had, there are others nearly always.
_NEARBY = timedelta(days=3)
# What reaches into the days asked for may have begun the day before.
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """All that decides about the starts of one kind of visit for one patient on some days."""

    shape: VisitShape
    open_time: OpenTime
    busy: Busy
    room_open: list[Interval]
    policy: Policy


def offered(
    *,
    patient_id: UUID,
    visit_type: VisitType,
    first_day: date,
    last_day: date,
    now: datetime,
    clearance: ClearanceCard,
    moving: UUID | None = None,
) -> list[datetime]:
    """The starts a patient may choose on these days, both included: sorted, in UTC.

    A hold of the same patient is not in their way: choosing again replaces it. Nor is the visit
    that is being moved.
    """
    policy = _policy()
    today = _local_day(now, policy.zone)
    first_day = max(first_day, today, _local_day(clearance.starts_at, policy.zone))
    last_day = min(
        last_day,
        today + timedelta(days=policy.horizon_days),
        _local_day(clearance.ends_at, policy.zone),
    )
    clinician_id = the_clinician_id()
    if clinician_id is None or first_day > last_day:
        return []
    calendar = _read(
        patient_id=patient_id,
        visit_type=visit_type,
        clinician_id=clinician_id,
        first_day=first_day,
        last_day=last_day,
        now=now,
        policy=policy,
        moving=moving,
    )
    return slots.openings(
        calendar.shape,
        calendar.open_time,
        calendar.busy,
        policy,
        room_open=calendar.room_open,
        now=now,
        until=clearance.ends_at,
        not_before=clearance.starts_at,
    )


def next_offered(
    *,
    patient_id: UUID,
    visit_type: VisitType,
    now: datetime,
    clearance: ClearanceCard,
    count: int = 1,
) -> list[datetime]:
    """The first starts of all that can be offered."""
    return offered(
        patient_id=patient_id,
        visit_type=visit_type,
        first_day=date.min,
        last_day=date.max,
        now=now,
        clearance=clearance,
    )[:count]


def nearest_offered(
    wished: datetime,
    *,
    patient_id: UUID,
    visit_type: VisitType,
    now: datetime,
    clearance: ClearanceCard,
    count: int,
) -> list[datetime]:
    """In place of a start that cannot be had: those nearest to it, the nearest first."""
    day = _local_day(wished, _zone())
    chosen: list[datetime] = []
    for first_day, last_day in ((day - _NEARBY, day + _NEARBY), (date.min, date.max)):
        starts = offered(
            patient_id=patient_id,
            visit_type=visit_type,
            first_day=first_day,
            last_day=last_day,
            now=now,
            clearance=clearance,
        )
        length = shape_of(visit_type).length
        chosen = slots.nearest(starts, wished, apart=length, count=count)
        if len(chosen) == count:
            break
    return chosen


def is_offered(
    start: datetime,
    *,
    patient_id: UUID,
    visit_type: VisitType,
    clinician_id: int,
    now: datetime,
    clearance: ClearanceCard,
    moving: UUID | None = None,
) -> bool:
    """Would `offered` list this start? The visit that is being moved is not in its own way."""
    policy = _policy()
    if not now <= start < clearance.ends_at:
        return False
    day = _local_day(start, policy.zone)
    calendar = _read(
        patient_id=patient_id,
        visit_type=visit_type,
        clinician_id=clinician_id,
        first_day=day,
        last_day=day,
        now=now,
        policy=policy,
        moving=moving,
    )
    return slots.is_offered(
        start,
        calendar.shape,
        calendar.open_time,
        calendar.busy,
        policy,
        room_open=calendar.room_open,
        now=now,
        until=clearance.ends_at,
        not_before=clearance.starts_at,
    )


def is_closed(start: datetime, *, visit_type: VisitType, clinician_id: int) -> bool:
    """Does a closure of the clinic, the clinician or the room lie in the way of such a visit?"""
    shape = shape_of(visit_type)
    closures = _closures(shape.doctor(start), clinician_id, visit_type.room_id)
    room = shape.room(start)
    return any(
        shape.doctor(start).overlaps(during)
        if concerns_clinician
        else room is not None and room.overlaps(during)
        for during, concerns_clinician, _ in closures
    )


def open_time_after(start: datetime, length: timedelta) -> datetime | None:
    """When that much open time will have passed, closures left out; None with no hours ahead."""
    clinician_id = the_clinician_id()
    if clinician_id is None:
        return None
    zone = _zone()
    first_day = timezone.localdate(start, zone)
    last_day = first_day + _LONGEST_WAIT
    days = slots.local_days(first_day, last_day, zone)
    closures = _closures(days, clinician_id, None)
    open_time = _open_time(clinician_id, closures, first_day, last_day, zone)
    return slots.open_time_after(start, length, open_time.intervals())


def visit_types_for(*, patient_id: UUID, clearance: ClearanceCard) -> list[VisitType]:
    """The kinds of visit a patient may choose online, the one already chosen first.

    A new exam, or an adjustment after a completed visit. With an X-ray only by the clearance, and
    then that is what the doctor meant.
    """
    is_return = Appointment.objects.filter(patient=patient_id, state=State.DONE.value).exists()
    wanted = Q(for_return_visit=True) if is_return else Q(for_first_visit=True)
    types = VisitType.objects.filter(wanted, is_active=True)
    if not clearance.xray_allowed:
        types = types.filter(needs_xray_clearance=False)
    return list(types.order_by("-needs_xray_clearance", "minutes", "pk"))


def visit_type_for(*, patient_id: UUID, clearance: ClearanceCard) -> VisitType | None:
    """The kind of visit already chosen for a patient; None when the clinic offers none."""
    return next(iter(visit_types_for(patient_id=patient_id, clearance=clearance)), None)


def shape_of(visit_type: VisitType) -> VisitShape:
    """The room, if any, is taken for the whole visit."""
    length = timedelta(minutes=visit_type.minutes)
    return VisitShape(
        length=length,
        buffer_before=timedelta(minutes=visit_type.buffer_before),
        buffer_after=timedelta(minutes=visit_type.buffer_after),
        room_from=_NOTHING if visit_type.room_id else None,
        room_until=length if visit_type.room_id else None,
    )


def the_clinician_id() -> int | None:
    """Whom a visit is with. Every patient is seen by the same doctor: that is the promise."""
    seeing = Clinician.objects.filter(is_active=True).order_by("pk")
    return seeing.values_list("pk", flat=True).first()


def as_range(interval: Interval) -> DateTimeTZRange:
    return DateTimeTZRange(interval.start, interval.end, "[)")


def as_interval(stored: DateTimeTZRange) -> Interval:
    return Interval(stored.lower, stored.upper)


def _policy() -> Policy:
    clinic = ClinicProfile.current()
    return Policy(
        notice=timedelta(minutes=clinic.minimum_notice_minutes),
        horizon_days=clinic.horizon_days,
        step=timedelta(minutes=clinic.step_minutes),
        zone=_zone(),
    )


def _read(
    *,
    patient_id: UUID,
    visit_type: VisitType,
    clinician_id: int,
    first_day: date,
    last_day: date,
    now: datetime,
    policy: Policy,
    moving: UUID | None = None,
) -> Calendar:
    days = slots.local_days(first_day, last_day, policy.zone).extended(_A_DAY, _A_DAY)
    closures = _closures(days, clinician_id, visit_type.room_id)
    return Calendar(
        shape=shape_of(visit_type),
        open_time=_open_time(clinician_id, closures, first_day, last_day, policy.zone),
        busy=_busy(days, patient_id, clinician_id, visit_type.room_id, now, moving),
        room_open=slots.subtract([days], [during for during, _, room in closures if room]),
        policy=policy,
    )


def _busy(
    days: Interval,
    patient_id: UUID,
    clinician_id: int,
    room_id: int | None,
    now: datetime,
    moving: UUID | None,
) -> Busy:
    during = as_range(days)
    concerned = Q(clinician=clinician_id, clinician_busy__overlap=during) | Q(
        patient=patient_id, visit__overlap=during
    )
    if room_id:
        concerned |= Q(room=room_id, room_busy__overlap=during)
    rows = (
        Appointment.objects.in_the_way_of(patient_id, now=now, moving=moving)
        .filter(concerned)
        .values_list(
            "clinician_id", "clinician_busy", "room_id", "room_busy", "patient_id", "visit"
        )
    )
    doctor, room, patient = [], [], []
    for of_clinician, doctor_busy, of_room, room_busy, of_patient, visit in rows:
        if of_clinician == clinician_id:
            doctor.append(as_interval(doctor_busy))
        if room_id and of_room == room_id:
            room.append(as_interval(room_busy))
        if of_patient == patient_id:
            patient.append(as_interval(visit))
    return Busy(doctor=doctor, room=room, patient=patient)


def _closures(
    days: Interval, clinician_id: int, room_id: int | None
) -> list[tuple[Interval, bool, bool]]:
    """Each closure, and whether it concerns the clinician, and the room."""
    rows: Iterable[Closure] = Closure.objects.between(days.start, days.end)
    return [
        (
            as_interval(row.during),
            row.room_id is None and row.clinician_id in (None, clinician_id),
            row.clinician_id is None and row.room_id in (None, room_id),
        )
        for row in rows
    ]


def _open_time(
    clinician_id: int,
    closures: Iterable[tuple[Interval, bool, bool]],
    first_day: date,
    last_day: date,
    zone: ZoneInfo,
) -> OpenTime:
    windows = map(_window, OpeningHours.objects.filter(clinician=clinician_id))
    closed = [during for during, concerns_clinician, _ in closures if concerns_clinician]
    return slots.open_time(windows, (), closed, first_day, last_day, zone)


def _window(row: OpeningHours) -> Window:
    return Window(row.weekday, row.starts, row.ends, row.valid_from, row.valid_until)


def _zone() -> ZoneInfo:
    return ZoneInfo(timezone.get_default_timezone_name())


def _local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(UTC).astimezone(zone).date()
