"""The days on which nearly every practice in Virginia is closed. A real clinic closes its own."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from clinic.times import local
from scheduling import services
from scheduling.demo.acting import Scene
from scheduling.models import Closure
from scheduling.slots import Interval

THURSDAY = 3
# Online booking looks two months ahead.
DAYS_AHEAD = 70


def name_of(day: date) -> str:
    """The holiday on this day, or nothing."""
    if day == _thanksgiving(day.year):
        return "Thanksgiving"
    return {(1, 1): "New Year’s Day", (7, 4): "Independence Day", (12, 25): "Christmas Day"}.get(
        (day.month, day.day), ""
    )


def close_them(scene: Scene, first: date) -> None:
    """Those from `first` on that are not closed yet, once each."""
    closed = {
        (closure.reason, local(closure.during.lower).date()) for closure in Closure.objects.all()
    }
    last = scene.today + timedelta(days=DAYS_AHEAD)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if (name := name_of(day)) and (name, day) not in closed:
            services.close(during=_all_of(day), reason=name, by=scene.desk, now=scene.now)


def _thanksgiving(year: int) -> date:
    """The fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(THURSDAY - first.weekday()) % 7 + 21)


def _all_of(day: date) -> Interval:
    midnight = datetime.combine(day, time())
    begins, ends = (timezone.make_aware(each) for each in (midnight, midnight + timedelta(days=1)))
    return Interval(begins, ends)
