"""After the visit: home exercises, how the pain went, and clearances extended or ended."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from clinic.triggers import never_changed

# SECURITY DEFINER: what it reads does not depend on what its caller may see.
GUARD = """
CREATE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
{body}
$$;
CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""

PLAN_GATE = """
BEGIN
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_chiropractor AND is_active
    ) THEN
        PERFORM clinic_refuse('Only a chiropractor gives exercises.', 'plan_by_a_chiropractor');
    END IF;
    RETURN NEW;
END
"""

# A plan says how many exercises it has: none is put in once it is given.
PRESCRIPTION_GATE = """
BEGIN
    IF NOT EXISTS (
        SELECT FROM intake_exerciseplan WHERE id = NEW.plan_id AND NEW.place < length
    ) THEN
        PERFORM clinic_refuse('The plan has no place for it.', 'prescription_has_room');
    END IF;
    RETURN NEW;
END
"""

# Whose answers alone let them through; the review's own decisions are changed on their case.
CHANGE_GATE = """
BEGIN
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_chiropractor AND is_active
    ) THEN
        PERFORM clinic_refuse('Only a chiropractor decides.', 'clearance_change_by_a_chiropractor');
    END IF;
    IF NOT EXISTS (
        SELECT FROM intake_clearance AS leave JOIN intake_intake AS basis
          ON basis.id = leave.intake_id
        WHERE leave.id = NEW.clearance_id AND leave.revoked_at IS NULL AND (
            NEW.kind = 'END' OR (
                leave.decision_id IS NULL AND NEW.until > leave.ends_at
                AND NEW.until <= basis.submitted_at + interval '8760 hours'
            )
        )
    ) THEN
        PERFORM clinic_refuse(
            'This clearance cannot be changed so.', 'clearance_change_of_a_standing_one');
    END IF;
    RETURN NEW;
END
"""

# Beside the gate of every clearance, which asks whether the patient is held or had an emergency.
EXTENSION_GATE = """
BEGIN
    IF NEW.extension_id IS NOT NULL AND (NEW.decision_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM intake_clearancedecision AS decided
        JOIN intake_clearance AS older ON older.id = decided.clearance_id
        WHERE decided.id = NEW.extension_id AND decided.kind = 'EXTEND'
          AND older.intake_id = NEW.intake_id AND older.patient_id = NEW.patient_id
          AND NEW.ends_at <= decided.until
    )) THEN
        PERFORM clinic_refuse(
            'The decision does not extend this clearance.', 'clearance_follows_its_extension');
    END IF;
    RETURN NEW;
END
"""


def guard(name: str, table: str, body: str) -> str:
    return GUARD.format(name=name, table=table, body=body)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("intake", "0004_referrals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="ClearanceDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("EXTEND", "extended"), ("END", "ended")],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("reason", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "clearance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="intake.clearance",
                        verbose_name="clearance",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision on a clearance",
                "verbose_name_plural": "decisions on clearances",
                "ordering": ["-at"],
            },
        ),
        migrations.AddConstraint(
            model_name="clearancedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="clearance_change_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="clearancedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "EXTEND"), ("until__isnull", False)),
                    models.Q(("kind", "END"), ("until", None)),
                    _connector="OR",
                ),
                name="clearance_change_extends_until",
            ),
        ),
        migrations.AddField(
            model_name="clearance",
            name="extension",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="issued",
                to="intake.clearancedecision",
                verbose_name="extension",
            ),
        ),
        migrations.RemoveConstraint(model_name="clearance", name="clearance_once_per_book_intake"),
        migrations.AddConstraint(
            model_name="clearance",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decision", None), ("extension", None)),
                fields=("intake",),
                name="clearance_once_per_book_intake",
            ),
        ),
        migrations.CreateModel(
            name="ExercisePlan",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("length", models.PositiveSmallIntegerField(verbose_name="exercises")),
                (
                    "note",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="note to the patient"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exercise_plans",
                        to="intake.patient",
                        verbose_name="patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "exercise plan",
                "verbose_name_plural": "exercise plans",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Prescription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(verbose_name="place")),
                ("exercise", models.CharField(max_length=20, verbose_name="exercise")),
                ("times_a_day", models.PositiveSmallIntegerField(verbose_name="times a day")),
                ("repeats", models.PositiveSmallIntegerField(verbose_name="times each")),
                ("hold_seconds", models.PositiveSmallIntegerField(verbose_name="seconds to hold")),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prescriptions",
                        to="intake.exerciseplan",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "prescribed exercise",
                "verbose_name_plural": "prescribed exercises",
                "ordering": ["place"],
            },
        ),
        migrations.AddIndex(
            model_name="exerciseplan",
            index=models.Index(fields=["patient", "-at"], name="plan_by_patient"),
        ),
        migrations.AddConstraint(
            model_name="prescription",
            constraint=models.UniqueConstraint(
                fields=("plan", "place"), name="prescription_has_its_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="prescription",
            constraint=models.UniqueConstraint(
                fields=("plan", "exercise"), name="prescription_once_a_plan"
            ),
        ),
        migrations.AddConstraint(
            model_name="prescription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hold_seconds__range", (0, 120)),
                    ("repeats__range", (1, 50)),
                    ("times_a_day__range", (1, 6)),
                ),
                name="prescription_is_a_dose",
            ),
        ),
        migrations.CreateModel(
            name="PainScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(verbose_name="pain, 0 to 10")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pain_scores",
                        to="intake.patient",
                        verbose_name="patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "pain score",
                "verbose_name_plural": "pain scores",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="painscore",
            index=models.Index(fields=["patient", "-at"], name="pain_by_patient"),
        ),
        migrations.AddConstraint(
            model_name="painscore",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__lte", 10)), name="pain_is_from_0_to_10"
            ),
        ),
        migrations.RunSQL(
            [
                guard("intake_plan_gate", "intake_exerciseplan", PLAN_GATE),
                guard("intake_prescription_gate", "intake_prescription", PRESCRIPTION_GATE),
                guard("intake_change_gate", "intake_clearancedecision", CHANGE_GATE),
                guard("intake_extension_gate", "intake_clearance", EXTENSION_GATE),
                never_changed("intake_clearancedecision"),
                never_changed("intake_exerciseplan"),
                never_changed("intake_prescription"),
                never_changed("intake_painscore"),
            ],
            migrations.RunSQL.noop,
        ),
    ]
