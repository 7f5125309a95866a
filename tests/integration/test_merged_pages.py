"""Two records merged: every page and every form looks at both as one person."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Message, User
from intake import pain, services
from intake.models import Clearance, ExercisePlan, Intake, IntakeDraft, PainScore, Patient
from intake.triage import PROTOCOL
from scheduling.models import Appointment, Call, WaitlistEntry
from tests import answers
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory, exercises_given, held
from tests.factories.scheduling import NOW, book
from tests.factories.waitlist import waits
from tests.walking import slug_of

pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(days=60)


@pytest.fixture(autouse=True)
def monday_evening(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def kept(patient: User) -> Patient:
    return patient.patients.get()


@pytest.fixture
def old() -> Patient:
    """By telephone, years ago, under her maiden name."""
    return PatientFactory.create(
        given_name="Ana", family_name="Solis", email="", phone="+17035550177"
    )


@pytest.fixture
def merged(old: Patient, kept: Patient, administrator: User):
    """Call it once the record has what it shall have."""

    def merge() -> None:
        services.merge_records(
            patient_id=old.pk, into=kept.pk, reason="The same card.", by=administrator, now=NOW
        )
        old.refresh_from_db()

    return merge


def full_intake(patient: Patient, **fields: Any) -> Intake:
    said = {**answers.BOOK, "age": 38}
    return IntakeFactory.create(
        patient=patient,
        **{
            "answers": said,
            "protocol": PROTOCOL.version,
            "submitted_at": LONG_AGO,
            "details": {"medicines": "ibuprofen"},
            **fields,
        },
    )


def said_again(client: Client, response: Any) -> Any:
    """Every screen the short form puts, answered; the page after."""
    while slug := slug_of(response):
        response = client.post(f"/intake/{slug}/", answers.BOOK, follow=True)
    return response


# --- The patient's own pages ----------------------------------------------------------------------


def test_the_short_form_is_offered_on_answers_to_either(
    patient_client: Client, patient: User, kept: Patient, old: Patient, merged
):
    full_intake(old)
    merged()
    assert "Answer the short questions" in patient_client.get("/my/visits/").text
    response = patient_client.post(f"/my/people/{kept.pk}/questions/", follow=True)
    response = said_again(patient_client, response)
    assert response.wsgi_request.path == "/intake/changes/"
    assert "Sam" not in response.text
    patient_client.post("/intake/changes/", {"medicines": "none", "allergies": "none"})
    newest = Intake.objects.latest("submitted_at")
    assert (newest.kind, newest.patient) == ("RESCREEN", kept)
    assert Clearance.objects.get().patient == kept


def test_a_short_form_begun_before_the_merge_is_sent_after_it(
    administrator: User, patient: User, kept: Patient, merged, old: Patient
):
    """Two of one account: one turns out to be the other."""
    Patient.objects.filter(pk=old.pk).update(account=patient)
    old.refresh_from_db()
    full_intake(old)
    draft = services.begin_next_form(
        patient=old, browser=IntakeDraft._meta.pk.get_default(), by=patient, now=NOW
    )
    said = {**answers.BOOK}
    services.keep_answers(draft_id=draft.pk, answers=said, shown=list(said), now=NOW)
    merged()
    sent = services.submit(draft_id=draft.pk, by=patient, now=NOW)
    assert sent.patient == kept


def test_an_emergency_or_a_case_of_either_ends_the_short_form(
    patient_client: Client, patient: User, kept: Patient, old: Patient, merged
):
    full_intake(kept)
    held(old, "CO-MANAGE")
    assert "Answer the short questions" in patient_client.get("/my/visits/").text
    merged()
    assert "Answer the short questions" not in patient_client.get("/my/visits/").text


def test_my_visits_costs_as_much_for_two_records_as_for_one(
    patient_client: Client, doctor: User, kept: Patient, old: Patient, merged
):
    book(ClearanceFactory.create(patient=kept))
    patient_client.get("/my/visits/")
    with CaptureQueriesContext(connection) as of_one:
        patient_client.get("/my/visits/")
    full_intake(old)
    exercises_given(old, by=doctor)
    book(ClearanceFactory.create(patient=old), NOW + timedelta(days=3))
    merged()
    with CaptureQueriesContext(connection) as of_two:
        patient_client.get("/my/visits/")
    assert len(of_two) == len(of_one)


# --- Exercises, pain, leave -----------------------------------------------------------------------


def test_the_sheet_of_either_is_theirs_under_the_name_that_is_kept(
    patient_client: Client, doctor_client: Client, doctor: User, kept: Patient, old: Patient, merged
):
    exercises_given(old, by=doctor, note="Slowly.")
    merged()
    assert f"/my/people/{kept.pk}/exercises/" in patient_client.get("/my/visits/").text
    sheet = patient_client.get(f"/my/people/{kept.pk}/exercises/").text
    assert "Slowly." in sheet
    assert kept.name in sheet
    assert old.name not in sheet
    assert patient_client.get(f"/my/people/{kept.pk}/exercises.pdf").status_code == 200
    assert "Slowly." in doctor_client.get(f"/staff/review/patients/{old.pk}/").text


def test_new_exercises_take_the_place_of_the_others(
    doctor: User, kept: Patient, old: Patient, merged
):
    earlier = exercises_given(old, by=doctor)
    merged()
    now = services.give_exercises(
        patient_id=kept.pk, chosen={}, note="", latest_seen=earlier.pk, by=doctor, now=NOW
    )
    assert (now.patient, now.length) == (kept, 0)
    assert ExercisePlan.objects.count() == 2


def test_the_line_of_pain_runs_through_both(doctor: User, kept: Patient, old: Patient, merged):
    PainScore.objects.create(patient=old, score=7, by=doctor, at=LONG_AGO)
    services.note_pain(patient_id=kept.pk, score=3, by=doctor, now=NOW)
    assert pain.line(kept) is None
    merged()
    line = pain.line(kept)
    assert line is not None
    assert [dot.score for dot in line.dots] == [7, 3]
    services.note_pain(patient_id=kept.pk, score=3, by=doctor, now=NOW)
    assert PainScore.objects.count() == 2


def test_a_leave_of_either_is_shown_extended_and_told_to_the_address_that_is_kept(
    doctor: User, doctor_client: Client, patient: User, kept: Patient, old: Patient, merged
):
    leave = ClearanceFactory.create(patient=old)
    merged()
    page = f"/staff/review/patients/{kept.pk}/"
    assert "May book visits up to" in doctor_client.get(page).text
    services.extend_clearance(
        clearance_id=leave.pk, until=leave.ends_at + timedelta(days=9), reason="Fine.",
        by=doctor, now=NOW,
    )  # fmt: skip
    assert Message.objects.get(kind="cleared").recipient == patient.email


# --- The chiropractor -----------------------------------------------------------------------------


def test_a_case_with_answers_to_both_can_be_cleared_on_its_page(
    doctor_client: Client, kept: Patient, old: Patient, merged
):
    case = held(old, "CO-MANAGE").case
    earlier = full_intake(old, submitted_at=LONG_AGO)
    merged()
    IntakeFactory.create(patient=kept, case=case, disposition="CO-MANAGE", submitted_at=NOW)
    page = doctor_client.get(f"/staff/review/{case.pk}/").text
    assert kept.name in page
    assert "are another person" not in page
    assert "not this patient" not in page
    assert earlier.patient == old


def test_who_has_no_address_on_the_kept_record_is_called(
    doctor: User, kept: Patient, old: Patient, merged
):
    """And who has one there is written to, and not called as well."""
    said = held(old, "CO-MANAGE")
    merged()
    services.decide(
        case_id=said.case_id, latest_seen=said.pk, kind="CLEAR", reason="Fine.", by=doctor, now=NOW
    )
    assert Message.objects.get(kind="cleared").recipient == kept.email
    assert not Call.objects.exists()


# --- The desk -------------------------------------------------------------------------------------


def test_the_desk_sees_the_name_and_number_that_are_kept(
    desk_client: Client, kept: Patient, old: Patient, merged
):
    visit = book(ClearanceFactory.create(patient=old))
    merged()
    pages = (
        f"/staff/visits/{visit.pk}/",
        "/staff/day/feed.json?first=2026-11-10&last=2026-11-10",
        "/staff/paper/day/?from=2026-11-10",
    )
    for page in pages:
        shown = desk_client.get(page, follow=True)
        assert shown.status_code == 200, page
        assert kept.family_name in shown.text, page
        assert old.name not in shown.text, page
    assert old.phone.as_national not in desk_client.get(pages[0]).text


def test_the_desk_asks_about_the_answers_to_either(
    desk: User, desk_client: Client, kept: Patient, old: Patient, merged
):
    full_intake(old)
    merged()
    begun = services.begin_at_desk(patient=kept, then="", by=desk, now=NOW)
    assert begun.renews is not None
    assert services.begin_at_desk(patient=kept, then="", by=desk, now=NOW) == begun
    assert kept.name in desk_client.get(f"/staff/questions/{begun.pk}/").text


def test_a_callers_form_begun_before_the_merge_is_sent_after_it(
    desk: User, kept: Patient, old: Patient, merged
):
    begun = services.begin_call_of(patient=old, by=desk, now=NOW)
    merged()
    assert services.begin_call_of(patient=kept, by=desk, now=NOW) == begun
    said = {**answers.BOOK, "age": 38}
    services.keep_answers(draft_id=begun.pk, answers=said, shown=list(said), now=NOW)
    sent = services.submit(draft_id=begun.pk, by=desk, now=NOW)
    assert sent.patient == kept


def test_who_waits_by_either_keeps_the_place(desk: User, kept: Patient, old: Patient, merged):
    entry = waits(ClearanceFactory.create(patient=old))
    merged()
    again = waits(ClearanceFactory.create(patient=kept), note="mornings")
    assert again == entry
    assert WaitlistEntry.objects.count() == 1


def test_visits_stay_where_they_came_to(kept: Patient, old: Patient, merged):
    visit = book(ClearanceFactory.create(patient=old))
    merged()
    assert Appointment.objects.get(pk=visit.pk).patient == old
