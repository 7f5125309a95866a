"""What patients' records do when something changes beneath them."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from clinic.audit import Actor
from clinic.models import User
from clinic.signals import address_changed
from intake.services.people import follow_sign_in


@receiver(address_changed)
def mail_goes_where_they_sign_in(
    *, user: User, old: str, by: Actor, now: datetime, **_signal: Any
) -> None:
    follow_sign_in(account=user, old=old, by=by, now=now)
