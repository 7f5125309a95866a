"""A page with patients' records on it leaves one entry on the trail, and changes nothing else."""

from datetime import timedelta

import pytest
from django.test import Client

from clinic.models import AuditEntry, HistoryEntry, Message, User
from intake.models import Intake
from scheduling.models import Appointment
from tests.factories import scheduling
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(patient: User, time_machine) -> Appointment:
    """One of a few, so that an entry for each row would be seen."""
    time_machine.move_to(scheduling.NOW, tick=False)
    for days in (7, 14):
        start = scheduling.NINE + timedelta(days=days)
        scheduling.book(scheduling.clearance(patient=PatientFactory()), start)
    leave = ClearanceFactory.create(patient=patient.patients.get())
    return scheduling.book(leave, scheduling.NINE)


@pytest.fixture
def intake(visit: Appointment) -> Intake:
    held(PatientFactory(given_name="Ben"))
    return held(PatientFactory(given_name="Cleo"))


def looked(client: Client, page: str, status: int = 200, **asked: str) -> AuditEntry:
    """The one entry that a look at a page left."""
    entries, history = AuditEntry.objects.count(), HistoryEntry.objects.count()
    assert client.get(page, asked).status_code == status
    assert AuditEntry.objects.count() == entries + 1
    assert HistoryEntry.objects.count() == history
    return AuditEntry.objects.latest("pk")


def test_the_list_of_held_cases(desk: User, desk_client: Client, intake: Intake):
    entry = looked(desk_client, "/staff/review/")
    assert (entry.actor, entry.action, entry.subject_kind) == (desk, "list viewed", "case")
    assert entry.detail == {"rows": 2}


def test_the_list_of_visits(desk: User, desk_client: Client, visit: Appointment):
    entry = looked(desk_client, "/staff/visits/", **{"from": "2026-11-10"})
    assert (entry.actor, entry.action, entry.subject_kind) == (desk, "list viewed", "appointment")
    assert entry.detail == {"days": "2026-11-10 to 2026-11-16"}


@pytest.mark.parametrize("model", ["intake/patient", "intake/case", "scheduling/appointment"])
def test_a_list_in_the_admin_site(
    administrator: User, administrator_client: Client, intake: Intake, model: str
):
    entry = looked(administrator_client, f"/admin/{model}/", q="Ben Okoro")
    assert (entry.actor, entry.action) == (administrator, "list viewed")
    assert entry.subject_kind == model.split("/")[1]
    assert entry.detail.keys() == {"page", "rows"}
    trail = administrator_client.get("/admin/clinic/auditentry/")
    assert "Looked at a list" in trail.text


def test_messages_name_people_too(
    administrator: User, administrator_client: Client, visit: Appointment
):
    message = Message.objects.create(
        kind="booked", recipient="ana@example.com", subject="Your visit", body="x", queued_at=NOW
    )
    entry = looked(administrator_client, "/admin/clinic/message/")
    assert (entry.actor, entry.action, entry.subject_kind) == (
        administrator,
        "list viewed",
        "message",
    )
    entry = looked(administrator_client, f"/admin/clinic/message/{message.pk}/change/")
    assert (entry.action, entry.subject_id) == ("viewed", str(message.pk))


def test_a_list_of_what_is_nobodys_record_is_not(administrator_client: Client, visit: Appointment):
    before = AuditEntry.objects.count()
    assert administrator_client.get("/admin/scheduling/room/").status_code == 200
    assert AuditEntry.objects.count() == before


def test_a_patients_own_visits(patient: User, patient_client: Client, visit: Appointment):
    entry = looked(patient_client, "/my/visits/")
    assert (entry.actor, entry.action, entry.detail) == (patient, "list viewed", {"rows": 1})
    for page in (f"/my/visits/{visit.pk}/", f"/my/visits/{visit.pk}/calendar.ics"):
        entry = looked(patient_client, page)
        assert (entry.actor, entry.action) == (patient, "viewed")
        assert (entry.subject_id, entry.patient_id) == (str(visit.pk), visit.patient_id)


def test_a_refused_form_shows_the_case_too(doctor: User, doctor_client: Client, intake: Intake):
    page = f"/staff/review/{intake.case_id}/"
    assert looked(doctor_client, page).action == "viewed"
    before = AuditEntry.objects.count()
    assert doctor_client.post(page, {}).status_code == 422
    assert AuditEntry.objects.count() == before + 1
    assert AuditEntry.objects.latest("pk").subject_id == str(intake.case_id)


def test_whoever_is_refused_leaves_none(other_patient_client: Client, visit: Appointment):
    before = AuditEntry.objects.count()
    assert other_patient_client.get(f"/my/visits/{visit.pk}/").status_code == 404
    assert other_patient_client.get("/staff/visits/").status_code == 403
    assert AuditEntry.objects.count() == before
