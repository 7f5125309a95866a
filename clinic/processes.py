"""Programs that are started together and stopped together: the demo's, and those of the tests."""

import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

SECONDS_TO_STOP = 10
_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class StoppedByItselfError(Exception):
    """A program ended that nobody asked to."""


class Programs:
    """Children of this process, in one folder and one environment; none outlives it."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        self._running[name] = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            # Ctrl-C in the terminal comes to us alone, and we stop them in order.
            start_new_session=True,
            preexec_fn=_end_with_the_parent if sys.platform == "linux" else None,
        )

    def check(self) -> None:
        """Raises StoppedByItselfError."""
        for name, program in self._running.items():
            if program.poll() is not None:
                raise StoppedByItselfError(
                    f"The {name} stopped with exit code {program.returncode}."
                )

    def wait_for(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Raises StoppedByItselfError, and TimeoutError."""
        end = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > end:
                raise TimeoutError(f"No answer after {seconds:.0f} seconds.")
            time.sleep(0.05)

    def watch(self) -> NoReturn:
        """Until one ends: raises StoppedByItselfError."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """The youngest first. Safe to call twice."""
        while self._running:
            _, program = self._running.popitem()
            program.terminate()
            try:
                program.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()


def web_server(port: int, application: str = "clinic.wsgi:application") -> tuple[str, ...]:
    """The command that serves the clinic to this machine."""
    return (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", application),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "error"),
        # As docs/deployment.md says: two for two cores. More threads only wait for one another
        # (fifty at once for one time: 0.8 s with four each, 1.1 s with twelve).
        *("--workers", "2", "--blocking-threads", "4"),
        # A thread that ends takes its connection to the database with it, and the next one waits
        # for another.
        *("--blocking-threads-idle-timeout", "600"),
    )


def answers(port: int, path: str) -> bool:
    """Whether the web server on this machine gives the page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end_with_the_parent() -> None:
    """In the child: asked to stop even when the parent was killed and could not ask."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
