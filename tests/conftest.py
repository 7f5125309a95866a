"""What every test may ask for. The database is real, and signed in to as the clinic is."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests import database
from tests.database import TestDatabase


@pytest.fixture(scope="session")
def test_database(request: pytest.FixtureRequest) -> Iterator[TestDatabase]:
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    prepared = database.prepare(worker)
    yield prepared
    connections.close_all()
    prepared.remove()


@pytest.fixture(scope="session")
def django_db_setup(test_database: TestDatabase, django_db_blocker: DjangoDbBlocker) -> None:
    """In place of Django's own: the application's role may not create a database."""
    address = urlsplit(test_database.url)
    connections["default"].settings_dict.update(
        NAME=test_database.name,
        USER=address.username,
        HOST=parse_qs(address.query)["host"][0],
        PORT="",
        PASSWORD="",
    )


@pytest.fixture
def fresh_database(
    django_db_setup: None, test_database: TestDatabase, django_db_blocker: DjangoDbBlocker
) -> Iterator[TestDatabase]:
    """A database of its own, in which commits are real; thrown away after the test.

    For races, for the server in another process, and for raw SQL. Any other test marks itself
    `django_db` and is rolled back, which is faster.
    """
    with django_db_blocker.unblock():
        yield test_database
        connections.close_all()
    test_database.renew()
