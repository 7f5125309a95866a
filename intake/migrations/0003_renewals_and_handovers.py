"""Short re-screens, questions asked of a patient, and records handed to an own account."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.triggers import history


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="to the address")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="from the account",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="intake.patient",
                        verbose_name="patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "record handed over",
                "verbose_name_plural": "records handed over",
                "ordering": ["-asked_at"],
            },
        ),
        migrations.AddField(
            model_name="intake",
            name="renews",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="intake.intake",
                verbose_name="renews",
            ),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="renews",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="intake.intake",
            ),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="asked",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draft",
                to="intake.reviewdecision",
            ),
        ),
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.CheckConstraint(
                condition=models.Q(kind="FULL", renews=None)
                | models.Q(kind__in=("RESCREEN", "ASKED"), renews__isnull=False),
                name="intake_rescreen_renews_another",
            ),
        ),
        migrations.AddField(
            model_name="intake",
            name="typed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="typed by",
            ),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="typed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="by_phone",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="patient",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="intake.patient",
            ),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="handed_over_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="intakedraft",
            name="handed_over_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.CheckConstraint(
                condition=models.Q(channel="ONLINE", typed_by=None)
                | models.Q(channel__in=("DESK", "PHONE"), typed_by__isnull=False),
                name="intake_desk_names_who_typed",
            ),
        ),
        migrations.RunSQL(history("intake_handover"), migrations.RunSQL.noop),
    ]
