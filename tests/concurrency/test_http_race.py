"""Fifty browsers press the same time on the real web server: one gets it, the others are told.

What happens without the database's guards is shown one floor below, in `test_one_time`.
"""

import http.client
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Barrier
from time import perf_counter
from urllib.parse import urlencode, urlsplit

import pytest
from django.utils import timezone

from intake import public
from intake.models import Clearance
from scheduling import availability
from scheduling.availability import Wish
from scheduling.models import Appointment
from scheduling.slots import State
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory
from tests.people import signed_in

pytestmark = pytest.mark.race

CLIENTS = 50
# Fewer tries altogether than one address has: they all come from here.
ROUNDS = 3
# Most of it is one process answering fifty requests, on cores the database and the clients share;
# the bound is for a busy machine. Waiting for one another would cost minutes.
PATIENCE = 15.0
CSRF = "x" * 32


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    page: str
    seconds: float


class Somebody:
    """One patient with a browser, signed in and cleared."""

    def __init__(self, site: str) -> None:
        account = AccountFactory.create()
        self.leave: Clearance = ClearanceFactory.create(
            patient=PatientFactory.create(account=account), starts_at=timezone.now()
        )
        self._host = urlsplit(site).netloc
        self._cookie = f"sessionid={signed_in(account).cookies['sessionid'].value};csrftoken={CSRF}"

    def wants(self, start: datetime, together: Barrier) -> Answer:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.connect()
        together.wait()
        return self.post(f"/book/{self.leave.pk}/hold/", connection, start=start.isoformat())

    def looks(self) -> None:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("GET", f"/book/{self.leave.pk}/", headers={"Cookie": self._cookie})
        assert connection.getresponse().status == 200
        connection.close()

    def post(
        self, path: str, connection: http.client.HTTPConnection | None = None, **data: str
    ) -> Answer:
        connection = connection or http.client.HTTPConnection(self._host, timeout=60)
        began = perf_counter()
        connection.request(
            "POST",
            path,
            urlencode({"csrfmiddlewaretoken": CSRF, **data}),
            {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"},
        )
        response = connection.getresponse()
        page = response.read().decode()
        seconds = perf_counter() - began
        connection.close()
        return Answer(response.status, response.headers.get("Location", ""), page, seconds)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        yield pool


def free_starts(leave: Clearance) -> list[datetime]:
    """Far enough apart that a round leaves the next one's free."""
    now = timezone.now()
    (card,) = public.clearances_usable(leave.patient_id, now)
    visit_type = availability.visit_type_for(card)
    assert visit_type
    starts = availability.offered(Wish(clearance=card, visit_type=visit_type, now=now))
    return starts[10 : 10 + 12 * ROUNDS : 12]


def test_fifty_press_one_time_and_one_gets_it(site: str, threads: ThreadPoolExecutor):
    people = [Somebody(site) for _ in range(CLIENTS)]
    # A server that was just started connects to the database first.
    list(threads.map(Somebody.looks, people))
    slowest = []
    for start in free_starts(people[0].leave):
        press = partial(Somebody.wants, start=start, together=Barrier(CLIENTS))
        answers = list(threads.map(press, people))
        slowest.append(max(answer.seconds for answer in answers))

        assert Counter(answer.status for answer in answers) == {302: 1, 409: CLIENTS - 1}
        for answer in answers:
            if answer.status == 409:
                assert "That time has just been taken. Please choose another." in answer.page
                offered = re.findall(r'name="start" value="([^"]+)"', answer.page)
                assert offered, "other times are there to choose"
                assert start.isoformat() not in offered

        (winner,) = (at for at, answer in enumerate(answers) if answer.status == 302)
        kept = Appointment.objects.get(state=State.HELD)
        assert answers[winner].location == f"/my/visits/{kept.pk}/confirm/"
        assert people[winner].post(answers[winner].location, seen="1").status == 302
        there = Appointment.objects.filter(visit__startswith=start).values_list("state", flat=True)
        assert list(there) == [State.BOOKED.value]
    in_words = ", ".join(f"{seconds:.2f}" for seconds in slowest)
    print(f"\nthe slowest of {CLIENTS}, round by round: {in_words} s")  # noqa: T201
    assert max(slowest) < PATIENCE
