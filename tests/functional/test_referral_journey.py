"""Sent to a doctor and back: the letter, the report, the decision, the visit."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.models import Message, User
from intake.models import Case, Clearance, Receiver, Report
from scheduling.models import Appointment
from tests import answers
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, screenshot
from tests.factories.clinic import StaffFactory
from tests.factories.referrals import PDF
from tests.functional.steps import answer_all, follow, heading, press, send, start, tell_who
from tests.functional.test_whole_journeys import decide, take_the_next_opening

pytestmark = pytest.mark.browser


@pytest.fixture
def doctor(site: str) -> User:
    return StaffFactory(name="Dr. Solomon", is_chiropractor=True)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "from the doctor.pdf"
    path.write_bytes(PDF)
    return path


def looks_right(page: Page, name: str, *, javascript: bool = True) -> None:
    if javascript:
        axe(page)
        fits(page)
        screenshot(page, name)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_from_symptoms_to_the_report_and_the_visit(
    visit: Visits, doctor: User, report: Path, tmp_path: Path, javascript: bool
):
    Receiver.objects.create(name="Dr. Maya Okafor", field="family medicine", address="1 Ash Way")
    patient = visit(PHONE, javascript=javascript)
    start(patient)
    answer_all(patient, answers.REFER)
    tell_who(patient)
    send(patient)
    result = patient.url

    review = visit(DESKTOP, user=doctor)
    review.goto("/staff/review/")
    follow(review, "Ana Reyes")
    decide(review, "Refer to a doctor", "Fever. A doctor looks first.")
    follow(review, "Ana Reyes")
    with review.expect_navigation():
        review.locator("#referrals a").click()
    heading(review, "Referral of Ana Reyes")
    review.get_by_label("To whom").select_option(label="Dr. Maya Okafor, family medicine")
    review.get_by_label("What we ask").fill("Please find out where the fever comes from.")
    press(review, "Save the letter")
    expect(review.get_by_label("Name", exact=True)).to_have_value("Dr. Maya Okafor")
    press(review, "Version 2 was given or sent")
    looks_right(review, "referral-staff")

    patient.goto(result)
    follow(patient, "Letter and report")
    heading(patient, "Your visit to the doctor")
    looks_right(patient, "referral", javascript=javascript)
    with patient.expect_download() as fetched:
        patient.get_by_role("link", name="Download the letter (PDF)").click()
    fetched.value.save_as(tmp_path / "letter.pdf")
    assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF")

    patient.locator("#id_report").set_input_files(
        {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"MZ not a report"}
    )
    press(patient, "Hand in the report")
    expect(patient.locator(".error-summary")).to_contain_text("This file is none of these.")
    looks_right(patient, "referral-refused", javascript=javascript)
    patient.locator("#id_report").set_input_files(report)
    press(patient, "Hand in the report")
    expect(patient.get_by_role("status")).to_contain_text("We have the report.")
    looks_right(patient, "referral-handed-in", javascript=javascript)
    assert Case.objects.get().state == Case.State.OPEN
    assert not Clearance.objects.exists(), "a report alone clears nobody"

    review.goto(f"/staff/review/{Case.objects.get().pk}/")
    with review.expect_navigation():
        review.locator("#referrals a").click()
    with review.expect_download() as fetched:
        review.get_by_role("link", name="from the doctor.pdf").click()
    fetched.value.save_as(tmp_path / "kept.pdf")
    assert (tmp_path / "kept.pdf").read_bytes() == bytes(Report.objects.get().content)
    follow(review, "To the decision")
    decide(review, "Clear to book", "The report: the flu, and over.")
    assert Message.objects.filter(kind="cleared").exists()

    patient.goto(result)
    follow(patient, "Choose a time")
    take_the_next_opening(patient)
    assert Appointment.objects.get().clearance.decision.by == doctor
