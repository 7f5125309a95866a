"""Home exercises as they were given to a patient: what, and how much of each."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times
from intake.models.people import Patient
from intake.querysets import ExercisePlanQuerySet

MOST_A_DAY, MOST_REPEATS, MOST_SECONDS = 6, 50, 120


class ExercisePlan(models.Model):
    """What a patient is to do at home, from one day on.

    Never changed: a newer plan takes the older's place, and one without exercises ends them.
    `length` is the number of its exercises, so that none can be put in later.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="exercise_plans", verbose_name=_("patient")
    )
    length = models.PositiveSmallIntegerField(_("exercises"))
    note = models.CharField(_("note to the patient"), max_length=300, blank=True)
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    objects = ExercisePlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("exercise plan")
        verbose_name_plural = _("exercise plans")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["patient", "-at"], name="plan_by_patient")]

    def __str__(self) -> str:
        return f"{self.patient}, {times.local(self.at):%Y-%m-%d}"


class Prescription(models.Model):
    """One exercise of a plan, by its name in the library, and how much of it."""

    plan = models.ForeignKey(
        ExercisePlan, models.PROTECT, related_name="prescriptions", verbose_name=_("plan")
    )
    place = models.PositiveSmallIntegerField(_("place"))
    exercise = models.CharField(_("exercise"), max_length=20)
    times_a_day = models.PositiveSmallIntegerField(_("times a day"))
    repeats = models.PositiveSmallIntegerField(_("times each"))
    hold_seconds = models.PositiveSmallIntegerField(_("seconds to hold"))

    class Meta:
        verbose_name = _("prescribed exercise")
        verbose_name_plural = _("prescribed exercises")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "place"], name="prescription_has_its_place"),
            models.UniqueConstraint(fields=["plan", "exercise"], name="prescription_once_a_plan"),
            models.CheckConstraint(
                condition=models.Q(
                    times_a_day__range=(1, MOST_A_DAY),
                    repeats__range=(1, MOST_REPEATS),
                    hold_seconds__range=(0, MOST_SECONDS),
                ),
                name="prescription_is_a_dose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exercise}, {self.plan}"
