"""Who waits for a time, and what they were offered."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.triggers import history, never_changed

# A time is offered to nobody whom the gate would not let in, and taken by nobody else.
OFFER_GATE = """
CREATE FUNCTION scheduling_offer_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    entry scheduling_waitlistentry%ROWTYPE;
BEGIN
    PERFORM clinic_require_fresh_reads();
    SELECT * INTO entry FROM scheduling_waitlistentry WHERE id = NEW.entry_id;
    IF TG_OP = 'INSERT' AND (intake_patient_is_held(entry.patient_id) OR NOT EXISTS (
        SELECT FROM intake_clearance
        WHERE patient_id = ANY (intake_records_of(entry.patient_id)) AND revoked_at IS NULL
          AND tstzrange(starts_at, ends_at) @> NEW.start
    )) THEN
        PERFORM clinic_refuse('No clearance covers the time offered.', 'offer_inside_clearance');
    END IF;
    IF NEW.visit_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM scheduling_appointment
        WHERE id = NEW.visit_id AND person_id = intake_person(entry.patient_id)
          AND visit_type_id = entry.visit_type_id AND lower(visit) = NEW.start
    ) THEN
        PERFORM clinic_refuse('The visit is not the one offered.', 'offer_accepted_as_made');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER scheduling_offer_gate BEFORE INSERT OR UPDATE ON scheduling_waitlistoffer
    FOR EACH ROW EXECUTE FUNCTION scheduling_offer_gate();
"""
WITH_HISTORY = ("scheduling_waitlistentry", "scheduling_waitlistoffer")


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0006_signed_protocol"),
        ("scheduling", "0004_busy_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WaitlistEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "half_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=6),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="times that suit",
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("is_acute", models.BooleanField(default=False, verbose_name="acute: comes first")),
                (
                    "note",
                    models.CharField(blank=True, max_length=200, verbose_name="note about times"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "waiting"),
                            ("DONE", "has a time"),
                            ("WITHDRAWN", "taken off the list"),
                        ],
                        default="WAITING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="waits since")),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("patient", "the patient's pages"),
                            ("staff", "the staff's pages"),
                            ("admin", "the admin site"),
                            ("clock", "the clock"),
                            ("command", "the command line"),
                        ],
                        max_length=10,
                        verbose_name="from where",
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="off the list since"),
                ),
            ],
            options={
                "verbose_name": "waitlist entry",
                "verbose_name_plural": "waitlist",
                "ordering": ["-is_acute", "made_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WaitlistOffer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("start", models.DateTimeField(verbose_name="time")),
                ("offered_at", models.DateTimeField(verbose_name="offered")),
                ("expires_at", models.DateTimeField(verbose_name="stands until")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ACCEPTED", "accepted"),
                            ("DECLINED", "declined"),
                            ("EXPIRED", "no answer in time"),
                            ("GONE", "somebody else was first"),
                            ("TAKEN_OFF", "taken off the list"),
                        ],
                        max_length=10,
                        verbose_name="what came of it",
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
            ],
            options={
                "verbose_name": "offer from the waitlist",
                "verbose_name_plural": "offers from the waitlist",
                "ordering": ["-offered_at", "pk"],
            },
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(fields=["at"], name="status_change_by_time"),
        ),
        migrations.AddField(
            model_name="waitlistentry",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to=settings.AUTH_USER_MODEL,
                verbose_name="put on the list by",
            ),
        ),
        migrations.AddField(
            model_name="waitlistentry",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="taken off by",
            ),
        ),
        migrations.AddField(
            model_name="waitlistentry",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waits",
                to="intake.patient",
                verbose_name="patient",
            ),
        ),
        migrations.AddField(
            model_name="waitlistentry",
            name="visit_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="scheduling.visittype",
                verbose_name="visit type",
            ),
        ),
        migrations.AddField(
            model_name="waitlistoffer",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="offers",
                to="scheduling.waitlistentry",
                verbose_name="waitlist entry",
            ),
        ),
        migrations.AddField(
            model_name="waitlistoffer",
            name="offered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to=settings.AUTH_USER_MODEL,
                verbose_name="offered by",
            ),
        ),
        migrations.AddField(
            model_name="waitlistoffer",
            name="visit",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="offer",
                to="scheduling.appointment",
                verbose_name="visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "WAITING")),
                fields=("patient", "visit_type"),
                name="waitlist_once_a_patient_and_type",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", None), ("state", "WAITING")),
                    models.Q(("ended_at__isnull", False), ("state__in", ["DONE", "WITHDRAWN"])),
                    _connector="OR",
                ),
                name="waitlist_entry_ends_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("last_day", None), ("last_day__gte", models.F("first_day")), _connector="OR"
                ),
                name="waitlist_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "half_days__contained_by",
                        [
                            "0-am",
                            "0-pm",
                            "1-am",
                            "1-pm",
                            "2-am",
                            "2-pm",
                            "3-am",
                            "3-pm",
                            "4-am",
                            "4-pm",
                            "5-am",
                            "5-pm",
                            "6-am",
                            "6-pm",
                        ],
                    )
                ),
                name="waitlist_half_days_are_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("via__in", ["patient", "staff", "admin", "clock", "command"])),
                name="waitlist_entry_says_from_where",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistoffer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")), fields=("entry",), name="offer_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", ""), ("settled_at", None)),
                    models.Q(
                        ("outcome__in", ["ACCEPTED", "DECLINED", "EXPIRED", "GONE", "TAKEN_OFF"]),
                        ("settled_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="offer_settled_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "ACCEPTED"), ("visit__isnull", False)),
                    models.Q(models.Q(("outcome", "ACCEPTED"), _negated=True), ("visit", None)),
                    _connector="OR",
                ),
                name="offer_accepted_is_a_visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__gt", models.F("offered_at")),
                    ("expires_at__lte", models.F("start")),
                ),
                name="offer_ends_before_its_time",
            ),
        ),
        migrations.RunSQL(
            [
                OFFER_GATE,
                *map(history, WITH_HISTORY),
                # What came of an offer is filled in once.
                never_changed("scheduling_waitlistoffer", "outcome", "settled_at", "visit_id"),
            ],
            migrations.RunSQL.noop,
        ),
    ]
