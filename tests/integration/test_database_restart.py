"""PostgreSQL restarts under the real web server: the pages are back as soon as it is."""

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from clinic import local_postgres
from tests import database
from tests.browser import served
from tests.database import TestDatabase

# A server of its own: the other tests' must not go away beneath them.
USE = "restarted"
# More than the web server answers at once, so that its connections are open.
AT_ONCE = 24
# Far above what a page takes, far below a wait between two tries.
PATIENCE = 2.0
PAGE = "/sign-in/"


@dataclass(frozen=True)
class Site:
    port: int
    database: TestDatabase

    def get(self, path: str = PAGE) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def get_many(self, path: str = PAGE) -> list[int]:
        with ThreadPoolExecutor(AT_ONCE) as visitors:
            return list(visitors.map(self.get, [path] * AT_ONCE * 10))

    def connections(self) -> int:
        with self.database.server.as_superuser() as session:
            counted = session.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [self.database.name]
            ).fetchone()
        return int(counted[0]) if counted else 0


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    prepared = database.prepare("web", use=USE)
    try:
        with served(prepared) as port:
            yield Site(port, prepared)
    finally:
        prepared.remove()


def test_no_page_fails_or_waits_after_a_restart(site: Site):
    """One visitor alone: many at once would try all the dead connections together."""
    site.get_many()
    assert site.connections() > 3, "with one or two dead ones a pool does well enough"
    local_postgres.control(USE, "restart")
    for _ in range(AT_ONCE):
        began = time.monotonic()
        assert site.get() == 200
        assert time.monotonic() - began < PATIENCE
    assert set(site.get_many()) == {200}


def test_while_it_is_away_a_page_says_so_at_once(site: Site):
    site.get_many()
    local_postgres.control(USE, "stop")
    try:
        began = time.monotonic()
        assert [site.get(), site.get("/healthz")] == [500, 503]
        assert time.monotonic() - began < PATIENCE
    finally:
        local_postgres.control(USE, "restart")
    assert [site.get(), site.get("/healthz")] == [200, 200]
