"""Triggers every table can use: the history of a row, and the refusal to change one.

Plain triggers, owned by the owner of the tables: the application's role can neither drop nor
disable them, and no setting of a session switches them off.
"""

from django.db import migrations

from clinic.triggers import history, never_changed

FUNCTIONS = """
CREATE FUNCTION clinic_record_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    row_before jsonb;
    row_after jsonb;
BEGIN
    -- A password, even hashed, is nobody's history.
    IF TG_OP <> 'INSERT' THEN row_before := to_jsonb(OLD) - 'password' - 'last_login'; END IF;
    IF TG_OP <> 'DELETE' THEN row_after := to_jsonb(NEW) - 'password' - 'last_login'; END IF;
    IF row_before IS DISTINCT FROM row_after THEN
        INSERT INTO clinic_historyentry
            (at, actor, database_role, "table", row_id, operation, before, after)
        VALUES (
            clock_timestamp(), coalesce(current_setting('clinic.actor', true), ''), session_user,
            TG_TABLE_NAME, coalesce(row_after ->> 'id', row_before ->> 'id'), TG_OP,
            row_before, row_after
        );
    END IF;
    RETURN NULL;
END $$;

-- The arguments name columns that may be filled in later, once; everything else stands.
CREATE FUNCTION clinic_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 THEN
        after := to_jsonb(NEW);
        IF before - TG_ARGV = after - TG_ARGV AND NOT EXISTS (
            SELECT FROM unnest(TG_ARGV) AS col
            WHERE before -> col IS DISTINCT FROM after -> col
              AND coalesce(before ->> col, '') <> ''
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'never_changed';
END $$;
"""

WITH_HISTORY = ("clinic_user", "clinic_servicetown", "clinic_clinicprofile")
ONLY_ADDED_TO = ("clinic_auditentry", "clinic_historyentry")


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                FUNCTIONS,
                *map(history, WITH_HISTORY),
                *map(never_changed, ONLY_ADDED_TO),
                # See clinic.limits. After a crash it is empty, which makes it several times
                # faster: nothing rests on it but patience.
                (
                    "CREATE UNLOGGED TABLE clinic_tries (key char(64) PRIMARY KEY,"
                    " made_at timestamptz[] NOT NULL, forget_at timestamptz NOT NULL);"
                ),
            ],
            migrations.RunSQL.noop,
        )
    ]
