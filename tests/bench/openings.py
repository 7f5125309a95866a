"""The slot answer, for one day and for thirty, with more and more visits stored."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone

from scheduling import slots
from scheduling.models import Clinician
from scheduling.plan import current
from tests.bench import stored
from tests.bench.clients import Asked, get, load
from tests.bench.measuring import head, line, say, statements
from tests.bench.servers import FORWARDED, Ports

RANGES = (1, 30)
KIND = "adjustment"


def measure(ports: Ports, levels: Iterable[int], owner_url: str) -> None:
    """Prints a line for each, the last of them with as many visits stored as is looked at last."""
    ceiling = load(Asked(ports.bare, [get("/nothing")]))
    say("Each a second, beside a bare Django view that fetches the same rows.")
    say(
        f"Server and clients by themselves: {ceiling.per_second:,.0f} a second,"
        f" the clients busy for {ceiling.busy:.0%} of a core.\n"
    )
    head("    stored  to come  days", "openings")
    for count in levels:
        coming = stored.store(owner_url, count)
        for days in RANGES:
            clinic, bare = _addresses(days)
            client = Client(headers={"host": "localhost"})
            line(
                f"{count:10,} {coming:8,} {days:5}",
                Asked(ports.clinic, [get(clinic, FORWARDED)]),
                Asked(ports.bare, [get(bare)]),
                statements(lambda client=client, clinic=clinic: client.get(clinic)),
                owner_url,
            )


def _addresses(days: int) -> tuple[str, str]:
    """The clinic's and the bare view's, for as many days from tomorrow on."""
    first = timezone.localdate() + timedelta(days=1)
    last = first + timedelta(days=days - 1)
    inside = slots.local_days(first, last, current().policy.zone)
    clinic = {"visit_type": KIND, "from": first, "to": last}
    bare = {"clinician": Clinician.objects.get().pk, "from": inside.start, "to": inside.end}
    return f"/openings.json?{urlencode(clinic)}", f"/busy?{urlencode(bare)}"
