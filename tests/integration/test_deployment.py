"""A server that lost a variable, or took the wrong role, does not start."""

import psycopg
import pytest

from tests import deployment
from tests.database import TestDatabase

OPTIONAL = {"CLINIC_ENVIRONMENT", "TRUSTED_PROXIES"}


def test_a_complete_deployment_passes(fresh_database: TestDatabase):
    deployment.have_the_protocol_signed()
    done = deployment.check(fresh_database.url)
    assert done.returncode == 0, done.stderr


def test_a_protocol_nobody_signed_is_refused(test_database: TestDatabase):
    done = deployment.check(test_database.url)
    assert done.returncode != 0
    assert "intake.E001" in done.stderr
    assert "is not signed" in done.stderr
    assert "Have a chiropractor sign in" in done.stderr


def test_tables_that_were_never_made_are_a_sentence_too(fresh_database: TestDatabase):
    with psycopg.connect(fresh_database.owner_url, autocommit=True) as owner:
        owner.execute("DROP TABLE intake_protocolsignature")
    done = deployment.check(fresh_database.url)
    assert "intake.E002" in done.stderr
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_owner_of_the_tables_is_refused(test_database: TestDatabase):
    done = deployment.check(test_database.owner_url)
    assert done.returncode != 0
    assert "clinic.E001" in done.stderr


@pytest.mark.parametrize("name", sorted({*deployment.VARIABLES, "DATABASE_URL"} - OPTIONAL))
def test_a_lost_variable_stops_the_start_and_is_named(test_database: TestDatabase, name: str):
    done = deployment.check(test_database.url, without=name)
    assert done.returncode != 0
    assert f"{name} is not set." in done.stderr


def test_without_an_environment_it_is_production(test_database: TestDatabase):
    done = deployment.check("", without="CLINIC_ENVIRONMENT")
    assert "DATABASE_URL is not set." in done.stderr
