"""Which starts can be offered to a patient: rows in, the pure core decides.

However many days are asked for, the rows are read in the same few queries.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from intake.public import ClearanceCard
from scheduling import plan, slots
from scheduling.models import Appointment, VisitType
from scheduling.plan import Plan, shape_of
from scheduling.slots import Busy, Interval, OpenTime, Search, State
from scheduling.taken import Place, taken

# A clinic closed for longer says so itself.
_LONGEST_WAIT = timedelta(days=31)
_NOON = time(12)
# Around the day of a time that cannot be had, there are others nearly always.
_NEARBY = timedelta(days=3)
# What reaches into the days asked for may have begun the day before.
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a patient looks for a time for: under which leave, which kind of visit, and when.

    A hold of theirs is not in their way: choosing again replaces it. Nor is the visit that they
    are moving.
    """

    clearance: ClearanceCard
    visit_type: VisitType
    now: datetime
    moving: UUID | None = None


def offered(wish: Wish, *, first_day: date = date.min, last_day: date = date.max) -> list[datetime]:
    """The starts a patient may choose on these local days, both included: sorted, in UTC."""
    planned = plan.current()
    if planned.clinician_id is None:
        return []
    zone, clearance = planned.policy.zone, wish.clearance
    today = _today(wish, planned)
    first_day = max(first_day, today, clearance.starts_at.astimezone(zone).date())
    last_day = min(
        last_day,
        today + timedelta(days=planned.policy.horizon_days),
        clearance.ends_at.astimezone(zone).date(),
    )
    if first_day > last_day:
        return []
    return slots.openings(_search(wish, planned, planned.clinician_id, first_day, last_day))


def nearest_offered(wish: Wish, start: datetime, *, count: int) -> list[datetime]:
    """In place of a start that cannot be had: those nearest to it, the nearest first."""
    day = timezone.localdate(start)
    chosen: list[datetime] = []
    for first_day, last_day in ((day - _NEARBY, day + _NEARBY), (date.min, date.max)):
        starts = offered(wish, first_day=first_day, last_day=last_day)
        chosen = slots.nearest(starts, start, apart=shape_of(wish.visit_type).length, count=count)
        if len(chosen) == count:
            break
    return chosen


def is_offered(wish: Wish, start: datetime, *, clinician_id: int) -> bool:
    """Would `offered` list this start?"""
    if not wish.now <= start < wish.clearance.ends_at:
        return False
    planned = plan.current()
    day = start.astimezone(planned.policy.zone).date()
    return slots.is_offered(_search(wish, planned, clinician_id, day, day), start)


def is_closed(start: datetime, *, visit_type: VisitType, clinician_id: int) -> bool:
    """Does a closure of the clinic, the clinician or the room lie in the way of such a visit?"""
    shape = shape_of(visit_type)
    doctor, room = shape.doctor(start), shape.room(start)
    return any(
        (closed.concerns_clinician(clinician_id) and doctor.overlaps(closed.during))
        or (
            room is not None
            and closed.concerns_room(visit_type.room_id)
            and room.overlaps(closed.during)
        )
        for closed in plan.current().closures
    )


def open_time_after(start: datetime, length: timedelta) -> datetime | None:
    """When that much open time will have passed, closures left out; None with no hours ahead."""
    planned = plan.current()
    if planned.clinician_id is None:
        return None
    first_day = start.astimezone(planned.policy.zone).date()
    open_time = _open_time(planned, planned.clinician_id, first_day, first_day + _LONGEST_WAIT)
    return slots.open_time_after(start, length, open_time.intervals())


def open_hours(first_day: date, last_day: date) -> list[Interval]:
    """When the clinic is open on these local days, closures left out: sorted, in UTC."""
    planned = plan.current()
    if planned.clinician_id is None:
        return []
    return list(_open_time(planned, planned.clinician_id, first_day, last_day).intervals())


def open_half_days(on: date) -> set[tuple[int, str]]:
    """The mornings and afternoons in which somebody is there, in the week from that day on.

    Each a weekday (Monday is 0) and "am", before noon, or "pm".
    """
    planned = plan.current()
    clinician_id = planned.clinician_id or 0
    week = [on + timedelta(days=ahead) for ahead in range(7)]
    hours = [
        (day, window.starts, window.ends)
        for window in planned.hours.get(clinician_id, ())
        for day in week
        if window.holds_on(day)
    ]
    hours += [
        (once.day, once.starts, once.ends)
        for once in planned.extra_hours.get(clinician_id, ())
        if once.day in week
    ]
    halves = set()
    for day, starts, ends in hours:
        halves |= {(day.weekday(), "am")} if starts < _NOON else set()
        halves |= {(day.weekday(), "pm")} if ends > _NOON else set()
    return halves


def visit_types_for(clearance: ClearanceCard) -> list[VisitType]:
    """The kinds of visit a patient may choose online, the one already chosen first.

    A new exam, or an adjustment after a completed visit. With an X-ray only by the clearance, and
    then that is what the doctor meant.
    """
    done = Appointment.objects.filter(patient=clearance.patient_id, state=State.DONE.value)
    is_return = done.exists()
    types = [
        kind
        for kind in plan.current().visit_types.values()
        if kind.is_active
        and (kind.for_return_visit if is_return else kind.for_first_visit)
        and (clearance.xray_allowed or not kind.needs_xray_clearance)
    ]
    return sorted(types, key=lambda kind: (not kind.needs_xray_clearance, kind.minutes, kind.pk))


def visit_type_for(clearance: ClearanceCard) -> VisitType | None:
    """The kind of visit already chosen for a patient; None when the clinic offers none."""
    return next(iter(visit_types_for(clearance)), None)


def _search(
    wish: Wish, planned: Plan, clinician_id: int, first_day: date, last_day: date
) -> Search:
    days = slots.local_days(first_day, last_day, planned.policy.zone).extended(_A_DAY, _A_DAY)
    room_id = wish.visit_type.room_id
    room_closed = [
        closed.during
        for closed in planned.closures
        if closed.concerns_room(room_id) and closed.during.overlaps(days)
    ]
    return Search(
        shape=shape_of(wish.visit_type),
        open_time=_open_time(
            planned, clinician_id, first_day, last_day, to_patients_on=_today(wish, planned)
        ),
        busy=_busy(wish, clinician_id, days),
        policy=planned.policy,
        room_open=slots.subtract([days], room_closed),
        now=wish.now,
        until=wish.clearance.ends_at,
        not_before=wish.clearance.starts_at,
    )


def _today(wish: Wish, planned: Plan) -> date:
    return wish.now.astimezone(planned.policy.zone).date()


def _open_time(
    planned: Plan,
    clinician_id: int,
    first_day: date,
    last_day: date,
    *,
    to_patients_on: date | None = None,
) -> OpenTime:
    """All of the clinician's hours, or those that patients may see on a local day."""
    zone = planned.policy.zone
    days = slots.local_days(first_day, last_day, zone).extended(_A_DAY, _A_DAY)
    closed = [
        closed.during
        for closed in planned.closures
        if closed.concerns_clinician(clinician_id) and closed.during.overlaps(days)
    ]
    return slots.open_time(
        planned.hours.get(clinician_id, ()),
        planned.extra_hours.get(clinician_id, ()),
        closed,
        first_day,
        last_day,
        zone,
        to_patients_on=to_patients_on,
    )


def _busy(wish: Wish, clinician_id: int, days: Interval) -> Busy:
    patient_id, room_id = wish.clearance.patient_id, wish.visit_type.room_id
    whole_days = Place(
        patient_id=patient_id,
        clinician_id=clinician_id,
        room_id=room_id,
        visit=days,
        clinician_busy=days,
        room_busy=days if room_id else None,
    )
    there = taken(whole_days, now=wish.now, moving=wish.moving)
    return Busy(
        doctor=[each.clinician_busy for each in there if each.clinician_id == clinician_id],
        room=[each.room_busy for each in there if each.room_busy and each.room_id == room_id],
        patient=[each.visit for each in there if each.patient_id == patient_id],
    )
