"""What a held patient reads: what to do and by when, what to say, what happens next."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinic.models import AuditEntry, User
from intake import services
from intake.models import Case, Intake, ReviewDecision, WishedTimes
from tests import answers
from tests.factories import scheduling
from tests.factories.clinic import StaffFactory
from tests.integration.test_review_pages import proved
from tests.people import signed_in

pytestmark = pytest.mark.django_db

# The protocol gives two to three days.
FELL = {**answers.BOOK, "injury": "yes", "injury_kind": "fall", "injury_when": "last_2_weeks"}


@pytest.fixture(autouse=True)
def _frozen(time_machine: Any) -> None:
    """Monday, Nov 9, 2026, an hour before the clinic closes."""
    time_machine.move_to(scheduling.NOW, tick=False)


def page(client: Client, intake: Intake, status: int = 200) -> str:
    response = client.get(f"/my/intakes/{intake.pk}/")
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def decided(intake: Intake, kind: str) -> ReviewDecision:
    assert intake.case_id
    return services.decide(
        case_id=intake.case_id,
        latest_seen=intake.pk,
        kind=kind,
        reason="Called her doctor.",
        by=StaffFactory.create(is_chiropractor=True),
        now=timezone.now(),
    )


def later(time_machine: Any, account: User, **time: float) -> Client:
    """The same person, signed in again after a while."""
    time_machine.move_to(scheduling.NOW + timedelta(**time), tick=False)
    return signed_in(account)


def local_day(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%a, %b} {timezone.localtime(moment).day}"


# --- By when, and what to say -----------------------------------------------------------------


def test_today_is_named(patient: User, patient_client: Client):
    shown = page(patient_client, proved(answers.REFER, patient))
    assert f"See a doctor today, {local_day(scheduling.NOW)}." in shown
    assert "go to an urgent care clinic" in shown
    assert "They ask a doctor to look at me first. This is why:" in shown
    assert "You said: “Since your back pain began, have you had a fever?” <b>Yes</b>" in shown


def test_a_day_that_passed_is_said_kindly(patient: User, time_machine: Any):
    intake = proved(answers.REFER, patient)
    shown = page(later(time_machine, patient, days=2), intake)
    day = local_day(scheduling.NOW)
    assert f"We asked you to see a doctor by {day}. If you have not, please go today." in shown


def test_two_to_three_days_count_down(patient: User, time_machine: Any):
    intake = proved(FELL, patient)
    ends = local_day(scheduling.NOW + timedelta(days=3))
    shown = page(signed_in(patient), intake)
    assert f"See a doctor in the next 3 days: by {ends}." in shown
    assert f"by tomorrow, {ends}." in page(later(time_machine, patient, days=2), intake)
    assert f"See a doctor today, {ends}." in page(later(time_machine, patient, days=3), intake)


def test_a_doctor_alongside_is_asked_for_soon(patient: User, patient_client: Client):
    shown = page(patient_client, proved(answers.CO_MANAGE, patient))
    assert "Call your own doctor soon and ask for a visit." in shown
    assert "They ask me to tell you this first:" in shown


def test_the_answer_is_promised_in_open_hours(patient: User, patient_client: Client):
    shown = page(patient_client, proved(answers.REFER, patient))
    case = Case.objects.get()
    assert case.due_at > scheduling.NOW + timedelta(hours=4)
    assert f"You will hear from us by {local_day(case.due_at)} at" in shown


def test_both_calls_are_buttons_and_nothing_books(patient: User, patient_client: Client):
    for said in (answers.REFER, answers.CO_MANAGE):
        shown = page(patient_client, proved(said, patient))
        assert 'href="tel:911"' in shown
        assert 'href="tel:+1-703-555-0142"><span>Call the clinic' in shown
        assert "/book/" not in shown
        assert "Choose a time" not in shown


def test_better_answers_lead_to_what_was_said_first(patient: User, patient_client: Client):
    first = proved(answers.REFER, patient, ago=timedelta(hours=3))
    second = proved(answers.BOOK, patient)
    shown = page(patient_client, second)
    assert "look at all of them together" in shown
    assert f'href="/my/intakes/{first.pk}/"' in shown
    assert "summary" not in shown, "there is nothing to tell a doctor of these"


# --- After a decision -------------------------------------------------------------------------


def test_referred_says_who_asks_and_what_comes_after(patient: User, patient_client: Client):
    intake = proved(answers.CO_MANAGE, patient)
    decided(intake, "REFER")
    shown = page(patient_client, intake)
    assert f"Dr. Solomon read your answers on {local_day(scheduling.NOW)}." in shown
    assert "He asks you to see a medical doctor" in shown
    assert "After the doctor has seen you, tell us on this page, or call us." in shown
    assert "You will hear from us by" not in shown
    assert "Called her doctor." not in shown


def test_cleared_says_so(patient: User, patient_client: Client):
    intake = proved(answers.REFER, patient)
    decided(intake, "CLEAR")
    shown = page(patient_client, intake)
    assert f"Dr. Solomon read your answers on {local_day(scheduling.NOW)}. You may book" in shown
    assert "Choose a time</a>" in shown
    assert "along with your doctor" not in shown
    assert "The answers he looked at" in shown
    assert "You have had a fever with your back pain." in shown
    one_page_is_there(shown, intake)


def test_supportive_says_to_keep_seeing_their_doctor(patient: User, patient_client: Client):
    intake = proved(answers.CO_MANAGE, patient)
    decided(intake, "SUPPORTIVE")
    shown = page(patient_client, intake)
    assert "He can help you along with your doctor." in shown
    assert "Keep seeing your own doctor" in shown
    assert "Choose a time</a>" in shown
    assert "The answers he looked at" in shown
    one_page_is_there(shown, intake)


def test_who_may_book_at_once_may_take_one_page_too(patient: User, patient_client: Client):
    intake = proved(answers.BOOK, patient)
    one_page_is_there(page(patient_client, intake), intake)


def one_page_is_there(shown: str, intake: Intake) -> None:
    for form in ("summary", "summary_pdf"):
        assert shown.count(f'href="{reverse(f"intake:{form}", args=[intake.pk])}"') == 1


def test_cleared_but_held_by_newer_answers(patient: User, time_machine: Any):
    intake = proved(answers.REFER, patient)
    decided(intake, "CLEAR")
    client = later(time_machine, patient, days=1)
    proved(answers.CO_MANAGE, patient)
    shown = page(client, intake)
    assert "We are looking at your other answers" in shown
    assert "Choose a time" not in shown


def test_an_emergency_of_somebody_known(patient: User, patient_client: Client, time_machine: Any):
    intake = proved(answers.EMERGENCY, patient)
    shown = page(patient_client, intake)
    assert "Get help now" in shown
    assert 'href="tel:911"' in shown
    assert "Which times would suit you?" not in shown
    assert f"/my/intakes/{intake.pk}/summary.pdf" in shown
    client = later(time_machine, patient, hours=20)
    decided(intake, "RESOLVED")
    shown = page(client, intake)
    assert "Get help now" not in shown
    assert f"The clinic closed this emergency on {local_day(timezone.now())}." in shown
    assert "If the signs come back, do not wait for us: call 911." in shown


# --- Times that would suit --------------------------------------------------------------------


def wish(client: Client, intake: Intake, **data: Any) -> Any:
    return client.post(f"/my/intakes/{intake.pk}/times/", data, follow=True)


def offered(shown: str) -> set[str]:
    return {key for key in ALL_HALVES if f'value="{key}"' in shown}


ALL_HALVES = {f"{weekday}-{part}" for weekday in range(7) for part in ("am", "pm")}


def test_only_times_when_somebody_is_there_are_offered(patient: User, patient_client: Client):
    shown = page(patient_client, proved(answers.REFER, patient))
    assert offered(shown) == ALL_HALVES - {"6-am", "6-pm", "5-pm"}
    assert "Saturday" in shown
    assert "Sunday" not in shown


def test_a_calendar_without_hours_offers_the_whole_week(patient: User, patient_client: Client):
    from scheduling.models import OpeningHours

    OpeningHours.objects.all().delete()
    assert offered(page(patient_client, proved(answers.REFER, patient))) == ALL_HALVES


def test_times_are_kept_shown_and_change_nothing_else(patient: User, patient_client: Client):
    intake = proved(answers.REFER, patient)
    case = Case.objects.values().get()
    response = wish(patient_client, intake, half_days=["2-pm", "0-am"], note=" After 4 is best ")
    shown = " ".join(response.content.decode().split())
    assert "Thank you. The clinic has the times that suit you." in shown
    assert "<li>Monday: morning</li>" in shown
    assert "<li>Wednesday: afternoon</li>" in shown
    assert "After 4 is best" in shown
    kept = WishedTimes.objects.get()
    assert (kept.half_days, kept.note, kept.by) == (["0-am", "2-pm"], "After 4 is best", patient)
    assert Case.objects.values().get() == case
    entry = AuditEntry.objects.get(action="times wished")
    assert (entry.actor, entry.patient_id) == (patient, intake.patient_id)


def test_a_change_of_mind_is_added_and_the_same_again_is_not(patient: User, patient_client: Client):
    intake = proved(answers.REFER, patient)
    wish(patient_client, intake, half_days=["0-am"])
    wish(patient_client, intake, half_days=["0-am"])
    assert WishedTimes.objects.count() == 1
    wish(patient_client, intake, half_days=["1-am"])
    assert WishedTimes.objects.count() == 2
    shown = page(patient_client, intake)
    assert "Tuesday: morning" in shown
    assert "Monday: morning" not in shown


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Pick at least one time, or write a note."),
        ({"note": "  "}, "Pick at least one time, or write a note."),
        ({"half_days": ["9-xx"]}, "Pick from the times shown."),
        ({"note": "x" * 201}, "Make the note shorter: 200 letters at most."),
        ({"note": "\x00"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_kept_gets_a_sentence(
    patient: User, patient_client: Client, sent: dict[str, Any], sentence: str
):
    response = wish(patient_client, proved(answers.REFER, patient), **sent)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert "error-summary" in response.content.decode()
    assert not WishedTimes.objects.exists()


def test_what_was_ticked_stays_ticked_beside_an_error(patient: User, patient_client: Client):
    intake = proved(answers.REFER, patient)
    response = wish(patient_client, intake, half_days=["0-am"], note="x" * 201)
    shown = " ".join(response.content.decode().split())
    assert 'value="0-am" id="id_half_days_0" checked' in shown
    assert "x" * 201 in shown


def test_nobody_wishes_once_it_is_decided_or_in_an_emergency(patient: User, patient_client: Client):
    emergency = proved(answers.EMERGENCY, patient, ago=timedelta(hours=1))
    wish(patient_client, emergency, half_days=["0-am"])
    decided(emergency, "RESOLVED")
    held = proved(answers.REFER, patient)
    decided(held, "CLEAR")
    wish(patient_client, held, half_days=["0-am"])
    assert not WishedTimes.objects.exists()


@pytest.mark.parametrize(
    "change", ["UPDATE intake_wishedtimes SET note = 'x'", "DELETE FROM intake_wishedtimes"]
)
def test_what_was_wished_stays_as_it_was(patient: User, patient_client: Client, change: str):
    wish(patient_client, proved(answers.REFER, patient), half_days=["0-am"])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_stranger_wishes_nothing(patient: User, other_patient_client: Client):
    intake = proved(answers.REFER, patient)
    assert wish(other_patient_client, intake, half_days=["0-am"]).status_code == 404
    assert not WishedTimes.objects.exists()


def test_who_shares_a_case_reads_nothing_of_the_other(
    patient: User, patient_client: Client, other_patient: User, other_patient_client: Client
):
    """The same phone and date of birth lead into one case: it may be another person's."""
    browser = uuid4()
    first = proved(answers.REFER, patient, browser=browser, ago=timedelta(hours=1))
    services.report_mistake(intake=first, browser=browser, by=patient, now=timezone.now())
    wish(patient_client, first, half_days=["0-am"], note="Not while I am at court")
    second = proved(answers.BOOK, other_patient, given_name="Ben", family_name="Okoro")
    assert second.case_id == first.case_id
    assert "If the sign you tapped before" in page(patient_client, proved(answers.BOOK, patient))
    shown = page(other_patient_client, second)
    assert "look at all of them together" in shown
    assert "at court" not in shown
    assert "You told us:" not in shown
    assert "If the sign you tapped before" not in shown
    wish(other_patient_client, second, half_days=["2-am"])
    assert "Wednesday: morning" in page(other_patient_client, second)
    assert "Wednesday: morning" not in page(patient_client, first)


def test_the_doctor_and_the_desk_read_them(
    patient: User, patient_client: Client, doctor_client: Client, desk_client: Client
):
    intake = proved(answers.REFER, patient)
    wish(patient_client, intake, half_days=["0-am", "0-pm"], note="Not before 10")
    for client, address in (
        (doctor_client, "/staff/review/"),
        (doctor_client, f"/staff/review/{intake.case_id}/"),
        (desk_client, "/staff/review/"),
    ):
        shown = " ".join(client.get(address).content.decode().split())
        assert "Would suit:</span> Monday: morning, afternoon; “Not before 10”" in shown


def test_it_takes_the_same_few_queries(
    patient: User, patient_client: Client, django_assert_num_queries: DjangoAssertNumQueries
):
    intake = proved(answers.REFER, patient)
    patient_client.get(f"/my/intakes/{intake.pk}/")
    with django_assert_num_queries(QUERIES):
        page(patient_client, intake)
    for weekday in range(5):
        wish(patient_client, intake, half_days=[f"{weekday}-am"])
    with django_assert_num_queries(QUERIES):
        page(patient_client, intake)


QUERIES = 12


def test_a_key_nobody_knows_any_more_is_left_out(patient: User, patient_client: Client):
    intake = proved(answers.REFER, patient)
    case_id: UUID = Case.objects.get().pk
    services.wish_times(
        case_id=case_id, half_days=["9-am", "3-am"], note="", by=patient, now=timezone.now()
    )
    assert "Thursday: morning" in page(patient_client, intake)
