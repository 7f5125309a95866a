"""Who is cared for, with whom they share an account, and who agreed for a minor."""

import uuid

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic import times
from intake.querysets import PatientQuerySet


class Patient(models.Model):
    """A person cared for. Families share an account; one person is one row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        "clinic.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="patients",
        verbose_name=_("account"),
    )
    given_name = models.CharField(_("first name"), max_length=80)
    family_name = models.CharField(_("last name"), max_length=80)
    name_key = models.CharField(max_length=200, editable=False, db_index=True)
    born = models.DateField(_("date of birth"))
    phone = PhoneNumberField(_("mobile phone"), blank=True)
    email = models.EmailField(_("email address"), blank=True)
    town = models.ForeignKey(
        "clinic.ServiceTown", models.PROTECT, null=True, blank=True, verbose_name=_("town")
    )
    elsewhere = models.CharField(_("another town"), max_length=80, blank=True)
    likely_duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, verbose_name=_("perhaps the same person as")
    )
    # Another record of the same person, which is kept in this one's place: see `PatientMerge`.
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_records",
        verbose_name=_("merged into"),
    )
    # `person_id`, by which the database finds all records of one person through an index.
    person = models.GeneratedField(
        expression=Coalesce("merged_into", "id"),
        output_field=models.UUIDField(),
        db_persist=True,
        db_index=True,
    )
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ["family_name", "given_name"]
        indexes = [models.Index(fields=["name_key", "born"], name="patient_by_name_and_birth")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def person_id(self) -> uuid.UUID:
        """The record that is kept of this person: their own, or the one it was merged into."""
        return self.merged_into_id or self.pk

    @property
    def kept(self) -> "Patient":
        return self.merged_into or self

    @property
    def town_name(self) -> str:
        return self.town.name if self.town else self.elsewhere


class PatientMerge(models.Model):
    """Two records were found to be one person's, or one of them was taken apart again, and why.

    Only ever added to. Merging copies nothing: everything stays with the record it came to, and
    the pointer `Patient.merged_into` makes both count as one person.
    """

    class Kind(models.TextChoices):
        MERGED = "MERGED", _("merged")
        APART = "APART", _("taken apart")

    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="merges", verbose_name=_("record")
    )
    kept = models.ForeignKey(
        Patient, models.PROTECT, related_name="+", verbose_name=_("into the record")
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    reason = models.TextField(_("reason"))
    by = models.ForeignKey("clinic.User", models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("merged record")
        verbose_name_plural = _("merged records")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="merge_has_a_reason"),
            models.CheckConstraint(
                condition=~models.Q(patient=models.F("kept")), name="merge_is_of_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient}: {self.get_kind_display()}"


class Handover(models.Model):
    """A grown-up's record on its way from a family's account to one of their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="handovers", verbose_name=_("patient")
    )
    asked_by = models.ForeignKey(
        "clinic.User", models.PROTECT, related_name="+", verbose_name=_("from the account")
    )
    email = models.EmailField(_("to the address"))
    asked_at = models.DateTimeField(_("asked"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("record handed over")
        verbose_name_plural = _("records handed over")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.patient}, {times.local(self.asked_at):%Y-%m-%d %H:%M}"


class GuardianConsent(models.Model):
    """A parent or guardian agreed to the care of a minor. Only ever added to."""

    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="guardian_consents", verbose_name=_("patient")
    )
    intake = models.ForeignKey(
        "intake.Intake", models.PROTECT, related_name="+", verbose_name=_("intake")
    )
    guardian_name = models.CharField(_("parent or guardian"), max_length=160)
    relationship = models.CharField(_("relationship"), max_length=80)
    wording_version = models.CharField(_("wording"), max_length=20)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("guardian's consent")
        verbose_name_plural = _("guardians' consents")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(guardian_name=""), name="guardian_consent_has_a_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.guardian_name} ({self.relationship})"
