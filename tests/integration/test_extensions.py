"""A clearance extended or ended after a visit, with a reason, on record."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from clinic.models import Message, User
from intake import services
from intake.exceptions import ClearanceOver, DecideOnCase, HeldFirst, NotThatLong, ReasonNeeded
from intake.models import Clearance, ClearanceDecision, Disposition, Patient
from scheduling.slots import State
from tests.factories import scheduling
from tests.factories.intake import ClearanceFactory, IntakeFactory, cleared, held
from tests.factories.scheduling import NINE, NOW, book

pytestmark = pytest.mark.django_db

WHY = "Moves well, no pain at rest."
A_DAY = timedelta(days=1)


@pytest.fixture
def leave(patient: User, time_machine: Any) -> Clearance:
    time_machine.move_to(scheduling.NOW, tick=False)
    return ClearanceFactory.create(patient=patient.patients.get())


def extend(leave: Clearance, doctor: User, **more: Any) -> Clearance:
    said = {"until": leave.ends_at + 30 * A_DAY, "reason": WHY, "by": doctor, "now": NOW, **more}
    return services.extend_clearance(clearance_id=leave.pk, **said)


def test_extended_it_lasts_longer_and_its_visits_rest_on_it(leave: Clearance, doctor: User):
    visit = book(leave, NINE)
    newer = extend(leave, doctor)
    assert newer.ends_at == leave.ends_at + 30 * A_DAY
    assert (newer.intake, newer.xray_allowed) == (leave.intake, False)
    assert newer.extension
    assert (newer.extension.reason, newer.extension.by) == (WHY, doctor)
    leave.refresh_from_db()
    visit.refresh_from_db()
    assert leave.revoked_at == NOW
    assert (visit.clearance_id, visit.state) == (newer.pk, State.BOOKED)
    assert Message.objects.get(kind="cleared").recipient == leave.patient.email
    assert WHY not in Message.objects.get(kind="cleared").body


def test_it_can_be_extended_again(leave: Clearance, doctor: User):
    again = extend(extend(leave, doctor), doctor)
    assert again.ends_at == leave.ends_at + 60 * A_DAY


@pytest.mark.parametrize("days", [0, -1, 400])
def test_not_to_an_earlier_day_nor_past_a_year(leave: Clearance, doctor: User, days: int):
    until = leave.ends_at + days * A_DAY
    with pytest.raises(NotThatLong):
        extend(leave, doctor, until=until)
    with pytest.raises(IntegrityError, match="cannot be changed so"), transaction.atomic():
        ClearanceDecision.objects.create(
            clearance=leave, kind="EXTEND", until=until, reason=WHY, by=doctor, at=NOW
        )


def test_a_decision_on_a_case_is_changed_there(leave: Clearance, doctor: User):
    decided = cleared(leave.patient)
    with pytest.raises(DecideOnCase):
        extend(decided, doctor)


def test_nobody_who_is_held_or_had_an_emergency_is_let_on(leave: Clearance, doctor: User):
    with transaction.atomic():
        held(leave.patient)
        with pytest.raises(HeldFirst):
            extend(leave, doctor)
        transaction.set_rollback(True)
    held(leave.patient, Disposition.EMERGENCY, submitted_at=NOW - A_DAY)
    with pytest.raises(IntegrityError, match="an emergency clear nobody"), transaction.atomic():
        forged(leave, doctor)


def forged(leave: Clearance, doctor: User, **fields: Any) -> Clearance:
    """As raw SQL would write it, past the service."""
    until = leave.ends_at + A_DAY
    decision = ClearanceDecision.objects.create(
        clearance=leave, kind="EXTEND", until=until, reason=WHY, by=doctor, at=NOW
    )
    return Clearance.objects.create(
        **{
            "patient": leave.patient,
            "intake": leave.intake,
            "extension": decision,
            "starts_at": NOW,
            "ends_at": until,
            "issued_at": NOW,
            **fields,
        }
    )


def test_the_database_lets_none_last_longer_than_was_decided(leave: Clearance, doctor: User):
    with pytest.raises(IntegrityError, match="does not extend"), transaction.atomic():
        forged(leave, doctor, ends_at=leave.ends_at + 2 * A_DAY)
    other = IntakeFactory.create(patient=leave.patient)
    with pytest.raises(IntegrityError, match="does not extend"), transaction.atomic():
        forged(leave, doctor, intake=other)
    assert forged(leave, doctor).ends_at == leave.ends_at + A_DAY


def test_only_a_chiropractor_decides_and_it_stays(leave: Clearance, doctor: User, desk: User):
    with pytest.raises(IntegrityError, match="Only a chiropractor"), transaction.atomic():
        extend(leave, desk)
    extend(leave, doctor)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        ClearanceDecision.objects.update(reason="Other.")


def test_ended_its_visits_wait_and_a_second_end_is_refused(leave: Clearance, doctor: User):
    visit = book(leave, NINE)
    services.end_clearance(clearance_id=leave.pk, reason=WHY, by=doctor, now=NOW)
    leave.refresh_from_db()
    visit.refresh_from_db()
    assert (leave.revoked_because, leave.revoked_by) == (WHY, doctor)
    assert visit.state == State.SUSPENDED
    assert ClearanceDecision.objects.get(kind="END").clearance == leave
    with pytest.raises(ClearanceOver):
        services.end_clearance(clearance_id=leave.pk, reason=WHY, by=doctor, now=NOW)
    with pytest.raises(ClearanceOver):
        extend(leave, doctor)


def test_each_needs_a_reason(leave: Clearance, doctor: User):
    with pytest.raises(ReasonNeeded):
        extend(leave, doctor, reason=" ")
    with pytest.raises(ReasonNeeded):
        services.end_clearance(clearance_id=leave.pk, reason="", by=doctor, now=NOW)


# --- The page ---------------------------------------------------------------------------------


def page(patient: Patient, form: str = "") -> str:
    return f"/staff/review/patients/{patient.pk}/{form}"


def test_the_page_extends_and_ends(leave: Clearance, doctor_client: Client):
    shown = doctor_client.get(page(leave.patient)).text
    assert "Extend it" in shown
    last = (leave.ends_at + 10 * A_DAY).date().isoformat()
    said = {"clearance": leave.pk, "what": "extend", "last_day": last, "reason": WHY}
    told = doctor_client.post(page(leave.patient, "clearance/"), said, follow=True).text
    assert "Extended, and the patient is told." in told
    newer = leave.patient.clearances.standing().get()
    ended = {"clearance": newer.pk, "what": "end", "reason": WHY}
    told = doctor_client.post(page(leave.patient, "clearance/"), ended, follow=True).text
    assert "Coming visits wait for a decision." in told
    assert "They have no leave to book." in told


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ({}, 422, "Choose whether it lasts longer or ends."),
        ({"what": "extend", "last_day": "x"}, 422, "Give the last day on which they may come."),
        ({"what": "extend", "last_day": ""}, 422, "Give the last day on which they may come."),
        ({"what": "extend", "last_day": "2026-11-02"}, 409, "Choose a later day"),
        ({"what": "end", "reason": " "}, 409, "Write down why."),
    ],
)
def test_what_cannot_be_done_is_said_and_kept(
    leave: Clearance, doctor_client: Client, said: dict[str, str], status: int, sentence: str
):
    said = {"clearance": str(leave.pk), "reason": WHY, **said}
    answer = doctor_client.post(page(leave.patient, "clearance/"), said)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert said["reason"].strip() in answer.text
    leave.refresh_from_db()
    assert leave.revoked_at is None


def test_anothers_clearance_is_not_found(leave: Clearance, doctor_client: Client):
    other = ClearanceFactory.create()
    said = {"clearance": other.pk, "what": "end", "reason": WHY}
    assert doctor_client.post(page(leave.patient, "clearance/"), said).status_code == 404
