"""Coming visits that the opening hours no longer have room for: somebody calls those patients."""

from datetime import datetime
from uuid import UUID

from scheduling import plan
from scheduling.availability import is_within_hours
from scheduling.models import Appointment
from scheduling.plan import as_interval


def outside_hours(*, now: datetime) -> dict[UUID, Appointment]:
    """Coming visits outside the opening hours of whom they are with, in their order."""
    planned = plan.current()
    return {
        visit.pk: visit
        for visit in Appointment.objects.coming(now).select_related("patient")
        if not is_within_hours(
            as_interval(visit.visit), clinician_id=visit.clinician_id, planned=planned
        )
    }
