"""What is said is not lost: closed tabs, two tabs, another device, a bad connection, Back."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from clinic.models import Message
from intake.models import Intake, IntakeDraft
from tests import answers
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.functional.steps import (
    answer_all,
    answered,
    follow,
    go_on,
    heading,
    next_page,
    press,
    slug,
    start,
    tap_answers,
    tell_who,
    type_birth,
)
from tests.walking import emailed_code

pytestmark = pytest.mark.browser

SIZES = {"phone": PHONE, "desktop": DESKTOP}


def looked_at(page: Page, name: str) -> None:
    fits(page)
    axe(page)
    screenshot(page, f"kept-{name}")


def begin(page: Page) -> None:
    """A date of birth and one screen of answers."""
    start(page)
    type_birth(page)
    go_on(page)
    tap_answers(page, answers.BOOK)
    go_on(page)


def link() -> str:
    body = Message.objects.filter(kind="resume").latest("queued_at").body
    return urlsplit(next(word for word in body.split() if "://" in word)).path


@pytest.mark.parametrize("size", SIZES)
def test_a_link_by_email_goes_on_in_another_browser(visit: Visits, size: str):
    page = visit(SIZES[size], still=True)
    begin(page)
    page.locator("label[for='leg_pain-hip']").click()
    press(page, "Save and finish later")
    looked_at(page, f"{size}-save")
    page.get_by_label("Your email address").fill("ana@")
    press(page, "Send me a code")
    expect(page.locator(".error-summary")).to_be_focused()
    looked_at(page, f"{size}-save-error")
    page.get_by_label("Your email address").fill("ana@example.com")
    press(page, "Send me a code")
    looked_at(page, f"{size}-save-code")
    page.get_by_label("Your code").fill("000000")
    press(page, "Go on")
    looked_at(page, f"{size}-save-code-wrong")
    page.get_by_label("Your code").fill(emailed_code())
    press(page, "Go on")
    heading(page, "Your answers are saved")
    looked_at(page, f"{size}-saved")

    other = visit(SIZES[size], still=True)
    other.goto(link())
    heading(other, "Go on with your form")
    looked_at(other, f"{size}-go-on")
    press(other, "Go on")
    looked_at(other, f"{size}-go-on-code")
    other.get_by_label("Your code").fill(emailed_code())
    press(other, "Go on")
    assert slug(other) == "seat-and-legs"
    expect(other.locator("#leg_pain-hip")).to_be_checked()
    answered(other, answers.BOOK)
    tell_who(other)
    go_on(other)
    press(other, "Send my answers")
    heading(other, "You can choose a time")
    page.goto(link())
    heading(page, "This link no longer works")
    looked_at(page, f"{size}-link-over")


def test_a_link_works_without_scripts(visit: Visits):
    page = visit(javascript=False)
    begin(page)
    press(page, "Save and finish later")
    page.get_by_label("Your email address").fill("ana@example.com")
    press(page, "Send me a code")
    page.get_by_label("Your code").fill(emailed_code())
    press(page, "Go on")
    other = visit(javascript=False)
    other.goto(link())
    press(other, "Go on")
    other.get_by_label("Your code").fill(emailed_code())
    press(other, "Go on")
    assert slug(other) == "seat-and-legs"


@pytest.mark.parametrize("javascript", [True, False])
def test_two_tabs_do_not_overwrite_each_other(visit: Visits, javascript: bool):
    first = visit(javascript=javascript, still=True)
    begin(first)
    second = first.context.new_page()
    second.goto("/intake/seat-and-legs/")
    tap_answers(first, {"saddle": "no", "leg_pain": "hip"})
    go_on(first)
    tap_answers(second, {"saddle": "no", "leg_pain": "no"})
    press(second, "Continue")
    expect(second.get_by_text("Which answer is right?")).to_be_visible()
    expect(second.locator("#leg_pain-no")).to_be_checked()
    assert IntakeDraft.objects.get().answers["leg_pain"] == "hip"
    if javascript:
        expect(second.locator(".error-summary")).to_be_focused()
        looked_at(second, "two-tabs")
    follow(second, "Keep the newer answers")
    expect(second.locator("#leg_pain-hip")).to_be_checked()


def test_an_older_tab_may_be_right(visit: Visits):
    first = visit(DESKTOP, still=True)
    begin(first)
    second = first.context.new_page()
    second.goto("/intake/seat-and-legs/")
    tap_answers(first, {"saddle": "no", "leg_pain": "hip"})
    go_on(first)
    tap_answers(second, {"saddle": "no", "leg_pain": "no"})
    press(second, "Continue")
    looked_at(second, "two-tabs-desktop")
    press(second, "Keep what is on this page")
    assert slug(second) == "numbness"
    assert IntakeDraft.objects.get().answers["leg_pain"] == "no"


def test_a_closed_tab_is_picked_up_in_the_same_browser(visit: Visits):
    page = visit()
    begin(page)
    context = page.context
    page.close()
    again = context.new_page()
    again.goto("/")
    follow(again, "Go on where you stopped")
    assert slug(again) == "seat-and-legs"


@pytest.mark.parametrize("size", SIZES)
def test_not_you_asks_once(visit: Visits, size: str):
    page = visit(SIZES[size], still=True)
    begin(page)
    press(page, "Not you? Start again")
    looked_at(page, f"{size}-start-again")
    follow(page, "Go on with them")
    assert slug(page) == "seat-and-legs"
    press(page, "Not you? Start again")
    press(page, "Forget these answers")
    expect(page.get_by_text("This device has forgotten your answers.")).to_be_visible()
    expect(page.get_by_text("Go on where you stopped")).to_have_count(0)


# --- The body picture -----------------------------------------------------------------------------


@pytest.mark.parametrize("javascript", [True, False])
def test_places_are_marked_on_the_figure(visit: Visits, javascript: bool):
    page = visit(javascript=javascript, still=True)
    at_where(page)
    page.locator("#also_hurts-buttock_left ~ svg .spot-shape").click()
    page.locator("#also_hurts-calf_left ~ svg .spot-shape").click()
    page.locator("#also_hurts-belly ~ svg .spot-shape").click()
    expect(page.get_by_text("Left calf")).to_be_visible()
    # The name of what is marked takes the mark back too.
    page.get_by_text("Belly").click()
    expect(page.locator("#also_hurts-belly")).not_to_be_checked()
    if javascript:
        looked_at(page, "body-picture")
        page.set_viewport_size({"width": 1280, "height": 900})
        looked_at(page, "body-picture-desktop")
    tap_answers(page, answers.BOOK)
    go_on(page)
    assert IntakeDraft.objects.get().also_hurts == ["buttock_left", "calf_left"]


def test_places_are_marked_by_keyboard(visit: Visits):
    page = visit(still=True)
    at_where(page)
    tap_answers(page, answers.BOOK)
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Head and face")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Front of the neck")).to_be_checked()
    ring = page.locator("#also_hurts-throat ~ svg .spot-shape")
    assert ring.evaluate("e => getComputedStyle(e).strokeWidth") == "4px"


def at_where(page: Page) -> None:
    start(page)
    while slug(page) != "where":
        type_birth(page) if slug(page) == "date-of-birth" else tap_answers(page, answers.BOOK)
        go_on(page)


# --- Without full page loads ----------------------------------------------------------------------


def test_the_form_goes_on_without_loading_whole_pages(visit: Visits):
    page = visit(still=True)
    start(page)
    page.evaluate("window.same = true")
    type_birth(page)
    go_on(page)
    assert page.evaluate("window.same"), "the page was loaded anew"
    assert slug(page) == "bladder-and-bowels"
    expect(page).to_have_title("Bladder and bowels | Ashburn Village Chiropractic")
    expect(page.locator("main h1")).to_be_focused()
    go_on(page)
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page).to_have_title("Error: Bladder and bowels | Ashburn Village Chiropractic")
    tap_answers(page, answers.BOOK)
    go_on(page)
    press(page, "Español")
    assert page.get_attribute("html", "lang") == "es"
    press(page, "English")
    assert page.get_attribute("html", "lang") == "en"
    tap_answers(page, {"saddle": "no", "leg_pain": "hip"})
    press(page, "Back")
    assert slug(page) == "bladder-and-bowels"
    expect(page.locator("#bladder_bowel-none")).to_be_checked()
    assert page.evaluate("window.same")
    axe(page)
    answer_all(page, answers.BOOK)
    tell_who(page)
    go_on(page)
    with next_page(page):
        page.locator("a[href$='#id_allergies']").click()
    expect(page.get_by_label("Allergies")).to_be_focused()
    go_on(page)
    assert slug(page) == "check"
    assert page.evaluate("window.same")
    # Of the form nothing stays in the browser's storage: htmx notes the address alone.
    stored = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert set(stored) <= {"htmx-current-path-for-history"}


def test_the_browsers_back_shows_the_page_before(visit: Visits):
    page = visit(still=True)
    begin(page)
    go_on(page)
    expect(page.locator(".error-summary")).to_be_visible()
    with next_page(page):
        page.go_back()
    page.wait_for_url("**/bladder-and-bowels/")
    expect(page.locator("#bladder_bowel-none")).to_be_checked()
    go_on(page)
    assert slug(page) == "seat-and-legs"


def test_an_emergency_loads_a_page_of_its_own(visit: Visits):
    page = visit(still=True)
    begin(page)
    page.evaluate("window.same = true")
    tap_answers(page, answers.EMERGENCY)
    go_on(page)
    heading(page, "Get help now")
    assert page.evaluate("window.same === undefined")
    assert Intake.objects.get().disposition == "EMERGENCY"


def test_a_slow_answer_shows_that_it_is_working(visit: Visits):
    page = visit(still=True)
    begin(page)
    held: list[Route] = []
    page.route("**/seat-and-legs/", lambda route: held.append(route))
    tap_answers(page, answers.BOOK)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("One moment…")).to_be_visible()
    screenshot(page, "kept-working")
    held[0].continue_()
    page.wait_for_url("**/numbness/")
    expect(page.get_by_text("One moment…")).to_have_count(0)


def test_a_lost_connection_loses_nothing_on_the_page(visit: Visits):
    page = visit(still=True)
    begin(page)
    page.route("**/seat-and-legs/", lambda route: route.abort())
    tap_answers(page, {"saddle": "no", "leg_pain": "hip"})
    page.get_by_role("button", name="Continue").click()
    notice = page.get_by_text("We could not reach the clinic.")
    expect(notice).to_be_visible()
    expect(notice).to_be_focused()
    expect(page.locator("#leg_pain-hip")).to_be_checked()
    looked_at(page, "no-connection")
    # htmx says so in the console too, and may.
    visit.problems[:] = [each for each in visit.problems if "console: htmx:" not in each]
    page.unroute("**/seat-and-legs/")
    go_on(page)
    assert slug(page) == "numbness"
