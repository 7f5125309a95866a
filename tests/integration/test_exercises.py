"""Home exercises: given by the chiropractor, read and printed by the family."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader

from clinic import typeset
from clinic.models import AuditEntry, Message, User
from intake import exercise_sheet, services
from intake.exceptions import HeldFirst, NothingChosen, SheetChanged
from intake.exercises import BY_ID, LIBRARY, Dose
from intake.models import ExercisePlan, Patient, Prescription
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import SUBMITTED, exercises_given, held

pytestmark = pytest.mark.django_db

NOTE = "In the morning, on a mat."
DOSE = Dose(times_a_day=3, repeats=12, hold_seconds=7)


@pytest.fixture
def record(patient: User) -> Patient:
    return patient.patients.get()


def give(record: Patient, doctor: User, **more: Any) -> ExercisePlan:
    chosen: dict[str, Dose] = more.pop("chosen", {"bird-dog": DOSE})
    told: dict[str, Any] = {"note": NOTE, "latest_seen": None, "now": timezone.now(), **more}
    return services.give_exercises(patient_id=record.pk, chosen=chosen, by=doctor, **told)


def sent(**fields: object) -> dict[str, object]:
    """The page's form, with one exercise chosen."""
    return {
        "bird-dog-is_given": "on",
        "bird-dog-times_a_day": "3",
        "bird-dog-repeats": "12",
        "bird-dog-hold_seconds": "7",
        "note": NOTE,
        "latest_seen": "",
        **fields,
    }


# --- The service ------------------------------------------------------------------------------


def test_exercises_are_given_with_their_dose_and_the_patient_hears_of_it(
    record: Patient, doctor: User
):
    plan = give(record, doctor, chosen={"bird-dog": DOSE, "cat-camel": BY_ID["cat-camel"].dose})
    assert [each.exercise for each in plan.prescriptions.all()] == ["cat-camel", "bird-dog"]
    assert services.doses(plan)["bird-dog"] == DOSE
    entry = AuditEntry.objects.get(action="exercises given")
    assert (entry.actor, entry.patient_id, entry.detail) == (doctor, record.pk, {"exercises": 2})
    message = Message.objects.get(kind="exercises")
    assert message.recipient == record.email
    assert f"/my/people/{record.pk}/exercises/" in message.body
    for told in ("Bird", "camel", NOTE, "times"):
        assert told not in message.subject + message.body


def test_a_second_press_gives_nothing_twice(record: Patient, doctor: User):
    assert give(record, doctor) == give(record, doctor)
    assert Message.objects.filter(kind="exercises").count() == 1


def test_a_newer_plan_takes_the_older_ones_place(
    record: Patient, doctor: User, patient_client: Client
):
    older = give(record, doctor)
    later = timezone.now() + timedelta(seconds=1)
    give(record, doctor, chosen={"hamstring": DOSE}, latest_seen=older.pk, now=later)
    shown = patient_client.get(page(record)).text
    assert "Hamstring stretch" in shown
    assert "Bird dog" not in shown
    assert ExercisePlan.objects.filter(patient=record).count() == 2


def test_none_chosen_ends_them_without_a_mail(
    record: Patient, doctor: User, patient_client: Client
):
    with pytest.raises(NothingChosen):
        give(record, doctor, chosen={})
    older = give(record, doctor)
    later = timezone.now() + timedelta(seconds=1)
    ended = give(record, doctor, chosen={}, note="", latest_seen=older.pk, now=later)
    assert ended.length == 0
    assert "no exercises for now" in patient_client.get(page(record)).text
    assert patient_client.get(page(record, ".pdf")).status_code == 404
    assert "Home exercises" not in patient_client.get("/my/visits/").text
    assert Message.objects.filter(kind="exercises").count() == 1


def test_what_somebody_else_gave_meanwhile_is_not_overwritten_unseen(record: Patient, doctor: User):
    give(record, doctor)
    with pytest.raises(SheetChanged):
        give(record, StaffFactory.create(is_chiropractor=True), chosen={"hamstring": DOSE})


def test_a_held_patient_gets_none(record: Patient, doctor: User):
    held(record)
    with pytest.raises(HeldFirst):
        give(record, doctor)


def test_without_an_address_nothing_is_mailed(doctor: User):
    give(PatientFactory.create(account=None), doctor)
    assert not Message.objects.filter(kind="exercises").exists()


# --- The database -----------------------------------------------------------------------------


def refused(name: str) -> Any:
    return pytest.raises(IntegrityError, match=name)


def test_a_given_plan_is_never_changed(record: Patient, doctor: User):
    plan = give(record, doctor)
    for rows, change in (
        (ExercisePlan.objects.filter(pk=plan.pk), {"note": "Other."}),
        (Prescription.objects.filter(plan=plan), {"repeats": 1}),
    ):
        with (
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
        ):
            rows.update(**change)
        with (
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
        ):
            rows._raw_delete(rows.db)  # past the ORM's own protection


def test_no_exercise_is_put_into_a_given_plan(record: Patient, doctor: User):
    plan = give(record, doctor)
    with refused("The plan has no place for it"), transaction.atomic():
        Prescription.objects.create(
            plan=plan, place=1, exercise="hamstring", times_a_day=1, repeats=1, hold_seconds=0
        )


def test_only_a_chiropractor_gives_exercises(record: Patient, desk: User):
    with refused("Only a chiropractor"):
        give(record, desk)


@pytest.mark.parametrize("dose", [Dose(0, 1, 0), Dose(7, 1, 0), Dose(1, 0, 0), Dose(1, 1, 121)])
def test_what_is_no_dose_is_refused(record: Patient, doctor: User, dose: Dose):
    with refused("prescription_is_a_dose"):
        give(record, doctor, chosen={"bird-dog": dose})


# --- The chiropractor's page ------------------------------------------------------------------


def after_visit(record: Patient) -> str:
    return f"/staff/review/patients/{record.pk}/"


def test_the_chiropractor_chooses_and_finds_what_was_chosen(record: Patient, doctor_client: Client):
    shown = doctor_client.get(after_visit(record)).text
    for exercise in LIBRARY:
        assert exercise.name in shown
    answer = doctor_client.post(f"{after_visit(record)}exercises/", sent(), follow=True)
    assert "the patient is told by email" in answer.text
    assert NOTE in answer.text
    assert services.doses(ExercisePlan.objects.get(patient=record)) == {"bird-dog": DOSE}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"bird-dog-times_a_day": "9"}, "Bird dog: Times a day: give a number from 1 to 6."),
        ({"bird-dog-repeats": ""}, "Bird dog: Times each: give a number from 1 to 50."),
        (
            {"bird-dog-hold_seconds": "-1"},
            "Bird dog: Seconds to hold: give a number from 0 to 120.",
        ),
        ({"note": "x" * 301}, "Make the note shorter: 300 letters at most."),
        ({"latest_seen": "x"}, "Look at the exercises again, then choose."),
    ],
)
def test_what_cannot_be_read_is_said_and_kept(
    record: Patient, doctor_client: Client, said: dict[str, str], sentence: str
):
    answer = doctor_client.post(f"{after_visit(record)}exercises/", sent(**said))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'name="bird-dog-is_given"' in answer.text
    assert not ExercisePlan.objects.filter(patient=record).exists()


def test_what_is_not_chosen_is_not_read(record: Patient, doctor_client: Client):
    more = {"hamstring-times_a_day": "nonsense"}
    doctor_client.post(f"{after_visit(record)}exercises/", sent(**more))
    assert services.doses(ExercisePlan.objects.get(patient=record)) == {"bird-dog": DOSE}


def test_a_refusal_keeps_what_was_typed(record: Patient, doctor: User, doctor_client: Client):
    give(record, doctor, chosen={"hamstring": DOSE})
    answer = doctor_client.post(f"{after_visit(record)}exercises/", sent())
    assert answer.status_code == 409
    assert "Somebody has just given other exercises" in answer.text
    assert 'value="12"' in answer.text


def test_a_held_patients_page_says_why_not(record: Patient, doctor_client: Client):
    held(record)
    assert "This patient has an open case" in doctor_client.get(after_visit(record)).text
    assert doctor_client.post(f"{after_visit(record)}exercises/", sent()).status_code == 409


# --- The sheet --------------------------------------------------------------------------------


def page(record: Patient, form: str = "/") -> str:
    return f"/my/people/{record.pk}/exercises{form}"


def test_the_sheet_says_what_how_much_and_when_to_stop(
    record: Patient, doctor: User, patient_client: Client
):
    give(record, doctor, chosen={"bird-dog": DOSE, "cat-camel": Dose(1, 1, 0)})
    shown = " ".join(patient_client.get(page(record)).text.split())
    for said in (
        "Ana Reyes",
        NOTE,
        "1. Cat-camel",
        "2. Bird dog",
        "3 times a day",
        "12 times on each side",
        "7 seconds",
        "1 time a day",
        "Stop if your pain gets worse",
        "Call 911 if",
        "(703) 555-0142",
        *BY_ID["bird-dog"].steps[:1],
    ):
        assert said in shown, said
    assert shown.count("<svg") == 4
    assert AuditEntry.objects.filter(action="exercises read", patient_id=record.pk).count() == 1


def test_my_visits_leads_to_it(record: Patient, doctor: User, patient_client: Client):
    assert page(record) not in patient_client.get("/my/visits/").text
    give(record, doctor)
    assert page(record) in patient_client.get("/my/visits/").text


def test_while_answers_are_held_it_says_to_wait(
    record: Patient, doctor: User, patient_client: Client
):
    give(record, doctor)
    assert "Wait with these exercises" not in patient_client.get(page(record)).text
    held(record)
    assert "Wait with these exercises" in patient_client.get(page(record)).text


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_comes_onto_paper_without_a_warning(
    record: Patient, doctor: User, doctor_client: Client, language: str
):
    plan = give(record, doctor, chosen={each.id: each.dose for each in LIBRARY})
    answer = doctor_client.get(page(record, ".pdf"), {"in": language})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="home-exercises.pdf"'
    document = PdfReader(BytesIO(answer.content))
    assert len(document.pages) == 2
    with translation.override(language):
        sheet = exercise_sheet.of(plan)
    words = " ".join(" ".join(each.extract_text() for each in document.pages).split())
    for item in sheet.items:
        assert item.name in words
        assert item.stop in words
    assert ("Gato y camello" in words) == (language == "es")


def test_a_note_is_shown_and_never_obeyed(record: Patient, doctor: User):
    plan = give(record, doctor, note='#panic("obeyed") ' + "W" * 200)
    data = exercise_sheet.on_paper(exercise_sheet.of(plan))
    assert len(typeset.pictures(exercise_sheet.TEMPLATE, data)) == 1


def test_a_letter_no_font_has_leads_to_the_page(
    record: Patient, doctor: User, patient_client: Client
):
    give(record, doctor, note="漢字")
    answer = patient_client.get(page(record, ".pdf"), follow=True)
    assert "This page says the same" in answer.text
    assert "漢字" in answer.text


def test_an_exercise_that_left_the_library_is_left_out(
    record: Patient, doctor: User, monkeypatch: pytest.MonkeyPatch
):
    plan = exercises_given(record, by=doctor)
    monkeypatch.delitem(BY_ID, "cat-camel")
    assert [item.name for item in exercise_sheet.of(plan).items] == ["Bird dog"]
    assert plan.at == SUBMITTED
