"""Wherever a patient is told to call, the number is called when pressed, and stays on one line."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from clinic.models import User
from scheduling import services
from scheduling.models import Appointment
from scheduling.slots import Interval
from tests.database import ROOT
from tests.factories import scheduling
from tests.factories.intake import ClearanceFactory

NUMBER = "(703) 555-0142"
LINK = f'<a class="tel" href="tel:+1-703-555-0142">{NUMBER}</a>'

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(patient: User, time_machine) -> Appointment:
    time_machine.move_to(scheduling.NOW, tick=False)
    leave = ClearanceFactory.create(patient=patient.patients.get())
    return scheduling.book(leave, scheduling.NINE + timedelta(days=7))


def sentences(page: str) -> str:
    """The page without its header and footer, which have a link of their own."""
    return page.split("<main", 1)[1].split("</main>", 1)[0]


def test_on_the_page_of_a_visit_and_of_free_times(patient_client: Client, visit: Appointment):
    for page in (f"/my/visits/{visit.pk}/", f"/book/{visit.clearance_id}/"):
        shown = sentences(patient_client.get(page).text)
        assert f"all us at {LINK}." in shown
        assert shown.count(NUMBER) == shown.count(LINK)


def test_where_nothing_is_free(patient_client: Client, visit: Appointment):
    services.close(
        during=Interval(scheduling.NOW, scheduling.NOW + timedelta(days=200)),
        reason="Away",
        by=None,
        now=scheduling.NOW,
    )
    shown = sentences(patient_client.get(f"/book/{visit.clearance_id}/").text)
    assert f"Call us at {LINK}:" in shown


def test_no_number_in_a_template_is_bare():
    """As text it would break in the middle, and nobody could press it."""
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text()
        assert "clinic.phone.as_national" not in text, file


def test_the_style_keeps_it_together():
    css = (ROOT / "clinic" / "static" / "clinic" / "clinic.css").read_text()
    assert re.search(r"\.tel \{[^}]*white-space: nowrap", css)
