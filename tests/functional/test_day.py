"""The desk's calendar in a real browser: what a whole day of work does not come past."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import ServiceTown, User
from intake.models import Clearance
from scheduling import services
from scheduling.models import Clinician
from scheduling.slots import Interval, State, local_instant
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import book, coming
from tests.functional.hands import opened, point, shown

pytestmark = pytest.mark.browser

LARGE = (1600, 1000)
# A window of 1280 by 1024 at 400 %.
MAGNIFIED = (320, 256)


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def tuesday() -> date:
    """The next one: open from nine to one."""
    return coming(1, timezone.now())


@pytest.fixture
def at(tuesday: date) -> Callable[[int, int], datetime]:
    zone = timezone.get_default_timezone()
    return lambda hour, minute=0: local_instant(tuesday, time(hour, minute), zone)


def cleared(name: str = "Ana Reyes") -> Clearance:
    given, family = name.split(" ", 1)
    now = timezone.now()
    return ClearanceFactory(
        patient=PatientFactory(
            given_name=given,
            family_name=family,
            phone="+17035550101",
            email=f"{given.lower()}@example.com",
            town=ServiceTown.objects.get(name="Ashburn"),
        ),
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=200),
    )


def shows_whole_lines(page: Page) -> None:
    """No visit, however short, shows the upper half of a line."""
    # Rounded to whole pixels, a little to either side.
    half_lines = page.evaluate(
        """() => Array.from(document.querySelectorAll(".visit-shown"), shown => {
          const line = parseFloat(getComputedStyle(shown).lineHeight);
          const below = shown.getBoundingClientRect().bottom
            - shown.closest(".visit").getBoundingClientRect().bottom;
          return below > 1 || (shown.clientHeight + 1) % line > 2 ? shown.textContent : "";
        })"""
    )
    assert half_lines
    assert not any(half_lines), half_lines


def look_at(visit: Visits, desk: User, day: date, size: tuple[int, int] = DESKTOP) -> Page:
    return opened(visit(size, user=desk, still=True), day)


def test_the_keys_of_the_day(visit: Visits, desk, tuesday, at):
    page = look_at(visit, desk, tuesday)
    keys = page.keyboard
    for key, title in (("n", (tuesday + timedelta(days=1)).strftime("%A")), ("p", "Tuesday")):
        keys.press(key)
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    keys.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Undo what was just done")
    axe(page)
    page.get_by_label("Use these keys").uncheck()
    keys.press("Escape")
    keys.press("b")
    expect(page.get_by_label("Name, phone, email or date of birth")).to_have_count(0)


def test_a_lost_connection_and_a_session_that_ends(visit: Visits, desk, tuesday, at):
    book(cleared(), at(9), now=timezone.now())
    page = look_at(visit, desk, tuesday)
    expect(shown(page, "Ana Reyes")).to_be_visible()
    page.route("**/feed.json*", lambda route: route.abort())
    status = page.locator("[data-connection]")
    expect(status).to_have_text("No connection. What you see may be old. We keep trying.")
    expect(shown(page, "Ana Reyes")).to_be_visible()
    axe(page)
    book(cleared("Ben Okoro"), at(11), now=timezone.now())
    page.unroute("**/feed.json*")
    expect(shown(page, "Ben Okoro")).to_be_visible()
    expect(status).to_have_text("The connection is back.")

    Session.objects.all().delete()
    page.wait_for_url("**/staff/sign-in/**")
    assert urlsplit(page.url).query == "next=/staff/day/"


def test_somebody_held_cannot_be_booked_and_the_words_to_say_are_there(
    visit: Visits, desk, tuesday, at
):
    leave = cleared("Hal Held")
    held(leave.patient)
    page = look_at(visit, desk, tuesday)
    page.mouse.click(*point(page, at(9, 30)))
    panel = page.get_by_role("complementary", name="Details")
    panel.get_by_label("Name, phone, email or date of birth").fill("Hal")
    panel.get_by_role("button", name="Find").click()
    panel.get_by_role("button", name="Hal Held").click()
    expect(panel).to_contain_text("I cannot book a visit before that.")
    expect(panel.get_by_role("button", name="Book this visit")).to_have_count(0)
    axe(page)


def test_the_look_at_any_size_and_in_the_dark(visit: Visits, desk, tuesday, at):
    now = timezone.now()
    ana = book(cleared(), at(9), now=now)
    services.mark(appointment_id=ana.pk, to=State.ARRIVED, by=desk, now=now)
    ben = book(cleared("Ben Okoro"), at(10), now=now)
    services.mark(appointment_id=ben.pk, to=State.CONFIRMED, by=desk, now=now)
    services.close(
        during=Interval(at(12), at(13)),
        reason="Staff meeting",
        by=desk,
        now=now,
        clinician_id=Clinician.objects.get().pk,
    )
    for size, name in ((DESKTOP, "wide"), (LARGE, "large"), (PHONE, "narrow"), (MAGNIFIED, "400")):
        page = look_at(visit, desk, tuesday, size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for view in ("Day", "Week", "List"):
                page.get_by_role("button", name=view, exact=True).click()
                expect(shown(page, "Ana Reyes")).to_be_attached()
                fits(page)
                if view != "List":
                    shows_whole_lines(page)
                if size in (DESKTOP, PHONE):
                    axe(page)
                screenshot(page, f"desk-{view.lower()}-{name}-{scheme}")
        page.get_by_role("button", name="Day", exact=True).click()
        page.locator(f'[data-event="{ana.pk}"]').click()
        expect(page.get_by_role("heading", level=2, name="Ana Reyes")).to_be_visible()
        fits(page)
        axe(page)
        screenshot(page, f"desk-panel-{name}")
        page.get_by_role("button", name="Close").click()
        expect(page.locator(f'[data-event="{ana.pk}"]')).to_be_focused()


def test_an_early_visit_stands_beside_its_hour(visit: Visits, desk, tuesday, at):
    book(cleared(), at(6, 15), now=timezone.now())
    page = look_at(visit, desk, tuesday)
    expect(shown(page, "Ana Reyes")).to_be_visible()
    # It lasts for three quarters of an hour, until seven.
    box, seven = (
        each.bounding_box()
        for each in (shown(page, "Ana Reyes"), page.get_by_text("7 AM", exact=True))
    )
    assert box
    assert seven
    assert abs(box["y"] + box["height"] - (seven["y"] + seven["height"] / 2)) < box["height"] / 6


def test_size_and_view_are_remembered(visit: Visits, desk, tuesday):
    page = look_at(visit, desk, tuesday)
    page.get_by_role("button", name="Week", exact=True).click()
    page.get_by_role("button", name="Dense").click()
    height = "document.querySelector('.ec-main').style.getPropertyValue('--ec-slot-height')"
    before = page.evaluate(height)
    page.get_by_role("button", name="Larger").click()
    larger = page.evaluate(height)
    assert larger != before
    page.reload()
    expect(page.get_by_role("button", name="Week", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("button", name="Dense")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(height) == larger


def test_without_javascript_the_list_takes_its_place(visit: Visits, desk):
    page = visit(DESKTOP, user=desk, javascript=False)
    page.goto("/staff/day/")
    page.get_by_role("link", name="Open the list of visits").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Visits")
