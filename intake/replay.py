"""Stored answers run through another version of the protocol: whose outcome would change.

The other version is another checkout of this program. It is asked through its own `triage`
command, in a process of its own that is given the answers and nothing else: no name, no id of
ours, no database and no secret. What was kept at the time stands on the other side.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from intake.models import Disposition, Intake
from intake.triage import Disposition as Outcome


class OtherVersionFailed(Exception):
    """The other checkout gave no decision; the message says how it ended."""


@dataclass(frozen=True)
class Verdict:
    """What the other version makes of one form."""

    outcome: str
    rules: frozenset[str]
    flags: frozenset[str]
    version: str


@dataclass(frozen=True)
class Comparison:
    """One stored intake, as it was decided and as it would be."""

    intake: Intake
    other: Verdict

    @property
    def changes(self) -> bool:
        return self.intake.disposition != self.other.outcome

    @property
    def is_worse(self) -> bool:
        return Outcome(self.other.outcome).severity > Outcome(self.intake.disposition).severity

    @property
    def changes_only_why(self) -> bool:
        """Other rules or flags. Of a form left half-way only an emergency was looked for."""
        return not self.changes and self.intake.is_complete and bool(self.gained or self.lost)

    @property
    def gained(self) -> list[str]:
        return sorted((self.other.rules | self.other.flags) - self._kept)

    @property
    def lost(self) -> list[str]:
        return sorted(self._kept - (self.other.rules | self.other.flags))

    @property
    def _kept(self) -> frozenset[str]:
        return frozenset((*self.intake.rules, *self.intake.flags))


class OtherVersion:
    """Another checkout's `triage` command, running for as long as it is asked."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self._asked = 0

    def __enter__(self) -> Self:
        own = self._checkout / ".venv" / "bin" / "python"
        self._errors = TemporaryFile()
        self._process = subprocess.Popen(  # noqa: S603 - the checkout that the operator named
            [str(own) if own.exists() else sys.executable, "manage.py", "triage", "-"],
            cwd=self._checkout,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def decide(self, answers: dict[str, Any]) -> Verdict:
        """One line out, one line back. Raises OtherVersionFailed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked += 1
        line = json.dumps({"id": self._asked, "answers": answers}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
            said = json.loads(self._process.stdout.readline())
            verdict = Verdict(
                Disposition(said["disposition"]).value,
                frozenset(said["rules"]),
                frozenset(said["flags"]),
                str(said["protocol"]),
            )
            answered = said["id"]
        except (OSError, ValueError, KeyError, TypeError):
            raise OtherVersionFailed(self._how_it_ended()) from None
        if answered != self._asked:
            raise OtherVersionFailed("It answered another form than it was asked about.")
        return verdict

    def _how_it_ended(self) -> str:
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
        return " ".join(["It gave no decision.", *last])


def compare(intakes: Iterable[Intake], checkout: Path) -> Generator[Comparison, None, None]:
    """Each as it was decided and as the other version would. Raises OtherVersionFailed."""
    with OtherVersion(checkout) as other:
        for intake in intakes:
            yield Comparison(intake, other.decide(intake.answers))
