"""The mark of a protocol: another after any change of what decides or is read."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from intake.triage import PROTOCOL, Disposition, Protocol, Urgency
from intake.triage.fingerprint import fingerprint
from intake.triage.protocol import RulesFired
from tests.database import ROOT

# How each version read. A table that differs gets a version of its own, and a line here.
VERSIONS = {"1.1": "6e5e5944f3a132024e6f55647ad4aa7ec9097452e1f6541a5f4d59029eb8b1a6"}


def test_a_version_is_never_changed_under_its_number():
    assert VERSIONS[PROTOCOL.version] == fingerprint(PROTOCOL), (
        "The protocol differs from what bears this version. Give it another version, in"
        " intake/triage/protocol/__init__.py, and write down its fingerprint here."
    )


def test_it_is_the_same_in_every_process():
    """Python shuffles its sets and hashes anew each time it starts."""
    command = "from intake.triage import PROTOCOL; from intake.triage.fingerprint import *;"
    marks = {
        subprocess.run(
            [sys.executable, "-c", f"{command} print(fingerprint(PROTOCOL))"],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert marks == {fingerprint(PROTOCOL)}


def rule(id_: str, **change: object) -> Callable[[], Protocol]:
    return lambda: replace(
        PROTOCOL,
        rules=tuple(replace(r, **change) if r.id == id_ else r for r in PROTOCOL.rules),
    )


def question(id_: str, **change: object) -> Callable[[], Protocol]:
    """The row alone: the conditions go on reading the one they were made of."""

    def changed() -> Protocol:
        table = replace(PROTOCOL, rules=(), flags=())
        rows = [replace(q, **change) if q.id == id_ else q for q in PROTOCOL.questions]
        object.__setattr__(table, "questions", tuple(rows))
        object.__setattr__(table, "rules", PROTOCOL.rules)
        object.__setattr__(table, "flags", PROTOCOL.flags)
        return table

    return changed


worst = PROTOCOL.question("worst")
fever = PROTOCOL.question("fever")
CHANGES: dict[str, Callable[[], Protocol]] = {
    "the version": lambda: replace(PROTOCOL, version="1.2"),
    "an outcome": rule("R06", disposition=Disposition.CO_MANAGE),
    "how urgent": rule("R06", urgency=Urgency.SOON),
    "a cut-off": rule("R06", when=worst.at_least(6)),
    "another comparison": rule("R06", when=worst.under(7)),
    "a negation": rule("R03", when=~fever.is_("yes")),
    "a combination": rule("R17", when=RulesFired(3, of=("C01", "C02"))),
    "what the patient reads": rule("R06", because="Your pain is very bad."),
    "a source": rule("R06", source="Somebody"),
    "a rule left out": lambda: replace(PROTOCOL, rules=PROTOCOL.rules[1:]),
    "a flag left out": lambda: replace(PROTOCOL, flags=PROTOCOL.flags[1:]),
    "a flag's note": lambda: replace(
        PROTOCOL, flags=(replace(PROTOCOL.flags[0], note="Never mind."), *PROTOCOL.flags[1:])
    ),
    "a question's words": question("saddle", text="Are you numb?"),
    "a question's help": question("saddle", help="Say."),
    "an option": question("saddle", options=PROTOCOL.question("saddle").options[:2]),
    "what is safe": question("saddle", safe=("no", "yes")),
    "what a doubt means": question("saddle", uncertain_as=Disposition.CO_MANAGE),
    "a blank that holds nothing": question("saddle", safety=False),
    "when it is asked": question("neuro_change", show_when=None),
    "the order": lambda: replace(PROTOCOL, rules=PROTOCOL.rules[::-1]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_gives_another(change: Callable[[], Protocol]):
    assert fingerprint(change()) != fingerprint(PROTOCOL)


def test_every_change_gives_its_own():
    marks = [fingerprint(change()) for change in CHANGES.values()]
    assert len(set(marks)) == len(marks)


def test_a_question_that_is_settled_needs_no_new_signature():
    settled = replace(PROTOCOL, open_questions=())
    assert fingerprint(settled) == fingerprint(PROTOCOL)


def test_what_cannot_be_written_down_cannot_be_signed():
    with pytest.raises(TypeError):
        fingerprint(rule("R06", when=object())())
