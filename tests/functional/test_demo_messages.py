"""The demo's messages in a browser: they come by themselves, on a phone too."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from clinic import messages, services
from clinic.models import User
from tests.browser import PHONE, Visits, axe, screenshot, served
from tests.database import TestDatabase

pytestmark = pytest.mark.browser

STARTS = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)


@pytest.fixture
def site(fresh_database: TestDatabase) -> Iterator[str]:
    """The demo, in a process of its own."""
    with served(fresh_database, "tests.demo_settings") as port:
        yield f"http://localhost:{port}"


def queue_booked(name: str) -> None:
    with transaction.atomic():
        messages.booked(
            to="kim@example.com",
            name=name,
            visit_id=uuid4(),
            starts_at=STARTS,
            ends_at=STARTS + timedelta(minutes=45),
            now=timezone.now(),
        )


def test_a_message_comes_without_a_reload(visit: Visits):
    desk = User.objects.create_user("desk@example.com", name="Robin Vale", is_desk=True)
    services.enrol_totp(user=desk, by=None, now=timezone.now())
    page = visit(PHONE, still=True)
    page.goto("/demo/messages/")
    expect(page.get_by_text("No messages yet")).to_be_visible()
    expect(page.get_by_text("Robin Vale")).to_be_visible()
    axe(page)

    queue_booked("Kim")
    expect(page.get_by_text("Hello Kim,")).to_be_visible()
    queue_booked("Lee")
    expect(page.get_by_text("Hello Lee,")).to_be_visible()

    axe(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE[0], "it scrolls sideways"
    with page.expect_download() as download:
        page.get_by_role("link", name="Calendar file").first.click()
    assert download.value.suggested_filename == "visit.ics"
    screenshot(page, "demo-messages")


def test_it_is_read_without_javascript(visit: Visits):
    queue_booked("Kim")
    page = visit(javascript=False)
    page.goto("/demo/messages/")
    expect(page.get_by_text("Hello Kim,")).to_be_visible()
