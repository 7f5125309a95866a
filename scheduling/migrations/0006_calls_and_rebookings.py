"""Calls the desk has to make, and what becomes of the visits in a closed time."""

import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.triggers import history


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0007_patient_search"),
        ("scheduling", "0005_waitlist"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            (
                                "emergency",
                                "their answers were an emergency, and the visit was taken off",
                            ),
                            ("undecided", "nobody decided in time, and the visit was taken off"),
                            ("closed", "the clinic is closed at the time of their visit"),
                            ("visit", "news of their visit, and no email address"),
                            ("held", "somebody looks at their answers first, and no email address"),
                            ("cleared", "they may choose a time, and no email address"),
                            ("referred", "a doctor should see them first, and no email address"),
                            ("asked", "Dr. Solomon has a question for them, and no email address"),
                            ("read", "their answers were read, and no email address"),
                        ],
                        max_length=10,
                        verbose_name="why",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="since")),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, verbose_name="tried in vain"),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "ended",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("reached", "reached"),
                            ("left word", "left word"),
                            ("not reached", "not reached"),
                            ("withdrawn", "no longer needed"),
                        ],
                        max_length=12,
                        verbose_name="how it ended",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="intake.patient",
                        verbose_name="patient",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="scheduling.appointment",
                        verbose_name="visit",
                    ),
                ),
            ],
            options={
                "verbose_name": "call to make",
                "verbose_name_plural": "calls to make",
                "ordering": ["made_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["made_at"],
                        name="call_still_to_make",
                    ),
                    models.Index(fields=["done_at"], name="call_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at", None), ("done_by", None), ("ended", "")),
                            models.Q(
                                ("done_at__isnull", False),
                                ("ended__in", ["reached", "left word", "not reached", "withdrawn"]),
                            ),
                            _connector="OR",
                        ),
                        name="call_ended_somehow",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "why__in",
                                [
                                    "emergency",
                                    "undecided",
                                    "closed",
                                    "visit",
                                    "held",
                                    "cleared",
                                    "referred",
                                    "asked",
                                    "read",
                                ],
                            )
                        ),
                        name="call_why_is_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("done_at", None), ("visit__isnull", False)),
                        fields=("visit", "why"),
                        name="call_once_a_visit",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("done_at", None), ("visit", None)),
                        fields=("patient", "why"),
                        name="call_once_a_patient",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Rebooking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "was",
                    django.contrib.postgres.fields.ranges.DateTimeRangeField(
                        verbose_name="time of the visit"
                    ),
                ),
                (
                    "start",
                    models.DateTimeField(blank=True, null=True, verbose_name="proposed start"),
                ),
                (
                    "proposed",
                    django.contrib.postgres.fields.ranges.DateTimeRangeField(
                        blank=True, null=True, verbose_name="proposed time"
                    ),
                ),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="told")),
                (
                    "told_by",
                    models.CharField(
                        blank=True,
                        choices=[("email", "email"), ("call", "call")],
                        max_length=5,
                        verbose_name="told by",
                    ),
                ),
                (
                    "closure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rebookings",
                        to="scheduling.closure",
                        verbose_name="closure",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rebookings",
                        to="scheduling.appointment",
                        verbose_name="visit",
                    ),
                ),
            ],
            options={
                "verbose_name": "visit in a closed time",
                "verbose_name_plural": "visits in a closed time",
                "ordering": ["was"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("closure", "visit"), name="rebooking_once_a_closure"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("proposed", "&&")], name="rebooking_proposed_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proposed", None), ("start", None)),
                            models.Q(
                                ("proposed__contains", models.F("start")), ("start__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="rebooking_start_is_proposed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("told_at", None), ("told_by", "")),
                            models.Q(
                                ("told_at__isnull", False), ("told_by__in", ["email", "call"])
                            ),
                            _connector="OR",
                        ),
                        name="rebooking_told_somehow",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            [history("scheduling_call"), history("scheduling_rebooking")], migrations.RunSQL.noop
        ),
    ]
