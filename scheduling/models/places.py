"""Whose time and which place a visit takes, and what it is for."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


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
