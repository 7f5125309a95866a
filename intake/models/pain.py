"""How bad the pain was on the day of a visit, as the patient said there."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import times
from intake.models.people import Patient

WORST_PAIN = 10


class PainScore(models.Model):
    """From 0, no pain, to 10. Only ever added to: the newest of a day counts."""

    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="pain_scores", verbose_name=_("patient")
    )
    score = models.PositiveSmallIntegerField(_("pain, 0 to 10"))
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("pain score")
        verbose_name_plural = _("pain scores")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["patient", "-at"], name="pain_by_patient")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__lte=WORST_PAIN), name="pain_is_from_0_to_10"
            )
        ]

    def __str__(self) -> str:
        return f"{self.patient}, {times.local(self.at):%Y-%m-%d}: {self.score}"
