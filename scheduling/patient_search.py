"""Patients found for the staff, each with the next visit, worded."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.formats import date_format

from clinic import times
from clinic.models import User
from intake import public as intake
from intake.public import PatientFound
from scheduling.models import Appointment


@dataclass(frozen=True)
class Found:
    """One patient; `born` and `next_visit` in words, the second empty without one."""

    id: UUID
    name: str
    born: str
    town: str
    phone: str
    email: str
    next_visit: str
    found_as: str


def search(text: str, *, by: User, now: datetime) -> list[Found]:
    """The likeliest first. A look at a list, on record."""
    people = intake.find_patients(text, by=by, now=now)
    coming = _next_visits([person.id for person in people], now) if people else {}
    return [_worded(person, coming.get(person.id)) for person in people]


def _next_visits(patients: Collection[UUID], now: datetime) -> dict[UUID, datetime]:
    visits = Appointment.objects.coming(now).filter(person__in=patients)
    found: dict[UUID, datetime] = {}
    for person_id, visit in visits.values_list("person_id", "visit"):
        found.setdefault(person_id, visit.lower)
    return found


def _worded(person: PatientFound, next_visit: datetime | None) -> Found:
    return Found(
        id=person.id,
        name=person.name,
        born=date_format(person.born, "M j, Y"),
        town=person.town,
        phone=person.phone,
        email=person.email,
        next_visit=times.in_words(next_visit) if next_visit else "",
        found_as=person.found_as,
    )
