"""What the calendar should answer, worked out a second time and in another way.

It shares no line with the application: it reads the tables by raw SQL, counts real time as whole
minutes since 1970, walks a local day minute by minute with the rule for the clinic's clock written
out by hand, and asks of each minute in plain loops whether a visit may begin then. It is slow, and
meant to be easy to believe.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from tests.machine import rows
from tests.machine.rows import Row

A_DAY = 24 * 60
_FIRST_DAY = date(1970, 1, 1).toordinal()
_KEEPS_TIME = ("held", "booked", "confirmed", "arrived", "in_room", "suspended")


# --- The clock on the clinic's wall ---------------------------------------------------------------


def local(minute: int) -> tuple[int, int]:
    """The local day (an ordinal) and the minute of that day which the wall shows.

    In Virginia: five hours behind, and four from the second Sunday of March at 2:00 to the first
    Sunday of November at 2:00, on the clock that is left.
    """
    year = date.fromordinal(_FIRST_DAY + minute // A_DAY).year
    spring = _sunday(year, 3, 2) * A_DAY + (2 + 5) * 60
    autumn = _sunday(year, 11, 1) * A_DAY + (2 + 4) * 60
    wall = minute - (4 if spring <= minute < autumn else 5) * 60
    return _FIRST_DAY + wall // A_DAY, wall % A_DAY


@lru_cache
def _sunday(year: int, month: int, which: int) -> int:
    """The first Sunday of a month, or the second, in days since 1970."""
    days = [date(year, month, day) for day in range(1, 15)]
    sundays = [day for day in days if day.weekday() == 6]
    return sundays[which - 1].toordinal() - _FIRST_DAY


@lru_cache(maxsize=64)
def minutes_of(day: int) -> tuple[tuple[int, int], ...]:
    """Every real minute of a local day, with the latest time its wall clock has shown by then.

    When the clock is put back, an hour is shown again: it had been reached before.
    """
    shown = []
    reached = 0
    begins = (day - _FIRST_DAY) * A_DAY
    for minute in range(begins, begins + 2 * A_DAY):
        on, wall = local(minute)
        if on == day:
            reached = max(reached, wall)
            shown.append((minute, reached))
    return tuple(shown)


# --- What there is --------------------------------------------------------------------------------


@dataclass
class Question:
    """Where may this patient begin such a visit? `moving`: the visit that would be moved.

    Nobody in particular has neither a record nor a clearance.
    """

    person_id: UUID | None
    clearance_id: UUID | None
    visit_type_id: int
    now: int
    moving: UUID | None = None
    # Where it is not whoever sees patients now, and where it is not the type's own length.
    clinician_id: int | None = None
    minutes: int | None = None


class Calendar:
    """The tables, each read when it is first asked for."""

    @cached_property
    def clinic(self) -> Row:
        (row,) = rows.asked("SELECT * FROM clinic_clinicprofile")
        return row

    @cached_property
    def doctor(self) -> int:
        (row,) = rows.asked("SELECT min(id) AS id FROM scheduling_clinician WHERE is_active")
        return int(row["id"])

    @cached_property
    def types(self) -> dict[int, Row]:
        return {row["id"]: row for row in rows.asked("SELECT * FROM scheduling_visittype")}

    @cached_property
    def weekly(self) -> list[Row]:
        return rows.asked("SELECT * FROM scheduling_openinghours")

    @cached_property
    def once(self) -> list[Row]:
        return rows.asked("SELECT * FROM scheduling_extrahours")

    @cached_property
    def closures(self) -> list[Row]:
        return rows.asked(rows.CLOSURES)

    @cached_property
    def visits(self) -> dict[UUID, Row]:
        return {row["id"]: row for row in rows.asked(rows.VISITS)}

    @cached_property
    def changes(self) -> list[Row]:
        return rows.asked(rows.CHANGES)

    @cached_property
    def clearances(self) -> dict[UUID, Row]:
        return {row["id"]: row for row in rows.asked(rows.CLEARANCES)}

    @cached_property
    def intakes(self) -> dict[UUID, Row]:
        return {row["id"]: row for row in rows.asked(rows.INTAKES)}

    @cached_property
    def offers(self) -> list[Row]:
        return rows.asked(rows.OFFERS)

    @cached_property
    def calls_to_make(self) -> list[Row]:
        return rows.asked(rows.CALLS_TO_MAKE)

    @cached_property
    def rebookings(self) -> dict[int, Row]:
        return {row["id"]: row for row in rows.asked(rows.REBOOKINGS)}

    @cached_property
    def merges(self) -> set[frozenset[UUID]]:
        """The pairs of records that were one person's, now or before."""
        pairs = rows.asked(rows.MERGES)
        return {frozenset((row["patient_id"], row["kept_id"])) for row in pairs}

    @cached_property
    def held(self) -> set[UUID]:
        return {row["person_id"] for row in rows.asked(rows.HELD)}

    @cached_property
    def records(self) -> dict[UUID, Row]:
        return {row["id"]: row for row in rows.asked(rows.RECORDS)}

    def kept(self, record_id: UUID) -> UUID:
        """The record that stands for this one's person."""
        return self.records[record_id]["merged_into_id"] or record_id

    def family(self, person_id: UUID) -> set[UUID]:
        """Everybody who shares their account, and themselves."""
        account = self.records[person_id]["account_id"]
        return {person_id} | {
            record["id"]
            for record in self.records.values()
            if account and record["account_id"] == account and not record["merged_into_id"]
        }


# --- Who may book at all --------------------------------------------------------------------------


def usable_clearances(calendar: Calendar, person_id: UUID, now: int) -> dict[UUID, bool]:
    """The clearances a visit may be booked under, and whether each allows an X-ray."""
    if person_id in calendar.held:
        return {}
    return {
        clearance["id"]: clearance["xray_allowed"] and not _on_hold(calendar, clearance)
        for clearance in calendar.clearances.values()
        if clearance["person_id"] == person_id
        and clearance["revoked_at"] is None
        and now < clearance["ends_at"]
    }


def said_lately(calendar: Calendar, clearance_id: UUID, now: int) -> bool:
    """Did the patient finish the questions, or the doctor decide, within the clinic's days?"""
    clearance = calendar.clearances[clearance_id]
    since = now - calendar.clinic["rescreen_days"] * A_DAY * 60
    if clearance["decided_at"] is not None and clearance["decided_at"] > since:
        return True
    return any(
        intake["submitted_at"] > since
        for intake in calendar.intakes.values()
        if intake["person_id"] == clearance["person_id"] and intake["is_complete"]
    )


def _on_hold(calendar: Calendar, clearance: Row) -> bool:
    """Since the answers it rests on, did the patient say what forbids an X-ray?"""
    answered = calendar.intakes[clearance["intake_id"]]["submitted_at"]
    return any(
        intake["xray_hold"] and intake["submitted_at"] >= answered
        for intake in calendar.intakes.values()
        if intake["person_id"] == clearance["person_id"]
    )


def kinds(calendar: Calendar, person_id: UUID, *, xray: bool) -> set[int]:
    """The visit types a patient may choose online."""
    came = any(
        visit["state"] == "done"
        for visit in calendar.visits.values()
        if visit["person_id"] == person_id
    )
    return {
        kind["id"]
        for kind in calendar.types.values()
        if kind["is_active"]
        and kind["for_return_visit" if came else "for_first_visit"]
        and (xray or not kind["needs_xray_clearance"])
    }


def may_keep_another(calendar: Calendar, person_id: UUID, now: int) -> bool:
    """Is the patient, and who shares their account, within what may be taken online?"""
    family = calendar.family(person_id)
    coming = [
        visit
        for visit in calendar.visits.values()
        if visit["person_id"] in family
        and visit["state"] in _KEEPS_TIME
        and visit["visit_until"] > now
        and not (visit["state"] == "held" and visit["hold_expires_at"] <= now)
        and not (visit["state"] == "held" and visit["person_id"] == person_id)
    ]
    own = [visit for visit in coming if visit["person_id"] == person_id]
    held = [visit for visit in coming if visit["state"] == "held"]
    return (
        len(held) < 4
        and len(own) < calendar.clinic["most_visits_patient"]
        and len(coming) < calendar.clinic["most_visits_account"]
        and _kept_unbooked(calendar, person_id, now) < 40 * 60
    )


def days_with_visits(calendar: Calendar, question: Question) -> set[int]:
    """The local days on which the patient has a visit that keeps its time; holds do not count."""
    return {
        local(visit["visit_from"] // 60)[0]
        for visit in calendar.visits.values()
        if visit["person_id"] == question.person_id
        and visit["state"] in _KEEPS_TIME
        and visit["state"] != "held"
    }


def within_policies(calendar: Calendar, question: Question, minutes: list[int]) -> bool:
    """Would a patient's own rules allow a series: notice, horizon, how many visits to come?"""
    clinic = calendar.clinic
    if minutes[0] * 60 - question.now < clinic["minimum_notice_minutes"] * 60:
        return False
    (today, _), (last, _) = local(question.now // 60), local(minutes[-1])
    if last - today > clinic["horizon_days"]:
        return False
    assert question.person_id is not None
    family = calendar.family(question.person_id)
    coming = [
        visit["person_id"]
        for visit in calendar.visits.values()
        if visit["person_id"] in family
        and visit["state"] in _KEEPS_TIME
        and visit["visit_until"] > question.now
        and not (visit["state"] == "held" and visit["hold_expires_at"] <= question.now)
        and not (visit["state"] == "held" and visit["person_id"] == question.person_id)
    ]
    own = coming.count(question.person_id)
    return bool(
        own + len(minutes) <= clinic["most_visits_patient"]
        and len(coming) + len(minutes) <= clinic["most_visits_account"]
    )


def _kept_unbooked(calendar: Calendar, person_id: UUID, now: int) -> int:
    """For how long times were kept for the patient that were not booked, in the last two hours."""
    let_go: dict[UUID, int] = {}
    booked = set()
    for change in calendar.changes:
        if change["after"] == "booked":
            booked.add(change["appointment_id"])
        elif change["before"] == "held":
            let_go[change["appointment_id"]] = change["at"]
    kept = 0
    for visit in calendar.visits.values():
        if visit["person_id"] != person_id or visit["id"] in booked:
            continue
        ran_out = visit["created_at"] + calendar.clinic["hold_minutes"] * 60
        until = min(let_go.get(visit["id"], now), ran_out)
        # Each counts whole, until its end is two hours ago.
        if until > now - 2 * 3600:
            kept += until - visit["created_at"]
    return kept


def undecided_too_long(calendar: Calendar, visit: Row, now: int) -> bool:
    """Is this suspended visit's time to be given back by now?"""
    changes = [row for row in calendar.changes if row["appointment_id"] == visit["id"]]
    suspended = [change for change in changes if change["after"] == "suspended"][-1]
    if suspended["before"] in ("arrived", "in_room"):
        return bool(visit["visit_until"] <= now)
    if visit["visit_from"] <= now:
        return True
    open_minutes = 0
    first, last = local(suspended["at"] // 60)[0], local(now // 60)[0]
    for day in range(first, last + 1):
        hours = [*_weekly_on(calendar, day), *_once_on(calendar, day)]
        windows = _windows(calendar.doctor, hours, day)
        opened = {minute for window in windows for minute in window}
        open_minutes += sum(
            suspended["at"] <= minute * 60 < now and not _is_closed_at(calendar, minute)
            for minute in opened
        )
    return bool(open_minutes >= calendar.clinic["suspended_open_hours"] * 60)


def _is_closed_at(calendar: Calendar, minute: int) -> bool:
    return any(
        _closes(closed, calendar.doctor)
        and closed["closed_from"] <= minute * 60 < closed["closed_until"]
        for closed in calendar.closures
    )


# --- When -----------------------------------------------------------------------------------------


def offered(calendar: Calendar, question: Question, first_day: int, last_day: int) -> list[int]:
    """The minutes at which a patient may begin a visit on these local days, both included."""
    found = []
    for day in range(first_day, last_day + 1):
        windows = _windows_for_patients(calendar, question, day)
        open_minutes = {minute for window in windows for minute in window}
        on_grid = {
            minute
            for window in windows
            for minute in window
            if (minute - window[0]) % calendar.clinic["step_minutes"] == 0
        }
        found += [
            minute
            for minute in sorted(on_grid)
            if _lies_in(open_minutes, calendar, question, minute)
            and _in_time(calendar, question, minute)
            and is_free(calendar, question, minute)
        ]
    return found


def is_free(calendar: Calendar, question: Question, minute: int) -> bool:
    """Nobody who would be there is elsewhere, and nothing is closed: what binds staff too."""
    parts = parts_at(calendar, question, minute)
    return not is_taken(calendar, question, parts) and not is_closed(calendar, question, parts)


def is_closed(calendar: Calendar, question: Question, parts: "Parts") -> bool:
    _, doctor, room = parts
    room_id = calendar.types[question.visit_type_id]["room_id"]
    for closed in calendar.closures:
        when = (closed["closed_from"], closed["closed_until"])
        if _closes(closed, _doctor(calendar, question)) and _overlap(doctor, when):
            return True
        if room and _closes_room(closed, room_id) and _overlap(room, when):
            return True
    return False


def is_taken(calendar: Calendar, question: Question, parts: "Parts") -> bool:
    visit, doctor, room = parts
    room_id = calendar.types[question.visit_type_id]["room_id"]
    for other in calendar.visits.values():
        if not _counts(other, question):
            continue
        with_doctor = other["clinician_id"] == _doctor(calendar, question)
        if with_doctor and _overlap(doctor, (other["doctor_from"], other["doctor_until"])):
            return True
        own = other["person_id"] == question.person_id
        if own and _overlap(visit, (other["visit_from"], other["visit_until"])):
            return True
        same_room = room is not None and other["room_id"] == room_id
        if room and same_room and _overlap(room, (other["room_from"], other["room_until"])):
            return True
    return False


def _doctor(calendar: Calendar, question: Question) -> int:
    return question.clinician_id or calendar.doctor


def _closes(closed: Row, clinician_id: int) -> bool:
    return closed["room_id"] is None and closed["clinician_id"] in (None, clinician_id)


def _closes_room(closed: Row, room_id: int) -> bool:
    return closed["clinician_id"] is None and closed["room_id"] in (None, room_id)


def covers(calendar: Calendar, question: Question, minute: int) -> bool:
    if question.clearance_id is None:
        return True
    clearance = calendar.clearances[question.clearance_id]
    return bool(clearance["starts_at"] <= minute * 60 < clearance["ends_at"])


def _windows_for_patients(calendar: Calendar, question: Question, day: int) -> list[list[int]]:
    """Each stretch of hours that patients may see that day, as its real minutes."""
    today, _ = local(question.now // 60)
    shown = [
        hours
        for hours in [*_weekly_on(calendar, day), *_once_on(calendar, day)]
        if hours["offered"] == "online" or (hours["offered"] == "same_day" and day == today)
    ]
    return _windows(_doctor(calendar, question), shown, day)


def _windows(clinician_id: int, hours: list[Row], day: int) -> list[list[int]]:
    windows = []
    for each in hours:
        starts, ends = _minute_of_day(each["starts"]), _minute_of_day(each["ends"])
        window = [minute for minute, reached in minutes_of(day) if starts <= reached < ends]
        if window and each["clinician_id"] == clinician_id:
            windows.append(window)
    return windows


def _weekly_on(calendar: Calendar, day: int) -> list[Row]:
    found = []
    for hours in calendar.weekly:
        first, last = hours["valid_from"], hours["valid_until"]
        too_early = first is not None and day < first.toordinal()
        too_late = last is not None and day > last.toordinal()
        # The first of January of the year 1 was a Monday.
        if (day - 1) % 7 == hours["weekday"] and not too_early and not too_late:
            found.append(hours)
    return found


def _once_on(calendar: Calendar, day: int) -> list[Row]:
    return [hours for hours in calendar.once if hours["day"].toordinal() == day]


def _minute_of_day(clock: Any) -> int:
    return int(clock.hour * 60 + clock.minute)


def _lies_in(open_minutes: set[int], calendar: Calendar, question: Question, minute: int) -> bool:
    length = question.minutes or calendar.types[question.visit_type_id]["minutes"]
    return all(each in open_minutes for each in range(minute, minute + length))


def _in_time(calendar: Calendar, question: Question, minute: int) -> bool:
    notice = calendar.clinic["minimum_notice_minutes"] * 60
    if minute * 60 < question.now + notice:
        return False
    (today, _), (day, _) = local(question.now // 60), local(minute)
    return day <= today + calendar.clinic["horizon_days"] and covers(calendar, question, minute)


Part = tuple[int, int]
# From and until when the patient, the doctor and the room are taken, in seconds.
Parts = tuple[Part, Part, Part | None]


def parts_of(visit: Row) -> Parts:
    """What a visit that is there takes, whatever its type says by now."""
    room = (visit["room_from"], visit["room_until"]) if visit["room_id"] else None
    return (
        (visit["visit_from"], visit["visit_until"]),
        (visit["doctor_from"], visit["doctor_until"]),
        room,
    )


def parts_at(calendar: Calendar, question: Question, minute: int) -> Parts:
    kind = calendar.types[question.visit_type_id]
    ends = minute + (question.minutes or kind["minutes"])
    visit = (minute * 60, ends * 60)
    doctor = ((minute - kind["buffer_before"]) * 60, (ends + kind["buffer_after"]) * 60)
    if kind["room_id"] is None:
        return visit, doctor, None
    if kind["room_from"] is None:
        return visit, doctor, visit
    room = ((minute + kind["room_from"]) * 60, (minute + kind["room_until"]) * 60)
    return visit, doctor, room


def _counts(visit: Row, question: Question) -> bool:
    """Is that visit in the way: does it keep its time, and is it not given up by this choice?"""
    if visit["state"] not in _KEEPS_TIME or visit["id"] == question.moving:
        return False
    if visit["state"] != "held":
        return True
    own = visit["person_id"] == question.person_id
    return not own and visit["hold_expires_at"] > question.now


def _overlap(one: Part, other: Part) -> bool:
    return one[0] < other[1] and other[0] < one[1]
