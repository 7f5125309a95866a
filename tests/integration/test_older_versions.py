"""After another version of the protocol: older answers stay as they were kept, and as decided."""

import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.test import Client

from clinic.models import User
from intake import services
from intake.models import Intake
from intake.triage import PROTOCOL
from tests import answers

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
OLD_WORDS = PROTOCOL.question("fever").text
OLD_REASON = PROTOCOL.rule("R03").because
NEW_WORDS = "Have you been hot?"


@pytest.fixture
def intake(patient: User) -> Intake:
    """Held for a fever, in the version of its day."""
    draft = services.start_draft(browser=uuid.uuid4(), now=NOW)
    services.keep_answers(
        draft_id=draft.pk,
        answers=answers.REFER,
        shown=list(answers.REFER),
        born=answers.BORN,
        now=NOW,
    )
    about = {"given_name": "Ana", "family_name": "Reyes", "email": patient.email}
    services.keep_about(draft_id=draft.pk, about=about, now=NOW)
    sent = services.submit(draft_id=draft.pk, by=None, now=NOW)
    return services.attach(intake_id=sent.pk, account=patient, now=NOW)


@pytest.fixture
def bumped(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2 decides from now on: the fever is asked in other words, and its rule is gone."""
    reworded = replace(PROTOCOL.question("fever"), text=NEW_WORDS, options=())
    later = replace(PROTOCOL, version="2", rules=(), flags=())
    object.__setattr__(
        later,
        "questions",
        tuple(reworded if q.id == "fever" else q for q in PROTOCOL.questions),
    )
    # Every page is there before: one imported meanwhile would keep the later version.
    import_module("clinic.urls")
    patched = 0
    for name, module in list(sys.modules.items()):
        if name.startswith("intake.triage") or not name.startswith("intake."):
            continue
        if getattr(module, "PROTOCOL", None) is PROTOCOL:
            monkeypatch.setattr(module, "PROTOCOL", later)
            patched += 1
    assert patched > 3


def test_the_case_shows_what_fired_in_the_words_of_its_day(
    intake: Intake, bumped: None, doctor_client: Client
):
    page = doctor_client.get(f"/staff/review/{intake.case_id}/").text
    fired = page.split('class="fired"')[1].split("</dl>")[0]
    assert OLD_REASON in fired
    assert OLD_WORDS in fired
    assert "Yes" in fired
    assert NEW_WORDS not in fired
    assert "protocol 1.1" in page
    # What the rule says now, if anything, is not what fired then.
    assert "Fires when" not in page


def test_its_answers_are_not_read_by_the_new_questions(
    intake: Intake, bumped: None, doctor_client: Client
):
    page = doctor_client.get(f"/staff/review/{intake.case_id}/").text
    sheet = page.split("All answers", 1)[1]
    assert NEW_WORDS in sheet
    row = sheet.split(NEW_WORDS, 1)[1].split("</tr>")[0]
    assert "yes" in row, "as it was kept"
    assert "not counted" not in page


def test_the_summary_quotes_the_words_of_its_day(
    intake: Intake, bumped: None, doctor_client: Client, patient_client: Client
):
    for client in (doctor_client, patient_client):
        page = client.get(f"/my/intakes/{intake.pk}/summary/")
        assert page.status_code == 200
        assert OLD_REASON in page.text
        assert OLD_WORDS in page.text
        assert NEW_WORDS not in page.text
        assert "version 1.1" in page.text


def test_the_decision_on_record_is_not_made_again(
    intake: Intake, bumped: None, doctor_client: Client
):
    doctor_client.get(f"/staff/review/{intake.case_id}/")
    kept = Intake.objects.get(pk=intake.pk)
    assert (kept.protocol, kept.disposition, kept.rules) == ("1.1", "REFER", intake.rules)


def test_the_record_is_read_by_the_version_it_was_kept_in(intake: Intake, doctor_client: Client):
    """Without a bump the same page says the words: what the tests above look for is the bump's."""
    page = doctor_client.get(f"/staff/review/{intake.case_id}/").text
    assert "protocol 1.1" not in page
    assert "Fires when" in page
    assert NEW_WORDS not in page
