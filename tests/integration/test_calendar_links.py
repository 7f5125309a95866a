"""A look changes nothing: every address of the calendar, and every link in an email about a visit.

Mail scanners and browsers that load ahead open whatever they find. What changes a visit is a form,
sent by POST, that says which version it showed: see `test_stale_pages.py`.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, reverse
from django.urls.converters import IntConverter
from time_machine import TimeMachineFixture

from clinic import messages
from clinic.models import Message, User
from intake.models import Clearance
from scheduling import landing_urls, services, staff_urls, urls
from scheduling.models import Appointment, Closure, Rebooking
from scheduling.slots import Interval, State
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, NOW, book, hold
from tests.people import signed_in

pytestmark = pytest.mark.django_db

ROUTES = {
    "clinic": landing_urls.urlpatterns,
    urls.app_name: urls.urlpatterns,
    staff_urls.app_name: staff_urls.urlpatterns,
}
# What a page's own links and forms may carry, all at once.
ASKED = {
    "start": (NINE + timedelta(hours=1)).isoformat(),
    "week": "2026-11-10",
    "from": "2026-11-10",
    "to": "cancelled",
    "seen": "1",
    "visit_type": "new-exam",
}
# Each from where it may come, by hand.
STATES = [(State.IN_ROOM, State.DONE) if state is State.DONE else (state,) for state in State]


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def visits(patient: User) -> list[Appointment]:
    """The family's, one in each state, and some of them in a time that was closed since."""
    made = []
    for nth, states in enumerate(STATES):
        child = PatientFactory.create(account=patient)
        leave = ClearanceFactory.create(patient=child)
        start = NINE + timedelta(days=nth)
        made.append(hold(leave, NINE) if states == (State.HELD,) else book(leave, start))
        for state in states:
            Appointment.objects.filter(pk=made[-1].pk).update(state=state)
    away = Interval(NINE + timedelta(days=1), NINE + timedelta(days=8))
    services.close(during=away, reason="Away", by=None, now=NOW)
    assert Rebooking.objects.exists()
    return made


def pages(visits: list[Appointment]) -> list[list[str]]:
    """Every page of the calendar: its addresses, about each of these visits."""
    return [
        sorted({address for visit in visits for address in of(namespace, pattern, visit)})
        for namespace, patterns in ROUTES.items()
        for pattern in patterns
    ]


def of(namespace: str, pattern: URLPattern, visit: Appointment) -> Iterator[str]:
    """Under the visit's own id or the patient's; closures and proposals have numbers."""
    place = str(pattern.pattern)
    numbered = any(isinstance(kind, IntConverter) for kind in pattern.pattern.converters.values())
    row = Rebooking if "visits" in place else Closure
    whose = visit.patient_id if place.startswith(("patients", "paper")) else visit.pk
    for pk in row.objects.values_list("pk", flat=True)[:1] if numbered else [whose]:
        parts = {"pk": pk, "visit": visit.pk, "clearance_id": visit.clearance_id}
        named = {name: parts[name] for name in pattern.pattern.converters}
        yield reverse(f"{namespace}:{pattern.name}", kwargs=named)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of the calendar, the clearances it rests on, and what was written to people."""
    tables: list[Any] = [*apps.get_app_config("scheduling").get_models(), Clearance, Message]
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in tables}


@pytest.mark.parametrize("person", ["patient", "desk", "doctor", "administrator", None])
def test_looking_at_every_address_changes_nothing(request, visits, person):
    client = signed_in(request.getfixturevalue(person)) if person else Client()
    before = everything()
    found = pages(visits)
    assert sum(map(len, found)) > 6 * len(visits), "the walk found the pages"
    for page in found:
        # What answers a look answers its head too, whatever the visit's state.
        look(client.head, page[0])
        for address in page:
            if all(map(is_refused, look(client.get, address))):
                break  # at the door or for being no form, whichever visit it is about
    assert everything() == before


def look(ask: Any, address: str) -> list[Any]:
    answers = [ask(address, asked) for asked in ({}, ASKED)]
    assert all(answer.status_code < 500 for answer in answers), address
    return answers


def is_refused(answer: Any) -> bool:
    to = answer.headers.get("Location", "")
    signs_in = to.startswith((reverse("clinic:sign_in"), reverse("clinic:staff_sign_in")))
    return bool(signs_in or answer.status_code in (403, 405))


def test_the_walk_would_see_a_change(visits):
    before = everything()
    Appointment.objects.filter(pk=visits[1].pk).update(version=7)
    assert everything() != before


@pytest.mark.parametrize("who", ["a scanner", "the patient"])
def test_opening_the_links_of_every_email_changes_nothing(patient, visits, who):
    to = {"to": patient.email, "name": "Ana", "now": NOW}
    booked = visits[1]
    times = {"starts_at": booked.starts_at, "ends_at": booked.ends_at}
    messages.booked(visit_id=booked.pk, **times, **to)
    messages.cancelled(starts_at=NINE, **to)
    messages.suspended(starts_at=NINE, until=NINE, **to)
    messages.released(starts_at=NINE, **to)
    messages.cleared(clearance_id=booked.clearance_id, **to)
    messages.held(**to)
    messages.referred(**to)
    links = {
        link
        for body in Message.objects.values_list("body", flat=True)
        for link in re.findall(r"https?://[^/\s]+(/\S*)", body)
    }
    assert len(links) >= 3
    client = signed_in(patient) if who == "the patient" else Client()
    before = everything()
    for link in sorted(links):
        for method in ("get", "head"):
            answer = getattr(client, method)(link, follow=True)
            assert answer.status_code == 200, link
    assert everything() == before


def test_no_link_in_an_email_is_to_something_that_acts():
    """They lead to pages that show; what acts lies behind a form on them."""
    acting = {"hold", "confirm", "cancel", "move", "step"}
    sent = messages.booked(
        to="ana@example.com",
        name="Ana",
        visit_id=ClearanceFactory.create().pk,
        starts_at=NINE,
        ends_at=NINE,
        now=NOW,
    )
    for link in re.findall(r"https?://\S+", sent.body + sent.calendar):
        assert not acting & set(link.split("/"))
