"""From the first symptom to the visit, across everybody's pages."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from clinic.models import Message, User
from intake.models import Case, Clearance, Intake
from scheduling.models import Appointment
from scheduling.slots import State
from tests import answers
from tests.browser import DESKTOP, Visits
from tests.factories.clinic import StaffFactory
from tests.functional.steps import answer_all, follow, heading, press, send, start, tell_who, told
from tests.walking import emailed_code

pytestmark = pytest.mark.browser


@pytest.fixture
def doctor(site: str) -> User:
    return StaffFactory(name="Dr. Solomon", is_chiropractor=True)


def take_the_next_opening(page: Page) -> None:
    heading(page, "Choose a time")
    with page.expect_navigation():
        page.locator("#times .btn-primary").click()
    heading(page, "Confirm your visit")
    press(page, "Confirm this visit")
    heading(page, "Your visit")


def decide(page: Page, kind: str, reason: str) -> None:
    page.get_by_role("radio", name=kind).first.check()
    page.get_by_label("Why").fill(reason)
    press(page, "Record the decision")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_from_symptoms_to_a_booked_visit(visit: Visits, javascript: bool):
    page = visit(javascript=javascript)
    start(page)
    answer_all(page, answers.BOOK)
    tell_who(page)
    send(page)
    follow(page, "Choose a time")
    take_the_next_opening(page)
    booked = Appointment.objects.get()
    assert booked.state == State.BOOKED
    assert booked.patient.name == "Ana Reyes"
    assert Message.objects.get(kind="booked").calendar


def test_held_then_cleared_then_booked_by_the_emailed_link(visit: Visits, doctor: User):
    patient = visit()
    start(patient)
    answer_all(patient, answers.REFER)
    tell_who(patient)
    send(patient)
    heading(patient, "See a doctor first")
    expect(patient.get_by_role("link", name="Choose a time")).to_have_count(0)

    review = visit(DESKTOP, user=doctor)
    review.goto("/staff/review/")
    follow(review, "Ana Reyes")
    expect(review.get_by_text("You have had a fever with your back pain.")).to_be_visible()
    decide(review, "Clear to book", "Called; the fever was the flu and is over.")
    expect(review.locator(".messages")).to_contain_text("Recorded for Ana Reyes")

    letter = Message.objects.get(kind="cleared")
    assert "fever" not in letter.body + letter.subject
    (link,) = re.findall(r"https?://\S+/book/\S+", letter.body)

    elsewhere = visit()
    elsewhere.goto(urlsplit(link).path)
    elsewhere.get_by_label("Email").fill("ana@example.com")
    press(elsewhere, "Send me a code")
    elsewhere.get_by_label("Code").fill(emailed_code())
    press(elsewhere, "Sign in")
    take_the_next_opening(elsewhere)
    booked = Appointment.objects.get()
    assert booked.clearance.decision.by == doctor


def test_better_answers_join_the_open_case(visit: Visits):
    first = visit()
    told(first, answers.REFER)
    send(first)

    again = visit()
    start(again)
    answer_all(again, answers.BOOK)
    tell_who(again)
    send(again)
    heading(again, "We will look at your answers first")
    expect(again.get_by_role("link", name="Choose a time")).to_have_count(0)
    assert Case.objects.count() == 1
    assert Intake.objects.filter(case=Case.objects.get()).count() == 2
    assert not Clearance.objects.exists()


def test_a_minor_is_refused_without_a_guardian(visit: Visits):
    page = visit()
    start(page)
    answer_all(page, {**answers.BOOK, "pregnant": "no", "guardian": "no"}, year=2012)
    expect(page.get_by_text("parent or legal guardian").first).to_be_visible()
    page.goto("/intake/check/")
    assert not urlsplit(page.url).path.startswith("/intake/check")
    assert not Intake.objects.exists()
