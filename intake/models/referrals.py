"""A patient sent to a doctor: to whom, with which letter, what happened, and what came back."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic import times
from intake.models.cases import Case
from intake.models.decisions import ReviewDecision
from intake.querysets import ReferralQuerySet, ReportQuerySet

MOST_BYTES = 10 * 1024 * 1024


class Receiver(models.Model):
    """A doctor or a practice that the clinic sends patients to: a line of the address book."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    field = models.CharField(
        _("field"), max_length=80, blank=True, help_text=_("Such as: family medicine.")
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    fax = PhoneNumberField(_("fax"), blank=True)
    is_offered = models.BooleanField(
        _("offered"), default=True, help_text=_("Whether a letter can be addressed to them.")
    )

    class Meta:
        verbose_name = _("receiver of referrals")
        verbose_name_plural = _("receivers of referrals")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "address"],
                name="receiver_once",
                violation_error_message=_("They are in the address book already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.field}" if self.field else self.name


class Referral(models.Model):
    """One decision to refer, followed until the next decision. Overdue, the case comes back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="referrals", verbose_name=_("case"))
    decision = models.OneToOneField(
        ReviewDecision, models.PROTECT, related_name="referral", verbose_name=_("decision")
    )
    opened_at = models.DateTimeField(_("opened"))

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"{self.case}, {times.local(self.opened_at):%Y-%m-%d}"


class ReferralLetter(models.Model):
    """The letter as it stood when it was saved. Never edited: the next version is another row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(
        Referral, models.PROTECT, related_name="letters", verbose_name=_("referral")
    )
    version = models.PositiveSmallIntegerField(_("version"))
    receiver = models.ForeignKey(
        Receiver, models.PROTECT, null=True, blank=True, verbose_name=_("from the address book")
    )
    # As they are printed: the address book may change after the letter went out.
    to_name = models.CharField(_("to"), max_length=200, blank=True)
    to_address = models.CharField(_("address"), max_length=200, blank=True)
    see_by = models.DateField(_("to be seen by"))
    history = models.TextField(_("history"))
    findings = models.TextField(_("what the answers showed"))
    question = models.TextField(_("what we ask"))
    signed_by = models.CharField(_("signed"), max_length=160)
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("referral letter")
        verbose_name_plural = _("referral letters")
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "version"], name="letter_version_once_per_referral"
            ),
            models.CheckConstraint(condition=~models.Q(question=""), name="letter_asks_something"),
        ]

    def __str__(self) -> str:
        return f"{self.referral}, {self.version}"


class ReferralStep(models.Model):
    """Something that happened to a referral. Only ever added to."""

    class Kind(models.TextChoices):
        DRAFTED = "DRAFTED", _("letter drafted")
        SENT = "SENT", _("letter given or sent")
        SEEN = "SEEN", _("seen by the doctor")
        REPORT = "REPORT", _("report received")
        OVERDUE = "OVERDUE", _("overdue: back to the review")
        DECIDED = "DECIDED", _("decided")

    # After these somebody looks, whatever the clock says.
    CAME_BACK = (Kind.SEEN, Kind.REPORT, Kind.OVERDUE)

    referral = models.ForeignKey(
        Referral, models.PROTECT, related_name="steps", verbose_name=_("referral")
    )
    kind = models.CharField(_("step"), max_length=10, choices=Kind)
    letter = models.ForeignKey(
        ReferralLetter, models.PROTECT, null=True, blank=True, verbose_name=_("letter")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("referral step")
        verbose_name_plural = _("referral steps")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="SENT") | models.Q(letter__isnull=False),
                name="step_sent_names_its_letter",
            ),
            models.UniqueConstraint(
                fields=["referral"],
                condition=models.Q(kind="DECIDED"),
                name="referral_decided_once",
            ),
            models.UniqueConstraint(
                fields=["referral"],
                condition=models.Q(kind="OVERDUE"),
                name="referral_overdue_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {times.local(self.at):%Y-%m-%d %H:%M}"


class Report(models.Model):
    """What the doctor wrote, as it was handed in: the file itself, in the database."""

    class Kind(models.TextChoices):
        PDF = "PDF", "PDF"
        JPEG = "JPEG", "JPEG"
        PNG = "PNG", "PNG"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(
        Referral, models.PROTECT, related_name="reports", verbose_name=_("referral")
    )
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    # Shown, and never used as the name of a file.
    name = models.CharField(_("called"), max_length=120)
    content = models.BinaryField(_("content"))
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("doctor’s report")
        verbose_name_plural = _("doctors’ reports")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(size__gt=0, size__lte=MOST_BYTES), name="report_size_in_bounds"
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[^/\\]+$"), name="report_name_is_no_path"
            ),
            models.UniqueConstraint(fields=["referral", "sha256"], name="report_once_per_referral"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {times.local(self.at):%Y-%m-%d %H:%M}"
