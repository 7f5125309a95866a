"""What every test may ask for. The database is real, and signed in to as the clinic is."""

import gc
import os
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import Client
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker

from clinic.models import User
from tests import database
from tests.database import TestDatabase
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.people import signed_in

pytest_plugins = ["tests.browser", "tests.slowest"]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: each waits half its time for a browser or the database."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Thousands of tests wait in memory: they are no rubbish, and need not be looked through."""
    gc.freeze()


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


@pytest.fixture(scope="class")
def class_transaction(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Around all tests of a class: what its own fixtures write is there for each of them.

    What a test writes itself is still rolled back after it.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def in_english() -> None:
    """A page of the test before may have left its language behind in this thread."""
    translation.activate(settings.LANGUAGE_CODE)


# --- Five people, and a browser in which each is signed in ----------------------------------------
# A patient is an account here; the record of who is cared for is `patient.patients.get()`.


@pytest.fixture
def patient(db: None) -> User:
    account = AccountFactory.create(email="ana@example.com")
    PatientFactory.create(account=account, given_name="Ana", family_name="Reyes")
    return account


@pytest.fixture
def other_patient(db: None) -> User:
    account = AccountFactory.create(email="ben@example.com")
    PatientFactory.create(account=account, given_name="Ben", family_name="Okoro")
    return account


@pytest.fixture
def desk(db: None) -> User:
    return StaffFactory.create(email="desk@example.com", name="Dana Desk", is_desk=True)


@pytest.fixture
def doctor(db: None) -> User:
    return StaffFactory.create(email="doctor@example.com", name="Dr. Solomon", is_chiropractor=True)


@pytest.fixture
def administrator(db: None) -> User:
    return StaffFactory.create(email="admin@example.com", name="Ada Admin", is_administrator=True)


@pytest.fixture
def patient_client(patient: User) -> Client:
    return signed_in(patient)


@pytest.fixture
def other_patient_client(other_patient: User) -> Client:
    return signed_in(other_patient)


@pytest.fixture
def desk_client(desk: User) -> Client:
    return signed_in(desk)


@pytest.fixture
def doctor_client(doctor: User) -> Client:
    return signed_in(doctor)


@pytest.fixture
def administrator_client(administrator: User) -> Client:
    return signed_in(administrator)
