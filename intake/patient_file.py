"""A patient as the staff read them: how they are reached, and whether they may book.

Never an answer, nor a reason that quotes one: for those there is the case, which the clinician
reads.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import access, audit, times
from clinic.models import User
from intake import review_list, triage, visit_types
from intake.ages import is_adult
from intake.duplicates import Person, likely_duplicates
from intake.models import Case, Clearance, GuardianConsent, Patient


@dataclass(frozen=True)
class Relative:
    """Another patient, by name; `note` says how they come to stand here."""

    id: UUID
    name: str
    note: str


@dataclass(frozen=True)
class Held:
    """An unresolved case of theirs: how bad, and what to say. `id` for who may read it."""

    id: UUID | None
    outcome: str
    tone: str
    state: str
    say: str


@dataclass(frozen=True)
class PatientFile:
    """`may_book` says in words until when and for which visits, or why not."""

    id: UUID
    name: str
    born: str
    town: str
    phone: str
    phone_link: str
    email: str
    signs_in_with: str
    guardians: tuple[str, ...]
    needs_guardian: bool
    also_known_as: tuple[Relative, ...]
    family: tuple[Relative, ...]
    duplicates: tuple[Relative, ...]
    held: tuple[Held, ...]
    may_book: tuple[str, ...]
    is_free_to_book: bool


def open_file(patient_id: UUID, *, by: User, now: datetime) -> PatientFile | None:
    """A look at a record, which is written down. None for nobody this person may see.

    Of a record that was merged, the file of the one that is kept: all of them are one person's.
    """
    records = list(
        Patient.objects.visible_to(by).same_person_as(patient_id).select_related("town", "account")
    )
    patient = next((record for record in records if record.merged_into_id is None), None)
    if patient is None:
        return None
    audit.viewed(by, patient, at=now, patient_id=patient.pk)
    ids = [record.pk for record in records]
    guardians = [
        _("%(name)s (%(relationship)s), agreed on %(day)s")
        % {
            "name": consent.guardian_name,
            "relationship": consent.relationship,
            "day": times.day_in_words(timezone.localdate(consent.at)),
        }
        for consent in GuardianConsent.objects.filter(patient__in=ids)
    ]
    minor = not is_adult(patient.born, timezone.localdate(now))
    held = _unresolved(ids)
    usable = Clearance.objects.usable(now).filter(patient__in=ids)
    clearances = [] if held else list(usable.order_by("-ends_at"))
    return PatientFile(
        id=patient.pk,
        name=patient.name,
        born=_born(patient, now),
        town=patient.town_name,
        phone=patient.phone.as_national if patient.phone else "",
        phone_link=patient.phone.as_rfc3966 if patient.phone else "",
        email=patient.email,
        signs_in_with=patient.account.email if patient.account else "",
        guardians=tuple(guardians),
        needs_guardian=minor and not guardians,
        also_known_as=tuple(
            _named(record, _born(record, now)) for record in records if record != patient
        ),
        family=tuple(_family(patient)),
        duplicates=tuple(_duplicates(patient)),
        held=tuple(_held(held, by, now)) if access.sees_held_cases(by) else (),
        may_book=tuple(_may_book(clearances, is_held=bool(held))),
        is_free_to_book=bool(clearances),
    )


def _born(patient: Patient, now: datetime) -> str:
    today = timezone.localdate(now)
    age = triage.age_on(patient.born, today) if patient.born <= today else 0
    years = ngettext("%(age)d year", "%(age)d years", age) % {"age": age}
    return f"{date_format(patient.born, 'M j, Y')} ({years})"


def _family(patient: Patient) -> list[Relative]:
    """Whoever shares the account to sign in with."""
    if patient.account_id is None:
        return []
    others = Patient.objects.filter(account=patient.account_id).not_merged()
    return [_named(each, "") for each in others.exclude(pk=patient.pk).order_by("born", "pk")]


def _named(patient: Patient, note: str) -> Relative:
    return Relative(patient.pk, patient.name, note)


def _duplicates(patient: Patient) -> list[Relative]:
    return [
        _named(each.patient, f"{date_format(each.patient.born, 'M j, Y')}: {each.because}")
        for each in likely_duplicates(Person.of(patient), besides=patient)
    ]


def _unresolved(ids: Collection[UUID]) -> list[Case]:
    """Of their own, and those of others that their answers joined."""
    own = Case.objects.unresolved().filter(patient__in=ids)
    joined = Case.objects.unresolved().filter(intakes__patient__in=ids)
    return list((own | joined).distinct().worst_first())


def _held(cases: Sequence[Case], by: User, now: datetime) -> list[Held]:
    found = []
    for case in cases:
        line = review_list.line(case, (), by, now=now)
        found.append(
            Held(
                id=case.pk if access.reads_answers(by) else None,
                outcome=line.outcome,
                tone=line.tone,
                state=case.get_state_display(),
                say=line.say,
            )
        )
    return found


def _may_book(clearances: Sequence[Clearance], *, is_held: bool) -> list[str]:
    if is_held:
        return [_("May not book: somebody must decide on their answers first.")]
    if not clearances:
        return [_("May not book yet: they answer the health questions first.")]
    return [_leave(clearance) for clearance in clearances]


def _leave(clearance: Clearance) -> str:
    kinds = ", ".join(visit_types.in_words(clearance.visit_types)) or _("any visit")
    last = times.in_words(clearance.ends_at)
    said = {"last": last, "kinds": kinds}
    if clearance.xray_allowed:
        return _("May book until %(last)s: %(kinds)s, with X-ray.") % said
    return _("May book until %(last)s: %(kinds)s.") % said
