"""Coming back: the short form, a family on one email, and the grown-up who leaves it."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import Message, User
from intake.models import Clearance, Disposition, Intake, Patient
from intake.triage import PROTOCOL
from scheduling.models import Appointment
from tests import answers
from tests.browser import Visits, axe, fits, readable, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory, held
from tests.functional.steps import (
    answered,
    follow,
    go_on,
    heading,
    next_page,
    press,
    send,
    slug,
    start,
    tell_who,
)
from tests.walking import BY_SLUG, emailed_code

pytestmark = pytest.mark.browser


@pytest.fixture
def account(site: str) -> User:
    return AccountFactory.create(email="ana@example.com")


@pytest.fixture
def ana(account: User) -> Patient:
    """Seen two months ago; what she may book under is over."""
    record = PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")
    seen = timezone.now() - timedelta(days=60)
    IntakeFactory.create(
        patient=record,
        answers={**answers.BOOK, "age": 38},
        protocol=PROTOCOL.version,
        submitted_at=seen,
        details={"medicines": "ibuprofen", "allergies": ""},
    )
    return record


def tap_what_is_put(page: Page, said: dict[str, object]) -> None:
    """A screen of the short form puts only some of its questions."""
    for id_ in BY_SLUG[slug(page)].questions:
        given = said.get(id_)
        for value in given if isinstance(given, list) else [given]:
            label = page.locator(f"label[for='{id_}-{value}']")
            if label.count():
                label.click()


def answer_short(page: Page, said: dict[str, object]) -> int:
    """The screens walked, until the last page or an emergency."""
    screens = 0
    while slug(page) in BY_SLUG:
        screens += 1
        tap_what_is_put(page, said)
        go_on(page)
    return screens


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_short_form_then_a_visit(visit: Visits, account, ana, javascript):
    page = visit(user=account, javascript=javascript)
    page.goto("/my/visits/")
    expect(page.get_by_text("tell us what has changed since")).to_be_visible()
    press(page, "Answer the short questions")
    assert answer_short(page, answers.BOOK) <= 13
    heading(page, "Has anything changed since")
    expect(page.get_by_label("Medicines you take")).to_have_value("ibuprofen")

    page.get_by_label("Medicines you take").fill("nothing now")
    with next_page(page):
        page.get_by_role("button", name="Have you ever had cancer?").click()
    assert slug(page) == "health-history"
    expect(page.locator("#cancer-no")).to_be_checked()
    page.locator("label[for='cancer-skin_only']").click()
    go_on(page)
    heading(page, "Has anything changed since")
    expect(page.get_by_label("Medicines you take")).to_have_value("nothing now")
    press(page, "Nothing else has changed: send")
    heading(page, "You can choose a time")
    sent = Intake.objects.get(kind=Intake.Kind.RESCREEN)
    assert sent.answers["cancer"] == "skin_only"
    assert sent.details["medicines"] == "nothing now"

    follow(page, "Choose a time")
    with next_page(page):
        page.locator("#times .btn-primary").click()
    press(page, "Confirm this visit")
    heading(page, "Your visit")
    assert Appointment.objects.get().clearance.intake == sent


def test_an_emergency_in_the_short_form_stops_it(visit: Visits, account, ana):
    page = visit(user=account)
    page.goto("/my/visits/")
    press(page, "Answer the short questions")
    answer_short(page, {**answers.BOOK, "saddle": "yes"})
    heading(page, "Get help now")
    axe(page)
    assert Intake.objects.get(disposition=Disposition.EMERGENCY).patient == ana
    page.goto("/my/visits/")
    expect(page.get_by_text("On hold")).to_be_visible()
    expect(page.get_by_role("button", name="Answer the short questions")).to_have_count(0)


def test_too_old_a_link_leads_to_the_short_form_in_one_press(visit: Visits, account, ana):
    over = ClearanceFactory.create(patient=ana, starts_at=timezone.now() - timedelta(days=40))
    page = visit(user=account)
    page.goto(f"/book/{over.pk}/")
    heading(page, "The time to use this link is over")
    axe(page)
    press(page, "Answer the questions")
    assert slug(page) == "bladder-and-bowels", "no date of birth: it is known"


def test_every_page_of_coming_back_is_accessible_and_fits(visit: Visits, account, ana):
    leo = PatientFactory.create(
        account=account, given_name="Leo", family_name="Reyes", born=date(2005, 4, 2)
    )
    ClearanceFactory.create(patient=leo, starts_at=timezone.now())
    held(PatientFactory.create(account=account, given_name="Mia", born=date(2015, 1, 9)))
    page = visit(user=account, still=True)

    page.goto("/my/visits/")
    readable(page, "my-visits-returning")
    press(page, "Answer the short questions")
    readable(page, "short-form-first")
    answer_short(page, answers.BOOK)
    readable(page, "short-form-changes")
    page.get_by_text("What you told us today").click()
    readable(page, "short-form-changes-open")
    page.goto(f"/my/people/{leo.pk}/own-sign-in/")
    readable(page, "own-sign-in")
    page.get_by_label("Their own email address").fill("nonsense")
    press(page, "Send them the link")
    readable(page, "own-sign-in-error")
    page.get_by_label("Their own email address").fill("leo@example.com")
    press(page, "Send them the link")
    expect(page.get_by_text("We sent a link to leo@example.com.")).to_be_visible()
    readable(page, "own-sign-in-sent")


def tell_of_a_child(page: Page, given: str) -> None:
    """As `tell_who`, with the page that a guardian fills in."""
    page.get_by_label("First name").fill(given)
    page.get_by_label("Last name").fill("Reyes")
    page.get_by_label("Mobile phone").fill("(703) 555-0101")
    page.locator("#id_email").fill("ana@example.com")
    page.locator("#id_town").select_option(label="Ashburn")
    go_on(page)
    page.wait_for_url("**/guardian/")
    page.get_by_label("Full name of the parent or guardian").fill("Ana Reyes")
    page.get_by_label("What are you to the patient?").fill("mother")
    page.get_by_label("I am the parent or legal guardian").check()
    for here in ("what-happened", "medicines", "people", "paying"):
        go_on(page)
        page.wait_for_url(f"**/{here}/")
    page.get_by_label("Myself").check()
    go_on(page)
    page.wait_for_url("**/agree/")
    page.get_by_label("I agree to be examined").check()
    page.get_by_label("The clinic may email me").check()
    page.get_by_label("I have been shown the privacy notice").check()


def test_three_people_on_one_email(visit: Visits):
    """A mother, a father and a child, one after the other on one phone."""
    page = visit()
    family: list[tuple[str, date, dict[str, object]]] = [
        ("Ana", date(1988, 3, 9), dict(answers.BOOK)),
        ("Luis", date(1985, 3, 9), dict(answers.BOOK)),
        ("Mia", date(2012, 3, 9), {**answers.MINOR, "pregnant": "no"}),
    ]
    for given, born, said in family:
        if given == "Ana":
            start(page)
        else:
            page.goto("/my/visits/")
            press(page, "Start for somebody else")
        answered(page, said, born=born)
        if given == "Mia":
            tell_of_a_child(page, given)
        else:
            tell_who(page, given=given)
        if given == "Ana":
            send(page)
        else:
            # Signed in with that very address: no code.
            go_on(page)
            press(page, "Send my answers")
    account = User.objects.get(email="ana@example.com")
    assert sorted(p.given_name for p in account.patients.all()) == ["Ana", "Luis", "Mia"]
    assert Clearance.objects.count() == 2
    page.goto("/my/visits/")
    axe(page)
    for name, state in (("Ana", "May book"), ("Luis", "May book"), ("Mia", "On hold")):
        member = page.locator("section").filter(
            has=page.get_by_role("heading", name=f"{name} Reyes")
        )
        expect(member.locator(".status").first).to_contain_text(state)
    screenshot(page, "my-visits-family-of-three-360")


def test_a_grown_up_leaves_with_their_own_record(visit: Visits, account, ana):
    leo = PatientFactory.create(
        account=account, given_name="Leo", family_name="Reyes", born=date(2005, 4, 2)
    )
    ClearanceFactory.create(patient=leo, starts_at=timezone.now())
    mother = visit(user=account)
    mother.goto("/my/visits/")
    follow(mother, "Give Leo a sign-in of their own")
    mother.get_by_label("Their own email address").fill("leo@example.com")
    press(mother, "Send them the link")

    letter = Message.objects.get(kind="own_account_offered")
    link = next(word for word in letter.body.split() if "/my/record/" in word)
    son = visit()
    son.goto(urlsplit(link).path)
    son.get_by_label("Email").fill("leo@example.com")
    press(son, "Send me a code")
    son.get_by_label("Code").fill(emailed_code())
    press(son, "Sign in")
    heading(son, "Take over your visits")
    axe(son)
    fits(son)
    screenshot(son, "take-over-360")
    son.get_by_label("Month").fill("4")
    son.get_by_label("Day").fill("3")
    son.get_by_label("Year").fill("2005")
    press(son, "Take over my visits")
    expect(son.locator(".error-summary")).to_contain_text("That is not the date of birth we have.")
    axe(son)
    son.get_by_label("Day").fill("2")
    press(son, "Take over my visits")
    heading(son, "My visits")
    expect(son.get_by_role("heading", name="Leo Reyes")).to_be_visible()
    expect(son.get_by_role("link", name="Choose a time")).to_be_visible()

    mother.goto("/my/visits/")
    expect(mother.get_by_role("heading", name="Ana Reyes")).to_be_visible()
    expect(mother.get_by_text("Leo")).to_have_count(0)
