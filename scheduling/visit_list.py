"""The visits of some days as staff read them, worded and put in order."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import times
from clinic.models import User
from intake import public as intake
from scheduling import slots
from scheduling.models import Appointment, Closure
from scheduling.slots import State

MOST_OF_PATIENT = 12
# A time that came to nothing is not on the list; one that was taken away is: somebody must call.
LEFT_OUT = (State.EXPIRED, State.CANCELLED)
TONES = {
    State.HELD: "calm",
    State.BOOKED: "calm",
    State.CONFIRMED: "good",
    State.ARRIVED: "good",
    State.IN_ROOM: "good",
    State.SUSPENDED: "caution",
    State.RELEASED: "danger",
    State.NO_SHOW: "caution",
    State.DONE: "calm",
    State.CANCELLED: "over",
    State.EXPIRED: "over",
}
NOTES = {
    State.HELD: gettext_lazy("the patient is confirming"),
    State.SUSPENDED: gettext_lazy("waits for a decision; cannot be checked in"),
    State.RELEASED: gettext_lazy("taken off the calendar: call the patient"),
}


@dataclass(frozen=True)
class Line:
    """One visit. `in_room` says from when until when it uses the room, if any."""

    id: UUID
    time: str
    who: str
    town: str
    phone: str
    phone_link: str
    kind: str
    room: str
    in_room: str
    state: str
    tone: str
    note: str
    has_ended: bool


@dataclass(frozen=True)
class Day:
    """`closed` says when and why nothing can be booked; visits may still stand in that time."""

    name: str
    is_today: bool
    closed: tuple[str, ...]
    lines: tuple[Line, ...]


def days(user: User, *, first: date, count: int, now: datetime) -> list[Day]:
    """`count` days from `first` in the clinic's own time, of which something is to be said.

    That is today, and the days with visits or closed for a while.
    """
    today = timezone.localdate(now)
    begin, end = _midnight(first), _midnight(first + timedelta(days=count))
    visits = (
        Appointment.objects.visible_to(user)
        .between(begin, end)
        .exclude(state__in=[state.value for state in LEFT_OUT])
        .exclude(pk__in=Appointment.objects.stale_holds(now))
        .select_related("person__town", "visit_type", "room")
        .in_time_order()
    )
    found: dict[date, list[Line]] = {today: []} if first == today else {}
    for visit in visits:
        found.setdefault(timezone.localdate(visit.starts_at), []).append(_line(visit))
    closed = _closed(begin, end)
    return [
        Day(
            _named(day, today),
            day == today,
            tuple(closed.get(day, ())),
            tuple(found.get(day, ())),
        )
        for day in sorted({*found, *closed})
    ]


@dataclass(frozen=True)
class PatientVisit:
    """One visit on the patient's page."""

    id: UUID
    when: str
    kind: str
    state: str
    tone: str


@dataclass(frozen=True)
class PatientVisits:
    coming: tuple[PatientVisit, ...]
    past: tuple[PatientVisit, ...]


def on_file(patient_id: UUID, *, by: User, now: datetime) -> PatientVisits:
    """The coming ones, the next first; and the latest that are over or came to nothing."""
    theirs = (
        Appointment.objects.visible_to(by)
        .filter(person=patient_id)
        .exclude(state=State.EXPIRED.value)
        .exclude(pk__in=Appointment.objects.stale_holds(now))
        .select_related("visit_type")
    )
    coming = list(theirs.coming(now))
    past = theirs.exclude(pk__in=[visit.pk for visit in coming]).order_by("-visit")
    return PatientVisits(
        coming=tuple(map(_on_file, coming)), past=tuple(map(_on_file, past[:MOST_OF_PATIENT]))
    )


def _on_file(visit: Appointment) -> PatientVisit:
    state = State(visit.state)
    return PatientVisit(
        id=visit.pk,
        when=times.in_words(visit.starts_at),
        kind=visit.visit_type.name,
        state=_(state.label),
        tone=TONES.get(state, "calm"),
    )


def of_patient(patient_id: UUID, *, but: UUID | None = None) -> list[tuple[str, str, str]]:
    """When, what for and how each stands, the latest first; what came to nothing is left out."""
    visits = Appointment.objects.filter(person=intake.person_of(patient_id))
    visits = visits.exclude(state=State.EXPIRED.value)
    visits = visits.exclude(pk=but) if but else visits
    newest = visits.select_related("visit_type").order_by("-visit")[:MOST_OF_PATIENT]
    return [
        (times.in_words(visit.starts_at), visit.visit_type.name, _(State(visit.state).label))
        for visit in newest
    ]


def _closed(begin: datetime, end: datetime) -> dict[date, list[str]]:
    """Day by day, when the clinic or the doctor is away, and why."""
    said: dict[date, list[str]] = {}
    for closure in Closure.objects.between(begin, end).filter(room=None):
        shut = slots.Interval(closure.during.lower, closure.during.upper)
        day = timezone.localdate(max(shut.start, begin))
        while _midnight(day) < min(shut.end, end):
            said.setdefault(day, []).append(_closed_in_words(shut, day, closure.reason))
            day += timedelta(days=1)
    return said


def _closed_in_words(shut: slots.Interval, day: date, reason: str) -> str:
    midnight, next_midnight = _midnight(day), _midnight(day + timedelta(days=1))
    begins_before, ends_after = shut.start <= midnight, shut.end >= next_midnight
    when = {"reason": reason, "start": _clock(shut.start), "end": _clock(shut.end)}
    if begins_before and ends_after:
        return _("Closed all day: %(reason)s") % when
    if begins_before:
        return _("Closed until %(end)s: %(reason)s") % when
    if ends_after:
        return _("Closed from %(start)s: %(reason)s") % when
    return _("Closed from %(start)s to %(end)s: %(reason)s") % when


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _line(visit: Appointment) -> Line:
    state, patient = State(visit.state), visit.person
    return Line(
        id=visit.pk,
        time=_from_to(visit.visit),
        who=patient.name,
        town=patient.town_name,
        phone=patient.phone.as_national if patient.phone else "",
        phone_link=patient.phone.as_rfc3966 if patient.phone else "",
        kind=visit.visit_type.name,
        room=visit.room.name if visit.room else "",
        in_room=_from_to(visit.room_busy) if visit.room_busy else "",
        state=_(state.label),
        tone=TONES[state],
        note=_note(visit, state),
        has_ended=state in State.ENDED,
    )


def _note(visit: Appointment, state: State) -> str:
    twice = visit.person.likely_duplicate_of_id is not None
    notes = (str(NOTES.get(state, "")), _("perhaps already a patient: ask") if twice else "")
    return "; ".join(note for note in notes if note)


def _from_to(time_taken: DateTimeTZRange) -> str:
    return f"{_clock(time_taken.lower)} – {_clock(time_taken.upper)}"


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "g:i A")


def _named(day: date, today: date) -> str:
    name = date_format(day, "l, F j")
    if day == today:
        return _("Today, %(day)s") % {"day": name}
    if day == today + timedelta(days=1):
        return _("Tomorrow, %(day)s") % {"day": name}
    return name
