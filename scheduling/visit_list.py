"""The visits of some days as staff read them, worded and put in order."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import User
from scheduling.models import Appointment
from scheduling.slots import State

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
}
NOTES = {
    State.HELD: gettext_lazy("the patient is confirming"),
    State.SUSPENDED: gettext_lazy("waits for a decision; cannot be checked in"),
    State.RELEASED: gettext_lazy("taken off the calendar: call the patient"),
}


@dataclass(frozen=True)
class Line:
    """One visit."""

    id: UUID
    time: str
    who: str
    town: str
    phone: str
    phone_link: str
    kind: str
    room: str
    state: str
    tone: str
    note: str
    has_ended: bool


@dataclass(frozen=True)
class Day:
    name: str
    is_today: bool
    lines: tuple[Line, ...]


def days(user: User, *, first: date, count: int, now: datetime) -> list[Day]:
    """`count` days from `first` in the clinic's own time; of the coming ones those with visits."""
    today = timezone.localdate(now)
    visits = (
        Appointment.objects.visible_to(user)
        .between(_midnight(first), _midnight(first + timedelta(days=count)))
        .exclude(state__in=[state.value for state in LEFT_OUT])
        .exclude(pk__in=Appointment.objects.stale_holds(now))
        .select_related("patient__town", "visit_type", "room")
        .in_time_order()
    )
    found: dict[date, list[Line]] = {today: []} if first == today else {}
    for visit in visits:
        found.setdefault(timezone.localdate(visit.starts_at), []).append(_line(visit))
    return [Day(_named(day, today), day == today, tuple(found[day])) for day in sorted(found)]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _line(visit: Appointment) -> Line:
    state, patient = State(visit.state), visit.patient
    return Line(
        id=visit.pk,
        time=f"{_clock(visit.starts_at)} – {_clock(visit.ends_at)}",
        who=patient.name,
        town=patient.town_name,
        phone=patient.phone.as_national if patient.phone else "",
        phone_link=patient.phone.as_rfc3966 if patient.phone else "",
        kind=visit.visit_type.name,
        room=visit.room.name if visit.room else "",
        state=_(state.label),
        tone=TONES[state],
        note=_note(visit, state),
        has_ended=state in State.ENDED,
    )


def _note(visit: Appointment, state: State) -> str:
    twice = visit.patient.likely_duplicate_of_id is not None
    notes = (str(NOTES.get(state, "")), _("perhaps already a patient: ask") if twice else "")
    return "; ".join(note for note in notes if note)


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "g:i A")


def _named(day: date, today: date) -> str:
    name = date_format(day, "l, F j")
    if day == today:
        return _("Today, %(day)s") % {"day": name}
    if day == today + timedelta(days=1):
        return _("Tomorrow, %(day)s") % {"day": name}
    return name
