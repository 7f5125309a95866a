"""A patient walks the intake in a real browser: with JavaScript, without, and by keyboard alone."""

from datetime import timedelta
from itertools import combinations
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Page, expect

from intake.models import Case, Clearance, Intake
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
    told,
    type_birth,
)
from tests.walking import BY_SLUG, emailed_code

pytestmark = pytest.mark.browser

# axe needs JavaScript; the pages are the same without.
PLAIN = "plain"
SIZES = {"phone": PHONE, "desktop": DESKTOP}


def looked_at(page: Page, name: str) -> None:
    fits(page)
    if not name.startswith(PLAIN):
        axe(page)
    screenshot(page, f"intake-{name}")


@pytest.mark.parametrize(
    # On a phone with JavaScript: the pages are looked at by `test_pictures`.
    ("size", "javascript"),
    [("desktop", True), ("phone", False)],
)
def test_from_start_to_a_result_that_may_book(visit: Visits, size: str, javascript: bool):
    page = visit(SIZES[size], javascript=javascript, still=True)
    look = size if javascript else PLAIN
    start(page)
    answer_all(page, answers.BOOK, look=lambda here: looked_at(page, f"{look}-{here}"))
    heading(page, "Who is the visit for?")
    tell_who(page, look=lambda here: looked_at(page, f"{look}-{here}"))
    go_on(page)
    heading(page, "Check your answers")
    looked_at(page, f"{look}-check")
    press(page, "Send my answers")
    heading(page, "Type the code we sent you")
    looked_at(page, f"{look}-code")
    page.get_by_label("Type the code").fill(emailed_code())
    press(page, "Show my result")
    heading(page, "You can choose a time")
    looked_at(page, f"{look}-may-book")
    assert Clearance.objects.count() == 1
    follow(page, "Choose a time")
    assert urlsplit(page.url).path == f"/book/{Clearance.objects.get().pk}/"


def test_doctor_first(visit: Visits):
    page = visit(still=True)
    told(page, answers.REFER)
    press(page, "Send my answers")
    page.get_by_label("Type the code").fill(emailed_code())
    press(page, "Show my result")
    heading(page, "See a doctor first")
    looked_at(page, "doctor-first")
    expect(page.get_by_text("You will hear from us by")).to_be_visible()
    assert Clearance.objects.count() == 0


@pytest.mark.parametrize("size", SIZES)
def test_an_emergency_and_a_mistaken_tap(visit: Visits, size: str):
    page = visit(SIZES[size], still=True)
    start(page)
    answer_all(page, answers.EMERGENCY)
    heading(page, "Get help now")
    looked_at(page, f"{size}-emergency")
    page.get_by_label("Phone number").fill("12")
    press(page, "Ask the clinic to call me")
    expect(page.locator(".error-summary")).to_be_focused()
    looked_at(page, f"{size}-emergency-error")
    page.get_by_label("Phone number").fill("703 555 0102")
    press(page, "Ask the clinic to call me")
    expect(page.get_by_text("The clinic has this number")).to_be_visible()
    page.goto("/intake/")
    heading(page, "Get help now")
    press(page, "I tapped that by mistake")
    expect(page.get_by_text("Put your answer right.")).to_be_visible()
    expect(page.locator("#saddle-yes")).to_be_checked()
    axe(page)
    assert Case.objects.get().mistake_reported_at


def test_the_sides_of_the_body_have_room_in_spanish(visit: Visits):
    page = visit(language="es-US", still=True)
    page.goto("/")
    press(page, "Empezar")
    while (here := slug(page)) != "where":
        if here == "date-of-birth":
            for name, number in (("month", 3), ("day", 9), ("year", 1988)):
                page.locator(f"[name={name}]").fill(str(number))
        tap_answers(page, answers.BOOK)
        press(page, "Continuar")
    boxes = [name.bounding_box() for name in page.locator(".figure-names p > *").all()]
    assert len(boxes) == 6
    for one, other in combinations([box for box in boxes if box], 2):
        assert (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        ), (one, other)


def test_what_is_wrong_takes_focus_and_says_what_to_do(visit: Visits):
    page = visit(still=True)
    start(page)
    go_on(page)
    expect(page.locator(".error-summary")).to_be_focused()
    looked_at(page, "error-birth")
    page.get_by_role("link", name="Type the month, the day").click()
    expect(page.get_by_label("Month")).to_be_focused()
    type_birth(page)
    go_on(page)
    go_on(page)
    looked_at(page, "error-screen")
    page.locator(".error-summary a").click()
    expect(page.locator("#bladder_bowel-leak_urine")).to_be_focused()
    answered(page, answers.BOOK)
    go_on(page)
    expect(page.locator(".error-summary")).to_be_focused()
    looked_at(page, "error-about")
    for sentence in page.locator(".error-summary a").all():
        target = (sentence.get_attribute("href") or "").removeprefix("#")
        expect(page.locator(f"[id='{target}']")).to_have_count(1)
    tell_who(page)
    go_on(page)
    press(page, "Send my answers")
    page.get_by_label("Type the code").fill("0")
    press(page, "Show my result")
    expect(page.locator(".error-summary")).to_be_focused()
    looked_at(page, "error-code")


def test_a_code_that_is_wrong_replaced_or_has_run_out(visit: Visits):
    page = visit(still=True)
    told(page, answers.BOOK)
    press(page, "Send my answers")
    first = emailed_code()
    said_of(page, f"{(int(first) + 1) % 1_000_000:06}", "That is not the code we sent.")
    press(page, "Send a new code")
    expect(page.get_by_text("We sent a new code. The one before no longer works.")).to_be_visible()
    looked_at(page, "code-sent-again")
    second = emailed_code()
    if first != second:
        said_of(page, first, "That is not the code we sent.")
    eleven_minutes_pass(page)
    said_of(page, second, "That code has run out.")
    looked_at(page, "code-run-out")
    press(page, "Send a new code")
    page.get_by_label("Type the code").fill(emailed_code())
    press(page, "Show my result")
    heading(page, "You can choose a time")


def said_of(page: Page, code: str, sentence: str) -> None:
    page.get_by_label("Type the code").fill(code)
    press(page, "Show my result")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_contain_text(sentence)


def eleven_minutes_pass(page: Page) -> None:
    """For the code that waits in this browser's session: the server's own clock cannot be moved."""
    (key,) = (each["value"] for each in page.context.cookies() if each["name"] == "sessionid")
    session = SessionStore(session_key=key)
    waiting = session["account_login"]["state"]["stages"]["login_by_code"]["data"]
    waiting["at"] -= timedelta(minutes=11).total_seconds()
    session.modified = True
    session.save()


def test_no_to_all_is_seen_before_it_counts(visit: Visits):
    page = visit(javascript=False, still=True)
    start(page)
    while slug(page) != "health":
        if slug(page) == "date-of-birth":
            type_birth(page)
        else:
            tap_answers(page, answers.BOOK)
        go_on(page)
    press(page, "No to all of these")
    expect(page.locator("#fever-no")).to_be_checked()
    looked_at(page, f"{PLAIN}-no-to-all")
    page.locator("label[for='weight-not_sure']").click()
    go_on(page)
    assert slug(page) == "health-history"


def test_back_and_the_browsers_own_back_lose_nothing(visit: Visits):
    page = visit(still=True)
    start(page)
    type_birth(page)
    go_on(page)
    tap_answers(page, answers.BOOK)
    go_on(page)
    page.locator("label[for='leg_pain-hip']").click()
    press(page, "Back")
    expect(page.locator("#bladder_bowel-none")).to_be_checked()
    with next_page(page):
        page.go_back()
    page.goto("/")
    follow(page, "Go on where you stopped")
    assert slug(page) == "seat-and-legs"
    expect(page.locator("#leg_pain-hip")).to_be_checked()


def test_the_language_switches_in_the_middle(visit: Visits):
    page = visit(still=True)
    start(page)
    page.get_by_label("Month").fill("3")
    press(page, "Español")
    assert page.get_attribute("html", "lang") == "es"
    expect(page.locator("#id_month")).to_have_value("3")
    press(page, "English")
    type_birth(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/bladder-and-bowels/")


def test_a_minor_alone_is_told_who_must_help(visit: Visits):
    page = visit(still=True)
    start(page)
    type_birth(page, timezone.localdate().year - 15)
    go_on(page)
    answer_all(page, {**answers.BOOK, "guardian": "no"})
    heading(page, "A parent or guardian is needed")
    looked_at(page, "guardian-needed")
    follow(page, "A parent or guardian is with me now")
    tap_answers(page, {"guardian": "yes"})
    go_on(page)
    heading(page, "Who is the visit for?")
    page.goto("/intake/about-you/guardian/")
    expect(page.get_by_label("Full name of the parent or guardian")).to_be_visible()
    looked_at(page, "about-minor")


def test_the_whole_intake_by_keyboard(visit: Visits):
    page = visit(DESKTOP, still=True)
    page.goto("/")
    with next_page(page):
        press_on(page, "button.btn-primary")
    type_at(page, "#id_month", "3")
    type_at(page, "#id_day", "9")
    type_at(page, "#id_year", "1988")
    page.keyboard.press("Enter")
    page.wait_for_url("**/bladder-and-bowels/")
    while (here := slug(page)) in BY_SLUG:
        for id_ in BY_SLUG[here].questions:
            if id_ in answers.BOOK:
                mark_by_keyboard(page, id_, answers.BOOK[id_])
        with next_page(page):
            press_on(page, "#answers button.btn-primary")
    for field, text in WHO.items():
        type_at(page, field, text)
    for _page in ("who", "what-happened", "medicines", "people"):
        with next_page(page):
            press_on(page, "#answers button.btn-primary")
    tab_to(page, "#id_payment_0")
    page.keyboard.press("ArrowDown")
    with next_page(page):
        press_on(page, "#answers button.btn-primary")
    for consent in ("#id_agree_care", "#id_agree_messages", "#id_agree_privacy"):
        tab_to(page, consent)
        page.keyboard.press("Space")
    press_on(page, "#answers button.btn-primary")
    page.wait_for_url("**/check/")
    press_on(page, "#answers button.btn-primary")
    page.wait_for_url("**/code/")
    type_at(page, "#code", emailed_code())
    page.keyboard.press("Enter")
    heading(page, "You can choose a time")
    assert Intake.objects.get().patient is not None


WHO = {
    "#id_given_name": "Ana",
    "#id_family_name": "Reyes",
    "#id_phone": "7035550101",
    "#id_email": "ana@example.com",
    "#id_town": "Ash",
}


def tab_to(page: Page, selector: str) -> None:
    """Tab until it has the focus; in a group of radio buttons, until one of them has."""
    reached = "s => document.activeElement.matches(s) || (document.activeElement.type == 'radio'"
    reached += " && document.activeElement.name == document.querySelector(s).name)"
    for _time in range(80):
        if page.evaluate(reached, selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by Tab on {page.url}")


def type_at(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


def press_on(page: Page, selector: str) -> None:
    tab_to(page, selector)
    seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert seen != "none", f"the focus on {selector} cannot be seen"
    page.keyboard.press("Enter")


def mark_by_keyboard(page: Page, id_: str, given: object) -> None:
    value = given[0] if isinstance(given, list) else given
    wanted = f"[id='{id_}-{value}']"
    tab_to(page, wanted)
    page.keyboard.press("Space")
    for _time in range(12):
        if page.locator(wanted).is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{wanted} cannot be marked by the arrow keys")


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_fits(visit: Visits, width: int):
    """320 is a desktop window at 400 %."""
    page = visit((width, 640), still=True)
    for address in ("/", "/privacy/"):
        page.goto(address)
        looked_at(page, f"{width}-{address.strip('/') or 'landing'}")
    start(page)
    answered(page, answers.BOOK)
    fits(page)


def test_an_unanswered_draft_is_still_there_the_next_day(visit: Visits):
    page = visit(still=True)
    start(page)
    type_birth(page)
    go_on(page)
    cookie = next(c for c in page.context.cookies() if c["name"] == "sessionid")
    tomorrow = timezone.now() + timedelta(days=1)
    assert cookie["expires"] > tomorrow.timestamp()
