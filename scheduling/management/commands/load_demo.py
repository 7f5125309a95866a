"""Fills the demo's database with a clinic of fictional people, and says who to sign in as."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from scheduling import demo


class Command(BaseCommand):
    help = "Load the demo's fictional people, or bring them up to today. Safe to run again."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Fictional people are loaded only with CLINIC_ENVIRONMENT=demo: a real clinic's"
                " database must never hold them."
            )
        demo.load(now=timezone.now())
        self.stdout.write(_who_to_sign_in_as())


def _who_to_sign_in_as() -> str:
    """One of each kind of user."""
    staff_page, patients_page = reverse("clinic:staff_sign_in"), reverse("clinic:sign_in")
    rows = [(who, person.email, "no password", patients_page) for who, person in demo.PATIENTS]
    rows += [(each.title, each.email, demo.PASSWORD, staff_page) for each in demo.STAFF]
    lines = [f"  {who:<29}{email:<31}{password:<23}{page}" for who, email, password, page in rows]
    codes = f"{settings.SITE_URL}{reverse('clinic:demo_messages')}"
    return "\n".join(["Sign in as", *lines, f"Each asks for a code: see {codes}"])
