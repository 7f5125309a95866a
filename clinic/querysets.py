"""What the ground floor's rows are asked for, in the clinic's words."""

from datetime import datetime, timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

# Named by the model that uses it: naming the model here would be a circle of imports.
Row = TypeVar("Row", bound=models.Model, covariant=True)

# A message that waits longer than this is somebody's business.
TOO_LONG = timedelta(minutes=15)
# After this nobody still waits for a code that did not arrive.
CODES_MATTER_FOR = timedelta(days=1)


class MessageQuerySet(models.QuerySet[Row]):
    def needing_attention(self, *, now: datetime) -> Self:
        """Messages a person should know about: they could not be sent, or wait too long."""
        nobody_waits = Q(is_secret=True, queued_at__lte=now - CODES_MATTER_FOR)
        return self.filter(
            Q(state="FAILED") & ~nobody_waits | Q(state="QUEUED", queued_at__lt=now - TOO_LONG)
        )
