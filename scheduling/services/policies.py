"""What binds patients and only warns the desk: notice, horizon, hours, limits, late cancelling.

The desk may go against each, and says why; it stays on record. What is taken, what is closed and
the medical gate are no policies: they bind everybody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import audit
from clinic.audit import Actor
from clinic.models import ClinicProfile
from intake import public as intake
from scheduling.availability import is_closed, is_within_hours
from scheduling.desk_exceptions import NeedsReason
from scheduling.models import Appointment
from scheduling.plan import Plan
from scheduling.slots import State
from scheduling.taken import Place


def against_booking(place: Place, planned: Plan, *, now: datetime) -> list[str]:
    """What a new visit goes against, each in a sentence."""
    return [
        *_notice(place.visit.start, planned, now),
        *_when(place, planned, now),
        *_limits(place.patient_id, planned, now),
    ]


def against_series(places: Sequence[Place], planned: Plan, *, now: datetime) -> list[str]:
    """What several new visits of one patient, the earliest first, go against together."""
    return [
        *_notice(places[0].visit.start, planned, now),
        *_horizon(places[-1].visit.start, planned, now),
        *_limits_with(places[0].patient_id, len(places), planned, now),
    ]


def against_moving(
    place: Place, planned: Plan, *, moved_from: datetime, now: datetime
) -> list[str]:
    """A later time than before gives more notice, never less."""
    start = place.visit.start
    notice = _notice(start, planned, now) if start < moved_from else []
    return [*notice, *_when(place, planned, now)]


def against_length(place: Place, planned: Plan) -> list[str]:
    return _hours(place, planned)


def against_cancelling(visit: Appointment, *, now: datetime) -> list[str]:
    if not is_late(visit, now=now):
        return []
    hours = ClinicProfile.current().cancellation_hours
    return [
        ngettext(
            "It is less than %(hours)s hour before the visit: this is a late cancellation.",
            "It is less than %(hours)s hours before the visit: this is a late cancellation.",
            hours,
        )
        % {"hours": hours}
    ]


def is_late(visit: Appointment, *, now: datetime) -> bool:
    """Cancelled now, it would count as late: but for a time that the clinic itself has closed."""
    window = timedelta(hours=ClinicProfile.current().cancellation_hours)
    is_on = visit.state in {State.BOOKED, State.CONFIRMED}
    return is_on and visit.starts_at - now < window and not is_closed(Place.of(visit))


def require_reason(policies: Sequence[str], reason: str | None) -> None:
    """None: nobody was asked for one, as when the program itself books. Raises NeedsReason."""
    if policies and reason is not None and not reason.strip():
        raise NeedsReason(policies)


def record_exception(
    visit: Appointment, policies: Sequence[str], *, reason: str | None, by: Actor, now: datetime
) -> None:
    """That the desk went against a policy, and why."""
    if policies and reason is not None:
        audit.record(
            by,
            "policy set aside",
            visit,
            at=now,
            patient_id=visit.patient_id,
            policy=" ".join(policies),
            reason=reason.strip(),
        )


def _when(place: Place, planned: Plan, now: datetime) -> list[str]:
    return [*_horizon(place.visit.start, planned, now), *_hours(place, planned)]


def _notice(start: datetime, planned: Plan, now: datetime) -> list[str]:
    if start < now:
        return [_("That time has passed already.")]
    notice = planned.policy.notice
    if start - now >= notice:
        return []
    minutes = int(notice.total_seconds() // 60)
    return [
        ngettext(
            "That is sooner than the %(minutes)s minute of notice we ask for.",
            "That is sooner than the %(minutes)s minutes of notice we ask for.",
            minutes,
        )
        % {"minutes": minutes}
    ]


def _horizon(start: datetime, planned: Plan, now: datetime) -> list[str]:
    days = planned.policy.horizon_days
    ahead = (timezone.localdate(start) - timezone.localdate(now)).days
    if ahead <= days:
        return []
    return [_("That is further ahead than the %(days)s days we book for.") % {"days": days}]


def _hours(place: Place, planned: Plan) -> list[str]:
    if is_within_hours(place.visit, clinician_id=place.clinician_id, planned=planned):
        return []
    return [_("That is outside the opening hours.")]


def _limits(patient_id: UUID, planned: Plan, now: datetime) -> list[str]:
    """How many visits to come one person, and one family, may have."""
    coming = _coming_in_family(patient_id, now)
    theirs = list(coming.values_list("person_id", flat=True))
    if theirs.count(patient_id) >= planned.most_visits_patient:
        count = planned.most_visits_patient
        said = ngettext(
            "They have %(count)s visit or more to come already.",
            "They have %(count)s visits or more to come already.",
            count,
        )
        return [said % {"count": count}]
    if len(theirs) >= planned.most_visits_account:
        count = planned.most_visits_account
        said = ngettext(
            "Their family has %(count)s visit or more to come.",
            "Their family has %(count)s visits or more to come.",
            count,
        )
        return [said % {"count": count}]
    return []


def _limits_with(patient_id: UUID, more: int, planned: Plan, now: datetime) -> list[str]:
    """How many there would be with so many more; a hold of their own is given up for them."""
    coming = _coming_in_family(patient_id, now)
    coming = coming.exclude(person=patient_id, state=State.HELD.value)
    theirs = list(coming.values_list("person_id", flat=True))
    said = {"more": theirs.count(patient_id) + more, "most": planned.most_visits_patient}
    if said["more"] > said["most"]:
        return [_("That makes %(more)s visits to come; %(most)s is the most.") % said]
    said = {"more": len(theirs) + more, "most": planned.most_visits_account}
    if said["more"] > said["most"]:
        return [_("That makes %(more)s visits to come in the family; %(most)s is the most.") % said]
    return []


def _coming_in_family(patient_id: UUID, now: datetime) -> QuerySet[Appointment]:
    """The visits to come of everybody who shares the patient's account, and so their own."""
    patient = intake.patient_card(patient_id)
    family = Q(person=patient_id)
    if patient.account_id:
        family |= Q(person__account=patient.account_id)
    return Appointment.objects.taking_time(now).filter(family, visit__endswith__gt=now)
