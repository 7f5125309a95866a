"""What patients print: Letter paper, whom to call, and nothing that only a screen can do."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import answers
from tests.browser import Visits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory
from tests.functional.steps import answer_all, heading, press, send, start, told

pytestmark = pytest.mark.browser

# Letter paper less its margins, in CSS pixels.
SHEET = (672, 912)
ONLY_ON_SCREEN = (
    "nav, .language, button, .btn:not([href^='tel:']), input:not([type=hidden]), select, textarea"
)


@pytest.fixture
def page(visit: Visits) -> Page:
    return visit(SHEET, still=True)


def prints(page: Page, name: str, *, sheets: int) -> None:
    """On no more sheets than that, with nothing on them that cannot be pressed on paper."""
    page.emulate_media(media="print")
    shown = page.locator(ONLY_ON_SCREEN).locator("visible=true")
    assert shown.count() == 0, f"{name} prints {shown.all_inner_texts()}"
    expect(page.locator(".site-name")).to_be_visible()
    expect(page.get_by_text("(703) 555-0142").last).to_be_visible()
    screenshot(page, f"paper-{name}")
    paper = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 612 792]" in paper, "not Letter paper"
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) <= sheets
    page.emulate_media(media="screen")


def test_a_result(page: Page):
    told(page, answers.REFER)
    send(page)
    heading(page, "See a doctor first")
    prints(page, "result", sheets=2)


def test_an_emergency(page: Page):
    start(page)
    answer_all(page, answers.EMERGENCY)
    heading(page, "Get help now")
    prints(page, "emergency", sheets=1)


def test_the_privacy_notice(page: Page):
    page.goto("/privacy/")
    prints(page, "privacy", sheets=2)


def test_the_first_page(page: Page):
    page.goto("/")
    prints(page, "first-page", sheets=3)


def test_a_visit(visit: Visits, site: str):
    account = AccountFactory.create(email="ana@example.com")
    ana = PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")
    leave = ClearanceFactory.create(patient=ana, starts_at=timezone.now())
    page = visit(SHEET, user=account, still=True)
    page.goto(f"/book/{leave.pk}/")
    with page.expect_navigation():
        page.locator("#times .btn-primary").click()
    press(page, "Confirm this visit")
    heading(page, "Your visit")
    prints(page, "visit", sheets=1)
