"""Worse answers are sent while the same patient books: no live visit is left, whoever was first."""

import uuid
from functools import partial

import pytest

from intake import services as intake
from intake.models import Clearance, Intake, IntakeDraft
from intake.triage import PROTOCOL
from scheduling.exceptions import ClearanceRevoked, NotCleared, PatientHeld
from scheduling.models import Appointment
from scheduling.slots import State
from tests import answers
from tests.concurrency.clients import refusals, some_starts
from tests.concurrency.conftest import Race
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, IntakeFactory
from tests.factories.scheduling import NOW, book, hold

pytestmark = pytest.mark.race

WORSE = {**answers.BOOK, "fever": "yes"}


def filled_in(leave: Clearance) -> IntakeDraft:
    """Their short form with something worse in it, not sent yet."""
    patient = leave.patient
    assert patient.account
    draft = intake.begin_next_form(
        patient=patient, browser=uuid.uuid4(), by=patient.account, now=NOW
    )
    return intake.keep_answers(draft_id=draft.pk, answers=WORSE, shown=list(WORSE), now=NOW)


def somebody(number: int) -> Clearance:
    account = AccountFactory.create()
    # Nobody shares a birthday or a telephone with another: each is looked at alone.
    patient = PatientFactory.create(account=account, phone=f"+170355501{number:02}")
    said = IntakeFactory.create(
        patient=patient, answers={**answers.BOOK, "age": 38}, protocol=PROTOCOL.version
    )
    return ClearanceFactory.create(patient=patient, intake=said)


@pytest.mark.parametrize("taking", [hold, book])
def test_nothing_is_left_that_could_take_place(race: Race, taking) -> None:
    for number, start in enumerate(some_starts(10)):
        leave = somebody(number)
        draft = filled_in(leave)
        sending = partial(intake.submit, draft_id=draft.pk, by=leave.patient.account, now=NOW)
        round_ = race.run([sending, partial(taking, leave, start)])
        assert refusals(round_) <= {NotCleared, ClearanceRevoked, PatientHeld}
        assert Intake.objects.get(kind=Intake.Kind.RESCREEN, patient=leave.patient).case
        live = Appointment.objects.filter(
            patient=leave.patient, state__in=[state.value for state in State.NEEDS_CLEARANCE]
        )
        assert not live.exists()
    assert race.unnamed_errors == []
