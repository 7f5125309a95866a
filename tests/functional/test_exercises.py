"""Home exercises in a real browser: given after a visit, read on a phone, printed."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import User
from intake import services
from intake.exercises import LIBRARY
from intake.models import Patient
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def doctor(site: str) -> User:
    return StaffFactory(name="Dr. Solomon", is_chiropractor=True)


@pytest.fixture
def ana(site: str) -> Patient:
    return PatientFactory(account=AccountFactory(), given_name="Ana", family_name="Reyes")


def test_given_by_keyboard_and_read_on_a_phone(visit: Visits, doctor: User, ana: Patient):
    now = timezone.now()
    for score, days in ((8, 14), (6, 9), (3, 2)):
        services.note_pain(
            patient_id=ana.pk, score=score, by=doctor, now=now - timedelta(days=days)
        )
    staff = visit(DESKTOP, user=doctor)
    staff.goto(f"/staff/review/patients/{ana.pk}/")
    for exercise in LIBRARY:
        staff.get_by_label(exercise.name, exact=True).focus()
        staff.keyboard.press("Space")
    screenshot(staff, "after-visit")
    axe(staff)
    fits(staff)
    staff.get_by_role("button", name="Give these exercises").press("Enter")
    expect(staff.get_by_text("The sheet is made")).to_be_visible()

    phone = visit(PHONE, user=ana.account, still=True)
    phone.goto("/my/visits/")
    phone.get_by_role("link", name="Home exercises").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your home exercises")
    expect(phone.locator(".drawing svg")).to_have_count(2 * len(LIBRARY))
    screenshot(phone, "exercises")
    axe(phone)
    fits(phone)
    phone.emulate_media(media="print")
    paper = phone.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) <= 3
