"""Coming visits that the opening hours no longer have room for: somebody calls those patients."""

from datetime import datetime, timedelta
from uuid import UUID

from scheduling import plan
from scheduling.models import Appointment
from scheduling.slots import merge, open_time

A_DAY = timedelta(days=1)


def outside_hours(*, now: datetime) -> dict[UUID, Appointment]:
    """Coming visits outside the opening hours of whom they are with, in their order."""
    planned = plan.current()
    return {
        visit.pk: visit
        for visit in Appointment.objects.coming(now).select_related("patient")
        if not _is_inside(visit, planned)
    }


def _is_inside(visit: Appointment, planned: plan.Plan) -> bool:
    zone = planned.policy.zone
    day = visit.starts_at.astimezone(zone).date()
    weekly = planned.hours.get(visit.clinician_id, ())
    extra = planned.extra_hours.get(visit.clinician_id, ())
    # The neighbours too: hours may touch at midnight.
    opened = open_time(weekly, extra, (), day - A_DAY, day + A_DAY, zone)
    return any(
        hours.start <= visit.starts_at and visit.ends_at <= hours.end
        for hours in merge(opened.hours)
    )
