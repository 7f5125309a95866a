"""The appointment card: when somebody comes, to be handed over, in their own language.

When and where, and not what for: it lies on a kitchen table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import times
from clinic.models import ClinicProfile, User
from intake.public import PatientCard
from scheduling.models import Appointment
from scheduling.slots import State

_ON = [State.BOOKED.value, State.CONFIRMED.value]


@dataclass(frozen=True)
class CardLine:
    when: str
    length: str


@dataclass(frozen=True)
class Card:
    clinic: ClinicProfile
    title: str
    who: str
    lines: tuple[CardLine, ...]
    doctor: str
    to_change: str


def coming_visits(
    user: User, patient_id: UUID, *, now: datetime, only: UUID | None = None
) -> list[Appointment]:
    """The patient's visits that are on and still to come, or the one that is named."""
    visits = Appointment.objects.visible_to(user).filter(
        person=patient_id, state__in=_ON, visit__startswith__gt=now
    )
    visits = visits.filter(pk=only) if only else visits
    return list(visits.select_related("clinician").in_time_order())


def is_on_card(visit: Appointment, *, now: datetime) -> bool:
    return visit.state in _ON and visit.starts_at > now


def card(person: PatientCard, visits: Iterable[Appointment]) -> Card:
    """In the active language. There is one visit at least."""
    visits = list(visits)
    clinic = ClinicProfile.current()
    return Card(
        clinic=clinic,
        title=_("Your visit") if len(visits) == 1 else _("Your visits"),
        who=person.name,
        lines=tuple(CardLine(times.in_words(each.starts_at), _length(each)) for each in visits),
        doctor=_("With %(doctor)s") % {"doctor": visits[0].clinician.name},
        to_change=_("To change or cancel, call %(phone)s.") % {"phone": clinic.phone.as_national},
    )


def language_of(person: PatientCard) -> str:
    """What their own pages were last shown in; who has none reads English."""
    if person.account_id is None:
        return settings.LANGUAGE_CODE
    return User.objects.values_list("language", flat=True).get(pk=person.account_id)


def _length(visit: Appointment) -> str:
    minutes = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
