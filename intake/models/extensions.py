"""A clearance that lasts longer than it was given for, or ends before: decided, with a reason."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times


class ClearanceDecision(models.Model):
    """What the chiropractor decided about a clearance after a visit. Never changed.

    Who was let through by their answers alone has no case to decide on: so this stands apart from
    the review's decisions. One that extends issues a clearance on the same answers.
    """

    class Kind(models.TextChoices):
        EXTEND = "EXTEND", _("extended")
        END = "END", _("ended")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clearance = models.ForeignKey(
        "intake.Clearance", models.PROTECT, related_name="changes", verbose_name=_("clearance")
    )
    kind = models.CharField(_("decision"), max_length=10, choices=Kind)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("decision on a clearance")
        verbose_name_plural = _("decisions on clearances")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="clearance_change_has_a_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="EXTEND", until__isnull=False)
                | models.Q(kind="END", until=None),
                name="clearance_change_extends_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {times.local(self.at):%Y-%m-%d %H:%M}"
