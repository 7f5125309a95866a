"""What the intake does by itself."""

from django.utils import timezone
from procrastinate.contrib.django import app

from clinic import audit
from clinic.audit import Via
from intake import services


@app.periodic(cron="27 3 * * *")
@app.task
def forget_left_forms(timestamp: int) -> None:
    """Unfinished answers that nobody came back to."""
    services.forget_left_drafts(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task
def judge_left_forms(timestamp: int) -> None:
    """Emergencies in forms that were left before they were sent."""
    # An emergency takes clearances back, and so visits.
    with audit.coming_from(Via.CLOCK):
        services.judge_left_drafts(now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task
def tell_of_overdue_reviews(timestamp: int) -> None:
    """Cases nobody decided in time, to the chiropractors' phones."""
    with audit.coming_from(Via.CLOCK):
        services.tell_of_overdue(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task
def bring_back_overdue_referrals(timestamp: int) -> None:
    """Patients sent to a doctor, of whom nobody heard in time."""
    with audit.coming_from(Via.CLOCK):
        services.bring_back_overdue(now=timezone.now())
