"""Two records of one person: merged by a pointer, for a reason, and taken apart again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce

from clinic.triggers import never_changed

# By an administrator, as it is written beside the pointer; one step deep, so that whoever asks
# where a record leads needs one look; and never from one account's family into another's.
GATES = """
CREATE FUNCTION intake_merge_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_administrator AND is_active
    ) THEN
        PERFORM clinic_refuse(
            'Only an administrator merges records.', 'merge_by_an_administrator');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER intake_merge_gate BEFORE INSERT ON intake_patientmerge
    FOR EACH ROW EXECUTE FUNCTION intake_merge_gate();

CREATE FUNCTION intake_pointer_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before uuid;
    kept intake_patient%ROWTYPE;
    said intake_patientmerge%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := OLD.merged_into_id;
    END IF;
    PERFORM clinic_require_fresh_reads();
    SELECT * INTO kept FROM intake_patient
    WHERE id = coalesce(NEW.merged_into_id, before) FOR NO KEY UPDATE;
    SELECT * INTO said FROM intake_patientmerge
    WHERE patient_id = NEW.id ORDER BY id DESC LIMIT 1;
    IF said.kept_id IS DISTINCT FROM kept.id OR said.kind IS DISTINCT FROM
       (CASE WHEN NEW.merged_into_id IS NULL THEN 'APART' ELSE 'MERGED' END) THEN
        PERFORM clinic_refuse(
            'Records are merged, and taken apart, for a reason on record.', 'merge_is_on_record');
    END IF;
    IF NEW.merged_into_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF before IS NOT NULL OR kept.merged_into_id IS NOT NULL
       OR EXISTS (SELECT FROM intake_patient WHERE merged_into_id = NEW.id) THEN
        PERFORM clinic_refuse('One of them is merged already.', 'merge_is_one_step');
    END IF;
    IF NEW.account_id <> kept.account_id
       OR (NEW.account_id IS NOT NULL AND kept.account_id IS NULL) THEN
        PERFORM clinic_refuse(
            'The record of who signs in is the one to keep.', 'merge_keeps_the_account');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER intake_pointer_gate BEFORE UPDATE ON intake_patient
    FOR EACH ROW WHEN (NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)
    EXECUTE FUNCTION intake_pointer_gate();
CREATE TRIGGER intake_pointer_gate_at_first BEFORE INSERT ON intake_patient
    FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL)
    EXECUTE FUNCTION intake_pointer_gate();

-- A record that moves to another account takes those merged into it along, or stays.
CREATE FUNCTION intake_merged_account_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM intake_patient AS record
        JOIN intake_patient AS kept ON kept.id = record.merged_into_id
        WHERE (record.id = NEW.id OR kept.id = NEW.id) AND record.account_id IS NOT NULL
          AND record.account_id IS DISTINCT FROM kept.account_id
    ) THEN
        PERFORM clinic_refuse(
            'The records of one person are in one account.', 'merge_keeps_the_account');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER intake_merged_account_gate AFTER UPDATE ON intake_patient
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.account_id IS DISTINCT FROM OLD.account_id)
    EXECUTE FUNCTION intake_merged_account_gate();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0007_patient_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="patient",
            name="person",
            field=models.GeneratedField(
                db_index=True,
                db_persist=True,
                expression=Coalesce("merged_into", "id"),
                output_field=models.UUIDField(),
            ),
        ),
        migrations.CreateModel(
            name="PatientMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("MERGED", "merged"), ("APART", "taken apart")],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="intake.patient",
                        verbose_name="into the record",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges",
                        to="intake.patient",
                        verbose_name="record",
                    ),
                ),
            ],
            options={
                "verbose_name": "merged record",
                "verbose_name_plural": "merged records",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="merge_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("patient", models.F("kept")), _negated=True),
                        name="merge_is_of_two",
                    ),
                ],
            },
        ),
        migrations.RunSQL([GATES, never_changed("intake_patientmerge")], migrations.RunSQL.noop),
    ]
