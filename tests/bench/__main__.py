"""`make bench`: prints what docs/bench.md explains. Fails only when it could not measure."""

import argparse
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from clinic.processes import Programs, answers, web_server
from tests import database, deployment
from tests.database import ROOT, TestDatabase

STORED = (0, 10_000, 100_000)
A_MILLION = 1_000_000
RANGES = (1, 30)
LOOKS = (1, 7, 42)
SECONDS = 2.0
ROUNDS = 3
KIND = "adjustment"
# As the clinic's proxy says that the visitor came by HTTPS.
FORWARDED = "X-Forwarded-Proto: https\r\n"


@dataclass(frozen=True)
class Ports:
    clinic: int
    bare: int


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("--million", action="store_true", help="a million stored visits, too")
    levels = (*STORED, A_MILLION) if asked.parse_args().million else STORED
    prepared = database.prepare("bench", use="bench", forgetful=False)
    try:
        _measure(prepared, levels)
    finally:
        from django.db import connections

        connections.close_all()
        prepared.remove()


def _measure(prepared: TestDatabase, levels: tuple[int, ...]) -> None:
    os.environ.update(DJANGO_SETTINGS_MODULE="tests.settings", DATABASE_URL=prepared.url)
    import django

    django.setup()
    from tests.bench import booking, stored

    people = stored.make_people()
    _slots(prepared, levels)
    _looks()
    by_service, by_statements = booking.throughput(people, prepared.url, prepared.owner_url)
    _say(f"\nBookings, {booking.CLIENTS} clients, each time of its own:")
    _say(f"  by the service     {by_service:8,.0f} a second")
    _say(f"  bare statements    {by_statements:8,.0f} a second")
    _say(f"  ratio              {by_service / by_statements:8.2f}")
    _searches(prepared)


def _looks() -> None:
    from tests.bench import looking
    from tests.factories.clinic import StaffFactory

    desk = StaffFactory.create(is_desk=True)
    _say("\nThe desk's calendar with as many visits stored, milliseconds:")
    _say("    days  visits    answer  unchanged  its rows alone  statements  read from end to end")
    for days in LOOKS:
        each = looking.measure(desk, days=days)
        _say(
            f"{each.days:8} {each.visits:7} {each.answer:9.1f} {each.unchanged:10.1f}"
            f" {each.rows:15.1f} {each.statements:11}  {'yes' if each.scans else 'no'}"
        )


def _searches(prepared: TestDatabase) -> None:
    from tests.bench import searching
    from tests.factories.clinic import StaffFactory

    searching.store(prepared.owner_url)
    desk = StaffFactory.create(is_desk=True)
    _say(f"\nA patient found among {searching.PATIENTS:,}, milliseconds:")
    _say("                           median    worst  statements")
    for each in searching.measure(desk):
        _say(f"  {each.kind:22} {each.median:8.1f} {each.worst:8.1f} {each.statements:11}")
    _say(f"  read from end to end: {'yes' if searching.whole_scans() else 'no'}")


def _slots(prepared: TestDatabase, levels: tuple[int, ...]) -> None:
    from tests.bench import stored
    from tests.bench.clients import load

    ports, programs = _servers(prepared)
    try:
        ceiling = load(ports.bare, "/nothing", seconds=SECONDS)
        _say("Slot answers a second, beside a bare Django view that fetches the same busy rows.")
        _say(
            f"Server and clients by themselves: {ceiling.per_second:,.0f} a second,"
            f" the clients busy for {ceiling.busy:.0%} of a core.\n"
        )
        _say(
            "    stored  to come  days    openings    bare view  ratio  clients  statements  scans"
        )
        for count in levels:
            coming = stored.store(prepared.owner_url, count)
            for days in RANGES:
                _row(prepared, ports, count, coming, days)
    finally:
        programs.stop()


def _row(prepared: TestDatabase, ports: Ports, count: int, coming: int, days: int) -> None:
    from tests.bench import stored
    from tests.bench.clients import Load, load

    clinic, bare = _addresses(days)
    statements = _statements(clinic)
    ask: dict[str, Callable[[float], Load]] = {
        "clinic": lambda seconds: load(ports.clinic, clinic, seconds=seconds, headers=FORWARDED),
        "bare": lambda seconds: load(ports.bare, bare, seconds=seconds),
    }
    for each in ask.values():
        each(SECONDS / 4)  # connections and plans are made, and what was counted before is told
    scans = stored.whole_scans(prepared.owner_url)
    # In turns, so that whatever else the machine does comes to both.
    rounds = [{name: each(SECONDS) for name, each in ask.items()} for _ in range(ROUNDS)]
    scans = stored.whole_scans(prepared.owner_url) - scans
    ours = statistics.median(one["clinic"].per_second for one in rounds)
    theirs = statistics.median(one["bare"].per_second for one in rounds)
    busiest = max(each.busy for one in rounds for each in one.values())
    _say(
        f"{count:10,} {coming:8,} {days:5} {ours:11,.0f} {theirs:12,.0f} {ours / theirs:6.2f}"
        f" {busiest:8.0%} {statements:11} {scans:6}"
    )


def _addresses(days: int) -> tuple[str, str]:
    """The clinic's and the bare view's, for as many days from tomorrow on."""
    from django.utils import timezone

    from scheduling import slots
    from scheduling.models import Clinician
    from scheduling.plan import current

    first = timezone.localdate() + timedelta(days=1)
    last = first + timedelta(days=days - 1)
    inside = slots.local_days(first, last, current().policy.zone)
    clinic = {"visit_type": KIND, "from": first, "to": last}
    bare = {"clinician": Clinician.objects.get().pk, "from": inside.start, "to": inside.end}
    return f"/openings.json?{urlencode(clinic)}", f"/busy?{urlencode(bare)}"


def _statements(address: str) -> int:
    """What one answer asks of the database, once the plan is known."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def _servers(prepared: TestDatabase) -> tuple[Ports, Programs]:
    """The clinic as it is deployed, and the bare view: under the same server, one database."""
    from tests.browser import free_port

    ports = Ports(free_port(), free_port())
    # Its settings are production's; nothing of the tests' is left in its environment.
    environment = {**deployment.VARIABLES, "DATABASE_URL": prepared.url, "PATH": os.environ["PATH"]}
    environment["ALLOWED_HOSTS"] += ",127.0.0.1"  # by which we ask whether it is up
    programs = Programs(folder=ROOT, environment=environment)
    try:
        programs.start("clinic", *web_server(ports.clinic))
        programs.start("bare view", *web_server(ports.bare, "tests.bench.bare:application"))
        programs.wait_for(lambda: _is_up(ports), seconds=60)
    except BaseException:
        programs.stop()
        raise
    return ports, programs


def _is_up(ports: Ports) -> bool:
    return answers(ports.bare, "/nothing") and answers(ports.clinic, "/healthz")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
