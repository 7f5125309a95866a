"""The desk's lists that are the work: each line has the one thing to do next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import times
from clinic.audit import Via
from scheduling import availability, closing_sheet, plan
from scheduling.models import Appointment, Call, Rebooking, StatusChange
from scheduling.services import keeps_its_time_until
from scheduling.services.proposals import MOVABLE
from scheduling.slots import State, local_days

# Whoever booked a day ago or less knows their time.
KNOWS_FOR = timedelta(days=1)
# How long what was done on these lists can be taken back on them.
JUST_NOW = timedelta(hours=1)
# How far the next day on which the clinic is open may lie.
FARTHEST_OPEN_DAY = timedelta(days=31)
# The rest comes up as these are done.
MOST_SHOWN = 200

# What the desk says on the phone, by why it calls. No finding is among it.
TO_SAY = {
    Call.Why.EMERGENCY: gettext_lazy(
        "Their last answers were an emergency, so the visit was taken off. Ask how they are. In"
        " danger: they hang up and call 911."
    ),
    Call.Why.UNDECIDED: gettext_lazy(
        "Nobody decided in time, so the visit was taken off. Say sorry, and that Dr. Solomon looks"
        " at it."
    ),
    Call.Why.CLOSED: gettext_lazy(
        "The clinic is closed at the time of their visit. Find another time together."
    ),
    Call.Why.VISIT: gettext_lazy("No email address: tell them how their visit stands now."),
    Call.Why.HELD: gettext_lazy(
        "No email address: tell them that Dr. Solomon looks at their answers first, and that we"
        " call again."
    ),
    Call.Why.CLEARED: gettext_lazy("No email address: they may come. Choose a time together."),
    Call.Why.REFERRED: gettext_lazy(
        "No email address: tell them that a doctor should see them first. Dr. Solomon has the"
        " letter."
    ),
    Call.Why.ASKED: gettext_lazy(
        "No email address: Dr. Solomon has a question. Ask when he can call them."
    ),
    Call.Why.READ: gettext_lazy(
        "No email address: tell them that their answers were read, and nothing more waits."
    ),
}
_FIRST = (Call.Why.EMERGENCY, Call.Why.UNDECIDED, Call.Why.CLOSED)


# In one statement, for every staff page asks it. One person is one line, however many records.
_COUNTS = """
    SELECT (SELECT count(*) FROM (
                SELECT DISTINCT patient.person, visit_id, why
                FROM scheduling_call JOIN intake_patient AS patient ON patient.id = patient_id
                WHERE done_at IS NULL) AS line),
           (SELECT count(*) FROM (
                SELECT DISTINCT patient.person, visit_type_id
                FROM scheduling_waitlistentry
                JOIN intake_patient AS patient ON patient.id = patient_id
                WHERE state = 'WAITING') AS line)
"""


@dataclass(frozen=True)
class Counts:
    """How many lines the list of calls and the waitlist have."""

    calls: int
    waiting: int


@dataclass(frozen=True)
class Line:
    """Somebody's visit, or without one somebody: `id` is what the button is about."""

    id: UUID
    version: int
    patient_id: UUID
    visit_id: UUID | None
    who: str
    phone: str
    phone_link: str
    what: str
    note: str
    is_urgent: bool = False
    tries: int = 0


@dataclass(frozen=True)
class WorkList:
    """`done` is what was done lately, and can be taken back."""

    lines: list[Line]
    done: list[Line]


@dataclass(frozen=True)
class Lists:
    day: str
    calls: WorkList
    unconfirmed: WorkList
    affected: list[closing_sheet.Line]
    suspended: list[Line]
    on_waitlist: int

    @property
    def is_all_done(self) -> bool:
        return not (self.calls.lines or self.unconfirmed.lines or self.affected or self.suspended)


def lists(*, now: datetime) -> Lists:
    day = next_open_day(now)
    return Lists(
        day=times.day_in_words(day) if day else "",
        calls=WorkList(_calls(now), _calls_ended(now)),
        unconfirmed=WorkList(_unconfirmed(day, now), _confirmed_lately(now)),
        affected=closing_sheet.lines_of(_affected(now), now=now),
        suspended=_suspended(now),
        on_waitlist=counts().waiting,
    )


def counts() -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        return Counts(*cursor.fetchone())


def next_open_day(now: datetime) -> date | None:
    """After today."""
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    hours = availability.open_hours(tomorrow, tomorrow + FARTHEST_OPEN_DAY)
    return timezone.localdate(hours[0].start) if hours else None


def _calls(now: datetime) -> list[Line]:
    """What cannot wait first; then who was not tried yet, then who waits longest."""
    urgency = Case(
        *(When(why=why, then=Value(place)) for place, why in enumerate(_FIRST)),
        default=Value(len(_FIRST)),
    )
    to_make = _with_people(Call.objects.filter(done_at=None))
    return _one_each(to_make.order_by(urgency, "tries", "made_at")[:MOST_SHOWN])


def _calls_ended(now: datetime) -> list[Line]:
    lately = Call.objects.filter(done_at__gt=now - JUST_NOW)
    ended = _with_people(lately.exclude(ended=Call.Ended.WITHDRAWN))
    return _one_each(ended.order_by("-done_at")[:MOST_SHOWN])


def _with_people(calls: QuerySet[Call]) -> QuerySet[Call]:
    return calls.select_related("patient__merged_into", "visit__visit_type")


def _one_each(calls: Iterable[Call]) -> list[Line]:
    """Two records of one person that were merged may each have brought the same call."""
    first: dict[tuple[UUID, UUID | None, str, datetime | None], Call] = {}
    for call in calls:
        what = (call.patient.person_id, call.visit_id, call.why, call.done_at)
        first.setdefault(what, call)
    visits = [call.visit for call in first.values() if call.visit]
    closed = availability.closed_among(visits)
    return [_call(call, is_closed=call.visit_id in closed) for call in first.values()]


def _unconfirmed(day: date | None, now: datetime) -> list[Line]:
    """Booked on that day, not confirmed, and not only just booked or moved."""
    if day is None:
        return []
    inside = local_days(day, day, plan.current().policy.zone)
    just_booked = StatusChange.objects.filter(
        appointment=OuterRef("pk"), after=State.BOOKED.value, at__gt=now - KNOWS_FOR
    ).exclude(before=State.CONFIRMED.value, was=None)
    visits = (
        Appointment.objects.filter(
            state=State.BOOKED.value,
            visit__startswith__gte=inside.start,
            visit__startswith__lt=inside.end,
        )
        .filter(~Exists(just_booked))
        .select_related("person", "visit_type")
        .in_time_order()
    )
    return [_visit(visit) for visit in visits[:MOST_SHOWN]]


def _confirmed_lately(now: datetime) -> list[Line]:
    lately = StatusChange.objects.filter(
        appointment=OuterRef("pk"),
        after=State.CONFIRMED.value,
        via=Via.STAFF_PAGES,
        at__gt=now - JUST_NOW,
    )
    visits = (
        Appointment.objects.filter(Exists(lately), state=State.CONFIRMED.value)
        .select_related("person", "visit_type")
        .in_time_order()
    )
    return [_visit(visit) for visit in visits[:MOST_SHOWN]]


def _affected(now: datetime) -> QuerySet[Rebooking]:
    """Visits that still stand in a closed time."""
    movable = Q(visit__state__in=[state.value for state in MOVABLE])
    return Rebooking.objects.filter(
        movable,
        visit__visit=F("was"),
        visit__visit__startswith__gt=now,
        closure__during__endswith__gt=now,
    ).order_by("pk")


def _suspended(now: datetime) -> list[Line]:
    planned = plan.current()
    visits = (
        Appointment.objects.filter(state=State.SUSPENDED.value)
        .select_related("person", "visit_type")
        .prefetch_related("changes")
        .in_time_order()
    )
    return [
        _visit(visit, until=keeps_its_time_until(visit, planned)) for visit in visits[:MOST_SHOWN]
    ]


def _call(call: Call, *, is_closed: bool) -> Line:
    visit = call.visit
    why = Call.Why(call.why)
    if why == Call.Why.CLOSED and visit and not is_closed:
        # It was given another time meanwhile: that is what they have to hear.
        why = Call.Why.VISIT
    about = ""
    if visit:
        about = _("%(when)s, %(kind)s: %(state)s") % {
            "when": times.in_words(visit.starts_at),
            "kind": visit.visit_type.name,
            "state": _(State(visit.state).label),
        }
    return Line(
        id=call.pk,
        version=call.version,
        visit_id=call.visit_id,
        what=str(call.get_ended_display() if call.ended else TO_SAY[why]),
        note=about,
        is_urgent=why == Call.Why.EMERGENCY,
        tries=call.tries,
        **_person(call.patient.kept),
    )


def _visit(visit: Appointment, *, until: datetime | None = None) -> Line:
    """`until` is how long a suspended one keeps its time."""
    note = visit.visit_type.name
    if until:
        note = _("%(kind)s: keeps its time until %(until)s") % {
            "kind": note,
            "until": times.in_words(until),
        }
    return Line(
        id=visit.pk,
        version=visit.version,
        visit_id=visit.pk,
        what=times.in_words(visit.starts_at),
        note=note,
        **_person(visit.person),
    )


def _person(patient: Any) -> dict[str, Any]:
    return {
        "patient_id": patient.pk,
        "who": patient.name,
        "phone": patient.phone.as_national if patient.phone else "",
        "phone_link": patient.phone.as_rfc3966 if patient.phone else "",
    }
