"""The staff's pages in a real browser: the review by keyboard, the visits, the admin site."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import User
from intake import services
from intake.models import Case, Intake, ReviewDecision
from scheduling.models import Closure
from tests import answers
from tests.browser import DESKTOP, PHONE, Visits, axe, fits, readable, screenshot
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.functional.steps import next_page

pytestmark = pytest.mark.browser


@pytest.fixture
def doctor(site: str) -> User:
    return StaffFactory(name="Dr. Solomon", is_chiropractor=True)


@pytest.fixture
def desk(site: str) -> User:
    return StaffFactory(name="Dana Desk", is_desk=True)


@pytest.fixture
def administrator(site: str) -> User:
    return StaffFactory(name="Ada Admin", is_administrator=True)


@pytest.fixture
def held(site: str) -> Intake:
    """Ana answered twice, a neighbour once, and somebody nobody knows had an emergency."""
    account = AccountFactory()
    PatientFactory(account=account, given_name="Ana", family_name="Reyes")
    sent(answers.EMERGENCY, ago=timedelta(hours=2), given_name="", family_name="")
    proved(answers.XRAY_HOLD, account, ago=timedelta(hours=5), own_words="My back locked.")
    sent(
        answers.CO_MANAGE,
        ago=timedelta(hours=3),
        given_name="Nosy",
        family_name="Neighbour",
        phone="+17035550101",
    )
    return proved(answers.CO_MANAGE, account, ago=timedelta(hours=1))


def sent(said: dict[str, object], *, ago: timedelta, **about: str) -> Intake:
    now = timezone.now() - ago
    draft = services.start_draft(browser=uuid.uuid4(), now=now)
    services.keep_answers(
        draft_id=draft.pk, answers=said, shown=list(said), born=answers.BORN, now=now
    )
    who = {"given_name": "Ana", "family_name": "Reyes"}
    services.keep_about(draft_id=draft.pk, about={**who, **about}, now=now)
    return services.submit(draft_id=draft.pk, by=None, now=now)


def proved(said: dict[str, object], account: User, *, ago: timedelta, **about: str) -> Intake:
    intake = sent(said, ago=ago, email=account.email, phone="+17035550101", **about)
    return services.attach(intake_id=intake.pk, account=account, now=timezone.now() - ago)


def test_every_staff_page_can_be_read_by_everybody(visit: Visits, doctor, desk, held):
    for user, address, name in (
        (doctor, "/staff/review/", "review"),
        (doctor, f"/staff/review/{held.case_id}/", "case"),
        (desk, "/staff/review/", "review-desk"),
        (desk, "/staff/visits/", "visits"),
        (desk, "/staff/messages/", "messages"),
    ):
        page = visit(user=user)
        page.goto(address)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            readable(page, f"staff-{name}-{scheme}")


def test_on_a_phone_what_changed_is_read_without_scrolling_sideways(visit: Visits, doctor, held):
    page = visit(PHONE, user=doctor)
    page.goto(f"/staff/review/{held.case_id}/")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    for table in page.locator(".sheet").all():
        wide, window = table.evaluate("one => [one.scrollWidth, one.clientWidth]")
        assert wide <= window, table.get_attribute("aria-label")
    changed = page.get_by_role("region", name="What changed").get_by_role("row")
    cells = changed.nth(1).get_by_role("cell").all()
    assert len(cells) > 1
    tops = [cell.evaluate("one => one.getBoundingClientRect().top") for cell in cells]
    assert tops == sorted(set(tops)), "one under the other"
    for cell in cells:
        expect(cell.locator(".sheet-when")).to_be_visible()


def test_a_case_is_decided_by_keyboard_alone(visit: Visits, doctor, held):
    page = visit(DESKTOP, user=doctor)
    page.goto("/staff/review/")
    press_until(page, "Ana Reyes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Reyes")

    press_until(page, "Record the decision")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Choose what you decide.")
    expect(alert).to_be_focused()
    axe(page)

    page.get_by_role("radio", name="Clear to book").focus()
    page.keyboard.press("ArrowDown")  # Supportive role
    press_until_at(page, "id_xray_allowed")
    page.keyboard.press("Space")
    press_until_at(page, "id_reason")
    page.keyboard.type("Called her doctor; mild.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Recorded for Ana Reyes")).to_be_visible()
    decision = Case.objects.get(pk=held.case_id).decisions.get()
    assert (decision.kind, decision.xray_allowed) == ("SUPPORTIVE", True)
    assert decision.reason == "Called her doctor; mild."


def test_the_queue_is_worked_by_keys(visit: Visits, doctor, held):
    """A CO-MANAGE case: found, decided and left without the mouse; and the keys can be put off."""
    account = AccountFactory(email="cory@example.com")
    PatientFactory(account=account, given_name="Cory", family_name="Hale")
    said = sent(
        answers.CO_MANAGE,
        ago=timedelta(minutes=30),
        given_name="Cory",
        family_name="Hale",
        phone="+17035550177",
        email=account.email,
    )
    services.attach(intake_id=said.pk, account=account, now=timezone.now())
    page = visit(DESKTOP, user=doctor)
    page.goto("/staff/review/")
    press_until(page, "No name left")
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 3")).to_be_visible()
    with next_page(page):
        page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Reyes")
    with next_page(page):
        page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("No name left")
    with next_page(page):
        page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Reyes")
    with next_page(page):
        page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cory Hale")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet.get_by_text("Record what is chosen and written")).to_be_visible()
    axe(page)
    screenshot(page, "keys-wide")
    page.keyboard.press("2")
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("radio", name="Supportive role")).not_to_be_checked()
    page.get_by_role("link", name="Protocol", exact=True).focus()
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Protocol", exact=True)).to_be_focused()
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="Supportive role")).to_be_checked()
    page.keyboard.press("w")
    page.keyboard.type("np: her doctor knows?")  # keys are letters here
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Recorded for Cory Hale")).to_be_visible()
    decision = Case.objects.get(pk=said.case_id).decisions.get()
    assert (decision.kind, decision.reason) == ("SUPPORTIVE", "np: her doctor knows?")

    page.goto(f"/staff/review/{held.case_id}/")
    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("p")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Reyes")
    expect(page.get_by_role("radio", name="Clear to book")).not_to_be_checked()


def test_two_reviewers_on_one_case_and_one_decides_it(visit: Visits, doctor, held):
    covering = StaffFactory(email="cover@example.com", name="Dr. Cover", is_chiropractor=True)
    pages = [visit(DESKTOP, user=doctor), visit(PHONE, user=covering)]
    for page in pages:
        page.goto(f"/staff/review/{held.case_id}/")
        page.get_by_role("radio", name="Clear to book").check()
        page.get_by_label("Why", exact=True).fill("The doctor agrees.")
    for page in pages:
        page.get_by_role("button", name="Record the decision").click()
    expect(pages[0].locator(".messages")).to_contain_text("Recorded for Ana Reyes")
    expect(pages[1].get_by_role("alert")).to_contain_text("Somebody has just decided this case.")
    axe(pages[1])
    assert ReviewDecision.objects.filter(case=held.case_id).count() == 1


def test_a_question_answered_with_something_worse_acts_at_once(visit: Visits, doctor):
    """Asked on the case page, answered on the patient's own, and back on top of the queue."""
    account = AccountFactory(email="ana@example.com")
    PatientFactory(account=account, given_name="Ana", family_name="Reyes")
    said = proved(answers.CO_MANAGE, account, ago=timedelta(hours=1))
    page = visit(DESKTOP, user=doctor)
    page.goto(f"/staff/review/{said.case_id}/")
    expect(page.get_by_label("A question of your own")).to_be_hidden()
    page.get_by_role("radio", name="Ask the patient").check()
    page.get_by_label("A question of your own").fill("How far can you walk?")
    page.get_by_text("Questions of the form").click()
    page.locator("input[name=questions][value=saddle]").check()
    page.get_by_label("Why", exact=True).fill("Not clear from the answers.")
    axe(page)
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("Asked, waiting for the patient")).to_be_visible()

    phone = visit(PHONE, user=account)
    phone.goto("/my/visits/")
    phone.get_by_role("link", name="Answer the question").click()
    axe(phone)
    phone.get_by_role("button", name="Send my answers").click()
    expect(phone.get_by_role("alert")).to_be_focused()
    axe(phone)
    fits(phone)
    screenshot(phone, "asked-narrow")
    phone.get_by_label("How far can you walk?").fill("To the door.")
    phone.locator("label[for=saddle-yes]").click()
    phone.get_by_role("button", name="Send my answers").click()
    expect(phone.get_by_role("heading", level=1, name="Get help now")).to_be_visible()

    page.goto("/staff/review/")
    first = page.locator(".cases .case").first
    expect(first).to_contain_text("Ana Reyes")
    expect(first).to_contain_text("Emergency")
    page.get_by_role("link", name="Ana Reyes").click()
    expect(page.get_by_role("radio", name="Clear to book")).to_have_count(0)
    assert not Case.objects.get(pk=said.case_id).decisions.filter(kind="CLEAR").exists()


def press_until_at(page: Page, id_: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == id_:
            return
    raise AssertionError(f"#{id_} is not reached by keyboard")


def press_until(page: Page, words: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return
    raise AssertionError(f"{words!r} is not reached by keyboard")


def test_the_clinic_is_closed_with_the_calendar_of_the_admin_site(visit: Visits, administrator):
    """The pickers of the admin site run under the policy that allows no inline script."""
    page = visit(DESKTOP, user=administrator)
    page.goto("/admin/scheduling/closure/add/")
    page.get_by_label("Reason").fill("Training")
    for day, clock, time in (("first_day", "starts", "12:00 PM"), ("last_day", "ends", "6:00 PM")):
        page.locator(f".field-{day}").get_by_role("link", name="Choose a Date").click()
        page.locator(".calendarbox:visible").get_by_role("link", name="Tomorrow").click()
        page.locator(f"#id_{clock}").fill(time)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    closed = Closure.objects.get().during
    assert closed.upper - closed.lower == timedelta(hours=6)
    assert timezone.localtime(closed.lower).hour == 12


def test_the_admin_site_opens_at_any_width(visit: Visits, administrator, held):
    for size in (DESKTOP, PHONE):
        page = visit(size, user=administrator)
        for address in (
            "/admin/",
            "/admin/clinic/auditentry/",
            "/admin/clinic/historyentry/",
            "/admin/intake/patient/",
            "/admin/clinic/user/add/",
            "/admin/clinic/clinicprofile/1/change/",
        ):
            page.goto(address)
            expect(page.locator("#content h1")).to_be_visible()
            fits(page)


def test_the_desk_asks_aloud_by_keyboard(visit: Visits, desk):
    account = AccountFactory()
    patient = PatientFactory(account=account, given_name="Ana", family_name="Reyes")
    proved(answers.BOOK, account, ago=timedelta(days=20))
    draft = services.begin_at_desk(patient=patient, then="", by=desk, now=timezone.now())
    page = visit(DESKTOP, user=desk)
    page.goto(f"/staff/questions/{draft.pk}/")
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    axe(page)
    screenshot(page, "desk-asks")
    while page.locator("[name=screen]").count():
        for field in page.locator("fieldset.choices").all():
            name = str(field.locator("input").first.get_attribute("name"))
            said = answers.BOOK[name]
            one = said[0] if isinstance(said, list) else said
            field.locator(f"[value='{one}']").press("Space")
        with next_page(page):
            page.get_by_role("button", name="Continue").press("Enter")
    axe(page)
    fits(page)
    screenshot(page, "desk-asks-the-rest")
    page.get_by_label("No, all of it is as before").press("Space")
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.get_by_role("heading", name="Nothing stands in the way")).to_be_visible()
    axe(page)
    screenshot(page, "desk-told")
