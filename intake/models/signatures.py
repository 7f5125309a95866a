"""Which version of the protocol a chiropractor signed, and how it read then."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times

FINGERPRINT = r"^[0-9a-f]{64}$"


class ProtocolSignature(models.Model):
    """A chiropractor's name under one version, as it read that day. Only ever added to.

    `fingerprint` is of the whole table: one that was changed since has another, and is unsigned.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.CharField(_("version"), max_length=20)
    fingerprint = models.CharField(
        _("fingerprint"), max_length=64, validators=[RegexValidator(FINGERPRINT)]
    )
    by = models.ForeignKey("clinic.User", models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))
    remark = models.TextField(_("remark"), blank=True)

    class Meta:
        verbose_name = _("signature of the protocol")
        verbose_name_plural = _("signatures of the protocol")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(version=""), name="signature_names_a_version"
            ),
            models.CheckConstraint(
                condition=models.Q(fingerprint__regex=FINGERPRINT),
                name="signature_has_a_fingerprint",
            ),
            models.UniqueConstraint(
                fields=["fingerprint", "by"], name="signature_once_by_each_chiropractor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}, {self.by}, {times.local(self.at):%Y-%m-%d %H:%M}"
