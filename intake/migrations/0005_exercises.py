"""Home exercises, and how the pain went from visit to visit."""

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


def guard(name: str, table: str, body: str) -> str:
    return GUARD.format(name=name, table=table, body=body)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("intake", "0004_referrals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar[list[Operation]] = [
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
                never_changed("intake_exerciseplan"),
                never_changed("intake_prescription"),
                never_changed("intake_painscore"),
            ],
            migrations.RunSQL.noop,
        ),
    ]
