"""Prints the protocol in plain English, for the doctor who is to sign it."""

from typing import Any

from django.core.management.base import BaseCommand

from intake.management.streams import written_to
from intake.triage import PROTOCOL
from intake.triage.plain import describe


class Command(BaseCommand):
    help = "Prints the protocol in plain English: questions, rules, flags and open questions."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with written_to(self.stdout) as out:
            out.write(describe(PROTOCOL), ending="")
