"""Free times offered to who waits, in order: the first to accept has it.

An offer keeps no time. Several have it at once, and whoever accepts comes through the same door as
every booking; the others are told, and keep their place.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from clinic import audit, messages, times
from clinic.audit import Actor
from clinic.models import User
from intake import public as intake
from scheduling import plan, waitlist
from scheduling.availability import Wish, is_closed, is_offered
from scheduling.exceptions import (
    CalendarBusy,
    Clash,
    NobodyWaits,
    NotWaiting,
    OfferedAlready,
    OfferOver,
    TimeClosed,
    TimeGone,
    TimeNotOffered,
    TimeTaken,
    named_refusals,
)
from scheduling.models import Appointment, VisitType, WaitlistEntry, WaitlistOffer
from scheduling.plan import Plan, as_range, shape_of
from scheduling.services.allowance import is_desk, require_allowance
from scheduling.services.placing import (
    calendar,
    covering_clearance,
    insert,
    require_clearance,
    wanted,
)
from scheduling.services.policies import against_booking, record_exception, require_reason
from scheduling.services.steps import tell_booked
from scheduling.services.waitlist import end, settle, take_off
from scheduling.slots import Interval, State
from scheduling.taken import Place
from scheduling.waitlist import Slot, Waiting

# Asked one after the other, a time would be over before the last had answered.
OFFERED_AT_ONCE = 3
_Outcome = WaitlistOffer.Outcome


def offer(*, start: datetime, by: Actor, now: datetime) -> list[WaitlistOffer]:
    """Offer a free time to the first few on the list whom it suits, and tell them.

    Whoever has no sign-in is called by the desk. Raises TimeNotOffered, OfferedAlready,
    NobodyWaits, CalendarBusy.
    """
    with (
        named_refusals(CalendarBusy),
        audit.writing(by),
        calendar(shared=True, in_line_for=start) as (clinician_id, planned),
    ):
        until = waitlist.offered_until(start, now, planned)
        if until is None:
            raise TimeNotOffered
        # Nobody leaves the list, or is offered another time, while this one goes out.
        everybody = WaitlistEntry.objects.waiting().locked_all()
        _end_expired(now)
        if WaitlistOffer.objects.standing(now).filter(start=start).exists():
            raise OfferedAlready
        chosen = _first_few(everybody, start, planned, clinician_id=clinician_id, now=now)
        if not chosen:
            raise NobodyWaits
        return [_offer_to(each, start, until=until, by=by, now=now) for each in chosen]


def accept(*, offer_id: UUID, by: Actor, now: datetime, reason: str | None = None) -> Appointment:
    """Book the time that was offered: the first gets it, and the others hear that it is gone.

    The patient, or the desk for whoever says yes on the telephone: it gives a `reason` where a
    policy stands against it. Safe to call twice. Raises OfferOver, NotWaiting, TimeGone, and what
    a booking raises: see `hold` for a patient and `book` for the desk.
    """
    try:
        return _accept(offer_id, by=by, now=now, reason=reason)
    except TimeTaken as problem:
        mine = WaitlistOffer.objects.select_related("visit").get(pk=offer_id)
        if mine.visit:
            # Pressed twice at once: the other press was first.
            return mine.visit
        raise problem if problem.clash is Clash.PATIENT else TimeGone from problem


def decline(*, offer_id: UUID, by: Actor, now: datetime) -> WaitlistOffer:
    """Say no to a time and go on waiting. Safe to call twice. Raises OfferOver."""
    with audit.writing(by):
        found = WaitlistOffer.objects.locked(offer_id)
        if found.outcome == _Outcome.DECLINED:
            return found
        if not found.is_open(now):
            raise OfferOver
        settle(found, _Outcome.DECLINED, by=by, now=now)
        return found


def settle_offers(*, now: datetime) -> int:
    """End the offers that ran out, or whose time is booked otherwise and tell; how many.

    Whoever waited for days that are over is taken off the list.
    """
    with audit.writing(None):
        for entry in WaitlistEntry.objects.lapsed(times.local(now).date()).locked_all():
            take_off(entry, by=None, now=now)
        return _end_expired(now) + _end_gone(now)


def _accept(offer_id: UUID, *, by: Actor, now: datetime, reason: str | None) -> Appointment:
    with named_refusals(TimeTaken), audit.writing(by):
        # What it offers, and to whom, never changes: it may be read before anything is locked.
        found = WaitlistOffer.objects.select_related("entry", "visit").get(pk=offer_id)
        if found.visit:
            return found.visit
        if found.outcome == _Outcome.GONE:
            raise TimeGone
        if not found.is_open(now):
            raise OfferOver
        entry, person_id = found.entry, intake.person_of(found.entry.patient_id)
        with wanted(
            found.start, patient_id=person_id, visit_type_id=entry.visit_type_id, now=now
        ) as (place, kind, planned):
            clearance_id = _leave_to_accept(place, kind, planned, by=by, now=now)
            policies = against_booking(place, planned, now=now) if reason is not None else []
            require_reason(policies, reason)
            visit = insert(
                place,
                clearance_id=clearance_id,
                visit_type=kind,
                state=State.BOOKED,
                by=by,
                now=now,
                reason=reason or "",
            )
            record_exception(visit, policies, reason=reason, by=by, now=now)
            _hand_over(found, visit, place.clinician_busy, by=by, now=now)
            tell_booked(visit, by=by, now=now)
            return visit


def _leave_to_accept(
    place: Place, kind: VisitType, planned: Plan, *, by: Actor, now: datetime
) -> UUID:
    """The clearance that lets them, as every booking asks it; of patients more than of the desk."""
    patient_id, start = place.patient_id, place.visit.start
    covering = covering_clearance(patient_id=patient_id, visit_type=kind, start=start, now=now)
    leave = require_clearance(
        patient_id=patient_id, clearance_id=covering.id, visit_type=kind, start=start, now=now
    )
    require_allowance(leave, planned, by=by, now=now)
    if is_closed(place, planned):
        raise TimeClosed
    wish = Wish(clearance=leave, visit_type=kind, now=now)
    if not is_desk(by) and not is_offered(
        wish, start, clinician_id=place.clinician_id, planned=planned
    ):
        raise TimeNotOffered
    return leave.id


def _hand_over(
    found: WaitlistOffer, visit: Appointment, taken: Interval, *, by: Actor, now: datetime
) -> None:
    """The offer is accepted and they wait no more; those for whom no room is left are told.

    Raises NotWaiting, OfferOver.
    """
    waiting = WaitlistEntry.objects.waiting().of_person(visit.person_id)
    theirs = {each.pk: each for each in waiting.filter(visit_type=visit.visit_type_id).locked_all()}
    if found.entry_id not in theirs:
        raise NotWaiting
    near = as_range(taken.extended(waitlist.NEAR, waitlist.NEAR))
    beside = Q(start__gt=near.lower, start__lt=near.upper) | Q(entry__in=theirs)
    open_ = WaitlistOffer.objects.standing(now).filter(beside)
    offers = {each.pk: each for each in open_.locked_all()}
    mine = offers.pop(found.pk, None)
    if mine is None:
        raise OfferOver
    mine.visit = visit
    settle(mine, _Outcome.ACCEPTED, by=by, now=now)
    for entry in theirs.values():
        end(entry, WaitlistEntry.State.DONE, by=by, now=now)
    for each in offers.values():
        if each.entry_id in theirs:
            settle(each, _Outcome.TAKEN_OFF, by=by, now=now)
        elif shape_of(each.entry.visit_type).doctor(each.start).overlaps(taken):
            _gone(each, now=now)


def _first_few(
    everybody: list[WaitlistEntry],
    start: datetime,
    planned: Plan,
    *,
    clinician_id: int,
    now: datetime,
) -> list[Waiting]:
    slot, chosen = Slot.at(start), []
    for each in waitlist.waiting(now, everybody):
        wish = Wish(clearance=each.leave_for(start), visit_type=each.kind, now=now)
        if each.may_be_offered(slot) and is_offered(
            wish, start, clinician_id=clinician_id, planned=planned
        ):
            chosen.append(each)
        if len(chosen) == OFFERED_AT_ONCE:
            break
    return chosen


def _offer_to(
    each: Waiting, start: datetime, *, until: datetime, by: Actor, now: datetime
) -> WaitlistOffer:
    made = WaitlistOffer.objects.create(
        entry=each.entry,
        start=start,
        offered_at=now,
        offered_by=by if isinstance(by, User) else None,
        expires_at=until,
    )
    person = each.entry.patient.kept
    audit.record(by, "time offered", made, at=now, patient_id=person.pk)
    if each.is_written_to:
        messages.offered(
            to=person.email,
            name=person.given_name,
            offer_id=made.pk,
            starts_at=start,
            until=until,
            now=now,
        )
    return made


def _end_expired(now: datetime) -> int:
    expired = WaitlistOffer.objects.expired(now).locked_all()
    for each in expired:
        settle(each, _Outcome.EXPIRED, by=None, now=now)
    return len(expired)


def _end_gone(now: datetime) -> int:
    """A time that is only held may come free again: its offer stands meanwhile."""
    gone = [each for each in WaitlistOffer.objects.standing(now).locked_all() if _is_taken(each)]
    for each in gone:
        _gone(each, now=now)
    return len(gone)


def _is_taken(offer: WaitlistOffer) -> bool:
    entry, clinician_id = offer.entry, plan.current().clinician_id
    if clinician_id is None:
        return True
    place = Place.at(
        offer.start,
        patient_id=entry.patient_id,
        clinician_id=clinician_id,
        visit_type=entry.visit_type,
    )
    booked = Appointment.objects.keeping_time().exclude(state=State.HELD.value)
    busy = as_range(place.clinician_busy)
    is_booked = booked.filter(clinician=clinician_id, clinician_busy__overlap=busy).exists()
    return is_booked or is_closed(place)


def _gone(offer: WaitlistOffer, *, now: datetime) -> None:
    """Told by email, or by the desk's list."""
    settle(offer, _Outcome.GONE, by=None, now=now)
    person = intake.patient_card(offer.entry.patient_id)
    if person.account_id and person.email:
        messages.offer_gone(to=person.email, name=person.given_name, starts_at=offer.start, now=now)
