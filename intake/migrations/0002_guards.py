"""What the database itself refuses about answers, decisions and clearances.

Each refusal carries a constraint's name, as a check constraint's would.
"""

from django.db import migrations

from clinic.triggers import history, never_changed

REFUSE = """
CREATE FUNCTION clinic_refuse(why text, constraint_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation', CONSTRAINT = constraint_name;
END $$;

-- A guard that waited for another transaction must then see what that one committed. Under
-- REPEATABLE READ and SERIALIZABLE it would go on reading the past (seen: a visit booked over a
-- case just opened), for a lock on a row that did not change raises no serialization error.
CREATE FUNCTION clinic_require_fresh_reads() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'Guarded rows are written under READ COMMITTED.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'guards_read_committed';
    END IF;
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

# Two records of one person, merged by a pointer, are one to every guard. Whoever asks about a
# person, and whoever changes what the answer rests on, first locks all their records: one that was
# merged while they waited is there at the second look.
PERSON = """
CREATE FUNCTION intake_person(record uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(merged_into_id, id) FROM intake_patient WHERE id = record);
END $$;

CREATE FUNCTION intake_records_of(record uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept constant uuid := intake_person(record);
BEGIN
    RETURN ARRAY(SELECT id FROM intake_patient WHERE merged_into_id = kept) || kept;
END $$;

CREATE FUNCTION intake_lock_person(record uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM intake_patient WHERE id = ANY (intake_records_of(record))
    ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM intake_patient WHERE id = ANY (intake_records_of(record))
    ORDER BY id FOR NO KEY UPDATE;
END $$;
"""

QUESTIONS = """
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

-- Held by a case of their own, or by answers of theirs that joined somebody else's. Every booking
-- asks, and PL/pgSQL keeps the plan.
CREATE FUNCTION intake_patient_is_held(person uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    records constant uuid[] := intake_records_of(person);
BEGIN
    RETURN EXISTS (
        SELECT FROM intake_case
        WHERE patient_id = ANY (records) AND state IN ('OPEN', 'REFERRED', 'ASKED')
    ) OR EXISTS (
        SELECT FROM intake_case JOIN intake_intake AS said ON said.case_id = intake_case.id
        WHERE said.patient_id = ANY (records)
          AND intake_case.state IN ('OPEN', 'REFERRED', 'ASKED')
    );
END $$;

-- A decision of one of these kinds that nothing has overtaken: no later answers in the case, no
-- later decision of another kind, none that took its place.
CREATE FUNCTION intake_decision_stands(of_case uuid, kinds text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM intake_reviewdecision AS decision
        WHERE decision.case_id = of_case AND decision.kind = ANY (kinds)
          AND NOT EXISTS (
            SELECT FROM intake_reviewdecision AS newer WHERE newer.supersedes_id = decision.id
          )
          AND NOT EXISTS (
            SELECT FROM intake_intake AS said
            WHERE said.case_id = of_case AND said.submitted_at > decision.at
          )
          AND NOT EXISTS (
            SELECT FROM intake_reviewdecision AS later
            WHERE later.case_id = of_case AND later.at > decision.at AND later.kind <> ALL (kinds)
          )
    )
$$;
"""

# A case and a clearance (or a visit) of one patient wait for each other here: without the lock
# both would commit, each blind to the other.
CASE_GATE = """
DECLARE
    moved boolean := TG_OP = 'INSERT'
        OR NEW.state IS DISTINCT FROM OLD.state OR NEW.patient_id IS DISTINCT FROM OLD.patient_id;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.patient_id IS NOT NULL
       AND NEW.patient_id IS DISTINCT FROM OLD.patient_id THEN
        PERFORM clinic_refuse('A case stays with its patient.', 'case_keeps_its_patient');
    END IF;
    IF NOT moved THEN
        RETURN NEW;
    END IF;
    PERFORM clinic_require_fresh_reads();
    PERFORM intake_lock_person(person) FROM (
        SELECT NEW.patient_id
        UNION SELECT patient_id FROM intake_intake WHERE case_id = NEW.id
        ORDER BY 1
    ) AS concerned (person) WHERE person IS NOT NULL;
    IF NEW.state = 'CLEARED'
       AND NOT intake_decision_stands(NEW.id, ARRAY['CLEAR', 'SUPPORTIVE']) THEN
        PERFORM clinic_refuse(
            'Only a recorded decision clears a case.', 'case_cleared_by_decision');
    END IF;
    IF NEW.state = 'CLOSED' AND NOT intake_decision_stands(NEW.id, ARRAY['RESOLVED', 'CLOSE']) THEN
        PERFORM clinic_refuse('Only a recorded decision closes a case.', 'case_closed_by_decision');
    END IF;
    IF NEW.state IN ('CLEARED', 'CLOSED') AND intake_emergency_unresolved(NEW.id) THEN
        PERFORM clinic_refuse('An emergency is never cleared.', 'case_emergency_stands');
    END IF;
    RETURN NEW;
END
"""

# A red flag put into a case that is already decided would hold nobody.
INTAKE_GATE = """
BEGIN
    IF NEW.patient_id IS NOT NULL
       AND (TG_OP = 'INSERT' OR NEW.patient_id IS DISTINCT FROM OLD.patient_id) THEN
        PERFORM clinic_require_fresh_reads();
        PERFORM intake_lock_person(NEW.patient_id);
        IF intake_person(NEW.patient_id) <> NEW.patient_id THEN
            PERFORM clinic_refuse(
                'This record was merged into another.', 'intake_on_the_kept_record');
        END IF;
    END IF;
    IF NEW.case_id IS NULL
       OR (TG_OP = 'UPDATE' AND NEW.case_id IS NOT DISTINCT FROM OLD.case_id
           AND NEW.patient_id IS NOT DISTINCT FROM OLD.patient_id) THEN
        RETURN NEW;
    END IF;
    PERFORM clinic_require_fresh_reads();
    PERFORM intake_lock_person(NEW.patient_id);
    IF TG_OP = 'UPDATE' AND NEW.case_id IS NOT DISTINCT FROM OLD.case_id THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.case_id IS NOT NULL THEN
        IF to_jsonb(NEW) - 'case_id' <> to_jsonb(OLD) - 'case_id' OR NOT EXISTS (
            SELECT FROM intake_reviewdecision
            WHERE kind = 'ASIDE' AND intake_id = NEW.id AND case_id = OLD.case_id
        ) THEN
            PERFORM clinic_refuse(
                'Answers leave a case by a recorded decision.', 'intake_leaves_by_decision');
        END IF;
        IF NOT EXISTS (
            SELECT FROM intake_case
            WHERE id = NEW.case_id AND patient_id IS NOT DISTINCT FROM NEW.patient_id
        ) THEN
            PERFORM clinic_refuse(
                'Answers set aside go to a case of their own.', 'intake_leaves_for_its_own_case');
        END IF;
    END IF;
    PERFORM FROM intake_case
    WHERE id = NEW.case_id AND state IN ('OPEN', 'REFERRED', 'ASKED') FOR SHARE;
    IF NOT FOUND THEN
        PERFORM clinic_refuse(
            'Answers join a case nobody has decided.', 'intake_joins_an_open_case');
    END IF;
    RETURN NEW;
END
"""

CONSENT_GATE = """
BEGIN
    IF NOT EXISTS (
        SELECT FROM intake_intake WHERE id = NEW.intake_id AND patient_id = NEW.patient_id
    ) THEN
        PERFORM clinic_refuse('The consent is for another child.', 'consent_of_its_own_patient');
    END IF;
    RETURN NEW;
END
"""

DECISION_GATE = """
DECLARE
    about intake_intake%ROWTYPE;
BEGIN
    PERFORM clinic_require_fresh_reads();
    SELECT * INTO about FROM intake_intake WHERE id = NEW.intake_id;
    IF about.case_id IS DISTINCT FROM NEW.case_id THEN
        PERFORM clinic_refuse('The answers belong to another case.', 'decision_on_its_own_case');
    END IF;
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_chiropractor AND is_active
    ) THEN
        PERFORM clinic_refuse('Only a chiropractor decides.', 'decision_by_a_chiropractor');
    END IF;
    -- Nor is it closed, nor set waiting for an answer.
    IF NEW.kind IN ('CLEAR', 'SUPPORTIVE', 'ASK', 'CLOSE') AND (
        about.disposition = 'EMERGENCY' OR intake_emergency_unresolved(NEW.case_id)
    ) THEN
        PERFORM clinic_refuse('An emergency is never cleared.', 'decision_emergency_stands');
    END IF;
    IF NEW.kind = 'RESOLVED' AND NOT EXISTS (
        SELECT FROM intake_intake WHERE case_id = NEW.case_id AND disposition = 'EMERGENCY'
    ) THEN
        PERFORM clinic_refuse('There is no emergency here.', 'decision_resolves_an_emergency');
    END IF;
    -- The patient's own stay, and so the case is never emptied.
    IF NEW.kind = 'ASIDE' AND NOT EXISTS (
        SELECT FROM intake_case AS held
        JOIN intake_intake AS own ON own.case_id = held.id AND own.patient_id = held.patient_id
        WHERE held.id = NEW.case_id AND held.state IN ('OPEN', 'REFERRED', 'ASKED')
          AND about.patient_id IS DISTINCT FROM held.patient_id
    ) THEN
        PERFORM clinic_refuse(
            'Only answers of somebody else are set aside.', 'decision_sets_aside_anothers');
    END IF;
    -- Foreign keys are checked at commit: what is superseded must be there already. An emergency
    -- that was resolved, and answers set aside, have had their effect elsewhere.
    IF NEW.supersedes_id IS NOT NULL AND (
        NEW.kind NOT IN ('CLEAR', 'SUPPORTIVE', 'REFER', 'ASK', 'CLOSE')
        OR NOT EXISTS (
            SELECT FROM intake_reviewdecision AS earlier
            WHERE earlier.id = NEW.supersedes_id AND earlier.case_id = NEW.case_id
              AND earlier.at <= NEW.at
              AND earlier.kind IN ('CLEAR', 'SUPPORTIVE', 'REFER', 'ASK', 'CLOSE')
        )
    ) THEN
        PERFORM clinic_refuse(
            'A decision supersedes an earlier one on its case.', 'decision_supersedes_its_own');
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
    PERFORM clinic_require_fresh_reads();
    PERFORM intake_lock_person(NEW.patient_id);
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
        -- The short form asks only what may have changed: beneath it stands a full one of the
        -- same patient, of the last twelve months, in the same version, and no emergency since.
        IF basis.kind = 'RESCREEN' AND NOT EXISTS (
            SELECT FROM intake_intake AS whole
            WHERE whole.patient_id = ANY (intake_records_of(NEW.patient_id))
              AND whole.kind = 'FULL' AND whole.is_complete
              AND whole.protocol = basis.protocol
              AND whole.submitted_at <= basis.submitted_at
              AND whole.submitted_at > basis.submitted_at - interval '12 months'
              AND NOT EXISTS (
                SELECT FROM intake_intake AS emergency
                WHERE emergency.patient_id = ANY (intake_records_of(NEW.patient_id))
                  AND emergency.disposition = 'EMERGENCY'
                  AND emergency.submitted_at >= whole.submitted_at
              )
        ) THEN
            PERFORM clinic_refuse(
                'A short re-screen needs a full intake of the last year.',
                'clearance_rescreen_within_a_year');
        END IF;
    ELSE
        SELECT * INTO decided FROM intake_reviewdecision WHERE id = NEW.decision_id;
        -- Foreign keys are checked at commit: the decision may not be there yet.
        IF NOT FOUND OR decided.kind NOT IN ('CLEAR', 'SUPPORTIVE')
           OR decided.intake_id <> NEW.intake_id
           OR (NEW.xray_allowed AND NOT decided.xray_allowed)
           OR NEW.ends_at > decided.until
           OR (cardinality(decided.visit_types) > 0 AND NOT (
                cardinality(NEW.visit_types) > 0 AND NEW.visit_types <@ decided.visit_types
           ))
           OR EXISTS (
                SELECT FROM intake_reviewdecision AS newer WHERE newer.supersedes_id = decided.id
           )
           OR EXISTS (
                SELECT FROM intake_reviewdecision AS later
                WHERE later.case_id = decided.case_id AND later.at > decided.at
                  AND later.kind NOT IN ('CLEAR', 'SUPPORTIVE')
           ) THEN
            PERFORM clinic_refuse(
                'The decision does not clear this intake.', 'clearance_follows_its_decision');
        END IF;
    END IF;
    IF EXISTS (
        SELECT FROM intake_intake
        WHERE patient_id = ANY (intake_records_of(NEW.patient_id))
          AND disposition = 'EMERGENCY'
          AND submitted_at > coalesce(decided.at, basis.submitted_at)
    ) THEN
        PERFORM clinic_refuse(
            'Answers from before an emergency clear nobody.', 'clearance_newer_than_emergency');
    END IF;
    IF intake_patient_is_held(NEW.patient_id) THEN
        PERFORM clinic_refuse('The patient has a held case.', 'clearance_patient_is_held');
    END IF;
    RETURN NEW;
END
"""

# Asked at the end of the transaction, which takes the clearance back after the decision is there.
SUPERSEDING_GATE = """
CREATE FUNCTION intake_superseding_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM clinic_require_fresh_reads();
    IF EXISTS (
        SELECT FROM intake_clearance
        WHERE decision_id = NEW.supersedes_id AND revoked_at IS NULL
    ) THEN
        PERFORM clinic_refuse(
            'What a superseded decision allowed is taken back.', 'superseded_clearance_is_revoked');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER intake_superseding_gate AFTER INSERT ON intake_reviewdecision
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.supersedes_id IS NOT NULL)
    EXECUTE FUNCTION intake_superseding_gate();
"""


def guard(name: str, table: str, events: str, body: str) -> str:
    return GUARD.format(name=name, table=table, events=events, body=body)


# From one case to another only as `intake_joins_gate` allows.
INTAKE_NEVER_CHANGED = """
CREATE TRIGGER never_deleted BEFORE DELETE ON intake_intake
    FOR EACH ROW EXECUTE FUNCTION clinic_refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE ON intake_intake
    FOR EACH ROW WHEN ((OLD.case_id <> NEW.case_id) IS NOT TRUE)
    EXECUTE FUNCTION clinic_refuse_change('patient_id', 'case_id');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_initial"),
        ("clinic", "0002_history_and_guards"),
    ]
    operations = [
        migrations.RunSQL(
            [
                REFUSE,
                PERSON,
                QUESTIONS,
                guard("intake_case_gate", "intake_case", "INSERT OR UPDATE", CASE_GATE),
                guard("intake_joins_gate", "intake_intake", "INSERT OR UPDATE", INTAKE_GATE),
                guard("intake_consent_gate", "intake_guardianconsent", "INSERT", CONSENT_GATE),
                guard("intake_decision_gate", "intake_reviewdecision", "INSERT", DECISION_GATE),
                guard("intake_clearance_gate", "intake_clearance", "INSERT", CLEARANCE_GATE),
                SUPERSEDING_GATE,
                INTAKE_NEVER_CHANGED,
                never_changed("intake_finding"),
                never_changed("intake_contactleft"),
                never_changed("intake_wishedtimes"),
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
