"""Whose visit comes first when several must be moved, by what the desk may know.

1. Whom the doctor was to look at before: their answers did not let them book by themselves.
2. A first visit: nobody here has seen them yet.
3. The sooner visit.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from intake import public as intake
from scheduling.models import Appointment


def most_urgent_first(visits: Iterable[Appointment]) -> list[Appointment]:
    """The visits come with their types."""
    visits = list(visits)
    severity = intake.severity_of(visit.clearance_id for visit in visits)

    def place(visit: Appointment) -> tuple[int, bool, datetime, UUID]:
        is_return = not visit.visit_type.for_first_visit
        return (-severity.get(visit.clearance_id, 0), is_return, visit.starts_at, visit.pk)

    return sorted(visits, key=place)
