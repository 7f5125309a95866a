"""The gate: no live visit without a clearance of the same patient that covers its start.

The database refuses, whatever writes. It reads the clearance FOR SHARE; revoking takes it FOR
UPDATE first: without both, a revocation and a booking both commit.
"""

from django.db import migrations

VISIT_GATE = """
CREATE FUNCTION scheduling_visit_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    clearance intake_clearance%ROWTYPE;
    person intake_patient%ROWTYPE;
    kind scheduling_visittype%ROWTYPE;
    -- The earliest date it can be anywhere when the visit starts: never too old too soon.
    day date := (lower(NEW.visit) AT TIME ZONE 'Etc/GMT+12')::date;
BEGIN
    IF NEW.state NOT IN ('held', 'booked', 'confirmed', 'arrived', 'in_room') THEN
        RETURN NEW;
    END IF;
    -- The patient's row before the clearance's, as every writer takes them.
    SELECT * INTO person FROM intake_patient WHERE id = NEW.patient_id FOR SHARE;
    SELECT * INTO clearance FROM intake_clearance WHERE id = NEW.clearance_id FOR SHARE;
    SELECT * INTO kind FROM scheduling_visittype WHERE id = NEW.visit_type_id;
    IF clearance.patient_id IS DISTINCT FROM NEW.patient_id THEN
        PERFORM clinic_refuse(
            'The clearance is another patient''s.', 'visit_on_its_own_clearance');
    END IF;
    IF clearance.revoked_at IS NOT NULL THEN
        PERFORM clinic_refuse('The clearance was revoked.', 'visit_clearance_stands');
    END IF;
    IF NOT tstzrange(clearance.starts_at, clearance.ends_at) @> lower(NEW.visit) THEN
        PERFORM clinic_refuse('The clearance does not cover the visit.', 'visit_inside_clearance');
    END IF;
    IF EXISTS (
        SELECT FROM intake_case
        WHERE patient_id = NEW.patient_id AND state IN ('OPEN', 'REFERRED')
    ) THEN
        PERFORM clinic_refuse('The patient has a held case.', 'visit_patient_is_not_held');
    END IF;
    IF (person.born + interval '18 years')::date > day AND NOT EXISTS (
        SELECT FROM intake_guardianconsent WHERE patient_id = NEW.patient_id
    ) THEN
        PERFORM clinic_refuse(
            'A minor needs a guardian''s consent.', 'visit_minor_has_a_guardian');
    END IF;
    IF kind.room_id IS NOT NULL AND NEW.room_id IS DISTINCT FROM kind.room_id THEN
        PERFORM clinic_refuse('This visit type needs its room.', 'visit_has_its_room');
    END IF;
    IF kind.needs_xray_clearance AND (NOT clearance.xray_allowed OR EXISTS (
        SELECT FROM intake_intake AS said
        JOIN intake_intake AS basis ON basis.id = clearance.intake_id
        WHERE said.patient_id = NEW.patient_id AND 'XRAY_HOLD' = ANY (said.flags)
          AND said.submitted_at >= basis.submitted_at
    )) THEN
        PERFORM clinic_refuse('No X-ray without leave for one.', 'visit_xray_is_allowed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER scheduling_visit_gate BEFORE INSERT OR UPDATE ON scheduling_appointment
    FOR EACH ROW EXECUTE FUNCTION scheduling_visit_gate();
"""

WITH_HISTORY = (
    "scheduling_appointment",
    "scheduling_clinician",
    "scheduling_room",
    "scheduling_visittype",
    "scheduling_openinghours",
    "scheduling_closure",
)


def history(table: str) -> str:
    return (
        f"CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION clinic_record_history();"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0001_initial"),
        ("intake", "0002_guards"),
    ]
    operations = [
        migrations.RunSQL(
            [
                VISIT_GATE,
                *map(history, WITH_HISTORY),
                "CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON scheduling_statuschange"
                " FOR EACH ROW EXECUTE FUNCTION clinic_refuse_change();",
            ],
            migrations.RunSQL.noop,
        )
    ]
