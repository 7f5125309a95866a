"""Referrals: to whom, with which letter, what happened, and what came back."""

import uuid

import django.db.models.deletion
import phonenumber_field.modelfields
from django.conf import settings
from django.db import migrations, models

from clinic.triggers import history, never_changed

# Only what reads: no right of the owner's is needed.
GUARD = """
CREATE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
{body}
$$;
CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""

REFERRAL_GATE = """
BEGIN
    IF NOT EXISTS (
        SELECT FROM intake_reviewdecision
        WHERE id = NEW.decision_id AND case_id = NEW.case_id AND kind = 'REFER'
    ) THEN
        PERFORM clinic_refuse(
            'Only a decision to refer begins a referral.', 'referral_follows_its_decision');
    END IF;
    RETURN NEW;
END
"""

LETTER_GATE = """
BEGIN
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_chiropractor AND is_active
    ) THEN
        PERFORM clinic_refuse(
            'Only a chiropractor writes a referral.', 'letter_by_a_chiropractor');
    END IF;
    RETURN NEW;
END
"""

STEP_GATE = """
BEGIN
    IF NEW.letter_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM intake_referralletter
        WHERE id = NEW.letter_id AND referral_id = NEW.referral_id
    ) THEN
        PERFORM clinic_refuse(
            'The letter is of another referral.', 'step_of_its_own_referral');
    END IF;
    RETURN NEW;
END
"""

# The family's own account, or the clinician: nobody puts a file into a stranger's record.
REPORT_GATE = """
DECLARE
    begins bytea := CASE NEW.kind
        WHEN 'PDF' THEN '%PDF-'::bytea
        WHEN 'JPEG' THEN '\\xffd8ff'::bytea
        WHEN 'PNG' THEN '\\x89504e470d0a1a0a'::bytea
    END;
BEGIN
    IF octet_length(NEW.content) <> NEW.size
       OR encode(sha256(NEW.content), 'hex') <> NEW.sha256 THEN
        PERFORM clinic_refuse(
            'The report is not what it says it is.', 'report_is_whole');
    END IF;
    IF begins IS NULL OR substring(NEW.content FOR octet_length(begins)) <> begins THEN
        PERFORM clinic_refuse(
            'The report is of another kind than it says.', 'report_kind_by_content');
    END IF;
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_chiropractor AND is_active
    ) AND NOT EXISTS (
        SELECT FROM intake_referral AS referral
        JOIN intake_reviewdecision AS decision ON decision.id = referral.decision_id
        JOIN intake_intake AS said ON said.id = decision.intake_id
        JOIN intake_patient AS patient ON patient.id = said.patient_id
        WHERE referral.id = NEW.referral_id AND patient.account_id = NEW.by_id
    ) THEN
        PERFORM clinic_refuse(
            'The referral is another patient''s.', 'report_of_their_own');
    END IF;
    RETURN NEW;
END
"""


def guard(name: str, table: str, body: str) -> str:
    return GUARD.format(name=name, table=table, body=body)


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0003_renewals_and_handovers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Receiver",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "field",
                    models.CharField(
                        blank=True,
                        help_text="Such as: family medicine.",
                        max_length=80,
                        verbose_name="field",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None, verbose_name="phone"
                    ),
                ),
                (
                    "fax",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None, verbose_name="fax"
                    ),
                ),
                (
                    "is_offered",
                    models.BooleanField(
                        default=True,
                        help_text="Whether a letter can be addressed to them.",
                        verbose_name="offered",
                    ),
                ),
            ],
            options={
                "verbose_name": "receiver of referrals",
                "verbose_name_plural": "receivers of referrals",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "address"),
                        name="receiver_once",
                        violation_error_message="They are in the address book already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="intake.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral",
                        to="intake.reviewdecision",
                        verbose_name="decision",
                    ),
                ),
            ],
            options={
                "verbose_name": "referral",
                "verbose_name_plural": "referrals",
                "ordering": ["-opened_at"],
            },
        ),
        migrations.CreateModel(
            name="ReferralLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="version")),
                ("to_name", models.CharField(blank=True, max_length=200, verbose_name="to")),
                (
                    "to_address",
                    models.CharField(blank=True, max_length=200, verbose_name="address"),
                ),
                ("see_by", models.DateField(verbose_name="to be seen by")),
                ("history", models.TextField(verbose_name="history")),
                ("findings", models.TextField(verbose_name="what the answers showed")),
                ("question", models.TextField(verbose_name="what we ask")),
                ("signed_by", models.CharField(max_length=160, verbose_name="signed")),
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
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="intake.receiver",
                        verbose_name="from the address book",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="intake.referral",
                        verbose_name="referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "referral letter",
                "verbose_name_plural": "referral letters",
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="ReferralStep",
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
                        choices=[
                            ("DRAFTED", "letter drafted"),
                            ("SENT", "letter given or sent"),
                            ("SEEN", "seen by the doctor"),
                            ("REPORT", "report received"),
                            ("OVERDUE", "overdue: back to the review"),
                            ("DECIDED", "decided"),
                        ],
                        max_length=10,
                        verbose_name="step",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="intake.referralletter",
                        verbose_name="letter",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="intake.referral",
                        verbose_name="referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "referral step",
                "verbose_name_plural": "referral steps",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Report",
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
                        choices=[("PDF", "PDF"), ("JPEG", "JPEG"), ("PNG", "PNG")],
                        max_length=4,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="called")),
                ("content", models.BinaryField(verbose_name="content")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
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
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="intake.referral",
                        verbose_name="referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "doctor’s report",
                "verbose_name_plural": "doctors’ reports",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="referralletter",
            constraint=models.UniqueConstraint(
                fields=("referral", "version"), name="letter_version_once_per_referral"
            ),
        ),
        migrations.AddConstraint(
            model_name="referralletter",
            constraint=models.CheckConstraint(
                condition=models.Q(("question", ""), _negated=True), name="letter_asks_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="referralstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "SENT"), _negated=True),
                    ("letter__isnull", False),
                    _connector="OR",
                ),
                name="step_sent_names_its_letter",
            ),
        ),
        migrations.AddConstraint(
            model_name="referralstep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "DECIDED")),
                fields=("referral",),
                name="referral_decided_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="referralstep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "OVERDUE")),
                fields=("referral",),
                name="referral_overdue_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__gt", 0), ("size__lte", 10485760)),
                name="report_size_in_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", "^[^/\\\\]+$")), name="report_name_is_no_path"
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                fields=("referral", "sha256"), name="report_once_per_referral"
            ),
        ),
        migrations.RunSQL(
            [
                guard("intake_referral_gate", "intake_referral", REFERRAL_GATE),
                guard("intake_letter_gate", "intake_referralletter", LETTER_GATE),
                guard("intake_step_gate", "intake_referralstep", STEP_GATE),
                guard("intake_report_gate", "intake_report", REPORT_GATE),
                never_changed("intake_referral"),
                never_changed("intake_referralletter"),
                never_changed("intake_referralstep"),
                never_changed("intake_report"),
                history("intake_receiver"),
            ],
            migrations.RunSQL.noop,
        ),
    ]
