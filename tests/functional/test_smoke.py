"""The clinic opens in a browser, and the watchers of every browser test do see what goes wrong."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from clinic.processes import answers
from tests.browser import DESKTOP, Launcher, Visits, axe, screenshot
from tests.database import TestDatabase

pytestmark = pytest.mark.browser


def test_the_first_page_opens(page: Page):
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    axe(page)
    screenshot(page, "landing")


def test_the_first_page_opens_without_javascript(visit: Visits):
    page = visit(javascript=False, still=True)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with pytest.raises(AssertionError, match="axe needs"):
        axe(page)


def test_the_first_page_fits_any_width(visit: Visits):
    for width, height in [(320, 640), DESKTOP]:
        page = visit((width, height))
        page.goto("/")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, "it scrolls sideways"


def test_the_server_goes_on_after_its_database_was_replaced(
    site: str, fresh_database: TestDatabase
):
    port = urlsplit(site).port or 0
    for _ in range(3):
        with ThreadPoolExecutor(max_workers=24) as many:  # fills the pool
            assert all(many.map(lambda _: answers(port, "/healthz"), range(100)))
        fresh_database.renew()
        assert answers(port, "/healthz")


# Each is run in the first page, then looked for among the problems.
FAULTS = {
    "console: ": "console.error('planted')",
    "script: ": "setTimeout(() => { throw new Error('planted') })",
    "Content Security Policy": """
        const script = document.createElement('script');
        script.textContent = 'planted()';
        document.body.append(script);
    """,
    "another origin: ": "location.assign('http://127.0.0.1:9/planted')",
    "not loaded: ": """
        const picture = document.createElement('img');
        picture.src = 'http://127.0.0.1:9/planted.png';
        document.body.append(picture);
    """,
    "404: ": """
        const picture = document.createElement('img');
        picture.src = '/planted.png';
        document.body.append(picture);
    """,
    "500: ": "fetch('/broken')",
}


@pytest.mark.parametrize("seen", FAULTS)
def test_a_planted_fault_is_seen(visit: Visits, seen: str):
    page = visit()
    page.route("**/broken", lambda route: route.fulfill(status=500))
    page.goto("/")
    assert not visit.problems
    page.evaluate(f"() => {{ {FAULTS[seen]} }}")
    page.wait_for_timeout(300)
    assert any(seen in problem for problem in visit.problems), visit.problems
    visit.problems.clear()


def test_axe_sees_a_planted_fault(page: Page):
    page.goto("/")
    page.evaluate("document.body.append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        axe(page)


def test_a_crashed_browser_is_started_again(_launcher: Launcher, site: str):
    crashed = _launcher.running()
    crashed.close()
    again = _launcher.running()
    assert again is not crashed
    page = again.new_page()
    page.goto(site)
    page.close()
