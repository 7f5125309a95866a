"""The front desk's whole day in a browser: by mouse, and the same day again by keyboard alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from clinic import audit
from clinic.models import User
from intake.models import Clearance, Intake
from scheduling import services, work_lists
from scheduling.models import Appointment, Call, Closure, Rebooking, WaitlistEntry
from scheduling.slots import State, local_instant
from tests import answers
from tests.browser import DESKTOP, Visits
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import book, coming, state_of
from tests.functional.hands import (
    Hands,
    Keyboard,
    Mouse,
    answer_aloud,
    go_on,
    here,
    opened,
    shown,
    when_fields,
)

pytestmark = pytest.mark.browser


@dataclass
class Cast:
    """Who comes on that day, and the coming days: all of them may book."""

    now: datetime = field(default_factory=timezone.now)

    def cleared(self, name: str, *, email: str = "") -> Clearance:
        given, family = name.split(" ")
        account = AccountFactory(email=email) if email else None
        return ClearanceFactory(
            patient=PatientFactory(given_name=given, family_name=family, account=account),
            starts_at=self.now - timedelta(days=4),
            ends_at=self.now + timedelta(days=200),
        )

    def booked(
        self, name: str, start: datetime, *, email: str = "", before: timedelta = timedelta(hours=1)
    ) -> Appointment:
        """So long before it is due, or before now."""
        leave = self.cleared(name, email=email)
        return book(leave, start, code="adjustment", now=min(self.now, start) - before)

    def ago(self, minutes: int) -> datetime:
        """Whole five minutes."""
        moment = self.now - timedelta(minutes=minutes)
        return moment - timedelta(seconds=moment.timestamp() % 300)

    def next(self, weekday: int, hour: int, minute: int = 0) -> datetime:
        """On the clinic's clock."""
        day = coming(weekday, self.now)
        return local_instant(day, time(hour, minute), timezone.get_default_timezone())

    @property
    def tomorrow(self) -> datetime:
        """At nine on the next open day."""
        day = work_lists.next_open_day(self.now)
        assert day
        return local_instant(day, time(9), timezone.get_default_timezone())


TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def cast(site: str) -> Cast:
    return Cast()


@pytest.mark.parametrize("hands_of", [Mouse, Keyboard], ids=["mouse", "keyboard"])
def test_the_desks_day(visit: Visits, desk: User, cast: Cast, hands_of: Callable[[Page], Hands]):
    hands = hands_of(visit(DESKTOP, user=desk, still=True))
    the_sheet_of_the_day(hands, cast)
    who_comes_and_who_does_not(hands, cast)
    somebody_walks_in(hands, cast)
    a_caller_is_found_and_booked(hands, cast)
    other = visit(DESKTOP, user=StaffFactory(name="Olga Other", is_desk=True))
    a_free_time_is_booked(hands, cast)
    a_visit_is_moved_while_another_looks(hands, opened(other, cast.next(TUESDAY, 9).date()), cast)
    time_is_blocked(hands)
    a_freed_time_is_offered_and_taken(hands, cast)
    somebody_new_calls(hands, cast)
    a_series_is_booked(hands, cast)
    an_afternoon_is_closed(hands, cast)
    the_lists_are_worked_through(hands, cast)


def the_sheet_of_the_day(hands: Hands, cast: Cast) -> None:
    cast.booked("Ana Reyes", cast.ago(70))
    page = hands.page
    page.goto("/staff/visits/")
    hands.press(page.get_by_role("link", name="Day sheet"))
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    hands.look("sheet")


def who_comes_and_who_does_not(hands: Hands, cast: Cast) -> None:
    ana = Appointment.objects.get()
    ben = cast.booked("Ben Okoro", cast.ago(45))
    page, panel = opened(hands.page, timezone.localdate(ben.starts_at)), panel_of(hands)
    notice = page.locator("#day-notice")
    hands.open("Ana Reyes")
    expect(panel.get_by_role("heading", level=2, name="Ana Reyes")).to_be_visible()
    hands.look("panel")
    for step, state in (("Check in", "Arrived"), ("Take in", "In room"), ("Finish", "Done")):
        hands.press(panel.get_by_role("button", name=step, exact=True))
        expect(notice).to_contain_text(f"Ana Reyes: {state}.")
        expect(shown(page, "Ana Reyes")).to_contain_text(state)
    hands.undo()
    expect(shown(page, "Ana Reyes")).to_contain_text("In room")
    assert state_of(ana.pk) is State.IN_ROOM

    hands.open("Ben Okoro")
    expect(panel.get_by_role("heading", level=2, name="Ben Okoro")).to_be_visible()
    hands.press(panel.get_by_role("button", name="Mark as no-show"))
    expect(notice).to_contain_text("Ben Okoro: No-show.")
    assert state_of(ben.pk) is State.NO_SHOW
    hands.undo()
    expect(notice).to_contain_text("Ben Okoro: Booked.")
    assert state_of(ben.pk) is State.BOOKED


def somebody_walks_in(hands: Hands, cast: Cast) -> None:
    cast.cleared("Cleo Marsh")
    panel = panel_of(hands)
    hands.begin("Walk-in", "i")
    hands.write(panel.get_by_label("Name, phone, email or date of birth"), "cleo")
    hands.press(panel.get_by_role("button", name="Find", exact=True))
    hands.press(panel.get_by_role("button", name="Cleo Marsh"))
    hands.look("walk-in")
    hands.press(panel.get_by_role("button", name="Check in now"))
    expect(hands.page.locator("#day-notice")).to_contain_text("Cleo Marsh: checked in.")
    assert state_of(visit_of("Cleo").pk) is State.ARRIVED


def a_caller_is_found_and_booked(hands: Hands, cast: Cast) -> None:
    cast.cleared("José Núñez")
    page = hands.page
    hands.find("jose nuñes", "José Núñez")
    expect(page.get_by_role("heading", level=1, name="José Núñez")).to_be_visible()
    hands.press(page.get_by_role("link", name="Book a visit"))
    hands.at(*when_fields(page), cast.next(TUESDAY, 9, 30))
    hands.tick(page.get_by_role("radio", name="New patient exam, 45"))
    hands.look("book", narrow=True)
    hands.press(page.get_by_role("button", name="Book this visit"))
    expect(page.get_by_text("José Núñez: booked for")).to_be_visible()
    assert visit_of("José").starts_at == cast.next(TUESDAY, 9, 30)


def a_free_time_is_booked(hands: Hands, cast: Cast) -> None:
    """From the calendar: the time first, then whom."""
    cast.cleared("Rosa Blum")
    page, panel = opened(hands.page, cast.next(TUESDAY, 9).date()), panel_of(hands)
    hands.begin_to_book(cast.next(TUESDAY, 11))
    expect(panel.get_by_label("Time")).to_have_value("11:00")
    hands.write(panel.get_by_label("Name, phone, email or date of birth"), "blum")
    hands.press(panel.get_by_role("button", name="Find", exact=True))
    hands.press(panel.get_by_role("button", name="Rosa Blum"))
    hands.press(panel.get_by_role("button", name="Book this visit"))
    expect(page.locator("#day-notice")).to_contain_text("Rosa Blum: booked for")
    expect(shown(page, "Rosa Blum")).to_contain_text("11:00 AM – 11:45 AM")


def a_visit_is_moved_while_another_looks(hands: Hands, theirs: Page, cast: Cast) -> None:
    page, jose = hands.page, visit_of("José")
    notice, alert = page.locator("#day-notice"), page.get_by_role("alert")
    their_own = theirs.locator(f'[data-event="{jose.pk}"]')
    their_own.focus()
    # What another does shows within three seconds: each screen asks every other second.
    assert int(theirs.locator("[data-calendar]").get_attribute("data-refresh") or 0) <= 2_000
    hands.move("José Núñez", cast.next(TUESDAY, 10))
    expect(notice).to_contain_text("José Núñez: moved to")
    expect(shown(page, "José Núñez")).to_contain_text("10:00 AM – 10:45 AM")
    expect(shown(theirs, "José Núñez")).to_contain_text("10:00 AM – 10:45 AM")
    expect(their_own).to_be_focused()
    their_own.click()
    hands.undo()
    expect(notice).to_contain_text("Undone.")
    expect(shown(page, "José Núñez")).to_contain_text("9:30 AM – 10:15 AM")
    expect(theirs.get_by_text("This visit has just changed.")).to_be_visible()

    hands.move("José Núñez", cast.next(TUESDAY, 11))
    expect(alert).to_contain_text("Rosa Blum")
    expect(alert).to_contain_text("at 11:00 AM to 11:45 AM")
    expect(shown(page, "José Núñez")).to_contain_text("9:30 AM – 10:15 AM")
    hands.look("clash")

    hands.move("José Núñez", cast.next(TUESDAY, 8))
    expect(alert).to_contain_text("outside the opening hours")
    expect(page.get_by_label("Why (if you like)")).to_be_focused()
    hands.write(page.get_by_label("Why (if you like)"), "Before work")
    hands.press(page.get_by_role("button", name="Change it"))
    expect(shown(page, "José Núñez")).to_contain_text("8:00 AM – 8:45 AM")
    assert jose.changes.latest("pk").reason == "Before work"
    hands.undo()
    expect(shown(page, "José Núñez")).to_contain_text("9:30 AM – 10:15 AM")

    hands.lengthen("José Núñez", cast.next(TUESDAY, 10, 30))
    expect(notice).to_contain_text("José Núñez: until 10:30 AM")
    longer = visit_of("José")
    assert (longer.starts_at, longer.ends_at) == (jose.starts_at, cast.next(TUESDAY, 10, 30))

    # Whoever changes it in between has the last word: nothing is taken back over that.
    services.mark(appointment_id=jose.pk, to=State.ARRIVED, by=None, now=timezone.now())
    hands.undo()
    expect(alert).to_contain_text("Nothing was undone")
    assert visit_of("José").ends_at == longer.ends_at


def time_is_blocked(hands: Hands) -> None:
    page, panel = hands.page, panel_of(hands)
    hands.begin("Block time", "x")
    hands.write(panel.get_by_label("What for"), "Staff meeting")
    hands.look("block")
    hands.press(panel.get_by_role("button", name="Block this time"))
    expect(page.get_by_text("Closed: Staff meeting")).to_be_visible()
    expect(panel).to_be_hidden()
    hands.undo()
    expect(page.get_by_text("Closed: Staff meeting")).to_have_count(0)


def a_freed_time_is_offered_and_taken(hands: Hands, cast: Cast) -> None:
    """A caller waits for any time; Rosa cancels; the caller takes hers on the telephone."""
    page, rosa = hands.page, visit_of("Rosa")
    cast.cleared("Dee Tran")
    hands.find("tran", "Dee Tran")
    hands.press(page.get_by_role("main").get_by_role("link", name="Waitlist"))
    hands.choose(page.get_by_label("Visit", exact=True), "New patient exam")
    hands.tick(page.get_by_label("Acute: comes first"))
    hands.look("wait", narrow=True)
    hands.press(page.get_by_role("button", name="Keep on the waitlist"))
    expect(page.get_by_text("On the waitlist.")).to_be_visible()

    opened(page, timezone.localdate(rosa.starts_at))
    hands.open("Rosa Blum")
    hands.press(panel_of(hands).get_by_role("button", name="Cancel", exact=True))
    expect(page.locator("#day-notice")).to_contain_text("Rosa Blum: Cancelled.")
    expect(shown(page, "Rosa Blum")).to_have_count(0)

    go_to(hands, "Waitlist")
    freed = page.get_by_role("listitem").filter(has_text="just came free")
    hands.press(freed.get_by_role("button", name="Offer this time"))
    expect(page.get_by_text("Offered to 1 person.")).to_be_visible()
    hands.press(page.get_by_role("button", name="They take it"))
    expect(page.get_by_text("Booked.")).to_be_visible()
    hands.look("taken")
    assert visit_of("Dee").starts_at == rosa.starts_at
    assert not WaitlistEntry.objects.waiting().exists()


def somebody_new_calls(hands: Hands, cast: Cast) -> None:
    page = hands.page
    go_to(hands, "New patient")
    for label, text in (
        ("First name", "Cal"),
        ("Last name", "Rivers"),
        ("Phone number to call back", "7035550160"),
        ("Month", "3"),
        ("Day", "9"),
        ("Year", "1988"),
    ):
        hands.write(page.get_by_label(label), text)
    go_on(hands, "Begin the questions")
    go_on(hands, "Continue")
    answer_aloud(hands, answers.BOOK, look_at=("bladder-and-bowels", "health", "how-it-feels"))
    hands.choose(page.locator("#id_town"), "Ashburn")
    for slug in ("who", "what-happened", "medicines", "people"):
        assert here(page) == slug
        go_on(hands, "Continue")
    hands.tick(page.get_by_label("Myself"))
    go_on(hands, "Continue")
    go_on(hands, "Continue")
    expect(page.get_by_role("alert")).to_be_focused()
    for label in ("examined", "privacy notice"):
        hands.tick(page.get_by_label(label))
    hands.look("consents", narrow=True)
    go_on(hands, "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("Read it back, then send it")
    go_on(hands, "Send the answers")
    expect(page.get_by_role("heading", name="They may book")).to_be_visible()
    said = Intake.objects.get(patient__given_name="Cal")
    assert (said.channel, str(said.typed_by)) == ("PHONE", "Dana Desk")

    hands.press(page.get_by_role("link", name="Book a visit"))
    hands.at(*when_fields(page), cast.next(THURSDAY, 9))
    hands.press(page.get_by_role("button", name="Book this visit"))
    expect(page.get_by_text("Cal Rivers: booked for")).to_be_visible()
    assert visit_of("Cal").clearance.intake == said


def a_series_is_booked(hands: Hands, cast: Cast) -> None:
    """Twice a week for three weeks; one of the days is closed and needs another choice."""
    page = hands.page
    leave = cast.cleared("Gus Meyer")
    closed = cast.next(TUESDAY, 0) + timedelta(days=7)
    Closure.objects.create(during=(closed, closed + timedelta(days=1)), reason="Training")
    hands.find("meyer gus", "Gus Meyer")
    hands.press(page.get_by_role("link", name="Book a series of visits"))
    hands.choose(page.get_by_label("What for"), "Adjustment")
    for day in ("Tuesday", "Thursday"):
        hands.tick(page.get_by_label(day))
    hands.at_clock(page.get_by_label("Near"), time(12))
    hands.press(page.get_by_role("button", name="Propose times"))
    expect(page.get_by_text("5 of 6 wished visits have a time near the hour.")).to_be_visible()
    hands.press(page.get_by_role("button", name="Book all of these"))
    expect(page.get_by_role("alert")).to_be_focused()
    hands.look("series", narrow=True)
    hands.press(page.get_by_role("alert").get_by_role("link"))
    expect(page.locator(".series-row.is-open")).to_be_focused()
    hands.tick(page.locator(".series-row.is-open").get_by_role("radio").first)
    hands.press(page.get_by_role("button", name="Book all of these"))
    expect(page.get_by_text("Gus Meyer: 6 visits are booked.")).to_be_visible()
    assert Appointment.objects.filter(patient=leave.patient).count() == 6


def an_afternoon_is_closed(hands: Hands, cast: Cast) -> None:
    page, afternoon = hands.page, cast.next(WEDNESDAY, 15)
    fay = cast.booked("Fay Young", afternoon, email="fay@example.com")
    cast.booked("Hal Stone", afternoon + timedelta(hours=1))
    go_to(hands, "Closing")
    close_from(hands, afternoon)
    hands.press(page.get_by_role("button", name="Take it back"))
    expect(page.get_by_text("nobody was told")).to_be_visible()
    close_from(hands, afternoon)
    hands.look("closing", narrow=True)
    hands.press(page.get_by_role("button", name="Tell the patients"))
    expect(page.get_by_text("2 patients are told.")).to_be_visible()
    proposed = Rebooking.objects.get(visit=fay).proposed.lower
    services.move(appointment_id=fay.pk, start=proposed, by=fay.patient.account, now=timezone.now())
    hands.press(page.locator(".crumb").get_by_role("link", name="Closing"))
    hands.press(page.get_by_role("link", name="Wed"))
    expect(page.locator(".status", has_text="Moved to")).to_have_count(1)


def close_from(hands: Hands, start: datetime) -> None:
    page = hands.page
    first, begins = page.get_by_label("First day"), page.get_by_label("From (empty: all day)")
    hands.at(first, begins, start)
    hands.write(page.get_by_label("Why (staff see it)"), "Dr. Solomon is ill")
    hands.press(page.get_by_role("button", name="Close this time"))
    expect(page.get_by_role("heading", name="2 patients do not know yet")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("status")).to_be_focused()


def the_lists_are_worked_through(hands: Hands, cast: Cast) -> None:
    page, tomorrow = hands.page, cast.tomorrow
    gil = cast.booked("Gil Frost", tomorrow, before=timedelta(days=3))
    ida = cast.booked("Ida Lang", cast.next(THURSDAY, 11))
    Appointment.objects.filter(pk=ida.pk).update(state=State.SUSPENDED.value)
    with audit.writing(None):
        services.ask_to_call(
            patient_id=ida.patient_id, why=Call.Why.HELD, by=None, now=timezone.now()
        )
    go_to(hands, "Lists")
    expect(page.get_by_role("heading", level=1, name="Lists")).to_be_visible()
    hands.look("lists", narrow=True)
    hands.press(page.get_by_role("button", name="No answer from Ida Lang"))
    expect(page.get_by_text("Tried once, no answer")).to_be_visible()
    expect(page.get_by_role("button", name="No answer from Ida Lang")).to_be_focused()
    hands.press(page.get_by_role("button", name="Reached Ida Lang"))
    hands.press(page.locator("summary", has_text="1 done in the last hour"))
    hands.press(page.get_by_role("button", name="Undo: Ida Lang"))
    hands.press(page.get_by_role("button", name="Reached Ida Lang"))
    expect(page.get_by_text("1 done in the last hour")).to_be_visible()
    # Without an email address: what became of her visit is told by telephone.
    hands.press(page.get_by_role("button", name="Left word for Rosa Blum"))
    hands.press(page.get_by_role("button", name="Confirm attendance: Gil Frost"))
    expect(page.get_by_text("Everybody of that day has confirmed")).to_be_visible()
    assert state_of(gil.pk) is State.CONFIRMED
    hands.press(page.get_by_role("button", name="Move to the time proposed: Hal Stone"))
    expect(page.get_by_text("Hal Stone: moved to")).to_be_visible()
    assert not Call.objects.filter(done_at=None).exists(), "Hal said yes on the phone"
    hands.press(page.get_by_role("link", name="Release or book again: Ida Lang"))
    hands.press(page.get_by_role("button", name="Release", exact=True))
    expect(page.get_by_text("Ida Lang: Released.")).to_be_visible()
    go_to(hands, "Lists")
    hands.press(page.get_by_role("button", name="Left word for Ida Lang"))
    expect(page.get_by_text("All is done.")).to_be_visible()


def go_to(hands: Hands, name: str) -> None:
    """Another of the staff's pages, by the head of this one."""
    pages = hands.page.get_by_role("navigation", name="Staff pages")
    hands.press(pages.get_by_role("link", name=name))


def panel_of(hands: Hands) -> Locator:
    return hands.page.get_by_role("complementary", name="Details")


def visit_of(given_name: str) -> Appointment:
    return Appointment.objects.get(patient__given_name=given_name)
