"""What the database itself refuses about answers, decisions and clearances.

Each refusal carries a constraint's name, as a check constraint's would.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION clinic_refuse(why text, constraint_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation', CONSTRAINT = constraint_name;
END $$;
"""

# SECURITY DEFINER: FOR SHARE needs a right to change the row, which the application lacks.
GUARD = """
CREATE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
{body}
$$;
CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""

EMERGENCY_UNRESOLVED = """
CREATE FUNCTION intake_emergency_unresolved(of_case uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM intake_intake AS emergency
        WHERE emergency.case_id = of_case AND emergency.disposition = 'EMERGENCY'
          AND NOT EXISTS (
            SELECT FROM intake_reviewdecision AS decision
            WHERE decision.case_id = of_case AND decision.kind = 'RESOLVED'
              AND decision.at >= emergency.submitted_at
          )
    )
$$;
"""

# A case and a clearance (or a visit) of one patient wait for each other here: without the lock
# both would commit, each blind to the other.
CASE_GATE = """
DECLARE
    resolving boolean := NEW.state IN ('CLEARED', 'CLOSED');
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.patient_id IS NOT NULL
       AND NEW.patient_id IS DISTINCT FROM OLD.patient_id THEN
        PERFORM clinic_refuse('A case stays with its patient.', 'case_keeps_its_patient');
    END IF;
    IF NEW.patient_id IS NOT NULL THEN
        PERFORM FROM intake_patient WHERE id = NEW.patient_id FOR NO KEY UPDATE;
    END IF;
    IF NEW.state = 'CLEARED' AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state) AND NOT EXISTS (
        SELECT FROM intake_reviewdecision
        WHERE case_id = NEW.id AND kind IN ('CLEAR', 'SUPPORTIVE')
    ) THEN
        PERFORM clinic_refuse('Only a recorded decision clears a case.', 'case_cleared_by_decision');
    END IF;
    IF NEW.state = 'CLOSED' AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state) AND NOT EXISTS (
        SELECT FROM intake_reviewdecision WHERE case_id = NEW.id AND kind = 'RESOLVED'
    ) THEN
        PERFORM clinic_refuse('Only a recorded decision closes a case.', 'case_closed_by_decision');
    END IF;
    IF resolving AND intake_emergency_unresolved(NEW.id) THEN
        PERFORM clinic_refuse('An emergency is never cleared.', 'case_emergency_stands');
    END IF;
    RETURN NEW;
END
"""

DECISION_GATE = """
DECLARE
    about intake_intake%ROWTYPE;
BEGIN
    SELECT * INTO about FROM intake_intake WHERE id = NEW.intake_id;
    IF about.case_id IS DISTINCT FROM NEW.case_id THEN
        PERFORM clinic_refuse('The answers belong to another case.', 'decision_on_its_own_case');
    END IF;
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_chiropractor AND is_active
    ) THEN
        PERFORM clinic_refuse('Only a chiropractor decides.', 'decision_by_a_chiropractor');
    END IF;
    IF NEW.kind IN ('CLEAR', 'SUPPORTIVE') AND (
        about.disposition = 'EMERGENCY' OR intake_emergency_unresolved(NEW.case_id)
    ) THEN
        PERFORM clinic_refuse('An emergency is never cleared.', 'decision_emergency_stands');
    END IF;
    RETURN NEW;
END
"""

CLEARANCE_GATE = """
DECLARE
    basis intake_intake%ROWTYPE;
    decided intake_reviewdecision%ROWTYPE;
BEGIN
    IF NEW.revoked_at IS NOT NULL THEN
        PERFORM clinic_refuse('A clearance begins unrevoked.', 'clearance_begins_unrevoked');
    END IF;
    PERFORM FROM intake_patient WHERE id = NEW.patient_id FOR NO KEY UPDATE;
    SELECT * INTO basis FROM intake_intake WHERE id = NEW.intake_id;
    IF basis.patient_id IS DISTINCT FROM NEW.patient_id THEN
        PERFORM clinic_refuse('The intake is another person''s.', 'clearance_of_its_own_patient');
    END IF;
    IF basis.disposition = 'EMERGENCY' THEN
        PERFORM clinic_refuse('An emergency is never cleared.', 'clearance_emergency_stands');
    END IF;
    IF NEW.decision_id IS NULL THEN
        IF basis.disposition <> 'BOOK' OR basis.case_id IS NOT NULL THEN
            PERFORM clinic_refuse(
                'This intake needs a decision first.', 'clearance_needs_book_or_decision');
        END IF;
    ELSE
        SELECT * INTO decided FROM intake_reviewdecision WHERE id = NEW.decision_id;
        IF decided.kind NOT IN ('CLEAR', 'SUPPORTIVE') OR decided.intake_id <> NEW.intake_id
           OR (NEW.xray_allowed AND NOT decided.xray_allowed) THEN
            PERFORM clinic_refuse(
                'The decision does not clear this intake.', 'clearance_follows_its_decision');
        END IF;
    END IF;
    IF EXISTS (
        SELECT FROM intake_case
        WHERE patient_id = NEW.patient_id AND state IN ('OPEN', 'REFERRED')
    ) THEN
        PERFORM clinic_refuse('The patient has a held case.', 'clearance_patient_is_held');
    END IF;
    RETURN NEW;
END
"""


def guard(name: str, table: str, events: str, body: str) -> str:
    return GUARD.format(name=name, table=table, events=events, body=body)


def history(table: str) -> str:
    return (
        f"CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION clinic_record_history();"
    )


def never_changed(table: str, *once: str) -> str:
    columns = ", ".join(f"'{column}'" for column in once)
    return (
        f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION clinic_refuse_change({columns});"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_initial"),
        ("clinic", "0002_history_and_guards"),
    ]
    operations = [
        migrations.RunSQL(
            [
                REFUSE,
                EMERGENCY_UNRESOLVED,
                guard("intake_case_gate", "intake_case", "INSERT OR UPDATE", CASE_GATE),
                guard("intake_decision_gate", "intake_reviewdecision", "INSERT", DECISION_GATE),
                guard("intake_clearance_gate", "intake_clearance", "INSERT", CLEARANCE_GATE),
                never_changed("intake_intake", "patient_id", "case_id"),
                never_changed("intake_finding"),
                never_changed("intake_reviewdecision"),
                never_changed("intake_guardianconsent"),
                never_changed("intake_clearance", "revoked_at", "revoked_by_id", "revoked_because"),
                history("intake_patient"),
                history("intake_case"),
                history("intake_clearance"),
            ],
            migrations.RunSQL.noop,
        )
    ]
