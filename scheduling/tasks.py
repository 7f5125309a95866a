"""What the calendar does by itself, every minute."""

from django.utils import timezone
from procrastinate.contrib.django import app

from scheduling import services


@app.periodic(cron="* * * * *")
@app.task
def give_times_back(timestamp: int) -> None:
    """Holds that ran out, and suspended visits nobody decided in time."""
    now = timezone.now()
    services.expire_stale_holds(now=now)
    services.release_undecided(now=now)
