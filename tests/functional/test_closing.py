"""A patient whose visit stands in a closed time takes another one, in a browser."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduling import services
from scheduling.slots import Interval, local_instant
from tests.browser import PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import book, coming

pytestmark = pytest.mark.browser


def test_the_time_proposed_is_taken(visit: Visits, site: str):
    now = timezone.now()
    ana = PatientFactory(account=AccountFactory(), given_name="Ana", family_name="Reyes")
    leave = ClearanceFactory(patient=ana, starts_at=now - timedelta(days=1))
    nine = local_instant(coming(1, now), time(9), timezone.get_default_timezone())
    hers = book(leave, nine, now=now - timedelta(hours=1))
    during = Interval(nine, nine + timedelta(hours=10))
    closed = services.close(during=during, reason="Dr. Solomon is ill", by=None, now=now)
    services.tell_patients(closure_id=closed.closure.pk, by=None, now=now)

    page = visit(PHONE, user=ana.account)
    page.goto(f"/my/visits/{hers.pk}/move/")
    axe(page)
    fits(page)
    screenshot(page, "move-closed-narrow")
    page.get_by_role("button", name="Take this time: Wed").first.click()
    page.get_by_role("button", name="Move my visit").click()
    expect(page.get_by_text("Your visit is now on")).to_be_visible()
