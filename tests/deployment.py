"""Django's and the clinic's own checks of a deployment, with the variables a real one has.

`python -m tests.deployment` is part of `make check`.
"""

import os
import subprocess
import sys

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


def main() -> int:
    database = prepare("deployment")
    try:
        done = check(database.url)
    finally:
        database.remove()
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
