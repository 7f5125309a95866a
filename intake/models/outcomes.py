"""The four outcomes of an intake."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Disposition(models.TextChoices):
    """The four outcomes, in the protocol's words; see `intake.triage`."""

    EMERGENCY = "EMERGENCY", _("Emergency")
    REFER = "REFER", _("Doctor first")
    CO_MANAGE = "CO-MANAGE", _("Doctor alongside")
    BOOK = "BOOK", _("May book")
