"""A visit that stands in a closed time, and the time that is proposed in place of its own."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.hours import Closure
from scheduling.models.visits import Appointment


class Rebooking(models.Model):
    """What becomes of one visit of a closure. What the patient answered is the visit's own history.

    `proposed` is the doctor's time that the new visit would take: no two visits are ever proposed
    the same, whatever writes. It goes with its closure, when that is taken back.
    """

    class ToldBy(models.TextChoices):
        EMAIL = "email", _("email")
        CALL = "call", _("call")

    closure = models.ForeignKey(
        Closure, models.CASCADE, related_name="rebookings", verbose_name=_("closure")
    )
    visit = models.ForeignKey(
        Appointment, models.PROTECT, related_name="rebookings", verbose_name=_("visit")
    )
    was = DateTimeRangeField(_("time of the visit"))
    start = models.DateTimeField(_("proposed start"), null=True, blank=True)
    proposed = DateTimeRangeField(_("proposed time"), null=True, blank=True)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    told_by = models.CharField(_("told by"), max_length=5, choices=ToldBy, blank=True)

    class Meta:
        verbose_name = _("visit in a closed time")
        verbose_name_plural = _("visits in a closed time")
        ordering = ["was"]
        constraints = [
            models.UniqueConstraint(fields=["closure", "visit"], name="rebooking_once_a_closure"),
            ExclusionConstraint(
                name="rebooking_proposed_once",
                expressions=[("proposed", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=models.Q(start=None, proposed=None)
                | models.Q(start__isnull=False, proposed__contains=models.F("start")),
                name="rebooking_start_is_proposed",
            ),
            models.CheckConstraint(
                condition=models.Q(told_at=None, told_by="")
                | models.Q(told_at__isnull=False, told_by__in=["email", "call"]),
                name="rebooking_told_somehow",
            ),
        ]

    def __str__(self) -> str:
        return str(self.visit)
