"""Answers forms from the protocol alone: JSON Lines in, one decision a line out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intake.management.streams import lines_of, written_to
from intake.triage.jsonlines import Refused, answered


class Command(BaseCommand):
    help = (
        "Reads cases as JSON Lines and prints one decision a line, in order. A line that is not "
        "JSON, or has no answers object, is named on standard error and makes the exit status 1."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", help="a file, or - for standard input")

    def handle(self, *args: Any, path: str, **options: Any) -> None:
        with lines_of(path) as lines, written_to(self.stdout) as out:
            refused = 0
            for answer in answered(lines):
                if isinstance(answer, Refused):
                    refused += 1
                    self.stderr.write(str(answer))
                else:
                    out.write(answer)
                    out.flush()  # whoever feeds the cases one by one is waiting for this one
        if refused:
            raise SystemExit(1)
