"""The audit trail is read by people: every code it keeps is shown in words."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

from clinic import audit, trail
from intake.models import Disposition, ReviewDecision
from scheduling.models import Call, WaitlistOffer
from scheduling.slots import State
from tests.factories.clinic import PatientFactory
from tests.factories.intake import held

ROOT = Path(__file__).parents[2]
OURS = ("clinic", "intake", "scheduling")
TRAIL = "/admin/clinic/auditentry/"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
# What an act is put together from, where it is not written out.
PUT_TOGETHER = {
    "call: {}": [f"call: {ended}" for ended in Call.Ended.values],
    "review: {}": [f"review: {kind}" for kind in ReviewDecision.Kind.values],
    "offer {}": [f"offer {outcome.lower()}" for outcome in WaitlistOffer.Outcome.values],
    "visit {}": [f"visit {state.value}" for state in State],
}
# Functions of one module that write an act down for it.
OWN_WORDS = {
    ("_add", "audit.py"),
    ("_keep", "calls.py"),
    ("_record", "referrals.py"),
    ("_record", "review_referral.py"),
}


def calls() -> Iterator[tuple[str, ast.Module, ast.expr]]:
    """Where an act is written down: the place, its module, and what stands for the act."""
    for app in OURS:
        for file in sorted((ROOT / app).rglob("*.py")):
            module = ast.parse(file.read_text())
            for call in ast.walk(module):
                if not isinstance(call, ast.Call) or len(call.args) < 3:
                    continue
                name = ast.unparse(call.func)
                if name in ("audit.record", "self._record") or (name, file.name) in OWN_WORDS:
                    yield f"{file.relative_to(ROOT)}:{call.lineno}", module, call.args[1]


def codes(module: ast.Module, act: ast.expr) -> list[str]:
    match act:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.IfExp():
            return [*codes(module, act.body), *codes(module, act.orelse)]
        case ast.JoinedStr():
            parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in act.values)
            return PUT_TOGETHER["".join(map(str, parts))]
        case ast.Name(id=name):
            given = [
                each.value
                for each in ast.walk(module)
                if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name
            ]
            return [code for value in given for code in codes(module, value)]
    raise AssertionError(f"{ast.unparse(act)}: an act of the trail is written out.")


# Those that hand on what they were called with.
HANDED_ON = (
    "clinic/audit.py",
    "clinic/admin_base.py",
    "intake/services/referrals.py",
    "intake/views/review_referral.py",
    "scheduling/services/calls.py",
)


def test_no_act_is_without_words():
    found = {
        place: code
        for place, module, act in calls()
        if not (isinstance(act, ast.Name) and place.startswith(HANDED_ON))
        for code in codes(module, act) or [f"nothing is known of {ast.unparse(act)}"]
        if code not in trail.ACTS
    }
    assert not found, f"Say them in the app's acts.py (see clinic/trail.py): {found}"


def test_the_search_for_acts_finds_them():
    found = {code for _place, module, act in calls() for code in codes(module, act)}
    assert {
        "viewed",
        "list viewed",
        "changed",
        "review: ASIDE",
        "visit in_room",
        "call the patient",
        "short form begun",
        "form begun",
        "visit moved",
    } <= found


def test_no_words_are_a_code():
    shown = [trail.act(code) for code in trail.ACTS]
    assert not [words for words in shown if "_" in words or words.isupper()]
    assert len(set(shown)) == len(shown), "two acts of one name"
    for disposition in Disposition.values:
        assert trail.facts({"disposition": disposition}) != f"disposition: {disposition}"


def test_each_of_our_records_has_a_name_of_its_own():
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            words = trail.kind_of_record(model._meta.model_name or "")
            assert words == str(model._meta.verbose_name)
            assert "_" not in words


def test_a_code_nobody_knows_any_more_is_shown_as_it_is():
    assert trail.act("done long ago") == "done long ago"
    assert trail.kind_of_record("gone") == "gone"
    assert trail.facts({"disposition": "OLD", "rows": 3}) == "disposition: OLD; rows: 3"


@pytest.mark.django_db
def test_the_trail_and_its_filters_are_read_in_words(administrator_client: Client):
    case = held(PatientFactory()).case
    assert case
    with audit.writing(None):
        audit.record(None, "review: ASIDE", case, at=NOW)
        audit.record(None, "intake submitted", case, at=NOW, disposition="REFER")
        audit.record(None, "visit in_room", case, at=NOW)
    page = " ".join(administrator_client.get(TRAIL).text.split())
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    for words in ("Review: answers set aside", "Visit: In room", "disposition: Doctor first"):
        assert words in rows
    assert "REFER" not in rows
    assert "ASIDE" not in rows
    assert "in_room" not in rows
    filters = page.split('id="changelist-filter"')[1]
    assert ">Visit: In room<" in filters.replace("> ", ">").replace(" <", "<")
    assert "?action=visit+in_room" in filters, "the rows keep the code"
    assert "action=review%3A+ASIDE" in filters
    only = administrator_client.get(TRAIL, {"action": "visit in_room"}).text
    assert "Visit: In room" in only.split("<tbody>")[1]
    assert "Review: answers" not in only.split("<tbody>")[1].split("</tbody>")[0]
    one = administrator_client.get(f"{TRAIL}?q=ASIDE")
    assert "Review: answers set aside" in one.text
