"""Runs stored intakes through another version of the protocol: whose outcome would change?"""

from argparse import ArgumentParser
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic import audit, times
from intake.management.streams import written_to
from intake.models import Intake
from intake.replay import Comparison, OtherVersionFailed, compare

SOME_WOULD_CHANGE = 3


class Command(BaseCommand):
    help = (
        "Runs every stored intake through the protocol of another checkout and lists those whose"
        " outcome would change. Exit status: 0 when none would, 3 when some would, 1 when it"
        " could not be found out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("checkout", type=Path, help="the folder of the other checkout")
        parser.add_argument(
            "--names", action="store_true", help="say whose they are: each is put on the trail"
        )
        parser.add_argument(
            "--all", action="store_true", help="also list other rules or flags, same outcome"
        )

    def handle(self, *args: Any, checkout: Path, names: bool, **options: Any) -> None:
        if not (checkout / "manage.py").is_file():
            raise CommandError(f"{checkout} is no checkout of this program: it has no manage.py.")
        count, version, changed, why = 0, "", [], []
        try:
            # Closed in order: a failure half-way would leave the rest of the rows waiting.
            with closing(_stored()) as rows, closing(compare(rows, checkout)) as found:
                for each in found:
                    count += 1
                    version = each.other.version
                    if each.changes:
                        changed.append(each)
                    elif each.changes_only_why:
                        why.append(each)
        except OtherVersionFailed as failed:
            raise CommandError(f"The protocol in {checkout} cannot be asked. {failed}") from None
        listed = [*changed, *(why if options["all"] else [])]
        _put_on_the_trail(listed, version=version, count=count, names=names)
        with written_to(self.stdout) as out:
            for each in listed:
                out.write(_line(each, names=names))
            out.write(_summary(version, count, changed, why))
        if changed:
            raise SystemExit(SOME_WOULD_CHANGE)


def _stored() -> Generator[Intake, None, None]:
    """Oldest first, and never all of them at once."""
    yield from Intake.objects.select_related("patient").order_by("submitted_at", "pk").iterator()


def _put_on_the_trail(listed: list[Comparison], *, version: str, count: int, names: bool) -> None:
    """Before a line is shown."""
    now = timezone.now()
    with audit.writing(None):
        audit.record(
            None,
            "answers replayed",
            Intake(pk=None),
            at=now,
            protocol=version,
            rows=count,
            listed=len(listed),
            names=names,
        )
        for each in listed if names else ():
            audit.record(
                None,
                "answers replayed",
                each.intake,
                at=now,
                patient_id=each.intake.patient_id,
                protocol=version,
            )


def _line(each: Comparison, *, names: bool) -> str:
    intake = each.intake
    parts = [
        f"{times.local(intake.submitted_at):%Y-%m-%d}",
        str(intake.pk),
        f"{intake.disposition} -> {each.other.outcome}",
        *(f"+{row}" for row in each.gained),
        *(f"-{row}" for row in each.lost),
        f"(kept under {intake.protocol}{'' if intake.is_complete else ', stopped half-way'})",
    ]
    return "  ".join([*parts, _who(intake)] if names else parts)


def _who(intake: Intake) -> str:
    said = f"{intake.given_name} {intake.family_name}".strip()
    return intake.patient.name if intake.patient else said or "nobody proved"


def _summary(version: str, count: int, changed: list[Comparison], why: list[Comparison]) -> str:
    if not count:
        return "No intake is stored."
    worse = sum(each.is_worse for each in changed)
    return (
        f"Protocol {version} on {count} stored intakes: {len(changed)} would come out otherwise"
        f" ({worse} more severe, {len(changed) - worse} less); {len(why)} the same by other rules"
        " or flags."
    )
