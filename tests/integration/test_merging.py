"""Two records of one person: one by a pointer, to every guard, and two again."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from clinic import refusals
from clinic.models import AuditEntry, ClinicProfile, User
from intake import services
from intake.exceptions import ReasonNeeded
from intake.models import Case, Clearance, Intake, Patient, PatientMerge
from intake.public import clearances_usable, family_of, find_patients, is_held
from intake.record_exceptions import (
    KeepWhoSignsIn,
    MergedAlready,
    MergeRefused,
    NotMerged,
    RecordMerged,
    TwoSignIns,
    VisitsInTheWay,
)
from intake.services.people import Contact
from scheduling import services as calendar
from scheduling.exceptions import PatientHeld, SchedulingProblem, StepNotAllowed, TimeTaken
from scheduling.models import Appointment, Clinician
from scheduling.slots import State
from tests import answers
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import (
    CaseFactory,
    ClearanceFactory,
    GuardianConsentFactory,
    IntakeFactory,
    decided,
    held,
)
from tests.factories.scheduling import NINE, NOW, book, hold, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def old() -> Patient:
    """Put on record by the desk, years ago."""
    return PatientFactory.create(given_name="Ana", family_name="Reyes")


@pytest.fixture
def new() -> Patient:
    """The same person, who came by the website under another name."""
    account = AccountFactory(email="ana@example.com")
    return PatientFactory.create(account=account, given_name="Ana", family_name="Solis")


@pytest.fixture
def locum() -> Clinician:
    return Clinician.objects.create(name="Dr. Locum")


def merge(gone: Patient, kept: Patient, by: User) -> None:
    services.merge_records(
        patient_id=gone.pk, into=kept.pk, reason="The same card.", by=by, now=NOW
    )
    gone.refresh_from_db()


def apart(gone: Patient, by: User) -> None:
    services.take_apart(patient_id=gone.pk, reason="Two sisters.", by=by, now=NOW)
    gone.refresh_from_db()


def with_somebody_else(visit: Appointment, clinician: Clinician) -> Appointment:
    """With Dr. Solomon alone nobody could have two visits at one time."""
    Appointment.objects.filter(pk=visit.pk).update(clinician=clinician)
    return visit


@contextmanager
def refused(rule: str) -> Iterator[None]:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    assert refusals.rule(caught.value) == rule


# --- One person -----------------------------------------------------------------------------------


def test_nothing_is_copied_and_both_are_on_the_trail(
    administrator: User, old: Patient, new: Patient
):
    leave = ClearanceFactory.create(patient=old)
    visit = book(leave)
    for _ in range(2):
        merge(old, new, administrator)
    assert old.merged_into == new
    visit.refresh_from_db()
    assert (visit.patient, visit.person, visit.clearance) == (old, new, leave)
    said = PatientMerge.objects.get()
    assert (said.patient, said.kept, said.kind, said.reason, said.by) == (
        old,
        new,
        "MERGED",
        "The same card.",
        administrator,
    )
    entries = AuditEntry.objects.filter(action="records merged")
    assert {entry.patient_id for entry in entries} == {old.pk, new.pk}


def test_the_pages_show_the_record_that_is_kept(
    administrator: User, desk: User, desk_client: Client, old: Patient, new: Patient
):
    book(ClearanceFactory.create(patient=old))
    consent = GuardianConsentFactory.create(patient=old)
    merge(old, new, administrator)
    response = desk_client.get(f"/staff/patients/{old.pk}/")
    assert response.headers["Location"] == f"/staff/patients/{new.pk}/"
    shown = desk_client.get(f"/staff/patients/{new.pk}/").text
    assert "Also known as" in shown
    for words in (
        "Ana Reyes",
        "Tue, Nov 10 at 9:00 AM",
        consent.guardian_name,
        "May book until",
    ):
        assert words in shown
    assert "Take apart" not in shown
    (found,) = find_patients("reyes", by=desk, now=NOW)
    assert (found.id, found.name, found.found_as) == (new.pk, "Ana Solis", "Ana Reyes")
    edit = desk_client.get(f"/staff/patients/{old.pk}/contact/")
    assert edit.headers["Location"] == f"/staff/patients/{new.pk}/contact/"
    with pytest.raises(RecordMerged):
        services.change_contact(
            patient_id=old.pk, contact=Contact.of(new), seen="", by=desk, now=NOW
        )


def test_the_account_sees_one_person_with_the_visits_of_both(
    administrator: User, patient_client: Client, patient: User
):
    own = patient.patients.get()
    record = PatientFactory.create(given_name="Other")
    visit = book(ClearanceFactory.create(patient=record))
    assert "Tue, Nov 10" not in patient_client.get("/my/visits/").text
    merge(record, own, administrator)
    page = patient_client.get("/my/visits/").text
    assert "Tue, Nov 10" in page
    assert "Choose a time" in page or "Move it" in page
    assert patient_client.get(f"/my/visits/{visit.pk}/").status_code == 200
    assert [person.id for person in family_of(patient)] == [own.pk]


def test_a_leave_of_either_is_a_leave(administrator: User, old: Patient, new: Patient):
    leave = ClearanceFactory.create(patient=old)
    merge(old, new, administrator)
    (card,) = clearances_usable(new.pk, NOW)
    assert (card.id, card.patient_id) == (leave.pk, new.pk)
    leave.patient = new
    visit = book(leave)
    assert (visit.patient, visit.person) == (new, new)


def test_an_intake_of_either_goes_to_the_record_that_is_kept(administrator: User, patient: User):
    own = patient.patients.get()
    record = PatientFactory.create(account=patient, given_name="Anita", family_name="Reyes")
    Patient.objects.filter(pk=record.pk).update(name_key="anita reyes")
    merge(record, own, administrator)
    draft = services.start_draft(browser=uuid.uuid4(), now=NOW)
    services.keep_answers(
        draft_id=draft.pk, answers=answers.BOOK, shown=list(answers.BOOK), born=own.born, now=NOW
    )
    about = {"given_name": "Anita", "family_name": "Reyes", "email": patient.email}
    services.keep_about(draft_id=draft.pk, about=about, now=NOW)
    sent = services.submit(draft_id=draft.pk, by=None, now=NOW)
    proved = services.attach(intake_id=sent.pk, account=patient, now=NOW)
    assert proved.patient == own
    assert Clearance.objects.get().patient == own


def test_a_guardian_of_either_agreed(administrator: User, old: Patient):
    child = PatientFactory.create(born=date(2015, 5, 5))
    leave = ClearanceFactory.create(patient=child)
    with pytest.raises(SchedulingProblem):
        book(leave)
    GuardianConsentFactory.create(patient=old)
    Patient.objects.filter(pk=old.pk).update(born=child.born)
    merge(old, child, administrator)
    assert book(leave).person == child
    with pytest.raises(MergeRefused, match="guardian's consent"):
        apart(old, administrator)


# --- What may not be ------------------------------------------------------------------------------


def test_visits_of_both_at_one_time_refuse_the_merge(
    administrator: User, old: Patient, new: Patient, locum: Clinician
):
    with_somebody_else(book(ClearanceFactory.create(patient=old)), locum)
    book(ClearanceFactory.create(patient=new), NINE + timedelta(minutes=20))
    with pytest.raises(VisitsInTheWay) as caught:
        merge(old, new, administrator)
    assert "New patient exam on Tue, Nov 10 at 9:00 AM" in str(caught.value)
    assert "New patient exam on Tue, Nov 10 at 9:20 AM" in str(caught.value)
    old.refresh_from_db()
    assert old.merged_into is None
    with refused("visit_patient_not_twice"):
        point(old, new, administrator)


def test_afterwards_nobody_books_over_the_others_visit(
    administrator: User, desk: User, old: Patient, new: Patient, locum: Clinician
):
    visit = with_somebody_else(book(ClearanceFactory.create(patient=old)), locum)
    leave = ClearanceFactory.create(patient=new)
    merge(old, new, administrator)
    with pytest.raises(TimeTaken) as caught:
        book(leave, NINE + timedelta(minutes=20))
    assert caught.value.clash.value == "patient"
    later = book(leave, NINE + timedelta(hours=2))
    with pytest.raises(TimeTaken):
        calendar.move(appointment_id=later.pk, start=NINE, by=desk, now=NOW)
    with refused("visit_patient_not_twice"):
        Appointment.objects.filter(pk=later.pk).update(
            visit=visit.visit, clinician_busy=visit.clinician_busy
        )
    calendar.move(appointment_id=visit.pk, start=NINE + timedelta(hours=1), by=desk, now=NOW)


@pytest.mark.parametrize("which", ["the one that goes", "the one that is kept"])
def test_a_case_of_either_holds_both(administrator: User, old: Patient, new: Patient, which: str):
    one, other = (old, new) if which == "the one that goes" else (new, old)
    held(one)
    leave = ClearanceFactory.create(patient=other)
    visit = book(leave)
    merge(old, new, administrator)
    assert is_held(old.pk)
    assert is_held(new.pk)
    leave.refresh_from_db()
    assert leave.revoked_because == "Another record of the same person is held."
    assert state_of(visit.pk) is State.SUSPENDED
    with pytest.raises(PatientHeld):
        book(leave, NINE + timedelta(hours=1))
    with refused("clearance_patient_is_held"):
        ClearanceFactory.create(patient=new)
    apart(old, administrator)
    assert not is_held(other.pk)


def test_an_emergency_of_one_frees_the_others_time(administrator: User, old: Patient, new: Patient):
    held(old, "EMERGENCY")
    visit = book(ClearanceFactory.create(patient=new))
    merge(old, new, administrator)
    assert state_of(visit.pk) is State.RELEASED
    assert AuditEntry.objects.filter(action=calendar.CALL_THE_PATIENT).exists()


def test_answers_from_before_the_others_emergency_clear_nobody(
    administrator: User, old: Patient, new: Patient
):
    leave = ClearanceFactory.create(patient=new)
    visit = book(leave)
    emergency = held(old, "EMERGENCY", submitted_at=NOW - timedelta(hours=1))
    decided(emergency, "RESOLVED", at=NOW)
    Case.objects.filter(pk=emergency.case_id).update(state="CLOSED", resolved_at=NOW)
    with refused("merge_newer_than_emergency"):
        point(old, new, administrator)
    merge(old, new, administrator)
    leave.refresh_from_db()
    assert leave.revoked_at
    assert state_of(visit.pk) is State.SUSPENDED


def test_the_database_keeps_no_visit_of_who_is_held(
    administrator: User, old: Patient, new: Patient
):
    held(old)
    book(ClearanceFactory.create(patient=new))
    with refused("merge_held_keeps_no_visit"):
        point(old, new, administrator)


def test_a_case_of_the_one_is_decided_on_answers_to_the_other(
    administrator: User, doctor: User, old: Patient, new: Patient
):
    first = held(old, "CO-MANAGE")
    merge(old, new, administrator)
    later = IntakeFactory.create(
        patient=new, case=first.case, disposition="CO-MANAGE", submitted_at=NOW
    )
    services.decide(
        case_id=first.case_id,
        latest_seen=later.pk,
        kind="CLEAR",
        reason="Fine.",
        by=doctor,
        now=NOW,
    )
    assert Clearance.objects.get().patient == new
    assert not is_held(old.pk)


def test_a_time_is_kept_once_for_both(administrator: User, old: Patient, new: Patient):
    given_back = hold(ClearanceFactory.create(patient=old))
    kept = hold(ClearanceFactory.create(patient=new), NINE + timedelta(hours=1))
    merge(old, new, administrator)
    assert state_of(given_back.pk) is State.RELEASED
    assert state_of(kept.pk) is State.HELD
    with refused("visit_one_hold_a_patient"):
        Appointment.objects.filter(pk=given_back.pk).update(
            state="held", hold_expires_at=NOW + timedelta(hours=1)
        )


def test_their_visits_are_counted_together(administrator: User, old: Patient, new: Patient):
    ClinicProfile.objects.update(most_visits_patient=2, most_visits_account=9)
    book(ClearanceFactory.create(patient=old))
    leave = ClearanceFactory.create(patient=new)
    book(leave, NINE + timedelta(hours=1))
    merge(old, new, administrator)
    with pytest.raises(SchedulingProblem, match="as many visits as can be booked online"):
        hold(leave, NINE + timedelta(hours=2))


def test_nothing_new_comes_to_a_merged_record(administrator: User, old: Patient, new: Patient):
    leave = ClearanceFactory.create(patient=old)
    merge(old, new, administrator)
    with pytest.raises(StepNotAllowed):
        book(leave)
    with refused("intake_on_the_kept_record"):
        IntakeFactory.create(patient=old)
    unknown = IntakeFactory.create(patient=None)
    with refused("intake_on_the_kept_record"):
        Intake.objects.filter(pk=unknown.pk).update(patient=old)


def test_an_xray_hold_of_the_one_is_one_of_the_other(
    administrator: User, old: Patient, new: Patient
):
    intake = held(new, "CO-MANAGE")
    decision = decided(intake, xray_allowed=True)
    Case.objects.filter(pk=intake.case_id).update(state="CLEARED", resolved_at=NOW)
    ClearanceFactory.create(patient=new, intake=intake, decision=decision, xray_allowed=True)
    assert clearances_usable(new.pk, NOW)[0].xray_allowed
    IntakeFactory.create(patient=old, xray_hold=True, submitted_at=NOW)
    merge(old, new, administrator)
    assert not clearances_usable(new.pk, NOW)[0].xray_allowed


# --- Who is kept ----------------------------------------------------------------------------------


def test_the_record_with_the_sign_in_is_kept(administrator: User, old: Patient, new: Patient):
    with pytest.raises(KeepWhoSignsIn):
        merge(new, old, administrator)
    other = PatientFactory.create(account=AccountFactory())
    with pytest.raises(TwoSignIns):
        merge(other, new, administrator)
    for gone, kept in ((new, old), (other, new)):
        with refused("merge_keeps_the_account"):
            point(gone, kept, administrator)
    merge(old, new, administrator)
    with refused("merge_keeps_the_account"):
        Patient.objects.filter(pk=old.pk).update(account=other.account)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_record_leads_one_step(administrator: User, old: Patient, new: Patient):
    third = PatientFactory.create()
    merge(old, new, administrator)
    for gone, kept in ((third, old), (old, third)):
        with pytest.raises(MergedAlready):
            merge(gone, kept, administrator)
        with refused("merge_is_one_step"):
            point(gone, kept, administrator)
    own = PatientFactory.create(account=new.account)
    with pytest.raises(MergedAlready):
        merge(new, own, administrator)
    merge(third, new, administrator)
    assert new.merged_records.count() == 2


def test_it_is_for_an_administrator_and_for_a_reason(
    administrator: User, desk: User, old: Patient, new: Patient
):
    for reason in ("", "  "):
        with pytest.raises(ReasonNeeded):
            services.merge_records(
                patient_id=old.pk, into=new.pk, reason=reason, by=administrator, now=NOW
            )
    with refused("merge_by_an_administrator"):
        point(old, new, desk)
    with refused("merge_is_on_record"):
        Patient.objects.filter(pk=old.pk).update(merged_into=new)
    with refused("merge_is_on_record"):
        PatientFactory.create(merged_into=new)
    merge(old, new, administrator)
    with refused("merge_is_on_record"):
        Patient.objects.filter(pk=old.pk).update(merged_into=None)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        PatientMerge.objects.update(reason="another")


def point(gone: Patient, kept: Patient, by: User) -> None:
    """As the application could, past the service."""
    PatientMerge.objects.create(patient=gone, kept=kept, kind="MERGED", reason="x", by=by, at=NOW)
    Patient.objects.filter(pk=gone.pk).update(merged_into=kept)


def test_whoever_takes_the_record_over_takes_what_was_merged_along(administrator: User):
    family = AccountFactory()
    son = PatientFactory.create(account=family, email="")
    record = PatientFactory.create(account=family)
    merge(record, son, administrator)
    handover = services.offer_own_account(patient=son, email="son@example.com", by=family, now=NOW)
    own = User.objects.get(email="son@example.com")
    services.take_over(handover_id=handover.pk, account=own, born=son.born, now=NOW)
    record.refresh_from_db()
    assert record.account == own


# --- Two again ------------------------------------------------------------------------------------


def test_taken_apart_everything_is_where_it_was(
    administrator: User, desk: User, old: Patient, new: Patient
):
    visit = book(ClearanceFactory.create(patient=old))
    merge(old, new, administrator)
    apart(old, administrator)
    visit.refresh_from_db()
    assert (old.merged_into, visit.person) == (None, old)
    assert [each.kind for each in PatientMerge.objects.order_by("pk")] == ["MERGED", "APART"]
    assert [found.id for found in find_patients("reyes", by=desk, now=NOW)] == [old.pk]
    assert clearances_usable(new.pk, NOW) == []
    with pytest.raises(NotMerged):
        apart(old, administrator)
    merge(old, new, administrator)


def test_a_visit_on_the_others_leave_keeps_them_together(
    administrator: User, old: Patient, new: Patient
):
    leave = ClearanceFactory.create(patient=old)
    merge(old, new, administrator)
    leave.patient = new
    visit = book(leave)
    with pytest.raises(VisitsInTheWay, match="New patient exam on Tue, Nov 10 at 9:00 AM"):
        apart(old, administrator)
    old.refresh_from_db()
    PatientMerge.objects.create(
        patient=old, kept=new, kind="APART", reason="x", by=administrator, at=NOW
    )
    with refused("apart_visits_on_their_own"):
        Patient.objects.filter(pk=old.pk).update(merged_into=None)
    calendar.cancel(appointment_id=visit.pk, by=None, now=NOW)
    apart(old, administrator)
    assert old.merged_into is None


# --- The pages ------------------------------------------------------------------------------------


def test_the_administrator_compares_and_merges(
    administrator_client: Client, old: Patient, new: Patient
):
    Patient.objects.filter(pk=new.pk).update(likely_duplicate_of=old)
    address = f"/staff/patients/{new.pk}/merge/{old.pk}/"
    book(ClearanceFactory.create(patient=old))
    page = administrator_client.get(address).text
    for words in ("Ana Reyes", "Ana Solis", "ana@example.com", "New patient exam"):
        assert words in page
    assert AuditEntry.objects.filter(action="viewed", subject_kind="patient").count() == 2
    refused_page = administrator_client.post(address, {"keeps": str(old.pk), "reason": ""})
    assert refused_page.status_code == 422
    assert "Say why, for whoever asks later." in refused_page.text
    assert f'value="{old.pk}" id="keeps-2" checked' in refused_page.text
    wrong = administrator_client.post(address, {"keeps": str(old.pk), "reason": "Same card"})
    assert wrong.status_code == 409
    assert "Keep the record with the sign-in" in wrong.text
    assert "Same card" in wrong.text
    done = administrator_client.post(address, {"keeps": str(new.pk), "reason": "Same card"})
    assert done.headers["Location"] == f"/staff/patients/{new.pk}/"
    new.refresh_from_db()
    assert new.likely_duplicate_of is None
    assert administrator_client.post(address, {"keeps": str(new.pk)}).status_code == 302
    itself = f"/staff/patients/{new.pk}/merge/{new.pk}/"
    assert administrator_client.get(itself).status_code == 404
    page = administrator_client.get(f"/staff/patients/{new.pk}/").text
    assert f"/staff/patients/{old.pk}/apart/" in page


def test_the_administrator_takes_them_apart(
    administrator: User, administrator_client: Client, old: Patient, new: Patient
):
    merge(old, new, administrator)
    address = f"/staff/patients/{old.pk}/apart/"
    assert "Take two records apart" in administrator_client.get(address).text
    assert administrator_client.post(address, {"reason": " "}).status_code == 422
    done = administrator_client.post(address, {"reason": "Two sisters"})
    assert done.headers["Location"] == f"/staff/patients/{old.pk}/"
    again = administrator_client.get(address)
    assert again.headers["Location"] == f"/staff/patients/{old.pk}/"


def test_a_case_opened_later_for_the_one_holds_the_other(
    administrator: User, old: Patient, new: Patient
):
    merge(old, new, administrator)
    CaseFactory(patient=old)
    assert is_held(new.pk)
    with refused("clearance_patient_is_held"):
        ClearanceFactory.create(patient=new)
