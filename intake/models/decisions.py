"""What the chiropractor decided, and the leave to book that came of it."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times
from intake.models.cases import Case
from intake.models.intakes import Intake
from intake.models.people import Patient
from intake.querysets import ClearanceQuerySet
from intake.triage import Urgency


class ReviewDecision(models.Model):
    """What the chiropractor decided about a case, and why. Never edited: superseded by another.

    Some of it goes with some kinds only. To clear: `visit_types` (codes of the calendar's; none
    means any), `xray_allowed`, `until`. To refer: `refer_to`, `refer_urgency`. To ask: `questions`
    (ids of the protocol's) and `own_question`. `reason` is never the patient's to read.
    """

    class Kind(models.TextChoices):
        CLEAR = "CLEAR", _("clear to book")
        SUPPORTIVE = "SUPPORTIVE", _("clear alongside a doctor")
        REFER = "REFER", _("refer to a doctor")
        EMERGENCY_RESOLVED = "RESOLVED", _("emergency resolved")
        SET_ASIDE = "ASIDE", _("answers set aside as another person's")
        ASK = "ASK", _("ask the patient")
        CLOSE = "CLOSE", _("close the case")

    CLEARING = (Kind.CLEAR, Kind.SUPPORTIVE)
    # How soon, in the words the protocol has for it.
    URGENCIES = (Urgency.TODAY, Urgency.IN_THREE_DAYS, Urgency.SOON)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions", verbose_name=_("case"))
    intake = models.ForeignKey(
        Intake, models.PROTECT, related_name="decisions", verbose_name=_("on the answers of")
    )
    kind = models.CharField(_("decision"), max_length=10, choices=Kind)
    reason = models.TextField(_("reason"))
    xray_allowed = models.BooleanField(_("with X-ray"), default=False)
    visit_types = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("visit types")
    )
    until = models.DateTimeField(_("until"), null=True, blank=True)
    refer_to = models.CharField(_("to whom"), max_length=200, blank=True)
    refer_urgency = models.CharField(_("how soon"), max_length=120, blank=True)
    questions = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("questions")
    )
    own_question = models.TextField(_("question in their own words"), blank=True)
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("takes the place of"),
    )
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("review decision")
        verbose_name_plural = _("review decisions")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="review_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(kind__in=("CLEAR", "SUPPORTIVE"))
                | models.Q(visit_types=[], until=None, xray_allowed=False),
                name="review_only_clearing_gives_leave",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="REFER") | models.Q(refer_to="", refer_urgency=""),
                name="review_only_referring_sends",
            ),
            models.CheckConstraint(
                condition=(models.Q(kind="ASK") & ~models.Q(questions=[], own_question=""))
                | (~models.Q(kind="ASK") & models.Q(questions=[], own_question="")),
                name="review_only_asking_asks",
            ),
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
    # What let it last longer than the one before, on the same answers.
    extension = models.OneToOneField(
        "intake.ClearanceDecision",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="issued",
        verbose_name=_("extension"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    xray_allowed = models.BooleanField(_("with X-ray"), default=False)
    # Codes of the calendar's; none means any.
    visit_types = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("visit types")
    )
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
            models.CheckConstraint(
                condition=models.Q(visit_types=[]) | models.Q(decision__isnull=False),
                name="clearance_types_only_by_decision",
            ),
            models.UniqueConstraint(
                fields=["intake"],
                condition=models.Q(decision=None, extension=None),
                name="clearance_once_per_book_intake",
            ),
        ]

    def __str__(self) -> str:
        first, last = times.local(self.starts_at), times.local(self.ends_at)
        return f"{self.patient}, {first:%Y-%m-%d} – {last:%Y-%m-%d}"
