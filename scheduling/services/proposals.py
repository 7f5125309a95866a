"""The visits in a closed time, the most urgent first, each with a new time that is free now."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from intake import public as intake
from intake.public import ClearanceCard
from scheduling import availability, plan
from scheduling.availability import Wish
from scheduling.models import Appointment, Closure, Rebooking
from scheduling.plan import as_interval, as_range, shape_of
from scheduling.slots import Interval, State, in_place_of
from scheduling.urgency import most_urgent_first

# Who is here, is over or waits for a decision is not asked to come at another time.
MOVABLE = (State.BOOKED, State.CONFIRMED)
# Nearly always enough; else all days are looked through.
_SOON = timedelta(days=21)


def propose(closure: Closure, visits: Iterable[Appointment], *, now: datetime) -> None:
    """Write down the visits of a closure, each with a time of its own, whoever is told already.

    The calendars are ours: what is proposed is free when this is committed. It is not kept.
    """
    untold = Rebooking.objects.filter(closure=closure, told_at=None)
    untold.delete()
    told = set(closure.rebookings.values_list("visit", flat=True))
    new = [visit for visit in visits if visit.ends_at > now and visit.pk not in told]
    avoid = proposed_to_somebody(now)
    # Of all at once: whoever books meanwhile waits for it.
    leaves = intake.may_book({visit.person_id for visit in new}, now)
    proposals = []
    for visit in most_urgent_first(new):
        theirs = leaves.get(visit.person_id, [])
        start = free_for(visit, theirs, avoid=avoid, now=now)
        busy = _doctors_time(visit, start) if start else None
        if busy:
            avoid.append(busy)
        proposals.append(
            Rebooking(
                closure=closure,
                visit=visit,
                was=visit.visit,
                start=start,
                proposed=as_range(busy) if busy else None,
            )
        )
    Rebooking.objects.bulk_create(proposals)


def propose_again(rebooking: Rebooking, *, now: datetime) -> None:
    """Another time, if the one proposed has gone since. The calendars are ours."""
    visit = rebooking.visit
    leaves = intake.clearances_usable(visit.patient_id, now)
    if rebooking.start and _is_free(visit, rebooking.start, leaves, now=now):
        return
    avoid = proposed_to_somebody(now, besides=rebooking)
    start = free_for(visit, leaves, avoid=avoid, now=now)
    rebooking.start = start
    rebooking.proposed = as_range(_doctors_time(visit, start)) if start else None
    rebooking.save(update_fields=["start", "proposed"])


def free_for(
    visit: Appointment, leaves: Sequence[ClearanceCard], *, avoid: list[Interval], now: datetime
) -> datetime | None:
    """A start offered for this visit under those leaves; None if nobody is to move it, too."""
    if not may_be_asked(visit, now=now):
        return None
    day = timezone.localdate(visit.starts_at)
    for wish in _wishes(visit, leaves, now=now):
        for last_day in (day + _SOON, None):
            starts = (
                availability.offered(wish, first_day=day, last_day=last_day)
                if last_day
                else availability.offered(wish)
            )
            start = in_place_of(
                visit.starts_at,
                starts,
                shape=wish.shape,
                avoid=avoid,
                zone=plan.last_read().policy.zone,
            )
            if start:
                return start
    return None


def may_be_asked(visit: Appointment, *, now: datetime) -> bool:
    return visit.state in MOVABLE and visit.starts_at > now


def proposed_to_somebody(now: datetime, *, besides: Rebooking | None = None) -> list[Interval]:
    """The doctor's times that lie ahead and were proposed, to whomever, whatever they answered."""
    proposed = Rebooking.objects.filter(proposed__endswith__gt=now)
    if besides:
        proposed = proposed.exclude(pk=besides.pk)
    return [as_interval(busy) for busy in proposed.values_list("proposed", flat=True)]


def _is_free(
    visit: Appointment, start: datetime, leaves: Sequence[ClearanceCard], *, now: datetime
) -> bool:
    return any(
        availability.is_offered(wish, start, clinician_id=visit.clinician_id)
        for wish in _wishes(visit, leaves, now=now)
    )


def _doctors_time(visit: Appointment, start: datetime) -> Interval:
    """What the visit would take, as long as it is."""
    return shape_of(visit.visit_type, visit.ends_at - visit.starts_at).doctor(start)


def _wishes(
    visit: Appointment, leaves: Sequence[ClearanceCard], *, now: datetime
) -> Iterator[Wish]:
    """One for each leave that allows such a visit, the visit's own before any other."""
    fitting = [leave for leave in leaves if leave.is_for(visit.visit_type.code)]
    for leave in sorted(fitting, key=lambda leave: leave.id != visit.clearance_id):
        yield Wish.to_move(visit, leave, now=now)
