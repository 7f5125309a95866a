"""Calls that do not end in leave to book: stopped by a red flag, or gone on with by the caller."""

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clinic.models import User
from intake.models import Case
from tests import answers
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import StaffFactory
from tests.functional.steps import next_page
from tests.walking import BY_SLUG

pytestmark = pytest.mark.browser

CALLER = {
    "id_given_name": "Cal",
    "id_family_name": "Rivers",
    "id_phone": "7035550160",
    "id_month": "3",
    "id_day": "9",
    "id_year": "1988",
}


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


def tab_to(page: Page, id_: str) -> None:
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == id_:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"#{id_} is not reached by keyboard")


def tab_to_button(page: Page, words: str) -> None:
    for _ in range(60):
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{words!r} is not reached by keyboard")


def press_by_key(page: Page, words: str) -> None:
    tab_to_button(page, words)
    with next_page(page):
        page.keyboard.press("Enter")


def type_in(page: Page, fields: Mapping[str, str]) -> None:
    for id_, text in fields.items():
        tab_to(page, id_)
        page.keyboard.type(text)


def pick(page: Page, question: str, value: object) -> None:
    """Into the group by Tab, as a radio group lets one in, then along it by arrow."""
    first = page.locator(f"input[name='{question}']").first
    tab_to(page, first.get_attribute("id") or "")
    for _ in range(12):
        if page.evaluate("document.activeElement.value") == str(value):
            break
        is_radio = page.evaluate("document.activeElement.type") == "radio"
        page.keyboard.press("ArrowDown" if is_radio else "Tab")
    page.keyboard.press("Space")


def here(page: Page) -> str:
    return page.locator("input[name='screen']").get_attribute("value") or ""


def begin(page: Page) -> None:
    page.goto("/staff/intake/new/")
    type_in(page, CALLER)
    press_by_key(page, "Begin the questions")


def say(page: Page, said: Mapping[str, Any]) -> None:
    """The questions of one screen."""
    for question in BY_SLUG[here(page)].questions:
        given = said.get(question)
        if given is None or not page.locator(f"input[name='{question}']").count():
            continue
        for value in given if isinstance(given, list) else [given]:
            pick(page, question, value)
    press_by_key(page, "Continue")


def test_what_is_missing_takes_the_focus(visit: Visits, desk):
    page = visit(DESKTOP, user=desk)
    page.goto("/staff/intake/new/")
    axe(page)
    screenshot(page, "phone-new")
    press_by_key(page, "Begin the questions")
    expect(page.get_by_role("alert")).to_be_focused()
    axe(page)


def test_a_red_flag_stops_the_call_with_the_words_to_say(visit: Visits, desk):
    page = visit(PHONE, user=desk)
    begin(page)
    while page.locator("input[name='screen']").count():
        fits(page)
        if here(page) == "seat-and-legs":
            axe(page)
            screenshot(page, "phone-narrow-seat-and-legs")
        if here(page) == "date-of-birth":
            press_by_key(page, "Continue")
        else:
            say(page, answers.EMERGENCY)
    expect(page.get_by_text("Please hang up and call 911 now")).to_be_visible()
    fits(page)
    axe(page)
    screenshot(page, "phone-narrow-emergency")
    assert Case.objects.get().disposition == "EMERGENCY"
    page.go_back()
    page.reload()
    expect(page.get_by_text("Please hang up and call 911 now")).to_be_visible()


def test_a_caller_goes_on_by_themselves(visit: Visits, desk):
    page = visit(PHONE, user=desk)
    begin(page)
    press_by_key(page, "Let them go on by themselves")
    axe(page)
    screenshot(page, "phone-narrow-hand-over")
    page.get_by_label("Email").fill("cal@example.com")
    press_by_key(page, "Send the link")
    expect(page.get_by_text("The link went to cal@example.com.")).to_be_visible()
    fits(page)
    axe(page)
    screenshot(page, "phone-narrow-handed-over")
    page.goto("/staff/intake/new/")
    expect(page.get_by_text("not opened yet")).to_be_visible()
    fits(page)
    axe(page)
    screenshot(page, "phone-narrow-new")
