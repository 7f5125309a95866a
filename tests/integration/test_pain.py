"""How the pain went: noted at visits, read from answers, shown as a line and a table."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from clinic.models import AuditEntry, User
from intake import pain, services
from intake.models import Intake, PainScore, Patient
from tests.factories.intake import SUBMITTED, IntakeFactory, held

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


@pytest.fixture
def record(patient: User) -> Patient:
    return patient.patients.get()


@pytest.fixture
def answered(record: Patient) -> Intake:
    """An 8 in the answers; what another version kept is no number of this scale."""
    IntakeFactory.create(patient=record, answers={"worst": "bad"}, submitted_at=SUBMITTED - A_DAY)
    IntakeFactory.create(patient=record, answers={}, submitted_at=SUBMITTED - 2 * A_DAY)
    return IntakeFactory.create(patient=record, answers={"worst": 8})


def noted(record: Patient, doctor: User, score: int, *, days: int) -> PainScore:
    return services.note_pain(
        patient_id=record.pk, score=score, by=doctor, now=SUBMITTED + days * A_DAY
    )


def test_answers_and_visits_make_one_line(record: Patient, doctor: User, answered: Intake):
    assert pain.line(record) is None, "one score is no line"
    noted(record, doctor, 5, days=7)
    noted(record, doctor, 2, days=14)
    line = pain.line(record)
    assert line
    assert [row.score for row in line.rows] == [8, 5, 2]
    assert [row.said for row in line.rows] == ["In the answers", "At a visit", "At a visit"]
    heights = [dot.y for dot in line.dots]
    assert heights == sorted(heights), "less pain stands lower"
    assert pain.line(None) is None


def test_the_newest_of_a_day_counts(record: Patient, doctor: User, answered: Intake):
    first = noted(record, doctor, 5, days=7)
    assert noted(record, doctor, 5, days=7) == first
    noted(record, doctor, 4, days=7)
    line = pain.line(record)
    assert line
    assert [row.score for row in line.rows] == [8, 4]
    assert AuditEntry.objects.filter(action="pain noted", patient_id=record.pk).count() == 2


def test_only_the_last_are_shown(record: Patient, doctor: User):
    for day in range(pain.MOST_SHOWN + 3):
        noted(record, doctor, day % 10, days=day)
    line = pain.line(record)
    assert line
    assert len(line.rows) == pain.MOST_SHOWN
    assert line.last.score == (pain.MOST_SHOWN + 2) % 10


def test_what_was_noted_stays(record: Patient, doctor: User):
    score = noted(record, doctor, 5, days=7)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        PainScore.objects.filter(pk=score.pk).update(score=1)
    with pytest.raises(IntegrityError, match="pain_is_from_0_to_10"):
        noted(record, doctor, 11, days=8)


def test_the_chiropractor_notes_it_after_a_visit(record: Patient, doctor_client: Client):
    page = f"/staff/review/patients/{record.pk}/"
    for said in ({}, {"score": "11"}, {"score": "x"}):
        answer = doctor_client.post(f"{page}pain/", said)
        assert (answer.status_code, "Choose a number from 0 to 10." in answer.text) == (422, True)
    doctor_client.post(f"{page}pain/", {"score": "0"})
    assert PainScore.objects.get(patient=record).score == 0


def test_it_stands_on_the_summary_the_case_and_after_the_visit(
    record: Patient, doctor: User, doctor_client: Client, patient_client: Client
):
    intake = held(record, answers={"worst": 8})
    noted(record, doctor, 3, days=7)
    for client, page in (
        (patient_client, f"/my/intakes/{intake.pk}/summary/"),
        (doctor_client, f"/staff/review/{intake.case_id}/"),
        (doctor_client, f"/staff/review/patients/{record.pk}/"),
    ):
        shown = client.get(page).text
        assert "The worst pain, time by time" in shown, page
        assert '<th scope="row">Nov. 11, 2026</th><td>3</td><td>At a visit</td>' in shown, page
