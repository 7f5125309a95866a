"""Two ways to work the desk's pages: by mouse, and by keyboard alone, never losing the focus."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Protocol

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser import DESKTOP, PHONE, axe, fits, screenshot
from tests.functional.steps import next_page
from tests.walking import BY_SLUG

# More stops than any page of the desk has.
FARTHEST = 120
_IS_SOMEWHERE = "document.activeElement !== document.body"
_IS_HERE = """each => each === document.activeElement
    || each.type === "radio" && document.activeElement.name === each.name"""
# At least as many presses of Tab away, or below zero of Shift+Tab: a field for a day has several.
_AWAY = """target => {
    const from = document.activeElement, groups = new Set();
    const isBefore = (one, other) =>
        one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    const back = isBefore(target, from);
    const [first, last] = back ? [target, from] : [from, target];
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary");
    const stops = [...all]
        .filter(each => each === target || isBefore(first, each) && isBefore(each, last))
        .filter(each => !each.disabled && each.tabIndex >= 0 && each.checkVisibility())
        .filter(each => each.type !== "radio" || !groups.has(each.name) && groups.add(each.name));
    return back ? -stops.length : stops.length;
}"""


class Hands(Protocol):
    """What is done on a page, however it is done."""

    page: Page

    def press(self, control: Locator) -> None: ...
    def write(self, field: Locator, text: str) -> None: ...
    def at(self, day: Locator, clock: Locator, start: datetime) -> None: ...
    def at_clock(self, field: Locator, clock: time) -> None: ...
    def choose(self, field: Locator, label: str) -> None: ...
    def tick(self, box: Locator) -> None: ...
    def find(self, text: str, who: str) -> None: ...
    def begin_to_book(self, start: datetime) -> None: ...
    def begin(self, name: str, key: str) -> None: ...
    def open(self, who: str) -> None: ...
    def move(self, who: str, start: datetime) -> None: ...
    def lengthen(self, who: str, until: datetime) -> None: ...
    def undo(self) -> None: ...
    def look(self, name: str, *, narrow: bool = False) -> None: ...


class Mouse:
    """Points, clicks and drags; types only what has to be typed."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        control.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def at(self, day: Locator, clock: Locator, start: datetime) -> None:
        local = timezone.localtime(start)
        day.fill(f"{local:%Y-%m-%d}")
        self.at_clock(clock, local.time())

    def at_clock(self, field: Locator, clock: time) -> None:
        field.fill(f"{clock:%H:%M}")

    def choose(self, field: Locator, label: str) -> None:
        field.select_option(label=label)

    def tick(self, box: Locator) -> None:
        self.page.locator(f"label[for='{box.get_attribute('id')}']").click()

    def find(self, text: str, who: str) -> None:
        self.page.get_by_role("searchbox", name="Find a patient").fill(text)
        self.page.locator(".found-one", has_text=who).click()

    def begin_to_book(self, start: datetime) -> None:
        self.page.mouse.click(*point(self.page, start))

    def begin(self, name: str, key: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def open(self, who: str) -> None:
        shown(self.page, who).click()

    def move(self, who: str, start: datetime) -> None:
        # The calendar is drawn anew after what was done before.
        self.page.wait_for_timeout(100)
        x, y = point(self.page, start)
        box = _box(self.page, who)
        self._drag((box["x"] + box["width"] - 12, box["y"] + 3), (x, y + 1))

    def lengthen(self, who: str, until: datetime) -> None:
        self.page.wait_for_timeout(100)
        x, y = point(self.page, until)
        shown(self.page, who).hover()
        box = _box(self.page, who)
        # What is dragged over counts: one step less than where it ends.
        self._drag((box["x"] + 60, box["y"] + box["height"] - 3), (x, y - 8))

    def undo(self) -> None:
        self.page.locator("#day-notice").get_by_role("button", name="Undo").click()

    def look(self, name: str, *, narrow: bool = False) -> None:
        axe(self.page)
        screenshot(self.page, f"whole-day-{name}")
        if narrow:
            self.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            self.page.emulate_media(color_scheme="dark")
            fits(self.page)
            axe(self.page)
            screenshot(self.page, f"whole-day-{name}-narrow-dark")
            self.page.emulate_media(color_scheme="light")
            self.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})

    def _drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*begin)
        self.page.mouse.down()
        self.page.mouse.move(end[0], end[1] - 30, steps=4)
        self.page.mouse.move(*end, steps=4)
        self.page.mouse.up()


class Keyboard:
    """Tab, arrows, Enter, Space and the sheet's keys; before each, the focus must be somewhere."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        self._reach(control)
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def at(self, day: Locator, clock: Locator, start: datetime) -> None:
        """A field for a day or a time has a part for each number of it."""
        local = timezone.localtime(start)
        self._reach(day)
        self.page.keyboard.type(f"{local:%m%d%Y}")
        self.at_clock(clock, local.time())

    def at_clock(self, field: Locator, clock: time) -> None:
        self._reach(field)
        self.page.keyboard.type(f"{clock:%I%M%p}")

    def choose(self, field: Locator, label: str) -> None:
        self._reach(field)
        self.page.keyboard.type(label)

    def tick(self, box: Locator) -> None:
        self._reach(box)
        for _ in range(12):
            if box.evaluate("each => each === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")

    def find(self, text: str, who: str) -> None:
        self._is_somewhere()
        self.page.keyboard.press("/")
        self.page.keyboard.type(text)
        expect(self.page.locator(".found-one", has_text=who)).to_be_visible()
        self._step_to(who, "ArrowDown")
        self.page.keyboard.press("Enter")

    def begin_to_book(self, start: datetime) -> None:
        self.begin("Book", "b")
        self.at(*when_fields(self.page), start)

    def begin(self, name: str, key: str) -> None:
        self._is_somewhere()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press(key)

    def open(self, who: str) -> None:
        self._walk_to(who)
        self.page.keyboard.press("Enter")

    def move(self, who: str, start: datetime) -> None:
        self._walk_to(who)
        self.page.keyboard.press("m")
        self.at(*when_fields(self.page), start)
        self.page.keyboard.press("Enter")

    def lengthen(self, who: str, until: datetime) -> None:
        self._walk_to(who)
        self.page.keyboard.press("m")
        field = self.page.get_by_label("Length, minutes")
        begun = when_fields(self.page)[1].input_value()
        local = timezone.localtime(until)
        minutes = (
            local.hour * 60
            + local.minute
            - sum(
                int(number) * unit for number, unit in zip(begun.split(":"), (60, 1), strict=False)
            )
        )
        self.write(field, str(minutes))
        self.page.keyboard.press("Enter")

    def undo(self) -> None:
        self._is_somewhere()
        self.page.keyboard.press("u")

    def look(self, name: str, *, narrow: bool = False) -> None:
        self._is_somewhere()

    def _walk_to(self, who: str) -> None:
        """Back to the calendar, then from visit to visit."""
        self._is_somewhere()
        self.page.keyboard.press("Escape")
        expect(shown(self.page, who)).to_be_visible()
        self._step_to(who, "j", "k")

    def _step_to(self, who: str, *keys: str) -> None:
        for key in keys:
            for _ in range(12):
                if who in self._here():
                    return
                self.page.keyboard.press(key)
        raise AssertionError(f"{who} is not reached by {' and '.join(keys)}.")

    def _reach(self, control: Locator) -> None:
        expect(control).to_be_visible()
        self._is_somewhere()
        away = control.evaluate(_AWAY)
        tab = "Tab" if away > 0 else "Shift+Tab"
        for _ in range(abs(away)):
            self.page.keyboard.press(tab)
        for _ in range(FARTHEST):
            if control.evaluate(_IS_HERE):
                return
            self.page.keyboard.press(tab)
        raise AssertionError(f"{control} is not reached by {tab}.")

    def _here(self) -> str:
        return str(self.page.evaluate("document.activeElement.textContent"))

    def _is_somewhere(self) -> None:
        for _ in range(50):
            if self.page.evaluate(_IS_SOMEWHERE):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"The focus is lost on {self.page.url}.")


def answer_aloud(hands: Hands, said: Mapping[str, Any], *, look_at: Sequence[str] = ()) -> None:
    """Screen after screen of a call, until what stands there is no question."""
    page = hands.page
    while (slug := here(page)) in BY_SLUG:
        if slug in look_at:
            hands.look(f"call-{slug}")
        for question in BY_SLUG[slug].questions:
            given = said.get(question)
            if given is None or not page.locator(f"input[name='{question}']").count():
                continue
            for value in given if isinstance(given, list) else [given]:
                hands.tick(page.locator(f"input[name='{question}'][value='{value}']"))
        go_on(hands, "Continue")


def go_on(hands: Hands, name: str) -> None:
    with next_page(hands.page):
        hands.press(hands.page.get_by_role("button", name=name, exact=True).first)


def here(page: Page) -> str:
    """The screen of a call."""
    field = page.locator("input[name='screen']")
    return (field.get_attribute("value") or "") if field.count() else ""


def when_fields(page: Page) -> tuple[Locator, Locator]:
    """The day and the time of a form."""
    return page.locator("#id_day"), page.locator("#id_clock")


def shown(page: Page, who: str) -> Locator:
    return page.locator(".visit", has_text=who).first


def point(page: Page, at: datetime | time) -> tuple[float, float]:
    """Where that time is, in the middle of the doctor's column; scrolled into sight."""
    local = timezone.localtime(at) if isinstance(at, datetime) else at
    x, y = page.evaluate(
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
        local.hour * 60 + local.minute,
    )
    return x, y


def opened(page: Page, day: date) -> Page:
    page.goto(f"/staff/day/?on={day}")
    expect(page.get_by_role("button", name="Book", exact=True)).to_be_visible()
    expect(page.locator("[class*='shade-']").first).to_be_attached()
    return page


def _box(page: Page, who: str) -> Mapping[str, float]:
    box = shown(page, who).bounding_box()
    assert box
    return box  # type: ignore[return-value]
