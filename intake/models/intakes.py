"""Answers: on their way, as they were sent, and what the protocol made of them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic import times
from intake.models.cases import Case
from intake.models.outcomes import Disposition
from intake.models.people import Patient
from intake.querysets import IntakeQuerySet


class IntakeDraft(models.Model):
    """Answers on their way, found again by the browser's session. Never proof of anything.

    `version` counts the changes; `changed_in` says in which of them each answer last changed, so
    that a page made from an older one overwrites nothing unasked. `account` has proved that the
    draft is theirs: it may be taken up on another device.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    browser = models.UUIDField(db_index=True)
    account = models.ForeignKey("clinic.User", models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    changed_in = models.JSONField(default=dict)
    born = models.DateField(null=True)
    answers = models.JSONField(default=dict)
    shown = models.JSONField(default=list)
    also_hurts = models.JSONField(default=list)
    about = models.JSONField(default=dict)
    corrects = models.ForeignKey("intake.Intake", models.SET_NULL, null=True, related_name="+")
    submitted = models.OneToOneField("intake.Intake", models.SET_NULL, null=True, related_name="+")
    # A short re-screen: the earlier answers of a proved patient, which it asks about again.
    renews = models.ForeignKey("intake.Intake", models.PROTECT, null=True, related_name="+")
    # What the chiropractor asked: it holds the earlier answers to everything else.
    asked = models.OneToOneField(
        "intake.ReviewDecision", models.PROTECT, null=True, related_name="draft"
    )
    # Asked aloud, at the desk or by phone: who began to type. No browser of a patient finds it.
    typed_by = models.ForeignKey("clinic.User", models.PROTECT, null=True, related_name="+")
    # Begun on the phone. `patient`: the record that staff chose, having asked who calls.
    by_phone = models.BooleanField(default=False)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")
    # The caller goes on by themselves, by a link: from then on staff type and read none of it.
    handed_over_by = models.ForeignKey("clinic.User", models.PROTECT, null=True, related_name="+")
    handed_over_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("unfinished intake")
        verbose_name_plural = _("unfinished intakes")

    def __str__(self) -> str:
        return f"{times.local(self.started_at):%Y-%m-%d %H:%M}"


class Intake(models.Model):
    """What a person said, and what the protocol made of it. Never changed, never deleted.

    Only `patient` and `case` may be filled in later, once: when an emailed code has proved who
    it is. A recorded decision that the answers are another person's moves them to another case.
    """

    class Kind(models.TextChoices):
        FULL = "FULL", _("full intake")
        RESCREEN = "RESCREEN", _("re-screen")
        ASKED = "ASKED", _("asked by the chiropractor")

    class Channel(models.TextChoices):
        ONLINE = "ONLINE", _("online")
        DESK = "DESK", _("front desk")
        PHONE = "PHONE", _("by phone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="intakes",
        verbose_name=_("patient"),
    )
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="intakes", verbose_name=_("case")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.FULL)
    renews = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("renews")
    )
    channel = models.CharField(_("taken"), max_length=10, choices=Channel, default=Channel.ONLINE)
    typed_by = models.ForeignKey(
        "clinic.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("typed by"),
    )
    is_complete = models.BooleanField(_("finished"), default=True)
    browser = models.UUIDField(null=True, blank=True, db_index=True, editable=False)
    account = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    given_name = models.CharField(_("first name"), max_length=80, blank=True)
    family_name = models.CharField(_("last name"), max_length=80, blank=True)
    name_key = models.CharField(max_length=200, blank=True, editable=False)
    born = models.DateField(_("date of birth"), null=True, blank=True)
    phone = PhoneNumberField(_("mobile phone"), blank=True)
    email = models.EmailField(_("email address"), blank=True)
    town = models.ForeignKey(
        "clinic.ServiceTown", models.PROTECT, null=True, blank=True, verbose_name=_("town")
    )
    elsewhere = models.CharField(_("another town"), max_length=80, blank=True)
    guardian_name = models.CharField(_("parent or guardian"), max_length=160, blank=True)
    guardian_relationship = models.CharField(_("relationship"), max_length=80, blank=True)
    own_words = models.TextField(_("in their own words"), blank=True)
    details = models.JSONField(_("other details"), default=dict, blank=True)
    consents = models.JSONField(_("consents"), default=list, blank=True)

    age = models.PositiveSmallIntegerField(_("age"), null=True, blank=True)
    answers = models.JSONField(_("answers"))
    protocol = models.CharField(_("protocol"), max_length=20)
    disposition = models.CharField(_("outcome"), max_length=10, choices=Disposition)
    urgency = models.CharField(_("urgency"), max_length=120)
    rules = ArrayField(models.CharField(max_length=8), verbose_name=_("rules that fired"))
    flags = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("flags"))
    # Until somebody worked it out there is no X-ray: see `intake.xray`.
    xray_hold = models.BooleanField(_("X-ray on hold"), default=True)
    submitted_at = models.DateTimeField(_("submitted"), db_index=True)

    objects = IntakeQuerySet.as_manager()

    class Meta:
        verbose_name = _("intake")
        verbose_name_plural = _("intakes")
        ordering = ["-submitted_at"]
        indexes = [
            models.Index(fields=["name_key", "born"], name="intake_by_name_and_birth"),
            models.Index(fields=["phone"], name="intake_by_phone"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(disposition=Disposition.BOOK) | models.Q(case__isnull=False),
                name="intake_held_has_a_case",
            ),
            models.CheckConstraint(
                condition=~models.Q(disposition=Disposition.BOOK, is_complete=False),
                name="intake_book_is_finished",
            ),
            models.CheckConstraint(
                condition=models.Q(xray_hold=True) | ~models.Q(flags__contains=["XRAY_HOLD"]),
                name="intake_xray_flag_is_a_hold",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="FULL", renews=None)
                | models.Q(kind__in=("RESCREEN", "ASKED"), renews__isnull=False),
                name="intake_rescreen_renews_another",
            ),
            models.CheckConstraint(
                condition=models.Q(channel="ONLINE", typed_by=None)
                | models.Q(channel__in=("DESK", "PHONE"), typed_by__isnull=False),
                name="intake_desk_names_who_typed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_disposition_display()}, {times.local(self.submitted_at):%Y-%m-%d %H:%M}"


class ContactLeft(models.Model):
    """A number left on the emergency page for the clinic to call. Only ever added to."""

    intake = models.ForeignKey(
        Intake, models.PROTECT, related_name="contacts", verbose_name=_("intake")
    )
    name = models.CharField(_("name"), max_length=160, blank=True)
    phone = PhoneNumberField(_("phone"))
    left_at = models.DateTimeField(_("left"))

    class Meta:
        verbose_name = _("contact left")
        verbose_name_plural = _("contacts left")
        ordering = ["-left_at"]
        indexes = [models.Index(fields=["phone"], name="contact_left_by_phone")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(phone=""), name="contact_left_has_a_phone")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.phone}".strip()


class Finding(models.Model):
    """A rule that fired, with the answers that fired it, in the words that were shown."""

    intake = models.ForeignKey(Intake, models.PROTECT, related_name="findings")
    rule = models.CharField(_("rule"), max_length=8)
    disposition = models.CharField(_("outcome"), max_length=10, choices=Disposition)
    reason = models.TextField(_("reason"))
    urgency = models.CharField(_("urgency"), max_length=120)
    source = models.CharField(_("source"), max_length=200)
    quotes = models.JSONField(_("answers that fired it"))

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["intake", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["intake", "rule"], name="finding_once_per_intake")
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason}"
