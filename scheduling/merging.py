"""What the calendar has to say before two records of one person count as one, or no more."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext as _

from clinic import times
from clinic.audit import Actor
from scheduling.models import Appointment
from scheduling.services import give_back_hold
from scheduling.slots import State


def before_merge(*, patient_id: UUID, kept_id: UUID, by: Actor, now: datetime) -> list[str]:
    """Give back times they are only choosing; the visits of both that are at the same time."""
    give_back_hold(patient_id=patient_id, by=by, now=now)
    of_both = Appointment.objects.keeping_time().select_related("visit_type")
    kept = list(of_both.filter(person=kept_id))
    return [
        _("%(one)s and %(other)s") % {"one": _in_words(one), "other": _in_words(other)}
        for one in of_both.filter(person=patient_id).in_time_order()
        for other in kept
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at
    ]


def before_apart(*, patient_id: UUID, kept_id: UUID) -> list[str]:
    """The visits of one record that rest on a clearance of the other."""
    live = [state.value for state in State.KEEPS_TIME]
    others = ~Q(clearance__patient=F("patient")) & (
        Q(patient=patient_id) | Q(clearance__patient=patient_id)
    )
    resting = Appointment.objects.filter(others, person=kept_id, state__in=live)
    return [_in_words(visit) for visit in resting.select_related("visit_type").in_time_order()]


def _in_words(visit: Appointment) -> str:
    return _("%(kind)s on %(when)s") % {
        "kind": visit.visit_type.name,
        "when": times.in_words(visit.starts_at),
    }
