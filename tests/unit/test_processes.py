"""Programs started together end together, whatever ends the one that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clinic.processes import Programs, StoppedByItselfError

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def programs():
    started = Programs(folder=ROOT, environment=os.environ)
    yield started
    started.stop()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_one_that_ends_is_told_by_name(programs: Programs):
    programs.start("steady one", *SLEEP)
    programs.start("weak one", sys.executable, "-c", "raise SystemExit(7)")
    with pytest.raises(StoppedByItselfError, match="The weak one stopped with exit code 7"):
        programs.wait_for(lambda: False, seconds=20)


def test_waiting_has_an_end(programs: Programs):
    programs.start("steady one", *SLEEP)
    with pytest.raises(TimeoutError):
        programs.wait_for(lambda: False, seconds=0.1)


def test_all_are_stopped(programs: Programs):
    for name in ("first", "second"):
        programs.start(name, *SLEEP)
    pids = [program.pid for program in programs._running.values()]
    assert all(map(is_running, pids))
    programs.stop()
    assert not any(map(is_running, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_none_outlives_a_parent_that_was_killed():
    script = f"""
import os, pathlib, time
from clinic.processes import Programs
programs = Programs(folder=pathlib.Path.cwd(), environment=os.environ)
programs.start("child", *{SLEEP!r})
print(programs._running["child"].pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout
    with parent.stdout:
        child = int(parent.stdout.readline())
    assert is_running(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 10
    while is_running(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_running(child)


def test_the_demo_starts_nowhere_else():
    with pytest.raises(CommandError, match="only with CLINIC_ENVIRONMENT=demo"):
        call_command("demo")
