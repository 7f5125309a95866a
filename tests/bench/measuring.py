"""What one answer costs, beside what the bare view costs: a line of a table."""

import sys
from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench.clients import Asked, in_turns, warm_up
from tests.bench.stored import whole_scans


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def head(first: str, ours: str) -> None:
    say(f"{first:28} {ours:>10}    bare view  ratio  clients  statements  scans")


def line(first: str, ours: Asked, bare: Asked, asks: int, owner_url: str) -> None:
    """`asks` is how many statements one answer asks of the database."""
    warm_up(ours, bare)
    scans = whole_scans(owner_url)
    found = in_turns(ours, bare)
    scans = whole_scans(owner_url) - scans
    say(
        f"{first:28} {found.ours:10,.0f} {found.theirs:12,.0f} {found.ours / found.theirs:6.2f}"
        f" {found.busy:8.0%} {asks:11} {scans:6}"
    )


def statements(act: Callable[[], object]) -> int:
    """Of the second time: the first may have to read the plan, or put the look on the trail."""
    act()
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)
