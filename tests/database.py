"""Databases for the tests: a real PostgreSQL, migrated once, copied for whoever needs a fresh one.

The tests sign in as the application's role, as the clinic does, so they can neither create nor
empty a database themselves: that is done here, beside them, as the server's superuser.
"""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import fasteners

from clinic import local_postgres
from clinic.local_postgres import APPLICATION_ROLE, OWNER_ROLE, LocalPostgres

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class TestDatabase:
    """One test process's own database, as new as the migrations made it."""

    __test__ = False

    server: LocalPostgres
    template: str
    name: str

    @property
    def url(self) -> str:
        """For the application's role."""
        return self.server.url(APPLICATION_ROLE, self.name)

    @property
    def owner_url(self) -> str:
        return self.server.url(OWNER_ROLE, self.name)

    def renew(self) -> None:
        """Throw the database away, whoever is connected, and copy the template again."""
        with self.server.as_superuser() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            connection.execute(
                # File by file: hundreds of small ones go through the log in three times the time.
                f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}" OWNER {OWNER_ROLE}'
                " STRATEGY FILE_COPY"
            )

    def remove(self) -> None:
        with self.server.as_superuser() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


def prepare(worker: str, *, use: str = "test", forgetful: bool = True) -> TestDatabase:
    """The database of one test process, on a server all of them share unless `use` is another.

    One that is not `forgetful` writes to the disk as the clinic's does, when it is first started.
    """
    server = local_postgres.start(use, forgetful=forgetful)
    template = _template(server)
    database = TestDatabase(server, template, f"test_{os.getpid()}_{worker}")
    database.renew()
    return database


def _template(server: LocalPostgres) -> str:
    """The name of a migrated database, made once for each state of the migrations."""
    name = f"template_{_fingerprint()}"
    lock = ROOT / ".local" / "test-template.lock"
    lock.parent.mkdir(exist_ok=True)
    with fasteners.InterProcessLock(lock), server.as_superuser() as connection:
        _remove_leftovers(server)
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            local_postgres.ensure_database(connection, f"half_{name}")
            _migrate(server.url(OWNER_ROLE, f"half_{name}"))
            connection.execute(f'ALTER DATABASE "half_{name}" RENAME TO "{name}"')
    return name


def _fingerprint() -> str:
    """Changes with anything that changes the schema."""
    digest = hashlib.sha256()
    files = [
        *ROOT.glob("*/migrations/*.py"),
        ROOT / "clinic" / "privileges.py",
        # What the migrations import.
        ROOT / "clinic" / "triggers.py",
        ROOT / "scheduling" / "locking.py",
        ROOT / "requirements-dev.txt",
    ]
    for file in sorted(files):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _migrate(owner_url: str) -> None:
    environment = {**os.environ, "CLINIC_ENVIRONMENT": "test", "DATABASE_URL": owner_url}
    environment["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The migrations failed:\n{done.stdout}\n{done.stderr}")


def _remove_leftovers(server: LocalPostgres) -> None:
    """Databases of test processes that were killed, and halves of templates."""
    with server.as_superuser() as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        for (name,) in rows:
            process = name.split("_")[1] if name.startswith("test_") else ""
            dead = process.isdigit() and not Path(f"/proc/{process}").exists()
            if dead or name.startswith("half_template_"):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
