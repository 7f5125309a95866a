"""What came of an intake, in a real browser: every state, on a phone and on a desktop."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import User
from intake import services
from intake.models import Case, Intake, WishedTimes
from tests import answers
from tests.browser import DESKTOP, Visits, readable, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.functional.steps import heading, press

pytestmark = pytest.mark.browser

FELL = {**answers.BOOK, "injury": "yes", "injury_kind": "fall", "injury_when": "last_2_weeks"}
MUCH = {**FELL, "fever": "yes", "thinner": "yes", "weight": "not_sure"}


@pytest.fixture
def ana(site: str) -> User:
    account = AccountFactory.create(email="ana@example.com")
    PatientFactory.create(
        account=account,
        given_name="Ana",
        family_name="Reyes",
        name_key="ana reyes",
        born=answers.BORN,
    )
    return account


@pytest.fixture
def doctor(site: str) -> User:
    return StaffFactory.create(name="Dr. Solomon", is_chiropractor=True)


def proved(said: dict[str, object], account: User, *, hours_ago: float = 1) -> Intake:
    now = timezone.now() - timedelta(hours=hours_ago)
    draft = services.start_draft(browser=uuid.uuid4(), now=now)
    services.keep_answers(
        draft_id=draft.pk, answers=said, shown=list(said), born=answers.BORN, now=now
    )
    about: dict[str, Any] = {
        "given_name": "Ana",
        "family_name": "Reyes",
        "phone": "+17035550101",
        "email": account.email,
        "own_words": "My back locked when I bent to tie my shoe. It hurts more each night.",
        "details": {"medicines": "ibuprofen, lisinopril", "allergies": "penicillin"},
    }
    services.keep_about(draft_id=draft.pk, about=about, now=now)
    sent = services.submit(draft_id=draft.pk, by=None, now=now)
    return services.attach(intake_id=sent.pk, account=account, now=now)


def decide(intake: Intake, kind: str, doctor: User) -> None:
    assert intake.case_id
    services.decide(
        case_id=intake.case_id,
        latest_seen=intake.pk,
        kind=kind,
        reason="Called her doctor.",
        by=doctor,
        now=timezone.now(),
    )


def looked_at(page: Page, name: str) -> None:
    readable(page, f"outcome-{name}")


STATES: dict[str, tuple[dict[str, object], str, str]] = {
    "doctor-first": (MUCH, "", "See a doctor first"),
    "doctor-in-three-days": (FELL, "", "See a doctor first"),
    "doctor-alongside": (answers.CO_MANAGE, "", "Dr. Solomon will look at your answers first"),
    "referred": (answers.CO_MANAGE, "REFER", "See a doctor first"),
    "supportive": (answers.CO_MANAGE, "SUPPORTIVE", "You can choose a time"),
    "cleared": (answers.REFER, "CLEAR", "You can choose a time"),
    "may-book": (answers.BOOK, "", "You can choose a time"),
    "emergency-known": (answers.EMERGENCY, "", "Get help now"),
    "emergency-over": (answers.EMERGENCY, "RESOLVED", "Please answer the questions again"),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state(visit: Visits, ana: User, doctor: User, state: str):
    said, kind, title = STATES[state]
    intake = proved(said, ana)
    if kind:
        decide(intake, kind, doctor)
    page = visit(user=ana, still=True)
    page.goto(f"/my/intakes/{intake.pk}/")
    heading(page, title)
    looked_at(page, state)


def test_better_answers_join_and_lead_back(visit: Visits, ana: User):
    first = proved(answers.REFER, ana, hours_ago=3)
    second = proved(answers.BOOK, ana)
    page = visit(user=ana, still=True)
    page.goto(f"/my/intakes/{second.pk}/")
    looked_at(page, "joined")
    with page.expect_navigation():
        page.get_by_role("link", name="Read it again").click()
    assert str(first.pk) in page.url


@pytest.mark.parametrize("javascript", [True, False])
def test_times_that_would_suit(visit: Visits, ana: User, javascript: bool):
    intake = proved(answers.REFER, ana)
    page = visit(user=ana, still=True, javascript=javascript)
    page.goto(f"/my/intakes/{intake.pk}/")
    press(page, "Save these times")
    expect(page.get_by_role("link", name="Pick at least one time")).to_be_visible()
    if javascript:
        expect(page.locator(".error-summary")).to_be_focused()
        looked_at(page, "times-error")
        page.get_by_role("link", name="Pick at least one time").click()
        expect(page.get_by_role("group", name="Monday").get_by_label("Morning")).to_be_focused()
    page.get_by_role("group", name="Monday").get_by_label("Morning").check()
    page.get_by_role("group", name="Wednesday").get_by_label("Afternoon").check()
    page.get_by_label("A note about times").fill("After 4 is best.")
    press(page, "Save these times")
    expect(page.get_by_text("Monday: morning")).to_be_visible()
    expect(page.get_by_role("group", name="Wednesday").get_by_label("Afternoon")).to_be_checked()
    if javascript:
        looked_at(page, "times-kept")
    assert WishedTimes.objects.get().half_days == ["0-am", "2-pm"]
    assert Case.objects.get().state == "OPEN"


def test_times_by_keyboard_alone(visit: Visits, ana: User):
    intake = proved(answers.REFER, ana)
    page = visit(DESKTOP, user=ana, still=True)
    page.goto(f"/my/intakes/{intake.pk}/")
    for _time in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name == 'half_days'"):
            break
    page.keyboard.press("Space")
    while not page.evaluate("document.activeElement.matches('#times button')"):
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert WishedTimes.objects.get().half_days == ["0-am"]


def test_the_page_for_the_doctor(visit: Visits, ana: User):
    intake = proved(MUCH, ana)
    page = visit(user=ana, still=True)
    page.goto(f"/my/intakes/{intake.pk}/")
    with page.expect_navigation():
        page.get_by_role("link", name="Read or print the page").click()
    heading(page, "Summary for the doctor")
    expect(page.get_by_role("button", name="Print this page")).to_be_visible()
    looked_at(page, "summary")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the page (PDF)").click()
    assert download.value.suggested_filename == "summary-for-the-doctor.pdf"


def test_the_page_for_the_doctor_prints_on_one_sheet(visit: Visits, ana: User):
    page = visit((672, 912), user=ana, still=True)
    page.goto(f"/my/intakes/{proved(MUCH, ana).pk}/summary/")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print this page")).to_be_hidden()
    expect(page.locator(".site-header")).to_be_hidden()
    screenshot(page, "outcome-summary-paper")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1


def test_without_javascript_there_is_no_print_button(visit: Visits, ana: User):
    page = visit(user=ana, javascript=False)
    page.goto(f"/my/intakes/{proved(answers.REFER, ana).pk}/summary/")
    expect(page.get_by_role("button", name="Print this page")).to_be_hidden()


def test_the_doctor_reads_the_wished_times(visit: Visits, ana: User, doctor: User):
    intake = proved(answers.REFER, ana)
    assert intake.case_id
    services.wish_times(
        case_id=intake.case_id,
        half_days=["0-am", "0-pm", "3-am"],
        note="Not before 10.",
        by=ana,
        now=timezone.now(),
    )
    page = visit(user=doctor, still=True)
    for address, name in (("/staff/review/", "list"), (f"/staff/review/{intake.case_id}/", "case")):
        page.goto(address)
        expect(page.get_by_text("Monday: morning, afternoon; Thursday: morning")).to_be_visible()
        looked_at(page, f"wished-{name}")
    with page.expect_navigation():
        page.get_by_role("link", name="One page for their doctor").click()
    heading(page, "Summary for the doctor")
