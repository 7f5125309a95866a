"""Stories of the demo that must hold on whichever day it is loaded."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from clinic.models import User
from intake.models import Case
from scheduling.demo import holidays, stories
from scheduling.demo.acting import Scene

pytestmark = pytest.mark.django_db

# The Monday before Thanksgiving, and the week after it with the holiday and a Sunday in reach.
MONDAY = timezone.make_aware(datetime(2026, 11, 23, 7, 30))


@pytest.mark.parametrize("hours", [0, 6, 14])
@pytest.mark.parametrize("days", range(8))
def test_a_fall_is_overdue_on_every_day_of_the_week(
    desk: User, doctor: User, days: int, hours: int
):
    now = MONDAY + timedelta(days=days, hours=hours)
    scene = Scene(now=now, desk=desk, doctor=doctor, administrator=doctor)
    holidays.close_them(scene, scene.today - timedelta(days=7))
    stories.a_fall(scene)
    case = Case.objects.get()
    assert case.state == Case.State.OPEN
    assert case.due_at < scene.now
    assert case.opened_at <= scene.ago(days=2)
