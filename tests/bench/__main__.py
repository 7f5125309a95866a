"""`make bench`: prints what docs/bench.md explains. Fails only when it could not measure."""

import argparse
import os

from tests import database, deployment
from tests.database import TestDatabase

STORED = (0, 10_000, 100_000)
A_MILLION = 1_000_000
# What the desk's screens are measured with.
USUAL = 100_000


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
    os.environ.update(
        DJANGO_SETTINGS_MODULE="tests.settings",
        DATABASE_URL=prepared.url,
        # The server's own, so that it knows the session we sign somebody in to.
        SECRET_KEY=deployment.VARIABLES["SECRET_KEY"],
    )
    import django

    django.setup()
    from tests.bench import booking, desk, openings, searching, servers, stored
    from tests.factories.clinic import StaffFactory

    people = stored.make_people()
    by = StaffFactory.create(is_desk=True)
    with servers.running(prepared.url) as ports:
        openings.measure(ports, levels, prepared.owner_url)
        stored.store(prepared.owner_url, USUAL)
        searching.store(prepared.owner_url)
        desk.measure(ports, by, prepared.owner_url)
    searching.tell(by)
    booking.tell(people, prepared.url, prepared.owner_url)


if __name__ == "__main__":
    main()
