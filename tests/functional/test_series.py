"""A series booked at the desk in a browser: mouse and keyboard, wide and on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import User
from intake.models import Clearance
from scheduling.models import Appointment, Closure
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def leave(site: str) -> Clearance:
    """Free to book for thirty days; the coming Wednesday is closed."""
    ana = PatientFactory(account=AccountFactory(), given_name="Ana", family_name="Reyes")
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    wednesday = today + timedelta(days=(2 - today.weekday()) % 7 or 7)
    Closure.objects.create(during=(wednesday, wednesday + timedelta(days=1)), reason="Training")
    return ClearanceFactory(patient=ana, starts_at=timezone.now())


def test_a_series_by_keyboard(visit: Visits, desk, leave):
    page = visit(DESKTOP, user=desk)
    page.goto(f"/staff/patients/{leave.patient_id}/")
    page.get_by_role("link", name="Book a series of visits").press("Enter")
    page.get_by_role("button", name="Propose times").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    axe(page)
    for day in ("Monday", "Wednesday"):
        page.get_by_label(day).press("Space")
    page.get_by_label("Near").fill("09:30")
    page.get_by_label("What for").select_option(label="Adjustment")
    page.get_by_role("button", name="Propose times").press("Enter")
    expect(page.get_by_text("5 of 6 wished visits have a time near the hour.")).to_be_visible()
    axe(page)
    screenshot(page, "series-wide")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    fits(page)
    screenshot(page, "series-narrow")
    page.get_by_role("button", name="Book all of these").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    axe(page)
    page.get_by_role("alert").get_by_role("link").press("Enter")
    closed = page.locator(".series-row.is-open")
    expect(closed).to_be_focused()
    closed.get_by_role("radio").first.press("Space")
    page.get_by_role("button", name="Book all of these").press("Enter")
    expect(page.get_by_text("Ana Reyes: 6 visits are booked.")).to_be_visible()
    assert Appointment.objects.count() == 6
