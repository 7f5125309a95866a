"""The desk's calendar in a real browser: by mouse, by keyboard alone, on two screens at once."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from clinic.models import ServiceTown, User
from intake.models import Clearance
from scheduling import services
from scheduling.models import Appointment, Clinician
from scheduling.slots import Interval, State, local_instant
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import book, state_of

pytestmark = pytest.mark.browser

LARGE = (1600, 1000)
# A window of 1280 by 1024 at 400 %.
MAGNIFIED = (320, 256)
# What another screen does has to show by then.
SOON = 3_000


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def tuesday() -> date:
    """The next one: open from nine to one."""
    today = timezone.localdate()
    return today + timedelta(days=(1 - today.weekday()) % 7 or 7)


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


def opened(visit: Visits, desk: User, day: date, size: tuple[int, int] = DESKTOP) -> Page:
    page = visit(size, user=desk)
    page.goto(f"/staff/day/?on={day}")
    expect(page.get_by_role("button", name="Book", exact=True)).to_be_visible()
    expect(page.locator(".shade-shut").first).to_be_attached()
    return page


def shown(page: Page, who: str) -> Locator:
    return page.locator(".visit", has_text=who).first


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


def point(page: Page, hour: int, minute: int = 0) -> tuple[float, float]:
    """Where that time is, in the middle of the doctor's column; scrolled into sight."""
    return tuple(
        page.evaluate(
            """minutes => {
                const main = document.querySelector(".ec-main");
                const day = document.querySelector(".ec-body .ec-day");
                const opens = Number(document.querySelector("[data-calendar]").dataset.opens) - 1;
                const slot = parseFloat(main.style.getPropertyValue("--ec-slot-height"));
                const down = (minutes - opens * 60) / 15 * slot;
                main.scrollTop = Math.max(0, down - 200);
                const box = day.getBoundingClientRect();
                return [box.left + box.width * .8, box.top + down + 2];
            }""",
            hour * 60 + minute,
        )
    )


def drag(page: Page, who: str, hour: int, minute: int = 0) -> None:
    page.wait_for_timeout(100)
    x, y = point(page, hour, minute)
    box = shown(page, who).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(x, y - 30, steps=4)
    page.mouse.move(x, y + 1, steps=4)
    page.mouse.up()


def starts(visit: Appointment) -> datetime:
    return Appointment.objects.get(pk=visit.pk).starts_at


def test_a_day_by_mouse(visit: Visits, desk, tuesday, at):
    cleared()
    book(cleared("Ben Okoro"), at(11), now=timezone.now())
    page = opened(visit, desk, tuesday)
    page.mouse.click(*point(page, 9, 30))
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_label("Time")).to_have_value("09:30")
    panel.get_by_label("Name, phone, email or date of birth").fill("rey")
    panel.get_by_role("button", name="Find").click()
    panel.get_by_role("button", name="Ana Reyes").click()
    axe(page)
    panel.get_by_role("button", name="Book this visit").click()
    notice = page.locator("#day-notice")
    expect(notice).to_contain_text("Ana Reyes: booked for")
    expect(shown(page, "Ana Reyes")).to_contain_text("9:30 AM – 10:15 AM")
    ana = Appointment.objects.get(patient__given_name="Ana")

    drag(page, "Ana Reyes", 10)
    expect(notice).to_contain_text("Ana Reyes: moved to")
    expect(shown(page, "Ana Reyes")).to_contain_text("10:00 AM – 10:45 AM")
    assert starts(ana) == at(10)
    notice.get_by_role("button", name="Undo").click()
    expect(notice).to_contain_text("Undone.")
    expect(shown(page, "Ana Reyes")).to_contain_text("9:30 AM – 10:15 AM")
    assert starts(ana) == at(9, 30)

    drag(page, "Ana Reyes", 11)
    expect(page.get_by_role("alert")).to_contain_text("Ben Okoro")
    expect(page.get_by_role("alert")).to_contain_text("at 11:00 AM to 11:45 AM")
    expect(shown(page, "Ana Reyes")).to_contain_text("9:30 AM – 10:15 AM")
    assert starts(ana) == at(9, 30), "a clash puts it back"

    shown(page, "Ana Reyes").hover()
    box = shown(page, "Ana Reyes").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] - 3)
    page.mouse.down()
    page.mouse.move(*point(page, 10, 25), steps=6)
    page.mouse.up()
    expect(notice).to_contain_text("Ana Reyes: until 10:30 AM")
    assert Appointment.objects.get(pk=ana.pk).ends_at == at(10, 30)

    page.get_by_role("button", name="Ana Reyes").first.click()
    for step, state in (("Check in", "Arrived"), ("Take in", "In room"), ("Finish", "Done")):
        panel.get_by_role("button", name=step, exact=True).click()
        expect(notice).to_contain_text(f"Ana Reyes: {state}.")
        expect(shown(page, "Ana Reyes")).to_contain_text(state)
    notice.get_by_role("button", name="Undo").click()
    expect(shown(page, "Ana Reyes")).to_contain_text("In room")
    assert state_of(ana.pk) is State.IN_ROOM

    page.get_by_role("button", name="Block time").click()
    panel.get_by_label("Day").fill(tuesday.isoformat())
    panel.get_by_role("textbox", name="Time", exact=True).fill("12:00")
    panel.get_by_label("Until").fill("12:30")
    panel.get_by_label("What for").fill("Staff meeting")
    panel.get_by_role("button", name="Block this time").click()
    expect(page.get_by_text("Closed: Staff meeting")).to_be_visible()
    expect(panel).to_be_hidden()
    notice.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Closed: Staff meeting")).to_have_count(0)


def test_a_day_by_keyboard_alone(visit: Visits, desk, tuesday, at):
    cleared()
    page = opened(visit, desk, tuesday)
    keys = page.keyboard
    keys.press("b")
    expect(page.get_by_label("Name, phone, email or date of birth")).to_be_focused()
    keys.type("ana")
    keys.press("Enter")
    press_until(page, "Ana Reyes")
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Day", exact=True)).to_have_value(str(tuesday))
    page.get_by_label("Time").fill("09:00")
    press_until(page, "Book this visit")
    keys.press("Enter")
    expect(page.locator("#day-notice")).to_contain_text("booked for")
    expect(shown(page, "Ana Reyes")).to_be_visible()
    keys.press("Escape")
    ana = Appointment.objects.get()
    expect(page.locator(f'[data-event="{ana.pk}"]')).to_be_focused()

    keys.press("m")
    expect(page.get_by_role("heading", name="Another time for Ana Reyes")).to_be_visible()
    page.get_by_label("Time").focus()
    page.get_by_label("Time").fill("08:00")
    page.get_by_label("Time").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("outside the opening hours")
    expect(page.get_by_label("Why (if you like)")).to_be_focused()
    axe(page)
    keys.type("Before work")
    keys.press("Enter")
    expect(page.locator("#day-notice")).to_contain_text("moved to")
    assert starts(ana) == at(8)
    change = ana.changes.latest("pk")
    assert change.reason == "Before work"
    keys.press("u")
    expect(page.locator("#day-notice")).to_contain_text("Undone.")
    assert starts(ana) == at(9)

    keys.press("Escape")
    keys.press("j")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Ana Reyes")).to_be_focused()
    press_until(page, "Check in")
    keys.press("Enter")
    expect(page.locator("#day-notice")).to_contain_text("Arrived")
    keys.press("Escape")
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


def press_until(page: Page, words: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith(words):
            return
    raise AssertionError(f"{words!r} is not reached by keyboard")


def test_another_screens_change_appears_by_itself(visit: Visits, desk, tuesday, at):
    other = StaffFactory(name="Olga Other", is_desk=True)
    ana = book(cleared(), at(9), now=timezone.now())
    mine, theirs = opened(visit, desk, tuesday), opened(visit, other, tuesday)
    expect(shown(mine, "Ana Reyes")).to_be_visible()
    mine.locator(f'[data-event="{ana.pk}"]').focus()

    drag(theirs, "Ana Reyes", 10)
    expect(shown(mine, "Ana Reyes")).to_contain_text("10:00 AM – 10:45 AM", timeout=SOON)
    expect(mine.locator(f'[data-event="{ana.pk}"]')).to_be_focused()

    mine.locator(f'[data-event="{ana.pk}"]').click()
    theirs.get_by_role("button", name="Check in").click()
    expect(mine.get_by_text("This visit has just changed.")).to_be_visible(timeout=SOON)
    mine.get_by_role("button", name="Confirm attendance").click()
    expect(mine.get_by_role("alert")).to_contain_text("has changed since")

    # What they did last is theirs: nobody takes back what somebody else has changed since.
    services.mark(appointment_id=ana.pk, to=State.IN_ROOM, by=desk, now=timezone.now())
    theirs.locator("#day-notice").get_by_role("button", name="Undo").click()
    expect(theirs.get_by_role("alert")).to_contain_text("Nothing was undone")
    assert state_of(ana.pk) is State.IN_ROOM


def test_a_lost_connection_and_a_session_that_ends(visit: Visits, desk, tuesday, at):
    book(cleared(), at(9), now=timezone.now())
    page = opened(visit, desk, tuesday)
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
    page = opened(visit, desk, tuesday)
    page.mouse.click(*point(page, 9, 30))
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
        page = opened(visit, desk, tuesday, size)
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


def test_size_and_view_are_remembered(visit: Visits, desk, tuesday):
    page = opened(visit, desk, tuesday)
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
