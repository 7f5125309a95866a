"""The calendar file of a visit, or of several, for whatever calendar a person keeps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext
from icalendar import Calendar, Event, vCalAddress

from clinic.models import ClinicProfile

METHOD = "PUBLISH"
FILE_NAME = "visit.ics"


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit. `link` leads to its page."""

    visit_id: UUID
    starts_at: datetime
    ends_at: datetime
    link: str


def for_visit(
    clinic: ClinicProfile,
    *,
    visit_id: UUID,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    link: str,
    now: datetime,
) -> str:
    """The text of the file. `name` is the given name of whoever the visit is for."""
    return for_visits(clinic, [Entry(visit_id, starts_at, ends_at, link)], name=name, now=now)


def for_visits(clinic: ClinicProfile, visits: Iterable[Entry], *, name: str, now: datetime) -> str:
    """Several in one file, each an entry of its own: one that is moved leaves the others alone."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{clinic.name}//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", METHOD)
    for visit in visits:
        calendar.add_component(_event(clinic, visit, name=name, now=now))
    return str(calendar.to_ical(), "utf-8")


def _event(clinic: ClinicProfile, visit: Entry, *, name: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{visit.visit_id}@{urlsplit(settings.SITE_URL).hostname}")
    # A later file about the same visit takes the place of an earlier one.
    event.add("sequence", int(now.timestamp()))
    # In UTC: every calendar shows it in its owner's zone, without a table of zones in the file.
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", visit.starts_at.astimezone(UTC))
    event.add("dtend", visit.ends_at.astimezone(UTC))
    event.add(
        "summary", gettext("%(name)s: visit at %(clinic)s") % {"name": name, "clinic": clinic.name}
    )
    event.add("location", clinic.address)
    event.add(
        "description",
        gettext("To see, change or cancel your visit: %(link)s\nPhone: %(phone)s")
        % {"link": visit.link, "phone": clinic.phone.as_national},
    )
    event.add("url", visit.link)
    event.add("organizer", _organizer(clinic))
    event.add("status", "CONFIRMED")
    return event


def _organizer(clinic: ClinicProfile) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{clinic.email}")
    organizer.params["CN"] = clinic.name
    return organizer
