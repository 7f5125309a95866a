"""Who may be the same person on record twice, and what speaks for it."""

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from intake.identity import name_key
from intake.models import Patient
from intake.patient_search import Asked, likeliest

MOST_SHOWN = 5
# Of two names' letters so much is the same, in the same order: a slip of the finger, a nickname.
ALIKE = 0.75
# Nearly every letter: two people with names a little alike were not born on different days.
VERY_ALIKE = 0.9


@dataclass(frozen=True)
class Person:
    """What is known of somebody who may be on record already; `phone` as it is stored."""

    given_name: str
    family_name: str
    born: date
    phone: str

    @classmethod
    def of(cls, patient: Patient) -> "Person":
        phone = patient.phone.as_e164 if patient.phone else ""
        return cls(patient.given_name, patient.family_name, patient.born, phone)

    @property
    def name_key(self) -> str:
        return name_key(self.given_name, self.family_name)


@dataclass(frozen=True)
class Likely:
    """A patient who may be the same, and why."""

    patient: Patient
    because: str | Promise


def likely_duplicates(person: Person, *, besides: Patient | None = None) -> list[Likely]:
    """The likeliest first. Whoever shares a phone alone is family."""
    ids = {
        id_
        for asked in (
            Asked(births=[person.born]),
            Asked(names=f"{person.given_name} {person.family_name}"),
            Asked(numbers=[person.phone.lstrip("+")] if person.phone else []),
        )
        for id_ in likeliest(asked)
    }
    records = Patient.objects.filter(pk__in=ids).select_related("town", "merged_into__town")
    # The likeliest record of each, shown by the one that is kept.
    reasons: dict[Patient, int] = {}
    for record in records.order_by("created_at"):
        reason = _reason(person, record)
        if reason and not (besides and record.person_id == besides.person_id):
            reasons[record.kept] = min(reason, reasons.get(record.kept, reason))
    likeliest_first = sorted(reasons, key=lambda patient: reasons[patient])
    return [Likely(patient, _BECAUSE[reasons[patient]]) for patient in likeliest_first[:MOST_SHOWN]]


_BECAUSE = {
    1: _("the same name and date of birth"),
    2: _("the same date of birth and phone"),
    3: _("the same date of birth, a similar name"),
    4: _("the same phone, a similar name"),
    5: _("the same name, another date of birth"),
}


def _reason(person: Person, patient: Patient) -> int:
    """How likely, 1 the most; 0 is not at all."""
    alike = SequenceMatcher(None, person.name_key, patient.name_key).ratio()
    same_birth = patient.born == person.born
    same_phone = bool(person.phone and patient.phone) and patient.phone.as_e164 == person.phone
    reasons = (
        (1, same_birth and person.name_key == patient.name_key),
        (2, same_birth and same_phone),
        (3, same_birth and alike >= ALIKE),
        (4, same_phone and alike >= ALIKE),
        (5, alike >= VERY_ALIKE),
    )
    return next((rank for rank, holds in reasons if holds), 0)
