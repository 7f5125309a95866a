"""The application's role cannot take its own guards away."""

import psycopg
import pytest

from clinic.models import ServiceTown
from tests.database import TestDatabase


@pytest.fixture
def application(fresh_database: TestDatabase):
    with psycopg.connect(fresh_database.url, autocommit=True) as connection:
        yield connection


@pytest.mark.django_db
def test_the_tests_sign_in_as_the_application():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == ("clinic_app", "clinic_app")
    assert ServiceTown.objects.count() == 7


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE scheduling_appointment DISABLE TRIGGER ALL",
        "ALTER TABLE scheduling_appointment DISABLE TRIGGER scheduling_visit_gate",
        "ALTER TABLE scheduling_appointment DROP CONSTRAINT visit_clinician_not_twice",
        "DROP TRIGGER scheduling_visit_gate ON scheduling_appointment",
        "DROP FUNCTION scheduling_visit_gate() CASCADE",
        (
            "CREATE OR REPLACE FUNCTION scheduling_visit_gate() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NEW; END $$"
        ),
        "CREATE FUNCTION public.anything() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        (
            "CREATE TRIGGER again BEFORE INSERT ON scheduling_appointment"
            " FOR EACH ROW EXECUTE FUNCTION clinic_refuse_change()"
        ),
        "SET session_replication_role = replica",
        "SET ROLE clinic_owner",
        "SET SESSION AUTHORIZATION clinic_owner",
        "TRUNCATE clinic_auditentry",
        "DELETE FROM clinic_auditentry",
        "UPDATE clinic_auditentry SET action = 'nothing'",
        (
            'INSERT INTO clinic_historyentry (at, actor, database_role, "table", row_id, operation)'
            " VALUES (now(), '', '', '', '', '')"
        ),
        "DELETE FROM clinic_historyentry",
        "UPDATE intake_reviewdecision SET reason = 'another'",
        "UPDATE intake_protocolsignature SET remark = 'another'",
        "DELETE FROM intake_protocolsignature",
        "UPDATE intake_finding SET reason = 'another'",
        "UPDATE intake_intake SET disposition = 'BOOK'",
        "UPDATE intake_intake SET answers = '{}'",
        "DELETE FROM intake_intake",
        "UPDATE intake_clearance SET ends_at = now() + interval '9 years'",
        "UPDATE scheduling_statuschange SET reason = 'another'",
        "DELETE FROM scheduling_appointment",
        "UPDATE scheduling_plan_revision SET revision = gen_random_uuid()",
        "DELETE FROM intake_patient",
    ],
)
def test_raw_sql_may_not(application: psycopg.Connection, statement: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement)
