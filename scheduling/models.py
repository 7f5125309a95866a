"""The calendar's rows: who and where, when the clinic is open, and the visits.

The database itself refuses an overlap and a visit past the gate
(`scheduling/migrations/0002_guards.py`).
"""

import uuid
from datetime import datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times
from clinic.audit import Via
from scheduling.querysets import AppointmentQuerySet, ClosureQuerySet
from scheduling.slots import Offered, State

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


class Clinician(models.Model):
    """Whose time a visit takes. Today one person: Dr. Solomon."""

    name = models.CharField(_("name"), max_length=120)
    user = models.OneToOneField(
        "clinic.User", models.PROTECT, null=True, blank=True, verbose_name=_("signs in as")
    )
    is_active = models.BooleanField(_("sees patients"), default=True)

    class Meta:
        verbose_name = _("clinician")
        verbose_name_plural = _("clinicians")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A place only one visit can use at a time: the X-ray room."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class VisitType(models.Model):
    """What a visit is for: its length, what it keeps busy, and who may choose it."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    minutes = models.PositiveSmallIntegerField(
        _("length, minutes"), validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    buffer_before = models.PositiveSmallIntegerField(_("kept free before, minutes"), default=0)
    buffer_after = models.PositiveSmallIntegerField(_("kept free after, minutes"), default=0)
    room = models.ForeignKey(
        Room, models.PROTECT, null=True, blank=True, verbose_name=_("uses the room")
    )
    room_from = models.PositiveSmallIntegerField(
        _("uses the room from, minutes after the start"), null=True, blank=True
    )
    room_until = models.PositiveSmallIntegerField(
        _("uses the room until, minutes after the start"), null=True, blank=True
    )
    needs_xray_clearance = models.BooleanField(_("only with leave for an X-ray"), default=False)
    for_first_visit = models.BooleanField(_("for a first visit"), default=False)
    for_return_visit = models.BooleanField(_("for a return visit"), default=False)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("visit type")
        verbose_name_plural = _("visit types")
        ordering = ["-for_first_visit", "minutes"]
        constraints = [
            models.CheckConstraint(condition=models.Q(minutes__gt=0), name="visit_type_has_length"),
            models.CheckConstraint(
                condition=models.Q(room_from=None, room_until=None)
                | models.Q(
                    room__isnull=False,
                    room_from__isnull=False,
                    room_until__isnull=False,
                    room_until__gt=models.F("room_from"),
                    room_until__lte=models.F("minutes") + models.F("buffer_after"),
                ),
                name="visit_type_room_part_fits",
                violation_error_message=_(
                    "Of its room a visit uses one part, which ends with the visit's own time."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


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


def _no_overlap(name: str, who: str, when: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[(who, RangeOperators.EQUAL), (when, RangeOperators.OVERLAPS)],
        condition=models.Q(state__in=sorted(state.value for state in State.KEEPS_TIME)),
    )


class Appointment(models.Model):
    """A visit (its name on screen) with Dr. Solomon.

    Three ranges, half-open, in UTC: the patient's visit, the clinician's busy time (buffers
    included), the room's busy time, which is some part of the clinician's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        "intake.Patient", models.PROTECT, related_name="appointments", verbose_name=_("patient")
    )
    clearance = models.ForeignKey(
        "intake.Clearance", models.PROTECT, related_name="appointments", verbose_name=_("clearance")
    )
    clinician = models.ForeignKey(
        Clinician, models.PROTECT, related_name="appointments", verbose_name=_("clinician")
    )
    visit_type = models.ForeignKey(VisitType, models.PROTECT, verbose_name=_("visit type"))
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, verbose_name=_("room"))
    state = models.CharField(
        _("state"), max_length=10, choices=[(state.value, state.label) for state in State]
    )
    hold_expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)
    visit = DateTimeRangeField(_("visit"))
    clinician_busy = DateTimeRangeField(_("clinician's time"))
    room_busy = DateTimeRangeField(_("room's time"), null=True, blank=True)
    created_at = models.DateTimeField(_("made"))
    # Counts its changes: a page that was made from an earlier version is told so.
    version = models.PositiveIntegerField(_("version"), default=1, db_default=1)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["visit"]
        indexes = [models.Index(fields=["state", "hold_expires_at"], name="visit_by_hold_end")]
        constraints = [
            _no_overlap("visit_patient_not_twice", "patient", "visit"),
            _no_overlap("visit_clinician_not_twice", "clinician", "clinician_busy"),
            _no_overlap("visit_room_not_twice", "room", "room_busy"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]),
                name="visit_state_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.HELD.value, hold_expires_at__isnull=False)
                | ~models.Q(state=State.HELD.value),
                name="visit_hold_expires",
            ),
            models.CheckConstraint(
                condition=models.Q(visit__isempty=False)
                & models.Q(visit__lower_inf=False)
                & models.Q(visit__upper_inf=False)
                & models.Q(clinician_busy__contains=models.F("visit")),
                name="visit_is_inside_clinician_time",
            ),
            models.CheckConstraint(
                condition=models.Q(room=None, room_busy=None)
                | models.Q(
                    room__isnull=False,
                    room_busy__isnull=False,
                    clinician_busy__contains=models.F("room_busy"),
                ),
                name="visit_room_has_its_time",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(state=State.HELD.value),
                name="visit_one_hold_a_patient",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient}, {times.local(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def starts_at(self) -> datetime:
        moment: datetime = self.visit.lower
        return moment

    @property
    def ends_at(self) -> datetime:
        moment: datetime = self.visit.upper
        return moment


class StatusChange(models.Model):
    """One move of a visit from state to state, or to another time: who, when, from where, why.

    Only ever added to. `was` and `became` are the visit's old and new time when it was moved.
    """

    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="changes", verbose_name=_("visit")
    )
    before = models.CharField(_("from"), max_length=10, blank=True)
    after = models.CharField(_("to"), max_length=10)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, verbose_name=_("by")
    )
    via = models.CharField(_("from where"), max_length=10, choices=Via)
    was = DateTimeRangeField(_("old time"), null=True, blank=True)
    became = DateTimeRangeField(_("new time"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    is_late = models.BooleanField(_("cancelled late"), default=False)

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status history")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(via__in=Via.values), name="status_change_says_from_where"
            ),
            models.CheckConstraint(
                condition=models.Q(was=None, became=None)
                | models.Q(
                    ~models.Q(was=models.F("became")), was__isnull=False, became__isnull=False
                ),
                name="status_change_moves_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.before or '—'} → {self.after}"
