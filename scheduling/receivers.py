"""What the calendar does when intake takes a clearance back, in the same transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from clinic.audit import Actor
from intake.signals import clearance_revoked
from scheduling import services


@receiver(clearance_revoked, dispatch_uid="scheduling.stop_visits")
def stop_visits(
    *, clearance_id: UUID, emergency: bool, by: Actor, now: datetime, **_kwargs: Any
) -> None:
    services.stop_visits_of(clearance_id=clearance_id, emergency=emergency, by=by, now=now)
