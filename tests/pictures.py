"""Takes the pictures of the desk's day that stand in docs/pictures: see `make pictures`.

Of the demo's clinic, at a fixed moment, so that each time they show the same. No test: it is run by
its name alone.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from playwright.sync_api import FloatRect, Page, expect

from clinic.models import Message, User
from intake.models import Patient
from scheduling import demo
from scheduling.demo.people import IN_A_SERIES
from tests.browser import Visits, served
from tests.database import ROOT, TestDatabase

pytestmark = pytest.mark.browser

# 11:44 in the clinic on a Monday, in a week without a holiday.
MOMENT = datetime(2026, 11, 16, 16, 44, tzinfo=UTC)
FOLDER = ROOT / "docs" / "pictures"
SCREEN, PAPER = (1280, 1000), (784, 1000)
# Without what the picture of today shows as well.
CALENDAR = FloatRect(x=0, y=105, width=1280, height=850)
PANEL = FloatRect(x=0, y=105, width=1280, height=700)


@pytest.fixture
def site(fresh_database: TestDatabase) -> Iterator[str]:
    """The demo's clinic, served by a program that believes it is then."""
    with time_machine.travel(MOMENT, tick=True):
        demo.load(now=MOMENT)
    # No worker runs here: what it would have mailed by now has gone.
    queued = Message.objects.filter(state=Message.State.QUEUED)
    queued.update(state=Message.State.SENT, sent_at=MOMENT)
    at = MOMENT.isoformat()
    with served(fresh_database, "tests.pictures_settings", PICTURES_AT=at) as port:
        yield f"http://localhost:{port}"


def test_the_desks_day(visit: Visits) -> None:
    page = opened(visit, SCREEN)
    page.goto("/staff/day/")
    page.get_by_role("button", name="Smaller").click()
    expect(page.locator(".visit").first).to_be_visible()
    take(page, "desk-today")
    page.locator(".visit-late").first.click()
    expect(page.locator("#panel").get_by_role("button", name="Close")).to_be_visible()
    take(page, "desk-panel", PANEL)
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Week", exact=True).click()
    expect(page.locator(".visit-suspended")).to_be_visible()
    take(page, "desk-week", CALENDAR)


def test_the_paper(visit: Visits) -> None:
    page = opened(visit, PAPER)
    page.emulate_media(media="print")
    patient = Patient.objects.get(family_name=IN_A_SERIES.family)
    for name, address in (
        ("paper-day", "day/"),
        ("paper-week", "week/"),
        ("paper-card", f"cards/{patient.pk}/"),
    ):
        page.goto(f"/staff/paper/{address}")
        page.locator("body").evaluate("body => body.style.padding = '2rem'")
        if name == "paper-card":
            page.set_viewport_size({"width": 440, "height": 340})
        take(page, name)


def opened(visit: Visits, size: tuple[int, int]) -> Page:
    with time_machine.travel(MOMENT, tick=True):
        page = visit(size, user=User.objects.get(is_desk=True), still=True)
    page.clock.install(time=MOMENT)
    return page


def take(page: Page, name: str, part: FloatRect | None = None) -> None:
    """From the top: the calendar itself begins an hour before now."""
    page.evaluate("document.querySelector('.ec-main')?.scrollTo(0, 0)")
    page.screenshot(path=FOLDER / f"{name}.png", clip=part, animations="disabled")
