"""A closed time as the desk works on it: whose visits stand in it, and what each has answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import times
from intake import public as intake
from scheduling import plan
from scheduling.closed_days import ClosedDays
from scheduling.models import Appointment, Call, Closure, Rebooking
from scheduling.plan import as_interval
from scheduling.services import may_be_asked
from scheduling.slots import Interval, State
from scheduling.urgency import most_urgent_first
from scheduling.visit_list import TONES

MOST_CLOSINGS = 50


@dataclass(frozen=True)
class Line:
    """One visit: when it was, what is proposed, and how it stands.

    `may_take`: the desk may move it to the time proposed, with one press.
    """

    id: int
    visit_id: UUID
    version: int
    patient_id: UUID
    who: str
    phone: str
    phone_link: str
    email: str
    kind: str
    outcome: str
    was: str
    proposed: str
    is_gone: bool
    answer: str
    tone: str
    waits: bool
    may_take: bool


@dataclass(frozen=True)
class Sheet:
    """`to_tell`: how many hear of it when it is pressed. `seen` is what an undo was shown."""

    id: int
    reason: str
    when: str
    whose: str
    seen: str
    lines: tuple[Line, ...]
    counts: tuple[tuple[str, int], ...]
    to_tell: int
    may_undo: bool


@dataclass(frozen=True)
class ClosingLine:
    id: int
    reason: str
    when: str
    whose: str
    affected: int
    waiting: int


def coming(now: datetime) -> list[ClosingLine]:
    """The closed times that are not over, with how many visits still stand in each."""
    stands = Q(rebookings__visit__visit=F("rebookings__was")) & Q(
        rebookings__visit__state__in=[state.value for state in State.KEEPS_TIME]
    )
    closures = (
        Closure.objects.filter(during__endswith__gt=now)
        .select_related("clinician", "room")
        .annotate(
            affected=Count("rebookings"),
            waiting=Count("rebookings", filter=stands),
        )
        .order_by("during")[:MOST_CLOSINGS]
    )
    zone = plan.current().policy.zone
    return [
        ClosingLine(
            id=closure.pk,
            reason=closure.reason,
            when=ClosedDays.of(as_interval(closure.during), zone).in_words(),
            whose=whose(closure),
            affected=closure.affected,
            waiting=closure.waiting,
        )
        for closure in closures
    ]


def sheet(closure: Closure, *, now: datetime) -> Sheet:
    """The closure comes with its clinician and room."""
    lines = lines_of(Rebooking.objects.filter(closure=closure), now=now)
    told = closure.rebookings.filter(told_at__isnull=False).exists()
    during = as_interval(closure.during)
    return Sheet(
        id=closure.pk,
        reason=closure.reason,
        when=ClosedDays.of(during, plan.current().policy.zone).in_words(),
        whose=whose(closure),
        seen=as_seen(during),
        lines=tuple(lines),
        counts=_counted(lines),
        to_tell=sum(line.answer == _not_told() for line in lines),
        may_undo=not told,
    )


def lines_of(rebookings: QuerySet[Rebooking], *, now: datetime) -> list[Line]:
    """The most urgent first. However many there are, in the same few queries."""
    found = list(rebookings.select_related("visit__person", "visit__visit_type"))
    by_visit = {each.visit_id: each for each in found}
    calls = _calls(found)
    taken = _taken(found, now=now)
    outcomes = intake.outcomes_of(each.visit.clearance_id for each in found)
    return [
        _line(
            by_visit[visit.pk],
            calls.get(visit.pk),
            outcomes.get(visit.clearance_id, ""),
            is_gone=_is_gone(by_visit[visit.pk], taken),
            now=now,
        )
        for visit in most_urgent_first([each.visit for each in by_visit.values()])
    ]


def whose(closure: Closure) -> str:
    return str(closure.clinician or closure.room or _("The whole clinic"))


def as_seen(during: Interval) -> str:
    return f"{during.start.isoformat()}/{during.end.isoformat()}"


def _line(
    rebooking: Rebooking, call: Call | None, outcome: str, *, is_gone: bool, now: datetime
) -> Line:
    visit = rebooking.visit
    patient = visit.person
    answer, tone = _answer(rebooking, call, now=now)
    waits = visit.visit == rebooking.was and may_be_asked(visit, now=now)
    return Line(
        id=rebooking.pk,
        visit_id=visit.pk,
        version=visit.version,
        patient_id=patient.pk,
        who=patient.name,
        phone=patient.phone.as_national if patient.phone else "",
        phone_link=patient.phone.as_rfc3966 if patient.phone else "",
        email=patient.email,
        kind=visit.visit_type.name,
        outcome=outcome,
        was=times.in_words(rebooking.was.lower),
        proposed=times.in_words(rebooking.start) if rebooking.start and waits else "",
        is_gone=is_gone,
        answer=answer,
        tone=tone,
        waits=waits,
        may_take=bool(waits and rebooking.start and not is_gone),
    )


def _answer(rebooking: Rebooking, call: Call | None, *, now: datetime) -> tuple[str, str]:
    """How the visit stands, from its own history and from the calls that were made."""
    visit = rebooking.visit
    state = State(visit.state)
    if state in State.ENDED:
        return _(state.label), TONES[state]
    if visit.visit != rebooking.was:
        return _("Moved to %(when)s") % {"when": times.in_words(visit.starts_at)}, "good"
    if not may_be_asked(visit, now=now):
        return _(state.label), TONES[state]
    if rebooking.told_at is None:
        return _not_told(), "calm"
    if call and call.ended:
        ended = {
            Call.Ended.REACHED: _("Called: reached"),
            Call.Ended.LEFT_WORD: _("Called: left word"),
            Call.Ended.NOT_REACHED: _("Called: not reached"),
        }
        return ended[Call.Ended(call.ended)], "caution"
    if call:
        return (_("Called: no answer") if call.tries else _("To be called")), "caution"
    return _("Told, no answer yet"), "caution"


def _not_told() -> str:
    return _("Not told yet")


def _counted(lines: Iterable[Line]) -> tuple[tuple[str, int], ...]:
    """The state at a glance: how many have done what."""
    lines = list(lines)
    moved = sum(not line.waits and line.tone == "good" for line in lines)
    waiting = sum(line.waits for line in lines)
    others = len(lines) - moved - waiting
    counts = (
        (ngettext("visit", "visits", len(lines)), len(lines)),
        (_("moved"), moved),
        (_("waiting"), waiting),
        (_("off or here already"), others),
    )
    return tuple(each for each in counts if each[1] or each is counts[0])


def _calls(rebookings: Iterable[Rebooking]) -> dict[UUID, Call]:
    """The newest about each visit; without those that were no longer needed."""
    calls = Call.objects.filter(
        visit__in=[each.visit_id for each in rebookings], why=Call.Why.CLOSED
    ).exclude(ended=Call.Ended.WITHDRAWN)
    return {call.visit_id: call for call in calls.order_by("made_at") if call.visit_id}


def _taken(rebookings: Iterable[Rebooking], *, now: datetime) -> list[tuple[UUID, Interval]]:
    """What is in the calendar over all the days that were proposed."""
    proposed = [each.proposed for each in rebookings if each.proposed]
    if not proposed:
        return []
    first, last = min(each.lower for each in proposed), max(each.upper for each in proposed)
    visits = Appointment.objects.taking_time(now).filter(clinician_busy__overlap=(first, last))
    return [(pk, as_interval(busy)) for pk, busy in visits.values_list("pk", "clinician_busy")]


def _is_gone(rebooking: Rebooking, taken: Iterable[tuple[UUID, Interval]]) -> bool:
    if rebooking.proposed is None:
        return False
    busy = as_interval(rebooking.proposed)
    return any(pk != rebooking.visit_id and busy.overlaps(other) for pk, other in taken)
