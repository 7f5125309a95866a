"""My visits: for each of the family what waits, what comes, and what was."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from clinic import audit, half_days, times
from clinic.access import patient_required
from clinic.models import User
from intake import public as intake
from intake.public import ClearanceCard, HeldCard, PatientCard
from scheduling.availability import closed_among
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduling.slots import State
from scheduling.views.own import account_of
from scheduling.views.words import VisitWords, kind_in_words, visit_words
from scheduling.waitlist import by_person

# Enough to look back on; the whole record is given on request.
PAST_SHOWN = 12
_OFFER = ("pk", "entry_id", "start")


@dataclass(frozen=True)
class Held:
    """Answers somebody looks at: when the family hears, or that a doctor comes first.

    `asked`: what they have to answer before we go on.
    """

    intake_id: UUID
    awaits_review: bool
    by_when: str
    asked: UUID | None


@dataclass(frozen=True)
class Wait:
    """A place on the waitlist. `offer`: a free time that waits for an answer; `when` it is."""

    id: UUID
    kind: str
    times: tuple[str, ...]
    offer: UUID | None
    when: str


@dataclass(frozen=True)
class Member:
    """One of the family. `clearance_id` leads to free times; without one the next form does.

    `exam_to_come`: another visit is booked after it. `answers_id`: what they sent last, and what
    came of it. `short_since`: the day of the answers that the short form asks about again.
    """

    person: PatientCard
    held: Held | None
    answers_id: UUID | None
    clearance_id: UUID | None
    book_until: str
    short_since: str
    has_exercises: bool
    may_leave: bool
    waits: tuple[Wait, ...]
    exam_to_come: bool
    next: tuple[VisitWords, ...]
    past: tuple[VisitWords, ...]


@patient_required
@require_safe
def visits(request: HttpRequest) -> HttpResponse:
    account, now = account_of(request), timezone.now()
    cases = {case.patient_id: case for case in intake.held_cases_of(account)}
    cleared: dict[UUID, ClearanceCard] = {}
    for card in intake.clearances_of(account, now):
        cleared.setdefault(card.patient_id, card)
    of_family = Appointment.objects.visible_to(account).select_related("visit_type", "clinician")
    shown = list(of_family.ever_booked(now).in_time_order())
    people = intake.family_of(account)
    holder = _holder(people, now)
    short = intake.short_forms_of(account, now)
    answers = intake.newest_answers_of(account)
    exercising = intake.who_has_exercises(account)
    waits = _waits(account, now)
    closed = closed_among(visit for visit in shown if _is_coming(visit, now))
    family = [
        _member(
            person,
            cases.get(person.id),
            cleared.get(person.id),
            [visit for visit in shown if visit.person_id == person.id],
            now,
            answers_id=answers.get(person.id),
            short_since=short.get(person.id),
            has_exercises=person.id in exercising,
            waits=waits.get(person.id, ()),
            closed=closed,
            is_holder=person == holder,
        )
        for person in people
    ]
    audit.list_viewed(account, Appointment, at=now, rows=len(shown))
    return render(request, "scheduling/visits.html", {"family": family})


def _member(
    person: PatientCard,
    case: HeldCard | None,
    clearance: ClearanceCard | None,
    visits: list[Appointment],
    now: datetime,
    *,
    answers_id: UUID | None,
    short_since: datetime | None,
    has_exercises: bool,
    waits: tuple[Wait, ...],
    closed: set[UUID],
    is_holder: bool,
) -> Member:
    coming = [visit for visit in visits if _is_coming(visit, now)]
    past = [visit for visit in reversed(visits) if not _is_coming(visit, now)]
    return Member(
        person=person,
        held=_held(case, now) if case else None,
        answers_id=answers_id,
        clearance_id=clearance.id if clearance else None,
        book_until=times.day_in_words(times.local(clearance.ends_at).date()) if clearance else "",
        short_since=date_format(times.local(short_since), "DATE_FORMAT") if short_since else "",
        has_exercises=has_exercises,
        may_leave=not is_holder and intake.is_adult(person.born, timezone.localdate(now)),
        waits=waits,
        exam_to_come=_is_exam_to_come(visits, clearance, now),
        next=_words(coming, now, closed),
        past=_words(past[:PAST_SHOWN], now),
    )


def _is_exam_to_come(
    visits: Iterable[Appointment], clearance: ClearanceCard | None, now: datetime
) -> bool:
    """What follows the first visit is chosen after it; till then they could book it only twice.

    Not where the doctor said which visits it may be.
    """
    if clearance is None or clearance.visit_types:
        return False
    if any(visit.state == State.DONE for visit in visits):
        return False
    booked = (visit for visit in visits if _is_coming(visit, now) and visit.state != State.HELD)
    return any(not visit.visit_type.for_return_visit for visit in booked)


def _holder(people: Iterable[PatientCard], now: datetime) -> PatientCard | None:
    """Whose sign-in it is already: the grown-up of the family who came first."""
    grown_up = [each for each in people if intake.is_adult(each.born, timezone.localdate(now))]
    return min(grown_up, key=lambda each: (each.first_seen, each.born), default=None)


def _held(case: HeldCard, now: datetime) -> Held:
    by_when = times.in_words(case.due_at) if case.due_at > now else ""
    return Held(case.intake_id, case.awaits_review, by_when, case.asked)


def _waits(account: User, now: datetime) -> dict[UUID, tuple[Wait, ...]]:
    """The places of the whole family, with the offers that stand."""
    standing = WaitlistOffer.objects.visible_to(account).standing(now)
    offers = {entry_id: (pk, start) for pk, entry_id, start in standing.values_list(*_OFFER)}
    entries = WaitlistEntry.objects.visible_to(account).waiting()
    found: dict[UUID, tuple[Wait, ...]] = {}
    for theirs in by_person(entries.select_related("visit_type", "patient")):
        entry = theirs[0]
        offered = (offers[each.pk] for each in theirs if each.pk in offers)
        offer, start = next(offered, (None, None))
        wait = Wait(
            entry.pk,
            kind_in_words(entry.visit_type.name, entry.visit_type.minutes),
            tuple(half_days.in_words(entry.half_days)),
            offer,
            times.in_words(start) if start else "",
        )
        person_id = entry.patient.person_id
        found[person_id] = (*found.get(person_id, ()), wait)
    return found


def _is_coming(visit: Appointment, now: datetime) -> bool:
    return visit.state in State.KEEPS_TIME and visit.ends_at > now


def _words(
    visits: Iterable[Appointment], now: datetime, closed: Collection[UUID] = ()
) -> tuple[VisitWords, ...]:
    return tuple(visit_words(visit, now, is_closed=visit.pk in closed) for visit in visits)
