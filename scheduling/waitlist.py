"""Who waits for a time, in order, and whom a free time suits.

However many wait, the rows are read in the same few queries, one more for each kind of visit that
is waited for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from clinic import times
from clinic.half_days import HalfDay
from intake import public as intake
from intake.public import ClearanceCard
from scheduling import availability, plan
from scheduling.availability import Wish
from scheduling.models import Appointment, StatusChange, VisitType, WaitlistEntry, WaitlistOffer
from scheduling.plan import Plan, shape_of
from scheduling.slots import Interval, State

# Whoever asks for a time wants it soon.
DAYS_AHEAD = 14
# A visit on the day before or after is not what somebody waits for.
NEAR = timedelta(days=1)
# An offer that ends sooner is read too late.
SHORTEST_OFFER = timedelta(minutes=15)
# A time that came free longer ago is an opening as any other.
FREED_WITHIN = timedelta(days=3)
MOST_TIMES = 6


@dataclass(frozen=True)
class Slot:
    """A start, with what is asked about it again and again."""

    start: datetime
    day: date
    half_day: str

    @classmethod
    def at(cls, start: datetime) -> "Slot":
        return cls(start, times.local(start).date(), HalfDay.of(start).key)


@dataclass(frozen=True)
class Waiting:
    """Somebody on the list. `leave`: the clearances that allow such a visit, if any does.

    Of two entries of one person, from records that were merged, `entry` is the one that comes first
    on the list; what was offered to either was offered to them.
    `passed`: the times that they turned down, or let go by without an answer.
    """

    entry: WaitlistEntry
    leave: tuple[ClearanceCard, ...]
    visit_days: frozenset[date]
    passed: frozenset[datetime]
    offer: WaitlistOffer | None

    @property
    def kind(self) -> VisitType:
        return self.entry.visit_type

    @property
    def is_written_to(self) -> bool:
        """Whoever cannot sign in to accept is called."""
        person = self.entry.patient.kept
        return bool(person.account_id and person.email)

    def leave_for(self, start: datetime) -> ClearanceCard | None:
        covering = (card for card in self.leave if card.starts_at <= start < card.ends_at)
        return next(covering, None)

    def may_be_offered(self, slot: Slot) -> bool:
        """One offer at a time, never without leave, and only what they wish for."""
        return (
            self.offer is None
            and slot.start not in self.passed
            and self._wishes(slot)
            and not any(abs(slot.day - day) <= NEAR for day in self.visit_days)
            and self.leave_for(slot.start) is not None
        )

    def _wishes(self, slot: Slot) -> bool:
        entry = self.entry
        return (
            entry.first_day <= slot.day
            and (entry.last_day is None or slot.day <= entry.last_day)
            and (not entry.half_days or slot.half_day in entry.half_days)
        )


@dataclass(frozen=True)
class FreeTime:
    """A time that can be offered, and whom it suits, in the order in which they are asked."""

    start: datetime
    suits: tuple[Waiting, ...]
    is_freed: bool


def waiting(now: datetime, entries: Iterable[WaitlistEntry] | None = None) -> list[Waiting]:
    """Everybody on the list in its order: acute first, then whoever has waited longest."""
    if entries is None:
        entries = WaitlistEntry.objects.waiting().select_related(
            "visit_type", "patient__town", "patient__merged_into"
        )
    listed = list(entries)
    people = {entry.patient.person_id for entry in listed}
    leave = intake.may_book(people, now)
    visit_days = _visit_days(people, now)
    offers: dict[UUID, list[WaitlistOffer]] = {}
    for offer in WaitlistOffer.objects.filter(entry__in=[entry.pk for entry in listed]):
        offers.setdefault(offer.entry_id, []).append(offer)
    return [
        _waiting(
            first,
            leave.get(first.patient.person_id, []),
            visit_days,
            [offer for entry in (first, *others) for offer in offers.get(entry.pk, ())],
        )
        for first, *others in by_person(listed)
    ]


def by_person(entries: Iterable[WaitlistEntry]) -> list[list[WaitlistEntry]]:
    """Each person's entries for one kind of visit together: two where records were merged.

    In the order of the list; the entries come with their patients.
    """
    found: dict[tuple[UUID, int], list[WaitlistEntry]] = {}
    for entry in entries:
        found.setdefault((entry.patient.person_id, entry.visit_type_id), []).append(entry)
    return list(found.values())


def offered_until(start: datetime, now: datetime, planned: Plan) -> datetime | None:
    """Until when an offer of this time can be answered; None when it is too near for one."""
    until = min(now + planned.offers_stand_for, start - planned.policy.notice)
    return until if until - now >= SHORTEST_OFFER else None


def free_times(listed: list[Waiting], now: datetime) -> list[FreeTime]:
    """The times that suit somebody on the list, those that have just come free before others.

    One beside the other: of starts whose visits would overlap, only one is named.
    """
    suits = _suits(listed, now)
    freed = _freed(now)
    chosen: list[FreeTime] = []
    taken: list[Interval] = []
    for start in sorted(suits, key=lambda start: (start not in freed, start)):
        visit = shape_of(suits[start][0].kind).visit(start)
        if not any(visit.overlaps(each) for each in taken):
            taken.append(visit)
            chosen.append(FreeTime(start, tuple(suits[start]), start in freed))
        if len(chosen) == MOST_TIMES:
            break
    return chosen


def _suits(listed: list[Waiting], now: datetime) -> dict[datetime, list[Waiting]]:
    """Every start that may be offered, and to whom."""
    planned = plan.current()
    today = times.local(now).date()
    by_kind = {each.kind.pk: each.kind for each in listed if each.offer is None and each.leave}
    free: dict[int, set[datetime]] = {}
    for kind in by_kind.values():
        wish = Wish(clearance=None, visit_type=kind, now=now)
        starts = availability.offered(wish, last_day=today + timedelta(days=DAYS_AHEAD))
        free[kind.pk] = {start for start in starts if offered_until(start, now, planned)}
    slots = [Slot.at(start) for start in set().union(*free.values())]
    suits: dict[datetime, list[Waiting]] = {}
    for slot in slots:
        found = [
            each
            for each in listed
            if slot.start in free.get(each.kind.pk, ()) and each.may_be_offered(slot)
        ]
        if found:
            suits[slot.start] = found
    return suits


def _waiting(
    entry: WaitlistEntry,
    cards: list[ClearanceCard],
    visit_days: dict[UUID, frozenset[date]],
    offers: list[WaitlistOffer],
) -> Waiting:
    kind = entry.visit_type
    passed = {WaitlistOffer.Outcome.DECLINED, WaitlistOffer.Outcome.EXPIRED}
    return Waiting(
        entry=entry,
        leave=tuple(card for card in cards if availability.allows(card, kind)),
        visit_days=visit_days.get(entry.patient.person_id, frozenset()),
        passed=frozenset(offer.start for offer in offers if offer.outcome in passed),
        offer=next((offer for offer in offers if not offer.outcome), None),
    )


def _visit_days(people: set[UUID], now: datetime) -> dict[UUID, frozenset[date]]:
    """The days on which these people have a visit; a hold counts, for they are choosing."""
    taking = Appointment.objects.taking_time(now).filter(person__in=people, visit__endswith__gt=now)
    days: dict[UUID, frozenset[date]] = {}
    for person_id, during in taking.values_list("person_id", "visit"):
        days[person_id] = days.get(person_id, frozenset()) | {times.local(during.lower).date()}
    return days


def _freed(now: datetime) -> set[datetime]:
    """The starts of times that were given up lately: by a move, or because a visit is off."""
    given_up = [state.value for state in State.ENDED - {State.DONE}]
    off = Q(after__in=given_up, appointment__visit__startswith__gt=now)
    lately = StatusChange.objects.filter(at__gt=now - FREED_WITHIN)
    rows = lately.filter(off | Q(was__startswith__gt=now)).values_list("was", "appointment__visit")
    return {(was or visit).lower for was, visit in rows}
