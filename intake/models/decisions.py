"""What the chiropractor decided, and the leave to book that came of it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times
from intake.models.cases import Case
from intake.models.intakes import Intake
from intake.models.people import Patient
from intake.querysets import ClearanceQuerySet


class ReviewDecision(models.Model):
    """What the chiropractor decided about a case, and why. Never edited: superseded by another."""

    class Kind(models.TextChoices):
        CLEAR = "CLEAR", _("clear to book")
        SUPPORTIVE = "SUPPORTIVE", _("clear alongside a doctor")
        REFER = "REFER", _("refer to a doctor")
        EMERGENCY_RESOLVED = "RESOLVED", _("emergency resolved")
        SET_ASIDE = "ASIDE", _("answers set aside as another person's")

    CLEARING = (Kind.CLEAR, Kind.SUPPORTIVE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions", verbose_name=_("case"))
    intake = models.ForeignKey(
        Intake, models.PROTECT, related_name="decisions", verbose_name=_("on the answers of")
    )
    kind = models.CharField(_("decision"), max_length=10, choices=Kind)
    reason = models.TextField(_("reason"))
    xray_allowed = models.BooleanField(_("with X-ray"), default=False)
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("review decision")
        verbose_name_plural = _("review decisions")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="review_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {times.local(self.at):%Y-%m-%d %H:%M}"


class Clearance(models.Model):
    """Leave to book, for one patient, for visits that start inside [starts_at, ends_at).

    Without a decision it comes from an intake whose outcome was BOOK.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="clearances", verbose_name=_("patient")
    )
    intake = models.ForeignKey(
        Intake, models.PROTECT, related_name="clearances", verbose_name=_("intake")
    )
    decision = models.OneToOneField(
        ReviewDecision, models.PROTECT, null=True, blank=True, verbose_name=_("decision")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    xray_allowed = models.BooleanField(_("with X-ray"), default=False)
    issued_at = models.DateTimeField(_("issued"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    revoked_because = models.TextField(_("because"), blank=True)

    objects = ClearanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("clearance")
        verbose_name_plural = _("clearances")
        ordering = ["-issued_at"]
        indexes = [models.Index(fields=["patient", "ends_at"], name="clearance_by_patient")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="clearance_has_length"
            ),
            models.CheckConstraint(
                condition=models.Q(xray_allowed=False) | models.Q(decision__isnull=False),
                name="clearance_xray_only_by_decision",
            ),
            models.UniqueConstraint(
                fields=["intake"],
                condition=models.Q(decision=None),
                name="clearance_once_per_book_intake",
            ),
        ]

    def __str__(self) -> str:
        first, last = times.local(self.starts_at), times.local(self.ends_at)
        return f"{self.patient}, {first:%Y-%m-%d} – {last:%Y-%m-%d}"
