"""What is taken, asked by every look at the calendar.

A function, because it keeps its plan: planning this query takes three times as long as running it
for a day, and Django's connections plan each statement anew.
"""

from django.db import migrations

# The states stand here as in the exclusion constraints: with any other, their indexes are no use.
# The times go out as PostgreSQL sends a range, which costs a fifth of writing each out in words.
# The plan's revision comes along, seen at the same moment: whoever knows the plan need not ask.
# They come in no order: whoever compares two answers finds them different once too often at worst.
BUSY_TIME = """
CREATE FUNCTION scheduling_busy_time(
    who bigint, place bigint, person uuid, days tstzrange, moving uuid, asked_at timestamptz,
    OUT under_plan uuid, OUT of_clinician bytea, OUT of_room bytea, OUT of_patient bytea
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    SELECT revision INTO under_plan FROM scheduling_plan_revision;
    SELECT string_agg(range_send(clinician_busy), '') INTO of_clinician
    FROM scheduling_appointment
    WHERE state IN ('arrived', 'booked', 'confirmed', 'held', 'in_room', 'suspended')
      AND clinician_id = who AND clinician_busy && days
      AND (state <> 'held' OR hold_expires_at > asked_at AND person_id IS DISTINCT FROM person)
      AND id IS DISTINCT FROM moving;
    IF place IS NOT NULL THEN
        SELECT string_agg(range_send(room_busy), '') INTO of_room
        FROM scheduling_appointment
        WHERE state IN ('arrived', 'booked', 'confirmed', 'held', 'in_room', 'suspended')
          AND room_id = place AND room_busy && days
          AND (state <> 'held' OR hold_expires_at > asked_at AND person_id IS DISTINCT FROM person)
          AND id IS DISTINCT FROM moving;
    END IF;
    IF person IS NOT NULL THEN
        SELECT string_agg(range_send(visit), '') INTO of_patient
        FROM scheduling_appointment
        WHERE state IN ('arrived', 'booked', 'confirmed', 'held', 'in_room', 'suspended')
          AND person_id = person AND visit && days
          AND state <> 'held'
          AND id IS DISTINCT FROM moving;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0003_doctor_hours_and_visit_types")]
    operations = [migrations.RunSQL(BUSY_TIME, "DROP FUNCTION scheduling_busy_time;")]
