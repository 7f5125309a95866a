"""What the application's database role may do: least privilege, set again after every migration.

The application signs in as its own role, which owns nothing, so it can neither drop a guard nor
switch a trigger off. A table that is not named here can be read and written, never emptied.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.utils import CursorWrapper
from psycopg import sql

# Only ever added to: a row that stands is proof.
ADD_ONLY = (
    "clinic.AuditEntry",
    "intake.Finding",
    "intake.ContactLeft",
    "intake.WishedTimes",
    "intake.ReviewDecision",
    "intake.ClearanceDecision",
    "intake.ExercisePlan",
    "intake.Prescription",
    "intake.PainScore",
    "intake.GuardianConsent",
    "intake.PatientMerge",
    "intake.ProtocolSignature",
    "intake.Referral",
    "intake.ReferralLetter",
    "intake.ReferralStep",
    "intake.Report",
    "scheduling.StatusChange",
)
# Written by triggers alone, with their owner's rights.
READ_ONLY = ("clinic.HistoryEntry",)
# Some columns may change after the row is made; the row never goes.
CHANGEABLE_COLUMNS: dict[str, Sequence[str]] = {
    "intake.Intake": ("patient_id", "case_id"),
    "intake.Clearance": ("revoked_at", "revoked_by_id", "revoked_because"),
}
# Changed freely, never deleted.
NEVER_DELETED = (
    "clinic.User",
    "clinic.ClinicProfile",
    "clinic.Message",
    "intake.Patient",
    "intake.Case",
    "intake.Handover",
    "intake.Receiver",
    "scheduling.Appointment",
    "scheduling.Call",
    "scheduling.Clinician",
    "scheduling.VisitType",
    "scheduling.WaitlistEntry",
    "scheduling.WaitlistOffer",
)


def may_delete(label: str) -> bool:
    """Whether the application may delete rows of this model at all."""
    return label not in {*ADD_ONLY, *READ_ONLY, *CHANGEABLE_COLUMNS, *NEVER_DELETED}


def grant_after_migrate(using: str, **_kwargs: Any) -> None:
    """Receives `post_migrate` once, when every table is there."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    role = settings.DATABASE_APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            raise ImproperlyConfigured(
                f"The database role {role!r} does not exist. Create it first:"
                f" CREATE ROLE {role} LOGIN PASSWORD '...'; or name another in DATABASE_APP_ROLE."
            )
        for statement in _statements(sql.Identifier(role)):
            cursor.execute(statement)
        for function in _owners_triggers(cursor):
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")


def _statements(role: sql.Identifier) -> list[sql.Composed]:
    statements = [
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {0}").format(role),
        sql.SQL(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}"
        ).format(role),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}").format(role),
        # Databases begun before PostgreSQL 15 let everybody make things here.
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {0}").format(role),
        # The record of migrations is the owner's.
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {0}").format(role),
        # Its triggers alone say that the plan has changed.
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON scheduling_plan_revision FROM {0}").format(role),
        # And alone keep what patients are found by.
        sql.SQL(
            "REVOKE INSERT, UPDATE, DELETE ON intake_search, intake_search_word FROM {0}"
        ).format(role),
    ]
    statements += [_revoke("UPDATE, DELETE", label, role) for label in ADD_ONLY]
    statements += [_revoke("INSERT, UPDATE, DELETE", label, role) for label in READ_ONLY]
    statements += [_revoke("DELETE", label, role) for label in NEVER_DELETED]
    for label, columns in CHANGEABLE_COLUMNS.items():
        statements.append(_revoke("UPDATE, DELETE", label, role))
        statements.append(
            sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), _table(label), role
            )
        )
    return statements


def _owners_triggers(cursor: CursorWrapper) -> list[str]:
    """Trigger functions that run with their owner's rights.

    Whoever may execute one may put it on a temporary table of any name, and so write history.
    """
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        " AND prorettype = 'trigger'::regtype"
    )
    return [name for (name,) in cursor.fetchall()]


def _revoke(rights: str, label: str, role: sql.Identifier) -> sql.Composed:
    return sql.SQL("REVOKE {} ON {} FROM {}").format(sql.SQL(rights), _table(label), role)


def _table(label: str) -> sql.Identifier:
    return sql.Identifier(apps.get_model(label)._meta.db_table)
