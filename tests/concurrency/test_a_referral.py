"""A report that is handed in while the decision is being made."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from clinic.models import User
from intake import services
from intake.exceptions import ReferralOver
from intake.models import Case, ReferralStep
from tests import answers
from tests.database import TestDatabase
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.referrals import handed_in, referred
from tests.integration.test_review_pages import proved


@pytest.fixture
def patient(fresh_database: TestDatabase) -> User:
    account = AccountFactory.create(email="ana@example.com")
    PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")
    return account


def test_it_waits_for_the_decision_and_opens_nothing_again(patient: User):
    doctor = StaffFactory.create(name="Dr. Solomon", is_chiropractor=True)
    intake = proved(answers.REFER, patient)
    referral = referred(intake, by=doctor)
    refused: list[ReferralOver] = []

    def hand_in() -> None:
        try:
            handed_in(referral, by=patient)
        except ReferralOver as over:
            refused.append(over)
        finally:
            connection.close()

    late = threading.Thread(target=hand_in)
    with transaction.atomic():
        services.decide(
            case_id=intake.case_id,
            latest_seen=intake.pk,
            kind="CLEAR",
            reason="The flu, and over.",
            by=doctor,
            now=timezone.now(),
        )
        late.start()
        late.join(0.5)
        assert late.is_alive(), "it waits"
    late.join(30)
    assert refused
    assert Case.objects.get().state == Case.State.CLEARED
    assert list(referral.steps.values_list("kind", flat=True)) == [
        ReferralStep.Kind.DRAFTED,
        ReferralStep.Kind.DECIDED,
    ]
