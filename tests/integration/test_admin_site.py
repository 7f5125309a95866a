"""The admin site: what it lists, what it refuses, what it hides, and the trail it leaves."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model
from django.template.response import TemplateResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic import audit, messages, services
from clinic.admin_base import AuditedAdmin, ReadOnlyAdmin
from clinic.models import AuditEntry, ClinicProfile, HistoryEntry, Message, ServiceTown, User
from intake.models import (
    Case,
    ClearanceDecision,
    ContactLeft,
    Finding,
    Handover,
    Intake,
    IntakeDraft,
    Patient,
    Prescription,
    ProtocolSignature,
    Receiver,
    WishedTimes,
)
from intake.services import merge_records, note_pain
from scheduling.models import (
    Appointment,
    Call,
    Clinician,
    Closure,
    ExtraHours,
    OpeningHours,
    Rebooking,
    Room,
    VisitType,
    WaitlistEntry,
    WaitlistOffer,
)
from tests.factories import scheduling
from tests.factories.clinic import PASSWORD, PatientFactory, StaffFactory
from tests.factories.intake import (
    ClearanceFactory,
    GuardianConsentFactory,
    cleared,
    decided,
    exercises_given,
    held,
)
from tests.factories.referrals import handed_in, referred, saved_letter
from tests.people import signed_in

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
OURS = ("clinic", "intake", "scheduling")
MODELS = [model for app in OURS for model in apps.get_app_config(app).get_models()]
REGISTERED = list(admin.site._registry)
READ_ONLY = [m for m, page in admin.site._registry.items() if isinstance(page, ReadOnlyAdmin)]
WRITABLE = [model for model in REGISTERED if model not in READ_ONLY]
# Only who reads answers finds these pages.
CLINICAL = [Finding, Prescription]
SECRETS = ("own words of Ana", "a reason that was shown", "because I said so", "SECRETR", "SECRETU")


@pytest.fixture(autouse=True)
def evening() -> Iterator[None]:
    with time_machine.travel(scheduling.NOW, tick=False):
        yield


@pytest.fixture
def both(db: None) -> User:
    """Dr. Solomon, who is the administrator too."""
    return StaffFactory(is_chiropractor=True, is_administrator=True)


@pytest.fixture
def both_client(both: User) -> Client:
    return signed_in(both)


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def fill(number: int = 0) -> None:
    """One row of everything, one more of each at every call."""
    patient = PatientFactory.create()
    leave = cleared(patient)
    intake = leave.intake
    Finding.objects.create(
        intake=intake,
        rule="R01",
        disposition="CO-MANAGE",
        reason="a reason that was shown",
        urgency="soon",
        source="a source",
        quotes=[{"id": "fever", "question": "Fever?", "labels": ["Yes"]}],
    )
    ContactLeft.objects.create(
        intake=intake, name="Rosa", phone="+17035550108", left_at=scheduling.NOW
    )
    WishedTimes.objects.create(
        case=intake.case, half_days=["0-am"], by=StaffFactory(), at=scheduling.NOW
    )
    Handover.objects.create(
        patient=patient, email="b@example.com", asked_by=StaffFactory(), asked_at=scheduling.NOW
    )
    GuardianConsentFactory(patient=patient)
    merge_records(
        patient_id=PatientFactory.create().pk,
        into=patient.pk,
        reason="The same person.",
        by=StaffFactory(is_administrator=True),
        now=scheduling.NOW,
    )
    Receiver.objects.create(name=f"Dr. {number}")
    sender = StaffFactory(is_chiropractor=True)
    referral = referred(held(PatientFactory.create(), own_words="own words of Ana"), by=sender)
    saved_letter(referral, by=sender, question="because I said so")
    handed_in(referral, by=sender, name="SECRETU.pdf")
    exercises_given(patient, by=sender, note="because I said so")
    let_through = ClearanceFactory.create(patient=PatientFactory.create())
    ClearanceDecision.objects.create(
        clearance=let_through, kind="END", reason="because I said so", by=sender, at=scheduling.NOW
    )
    note_pain(patient_id=patient.pk, score=4, by=sender, now=scheduling.NOW)
    IntakeDraft.objects.create(
        browser=uuid.uuid4(), started_at=scheduling.NOW, touched_at=scheduling.NOW
    )
    start = scheduling.NINE + timedelta(minutes=45 * number)
    visit = scheduling.book(scheduling.clearance(patient=PatientFactory()), start)
    Call.objects.create(
        patient=visit.patient, visit=visit, why=Call.Why.CLOSED, made_at=scheduling.NOW
    )
    waits = WaitlistEntry.objects.create(
        patient=visit.patient,
        visit_type=visit.visit_type,
        first_day=start.date(),
        made_at=scheduling.NOW,
        via="staff",
    )
    WaitlistOffer.objects.create(
        entry=waits,
        start=start + timedelta(days=1),
        offered_at=scheduling.NOW,
        expires_at=scheduling.NOW + timedelta(hours=2),
    )
    with transaction.atomic():
        messages.no_account(to="somebody@example.com", now=scheduling.NOW)
    StaffFactory(is_desk=True)
    ServiceTown.objects.create(name=f"Town {number}")
    room = Room.objects.create(name=f"Room {number}")
    VisitType.objects.create(code=f"type-{number}", name=f"Type {number}", minutes=20, room=room)
    clinician = Clinician.objects.create(name=f"Dr. {number}", user=StaffFactory())
    OpeningHours.objects.create(
        clinician=clinician, weekday=6, starts=time(9), ends=time(10 + number)
    )
    far = scheduling.NOW + timedelta(days=200 + number)
    ExtraHours.objects.create(
        clinician=clinician, day=far.date(), starts=time(9), ends=time(10 + number)
    )
    ProtocolSignature.objects.create(
        version="1.1", fingerprint=f"{number:064x}", by=sender, at=scheduling.NOW
    )
    closed = (far, far + timedelta(days=1))
    closure = Closure.objects.create(clinician=clinician, during=closed, reason="x")
    Rebooking.objects.create(closure=closure, visit=visit, was=visit.visit)


# --- Lists and pages ------------------------------------------------------------------------------


def test_every_model_of_ours_is_registered():
    assert set(MODELS) <= set(REGISTERED)


def test_of_the_packages_only_the_jobs_are():
    strangers = {model._meta.label for model in REGISTERED} - {m._meta.label for m in MODELS}
    assert strangers == {"procrastinate.ProcrastinateJob"}


@pytest.fixture(scope="class")
def a_row_of_everything(class_transaction: None) -> None:
    with time_machine.travel(scheduling.NOW, tick=False):
        fill()


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
@pytest.mark.usefixtures("a_row_of_everything")
class TestEveryModel:
    def test_its_list_and_a_row_of_it_open(self, administrator_client, model):
        expected = 403 if model in CLINICAL else 200
        response = administrator_client.get(address(model, "changelist"), follow=True)
        assert response.status_code == expected
        row = address(model, "change", model._default_manager.first().pk)
        assert administrator_client.get(row).status_code == expected

    def test_its_list_opens_for_nobody_else(
        self, model, desk_client, doctor_client, patient_client
    ):
        for client in (desk_client, doctor_client, patient_client):
            for page in ("changelist", "add"):
                assert client.get(address(model, page)).status_code == 403
        response = Client().get(address(model, "changelist"))
        assert response.headers["Location"].startswith("/staff/sign-in/")

    def test_it_is_searched(self, both_client, model):
        searched = both_client.get(f"{address(model, 'changelist')}?q=Ana 555", follow=True)
        assert searched.status_code == 200

    def test_a_crafted_delete_of_many_deletes_nothing(self, administrator_client, model):
        rows = model._default_manager
        before = rows.count()
        assert before
        administrator_client.post(
            address(model, "changelist"),
            {
                "action": "delete_selected",
                "_selected_action": [str(pk) for pk in rows.values_list("pk", flat=True)],
                "post": "yes",
            },
        )
        assert rows.count() == before


@pytest.fixture(scope="class")
def with_few(class_transaction: None) -> tuple[Client, dict[type[Model], int]]:
    """Who looks, now at five rows, and what each list asked the database when there were two."""
    with time_machine.travel(scheduling.NOW, tick=False):
        client = signed_in(StaffFactory(is_chiropractor=True, is_administrator=True))
        fill(0)
        fill(1)
        few = {model: queries(client, model) for model in REGISTERED}
        for number in range(2, 5):
            fill(number)
    return client, few


class TestMoreRows:
    @pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
    def test_cost_no_more_queries(self, with_few, model):
        client, few = with_few
        assert queries(client, model) == few[model] <= 16


def queries(client: Client, model: type[Model]) -> int:
    # Whichever test was first would pay for the look-up.
    ContentType.objects.clear_cache()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address(model, "changelist"), follow=True).status_code == 200
    return len(captured)


@pytest.mark.usefixtures("a_row_of_everything")
class TestWrites:
    @pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.label)
    def test_what_is_read_only_refuses_every_one(self, both_client, administrator_client, model):
        row = model._default_manager.order_by("pk").first()
        before = model._default_manager.filter(pk=row.pk).values().get()
        fields = {field.name: "1" for field in model._meta.fields}
        for client in (both_client, administrator_client):
            assert client.get(address(model, "add")).status_code == 403
            assert client.post(address(model, "add"), fields).status_code == 403
            assert client.post(address(model, "change", row.pk), fields).status_code == 403
            assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert model._default_manager.filter(pk=row.pk).values().get() == before

    @pytest.mark.parametrize("model", WRITABLE, ids=lambda model: model._meta.label)
    def test_what_the_application_may_not_delete_has_no_such_page(
        self, administrator_client, model
    ):
        kept = {User, ClinicProfile, VisitType, Clinician, Receiver}
        row = model._default_manager.order_by("-pk").first()
        response = administrator_client.post(address(model, "delete", row.pk), {"post": "yes"})
        assert response.status_code == (403 if model in kept else 302 if deletable(row) else 200)
        assert model._default_manager.filter(pk=row.pk).exists() == (
            model in kept or not deletable(row)
        )


def deletable(row: Model) -> bool:
    """A room that a visit type uses stays: the page says so."""
    return not isinstance(row, Room)


# --- What is hidden -------------------------------------------------------------------------------


@pytest.fixture
def said(patient: User) -> Intake:
    """An intake, its finding, its decision and its revoked clearance, all full of secrets."""
    record = patient.patients.get()
    leave = cleared(record)
    leave.revoked_at, leave.revoked_because = scheduling.NOW, "because I said so"
    leave.save(update_fields=["revoked_at", "revoked_because"])
    intake = held(
        record,
        given_name="Ana",
        own_words="own words of Ana",
        details={"medicines": "SECRETU"},
        answers={"saddle": "SECRETU"},
        urgency="SECRETU",
        rules=["SECRETR"],
        flags=["SECRETR"],
        submitted_at=scheduling.NOW,
    )
    decided(intake, "REFER")
    Finding.objects.create(
        intake=intake,
        rule="R01",
        disposition="REFER",
        reason="a reason that was shown",
        urgency="SECRETU",
        source="SECRETU",
        quotes=[{"id": "saddle", "question": "SECRETU", "labels": ["SECRETU"]}],
    )
    return intake


class TestWhatIsHidden:
    def pages(self) -> list[str]:
        shown = [address(model, "changelist") for model in MODELS]
        for model in MODELS:
            shown += [address(model, "change", row.pk) for row in model._default_manager.all()]
        return shown

    def test_an_administrator_reads_no_answer_and_no_reason(self, administrator_client, said):
        for page in self.pages():
            shown = text(administrator_client.get(page, follow=True))
            for secret in (*SECRETS, "Seen on the screen."):
                assert secret not in shown, page

    def test_outcome_kind_and_date_they_do(self, administrator_client, said):
        shown = text(administrator_client.get(address(Intake, "change", said.pk)))
        assert "Doctor first" in shown

    def test_who_reads_answers_reads_them_here_too(self, both_client, said):
        shown = text(both_client.get(address(Intake, "change", said.pk)))
        for secret in ("own words of Ana", "SECRETU", "SECRETR", "a reason that was shown"):
            assert secret in shown

    @pytest.mark.parametrize(
        "asked",
        [
            "own_words__icontains=words",
            "answers__saddle=SECRETU",
            "details__medicines=SECRETU",
            "urgency=SECRETU",
            "flags__contains=SECRETR",
            "findings__reason__icontains=reason",
            "case__decisions__reason__icontains=Seen",
        ],
    )
    def test_nor_is_it_guessed_through_an_address(self, administrator_client, said, asked):
        """A list that shrinks or not would answer the question."""
        response = administrator_client.get(f"{address(Intake, 'changelist')}?{asked}")
        assert response.status_code == 400

    @pytest.mark.parametrize(
        ("model", "asked"),
        [
            (Message, "body__contains=SECRETU"),
            (HistoryEntry, "after__revoked_because__contains=said"),
            (User, "password__startswith=md5"),
            (IntakeDraft, "answers__saddle=yes"),
        ],
    )
    def test_nobody_guesses_these(self, both_client, said, model, asked):
        assert both_client.get(f"{address(model, 'changelist')}?{asked}").status_code == 400

    def test_a_search_does_not_look_into_it(self, administrator_client, said):
        shown = text(administrator_client.get(f"{address(Intake, 'changelist')}?q=own words"))
        assert "0 intakes" in shown

    def test_a_code_is_never_shown(self, both_client):
        with transaction.atomic():
            message = messages.code(to="ana@example.com", code="471147", now=scheduling.NOW)
        for page in (address(Message, "changelist"), address(Message, "change", message.pk)):
            assert "471147" not in text(both_client.get(page))

    def test_another_message_is(self, administrator_client):
        with transaction.atomic():
            message = messages.no_account(to="ana@example.com", now=scheduling.NOW)
        shown = text(administrator_client.get(address(Message, "change", message.pk)))
        assert message.body.split()[0] in shown

    def test_the_history_hides_a_clinicians_words(self, both_client, said):
        for entry in HistoryEntry.objects.filter(table="intake_clearance"):
            shown = text(both_client.get(address(HistoryEntry, "change", entry.pk)))
            assert "because I said so" not in shown


# --- Who looked -----------------------------------------------------------------------------------


class TestTrail:
    @pytest.mark.parametrize(
        "find",
        [
            lambda said: said.patient,
            lambda said: said,
            lambda said: said.case,
            lambda said: said.case.decisions.get(),
            lambda said: said.patient.clearances.get(),
        ],
        ids=["patient", "intake", "case", "decision", "clearance"],
    )
    def test_a_look_at_a_record_is_written_down(
        self, administrator, administrator_client, said, find: Callable[[Intake], Model]
    ):
        row = find(said)
        administrator_client.get(address(type(row), "change", row.pk))
        viewed = AuditEntry.objects.get(action="viewed")
        assert viewed.actor == administrator
        assert viewed.subject_id == str(row.pk)
        assert viewed.patient_id == said.patient_id

    def test_so_is_one_at_its_history(self, administrator_client, said):
        entry = HistoryEntry.objects.filter(table="intake_patient").latest("pk")
        administrator_client.get(address(HistoryEntry, "change", entry.pk))
        assert str(AuditEntry.objects.get(action="viewed").patient_id) == entry.row_id

    def test_a_refused_look_is_not(self, desk_client, said):
        desk_client.get(address(Intake, "change", said.pk))
        assert not AuditEntry.objects.filter(action="viewed").exists()

    def test_a_patients_page_leads_to_who_looked(self, administrator_client, said):
        page = text(
            administrator_client.get(address(type(said.patient), "change", said.patient.pk))
        )
        link = f"{address(AuditEntry, 'changelist')}?patient_id={said.patient_id}"
        assert link in page
        shown = text(administrator_client.get(link))
        assert "viewed" in shown
        assert "Ada Admin" in shown

    def test_a_patient_is_found_in_it_by_number(self, administrator_client, said):
        administrator_client.get(address(type(said.patient), "change", said.patient_id))
        trail = address(AuditEntry, "changelist")
        assert "viewed" in text(administrator_client.get(f"{trail}?q={said.patient_id}"))
        nobody = text(administrator_client.get(f"{trail}?q={uuid.uuid4()}"))
        assert "0 audit trail" in nobody

    def test_the_button_called_history_leads_to_the_trail(self, administrator_client):
        response = administrator_client.get(address(ClinicProfile, "history", 1))
        assert response.headers["Location"] == f"{address(AuditEntry, 'changelist')}?subject_id=1"

    def test_the_history_names_who_wrote(self, administrator, administrator_client):
        with audit.writing(administrator):
            ServiceTown.objects.create(name="Leesburg")
        assert administrator.email in text(
            administrator_client.get(address(HistoryEntry, "changelist"))
        )

    def test_raw_sql_under_any_name_breaks_no_page(self, administrator_client):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('clinic.actor', 'not a number', true)")
            ServiceTown.objects.create(name="Leesburg")
        shown = text(administrator_client.get(address(HistoryEntry, "changelist")))
        assert "not a number" in shown

    def test_djangos_own_log_stays_empty(self, administrator_client):
        from django.contrib.admin.models import LogEntry

        administrator_client.post(address(ServiceTown, "add"), {"name": "Leesburg", "order": 5})
        assert ServiceTown.objects.filter(name="Leesburg").exists()
        assert not LogEntry.objects.exists()


# --- What is written ------------------------------------------------------------------------------


def hours(**changes: Any) -> dict[str, Any]:
    solomon = Clinician.objects.get(name="Dr. Jonathan Solomon")
    plain = {"clinician": solomon.pk, "weekday": 1, "starts": "15:00", "ends": "19:00"}
    return {**plain, "offered": "online", "valid_from": "", "valid_until": "", **changes}


def extra_hours(**changes: Any) -> dict[str, Any]:
    solomon = Clinician.objects.get(name="Dr. Jonathan Solomon")
    plain = {"clinician": solomon.pk, "day": "2026-11-14", "starts": "15:00", "ends": "17:00"}
    return {**plain, "offered": "online", **changes}


def kind(**changes: Any) -> dict[str, Any]:
    plain = {"name": "Long visit", "code": "long", "minutes": 60}
    return {**plain, "buffer_before": 0, "buffer_after": 0, "is_active": "on", **changes}


def profile(**changes: Any) -> dict[str, Any]:
    row = ClinicProfile.current()
    fields = [field.name for field in ClinicProfile._meta.fields if field.name != "id"]
    return {**{name: str(getattr(row, name)) for name in fields}, **changes}


def person(**changes: Any) -> dict[str, Any]:
    typed = {"name": "Nora New", "email": "Nora@example.com", "is_desk": "on"}
    return {**typed, "password1": PASSWORD, "password2": PASSWORD, **changes}


def closure(**changes: Any) -> dict[str, Any]:
    days = {"first_day": "2026-11-26", "last_day": "", "starts": "", "ends": ""}
    return {"reason": "Thanksgiving", "clinician": "", "room": "", **days, **changes}


ADDED: dict[type[Model], Callable[[], dict[str, Any]]] = {
    ServiceTown: lambda: {"name": "Leesburg", "order": 5, "is_active": "on"},
    User: person,
    Clinician: lambda: {"name": "Dr. Second", "user": "", "is_active": "on"},
    Room: lambda: {"name": "Second room"},
    VisitType: kind,
    OpeningHours: hours,
    ExtraHours: extra_hours,
    Closure: closure,
    Receiver: lambda: {"name": "Dr. Maya Okafor", "address": "1 Ash Way", "is_offered": "on"},
}


@pytest.mark.parametrize("model", ADDED, ids=lambda model: model._meta.label)
def test_what_is_added_is_put_down_to_who_added_it(administrator, administrator_client, model):
    before = model._default_manager.count()
    response = administrator_client.post(address(model, "add"), ADDED[model]())
    assert response.status_code == 302, text(response)
    assert model._default_manager.count() == before + 1
    row = model._default_manager.order_by("-pk").first()
    if model is User:
        row = User.objects.get(email="nora@example.com")
    entry = AuditEntry.objects.get(subject_kind=model._meta.model_name, subject_id=str(row.pk))
    assert entry.actor == administrator
    assert entry.action == ("closed" if model is Closure else "added")
    history = HistoryEntry.objects.filter(table=model._meta.db_table, operation="INSERT")
    assert history.latest("pk").actor == str(administrator.pk)


def test_every_writable_model_has_such_a_test():
    assert set(ADDED) | {ClinicProfile} == set(WRITABLE)


def test_a_change_says_which_fields_and_not_what_was_in_them(administrator, administrator_client):
    town = ServiceTown.objects.get(name="Ashburn")
    administrator_client.post(
        address(ServiceTown, "change", town.pk), {"name": "Ashburn", "order": 99}
    )
    entry = AuditEntry.objects.get(subject_kind="servicetown")
    assert (entry.actor, entry.action) == (administrator, "changed")
    assert entry.detail == {"fields": "Order in lists, Offered to patients"}
    history = HistoryEntry.objects.filter(table="clinic_servicetown").latest("pk")
    assert (history.actor, history.after["order"]) == (str(administrator.pk), 99)


def test_a_deletion_leaves_its_trace(administrator, administrator_client):
    town = ServiceTown.objects.get(name="Dulles")
    administrator_client.post(address(ServiceTown, "delete", town.pk), {"post": "yes"})
    assert not ServiceTown.objects.filter(pk=town.pk).exists()
    entry = AuditEntry.objects.get(subject_kind="servicetown")
    assert (entry.actor, entry.action) == (administrator, "deleted")
    assert HistoryEntry.objects.latest("pk").actor == str(administrator.pk)


def test_a_town_somebody_lives_in_stays(administrator_client):
    town = ServiceTown.objects.get(name="Dulles")
    PatientFactory(town=town)
    response = administrator_client.post(address(ServiceTown, "delete", town.pk), {"post": "yes"})
    assert response.status_code in (200, 403)
    assert ServiceTown.objects.filter(pk=town.pk).exists()


# --- Bad values are refused with a sentence -------------------------------------------------------


def refused(client: Client, page: str, data: dict[str, Any], sentence: str) -> None:
    response = client.post(page, data)
    assert response.status_code == 200
    assert sentence in text(response).replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts": "19:00", "ends": "15:00"}, "The closing time must be after the opening time."),
        ({"starts": "12:00", "ends": "15:00"}, "This overlaps Tuesday 09:00–13:00."),
        ({"starts": "09:30", "ends": "10:00"}, "This overlaps Tuesday 09:00–13:00."),
        (
            {"valid_from": "2026-12-01", "valid_until": "2026-11-01"},
            "The last day is before the first day.",
        ),
        ({"starts": "noon"}, "Enter a valid time."),
    ],
)
def test_hours_that_cannot_be(administrator_client, changes, sentence):
    refused(administrator_client, address(OpeningHours, "add"), hours(**changes), sentence)


@pytest.mark.parametrize("typed", ["1:15 PM", "01:15 pm", "13:15", "13:15:00"])
def test_a_time_is_typed_as_it_is_shown(administrator_client, typed):
    page = address(OpeningHours, "add")
    assert administrator_client.post(page, hours(starts=typed, ends="2 PM")).status_code == 302
    row = OpeningHours.objects.get(starts="13:15", ends="14:00")
    listed = text(administrator_client.get(address(OpeningHours, "changelist")))
    assert "1:15 PM" in listed
    assert "2:00 PM" in listed
    assert "p.m." not in listed
    form = text(administrator_client.get(address(OpeningHours, "change", row.pk)))
    assert 'value="01:15 PM"' in form
    shown = administrator_client.get(address(OpeningHours, "change", row.pk)).context_data
    again = {name: value for name, value in shown["adminform"].form.initial.items() if value}
    again |= {"starts": "1:15 PM", "ends": "2:00 PM"}
    page = address(OpeningHours, "change", row.pk)
    assert administrator_client.post(page, again).status_code == 302


def test_hours_that_touch_or_hold_at_another_time_of_year_are_fine(administrator_client):
    summer = {"valid_from": "2027-06-01", "valid_until": "2027-08-31"}
    for data in (
        hours(starts="13:00", ends="15:00"),
        hours(starts="20:00", ends="21:00", **summer),
    ):
        assert administrator_client.post(address(OpeningHours, "add"), data).status_code == 302
    overlapping = hours(starts="20:30", ends="22:00", valid_from="2027-08-31")
    refused(administrator_client, address(OpeningHours, "add"), overlapping, "This overlaps")
    later = hours(starts="20:30", ends="22:00", valid_from="2027-09-01")
    assert administrator_client.post(address(OpeningHours, "add"), later).status_code == 302


def test_saving_hours_again_overlaps_nothing(administrator_client):
    row = OpeningHours.objects.get(weekday=1)
    page = address(OpeningHours, "change", row.pk)
    response = administrator_client.post(page, hours(starts="09:00", ends="12:00"))
    assert response.status_code == 302


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"needs_xray_clearance": "on"}, "A visit with an X-ray needs its room: choose it."),
        ({"room_from": "10"}, "Give both times of the room, or neither."),
        ({"room_until": "10"}, "Give both times of the room, or neither."),
        ({"room_from": "10", "room_until": "20"}, "Choose the room whose times these are."),
        ({"room": "1", "room_from": "20", "room_until": "20"}, "The end must be after the"),
        ({"room": "1", "room_from": "20", "room_until": "61"}, "This is after the visit"),
        ({"room_from": "-1", "room_until": "20"}, "greater than or equal to 0"),
        ({"minutes": "0"}, "greater than or equal to 5"),
        ({"minutes": "twenty"}, "Enter a whole number."),
        ({"code": "adjustment"}, "Visit type with this Code already exists."),
        ({"code": "not a code"}, "Enter a valid"),
    ],
)
def test_visit_types_that_cannot_be(administrator_client, changes, sentence):
    refused(administrator_client, address(VisitType, "add"), kind(**changes), sentence)


def test_a_visit_type_keeps_its_room_for_a_part(administrator_client):
    part = {"room": Room.objects.get().pk, "room_from": "10", "room_until": "65"}
    typed = kind(buffer_after="5", **part)
    assert administrator_client.post(address(VisitType, "add"), typed).status_code == 302
    row = VisitType.objects.get(code="long")
    assert (row.room_from, row.room_until) == (10, 65)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts": "17:00", "ends": "15:00"}, "The closing time must be after the opening time."),
        ({"starts": "16:00", "ends": "18:00"}, "This overlaps Sat, Nov 14 15:00–17:00."),
        ({"day": "someday"}, "Enter a valid date."),
        ({"offered": "everybody"}, "Select a valid choice."),
    ],
)
def test_extra_hours_that_cannot_be(administrator_client, changes, sentence):
    page = address(ExtraHours, "add")
    assert administrator_client.post(page, extra_hours()).status_code == 302
    refused(administrator_client, page, extra_hours(**changes), sentence)
    assert ExtraHours.objects.count() == 1


def test_extra_hours_that_touch_or_lie_over_weekly_ones_are_fine(administrator_client):
    """Over desk-only hours they open them online for a day."""
    page = address(ExtraHours, "add")
    for typed in (
        extra_hours(),
        extra_hours(starts="17:00", ends="18:00"),
        extra_hours(starts="9:00", ends="12:00"),
    ):
        assert administrator_client.post(page, typed).status_code == 302


def test_extra_hours_that_go_name_the_visits_in_them(administrator_client):
    administrator_client.post(address(ExtraHours, "add"), extra_hours())
    row = ExtraHours.objects.get()
    afternoon = datetime(2026, 11, 14, 15, tzinfo=NEW_YORK)
    visit = scheduling.book(scheduling.clearance(), afternoon)
    page = address(ExtraHours, "delete", row.pk)
    shown = text(administrator_client.post(page, {"post": "yes"}, follow=True))
    assert "1 visit is now outside the opening hours." in shown
    assert address(Appointment, "change", visit.pk) in shown


def test_the_code_of_a_visit_type_stays(administrator_client):
    row = VisitType.objects.get(code="adjustment")
    page = address(VisitType, "change", row.pk)
    assert administrator_client.post(page, kind(name="Adjust", code="other")).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.code) == ("Adjust", "adjustment")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"horizon_days": "0"}, "greater than or equal to 1"),
        ({"minimum_notice_minutes": "90000"}, "nobody could book"),
        ({"hold_minutes": "90"}, "Choose 60 or less."),
        ({"step_minutes": "240"}, "Choose 120 or less."),
        ({"clearance_days": "1000"}, "Choose 366 or less."),
        ({"rescreen_days": "0"}, "greater than or equal to 1"),
        ({"rescreen_days": "1000"}, "Choose 366 or less."),
        ({"phone": "12"}, "Enter a valid phone number"),
        ({"email": "nobody"}, "Enter a valid email address."),
    ],
)
def test_policies_that_cannot_be(administrator_client, changes, sentence):
    page = address(ClinicProfile, "change", 1)
    refused(administrator_client, page, profile(**changes), sentence)


def test_the_clinic_is_one_row(administrator, administrator_client):
    listed = administrator_client.get(address(ClinicProfile, "changelist"))
    assert listed.headers["Location"] == address(ClinicProfile, "change", 1)
    assert administrator_client.get(address(ClinicProfile, "add")).status_code == 403
    page = address(ClinicProfile, "change", 1)
    assert administrator_client.post(page, profile(horizon_days="45")).status_code == 302
    assert ClinicProfile.current().horizon_days == 45
    assert AuditEntry.objects.get(subject_kind="clinicprofile").actor == administrator


# --- The database refuses: a sentence on the form, and all that was typed -------------------------


@pytest.mark.parametrize("leave", ["", "on"], ids=["another room", "leave for an X-ray"])
def test_a_visit_type_in_use_keeps_its_meaning(administrator_client, leave):
    row = scheduling.book(scheduling.clearance()).visit_type
    typed = kind(name="Typed anew", minutes=55, room=Room.objects.get().pk)
    typed["needs_xray_clearance"] = leave
    response = administrator_client.post(address(VisitType, "change", row.pk), typed)
    assert response.status_code == 200
    shown = text(response)
    assert "make another visit type" in shown
    assert 'value="Typed anew"' in shown
    assert 'value="55"' in shown
    before = row.name
    row.refresh_from_db()
    assert (row.name, row.room_id, row.needs_xray_clearance) == (before, None, False)
    assert not AuditEntry.objects.filter(action="changed").exists()


def test_a_birth_date_that_makes_a_minor_of_a_patient_with_a_visit(administrator, rf):
    """Whoever comes to correct a birth date on a page built like these reads why it is refused."""

    class CorrectingAdmin(AuditedAdmin):
        fields = ("given_name", "born")

    patient = scheduling.book(scheduling.clearance()).patient
    born = patient.born
    request = rf.post("/", {"given_name": "Typed anew", "born": "2015-03-04"})
    request.user, request._dont_enforce_csrf_checks = administrator, True
    page = CorrectingAdmin(Patient, admin.site).change_view(request, str(patient.pk))
    assert isinstance(page, TemplateResponse)
    shown = text(page.render())
    assert "Somebody under 18 needs a parent or guardian" in shown
    assert 'value="Typed anew"' in shown
    assert 'value="2015-03-04"' in shown
    patient.refresh_from_db()
    assert patient.born == born


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT clinic_refuse('A guard says why.', 'a_guard_without_words_here')",
        "INSERT INTO scheduling_room (name) SELECT name FROM scheduling_room",
    ],
    ids=["guard", "table"],
)
@pytest.mark.parametrize("model", WRITABLE, ids=lambda model: model._meta.label)
def test_whatever_is_refused_is_a_sentence(administrator_client, monkeypatch, model, statement):
    def refused_later(*args: Any, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    monkeypatch.setattr(admin.site._registry[model], "save_related", refused_later)
    page = address(model, "add")
    data = ADDED[model]() if model in ADDED else profile(horizon_days="45")
    if model is ClinicProfile:
        page = address(model, "change", 1)
    before = model._default_manager.count()
    sentence = "A guard says why." if "guard" in statement else "This no longer fits"
    refused(administrator_client, page, data, sentence)
    assert model._default_manager.count() == before
    assert not AuditEntry.objects.filter(subject_kind=model._meta.model_name).exists()


def test_a_refused_deletion_is_a_sentence(administrator_client, monkeypatch):
    def refused_now(*args: Any, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clinic_refuse('A guard says why.', 'a_guard')")

    town = ServiceTown.objects.get(name="Dulles")
    monkeypatch.setattr(admin.site._registry[ServiceTown], "delete_model", refused_now)
    page = address(ServiceTown, "delete", town.pk)
    shown = text(administrator_client.post(page, {"post": "yes"}, follow=True))
    assert "A guard says why." in shown
    assert ServiceTown.objects.filter(pk=town.pk).exists()


SPRING, AUTUMN = "2027-03-14", "2027-11-07"


def at(day: str, clock: str = "00:00", fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK, fold=fold)


class TestClosures:
    def closed(self, client: Client, **typed: str) -> Closure:
        response = client.post(address(Closure, "add"), closure(**typed))
        assert response.status_code == 302, text(response)
        return Closure.objects.latest("pk")

    @pytest.mark.parametrize(
        ("typed", "starts", "ends", "words"),
        [
            (
                {},
                at("2026-11-26"),
                at("2026-11-27"),
                "Thu, Nov 26, 2026, all day",
            ),
            (
                {"last_day": "2026-11-29"},
                at("2026-11-26"),
                at("2026-11-30"),
                "Thu, Nov 26, 2026 to Sun, Nov 29, 2026",
            ),
            (
                {"starts": "9:00", "ends": "13:00"},
                at("2026-11-26", "09:00"),
                at("2026-11-26", "13:00"),
                "Thu, Nov 26, 2026, 9:00 AM to 1:00 PM",
            ),
            (
                {"starts": "12:00"},
                at("2026-11-26", "12:00"),
                at("2026-11-27"),
                "Thu, Nov 26, 2026, 12:00 PM to midnight",
            ),
            (
                {"ends": "12:00", "last_day": "2026-11-27"},
                at("2026-11-26"),
                at("2026-11-27", "12:00"),
                "Thu, Nov 26, 2026, midnight to Fri, Nov 27, 2026, 12:00 PM",
            ),
            # 23 hours and 25.
            (
                {"first_day": SPRING},
                at(SPRING),
                at("2027-03-15"),
                "Sun, Mar 14, 2027, all day",
            ),
            (
                {"first_day": AUTUMN},
                at(AUTUMN),
                at("2027-11-08"),
                "Sun, Nov 7, 2027, all day",
            ),
            # The skipped half hour has been reached when the clocks jump to three.
            (
                {"first_day": SPRING, "starts": "2:30", "ends": "4:00"},
                at(SPRING, "03:00"),
                at(SPRING, "04:00"),
                "Sun, Mar 14, 2027, 3:00 AM to 4:00 AM",
            ),
            # One hour on the clock that comes twice: closed from the first of it, for two.
            (
                {"first_day": AUTUMN, "starts": "1:00", "ends": "2:00"},
                at(AUTUMN, "01:00"),
                at(AUTUMN, "02:00"),
                "Sun, Nov 7, 2027, 1:00 AM to 2:00 AM",
            ),
        ],
    )
    def test_are_typed_as_people_say_them(self, administrator_client, typed, starts, ends, words):
        row = self.closed(administrator_client, **typed)
        assert (row.during.lower, row.during.upper) == (
            starts.astimezone(UTC),
            ends.astimezone(UTC),
        )
        shown = text(administrator_client.get(address(Closure, "changelist")))
        assert words in shown
        assert "the whole clinic" in shown

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"last_day": "2026-11-25"}, "The last day is before the first day."),
            ({"starts": "13:00", "ends": "12:00"}, "The end must be after the beginning."),
            ({"starts": "13:00", "ends": "13:00"}, "The end must be after the beginning."),
            ({"ends": "00:00"}, "The end must be after the beginning."),
            ({"last_day": "2028-11-27"}, "This is longer than a year. Check the dates."),
            ({"first_day": "9999-12-31"}, "This is years away. Check the year."),
            ({"first_day": "0001-01-01"}, "This is years away. Check the year."),
            ({"last_day": "9999-12-31"}, "This is years away. Check the year."),
            ({"reason": ""}, "This field is required."),
            ({"first_day": ""}, "This field is required."),
            ({"first_day": "26/26/26"}, "Enter a valid date."),
            ({"ends": "noon"}, "Enter a valid time."),
            (
                {"first_day": SPRING, "starts": "2:00", "ends": "2:45"},
                "The clocks skip this time on that day: it never comes.",
            ),
        ],
    )
    def test_what_cannot_be(self, administrator_client, changes, sentence):
        refused(administrator_client, address(Closure, "add"), closure(**changes), sentence)
        assert not Closure.objects.exists()

    def test_a_doctor_or_a_room_not_both(self, administrator_client):
        both = {"clinician": Clinician.objects.get().pk, "room": Room.objects.get().pk}
        sentence = "Choose a clinician or a room, not both."
        refused(administrator_client, address(Closure, "add"), closure(**both), sentence)

    @pytest.mark.parametrize("whose", ["clinician", "room"])
    def test_of_the_doctor_or_of_a_room(self, administrator_client, whose):
        row = Clinician.objects.get() if whose == "clinician" else Room.objects.get()
        closed = self.closed(administrator_client, **{whose: row.pk})
        assert getattr(closed, whose) == row
        assert str(row) in text(administrator_client.get(address(Closure, "changelist")))

    def test_visits_inside_stay_and_are_named(self, administrator_client):
        visit = scheduling.book(scheduling.clearance())
        day = closure(first_day="2026-11-10")
        response = administrator_client.post(address(Closure, "add"), day, follow=True)
        assert "1 visit stands in this time. It was not moved" in text(response)
        assert address(Appointment, "change", visit.pk) in text(response)
        assert visit.patient.name in text(response)
        assert Appointment.objects.get(pk=visit.pk).state == "booked"

    def test_it_is_shown_to_be_changed_as_it_was_typed(self, administrator_client):
        row = self.closed(administrator_client, starts="12:00", last_day="2026-11-27")
        page = administrator_client.get(address(Closure, "change", row.pk))
        typed = page.context["adminform"].form.initial
        assert (typed["first_day"], typed["starts"]) == (date(2026, 11, 26), time(12))
        assert (typed["last_day"], typed["ends"]) == (date(2026, 11, 27), None)

    def test_a_change_closes_what_it_covers_now(self, administrator, administrator_client):
        visit = scheduling.book(scheduling.clearance())
        kept = scheduling.hold(scheduling.clearance(), scheduling.NINE + timedelta(hours=1))
        row = self.closed(administrator_client)
        page = address(Closure, "change", row.pk)
        typed = closure(reason="Away", first_day="2026-11-10", ends="12:00")
        shown = text(administrator_client.post(page, typed, follow=True))
        row.refresh_from_db()
        assert (row.reason, row.during.lower) == ("Away", at("2026-11-10"))
        assert row.during.upper == at("2026-11-10", "12:00")
        assert "1 visit stands in this time." in shown
        assert address(Appointment, "change", visit.pk) in shown
        assert scheduling.state_of(kept.pk) == "released"
        entry = AuditEntry.objects.get(action="closure changed")
        assert (entry.actor, entry.subject_id) == (administrator, str(row.pk))
        assert not AuditEntry.objects.filter(action="changed").exists()

    def test_a_closure_that_went_meanwhile_is_a_sentence(self, administrator_client, monkeypatch):
        row = self.closed(administrator_client)
        page = admin.site._registry[Closure]
        found = page.get_object

        def and_gone(*args: Any) -> Any:
            shown = found(*args)
            with suppress(AttributeError):
                Closure.objects.filter(pk=shown.pk).delete()
            return shown

        monkeypatch.setattr(page, "get_object", and_gone)
        refused(
            administrator_client,
            address(Closure, "change", row.pk),
            closure(reason="Away"),
            "Somebody else is changing this just now.",
        )

    def test_a_closure_is_taken_back(self, administrator_client):
        row = self.closed(administrator_client)
        administrator_client.post(address(Closure, "delete", row.pk), {"post": "yes"})
        assert not Closure.objects.exists()

    def test_also_when_its_patients_were_told(self, administrator_client):
        """The desk cannot: it sends whoever asks for it here, when all have been called."""
        visit = scheduling.book(scheduling.clearance())
        row = self.closed(administrator_client, first_day="2026-11-10")
        told = {"told_at": scheduling.NOW, "told_by": "email"}
        assert Rebooking.objects.filter(closure=row, visit=visit).update(**told) == 1
        Call.objects.create(
            patient=visit.patient, visit=visit, why=Call.Why.CLOSED, made_at=scheduling.NOW
        )
        administrator_client.post(address(Closure, "delete", row.pk), {"post": "yes"})
        assert not Closure.objects.exists()
        assert Call.objects.get().ended == Call.Ended.WITHDRAWN
        assert AuditEntry.objects.filter(action="opened again").count() == 1


class TestHolidays:
    page = "/admin/scheduling/closure/holidays/"

    def suggested(self, client: Client) -> list[str]:
        return [day for day, _words, _name in client.get(self.page).context["suggested"]]

    def test_those_of_the_next_twelve_months_on_open_days(self, administrator_client):
        """Asked on November 9, 2026; the clinic is closed on Sundays."""
        assert self.suggested(administrator_client) == [
            "2026-11-11",
            "2026-11-26",
            "2026-11-27",  # Virginia's
            "2026-12-25",
            "2027-01-01",
            "2027-01-18",
            "2027-02-15",
            "2027-05-31",
            "2027-06-18",  # Juneteenth falls on a Saturday
            "2027-06-19",
            "2027-07-05",  # July 4 is a Sunday
            "2027-09-06",
            "2027-10-11",
            "2027-11-02",  # Virginia's
        ]
        shown = text(administrator_client.get(self.page))
        assert "Thu, Nov 26, 2026" in shown
        assert "Thanksgiving Day" in shown
        assert "Columbus Day / Indigenous Peoples" in shown
        assert self.page in text(administrator_client.get(address(Closure, "changelist")))

    def test_one_is_closed_by_its_button(self, administrator, administrator_client):
        shown = text(administrator_client.post(self.page, {"day": "2026-11-26"}, follow=True))
        assert "1 day was closed." in shown
        row = Closure.objects.get()
        assert (row.reason, row.clinician, row.room) == ("Thanksgiving Day", None, None)
        assert (row.during.lower, row.during.upper) == (at("2026-11-26"), at("2026-11-27"))
        assert AuditEntry.objects.get(action="closed").actor == administrator
        assert "2026-11-26" not in self.suggested(administrator_client)

    def test_all_are_closed_by_one(self, administrator_client):
        shown = text(administrator_client.post(self.page, {"day": "all"}, follow=True))
        assert "14 days were closed." in shown
        assert "closed on every federal and Virginia holiday" in shown
        assert Closure.objects.count() == 14
        again = text(administrator_client.post(self.page, {"day": "all"}, follow=True))
        assert "There is nothing to close" in again
        assert Closure.objects.count() == 14

    def test_a_day_that_is_closed_for_the_doctor_is_left_out_and_half_a_day_is_not(
        self, administrator_client
    ):
        for typed in (
            closure(clinician=Clinician.objects.get().pk),
            closure(first_day="2026-12-25", ends="10:00"),
        ):
            administrator_client.post(address(Closure, "add"), typed)
        days = self.suggested(administrator_client)
        assert "2026-11-26" not in days
        assert "2026-12-25" in days

    def test_visits_then_are_named(self, administrator_client):
        veterans_day = scheduling.NINE + timedelta(days=1)
        visit = scheduling.book(scheduling.clearance(), veterans_day)
        shown = text(administrator_client.post(self.page, {"day": "all"}, follow=True))
        assert "1 visit stands in this time." in shown
        assert address(Appointment, "change", visit.pk) in shown

    @pytest.mark.parametrize("day", ["", "nonsense", "2026-11-10", "0001-01-01", "9999-12-31"])
    def test_any_other_day_closes_nothing(self, administrator_client, day):
        shown = text(administrator_client.post(self.page, {"day": day}, follow=True))
        assert "There is nothing to close" in shown
        assert not Closure.objects.exists()

    def test_looking_closes_nothing(self, administrator_client):
        administrator_client.get(self.page + "?day=all")
        assert not Closure.objects.exists()

    @pytest.mark.parametrize("who", ["desk_client", "doctor_client", "patient_client"])
    def test_it_is_the_administrators(self, request, who):
        client = request.getfixturevalue(who)
        assert client.get(self.page).status_code == 403
        assert client.post(self.page, {"day": "all"}).status_code == 403
        assert not Closure.objects.exists()


class TestHoursThatShrink:
    """The visits left outside are named, each with a link; those of other days are not."""

    @pytest.fixture
    def tuesday(self) -> OpeningHours:
        return OpeningHours.objects.get(weekday=1)

    @pytest.fixture
    def visit(self, tuesday: OpeningHours) -> Appointment:
        return scheduling.book(scheduling.clearance())

    def test_shorter_hours_name_the_visits(self, administrator_client, tuesday, visit):
        page = address(OpeningHours, "change", tuesday.pk)
        data = hours(starts="11:00", ends="13:00")
        shown = text(administrator_client.post(page, data, follow=True))
        assert "1 visit is now outside the opening hours. It was not moved" in shown
        assert address(Appointment, "change", visit.pk) in shown
        assert visit.patient.name in shown
        assert "Tue, Nov 10 at 9:00 AM" in shown
        visit.refresh_from_db()
        assert visit.state == "booked"

    def test_so_do_hours_that_go(self, administrator_client, tuesday, visit):
        page = address(OpeningHours, "delete", tuesday.pk)
        shown = text(administrator_client.post(page, {"post": "yes"}, follow=True))
        assert address(Appointment, "change", visit.pk) in shown

    def test_hours_that_keep_everybody_say_nothing(self, administrator_client, tuesday, visit):
        page = address(OpeningHours, "change", tuesday.pk)
        data = hours(starts="09:00", ends="12:00")
        shown = text(administrator_client.post(page, data, follow=True))
        assert "outside the opening hours" not in shown

    def test_a_visit_outside_already_is_not_named_again(self, administrator_client, tuesday, visit):
        page = address(OpeningHours, "change", tuesday.pk)
        administrator_client.post(page, hours(starts="11:00", ends="13:00"), follow=True)
        again = administrator_client.post(page, hours(starts="11:30", ends="13:00"), follow=True)
        assert "outside the opening hours" not in text(again)


class TestVisitList:
    def test_today_and_coming_first_then_what_is_past(self, administrator_client, time_machine):
        past = scheduling.book(scheduling.clearance())
        later_on = scheduling.NOW + timedelta(days=5)
        time_machine.move_to(later_on, tick=False)
        # The session of somebody signed in five days ago is over.
        client = signed_in(User.objects.get(is_administrator=True))
        later = [
            scheduling.book(
                scheduling.clearance(), scheduling.NINE + timedelta(days=days), now=later_on
            )
            for days in (7, 14)
        ]
        page = address(Appointment, "changelist")
        shown = text(client.get(page))
        links = [shown.find(address(Appointment, "change", visit.pk)) for visit in (*later, past)]
        assert 0 < links[0] < links[1]
        assert links[2] == -1
        assert "Today and coming" in shown
        assert str(past.pk) in text(client.get(f"{page}?when=past"))
        everything = text(client.get(f"{page}?when=all"))
        assert all(str(visit.pk) in everything for visit in (*later, past))


class TestPeople:
    def test_a_new_person_signs_in_with_the_temporary_password(self, administrator_client):
        administrator_client.post(address(User, "add"), person())
        new = User.objects.get(email="nora@example.com")
        assert new.check_password(PASSWORD)
        assert (new.is_desk, new.is_chiropractor, new.is_administrator) == (True, False, False)
        assert AuditEntry.objects.get(subject_id=str(new.pk)).detail["roles"] == "is_desk"

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"is_desk": ""}, "Choose at least one role."),
            ({"email": "ADMIN@example.com"}, "Somebody signs in with this address already."),
            ({"email": "nobody"}, "Enter a valid email address."),
            ({"password1": "short", "password2": "short"}, "too short"),
            ({"password2": "another long password"}, "password fields"),
            ({"password1": "", "password2": ""}, "This field is required."),
            ({"name": ""}, "This field is required."),
        ],
    )
    def test_what_cannot_be(self, administrator_client, changes, sentence):
        refused(administrator_client, address(User, "add"), person(**changes), sentence)

    def test_no_page_shows_a_password(self, administrator_client, administrator):
        page = text(administrator_client.get(address(User, "change", administrator.pk)))
        assert administrator.password not in page
        assert "md5$" not in page

    def test_the_address_and_the_password_are_not_changed_by_a_crafted_form(
        self, administrator_client, desk
    ):
        before = desk.password
        administrator_client.post(
            address(User, "change", desk.pk),
            {
                "name": "Dana",
                "is_active": "on",
                "is_desk": "on",
                "email": "x@example.com",
                "password": "x",
            },
        )
        desk.refresh_from_db()
        assert (desk.name, desk.email, desk.password) == ("Dana", "desk@example.com", before)

    def test_a_new_temporary_password_is_on_the_trail_and_ends_their_sessions(
        self, administrator, administrator_client, desk, desk_client
    ):
        page = reverse("admin:auth_user_password_change", args=[desk.pk])
        new = "quite another password"
        data = {"password1": new, "password2": new, "usable_password": "true"}
        assert administrator_client.post(page, data).status_code == 302
        desk.refresh_from_db()
        assert desk.check_password(new)
        entry = AuditEntry.objects.get(subject_id=str(desk.pk), action="changed")
        assert entry.actor == administrator
        assert new not in str(entry.detail)
        assert desk_client.get("/staff/visits/").status_code == 302

    def test_another_address_signs_them_in_and_the_old_one_is_told(
        self, administrator, administrator_client, desk, desk_client
    ):
        assert desk_client.get("/staff/visits/").status_code == 200
        data = {"name": "Dana", "is_active": "on", "is_desk": "on", "new_email": "New@example.com"}
        page = address(User, "change", desk.pk)
        assert administrator_client.post(page, data).status_code == 302
        desk.refresh_from_db()
        assert desk.email == "new@example.com"
        assert desk_client.get("/staff/visits/").status_code == 302
        told = Message.objects.get(kind="address_changed")
        assert told.recipient == "desk@example.com"
        assert "/staff/sign-in/" in told.body
        assert "new@example.com" not in told.body + told.subject
        entry = AuditEntry.objects.get(action="sign-in address changed")
        assert (entry.actor, entry.subject_id) == (administrator, str(desk.pk))
        history = HistoryEntry.objects.filter(table="clinic_user", row_id=desk.pk).latest("pk")
        assert history.actor == str(administrator.pk)
        assert history.after["email"] == "new@example.com"

    def test_a_patients_old_address_is_nobodys(self, administrator_client, patient, patient_client):
        EmailAddress.objects.update_or_create(
            user=patient, email=patient.email, defaults={"primary": True, "verified": True}
        )
        assert patient_client.get("/my/visits/").status_code == 200
        data = {"name": "", "is_active": "on", "new_email": "new@example.com"}
        administrator_client.post(address(User, "change", patient.pk), data)
        assert patient_client.get("/my/visits/").status_code == 302
        known = EmailAddress.objects.get(user=patient)
        assert (known.email, known.verified) == ("new@example.com", False)

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("ADMIN@example.com", "Somebody signs in with this address already."),
            ("nobody", "Enter a valid email address."),
        ],
    )
    def test_an_address_that_cannot_be(self, administrator_client, desk, typed, sentence):
        data = {"name": "Typed anew", "is_active": "on", "is_desk": "on", "new_email": typed}
        page = address(User, "change", desk.pk)
        refused(administrator_client, page, data, sentence)
        desk.refresh_from_db()
        assert desk.email == "desk@example.com"

    def test_the_same_address_changes_nothing(self, administrator_client, desk, desk_client):
        data = {"name": "Dana", "is_active": "on", "is_desk": "on", "new_email": desk.email}
        administrator_client.post(address(User, "change", desk.pk), data)
        assert desk_client.get("/staff/visits/").status_code == 200
        assert not Message.objects.exists()

    def test_somebody_who_leaves_is_out_at_once(self, administrator_client, desk, desk_client):
        assert desk_client.get("/staff/visits/").status_code == 200
        administrator_client.post(
            address(User, "change", desk.pk), {"name": "Dana", "is_desk": "on"}
        )
        assert desk_client.get("/staff/visits/").status_code == 302

    @pytest.mark.parametrize("left", [{"is_active": "on"}, {"is_administrator": "on"}])
    def test_the_last_administrator_stays_one(self, administrator, administrator_client, left):
        page = address(User, "change", administrator.pk)
        sentence = "This is the only administrator."
        refused(administrator_client, page, {"name": "Ada", **left}, sentence)
        administrator.refresh_from_db()
        assert administrator.is_administrator
        assert administrator.is_active

    def test_one_of_two_may_go(self, administrator, administrator_client, both):
        page = address(User, "change", administrator.pk)
        data = {"name": "Ada", "is_active": "on", "is_desk": "on"}
        assert administrator_client.post(page, data).status_code == 302
        assert administrator_client.get("/admin/").status_code == 403

    def test_one_who_left_does_not_count(self, administrator, administrator_client):
        StaffFactory(is_administrator=True, is_active=False)
        page = address(User, "change", administrator.pk)
        data = {"name": "Ada", "is_active": "on"}
        refused(administrator_client, page, data, "This is the only administrator.")

    def test_a_lost_phone_is_forgotten(self, administrator, administrator_client, desk):
        services.enrol_totp(user=desk, by=None, now=scheduling.NOW)
        data = {"name": "Dana", "is_active": "on", "is_desk": "on", "forget_phone": "on"}
        administrator_client.post(address(User, "change", desk.pk), data)
        assert not desk.authenticator_set.exists()
        entry = AuditEntry.objects.get(action="second factor reset")
        assert entry.actor == administrator

    def test_staff_and_patients_apart(self, administrator_client, desk, patient):
        staff = text(administrator_client.get(f"{address(User, 'changelist')}?kind=staff"))
        assert desk.email in staff
        assert patient.email not in staff
        accounts = text(administrator_client.get(f"{address(User, 'changelist')}?kind=patients"))
        assert patient.email in accounts
        assert desk.email not in accounts

    def test_ones_own_password_is_set_where_it_is_written_down(
        self, administrator, administrator_client
    ):
        response = administrator_client.get("/admin/password_change/")
        assert response.headers["Location"] == reverse(
            "admin:auth_user_password_change", args=[administrator.pk]
        )


@pytest.mark.parametrize(
    "typed", ["555-0101", "(703) 555-0101", "+1 703 555 0101", "reyes", "zoë", "zoe", "Zoë Reyes"]
)
def test_a_patient_is_found_as_people_type(administrator_client, typed):
    PatientFactory(
        given_name="Zoë", family_name="Reyes", name_key="reyes zoe", phone="+17035550101"
    )
    PatientFactory(given_name="Ben", family_name="Okoro", phone="+17035550102")
    page = f"{address(Patient, 'changelist')}?{urlencode({'q': typed})}"
    shown = text(administrator_client.get(page))
    assert "Zoë Reyes" in shown
    assert "Okoro" not in shown


def test_a_clinician_is_a_chiropractor(administrator_client, desk, doctor):
    shown = text(administrator_client.get(address(Clinician, "add")))
    assert str(doctor) in shown
    assert str(desk) not in shown


def test_no_page_needs_what_the_browser_refuses(administrator_client):
    """No inline script or style: the policy allows none. Django's islands of data run nothing."""
    fill()
    for model in REGISTERED:
        for page in ("changelist", "add"):
            shown = text(administrator_client.get(address(model, page), follow=True))
            assert " style=" not in shown
            assert "<style" not in shown
            assert "onclick=" not in shown
            assert "<script>" not in shown


def test_an_unknown_day_of_the_calendar_breaks_nothing(administrator_client):
    response = administrator_client.get(f"{address(Case, 'changelist')}?opened_at__year=nonsense")
    assert response.status_code in (302, 400)
