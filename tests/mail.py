"""A real mail server, and real workers, for the tests of what is sent."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection
from procrastinate.contrib.django import app

from tests.database import TestDatabase

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = "250 OK"


class Letterbox:
    """Keeps what the mail server took, and says what it answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refusals: list[str] = []
        self.tries = 0
        self.answers = threading.Event()
        self.answers.set()
        self.received = threading.Event()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        if self.refusals:
            return self.refusals[0]
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        self.received.set()
        while not self.answers.is_set():
            await asyncio.sleep(0.02)
        return ACCEPTED


@contextmanager
def mail_server(letterbox: Letterbox) -> Iterator[int]:
    """The port of a server that speaks SMTP over TCP."""
    controller = Controller(letterbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        letterbox.answers.set()
        controller.stop()


def text_of(part: Message) -> str:
    """The decoded text of a part; nothing of one that only holds others."""
    content = part.get_payload(decode=True)
    return content.decode() if isinstance(content, bytes) else ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def work() -> None:
    """Run the real worker here, on its own connections, until no job is due."""

    async def until_nothing_is_due() -> None:
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False)

    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        asyncio.run(until_nothing_is_due())


def jobs(name: str = "send_message") -> list[dict[str, Any]]:
    """The jobs of one task, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, status::text, attempts, scheduled_at, args, priority"
            " FROM procrastinate_jobs WHERE task_name LIKE %s ORDER BY id",
            [f"%.{name}"],
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def let_time_pass() -> None:
    """Jobs that wait are due; what workers and the clock last said is a minute older."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '60 s'")
        cursor.execute(
            "UPDATE procrastinate_periodic_defers SET defer_timestamp = defer_timestamp - 60"
        )


class Worker:
    """`manage.py procrastinate worker` in a process of its own, signed in as the application."""

    def __init__(self, database: TestDatabase, mail_port: int, log: Path, *options: str) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "clinic.settings",
            "CLINIC_ENVIRONMENT": "development",
            "DEBUG": "0",
            "DATABASE_URL": database.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        }
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "procrastinate", "worker", *options],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> "Worker":
        wait_until(lambda: "Starting worker" in self.log.read_text() or self._is_over())
        assert not self._is_over(), self.log.read_text()
        return self

    def __exit__(self, *_error: object) -> None:
        if not self._is_over():
            self.process.terminate()
            self.process.wait(timeout=30)

    def kill(self) -> None:
        """As a lost machine would: no time to say goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def _is_over(self) -> bool:
        return self.process.poll() is not None


def wait_until(happened: Callable[[], object], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)
