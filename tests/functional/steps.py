"""What people do on the pages, step by step, for whole journeys in a browser."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from tests import answers, walking
from tests.walking import BY_SLUG, emailed_code


def slug(page: Page) -> str:
    return urlsplit(page.url).path.rstrip("/").rsplit("/", 1)[-1]


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1, name=words)).to_be_visible()


def press(page: Page, name: str) -> None:
    """A button that sends a form: the next page is there when this returns."""
    with next_page(page):
        page.get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    with next_page(page):
        page.get_by_role("link", name=name).click()


@contextmanager
def next_page(page: Page) -> Iterator[None]:
    """Waits until another page stands there, loaded whole or put in place by a script."""
    page.locator("main").evaluate("main => main.setAttribute('data-left', '')")
    yield
    page.wait_for_selector("main:not([data-left])", state="attached")
    page.wait_for_load_state()


def go_on(page: Page) -> None:
    press(page, "Continue")


def start(page: Page) -> None:
    page.goto("/")
    press(page, "Start")


def type_birth(page: Page, year: int = 1988) -> None:
    page.get_by_label("Month").fill("3")
    page.get_by_label("Day").fill("9")
    page.get_by_label("Year").fill(str(year))


def tap_answers(page: Page, said: Mapping[str, object]) -> None:
    for id_ in BY_SLUG[slug(page)].questions:
        if id_ not in said:
            continue
        given = said[id_]
        for value in given if isinstance(given, list) else [given]:
            page.locator(f"label[for='{id_}-{value}']").click()


def answer_all(
    page: Page,
    said: Mapping[str, object],
    *,
    year: int = 1988,
    look: Callable[[str], None] | None = None,
) -> None:
    """Screen after screen, until there is none left or the form stops."""
    while (here := slug(page)) in BY_SLUG:
        if look:
            look(here)
        if here == "date-of-birth":
            type_birth(page, year)
        else:
            tap_answers(page, said)
        go_on(page)


def tell_who(
    page: Page,
    *,
    given: str = "Ana",
    email: str = "ana@example.com",
    look: Callable[[str], None] = lambda _slug: None,
) -> None:
    """One page about them after another; the last is filled in, and waits for *Continue*."""
    look("about")
    page.get_by_label("First name").fill(given)
    page.get_by_label("Last name").fill("Reyes")
    page.get_by_label("Mobile phone").fill("(703) 555-0101")
    page.locator("#id_email").fill(email)
    page.locator("#id_town").select_option(label="Ashburn")
    for here in ("what-happened", "medicines", "people", "paying"):
        go_on(page)
        page.wait_for_url(f"**/{here}/")
        look(here)
    page.get_by_label("Myself").check()
    go_on(page)
    page.wait_for_url("**/agree/")
    look("agree")
    page.get_by_label("I agree to be examined").check()
    page.get_by_label("The clinic may email me").check()
    page.get_by_label("I have been shown the privacy notice").check()


def told(
    page: Page, said: Mapping[str, object], *, born: date = answers.BORN, **about: object
) -> None:
    """This browser's form answered and filled in, up to the check, without its pages.

    For what begins where the form ends: `answer_all` and `tell_who` walk it.
    """
    start(page)
    answered(page, said, born=born)
    walking.tell(_beside(page), **about)
    page.goto("/intake/check/")


def answered(page: Page, said: Mapping[str, object], *, born: date = answers.BORN) -> None:
    """The form this browser has begun, up to the pages about them."""
    walking.answer(_beside(page), said, born=born)
    page.goto(walking.ABOUT)


def _beside(page: Page) -> Client:
    """Another window of the same browser, which draws nothing."""
    client = Client()
    name = settings.SESSION_COOKIE_NAME
    (key,) = (each["value"] for each in page.context.cookies() if each["name"] == name)
    client.cookies[name] = key
    return client


def send(page: Page) -> None:
    """From who they are, or the check, to the result: send, type the code."""
    if slug(page) != "check":
        go_on(page)
    press(page, "Send my answers")
    page.get_by_label("Type the code").fill(emailed_code())
    press(page, "Show my result")
