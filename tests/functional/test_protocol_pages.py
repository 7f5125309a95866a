"""The protocol in a real browser: read on a phone and a desk, searched, printed."""

import pytest
from playwright.sync_api import expect

from clinic.models import User
from tests.browser import DESKTOP, PHONE, Visits, at_each_size, axe, fits, screenshot, unstyled
from tests.factories.clinic import StaffFactory

pytestmark = pytest.mark.browser

PAGE = "/staff/protocol/"


@pytest.fixture
def doctor(site: str) -> User:
    return StaffFactory(name="Dr. Solomon", is_chiropractor=True)


def test_the_protocol_can_be_read_by_everybody(visit: Visits, doctor: User):
    page = visit(user=doctor)
    page.goto(PAGE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in at_each_size(page, DESKTOP, PHONE):
            fits(page)
            axe(page)
            assert not unstyled(page)
            screenshot(page, f"staff-protocol-{width}-{scheme}")
    page.goto(f"{PAGE}?q=moonlight")
    axe(page)


def test_it_is_signed_with_the_keyboard(visit: Visits, doctor: User):
    page = visit(PHONE, user=doctor)
    page.goto("/staff/review/")
    axe(page)
    page.get_by_role("link", name="Read the protocol").press("Enter")
    page.get_by_role("link", name="Sign it").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign protocol, version 1.1")
    for width in at_each_size(page, PHONE, DESKTOP):
        fits(page)
        axe(page)
        screenshot(page, f"staff-protocol-sign-{width}")
    page.get_by_label("Remark").fill("The age limits are right.")
    page.get_by_role("button", name="Sign version 1.1").press("Enter")
    expect(page.locator(".messages")).to_contain_text("You signed version 1.1.")
    expect(page.get_by_label("Signature")).to_contain_text("Signed by Dr. Solomon")
    fits(page)
    axe(page)
    page.goto("/staff/review/")
    expect(page.get_by_text("is not signed")).to_have_count(0)


def test_it_is_searched_and_followed_without_javascript(visit: Visits, doctor: User):
    page = visit(PHONE, user=doctor, javascript=False)
    page.goto(PAGE)
    page.get_by_label("Search the protocol").fill("blood thinner")
    page.get_by_role("button", name="Search").click()
    rule = page.get_by_role("article", name="C06")
    expect(rule).to_be_visible()
    expect(page.get_by_role("article", name="E09")).to_have_count(0)
    rule.get_by_role("link", name="question").click()
    expect(page).to_have_url(f"{visit.site}{PAGE}#q-thinner")
    expect(page.locator("#q-thinner")).to_be_in_viewport()


def test_on_paper_stands_the_protocol_and_nothing_to_press(visit: Visits, doctor: User):
    page = visit(DESKTOP, user=doctor)
    page.goto(PAGE)
    page.emulate_media(media="print")
    expect(page.locator("#E02")).to_be_visible()
    for button in (*page.get_by_role("button").all(), *page.get_by_role("navigation").all()):
        expect(button).to_be_hidden()
