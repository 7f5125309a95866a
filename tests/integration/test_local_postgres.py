"""The demo's own PostgreSQL starts wherever somebody put the clinic."""

import shutil
import subprocess
import sys
import tempfile

from tests.database import ROOT

START = """
import sys
from pathlib import Path
from clinic import local_postgres

local_postgres.CHECKOUT = Path(sys.argv[1])
print(local_postgres._home(), flush=True)
with local_postgres.start("trial").as_superuser("clinic") as connection:
    print(connection.execute("SELECT current_database()").fetchone()[0])
"""


MARKED = """
import sys
from pathlib import Path
from clinic import local_postgres

local_postgres.CHECKOUT = Path(sys.argv[1])
print(local_postgres._home(), flush=True)
running = local_postgres.start("trial")
for mark in ("first", "first", "second"):
    print(local_postgres.begin_anew_unless(running, mark))
    with running.as_superuser("clinic") as connection:
        print(connection.execute("SELECT to_regclass('kept')").fetchone()[0])
        connection.execute("CREATE TABLE IF NOT EXISTS kept ()")
"""


def test_it_starts_in_a_folder_whose_name_a_shell_would_misread():
    # A short name: for a long one the wheel chooses another place, and all is well anyway.
    assert _said(START, "Sol's clinic, (2) ") == ["clinic"]


def test_a_demo_made_by_other_migrations_begins_anew():
    assert _said(MARKED, "clinic") == ["True", "None", "False", "kept", "True", "None"]


def _said(program: str, folder: str) -> list[str]:
    """What it printed in a checkout of that name, after where its data was."""
    with tempfile.TemporaryDirectory(prefix=folder) as checkout:
        # Another process, so that the server has stopped when we take its folder away.
        command = [sys.executable, "-c", program, checkout]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    home, *said = done.stdout.splitlines()
    shutil.rmtree(home, ignore_errors=True)
    assert not done.returncode, done.stderr
    return said
