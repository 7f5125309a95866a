"""The calendar as the desk's screens draw it: the visits of some days, and what shades them.

One answer for a range of days, in the clinic's own time: a screen in another time zone draws the
same day. It says of each visit everything that is shown, in words, so that two answers are equal
exactly when the screens would be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic import times
from clinic.models import User
from scheduling import plan, slots
from scheduling.models import Appointment, Clinician, Room
from scheduling.plan import ClosedTime, Plan, as_interval
from scheduling.slots import Interval, State
from scheduling.visit_list import LEFT_OUT, NOTES

# A month with the days around it.
MOST_DAYS = 42
DOCTOR = "doctor"
_A_DAY = timedelta(days=1)
# Nobody has come although the time has.
_AWAITED = {State.BOOKED, State.CONFIRMED}
_MOVABLE = _AWAITED
_HAS_A_LENGTH = {*_AWAITED, State.ARRIVED, State.IN_ROOM}
# Nothing else is read: screens ask for this again and again.
_SHOWN = (
    "state",
    "version",
    "visit",
    "clinician_busy",
    "room_busy",
    "person__given_name",
    "person__family_name",
    "visit_type__name",
    "room__name",
)


@dataclass(frozen=True)
class Column:
    """Dr. Solomon's, or a room's."""

    id: str
    title: str


@dataclass(frozen=True)
class Shown:
    """A visit in one column: in the doctor's, whole; in the room's, for its part of it.

    `mark` stands out: late, or what must not be missed. `name` is all of it, for a screen reader.
    """

    id: str
    visit: UUID
    version: int
    column: str
    start: str
    end: str
    clock: str
    who: str
    kind: str
    state: str
    state_name: str
    mark: str
    is_late: bool
    is_movable: bool
    has_a_length: bool
    name: str


@dataclass(frozen=True)
class Shade:
    """Time in which nothing is booked as a rule: `kind` is `shut`, `closed` or `buffer`."""

    id: str
    column: str
    start: str
    end: str
    kind: str
    words: str


def columns() -> list[Column]:
    doctor = Clinician.objects.filter(is_active=True).order_by("pk").first()
    rooms = [Column(_room(room.pk), room.name) for room in Room.objects.order_by("pk")]
    return [Column(DOCTOR, doctor.name), *rooms] if doctor else rooms


def opens_and_closes(planned: Plan) -> tuple[time, time]:
    """The earliest and the latest that the doctor is ever there, for how much a day shows."""
    weekly = planned.hours.get(planned.clinician_id or 0, ())
    extra = planned.extra_hours.get(planned.clinician_id or 0, ())
    spans = [(each.starts, each.ends) for each in weekly]
    spans += [(each.starts, each.ends) for each in extra]
    starts, ends = [start for start, _end in spans], [end for _start, end in spans]
    return min(starts, default=time(9)), max(ends, default=time(17))


def offset(now: datetime) -> str:
    """Of the clinic's clock from UTC, such as "-05:00"."""
    minutes = int((timezone.localtime(now).utcoffset() or timedelta(0)).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{sign}{hours:02}:{rest:02}"


def feed(user: User, *, first: date, last: date, now: datetime) -> dict[str, object]:
    """The days from `first` to `last`, both included; in a few queries, however many visits.

    `offset`: of the clinic's clock from UTC, for the line that says what time it is.
    """
    planned = plan.current()
    days = slots.local_days(first, last, planned.policy.zone)
    visits = _visits(user, days, now)
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "offset": offset(now),
        "visits": [vars(shown) for visit in visits for shown in _in_columns(visit, now)],
        "shades": [
            vars(shade)
            for shade in (*_shut(planned, first, last), *_closed(planned, days), *_buffers(visits))
        ],
    }


def _visits(user: User, days: Interval, now: datetime) -> list[Appointment]:
    return list(
        Appointment.objects.visible_to(user)
        .between(days.start, days.end)
        .exclude(state__in=[state.value for state in LEFT_OUT])
        .exclude(state=State.HELD.value, hold_expires_at__lte=now)
        .select_related("person", "visit_type", "room")
        .only(*_SHOWN)
        .in_time_order()
    )


def _in_columns(visit: Appointment, now: datetime) -> Iterator[Shown]:
    yield _shown(visit, now)
    if visit.room_id and visit.room_busy and visit.state in State.KEEPS_TIME:
        yield _in_room(visit, now)


def _shown(visit: Appointment, now: datetime) -> Shown:
    state, late = State(visit.state), _late(visit, now)
    at = Interval(visit.starts_at, visit.ends_at)
    mark = late or str(NOTES.get(state, ""))
    who, kind = visit.person.name, visit.visit_type.name
    state_name, clock = _(state.label), _clock(at)
    return Shown(
        id=str(visit.pk),
        visit=visit.pk,
        version=visit.version,
        column=DOCTOR,
        start=_wall(at.start),
        end=_wall(at.end),
        clock=clock,
        who=who,
        kind=kind,
        state=state.value,
        state_name=state_name,
        mark=mark,
        is_late=bool(late),
        is_movable=state in _MOVABLE,
        has_a_length=state in _HAS_A_LENGTH,
        name=_joined(_day(at), clock, who, kind, state_name, mark),
    )


def _in_room(visit: Appointment, now: datetime) -> Shown:
    at = as_interval(visit.room_busy)
    room = visit.room.name if visit.room else ""
    state = State(visit.state)
    state_name, clock = _(state.label), _clock(at)
    return Shown(
        id=f"{visit.pk}-room",
        visit=visit.pk,
        version=visit.version,
        column=_room(visit.room_id),
        start=_wall(at.start),
        end=_wall(at.end),
        clock=clock,
        who=visit.person.name,
        kind=visit.visit_type.name,
        state=state.value,
        state_name=state_name,
        mark="",
        is_late=bool(_late(visit, now)),
        is_movable=False,
        has_a_length=False,
        name=_joined(room, _day(at), clock, visit.person.name, state_name),
    )


def _late(visit: Appointment, now: datetime) -> str:
    minutes = int((now - visit.starts_at).total_seconds() // 60)
    if visit.state not in _AWAITED or minutes < 1:
        return ""
    if minutes < 60:
        return _("Late: %(minutes)s min") % {"minutes": minutes}
    return _("Not here yet")


def _shut(planned: Plan, first: date, last: date) -> Iterator[Shade]:
    """Outside the opening hours, in every column."""
    zone, clinician_id = planned.policy.zone, planned.clinician_id or 0
    opened = slots.open_time(
        planned.hours.get(clinician_id, ()),
        planned.extra_hours.get(clinician_id, ()),
        (),
        first - _A_DAY,
        last + _A_DAY,
        zone,
    )
    for day in _each(first, last):
        whole = slots.local_days(day, day, zone)
        for number, shut in enumerate(slots.subtract([whole], opened.hours)):
            yield Shade(
                id=f"shut-{day.isoformat()}-{number}",
                column="",
                start=_wall(shut.start),
                end=_wall(shut.end),
                kind="shut",
                words="",
            )


def _closed(planned: Plan, days: Interval) -> Iterator[Shade]:
    for closed in planned.closures:
        if closed.during.overlaps(days):
            yield Shade(
                id=f"closed-{closed.id}",
                column=_concerned(closed),
                start=_wall(max(closed.during.start, days.start)),
                end=_wall(min(closed.during.end, days.end)),
                kind="closed",
                words=_("Closed: %(reason)s") % {"reason": closed.reason},
            )


def _buffers(visits: Iterable[Appointment]) -> Iterator[Shade]:
    """What the doctor needs around a visit."""
    for visit in visits:
        if visit.state in State.KEEPS_TIME:
            busy, itself = as_interval(visit.clinician_busy), as_interval(visit.visit)
            for number, kept in enumerate(slots.subtract([busy], [itself])):
                yield Shade(
                    id=f"buffer-{visit.pk}-{number}",
                    column=DOCTOR,
                    start=_wall(kept.start),
                    end=_wall(kept.end),
                    kind="buffer",
                    words="",
                )


def _concerned(closed: ClosedTime) -> str:
    if closed.room_id:
        return _room(closed.room_id)
    return DOCTOR if closed.clinician_id else ""


def _room(pk: int | None) -> str:
    return f"room-{pk}"


def _each(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def _wall(moment: datetime) -> str:
    """On the clinic's clock, as one reads it there."""
    return times.local(moment).replace(tzinfo=None).isoformat(timespec="minutes")


def _clock(at: Interval) -> str:
    return f"{times.clock_in_words(at.start)} – {times.clock_in_words(at.end)}"


def _day(at: Interval) -> str:
    return _day_in_words(times.local(at.start).date(), get_language())


@lru_cache(maxsize=MOST_DAYS)
def _day_in_words(day: date, language: str | None) -> str:
    """In the language now spoken, which is named to be remembered by: see `clinic.times`."""
    return times.day_in_words(day)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
