"""A closed day and the lists of work in a browser: by mouse, and again by keyboard alone."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic import audit
from clinic.models import Message, User
from intake.models import Patient
from scheduling import services
from scheduling.models import Appointment, Call, Closure
from scheduling.slots import State, local_instant
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import book, state_of

pytestmark = pytest.mark.browser

Clock = Callable[[int, int], datetime]


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def tuesday() -> date:
    """The next one: open from nine to one."""
    today = timezone.localdate()
    return today + timedelta(days=(1 - today.weekday()) % 7 or 7)


@pytest.fixture
def at(tuesday: date) -> Clock:
    zone = timezone.get_default_timezone()
    return lambda hour, minute=0: local_instant(tuesday, time(hour, minute), zone)


@pytest.fixture
def ana(site: str) -> Patient:
    account = AccountFactory(email="ana@example.com")
    return PatientFactory(account=account, given_name="Ana", family_name="Reyes")


@pytest.fixture
def rosa(site: str) -> Patient:
    return PatientFactory(given_name="Rosa", family_name="Blum", phone="+17035550120")


def booked(patient: Patient, start: datetime) -> Appointment:
    now = timezone.now()
    leave = ClearanceFactory(patient=patient, starts_at=now - timedelta(days=1))
    return book(leave, start, now=now - timedelta(hours=1))


def seen(page: Page, name: str) -> None:
    axe(page)
    fits(page)
    screenshot(page, name)


def test_a_day_is_closed_told_and_worked_through_by_mouse(
    visit: Visits, desk: User, ana: Patient, rosa: Patient, tuesday: date, at: Clock
):
    hers = booked(ana, at(9, 0))
    booked(rosa, at(10, 0))
    page = visit(DESKTOP, user=desk)
    page.goto("/staff/closing/")
    page.get_by_label("First day").fill(tuesday.isoformat())
    page.get_by_label("Why (staff see it)").fill("Dr. Solomon is ill")
    seen(page, "closings-wide")
    page.get_by_role("button", name="Close this time").click()
    expect(page.get_by_role("heading", name="2 patients do not know yet")).to_be_visible()
    expect(page.locator("main").get_by_role("status")).to_be_focused()
    tab_to(page, "Tell the patients", within=3)
    seen(page, "closing-untold-wide")

    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("nobody was told")).to_be_visible()
    assert not Closure.objects.exists()
    assert not Message.objects.filter(kind="clinic_closed").exists()

    page.get_by_label("First day").fill(tuesday.isoformat())
    page.get_by_label("Why (staff see it)").fill("Dr. Solomon is ill")
    page.get_by_role("button", name="Close this time").click()
    page.get_by_role("button", name="Tell the patients").click()
    expect(page.get_by_text("2 patients are told.")).to_be_visible()
    expect(page.get_by_text("To be called")).to_be_visible()
    seen(page, "closing-told-wide")

    hers_page = visit(PHONE, user=ana.account)
    hers_page.goto(f"/my/visits/{hers.pk}/move/")
    seen(hers_page, "move-closed-narrow")
    hers_page.get_by_role("button", name="Take this time: Wed").first.click()
    hers_page.get_by_role("button", name="Move my visit").click()
    expect(hers_page.get_by_text("Your visit is now on")).to_be_visible()

    page.reload()
    expect(page.locator(".status", has_text="Moved to")).to_have_count(1)
    page.get_by_role("button", name="Move to the time proposed: Rosa Blum").click()
    expect(page.locator(".status", has_text="Moved to")).to_have_count(2)
    assert not Call.objects.filter(done_at=None).exists(), "they said yes on the phone"


def test_the_lists_by_keyboard_alone(
    visit: Visits, desk: User, ana: Patient, rosa: Patient, tuesday: date, at: Clock
):
    stopped = booked(ana, at(9, 0))
    booked(rosa, at(10, 0))
    Appointment.objects.filter(pk=stopped.pk).update(state=State.SUSPENDED.value)
    now = timezone.now()
    with audit.writing(None):
        services.ask_to_call(patient_id=rosa.pk, why=Call.Why.HELD, by=None, now=now)
        services.ask_to_call(
            patient_id=ana.pk, why=Call.Why.EMERGENCY, visit=stopped, by=None, now=now
        )
    page = visit(DESKTOP, user=desk)
    page.goto("/staff/visits/")
    page.get_by_role("link", name="Lists").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Lists")).to_be_visible()
    seen(page, "lists-wide")
    tab_to(page, "No answer from Rosa Blum")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Tried once, no answer")).to_be_visible()
    expect(page.get_by_role("heading", name="Calls to make")).to_be_focused()
    tab_to(page, "Reached Rosa Blum", within=20)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 done in the last hour")).to_be_visible()
    page.locator("summary", has_text="1 done in the last hour").focus()
    page.keyboard.press("Enter")
    tab_to(page, "Undo: Rosa Blum")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Reached Rosa Blum")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    seen(page, "lists-narrow-dark")
    assert state_of(stopped.pk) is State.SUSPENDED


def tab_to(page: Page, name: str, *, within: int = 80) -> None:
    """On from where the focus is, to the control of that name, in so many steps."""
    for _ in range(within):
        page.keyboard.press("Tab")
        held = page.evaluate(
            "() => document.activeElement.getAttribute('aria-label')"
            " || document.activeElement.textContent.trim()"
        )
        if held == name:
            return
    raise AssertionError(f"Nothing named {name!r} is reached by Tab.")
