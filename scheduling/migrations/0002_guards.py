"""The gate: no live visit without a clearance of the same patient that covers its start.

The database refuses, whatever writes. It reads the clearance FOR SHARE; revoking takes it FOR
UPDATE first: without both, a revocation and a booking both commit.

What a visit was let through by (a patient's age, what a visit type means, a clearance) is
guarded too, so that it does not change beneath the visit.
"""

from django.db import migrations

from clinic.triggers import history, never_changed
from scheduling.locking import CALENDAR

# Beneath the constraints against two visits, and two times kept, of one person.
VISIT_PERSON = """
CREATE FUNCTION scheduling_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.person_id := intake_person(NEW.patient_id);
    RETURN NEW;
END $$;
CREATE TRIGGER scheduling_person BEFORE INSERT OR UPDATE ON scheduling_appointment
    FOR EACH ROW EXECUTE FUNCTION scheduling_person();
"""

VISIT_GATE = """
CREATE FUNCTION scheduling_visit_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    live constant text[] := ARRAY['held', 'booked', 'confirmed', 'arrived', 'in_room'];
    clearance intake_clearance%ROWTYPE;
    person intake_patient%ROWTYPE;
    kind scheduling_visittype%ROWTYPE;
    is_placed boolean := TG_OP = 'INSERT';
    -- Longer or shorter, it is the visit it was.
    is_another boolean := TG_OP = 'INSERT';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Records merged or taken apart: what that asks of visits is asked there.
        IF NEW.person_id <> OLD.person_id
           AND to_jsonb(NEW) - 'person_id' = to_jsonb(OLD) - 'person_id' THEN
            RETURN NEW;
        END IF;
        is_placed := (NEW.visit, NEW.clinician_busy, NEW.room_busy, NEW.room_id, NEW.visit_type_id)
            IS DISTINCT FROM
            (OLD.visit, OLD.clinician_busy, OLD.room_busy, OLD.room_id, OLD.visit_type_id);
        is_another := (lower(NEW.visit), NEW.visit_type_id)
            IS DISTINCT FROM (lower(OLD.visit), OLD.visit_type_id);
        IF NEW.patient_id <> OLD.patient_id THEN
            PERFORM clinic_refuse('A visit stays with its patient.', 'visit_keeps_its_patient');
        END IF;
        IF NEW.state = 'done' AND OLD.state NOT IN ('in_room', 'done') THEN
            PERFORM clinic_refuse('Only a visit that took place is done.', 'visit_done_took_place');
        END IF;
        IF NEW.state <> ALL (live) THEN
            IF NEW.clearance_id <> OLD.clearance_id THEN
                PERFORM clinic_refuse(
                    'A visit that ended keeps its clearance.', 'visit_keeps_its_clearance');
            END IF;
            -- Or a room's part nobody may have could be given now, and be woken later.
            IF is_placed THEN
                PERFORM clinic_refuse(
                    'A visit that ended keeps its time and its room.', 'visit_keeps_its_time');
            END IF;
            RETURN NEW;
        END IF;
    END IF;
    -- However it is to stand, a visit begins at the gate.
    PERFORM clinic_require_fresh_reads();
    -- The patient's row before the clearance's, as every writer takes them.
    SELECT * INTO person FROM intake_patient WHERE id = NEW.patient_id FOR SHARE;
    -- They may have been merged while it waited.
    NEW.person_id := coalesce(person.merged_into_id, person.id);
    IF TG_OP = 'INSERT' AND person.merged_into_id IS NOT NULL THEN
        PERFORM clinic_refuse('This record was merged into another.', 'visit_on_the_kept_record');
    END IF;
    PERFORM FROM intake_patient WHERE id = NEW.person_id FOR SHARE;
    SELECT * INTO clearance FROM intake_clearance WHERE id = NEW.clearance_id FOR SHARE;
    SELECT * INTO kind FROM scheduling_visittype WHERE id = NEW.visit_type_id FOR SHARE;
    IF NOT FOUND THEN
        -- Foreign keys are checked at commit: it could be made later, as anything.
        PERFORM clinic_refuse('There is no such visit type.', 'visit_type_exists');
    END IF;
    IF intake_person(clearance.patient_id) IS DISTINCT FROM NEW.person_id THEN
        PERFORM clinic_refuse(
            'The clearance is another patient''s.', 'visit_on_its_own_clearance');
    END IF;
    IF clearance.revoked_at IS NOT NULL THEN
        PERFORM clinic_refuse('The clearance was revoked.', 'visit_clearance_stands');
    END IF;
    IF NOT tstzrange(clearance.starts_at, clearance.ends_at) @> lower(NEW.visit) AND NOT (
        -- Decided while the patient is here: it covers the visit they are here for.
        TG_OP = 'UPDATE' AND NOT is_another AND OLD.state = ANY (live || 'suspended'::text)
        AND lower(NEW.visit) < clearance.starts_at
        AND tstzrange(clearance.starts_at, clearance.ends_at) && NEW.visit
    ) THEN
        PERFORM clinic_refuse('The clearance does not cover the visit.', 'visit_inside_clearance');
    END IF;
    IF cardinality(clearance.visit_types) > 0 AND kind.code <> ALL (clearance.visit_types) THEN
        PERFORM clinic_refuse(
            'The clearance is for another kind of visit.', 'visit_type_is_cleared');
    END IF;
    IF intake_patient_is_held(NEW.patient_id) THEN
        PERFORM clinic_refuse('The patient has a held case.', 'visit_patient_is_not_held');
    END IF;
    IF scheduling_lacks_guardian(NEW.patient_id, person.born, NEW.visit) THEN
        PERFORM clinic_refuse(
            'A minor needs a guardian''s consent.', 'visit_minor_has_a_guardian');
    END IF;
    IF kind.room_id IS NOT NULL AND NEW.room_id IS DISTINCT FROM kind.room_id THEN
        PERFORM clinic_refuse('This visit type needs its room.', 'visit_has_its_room');
    END IF;
    -- When it is placed: a visit that is booked keeps its part when the type's is changed.
    IF is_placed AND kind.room_id IS NOT NULL
       AND NEW.room_busy IS DISTINCT FROM scheduling_room_part(kind, NEW.visit) THEN
        PERFORM clinic_refuse(
            'The room is taken for that part of the visit which its type says.',
            'visit_room_has_its_part');
    END IF;
    IF kind.needs_xray_clearance AND (NOT clearance.xray_allowed OR EXISTS (
        SELECT FROM intake_intake AS said
        JOIN intake_intake AS basis ON basis.id = clearance.intake_id
        WHERE said.patient_id = ANY (intake_records_of(NEW.patient_id)) AND said.xray_hold
          AND said.submitted_at >= basis.submitted_at
    )) THEN
        PERFORM clinic_refuse('No X-ray without leave for one.', 'visit_xray_is_allowed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER scheduling_visit_gate BEFORE INSERT OR UPDATE ON scheduling_appointment
    FOR EACH ROW EXECUTE FUNCTION scheduling_visit_gate();
"""

ROOM_PART = """
CREATE FUNCTION scheduling_room_part(kind scheduling_visittype, visit tstzrange) RETURNS tstzrange
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN kind.room_from IS NULL THEN visit ELSE tstzrange(
        lower(visit) + kind.room_from * interval '1 minute',
        lower(visit) + kind.room_until * interval '1 minute'
    ) END
$$;
"""

LACKS_GUARDIAN = """
CREATE FUNCTION scheduling_lacks_guardian(person uuid, born date, visit tstzrange) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    -- On the earliest date it can be anywhere when the visit starts: never too old too soon.
    SELECT (born + interval '18 years')::date > (lower(visit) AT TIME ZONE 'Etc/GMT+12')::date
       AND NOT EXISTS (
            SELECT FROM intake_guardianconsent
            WHERE patient_id = ANY (intake_records_of(person))
       )
$$;
"""

# Written older for a moment, a child would pass the gate.
BIRTH_GATE = """
CREATE FUNCTION scheduling_birth_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM clinic_require_fresh_reads();
    IF EXISTS (
        SELECT FROM scheduling_appointment
        WHERE patient_id = NEW.id
          AND state IN ('held', 'booked', 'confirmed', 'arrived', 'in_room')
          AND scheduling_lacks_guardian(NEW.id, NEW.born, visit)
    ) THEN
        PERFORM clinic_refuse(
            'A minor needs a guardian''s consent.', 'visit_minor_has_a_guardian');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scheduling_birth_gate AFTER UPDATE ON intake_patient
    FOR EACH ROW WHEN (NEW.born IS DISTINCT FROM OLD.born)
    EXECUTE FUNCTION scheduling_birth_gate();
"""

# Two records of one person, or no more: their visits count for the record that is kept. Whoever is
# held keeps no coming visit, whichever record either came to; two visits at one time are refused by
# the constraint on the person. Taken apart, nobody's visit rests on another's clearance.
MERGE_GATE = """
CREATE FUNCTION scheduling_merge_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    merged_at timestamptz;
    live constant text[] := ARRAY['held', 'booked', 'confirmed', 'arrived', 'in_room'];
BEGIN
    UPDATE scheduling_appointment SET person_id = coalesce(NEW.merged_into_id, NEW.id)
    WHERE patient_id = NEW.id;
    SELECT at INTO merged_at FROM intake_patientmerge
    WHERE patient_id = NEW.id ORDER BY id DESC LIMIT 1;
    IF NEW.merged_into_id IS NOT NULL AND intake_patient_is_held(NEW.id) AND EXISTS (
        SELECT FROM scheduling_appointment
        WHERE person_id = NEW.merged_into_id AND state = ANY (live) AND lower(visit) > merged_at
    ) THEN
        PERFORM clinic_refuse('The person has a held case.', 'merge_held_keeps_no_visit');
    END IF;
    IF NEW.merged_into_id IS NOT NULL AND EXISTS (
        SELECT FROM scheduling_appointment AS visit
        JOIN intake_clearance AS leave ON leave.id = visit.clearance_id
        JOIN intake_intake AS basis ON basis.id = leave.intake_id
        LEFT JOIN intake_reviewdecision AS decided ON decided.id = leave.decision_id
        JOIN intake_intake AS emergency
          ON emergency.patient_id = ANY (intake_records_of(NEW.id))
         AND emergency.disposition = 'EMERGENCY'
         AND emergency.submitted_at > coalesce(decided.at, basis.submitted_at)
        WHERE visit.person_id = NEW.merged_into_id AND visit.state = ANY (live)
          AND lower(visit.visit) > merged_at
    ) THEN
        PERFORM clinic_refuse(
            'Answers from before an emergency clear nobody.', 'merge_newer_than_emergency');
    END IF;
    IF NEW.merged_into_id IS NULL AND EXISTS (
        SELECT FROM scheduling_appointment AS visit
        JOIN intake_clearance AS leave ON leave.id = visit.clearance_id
        WHERE visit.person_id IN (NEW.id, OLD.merged_into_id)
          AND visit.state = ANY (live || 'suspended'::text)
          AND intake_person(leave.patient_id) <> visit.person_id
    ) THEN
        PERFORM clinic_refuse(
            'A visit of one rests on the other''s clearance.', 'apart_visits_on_their_own');
    END IF;
    IF NEW.merged_into_id IS NULL AND EXISTS (
        SELECT FROM scheduling_appointment AS visit
        JOIN intake_patient AS person ON person.id = visit.patient_id
        WHERE visit.person_id IN (NEW.id, OLD.merged_into_id) AND visit.state = ANY (live)
          AND scheduling_lacks_guardian(person.id, person.born, visit.visit)
    ) THEN
        PERFORM clinic_refuse(
            'A minor needs a guardian''s consent.', 'visit_minor_has_a_guardian');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scheduling_merge_gate AFTER UPDATE ON intake_patient
    FOR EACH ROW WHEN (NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)
    EXECUTE FUNCTION scheduling_merge_gate();
"""

# A type that asks for no leave while a visit is made, and then again does, would be a way round.
VISIT_TYPE_GATE = """
CREATE FUNCTION scheduling_visit_type_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM clinic_require_fresh_reads();
    IF EXISTS (SELECT FROM scheduling_appointment WHERE visit_type_id = NEW.id) THEN
        PERFORM clinic_refuse(
            'Visits of this type were let through by what it says. Make another type.',
            'visit_type_keeps_its_meaning');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scheduling_visit_type_gate AFTER UPDATE ON scheduling_visittype
    FOR EACH ROW WHEN (
        NEW.needs_xray_clearance IS DISTINCT FROM OLD.needs_xray_clearance
        OR NEW.room_id IS DISTINCT FROM OLD.room_id
        OR NEW.code IS DISTINCT FROM OLD.code
    )
    EXECUTE FUNCTION scheduling_visit_type_gate();
"""

# Asked at the end of the transaction, which suspends or releases the visits in its own order.
REVOCATION_GATE = """
CREATE FUNCTION scheduling_revocation_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM clinic_require_fresh_reads();
    IF EXISTS (
        SELECT FROM scheduling_appointment
        WHERE clearance_id = NEW.id AND lower(visit) > NEW.revoked_at
          AND state IN ('held', 'booked', 'confirmed', 'arrived', 'in_room')
    ) THEN
        PERFORM clinic_refuse(
            'Coming visits rest on this clearance. Revoke it through the clinic''s pages.',
            'clearance_revoked_keeps_no_visit');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER scheduling_revocation_gate AFTER UPDATE ON intake_clearance
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL)
    EXECUTE FUNCTION scheduling_revocation_gate();
"""

# Whoever closes time waits for the bookings that have already looked at the openings, and those
# that come later look again: see `scheduling.locking`, which this follows.
CLOSURE_LOCK = f"""
CREATE FUNCTION scheduling_closure_lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM clinic_require_fresh_reads();
    PERFORM pg_advisory_xact_lock({CALENDAR}, id::int) FROM (
        SELECT id FROM scheduling_clinician
        WHERE id = coalesce(NEW.clinician_id, id) ORDER BY id
    ) AS concerned;
    RETURN NEW;
END $$;
CREATE TRIGGER scheduling_closure_lock BEFORE INSERT OR UPDATE ON scheduling_closure
    FOR EACH ROW EXECUTE FUNCTION scheduling_closure_lock();
"""  # noqa: S608 - a constant of ours


def half_open(column: str) -> str:
    """Both ends are real moments, and the first is in, the last out: visits touch, not overlap."""
    return (
        f"(isfinite(lower({column})) AND isfinite(upper({column}))"
        f" AND lower_inc({column}) AND NOT upper_inc({column}))"
    )


# Not for Django to say: an end at 'infinity' is not an open end, and no page can show it.
FINITE = (
    "ALTER TABLE scheduling_appointment ADD CONSTRAINT visit_times_are_half_open CHECK"
    f" ({half_open('visit')} IS TRUE AND {half_open('clinician_busy')} IS TRUE"
    f" AND (room_busy IS NULL OR {half_open('room_busy')} IS TRUE));"
    "ALTER TABLE scheduling_closure ADD CONSTRAINT closure_times_are_half_open CHECK"
    f" ({half_open('during')} IS TRUE);"
)

WITH_HISTORY = (
    "scheduling_appointment",
    "scheduling_clinician",
    "scheduling_room",
    "scheduling_visittype",
    "scheduling_openinghours",
    "scheduling_extrahours",
    "scheduling_closure",
)


# Whatever the plan is read from (scheduling.plan) gives it another revision. Never one it had
# before: a change taken back must not look like a later one.
PLAN_REVISION = """
CREATE TABLE scheduling_plan_revision (
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    revision uuid NOT NULL
);
INSERT INTO scheduling_plan_revision (revision) VALUES (gen_random_uuid());
CREATE FUNCTION scheduling_plan_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE scheduling_plan_revision SET revision = gen_random_uuid();
    RETURN NULL;
END $$;
"""
PLANNED_IN = (
    "clinic_clinicprofile",
    "scheduling_clinician",
    "scheduling_openinghours",
    "scheduling_extrahours",
    "scheduling_closure",
    "scheduling_visittype",
)


def plan_changed(table: str) -> str:
    return (
        f"CREATE TRIGGER plan_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION scheduling_plan_changed();"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0001_initial"),
        ("intake", "0002_guards"),
    ]
    operations = [
        migrations.RunSQL(
            [
                ROOM_PART,
                LACKS_GUARDIAN,
                VISIT_PERSON,
                VISIT_GATE,
                BIRTH_GATE,
                MERGE_GATE,
                VISIT_TYPE_GATE,
                REVOCATION_GATE,
                CLOSURE_LOCK,
                FINITE,
                *map(history, WITH_HISTORY),
                never_changed("scheduling_statuschange"),
                PLAN_REVISION,
                *map(plan_changed, PLANNED_IN),
            ],
            migrations.RunSQL.noop,
        )
    ]
