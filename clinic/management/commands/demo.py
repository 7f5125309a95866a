"""`make demo`: a clinic of fictional people on this machine, with nothing to install."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from clinic import local_postgres
from clinic.processes import Programs, StoppedByItselfError, answers, web_server

FIRST_PORT = 8000
SECONDS_TO_START = 60
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to stop."""


class Command(BaseCommand):
    help = "Start the demo: PostgreSQL, fictional people, the job worker and the web server."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo starts only with CLINIC_ENVIRONMENT=demo: it fills a database"
                " with fictional people."
            )
        for number in STOP_SIGNALS:
            signal.signal(number, _stop)
        try:
            self._show()
        except Stopped:
            self.stdout.write("\nThe demo has stopped. Its data waits for the next start.")

    def _show(self) -> None:
        database = local_postgres.start("demo")
        port = self._free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": database.application_url,
            "SITE_URL": f"http://localhost:{port}",
        }
        # Its people are fictional: no need to bring them over into other tables.
        if local_postgres.begin_anew_unless(database, _migrations()):
            self._say("A new clinic of fictional people: this takes half a minute.")
        self._say("Preparing the clinic ...")
        _manage({**environment, "DATABASE_URL": database.owner_url}, "migrate", "--verbosity=0")
        call_command("collectstatic", interactive=False, verbosity=0)
        accounts = _manage(environment, "load_demo")

        programs = Programs(folder=settings.BASE_DIR, environment=environment)
        try:
            programs.start("job worker", sys.executable, "manage.py", "procrastinate", "worker")
            programs.start("web server", *web_server(port))
            programs.wait_for(lambda: answers(port, "/healthz"), seconds=SECONDS_TO_START)
            self._say(f"\nOpen http://localhost:{port} - stop with Ctrl-C.\n{accounts}")
            programs.watch()
        except (StoppedByItselfError, TimeoutError) as problem:
            raise CommandError(f"{problem} So the demo has stopped.") from None
        finally:
            programs.stop()

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()  # at once, into a pipe too

    def _free_port(self) -> int:
        wanted = int(os.environ.get("PORT") or FIRST_PORT)
        for port in range(wanted, wanted + 100):
            if _is_free(port):
                return port
            self._say(f"Port {port} is taken by another program.")
        raise CommandError("Name a free port with PORT=...")


def _manage(environment: dict[str, str], *arguments: str) -> str:
    """What the command printed. Another process, for it signs in to the database as another."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        start_new_session=True,  # Ctrl-C comes to us alone
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"`manage.py {arguments[0]}` failed:\n{done.stdout}")
    return done.stdout


def _migrations() -> str:
    """A mark of the tables that this checkout makes."""
    files = sorted(settings.BASE_DIR.glob("*/migrations/*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # once is enough
    raise Stopped
