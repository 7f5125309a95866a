"""What a series could be, worded for the desk: each wished day, and what can be had for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import times
from intake import public as intake
from intake.public import ClearanceCard
from scheduling import availability, plan, slots
from scheduling.availability import Wish
from scheduling.models import Appointment, VisitType
from scheduling.slots import ForDay, Lack, SeriesWish, State

LEFT_OUT = "none"
# Around a wished day, for the one before and the one after.
_AROUND = timedelta(days=4)


@dataclass(frozen=True)
class Option:
    """A radio: the start it sends, or that the day is left out."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Row:
    """One wished day. `note` says why no time is proposed, `problem` why it was not booked.

    `proposed` is the time that fits, if it stands; then `others` need not be seen.
    """

    name: str
    day: str
    proposed: Option | None
    others: tuple[Option, ...]
    note: str
    problem: str


@dataclass(frozen=True)
class Proposal:
    """`cut` says which wished days the clearance does not reach."""

    summary: str
    cut: str
    rows: tuple[Row, ...]


def kinds(patient_id: UUID, *, now: datetime) -> dict[VisitType, ClearanceCard]:
    """The visits they may have, what they would choose themselves first, and under which leave."""
    return availability.visit_types_allowed(intake.clearances_usable(patient_id, now))


def proposed(
    clearance: ClearanceCard,
    kind: VisitType,
    *,
    first_day: date,
    weekdays: frozenset[int],
    weeks: int,
    clock: time,
    now: datetime,
) -> list[ForDay]:
    wish = SeriesWish(
        first_day=first_day,
        weekdays=weekdays,
        weeks=weeks,
        clock=clock,
        zone=plan.current().policy.zone,
        not_before=max(clearance.starts_at, now),
        until=clearance.ends_at,
        visits_on=_days_with_visits(clearance.patient_id, now=now),
    )
    days = wish.days()
    free = availability.free_for_desk(
        Wish(clearance=clearance, visit_type=kind, now=now),
        first_day=days[0] - _AROUND,
        last_day=days[-1] + _AROUND,
    )
    return slots.propose(wish, free)


def worded(
    days: Sequence[ForDay],
    clearance: ClearanceCard,
    *,
    chosen: Mapping[str, str] | None = None,
    problems: Mapping[datetime, str] | None = None,
) -> Proposal:
    """`chosen` is what was sent, by field; `problems` what stands against a start of it."""
    reached = [each for each in days if each.lack is not Lack.NOT_CLEARED]
    rows = tuple(_row(each, chosen, problems or {}) for each in reached)
    found = sum(each.start is not None for each in days)
    return Proposal(
        summary=ngettext(
            "%(found)s of %(wished)s wished visit has a time near the hour.",
            "%(found)s of %(wished)s wished visits have a time near the hour.",
            len(days),
        )
        % {"found": found, "wished": len(days)},
        cut=_cut(days, clearance),
        rows=rows,
    )


def field_of(day: date) -> str:
    return f"on-{day.isoformat()}"


def _row(each: ForDay, chosen: Mapping[str, str] | None, problems: Mapping[datetime, str]) -> Row:
    field = field_of(each.day)
    sent = None if chosen is None else chosen.get(field, "")
    picked = sent if sent is not None else (each.start.isoformat() if each.start else "")
    starts = sorted({*([each.start] if each.start else []), *each.others, *_sent_start(sent)})
    problem = next((why for start, why in problems.items() if start.isoformat() == picked), "")
    options = [Option(s.isoformat(), _label(s, each.day), s.isoformat() == picked) for s in starts]
    options.append(Option(LEFT_OUT, _("Leave this one out"), picked == LEFT_OUT))
    stands = each.start is not None and picked == each.start.isoformat() and not problem
    proposed = next((option for option in options if stands and option.is_chosen), None)
    return Row(
        name=times.day_in_words(each.day),
        day=field,
        proposed=proposed,
        others=tuple(option for option in options if option is not proposed),
        note=_lack(each),
        problem=problem,
    )


def _sent_start(sent: str | None) -> Iterator[datetime]:
    """What was chosen stays to be seen, also when it is no longer free."""
    if sent and sent != LEFT_OUT:
        yield datetime.fromisoformat(sent)


def _label(start: datetime, day: date) -> str:
    same_day = timezone.localdate(start) == day
    return times.clock_in_words(start) if same_day else times.in_words(start)


def _lack(each: ForDay) -> str:
    if each.lack is Lack.HAS_A_VISIT:
        return _("There is a visit on this day already. Choose another day, or leave it out.")
    if each.lack is Lack.NOTHING_NEAR and each.others:
        return _("Nothing is free near the hour. Choose another time, or leave it out.")
    if each.lack is Lack.NOTHING_NEAR:
        return _("Nothing is free on this day or around it.")
    return ""


def _cut(days: Sequence[ForDay], clearance: ClearanceCard) -> str:
    beyond = [times.day_in_words(each.day) for each in days if each.lack is Lack.NOT_CLEARED]
    if not beyond:
        return ""
    said = {"until": times.in_words(clearance.ends_at), "days": "; ".join(beyond)}
    return _("Cleared until %(until)s. Not proposed: %(days)s.") % said


def _days_with_visits(patient_id: UUID, *, now: datetime) -> frozenset[date]:
    visits = Appointment.objects.coming(now).filter(person=patient_id)
    visits = visits.exclude(state=State.HELD.value)
    return frozenset(timezone.localdate(visit.starts_at) for visit in visits)
