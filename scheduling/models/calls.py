"""Calls the desk has to make: what brought each about, and how it ended."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.visits import Appointment


class Call(models.Model):
    """Somebody is to be called. It is on the list until it has ended; a try in vain ends nothing.

    Never deleted: a call that nobody made would be a person who never heard.
    """

    class Why(models.TextChoices):
        """The first of two that are about one visit is the one that stays."""

        EMERGENCY = "emergency", _("their answers were an emergency, and the visit was taken off")
        UNDECIDED = "undecided", _("nobody decided in time, and the visit was taken off")
        CLOSED = "closed", _("the clinic is closed at the time of their visit")
        VISIT = "visit", _("news of their visit, and no email address")
        HELD = "held", _("somebody looks at their answers first, and no email address")
        CLEARED = "cleared", _("they may choose a time, and no email address")
        REFERRED = "referred", _("a doctor should see them first, and no email address")
        ASKED = "asked", _("Dr. Solomon has a question for them, and no email address")
        READ = "read", _("their answers were read, and no email address")

    class Ended(models.TextChoices):
        REACHED = "reached", _("reached")
        LEFT_WORD = "left word", _("left word")
        NOT_REACHED = "not reached", _("not reached")
        # What it was to tell of was undone before anybody heard of it.
        WITHDRAWN = "withdrawn", _("no longer needed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        "intake.Patient", models.PROTECT, related_name="calls", verbose_name=_("patient")
    )
    visit = models.ForeignKey(
        Appointment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("visit"),
    )
    why = models.CharField(_("why"), max_length=10, choices=Why)
    made_at = models.DateTimeField(_("since"))
    tries = models.PositiveSmallIntegerField(_("tried in vain"), default=0)
    done_at = models.DateTimeField(_("ended"), null=True, blank=True)
    done_by = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    ended = models.CharField(_("how it ended"), max_length=12, choices=Ended, blank=True)
    # Counts its changes, as a visit's does.
    version = models.PositiveIntegerField(_("version"), default=1)

    class Meta:
        verbose_name = _("call to make")
        verbose_name_plural = _("calls to make")
        ordering = ["made_at"]
        indexes = [
            models.Index(
                fields=["made_at"], condition=models.Q(done_at=None), name="call_still_to_make"
            ),
            models.Index(fields=["done_at"], name="call_by_end"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None, done_by=None, ended="")
                | models.Q(
                    done_at__isnull=False,
                    ended__in=["reached", "left word", "not reached", "withdrawn"],
                ),
                name="call_ended_somehow",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    why__in=[
                        "emergency",
                        "undecided",
                        "closed",
                        "visit",
                        "held",
                        "cleared",
                        "referred",
                        "asked",
                        "read",
                    ]
                ),
                name="call_why_is_known",
            ),
            models.UniqueConstraint(
                fields=["visit", "why"],
                condition=models.Q(done_at=None, visit__isnull=False),
                name="call_once_a_visit",
            ),
            models.UniqueConstraint(
                fields=["patient", "why"],
                condition=models.Q(done_at=None, visit=None),
                name="call_once_a_patient",
            ),
        ]

    def __str__(self) -> str:
        return str(self.patient)
