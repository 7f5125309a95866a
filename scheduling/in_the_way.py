"""What is in a visit's way, said to the desk, which may know: who has the time, and when."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import times
from scheduling.exceptions import Clash, SchedulingProblem, TimeClosed, TimeTaken
from scheduling.models import Appointment, Closure
from scheduling.slots import Interval, State


def in_words(problem: SchedulingProblem, *, wanted: Interval | None = None) -> str:
    """The problem's own sentence, with who and when where that is known.

    `wanted`: the time that was asked for.
    """
    if isinstance(problem, TimeTaken):
        return _taken(problem) or str(problem)
    if isinstance(problem, TimeClosed) and wanted:
        return _closed(wanted) or str(problem)
    return str(problem)


def _taken(problem: TimeTaken) -> str:
    visits = Appointment.objects.select_related("person", "visit_type", "room")
    visit = visits.filter(pk=problem.visit_id).first() if problem.visit_id else None
    if visit is None:
        return ""
    said = {
        "who": visit.person.name,
        "kind": visit.visit_type.name,
        "when": _when(visit.starts_at, visit.ends_at),
        "room": visit.room.name if visit.room else "",
    }
    if visit.state == State.HELD:
        return _("%(who)s is choosing that time just now: %(when)s.") % said
    if problem.clash is Clash.PATIENT:
        return _("%(who)s already has a visit then: %(kind)s, %(when)s.") % said
    if problem.clash is Clash.ROOM:
        return _("The %(room)s is taken then: %(who)s, %(when)s.") % said
    return _("That time is taken: %(who)s, %(kind)s, %(when)s.") % said


def _closed(wanted: Interval) -> str:
    closure = Closure.objects.between(wanted.start, wanted.end).first()
    if closure is None:
        return ""
    said = {
        "reason": closure.reason,
        "when": _when(closure.during.lower, closure.during.upper),
    }
    return _("Nothing is booked then: %(reason)s, %(when)s.") % said


def _when(start: datetime, end: datetime) -> str:
    ends = times.clock_in_words(end)
    if times.local(start).date() != times.local(end).date():
        ends = times.in_words(end)
    return _("%(start)s to %(end)s") % {"start": times.in_words(start), "end": ends}
