"""What the desk prints, on the screen and as it comes out of the printer."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import User
from intake.models import Clearance
from tests.browser import DESKTOP, PHONE, Visits, at_each_size, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import book

pytestmark = pytest.mark.browser

# Letter paper less its margins, in CSS pixels.
SHEET = (720, 950)
NAMES = ("Ana Reyes", "Ben Okoro", "Cleo Featherstonehaugh-Whittington", "Dee Núñez", "Eli Tran")


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def nine(site: str) -> datetime:
    tomorrow = timezone.localtime() + timedelta(days=1)
    return tomorrow.replace(hour=9, minute=0, second=0, microsecond=0)


@pytest.fixture
def leave(nine: datetime) -> Clearance:
    """Five people come tomorrow, and Ana five times more."""
    now = timezone.now()
    leaves = []
    for number, name in enumerate(NAMES):
        given, family = name.split(" ", 1)
        patient = PatientFactory(
            account=AccountFactory(),
            given_name=given,
            family_name=family,
            phone=f"+1703555010{number}",
        )
        leaves.append(ClearanceFactory(patient=patient, starts_at=now))
        book(leaves[-1], nine + timedelta(hours=number), now=now)
    for weeks in range(1, 4):
        book(leaves[0], nine + timedelta(weeks=weeks), code="adjustment", now=now)
    return leaves[0]


def prints(page: Page, name: str, *, sheets: int) -> None:
    page.emulate_media(media="print")
    expect(page.locator("nav, button, .sheet-tools").locator("visible=true")).to_have_count(0)
    screenshot(page, f"paper-{name}")
    paper = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 612 792]" in paper, "not Letter paper"
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == sheets
    page.emulate_media(media="screen")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("day-sheet", "/staff/paper/day/?from={day}"),
        ("week", "/staff/paper/week/"),
        ("card", "/staff/paper/cards/{patient}/"),
    ],
)
def test_a_sheet_on_paper_and_on_the_screen(visit: Visits, desk, leave, nine, name, address):
    address = address.format(day=nine.date(), patient=leave.patient_id)
    page = visit(SHEET, user=desk, still=True)
    page.goto(address)
    prints(page, name, sheets=1)
    for width in at_each_size(page, DESKTOP, PHONE):
        expect(page.get_by_role("button", name="Print")).to_be_visible()
        fits(page)
        axe(page)
        screenshot(page, f"paper-{name}-{width}")
