"""An administrator compares two records in a browser, merges them, and takes them apart."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.models import User
from intake.models import Patient
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def administrator(site: str) -> User:
    return StaffFactory(name="Ada Admin", is_administrator=True)


@pytest.fixture
def kept(site: str) -> Patient:
    born = date(1960, 3, 14)
    PatientFactory.create(given_name="Anna", family_name="Reyes", born=born)
    account = AccountFactory(email="ana@example.com")
    return PatientFactory.create(
        account=account, given_name="Ana", family_name="Reyes", born=born, phone="+17035550142"
    )


def test_compared_merged_and_taken_apart(visit: Visits, administrator: User, kept: Patient):
    page = visit(DESKTOP, user=administrator)
    page.goto(f"/staff/patients/{kept.pk}/")
    page.get_by_role("link", name="Compare and merge").click()
    expect(page.get_by_role("heading", level=1, name="Are these one person?")).to_be_visible()
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_role("alert")).to_be_focused()
    seen(page, "merge-wide")
    page.get_by_role("region", name="Ana Reyes").get_by_label("Keep this record").check()
    page.get_by_label("Why").fill("The same insurance card.")
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text("Also known as")).to_be_visible()
    seen(page, "patient-merged-wide")

    phone = visit(PHONE, user=administrator)
    phone.goto(page.url)
    phone.get_by_role("link", name="Take apart").click()
    seen(phone, "apart-narrow")
    phone.get_by_label("Why").fill("Two sisters.")
    phone.get_by_role("button", name="Take them apart").click()
    expect(phone.get_by_role("heading", level=1, name="Anna Reyes")).to_be_visible()
    assert not Patient.objects.exclude(merged_into=None).exists()


def seen(page: Page, name: str) -> None:
    axe(page)
    fits(page)
    screenshot(page, name)
