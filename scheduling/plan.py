"""What the clinic has planned: who sees patients, when, what for, and what is closed.

Every look at the calendar needs it, and it changes a few times a month: each process keeps the
plan it read last. Whatever changes the plan gives it another revision in the same transaction (a
trigger, see `migrations/0002_guards.py`), so one short query tells whether what is kept still
holds, and a booking that waited for a closure sees it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from clinic.models import ClinicProfile
from scheduling import slots
from scheduling.models import Clinician, Closure, ExtraHours, OpeningHours, VisitType
from scheduling.slots import Interval, Offered, Policy, VisitShape, Window


@dataclass(frozen=True, slots=True)
class ClosedTime:
    """Of one clinician, of one room, or (neither) of the whole clinic; `id` is the closure's."""

    id: int
    during: Interval
    clinician_id: int | None
    room_id: int | None
    reason: str

    def concerns_clinician(self, clinician_id: int) -> bool:
        return self.room_id is None and self.clinician_id in (None, clinician_id)

    def concerns_room(self, room_id: int | None) -> bool:
        return self.clinician_id is None and self.room_id in (None, room_id)


# Two are the same when they are one: what follows from a plan is kept under it.
@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`clinician_id` is whom online visits are with, None when nobody sees patients.

    Hours, weekly and extra, are by clinician, visit types by id. The visit types are everybody's:
    read them only.
    """

    revision: UUID
    clinician_id: int | None
    hours: Mapping[int, tuple[Window, ...]]
    extra_hours: Mapping[int, tuple[slots.ExtraHours, ...]]
    closures: tuple[ClosedTime, ...]
    visit_types: Mapping[int, VisitType]
    policy: Policy
    kept_for: timedelta
    suspended_for: timedelta
    offers_stand_for: timedelta
    answers_stand_for: timedelta
    most_visits_patient: int
    most_visits_account: int


_last: Plan | None = None


class PlanChanged(Exception):
    """The plan that was taken for the one that stands no longer does."""


def current() -> Plan:
    """The plan as this transaction sees it."""
    global _last
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision FROM scheduling_plan_revision")
        (revision,) = cursor.fetchone()
    last = _last
    if last is None or last.revision != revision:
        # Changed between the two reads, this is newer than its revision, which nobody sees again.
        _last = last = _read(revision)
    return last


def last_read() -> Plan:
    """The plan that this process read last: for whoever learns in time whether it still stands.

    Where nobody sees patients nothing is asked that would tell: then it is `current`.
    """
    last = _last
    return last if last and last.clinician_id else current()


def shape_of(visit_type: VisitType, length: timedelta | None = None) -> VisitShape:
    """What a visit of this type takes. A room without a part of its own is taken for all of it.

    `length` is for a visit that the desk has made longer or shorter than its type.
    """
    length = length or timedelta(minutes=visit_type.minutes)
    in_room = visit_type.room_id is not None
    if visit_type.room_from is None or visit_type.room_until is None:
        room_from, room_until = timedelta(0), length
    else:
        room_from = timedelta(minutes=visit_type.room_from)
        room_until = timedelta(minutes=visit_type.room_until)
    return VisitShape(
        length=length,
        buffer_before=timedelta(minutes=visit_type.buffer_before),
        buffer_after=timedelta(minutes=visit_type.buffer_after),
        room_from=room_from if in_room else None,
        room_until=room_until if in_room else None,
    )


def as_range(interval: Interval) -> DateTimeTZRange:
    return DateTimeTZRange(interval.start, interval.end, "[)")


def as_interval(stored: DateTimeTZRange) -> Interval:
    return Interval(stored.lower, stored.upper)


def _read(revision: UUID) -> Plan:
    clinic = ClinicProfile.current()
    # Every patient is seen by the same doctor: that is the promise.
    seeing = Clinician.objects.filter(is_active=True).order_by("pk")
    hours: dict[int, tuple[Window, ...]] = {}
    for row in OpeningHours.objects.order_by("pk"):
        hours[row.clinician_id] = (*hours.get(row.clinician_id, ()), _window(row))
    extra: dict[int, tuple[slots.ExtraHours, ...]] = {}
    for once in ExtraHours.objects.order_by("pk"):
        extra[once.clinician_id] = (*extra.get(once.clinician_id, ()), _once(once))
    return Plan(
        revision=revision,
        clinician_id=seeing.values_list("pk", flat=True).first(),
        hours=hours,
        extra_hours=extra,
        closures=tuple(
            ClosedTime(row.pk, as_interval(row.during), row.clinician_id, row.room_id, row.reason)
            for row in Closure.objects.order_by("during")
        ),
        visit_types=VisitType.objects.in_bulk(),
        policy=Policy(
            notice=timedelta(minutes=clinic.minimum_notice_minutes),
            horizon_days=clinic.horizon_days,
            step=timedelta(minutes=clinic.step_minutes),
            zone=ZoneInfo(timezone.get_default_timezone_name()),
        ),
        kept_for=timedelta(minutes=clinic.hold_minutes),
        suspended_for=timedelta(hours=clinic.suspended_open_hours),
        offers_stand_for=timedelta(hours=clinic.offer_hours),
        answers_stand_for=timedelta(days=clinic.rescreen_days),
        most_visits_patient=clinic.most_visits_patient,
        most_visits_account=clinic.most_visits_account,
    )


def _window(row: OpeningHours) -> Window:
    return Window(
        row.weekday,
        row.starts,
        row.ends,
        row.valid_from,
        row.valid_until,
        Offered(row.offered),
    )


def _once(row: ExtraHours) -> slots.ExtraHours:
    return slots.ExtraHours(row.day, row.starts, row.ends, Offered(row.offered))
