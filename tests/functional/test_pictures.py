"""Every patient page in every state: each fits its width, is light, and can be looked at.

`make pictures` keeps what is seen here in screenshots/, at the width of a phone, a tablet and a
desktop.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import User
from intake.models import Clearance
from intake.services import revoke
from scheduling import services
from scheduling.models import Appointment
from scheduling.slots import State
from tests import answers
from tests.browser import (
    DESKTOP,
    PHONE,
    TABLET,
    Visits,
    at_each_size,
    axe,
    fits,
    screenshot,
    unstyled,
    weight,
)
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import visit_type
from tests.functional.steps import (
    answer_all,
    answered,
    follow,
    go_on,
    heading,
    press,
    send,
    slug,
    start,
    tap_answers,
    tell_who,
    told,
    type_birth,
)
from tests.walking import emailed_code

pytestmark = pytest.mark.browser

# A desktop window at 400 %.
NARROW = (320, 640)
# Of a server that compresses nothing, as the tests' is: the clinic's sends about half of it.
MOST_BYTES = 150_000

# Names that nothing is drawn by: what a part is, the widgets as Django's fields call themselves,
# and the moments of a request as htmx does.
UNDRAWN = re.compile(
    r"messages|result|spot-front|textinput|emailinput|textarea|select|numberinput|radioselect|checkboxinput"
    r"|phoneinput|requiredField|htmx-\w+"
)

# Follow-ups of every kind, and a doctor first.
MUCH_TO_SAY = {
    **answers.BOOK,
    "bladder_bowel": ["cannot_start"],
    "bladder_bowel_when": "old_known",
    "numb": ["one_leg"],
    "neuro_change": "same",
    "sexual": "no",
    "injury": "not_sure",
    "injury_kind": "other",
    "injury_when": "over_12_weeks",
    "pregnant": "maybe",
    "pregnant_warning": "no",
    "area": "neck",
    "neck_signs": "no",
    "duration": "over_12w",
    "morning": "no",
    "care": "over_4w",
    "care_result": "better",
}


def look(page: Page, name: str) -> None:
    """At every width."""
    for width in at_each_size(page, NARROW, TABLET, DESKTOP, PHONE):
        fits(page)
        if width != NARROW[0]:
            screenshot(page, f"{name}-{width}")
    axe(page)
    strange = {each for each in unstyled(page) if not UNDRAWN.fullmatch(each)}
    assert not strange, f"no stylesheet of {page.url} knows the classes {sorted(strange)}"
    assert weight(page) < MOST_BYTES, f"{page.url} weighs {weight(page)} bytes"


@pytest.fixture
def page(visit: Visits) -> Page:
    return visit(still=True)


def test_the_first_pages(page: Page):
    page.goto("/")
    look(page, "first-page")
    page.goto("/privacy/")
    look(page, "privacy")
    start(page)
    page.goto("/")
    look(page, "first-page-with-a-draft")
    page.goto("/no-such-page/")
    look(page, "not-found")


def test_the_first_screen_of_a_phone_says_it_all(page: Page):
    """What this is, when to call 911 instead, and the button: without scrolling."""
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto("/")
    for seen in (
        page.get_by_role("heading", level=1),
        page.get_by_role("link", name="Call 911"),
        page.get_by_role("button", name="Start"),
    ):
        expect(seen).to_be_in_viewport(ratio=1)


def test_signing_in(page: Page):
    page.goto("/sign-in/")
    look(page, "sign-in")
    press(page, "Send me a code")
    look(page, "sign-in-error")
    page.get_by_label("Email").fill("ana@example.com")
    press(page, "Send me a code")
    look(page, "sign-in-code")
    press(page, "Sign in")
    look(page, "sign-in-code-error")


def test_the_questions(page: Page):
    start(page)
    answer_all(page, MUCH_TO_SAY, look=lambda here: look(page, f"questions-{here}"))
    tell_who(page, look=lambda here: look(page, f"questions-{here}"))
    go_on(page)
    look(page, "check")
    press(page, "Send my answers")
    look(page, "code")
    page.get_by_label("Type the code").fill("0")
    press(page, "Show my result")
    look(page, "code-error")
    page.get_by_label("Type the code").fill(emailed_code())
    press(page, "Show my result")
    heading(page, "See a doctor first")
    look(page, "result-doctor-first")


def test_what_is_wrong(page: Page):
    start(page)
    go_on(page)
    look(page, "error-date-of-birth")
    type_birth(page)
    go_on(page)
    go_on(page)
    look(page, "error-questions")
    answered(page, answers.BOOK)
    go_on(page)
    look(page, "error-about-you")


def test_no_to_all(page: Page):
    start(page)
    while slug(page) != "health":
        type_birth(page) if slug(page) == "date-of-birth" else tap_answers(page, answers.BOOK)
        go_on(page)
    press(page, "No to all of these")
    look(page, "questions-health-no-to-all")


def test_a_minor(page: Page):
    start(page)
    type_birth(page, timezone.localdate().year - 15)
    go_on(page)
    answer_all(page, {**answers.BOOK, "guardian": "no"})
    heading(page, "A parent or guardian is needed")
    look(page, "guardian-needed")
    follow(page, "A parent or guardian is with me now")
    look(page, "questions-parent-or-guardian")
    tap_answers(page, {"guardian": "yes"})
    go_on(page)
    look(page, "about-you-minor")


def test_an_emergency(page: Page):
    start(page)
    answer_all(page, answers.EMERGENCY)
    heading(page, "Get help now")
    look(page, "emergency")
    page.get_by_label("Phone number").fill("12")
    press(page, "Ask the clinic to call me")
    look(page, "emergency-error")
    page.get_by_label("Phone number").fill("703 555 0102")
    press(page, "Ask the clinic to call me")
    look(page, "emergency-phone-left")
    press(page, "I tapped that by mistake")
    look(page, "emergency-tapped-by-mistake")


@pytest.mark.parametrize(
    ("said", "name"),
    [(answers.BOOK, "may-book"), (answers.CO_MANAGE, "doctor-too")],
    ids=["may book", "doctor too"],
)
def test_results(page: Page, said: dict[str, object], name: str):
    told(page, said)
    send(page)
    look(page, f"result-{name}")


@pytest.fixture
def account(site: str) -> User:
    return AccountFactory.create(email="ana@example.com")


@pytest.fixture
def leave(account: User) -> Clearance:
    ana = PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")
    return ClearanceFactory.create(patient=ana, starts_at=timezone.now())


def test_visits(visit: Visits, account: User, leave: Clearance):
    page = visit(user=account, still=True)

    def opening() -> Callable[[], None]:
        return page.locator("#times .btn-primary").click

    page.goto("/my/visits/")
    look(page, "my-visits-free-to-book")
    page.goto(f"/book/{leave.pk}/")
    look(page, "choose-a-time")
    _somebody_takes(leave, page.locator("#times .btn-primary").get_attribute("value"))
    opening()()
    look(page, "choose-a-time-just-taken")
    opening()()
    look(page, "confirm")
    page.goto(f"/book/{leave.pk}/")
    look(page, "choose-a-time-one-kept")
    page.goto(page.get_by_role("link", name="Go on and confirm it").get_attribute("href") or "")
    Appointment.objects.filter(patient=leave.patient).update(
        hold_expires_at=timezone.now() - timedelta(seconds=1)
    )
    press(page, "Confirm this visit")
    look(page, "choose-a-time-too-late")
    opening()()
    press(page, "Confirm this visit")
    look(page, "visit-booked")
    follow(page, "Choose another time")
    look(page, "move")
    opening()()
    heading(page, "Move this visit?")
    look(page, "move-sure")
    press(page, "Move my visit")
    look(page, "visit-moved")
    page.goto("/my/visits/")
    look(page, "my-visits-booked")
    page.goto(f"/my/visits/{Appointment.objects.get(state=State.BOOKED).pk}/")
    follow(page, "Cancel this visit")
    look(page, "cancel")
    press(page, "Cancel this visit")
    look(page, "visit-cancelled")
    revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=timezone.now())
    page.goto(f"/book/{leave.pk}/")
    look(page, "choose-a-time-not-now")


def test_a_family(visit: Visits, account: User, leave: Clearance):
    held(PatientFactory.create(account=account, given_name="Leo", family_name="Reyes"))
    PatientFactory.create(account=account, given_name="Mia", family_name="Reyes")
    page = visit(user=account, still=True)
    page.goto("/my/visits/")
    look(page, "my-visits-family")


def test_nobody_yet(visit: Visits, account: User):
    page = visit(user=account, still=True)
    page.goto("/my/visits/")
    look(page, "my-visits-empty")
    page.goto("/")
    look(page, "first-page-signed-in")


def _somebody_takes(leave: Clearance, start: str | None) -> None:
    """Another patient is faster."""
    other = ClearanceFactory.create(starts_at=timezone.now())
    services.hold(
        patient_id=other.patient_id,
        clearance_id=other.pk,
        visit_type_id=visit_type().pk,
        start=datetime.fromisoformat(start or ""),
        by=None,
        now=timezone.now(),
    )
