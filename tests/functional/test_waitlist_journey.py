"""A patient waits for a time that suits, the desk offers one, the patient takes it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import Message
from scheduling.models import Appointment, WaitlistOffer
from tests.browser import DESKTOP, Visits, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.functional.steps import follow, heading, next_page, press

pytestmark = pytest.mark.browser


def test_a_patient_waits_and_takes_the_time_that_is_offered(visit: Visits, site: str):
    account = AccountFactory.create(email="ana@example.com")
    ana = PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")
    ClearanceFactory.create(patient=ana, starts_at=timezone.now() - timedelta(hours=1))
    phone = visit(user=account)
    phone.goto("/my/visits/")
    follow(phone, "No time suits you? The waitlist")
    heading(phone, "The waitlist")
    axe(phone)
    fits(phone)
    screenshot(phone, "waitlist")
    press(phone, "Put me on the waitlist")
    expect(phone.get_by_text("You are on the waitlist.")).to_be_visible()
    axe(phone)

    desk = visit(DESKTOP, user=StaffFactory.create(is_desk=True))
    desk.goto("/staff/waitlist/")
    axe(desk)
    screenshot(desk, "staff-waitlist")
    with next_page(desk):
        desk.get_by_role("button", name=re.compile("^Offer this time")).first.click()
    expect(desk.get_by_text("Offered to 1 person.")).to_be_visible()
    axe(desk)
    desk.set_viewport_size({"width": 360, "height": 800})
    fits(desk)
    screenshot(desk, "staff-waitlist-narrow")

    letter = Message.objects.get(kind="offered").body
    phone.goto(re.findall(r"/my/offers/[-\w]+/", letter)[0])
    heading(phone, "A time is free")
    axe(phone)
    fits(phone)
    screenshot(phone, "waitlist-offer")
    press(phone, "Take this time")
    expect(phone.get_by_text("The visit is booked.")).to_be_visible()
    assert Appointment.objects.get().starts_at == WaitlistOffer.objects.get().start
