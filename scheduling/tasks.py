"""What the calendar does by itself, every minute."""

from django.utils import timezone
from procrastinate.contrib.django import app

from clinic import audit
from clinic.audit import Via
from scheduling import services


@app.periodic(cron="* * * * *")
@app.task
def give_times_back(timestamp: int) -> None:
    """Holds that ran out, suspended visits nobody decided in time, and offers that are over."""
    now = timezone.now()
    with audit.coming_from(Via.CLOCK):
        services.expire_stale_holds(now=now)
        services.release_undecided(now=now)
        services.settle_offers(now=now)
