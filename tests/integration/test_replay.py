"""Stored answers run through another checkout's protocol."""

import shutil
import uuid
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clinic.models import AuditEntry, User
from intake import services
from intake.models import Intake
from tests import answers
from tests.database import ROOT

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As another version would be: everything that decides, and no database."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("clinic", "intake", "scheduling"):
        unneeded = shutil.ignore_patterns("__pycache__", "static", "locale")
        shutil.copytree(ROOT / name, folder / name, ignore=unneeded)
    shutil.copy(ROOT / "manage.py", folder)
    return folder


@pytest.fixture
def another(checkout: Path, tmp_path: Path) -> Path:
    """Version 9: a fever alone is nothing, a blood thinner is a doctor's."""
    folder = tmp_path / "another"
    shutil.copytree(checkout, folder)
    protocol = folder / "intake" / "triage" / "protocol"
    swap(protocol / "__init__.py", 'version="1.1"', 'version="9"')
    swap(protocol / "refer.py", 'when=fever.is_("yes")', 'when=fever.is_("yes") & age.under(1)')
    swap(
        protocol / "comanage.py",
        '"C06",\n        CO_MANAGE',
        '"C06",\n        Disposition.REFER',
    )
    return folder


def swap(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def stored(said: dict[str, object], given: str = "Ana") -> Intake:
    draft = services.start_draft(browser=uuid.uuid4(), now=NOW)
    services.keep_answers(
        draft_id=draft.pk, answers=said, shown=list(said), born=answers.BORN, now=NOW
    )
    services.keep_about(
        draft_id=draft.pk, about={"given_name": given, "family_name": "Reyes"}, now=NOW
    )
    return services.submit(draft_id=draft.pk, by=None, now=NOW)


def replay(folder: Path, *options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("replay", str(folder), *options, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_same_protocol_changes_nobodys_outcome(checkout: Path):
    for form in (answers.BOOK, answers.REFER, answers.CO_MANAGE, answers.EMERGENCY):
        stored(form)
    status, said = replay(checkout, "--all")
    assert status == 0
    assert said == (
        "Protocol 1.1 on 4 stored intakes: 0 would come out otherwise (0 more severe, 0 less);"
        " 0 the same by other rules or flags.\n"
    )


def test_whose_outcome_would_change_is_listed(another: Path):
    stored(answers.BOOK)
    fever, thinner = stored(answers.REFER, "Ben"), stored(answers.CO_MANAGE, "Cleo")
    both = stored({**answers.EMERGENCY, "fever": "yes"}, "Dan")
    status, said = replay(another)
    assert status == 3
    *lines, summary = said.splitlines()
    assert sorted(lines) == sorted(
        [
            f"2026-11-23  {fever.pk}  REFER -> BOOK  -R03  (kept under 1.1)",
            f"2026-11-23  {thinner.pk}  CO-MANAGE -> REFER  (kept under 1.1)",
        ]
    )
    assert summary == (
        "Protocol 9 on 4 stored intakes: 2 would come out otherwise (1 more severe, 1 less);"
        " 1 the same by other rules or flags."
    )
    _status, everything = replay(another, "--all")
    assert f"{both.pk}  EMERGENCY -> EMERGENCY  -R03" in everything


def test_names_are_shown_when_asked_for_and_each_is_on_the_trail(another: Path, patient: User):
    known = stored(answers.REFER, "Ben")
    services.attach(intake_id=known.pk, account=patient, now=NOW)
    record = Intake.objects.get(pk=known.pk).patient_id
    _status, without = replay(another)
    assert "Ben" not in without
    entry = AuditEntry.objects.get(action="answers replayed")
    assert entry.actor is None
    assert entry.patient_id is None
    assert entry.detail == {"protocol": "9", "rows": 1, "listed": 1, "names": False}
    _status, said = replay(another, "--names")
    assert "Ben Reyes" in said
    assert AuditEntry.objects.filter(action="answers replayed", patient_id=record).count() == 1


def test_it_changes_nothing_that_is_stored(another: Path):
    intake = stored(answers.REFER)
    replay(another)
    again = Intake.objects.get(pk=intake.pk)
    assert (again.disposition, again.rules, again.protocol) == ("REFER", intake.rules, "1.1")


STUB = """
import json, os, sys
seen = []
for line in sys.stdin:
    seen.append(line)
    open("seen", "w").write(json.dumps([dict(os.environ), seen]))
    print(json.dumps({answer}), flush=True)
"""
DECISION = '"disposition": "BOOK", "rules": [], "flags": [], "protocol": "x"'


def stub(folder: Path, answer: str) -> Path:
    (folder / "manage.py").write_text(STUB.replace("{answer}", answer))
    return folder


def test_the_other_checkout_is_given_the_answers_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("DATABASE_URL", "SECRET_KEY", "EMAIL_URL"):
        monkeypatch.setenv(name, "planted")
    intake = stored(answers.REFER, "Ben")
    replay(stub(tmp_path, f'{{"id": json.loads(line)["id"], {DECISION}}}'))
    seen = (tmp_path / "seen").read_text()
    assert "fever" in seen
    for secret in ("planted", "Ben", "Reyes", str(intake.pk), "1988"):
        assert secret not in seen


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (f'{{"id": 7, {DECISION}}}', "another form"),
        ('{"id": 1}', "It gave no decision."),
        ('{"id": 1, "disposition": "MAYBE", "rules": [], "flags": []}', "It gave no decision."),
        ("[]", "It gave no decision."),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_checkout_that_gives_no_decision_is_a_sentence(
    tmp_path: Path, answer: str, sentence: str
):
    stored(answers.REFER)
    with pytest.raises(CommandError, match=sentence) as failed:
        replay(stub(tmp_path, answer))
    assert failed.value.returncode == 1
    assert not AuditEntry.objects.filter(action="answers replayed").exists()


def test_a_folder_that_is_no_checkout(tmp_path: Path):
    with pytest.raises(CommandError, match="is no checkout"):
        replay(tmp_path)


def test_an_empty_clinic(checkout: Path):
    assert replay(checkout) == (0, "No intake is stored.\n")
