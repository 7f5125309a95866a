"""The calendar file of one visit, for whatever calendar a person keeps."""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext
from icalendar import Calendar, Event, vCalAddress

from clinic.models import ClinicProfile

METHOD = "PUBLISH"
FILE_NAME = "visit.ics"


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
    event = Event()
    event.add("uid", f"{visit_id}@{urlsplit(settings.SITE_URL).hostname}")
    # A later file about the same visit takes the place of an earlier one.
    event.add("sequence", int(now.timestamp()))
    # In UTC: every calendar shows it in its owner's zone, without a table of zones in the file.
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", starts_at.astimezone(UTC))
    event.add("dtend", ends_at.astimezone(UTC))
    event.add(
        "summary", gettext("%(name)s: visit at %(clinic)s") % {"name": name, "clinic": clinic.name}
    )
    event.add("location", clinic.address)
    event.add(
        "description",
        gettext("To see, change or cancel your visit: %(link)s\nPhone: %(phone)s")
        % {"link": link, "phone": clinic.phone.as_national},
    )
    event.add("url", link)
    event.add("organizer", _organizer(clinic))
    event.add("status", "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", f"-//{clinic.name}//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", METHOD)
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")


def _organizer(clinic: ClinicProfile) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{clinic.email}")
    organizer.params["CN"] = clinic.name
    return organizer
