"""A patient found by keyboard alone from anywhere, and the desk's patient pages in a browser."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.models import ServiceTown, User
from intake.models import Patient
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, held

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def jose(site: str) -> Patient:
    account = AccountFactory(email="jose@example.com")
    PatientFactory(account=account, given_name="Rosa", family_name="Núñez", born=date(2015, 4, 1))
    PatientFactory(given_name="Ana", family_name="Nunes", born=date(1960, 3, 14))
    return PatientFactory(
        account=account,
        given_name="José",
        family_name="Núñez",
        born=date(1960, 3, 14),
        phone="+17035550142",
        town=ServiceTown.objects.get(name="South Riding"),
    )


def test_found_by_keyboard_alone(visit: Visits, desk: User, jose: Patient):
    page = visit(DESKTOP, user=desk)
    page.goto("/staff/messages/")
    page.get_by_role("link", name="Protocol", exact=True).focus()
    page.keyboard.press("/")
    box = page.get_by_role("searchbox", name="Find a patient")
    expect(box).to_be_focused()
    page.keyboard.type("3/14/1960 nuñes")
    expect(page.get_by_role("status").filter(has_text="2 patients found")).to_have_count(1)
    assert box.input_value() == "3/14/1960 nuñes", "inside a field a slash is a slash"
    axe(page)
    screenshot(page, "search-wide")

    page.keyboard.press("ArrowDown")
    expect(page.locator(".found-one").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Protocol", exact=True)).to_be_focused()
    expect(page.locator(".found-one")).to_have_count(0)

    page.keyboard.press("/")
    page.keyboard.type("jose nunez")
    expect(page.locator(".found-one").first).to_contain_text("José Núñez")
    expect(page.locator(".found-one").first).to_be_in_viewport(ratio=1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="José Núñez")).to_be_visible()
    assert "nunez" not in page.url.lower()
    axe(page)
    screenshot(page, "patient-wide")

    page.keyboard.press("/")
    page.keyboard.type("0142")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Find a patient")).to_be_visible()
    expect(page.locator("main .found-one")).to_have_count(1)
    axe(page)


def test_the_pages_on_a_phone_and_in_the_dark(visit: Visits, desk: User, jose: Patient):
    ClearanceFactory(patient=jose.account.patients.get(given_name="Rosa"))
    held(jose)
    page = visit(PHONE, user=desk)
    page.emulate_media(color_scheme="dark")
    page.goto(f"/staff/patients/{jose.pk}/")
    seen(page, "patient-narrow-dark")
    box = page.get_by_role("searchbox", name="Find a patient")
    box.fill("nunez")
    expect(page.locator(".found-one").first).to_be_visible()
    seen(page, "search-narrow-dark")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Change contact details").click()
    page.get_by_label("Date of birth").fill("soon")
    page.get_by_role("button", name="Keep these").click()
    expect(page.get_by_role("alert")).to_be_focused()
    seen(page, "contact-narrow-dark")


def test_somebody_new_is_compared_with_who_is_there(visit: Visits, desk: User, jose: Patient):
    page = visit(DESKTOP, user=desk)
    page.goto("/staff/search/")
    page.get_by_role("main").get_by_role("link", name="New patient").click()
    page.get_by_role("link", name="No time for the questions: only put them on record").click()
    axe(page)
    for label, words in (
        ("First name", "Jose"),
        ("Last name", "Nunez"),
        ("Date of birth", "3/14/1960"),
        ("Mobile phone", "7035550142"),
    ):
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name="Put on record").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("link", name="It is this one")).to_be_visible()
    seen(page, "new-patient-wide")
    page.get_by_role("button", name="No, somebody new").click()
    expect(page.get_by_role("heading", level=1, name="Jose Nunez")).to_be_visible()
    expect(page.get_by_role("link", name="José Núñez")).to_be_visible()


def seen(page: Page, name: str) -> None:
    axe(page)
    fits(page)
    screenshot(page, name)
