"""Closures as people say them: one day, some days, or a part of a day on the clinic's clock."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date
from django.utils.dateformat import time_format as format_time
from django.utils.translation import gettext as _

from scheduling.slots import Interval, local_instant

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ClosedDays:
    """From `starts` on the first day until `ends` on the last; None is that day's own end.

    One stretch, not the same hours of each day. A clock time is the first instant at which the
    clinic's clock has reached it, as it is for opening hours: on the two days on which the clocks
    change, a closure that fits the hours on the clock fits them in real time.
    """

    first_day: date
    last_day: date
    starts: time | None = None
    ends: time | None = None

    @classmethod
    def of(cls, during: Interval, zone: ZoneInfo) -> "ClosedDays":
        start, end = during.start.astimezone(zone), during.end.astimezone(zone)
        from_midnight = during.start == local_instant(start.date(), time.min, zone)
        to_midnight = during.end == local_instant(end.date(), time.min, zone)
        return cls(
            start.date(),
            end.date() - _A_DAY if to_midnight else end.date(),
            None if from_midnight else start.time(),
            None if to_midnight else end.time(),
        )

    def during(self, zone: ZoneInfo) -> Interval:
        """In real time. Raises EmptyInterval, too for times wholly in the hour that is skipped."""
        last, ends = self.last_day, self.ends
        if ends is None:
            last, ends = last + _A_DAY, time.min
        return Interval(
            local_instant(self.first_day, self.starts or time.min, zone),
            local_instant(last, ends, zone),
        )

    def in_words(self) -> str:
        first, last = day_in_words(self.first_day), day_in_words(self.last_day)
        if self.starts is None and self.ends is None:
            if first == last:
                return _("%(day)s, all day") % {"day": first}
            return _("%(first)s to %(last)s") % {"first": first, "last": last}
        said = {
            "first": first,
            "last": last,
            "begins": _clock(self.starts),
            "ends": _clock(self.ends),
        }
        if first == last:
            return _("%(first)s, %(begins)s to %(ends)s") % said
        return _("%(first)s, %(begins)s to %(last)s, %(ends)s") % said


def day_in_words(day: date) -> str:
    """With its year, for a holiday comes again: such as "Thu, Nov 26, 2026"."""
    return format_date(day, "D, M j, Y")


def _clock(clock: time | None) -> str:
    return format_time(clock, "g:i A") if clock else _("midnight")
