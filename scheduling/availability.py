"""Which starts can be offered to a patient: rows in, the pure core decides.

However many days are asked for, the rows are read in the same few queries. What is taken is read
anew each time; the openings that follow from it are kept, for as long as nothing in them changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

from django.utils import timezone

from intake.public import ClearanceCard
from scheduling import plan, slots
from scheduling.busy import BusyTime, busy_time, intervals
from scheduling.models import Appointment, VisitType
from scheduling.plan import Plan, PlanChanged, shape_of
from scheduling.slots import Busy, Interval, OpenTime, Search, State, VisitShape
from scheduling.taken import Place

# A clinic closed for longer says so itself.
_LONGEST_WAIT = timedelta(days=31)
_NOON = time(12)
# Around the day of a time that cannot be had, there are others nearly always.
_NEARBY = timedelta(days=3)
_A_DAY = timedelta(days=1)
# Each takes about a tenth of a megabyte.
_ANSWERS_KEPT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a patient looks for a time for: under which leave, which kind of visit, and when.

    A hold of theirs is not in their way: choosing again replaces it. Nor is the visit that they
    are moving. Without a clearance it is nobody in particular who looks. `length` is the one of a
    visit that the desk has made longer or shorter.
    """

    clearance: ClearanceCard | None
    visit_type: VisitType
    now: datetime
    moving: UUID | None = None
    length: timedelta | None = None

    @classmethod
    def to_move(cls, visit: Appointment, clearance: ClearanceCard, *, now: datetime) -> "Wish":
        """For another time for this visit, of the length it has. It comes with its type."""
        length = visit.ends_at - visit.starts_at
        usual = timedelta(minutes=visit.visit_type.minutes)
        return cls(
            clearance=clearance,
            visit_type=visit.visit_type,
            now=now,
            moving=visit.pk,
            length=None if length == usual else length,
        )

    @property
    def shape(self) -> VisitShape:
        return shape_of(self.visit_type, self.length)

    @property
    def patient_id(self) -> UUID | None:
        return self.clearance.patient_id if self.clearance else None

    @property
    def not_before(self) -> datetime | None:
        return self.clearance.starts_at if self.clearance else None

    @property
    def until(self) -> datetime | None:
        return self.clearance.ends_at if self.clearance else None


def offered(
    wish: Wish,
    *,
    first_day: date = date.min,
    last_day: date = date.max,
    planned: Plan | None = None,
) -> list[datetime]:
    """The starts a patient may choose on these local days, both included: sorted, in UTC.

    `planned` is a plan that was read before. Raises PlanChanged if it is not the one that stands.
    """
    was_read_before = planned is not None
    planned = planned or plan.current()
    if planned.clinician_id is None:
        return []
    today = _today(wish, planned)
    # Not cut to the clearance yet: until then everybody asks the same.
    first_day = max(first_day, today)
    last_day = min(last_day, today + timedelta(days=planned.policy.horizon_days))
    if first_day > last_day:
        return []
    days = _days(planned, first_day, last_day)
    busy = _busy(wish, planned.clinician_id, days)
    if was_read_before and busy.under_plan != planned.revision:
        raise PlanChanged
    left = slots.cut(
        _free_starts(
            planned,
            planned.clinician_id,
            (wish.visit_type.pk, wish.length),
            (first_day, last_day),
            today,
            busy.of_clinician,
            busy.of_room,
        ),
        shape=wish.shape,
        policy=planned.policy,
        now=wish.now,
        until=wish.until,
        not_before=wish.not_before,
        patient=intervals(busy.of_patient),
    )
    return list(left)


def free_for_desk(wish: Wish, *, first_day: date, last_day: date) -> list[datetime]:
    """The starts the desk may give on these local days: neither notice nor horizon binds it.

    In all hours, those kept from patients too, and inside the clearance: sorted, in UTC.
    """
    planned = plan.current()
    if planned.clinician_id is None:
        return []
    days = _days(planned, first_day, last_day)
    busy = _busy(wish, planned.clinician_id, days)
    ahead = (last_day - _today(wish, planned)).days
    left = slots.cut(
        _free_starts(
            planned,
            planned.clinician_id,
            (wish.visit_type.pk, wish.length),
            (first_day, last_day),
            None,
            busy.of_clinician,
            busy.of_room,
        ),
        shape=wish.shape,
        policy=replace(planned.policy, notice=timedelta(0), horizon_days=max(ahead, 0)),
        now=wish.now,
        until=wish.until,
        not_before=wish.not_before,
        patient=intervals(busy.of_patient),
    )
    return list(left)


def nearest_offered(wish: Wish, start: datetime, *, count: int) -> list[datetime]:
    """In place of a start that cannot be had: those nearest to it, the nearest first."""
    day = timezone.localdate(start)
    chosen: list[datetime] = []
    for first_day, last_day in ((day - _NEARBY, day + _NEARBY), (date.min, date.max)):
        starts = offered(wish, first_day=first_day, last_day=last_day)
        chosen = slots.nearest(starts, start, apart=wish.shape.length, count=count)
        if len(chosen) == count:
            break
    return chosen


def is_offered(
    wish: Wish, start: datetime, *, clinician_id: int, planned: Plan | None = None
) -> bool:
    """Would `offered` list this start?"""
    if start < wish.now or (wish.until and start >= wish.until):
        return False
    planned = planned or plan.current()
    day = start.astimezone(planned.policy.zone).date()
    days = _days(planned, day, day)
    busy = _busy(wish, clinician_id, days)
    search = Search(
        shape=wish.shape,
        open_time=_open_time(planned, clinician_id, day, day, to_patients_on=_today(wish, planned)),
        busy=Busy(
            doctor=intervals(busy.of_clinician),
            room=intervals(busy.of_room),
            patient=intervals(busy.of_patient),
        ),
        policy=planned.policy,
        room_open=_room_open(planned, wish.visit_type.room_id, days),
        now=wish.now,
        until=wish.until,
        not_before=wish.not_before,
    )
    return slots.is_offered(search, start)


def is_closed(place: Place, planned: Plan | None = None) -> bool:
    """Does a closure of the clinic, the clinician or the room lie in the way?"""
    return _lies_in_a_closure(place, planned or plan.current())


def closed_among(visits: Iterable[Appointment]) -> set[UUID]:
    """Those of them that are in a time which is closed by now."""
    planned = plan.current()
    return {visit.pk for visit in visits if _lies_in_a_closure(Place.of(visit), planned)}


def open_time_after(
    start: datetime, length: timedelta, planned: Plan | None = None
) -> datetime | None:
    """When that much open time will have passed, closures left out; None with no hours ahead."""
    planned = planned or plan.current()
    if planned.clinician_id is None:
        return None
    first_day = start.astimezone(planned.policy.zone).date()
    open_time = _open_time(planned, planned.clinician_id, first_day, first_day + _LONGEST_WAIT)
    return slots.open_time_after(start, length, open_time.intervals())


def is_within_hours(visit: Interval, *, clinician_id: int, planned: Plan) -> bool:
    """Is all of it in the clinician's hours, whoever may book into them?"""
    day = visit.start.astimezone(planned.policy.zone).date()
    # The neighbours too: hours may touch at midnight.
    opened = _open_time(planned, clinician_id, day - _A_DAY, day + _A_DAY)
    return any(hours.covers(visit) for hours in slots.merge(opened.hours))


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


def visit_types_for(clearance: ClearanceCard, planned: Plan | None = None) -> list[VisitType]:
    """The kinds of visit a patient may choose online, the one already chosen first.

    Those that the decision names; if it names none, a new exam, or an adjustment after a completed
    visit. With an X-ray only by the clearance, and then that is what the doctor meant.
    """
    done = Appointment.objects.filter(person=clearance.patient_id, state=State.DONE.value)
    is_return = done.exists()
    types = [
        kind
        for kind in (planned or plan.current()).visit_types.values()
        if kind.is_active
        and allows(clearance, kind)
        and (
            clearance.visit_types or (kind.for_return_visit if is_return else kind.for_first_visit)
        )
    ]
    return sorted(types, key=lambda kind: (not kind.needs_xray_clearance, kind.minutes, kind.pk))


def visit_types_allowed(leaves: Sequence[ClearanceCard]) -> dict[VisitType, ClearanceCard]:
    """The kinds of visit the desk may book for a patient: what they would choose first.

    Each under the first of their `leaves` that allows it.
    """
    chosen = [kind for leave in leaves for kind in visit_types_for(leave)]
    every = [kind for kind in plan.current().visit_types.values() if kind.is_active]
    allowed: dict[VisitType, ClearanceCard] = {}
    for kind in (*chosen, *every):
        leave = next((leave for leave in leaves if allows(leave, kind)), None)
        if leave:
            allowed.setdefault(kind, leave)
    return allowed


def allows(leave: ClearanceCard, kind: VisitType) -> bool:
    return leave.is_for(kind.code) and (leave.xray_allowed or not kind.needs_xray_clearance)


def visit_type_for(clearance: ClearanceCard) -> VisitType | None:
    """The kind of visit already chosen for a patient; None when the clinic offers none."""
    return next(iter(visit_types_for(clearance)), None)


@lru_cache(maxsize=_ANSWERS_KEPT)
def _free_starts(
    planned: Plan,
    clinician_id: int,
    visit_type_and_length: tuple[int, timedelta | None],
    first_and_last_day: tuple[date, date],
    today: date | None,
    busy_clinician: bytes,
    busy_room: bytes,
) -> tuple[datetime, ...]:
    """Kept under everything that it is worked out from, so that it is never a stale one.

    `today` is the day on which patients ask; without one it is the desk, which sees all hours.
    """
    days = _days(planned, *first_and_last_day)
    visit_type_id, length = visit_type_and_length
    kind = planned.visit_types[visit_type_id]
    starts = slots.free_starts(
        shape=shape_of(kind, length),
        open_time=_open_time(planned, clinician_id, *first_and_last_day, to_patients_on=today),
        step=planned.policy.step,
        doctor=intervals(busy_clinician),
        room=intervals(busy_room),
        room_open=_room_open(planned, kind.room_id, days),
    )
    return tuple(starts)


def _lies_in_a_closure(place: Place, planned: Plan) -> bool:
    return any(
        (
            closed.concerns_clinician(place.clinician_id)
            and place.clinician_busy.overlaps(closed.during)
        )
        or (
            place.room_busy is not None
            and closed.concerns_room(place.room_id)
            and place.room_busy.overlaps(closed.during)
        )
        for closed in planned.closures
    )


def _days(planned: Plan, first_day: date, last_day: date) -> Interval:
    """With a day around them, in which what reaches into them may have begun or may end."""
    return slots.local_days(first_day, last_day, planned.policy.zone).extended(_A_DAY, _A_DAY)


def _today(wish: Wish, planned: Plan) -> date:
    return wish.now.astimezone(planned.policy.zone).date()


@lru_cache(maxsize=_ANSWERS_KEPT)
def _open_time(
    planned: Plan,
    clinician_id: int,
    first_day: date,
    last_day: date,
    *,
    to_patients_on: date | None = None,
) -> OpenTime:
    """All of the clinician's hours, or those that patients may see on a local day."""
    days = _days(planned, first_day, last_day)
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
        planned.policy.zone,
        to_patients_on=to_patients_on,
    )


def _room_open(planned: Plan, room_id: int | None, days: Interval) -> list[Interval]:
    closed = [
        closed.during
        for closed in planned.closures
        if closed.concerns_room(room_id) and closed.during.overlaps(days)
    ]
    return slots.subtract([days], closed)


def _busy(wish: Wish, clinician_id: int, days: Interval) -> BusyTime:
    return busy_time(
        clinician_id=clinician_id,
        room_id=wish.visit_type.room_id,
        patient_id=wish.patient_id,
        days=days,
        now=wish.now,
        moving=wish.moving,
    )
