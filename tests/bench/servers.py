"""The clinic as it is deployed, and the bare view: under the same server, beside one database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clinic.processes import Programs, answers, web_server
from tests.browser import free_port
from tests.database import ROOT
from tests.deployment import VARIABLES

# As the clinic's proxy says that the visitor came by HTTPS.
FORWARDED = "X-Forwarded-Proto: https\r\n"


@dataclass(frozen=True)
class Ports:
    clinic: int
    bare: int


@contextmanager
def running(database_url: str) -> Iterator[Ports]:
    ports = Ports(free_port(), free_port())
    # Its settings are production's; nothing of the tests' is left in its environment.
    environment = {**VARIABLES, "DATABASE_URL": database_url, "PATH": os.environ["PATH"]}
    environment["ALLOWED_HOSTS"] += ",127.0.0.1"  # by which we ask whether it is up
    _collect_static_files(environment)
    programs = Programs(folder=ROOT, environment=environment)
    try:
        programs.start("clinic", *web_server(ports.clinic))
        programs.start("bare view", *web_server(ports.bare, "tests.bench.bare:application"))
        programs.wait_for(lambda: _are_up(ports), seconds=60)
        yield ports
    finally:
        programs.stop()


def _collect_static_files(environment: dict[str, str]) -> None:
    """A page names them by their marks."""
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def _are_up(ports: Ports) -> bool:
    return answers(ports.bare, "/nothing") and answers(ports.clinic, "/healthz")
