"""When the clinic is open: weekly hours, extra hours, and closures."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times
from scheduling.models.places import Clinician, Room
from scheduling.querysets import ClosureQuerySet
from scheduling.slots import Offered

_WHO_MAY_BOOK = {
    Offered.ONLINE: _("online"),
    Offered.SAME_DAY: _("online on the same day only (kept for acute pain)"),
    Offered.DESK: _("desk only"),
}


def _offered_field() -> "models.CharField[str, str]":
    return models.CharField(
        _("booked"),
        max_length=10,
        choices=[(offered.value, words) for offered, words in _WHO_MAY_BOOK.items()],
        default=Offered.ONLINE.value,
    )


def _offered_is_known(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(offered__in=[offered.value for offered in Offered]), name=name
    )


class OpeningHours(models.Model):
    """A weekly window in which the clinician sees patients, in the clinic's own time.

    `offered` says who may book into it: what that means, and what wins where windows overlap, is
    said in `scheduling.slots.Offered`.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    clinician = models.ForeignKey(
        Clinician, models.CASCADE, related_name="hours", verbose_name=_("clinician")
    )
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    offered = _offered_field()
    valid_from = models.DateField(_("first day"), null=True, blank=True)
    valid_until = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "starts"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")),
                name="opening_hours_have_length",
                violation_error_message=_("The closing time must be after the opening time."),
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="opening_hours_days_in_order",
                violation_error_message=_("The last day must not be before the first."),
            ),
            _offered_is_known("opening_hours_offered_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class ExtraHours(models.Model):
    """Hours of one day, besides the weekly ones, in the clinic's own time."""

    clinician = models.ForeignKey(
        Clinician, models.CASCADE, related_name="extra_hours", verbose_name=_("clinician")
    )
    day = models.DateField(_("day"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    offered = _offered_field()

    class Meta:
        verbose_name = _("extra hours")
        verbose_name_plural = _("extra hours")
        ordering = ["day", "starts"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")),
                name="extra_hours_have_length",
                violation_error_message=_("The closing time must be after the opening time."),
            ),
            _offered_is_known("extra_hours_offered_is_known"),
        ]

    def __str__(self) -> str:
        return f"{times.day_in_words(self.day)} {self.starts:%H:%M}–{self.ends:%H:%M}"


class Closure(models.Model):
    """Time in which nothing is booked: for a clinician, for a room, or (neither) for the clinic."""

    clinician = models.ForeignKey(
        Clinician, models.PROTECT, null=True, blank=True, verbose_name=_("clinician")
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, verbose_name=_("room"))
    during = DateTimeRangeField(_("from and to"))
    reason = models.CharField(_("reason"), max_length=120)

    objects = ClosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["during"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(clinician=None) | models.Q(room=None),
                name="closure_is_for_one_thing",
                violation_error_message=_("Choose a clinician or a room, not both."),
            ),
            models.CheckConstraint(
                condition=models.Q(during__isempty=False)
                & models.Q(during__lower_inf=False)
                & models.Q(during__upper_inf=False),
                name="closure_has_length",
                violation_error_message=_("The end must be after the beginning."),
            ),
        ]

    def __str__(self) -> str:
        return self.reason
