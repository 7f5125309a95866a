"""From a clearance to a visit, as patients walk it: phone, keyboard, no scripts, too late."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic import times
from clinic.models import Message, User
from intake.models import Clearance
from intake.services import revoke
from scheduling import services
from scheduling.models import Appointment
from scheduling.slots import State
from tests.browser import Visits, axe, fits, readable, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import visit_type

pytestmark = pytest.mark.browser


@pytest.fixture
def account(site: str) -> User:
    return AccountFactory.create(email="ana@example.com")


@pytest.fixture
def leave(account: User) -> Clearance:
    ana = PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")
    return ClearanceFactory.create(patient=ana, starts_at=timezone.now())


def somebody_takes(start: str) -> None:
    """Another patient is faster."""
    other = ClearanceFactory.create(starts_at=timezone.now())
    services.hold(
        patient_id=other.patient_id,
        clearance_id=other.pk,
        visit_type_id=visit_type().pk,
        start=datetime.fromisoformat(start),
        by=None,
        now=timezone.now(),
    )


def next_opening(page: Page):
    return page.locator("#times .btn-primary")


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_from_my_visits_to_a_booked_visit(visit: Visits, account, leave, javascript):
    page = visit(user=account, javascript=javascript)
    page.goto("/my/visits/")
    page.get_by_role("link", name="Choose a time").click()
    heading(page, "Choose a time")
    expect(page.get_by_text("New patient exam, 45 minutes")).to_be_visible()
    later = page.locator("details.day").nth(1)
    later.locator("> summary").click()
    slot = later.get_by_role("button").first
    said = slot.get_attribute("aria-label")
    slot.click()

    heading(page, "Confirm your visit")
    day, clock = said.rsplit(", ", 1)
    expect(page.get_by_text(f"{day} at {clock}")).to_be_visible()
    expect(page.get_by_text("We keep this time for you until")).to_be_visible()
    counted = page.get_by_text("(about 10 min left)")
    expect(counted).to_be_visible() if javascript else expect(counted).to_have_count(0)
    page.get_by_role("button", name="Confirm this visit").click()

    heading(page, "Your visit")
    expect(page.get_by_text("The visit is booked.")).to_be_visible()
    booked = Appointment.objects.get(state=State.BOOKED)
    assert times.in_words(booked.starts_at) == f"{day} at {clock}"
    assert Message.objects.get(kind="booked").recipient == "ana@example.com"
    with page.expect_download() as file:
        page.get_by_role("link", name="Add to calendar").click()
    assert file.value.suggested_filename == "visit.ics"


def test_by_keyboard_alone(visit: Visits, account, leave):
    page = visit(user=account)
    page.goto(f"/book/{leave.pk}/")

    def press_on(words: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.innerText || ''")
            if re.search(words, focused):
                break
        else:
            pytest.fail(f"Tab never came to {words}")
        page.keyboard.press("Enter")

    press_on("Hold this time")
    heading(page, "Confirm your visit")
    press_on("Confirm this visit")
    heading(page, "Your visit")
    press_on("Choose another time")
    heading(page, "Choose another time")
    press_on("Take this time")
    heading(page, "Move this visit?")
    press_on("Move my visit")
    expect(page.get_by_text("Your visit is now on")).to_be_visible()
    press_on("Cancel this visit")
    heading(page, "Cancel this visit?")
    press_on("Cancel this visit")
    expect(page.get_by_text("is cancelled.")).to_be_visible()
    assert Appointment.objects.get().state == State.CANCELLED


def test_a_lost_race_offers_fresh_times(visit: Visits, account, leave):
    page = visit(user=account)
    page.goto(f"/book/{leave.pk}/")
    wanted = next_opening(page).get_attribute("value")
    somebody_takes(wanted)
    next_opening(page).click()

    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("That time has just been taken. Please choose another.")
    assert next_opening(page).get_attribute("value") != wanted
    axe(page)
    fits(page)
    screenshot(page, "booking-lost-phone")
    expect(page.get_by_role("link", name="All openings")).to_be_visible()
    next_opening(page).click()
    heading(page, "Confirm your visit")


def test_a_hold_that_runs_out_on_the_page(visit: Visits, account, leave):
    page = visit(user=account)
    page.clock.install()
    page.goto(f"/book/{leave.pk}/")
    next_opening(page).click()
    expect(page.get_by_text("(about 10 min left)")).to_be_visible()
    page.clock.fast_forward("09:30")
    expect(page.get_by_role("status").last).to_have_text("About 1 minute left to confirm.")
    page.clock.fast_forward("00:40")
    expect(page.get_by_text("This time is no longer kept.")).to_be_visible()

    Appointment.objects.update(hold_expires_at=timezone.now() - timedelta(seconds=1))
    page.get_by_role("button", name="Confirm this visit").click()
    heading(page, "Choose a time")
    expect(page.locator(".error-summary")).to_contain_text("The time we kept for you ran out.")
    expect(page.get_by_role("heading", name="This time is still free")).to_be_visible()
    axe(page)
    screenshot(page, "booking-ran-out-phone")
    page.get_by_role("button", name="Hold it again").click()
    page.get_by_role("button", name="Confirm this visit").click()
    expect(page.get_by_text("The visit is booked.")).to_be_visible()


def test_going_back_keeps_ones_own_time(visit: Visits, account, leave):
    page = visit(user=account)
    page.goto(f"/book/{leave.pk}/")
    chosen = next_opening(page).get_attribute("value")
    next_opening(page).click()
    page.get_by_role("link", name="Choose another time").click()
    expect(page.get_by_text("is kept for you. It is not booked yet.")).to_be_visible()
    assert next_opening(page).get_attribute("value") == chosen
    page.get_by_role("link", name="Go on and confirm it").click()
    heading(page, "Confirm your visit")


def test_the_language_is_switched_at_every_step(visit: Visits, account, leave):
    page = visit(user=account)
    page.goto(f"/book/{leave.pk}/")
    wanted = next_opening(page).get_attribute("value")
    somebody_takes(wanted)
    next_opening(page).click()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(next_opening(page)).to_be_visible()


def test_every_page_is_accessible_and_fits(visit: Visits, account, leave):
    held(PatientFactory.create(account=account, given_name="Leo", family_name="Reyes"))
    page = visit(user=account, still=True)

    def look(what: str) -> None:
        readable(page, f"booking-{what}")

    page.goto("/my/visits/")
    look("visits-empty")
    page.goto(f"/book/{leave.pk}/")
    look("choose")
    next_opening(page).click()
    look("confirm")
    page.get_by_role("link", name="Choose another time").click()
    look("choose-kept")
    page.get_by_role("link", name="Go on and confirm it").click()
    page.get_by_role("button", name="Confirm this visit").click()
    look("booked")
    page.get_by_role("link", name="Choose another time").click()
    look("move")
    next_opening(page).click()
    look("move-sure")
    page.go_back()
    page.get_by_role("link", name="Leave it as it is").click()
    page.get_by_role("link", name="Cancel this visit").click()
    look("cancel")
    page.goto("/my/visits/")
    look("visits")
    page.goto(f"/book/{leave.pk}/")
    look("choose-booked")
    services.cancel(appointment_id=Appointment.objects.get().pk, by=None, now=timezone.now())
    revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=timezone.now())
    page.reload()
    look("not-now")


def test_at_four_hundred_percent(visit: Visits, account, leave):
    page = visit((320, 256), user=account)
    page.goto(f"/book/{leave.pk}/")
    fits(page)
    next_opening(page).click()
    heading(page, "Confirm your visit")
    fits(page)
