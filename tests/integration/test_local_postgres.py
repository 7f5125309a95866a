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


def test_it_starts_in_a_folder_whose_name_a_shell_would_misread():
    # A short name: for a long one the wheel chooses another place, and all is well anyway.
    with tempfile.TemporaryDirectory(prefix="Sol's clinic, (2) ") as checkout:
        # Another process, so that the server has stopped when we take its folder away.
        command = [sys.executable, "-c", START, checkout]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    home, *rest = done.stdout.splitlines()
    shutil.rmtree(home, ignore_errors=True)
    assert rest == ["clinic"], done.stderr
