"""Django's and the clinic's own checks of a deployment, with the variables a real one has.

`python -m tests.deployment` is part of `make check`.
"""

import os
import subprocess
import sys

import django
from django.db import connections
from django.utils import timezone

from tests.database import ROOT, prepare

# As a production server has them, but for DATABASE_URL.
VARIABLES = {
    "CLINIC_ENVIRONMENT": "production",
    "SECRET_KEY": "long-enough-and-random-enough-for-a-check-4f9a1c7e20b8d35566",
    "ALLOWED_HOSTS": "book.example.com",
    "SITE_URL": "https://book.example.com",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "Front desk <desk@clinic.example.com>",
    "TRUSTED_PROXIES": "1",
}


def check(database_url: str, *, without: str = "") -> "subprocess.CompletedProcess[str]":
    """As a server would start: only these variables, less the one named `without`."""
    environment = {**VARIABLES, "DATABASE_URL": database_url, "PATH": os.environ["PATH"]}
    environment.pop(without, None)
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        [*command, "--database", "default"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def have_the_protocol_signed() -> None:
    """In the database that Django is set to, as a chiropractor does on its page."""
    from intake import services
    from intake.triage import PROTOCOL
    from intake.triage.fingerprint import fingerprint
    from tests.factories.clinic import StaffFactory

    doctor = StaffFactory(is_chiropractor=True)
    services.sign_protocol(read=fingerprint(PROTOCOL), remark="", by=doctor, now=timezone.now())


def main() -> int:
    database = prepare("deployment")
    try:
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        os.environ["DATABASE_URL"] = database.url
        django.setup()
        have_the_protocol_signed()
        connections.close_all()
        done = check(database.url)
    finally:
        database.remove()
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
