"""Which version of the protocol a doctor signed."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.triggers import never_changed

SIGNATURE_GATE = """
CREATE FUNCTION intake_signature_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM clinic_user WHERE id = NEW.by_id AND is_chiropractor AND is_active
    ) THEN
        PERFORM clinic_refuse(
            'Only a chiropractor signs the protocol.', 'signature_by_a_chiropractor');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER intake_signature_gate BEFORE INSERT ON intake_protocolsignature
    FOR EACH ROW EXECUTE FUNCTION intake_signature_gate();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0005_exercises"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="ProtocolSignature",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.CharField(max_length=20, verbose_name="version")),
                (
                    "fingerprint",
                    models.CharField(
                        max_length=64,
                        validators=[django.core.validators.RegexValidator("^[0-9a-f]{64}$")],
                        verbose_name="fingerprint",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                ("remark", models.TextField(blank=True, verbose_name="remark")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "signature of the protocol",
                "verbose_name_plural": "signatures of the protocol",
                "ordering": ["-at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("version", ""), _negated=True),
                        name="signature_names_a_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                        name="signature_has_a_fingerprint",
                    ),
                    models.UniqueConstraint(
                        fields=("fingerprint", "by"),
                        name="signature_once_by_each_chiropractor",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            [SIGNATURE_GATE, never_changed("intake_protocolsignature")], migrations.RunSQL.noop
        ),
    ]
