"""The visits, and everything that was done with each."""

import uuid
from datetime import datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times
from clinic.audit import Via
from scheduling.models.places import Clinician, Room, VisitType
from scheduling.querysets import AppointmentQuerySet
from scheduling.slots import State


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
    # The record that is kept of the patient's person, where two were merged. A trigger
    # fills it in.
    person = models.ForeignKey(
        "intake.Patient",
        models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("person"),
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
        indexes = [
            models.Index(fields=["state", "hold_expires_at"], name="visit_by_hold_end"),
            # For the days that the desk looks at, over or to come.
            GistIndex(fields=["visit"], name="visit_by_time"),
        ]
        constraints = [
            _no_overlap("visit_patient_not_twice", "person", "visit"),
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
                fields=["person"],
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
        # The times that came free lately are looked for here.
        indexes = [models.Index(fields=["at"], name="status_change_by_time")]
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
