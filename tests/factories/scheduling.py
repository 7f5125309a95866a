"""The calendar's rows for tests; the doctor, hours and visit types come with the migrations."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from intake.models import Clearance
from scheduling import services
from scheduling.models import Appointment, Clinician, VisitType
from scheduling.slots import State
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory

# A Monday evening; the clinic is open on Tuesday from 9:00 to 13:00, and it is winter there.
NOW = datetime(2026, 11, 9, 23, tzinfo=UTC)
NINE = datetime(2026, 11, 10, 14, tzinfo=UTC)


def coming(weekday: int, now: datetime) -> date:
    """The next such day, Monday being 0; by a real clock never too near for any policy."""
    soon = timezone.localdate(now) + timedelta(days=2)
    return soon + timedelta(days=(weekday - soon.weekday()) % 7)


def solomon() -> Clinician:
    return Clinician.objects.get(name="Dr. Jonathan Solomon")


def visit_type(code: str = "new-exam") -> VisitType:
    return VisitType.objects.get(code=code)


def clearance(**fields: object) -> Clearance:
    return ClearanceFactory.create(**fields)


def wish(leave: Clearance, code: str) -> dict[str, Any]:
    """Who wants a visit, under what leave, and of which kind: as the services are asked."""
    return {
        "patient_id": leave.patient_id,
        "clearance_id": leave.pk,
        "visit_type_id": visit_type(code).pk,
    }


def hold(
    leave: Clearance, start: datetime = NINE, *, code: str = "new-exam", now: datetime = NOW
) -> Appointment:
    return services.hold(**wish(leave, code), start=start, by=None, now=now)


def book(
    leave: Clearance, start: datetime = NINE, *, code: str = "new-exam", now: datetime = NOW
) -> Appointment:
    return services.book(**wish(leave, code), start=start, by=None, now=now)


def done(leave: Clearance, start: datetime = NINE) -> Appointment:
    """A visit that took place."""
    visit = book(leave, start)
    for state in (State.ARRIVED, State.IN_ROOM, State.DONE):
        services.mark(appointment_id=visit.pk, to=state, by=None, now=start)
    return Appointment.objects.get(pk=visit.pk)


def state_of(visit_id: UUID) -> State:
    return State(Appointment.objects.values_list("state", flat=True).get(pk=visit_id))


def fifty_clearances(count: int = 50) -> list[Clearance]:
    """As many patients, each free to book."""
    return [ClearanceFactory.create(patient=PatientFactory.create()) for _ in range(count)]
