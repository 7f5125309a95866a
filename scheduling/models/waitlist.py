"""Who waits for a time that suits them, and the free times they were offered."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import half_days, times
from clinic.audit import Via
from scheduling.models.places import VisitType
from scheduling.models.visits import Appointment
from scheduling.querysets import WaitlistEntryQuerySet, WaitlistOfferQuerySet


class WaitlistEntry(models.Model):
    """Somebody who waits for one kind of visit, at times that suit them.

    No mornings or afternoons named: any. `note` is for the desk, and about times alone.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        DONE = "DONE", _("has a time")
        WITHDRAWN = "WITHDRAWN", _("taken off the list")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        "intake.Patient", models.PROTECT, related_name="waits", verbose_name=_("patient")
    )
    visit_type = models.ForeignKey(VisitType, models.PROTECT, verbose_name=_("visit type"))
    half_days = ArrayField(
        models.CharField(max_length=6), default=list, blank=True, verbose_name=_("times that suit")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    is_acute = models.BooleanField(_("acute: comes first"), default=False)
    note = models.CharField(_("note about times"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    made_at = models.DateTimeField(_("waits since"))
    made_by = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, verbose_name=_("put on the list by")
    )
    via = models.CharField(_("from where"), max_length=10, choices=Via)
    ended_at = models.DateTimeField(_("off the list since"), null=True, blank=True)
    # Nobody for whoever is taken off by the clock.
    ended_by = models.ForeignKey(
        "clinic.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken off by"),
    )

    objects = WaitlistEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("waitlist entry")
        verbose_name_plural = _("waitlist")
        # Acute first, then whoever has waited longest: the order in which times are offered.
        ordering = ["-is_acute", "made_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "visit_type"],
                condition=models.Q(state="WAITING"),
                name="waitlist_once_a_patient_and_type",
            ),
            models.CheckConstraint(
                condition=models.Q(state="WAITING", ended_at=None, ended_by=None)
                | models.Q(state__in=["DONE", "WITHDRAWN"], ended_at__isnull=False),
                name="waitlist_entry_ends_once",
            ),
            models.CheckConstraint(
                condition=models.Q(last_day=None) | models.Q(last_day__gte=models.F("first_day")),
                name="waitlist_days_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(half_days__contained_by=[half.key for half in half_days.WEEK]),
                name="waitlist_half_days_are_known",
            ),
            models.CheckConstraint(
                condition=models.Q(via__in=Via.values), name="waitlist_entry_says_from_where"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient}, {self.visit_type}"


class WaitlistOffer(models.Model):
    """A free time that was offered to somebody who waits. It keeps nothing: the first gets it.

    `outcome` is filled in once; the offer is open until then, and until `expires_at`.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "ACCEPTED", _("accepted")
        DECLINED = "DECLINED", _("declined")
        EXPIRED = "EXPIRED", _("no answer in time")
        GONE = "GONE", _("somebody else was first")
        TAKEN_OFF = "TAKEN_OFF", _("taken off the list")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(
        WaitlistEntry, models.PROTECT, related_name="offers", verbose_name=_("waitlist entry")
    )
    start = models.DateTimeField(_("time"))
    offered_at = models.DateTimeField(_("offered"))
    offered_by = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, verbose_name=_("offered by")
    )
    expires_at = models.DateTimeField(_("stands until"))
    outcome = models.CharField(_("what came of it"), max_length=10, choices=Outcome, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    visit = models.OneToOneField(
        Appointment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="offer",
        verbose_name=_("visit"),
    )

    objects = WaitlistOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer from the waitlist")
        verbose_name_plural = _("offers from the waitlist")
        ordering = ["-offered_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(outcome=""), name="offer_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", settled_at=None)
                | models.Q(
                    outcome__in=["ACCEPTED", "DECLINED", "EXPIRED", "GONE", "TAKEN_OFF"],
                    settled_at__isnull=False,
                ),
                name="offer_settled_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="ACCEPTED", visit__isnull=False)
                | models.Q(~models.Q(outcome="ACCEPTED"), visit=None),
                name="offer_accepted_is_a_visit",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("offered_at"))
                & models.Q(expires_at__lte=models.F("start")),
                name="offer_ends_before_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry}, {times.local(self.start):%Y-%m-%d %H:%M}"

    def is_open(self, now: datetime) -> bool:
        """May it still be answered?"""
        return not self.outcome and now < self.expires_at
