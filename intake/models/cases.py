"""What may not book until somebody has decided, and the times that would suit the person."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic import times
from intake.models.outcomes import Disposition
from intake.models.people import Patient
from intake.querysets import CaseQuerySet


class Case(models.Model):
    """An intake, or several, that may not book until somebody has decided."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("waiting for review")
        REFERRED = "REFERRED", _("sent to a doctor")
        ASKED = "ASKED", _("asked, waiting for the patient")
        CLEARED = "CLEARED", _("cleared")
        CLOSED = "CLOSED", _("closed")

    UNRESOLVED = (State.OPEN, State.REFERRED, State.ASKED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("patient"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    disposition = models.CharField(_("worst outcome"), max_length=10, choices=Disposition)
    contact_name = models.CharField(_("name left"), max_length=160, blank=True)
    contact_phone = PhoneNumberField(_("phone left"), blank=True)
    mistake_reported_at = models.DateTimeField(_("called a mistaken tap"), null=True, blank=True)
    related_case = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name=_("shares a contact with")
    )
    opened_at = models.DateTimeField(_("opened"))
    due_at = models.DateTimeField(_("due"))
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    # Once for each time it waits: every chiropractor was mailed that it is overdue.
    overdue_told_at = models.DateTimeField(_("told as overdue"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["opened_at"]
        indexes = [models.Index(fields=["state", "due_at"], name="case_by_due_time")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(disposition=Disposition.BOOK), name="case_is_never_book"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("OPEN", "REFERRED", "ASKED"), resolved_at=None)
                | models.Q(state__in=("CLEARED", "CLOSED"), resolved_at__isnull=False),
                name="case_resolved_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_disposition_display()}: {self.patient or self.contact_name or '—'}"


class WishedTimes(models.Model):
    """When a visit would suit somebody who is held. Only ever added to: the newest counts."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="wishes", verbose_name=_("case"))
    half_days = ArrayField(models.CharField(max_length=6), default=list, verbose_name=_("times"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("wished times")
        verbose_name_plural = _("wished times")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(half_days=[], note=""), name="wished_times_say_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case}, {times.local(self.at):%Y-%m-%d %H:%M}"
