"""The times a visit could be offered: opening hours, less all that is closed or taken.

Hours are written on the clinic's clock; everything else is real time in UTC. One rule joins the
two, so that a clock change neither loses nor doubles an hour: **a local time is the first instant
at which the clinic's clock has reached it** (see `local_instant`).
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from zoneinfo import ZoneInfo

from scheduling.slots.interval import Interval, Spans, instant, intersect, merge, subtract

_NOTHING = timedelta(0)
_A_DAY = timedelta(days=1)
_A_SECOND = timedelta(seconds=1)

Part = tuple[timedelta, timedelta]
"""What a visit takes of somebody or something: from and until, measured from the visit's start."""


class InvalidHours(ValueError):
    """Hours that end before they start, carry a zone of their own, or name no weekday."""


class InvalidShape(ValueError):
    """A visit with no length, a negative buffer, or half of a room's part."""


class InvalidPolicy(ValueError):
    """A policy with no step, or a negative notice or horizon."""


class Offered(StrEnum):
    """Who may book into hours. Staff may book into all of them, and outside them too.

    - ONLINE: patients, within notice and horizon.
    - SAME_DAY: kept back for acute pain. Patients from local midnight of that very day (notice
      holds then too); before that only the desk.
    - DESK: never patients.

    Where hours overlap, **the most open of them wins**: time is offered if any of them offers it,
    and a visit may run from one into another. So an hour can be opened for a day by extra hours on
    top of desk-only ones; but to keep an hour back, cut it out of the hours that are offered.
    """

    ONLINE = "online"
    SAME_DAY = "same_day"
    DESK = "desk"

    def to_patients(self, on: date, *, today: date) -> bool:
        """May patients see hours of the local day `on`, when they ask on `today`?"""
        return self is Offered.ONLINE or (self is Offered.SAME_DAY and on == today)


@dataclass(frozen=True, slots=True)
class Window:
    """Weekly hours on the clinic's clock: weekday 0 is Monday, `ends` is not included.

    They hold from `valid_from` to `valid_until`, both days included; None is no limit.
    Raises InvalidHours.
    """

    weekday: int
    starts: time
    ends: time
    valid_from: date | None = None
    valid_until: date | None = None
    offered: Offered = Offered.ONLINE

    def __post_init__(self) -> None:
        _require_hours(self.starts, self.ends)
        if not 0 <= self.weekday <= 6:
            raise InvalidHours(f"{self.weekday} is no weekday: 0 is Monday, 6 is Sunday")
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise InvalidHours(f"valid until {self.valid_until}, before {self.valid_from}")

    def holds_on(self, day: date) -> bool:
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class ExtraHours:
    """Hours of one local day, besides the weekly ones. Raises InvalidHours."""

    day: date
    starts: time
    ends: time
    offered: Offered = Offered.ONLINE

    def __post_init__(self) -> None:
        _require_hours(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class OpenTime:
    """The clinic's hours as they were given, sorted, and beside them what closes them.

    Kept apart because a search needs both: the hours say where the grid of starts begins, which a
    closure must not shift, and a buffer may hang outside hours but not over a closure. Hours may
    touch or overlap one another; closures need not lie inside them.
    """

    hours: tuple[Interval, ...]
    closures: tuple[Interval, ...] = ()

    def intervals(self) -> list[Interval]:
        """When the clinic is really open: sorted, separate, closures cut out."""
        return subtract(self.hours, self.closures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """What is already taken, in any order: the doctor's time with its buffers, the room's, and
    that of the one patient who is asking."""

    doctor: Sequence[Interval]
    room: Sequence[Interval]
    patient: Sequence[Interval]


@dataclass(frozen=True, slots=True)
class VisitShape:
    """What a visit takes, measured from its start in real time.

    The patient is there for `length`; the doctor also for the buffers around it; the room from
    `room_from` until `room_until` after the start (which may be before or past the visit, and is
    None for both when the visit needs no room). Raises InvalidShape.
    """

    length: timedelta
    buffer_before: timedelta = _NOTHING
    buffer_after: timedelta = _NOTHING
    room_from: timedelta | None = None
    room_until: timedelta | None = None

    def __post_init__(self) -> None:
        if self.length <= _NOTHING:
            raise InvalidShape("a visit takes some time")
        if self.buffer_before < _NOTHING or self.buffer_after < _NOTHING:
            raise InvalidShape("a buffer is not negative")
        if (self.room_from is None) != (self.room_until is None):
            raise InvalidShape("the room's part needs both its ends, or neither")
        if self.room_part and self.room_part[0] >= self.room_part[1]:
            raise InvalidShape("the room's part ends after it starts")

    @property
    def visit_part(self) -> Part:
        return _NOTHING, self.length

    @property
    def doctor_part(self) -> Part:
        return -self.buffer_before, self.length + self.buffer_after

    @property
    def room_part(self) -> Part | None:
        if self.room_from is None or self.room_until is None:
            return None
        return self.room_from, self.room_until

    def visit(self, start: datetime) -> Interval:
        """The patient's time. Raises NaiveMoment."""
        return _placed(self.visit_part, start)

    def doctor(self, start: datetime) -> Interval:
        """The doctor's time: the visit and its buffers. Raises NaiveMoment."""
        return _placed(self.doctor_part, start)

    def room(self, start: datetime) -> Interval | None:
        """The room's time, or None when the visit needs no room. Raises NaiveMoment."""
        return _placed(self.room_part, start) if self.room_part else None


@dataclass(frozen=True, slots=True)
class Policy:
    """What patients are held to: `notice` in real time, `horizon_days` in local days after today,
    and the `step` between two starts. Raises InvalidPolicy.

    Staff are not bound by notice and horizon: ask again with a policy that has none.
    """

    notice: timedelta
    horizon_days: int
    step: timedelta
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.step <= _NOTHING:
            raise InvalidPolicy("the step is longer than nothing")
        if self.notice < _NOTHING or self.horizon_days < 0:
            raise InvalidPolicy("neither notice nor horizon is negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question to the calendar: where may a visit of this shape begin?

    `now` is when it is asked, `not_before` and `until` bound the patient's clearance, `room_open`
    is when the room may be used (unless the visit needs none).
    """

    shape: VisitShape
    open_time: OpenTime
    busy: Busy
    policy: Policy
    room_open: Sequence[Interval] = ()
    now: datetime
    until: datetime | None
    not_before: datetime | None = None


class PartOfDay(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"


def open_time(
    windows: Iterable[Window],
    extra: Iterable[ExtraHours],
    closures: Iterable[Interval],
    first_day: date,
    last_day: date,
    zone: ZoneInfo,
    *,
    to_patients_on: date | None = None,
) -> OpenTime:
    """The hours of the local days from `first_day` to `last_day`, both included, in real time.

    All of them; or with `to_patients_on`, which is the local day of asking, those alone that
    patients may see (see `Offered`). Hours that fall wholly into the hour a clock change skips do
    not exist that day.
    """

    def is_shown(offered: Offered, day: date) -> bool:
        return to_patients_on is None or offered.to_patients(day, today=to_patients_on)

    weekly = tuple(windows)
    hours = [
        _local_hours(day, window.starts, window.ends, zone)
        for day in _days(first_day, last_day)
        for window in weekly
        if window.holds_on(day) and is_shown(window.offered, day)
    ]
    hours += [
        _local_hours(once.day, once.starts, once.ends, zone)
        for once in extra
        if first_day <= once.day <= last_day and is_shown(once.offered, once.day)
    ]
    return OpenTime(tuple(sorted(filter(None, hours))), tuple(merge(closures)))


def openings(search: Search) -> list[datetime]:
    """The starts that can be offered: sorted, each once, in UTC. Raises NaiveMoment.

    A start is offered when all of this holds:

    - It lies on the grid: a whole number of steps of real time after the start of hours it falls
      in. The grid is counted from the hours as given, before closures are cut: with hours from
      9:00 and steps of 20 minutes, a closure until 10:10 leaves 10:20 as the next start, not
      10:10. Otherwise a closure would shift every later start of the day away from the visits
      already there, leaving gaps too small for anything. Hours that overlap have a grid each.
    - The visit itself lies inside open hours; it may run from one into others that touch them.
    - The doctor's time, buffers included, crosses neither his busy time nor a closure. A buffer may
      hang outside open hours (otherwise every morning would lose its first and last start), but
      never over a closure: then he is away.
    - The room's time lies in `room_open` and misses the room's busy time, when the visit needs the
      room. A room with no `room_open` is never open. Closures reach the room only through this.
    - The visit misses the patient's other visits.
    - `now` plus the notice, and `not_before`, have come. The notice is real elapsed time.
    - The start's local day is no later than local today plus the horizon, and the start is before
      `until`, the end of the patient's clearance.

    O((n + k) log n) for n intervals and k starts on the grid.
    """
    starts = free_starts(
        shape=search.shape,
        open_time=search.open_time,
        step=search.policy.step,
        doctor=search.busy.doctor,
        room=search.busy.room,
        room_open=search.room_open,
    )
    return list(_cut(starts, search))


def free_starts(
    *,
    shape: VisitShape,
    open_time: OpenTime,
    step: timedelta,
    doctor: Iterable[Interval],
    room: Iterable[Interval],
    room_open: Iterable[Interval],
) -> list[datetime]:
    """Where the hours, the doctor and the room allow the visit: sorted, each once, in UTC.

    The part of `openings` that is the same whoever asks and at whatever moment, so that it can be
    kept. The rest of it is `cut`.
    """
    free = _free(shape, open_time, doctor, room, room_open)
    return sorted({start for start in _grid(open_time.hours, step) if start in free})


def cut(
    starts: Sequence[datetime],
    *,
    shape: VisitShape,
    policy: Policy,
    now: datetime,
    until: datetime | None = None,
    not_before: datetime | None = None,
    patient: Sequence[Interval] = (),
) -> Sequence[datetime]:
    """Those of the `free_starts` that one person may have now: in time, off their other visits.

    Raises NaiveMoment.
    """
    earliest, latest = _in_time(policy, now, until, not_before)
    left = starts[bisect_left(starts, earliest) : bisect_left(starts, latest)]
    if not patient:
        return left
    in_the_way = Spans(_starts_over(patient, shape.visit_part))
    return [start for start in left if start not in in_the_way]


def is_offered(search: Search, start: datetime) -> bool:
    """Would `openings` list this start? Raises NaiveMoment."""
    start = instant(start)
    opened, busy = search.open_time, search.busy
    on_grid = _on_grid(start, opened.hours, search.policy.step)
    free = _free(search.shape, opened, busy.doctor, busy.room, search.room_open)
    return on_grid and start in free and bool(_cut([start], search))


def nearest(
    starts: Iterable[datetime], wished: datetime, *, apart: timedelta, count: int
) -> list[datetime]:
    """The starts nearest to the one that was wished for, the nearest first, at most `count`.

    They lie `apart` from each other: starts ten minutes away from one another are no choice, and
    everybody who lost one race would meet at the next. Raises NaiveMoment.
    """
    wished = instant(wished)
    chosen: list[datetime] = []
    for start in sorted(map(instant, starts), key=lambda start: (abs(start - wished), start)):
        if all(abs(start - other) >= apart for other in chosen):
            chosen.append(start)
        if len(chosen) == count:
            break
    return chosen


def by_day(starts: Iterable[datetime], zone: ZoneInfo) -> dict[date, list[datetime]]:
    """The starts in UTC under their local days, both sorted; no empty days. Raises NaiveMoment."""
    days: dict[date, list[datetime]] = {}
    for start in sorted(map(instant, starts)):
        days.setdefault(start.astimezone(zone).date(), []).append(start)
    return days


def by_part_of_day(starts: Iterable[datetime], zone: ZoneInfo) -> dict[PartOfDay, list[datetime]]:
    """The starts in UTC and sorted, under both parts, either of which may be empty.

    Raises NaiveMoment.
    """
    parts: dict[PartOfDay, list[datetime]] = {part: [] for part in PartOfDay}
    for start in sorted(map(instant, starts)):
        parts[part_of_day(start, zone)].append(start)
    return parts


def part_of_day(start: datetime, zone: ZoneInfo) -> PartOfDay:
    """Morning is before noon on the local clock; noon itself is afternoon. Raises NaiveMoment."""
    local = instant(start).astimezone(zone)
    return PartOfDay.MORNING if local.hour < 12 else PartOfDay.AFTERNOON


def local_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first instant at which the local clock has reached `clock` on `day`, in UTC.

    - In autumn 1:30 comes twice: the first is meant.
    - In spring 2:30 never comes: the jump from 2:00 to 3:00 is when it has been reached.

    So hours that touch on the clock touch in real time and fill the day exactly. 1:00–4:00 lasts 2
    real hours in March and 4 in November; split at 2:30 or at 1:30, its halves add up to the same.
    """
    wall = datetime.combine(day, clock.replace(tzinfo=None, fold=0), tzinfo=zone)
    reached, other = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if other >= reached:  # a usual time (equal), or the first of two
        return reached
    # PEP 495: for a skipped time the two readings swap, and lie on either side of the jump.
    return _jump_between(other, reached, zone)


def local_days(first_day: date, last_day: date, zone: ZoneInfo) -> Interval:
    """Whole local days, both included: 23, 24 or 25 hours each. Raises EmptyInterval."""
    return Interval(
        local_instant(first_day, time.min, zone),
        local_instant(last_day + _A_DAY, time.min, zone),
    )


def _cut(starts: Sequence[datetime], search: Search) -> Sequence[datetime]:
    return cut(
        starts,
        shape=search.shape,
        policy=search.policy,
        now=search.now,
        until=search.until,
        not_before=search.not_before,
        patient=search.busy.patient,
    )


def _free(
    shape: VisitShape,
    open_time: OpenTime,
    doctor: Iterable[Interval],
    room: Iterable[Interval],
    room_open: Iterable[Interval],
) -> Spans:
    """Every start that keeps the promises of `free_starts`, on the grid or not.

    The visit lies inside the doctor's time, so keeping that off closures keeps the visit off them.
    """
    doctor_part, room_part = shape.doctor_part, shape.room_part
    free = subtract(
        _starts_inside(open_time.hours, shape.visit_part),
        chain(_starts_over(doctor, doctor_part), _starts_over(open_time.closures, doctor_part)),
    )
    if room_part is None:
        return Spans(free)
    with_room = subtract(_starts_inside(room_open, room_part), _starts_over(room, room_part))
    return Spans(intersect(free, with_room))


def _in_time(
    policy: Policy, now: datetime, until: datetime | None, not_before: datetime | None
) -> tuple[datetime, datetime]:
    """From the end of the notice up to the horizon or `until`, which may be the earlier."""
    now = instant(now)
    earliest = now + policy.notice  # in UTC, so real time across a clock change
    if not_before is not None:
        earliest = max(earliest, instant(not_before))
    today = now.astimezone(policy.zone).date()
    beyond = today + timedelta(days=policy.horizon_days + 1)
    latest = local_instant(beyond, time.min, policy.zone)
    if until is not None:
        latest = min(latest, instant(until))
    return earliest, latest


def _placed(part: Part, start: datetime) -> Interval:
    start = instant(start)
    begins, ends = part
    return Interval(start + begins, start + ends)


def _starts_inside(opened: Iterable[Interval], part: Part) -> list[Interval]:
    """The starts whose part lies wholly inside this time.

    A part may end just as its interval does: that last start is included, hence the resolution.
    """
    begins, ends = part
    return [
        Interval(each.start - begins, each.end - ends + datetime.resolution)
        for each in merge(opened)
        if each.length >= ends - begins
    ]


def _starts_over(taken: Iterable[Interval], part: Part) -> Iterator[Interval]:
    """The starts whose part would overlap this time. One that only touches it is not among them."""
    begins, ends = part
    return (Interval(each.start - ends + datetime.resolution, each.end - begins) for each in taken)


def _grid(hours: Iterable[Interval], step: timedelta) -> Iterator[datetime]:
    """Where hours overlap, a start may come twice."""
    for each in hours:
        start = each.start
        while start < each.end:
            yield start
            start += step


def _on_grid(start: datetime, hours: Iterable[Interval], step: timedelta) -> bool:
    return any(each.contains(start) and (start - each.start) % step == _NOTHING for each in hours)


def _local_hours(day: date, starts: time, ends: time, zone: ZoneInfo) -> Interval | None:
    start, end = local_instant(day, starts, zone), local_instant(day, ends, zone)
    return Interval(start, end) if start < end else None  # wholly in the skipped hour


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the offset from UTC changes; zones change on whole seconds."""
    before = before.replace(microsecond=0)
    old = before.astimezone(zone).utcoffset()
    seconds = bisect_left(
        range((after - before) // _A_SECOND),
        True,
        key=lambda later: (before + later * _A_SECOND).astimezone(zone).utcoffset() != old,
    )
    return before + seconds * _A_SECOND


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _require_hours(starts: time, ends: time) -> None:
    if starts.tzinfo is not None or ends.tzinfo is not None:
        raise InvalidHours("hours are on the clinic's clock: they carry no zone of their own")
    if starts >= ends:
        raise InvalidHours(f"{starts} is not before {ends}")
