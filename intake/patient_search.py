"""Patients found by what somebody knows of them, however it is written.

`intake/migrations/0007_patient_search.py` says what the words are compared with.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from clinic import access, audit
from clinic.models import User
from intake.models import Patient

MOST_FOUND = 20
# Longer than anybody's name, number and address together; what is more is not read.
LONGEST = 120
MOST_WORDS = 8
# Fewer digits are nobody's number.
FEWEST_DIGITS = 3

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_DATES = tuple(
    re.compile(rf"(?<![\w@])(?:{pattern})(?![\w@])", re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<month>\d{1,2})(?P<mark>[-/.])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH},?\s+(?P<year>\d{{4}})",
    )
)
_ADDRESS = re.compile(r"[\w.+'-]+@[\w.-]*")
_NUMBER = re.compile(r"(?<!\w)\+?\(?\d[\d\s().-]*")


@dataclass
class Asked:
    """What was typed, taken apart: each part must be found of a patient."""

    names: str = ""
    numbers: list[str] = field(default_factory=list)
    births: list[date] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PatientFound:
    """`found_as` is the other name of theirs, of a merged record, by which they were found."""

    id: UUID
    name: str
    born: date
    town: str
    phone: str
    email: str
    found_as: str


def find_patients(text: str, *, by: User, now: datetime) -> list[PatientFound]:
    """At most MOST_FOUND, the likeliest first; nobody for who may not see every patient.

    A look at a list, on record. What was typed is kept nowhere: it may be anything of a patient's.
    """
    if not access.sees_all_patients(by):
        return []
    ids = likeliest(read(text, today=timezone.localdate(now)))
    if not ids:
        return []
    records = Patient.objects.select_related("town", "merged_into__town").in_bulk(ids)
    # Found by a record that was merged, they are shown by the one that is kept.
    found = {patient.kept.pk: _found(patient) for patient in map(records.get, ids) if patient}
    audit.list_viewed(by, Patient, at=now, rows=len(found))
    return list(found.values())


def read(text: str, *, today: date) -> Asked:
    """Dates and addresses are told by their form, telephone numbers by their digits."""
    asked, left = Asked(), text[:LONGEST].replace("\0", " ")
    for pattern in _DATES:
        for match in pattern.finditer(left):
            if born := _date(match, today):
                asked.births.append(born)
                left = left.replace(match.group(), " ", 1)
    asked.addresses = _ADDRESS.findall(left)
    left = _ADDRESS.sub(" ", left)
    numbers = [_digits(number) for number in _NUMBER.findall(left)]
    asked.numbers = [number for number in numbers if len(number) >= FEWEST_DIGITS]
    asked.names = " ".join(_NUMBER.sub(" ", left).split()[:MOST_WORDS])
    return asked


def likeliest(asked: Asked) -> list[UUID]:
    """Of whom every part of it is true or nearly so, MOST_FOUND at most; nobody for nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT intake_find_patients(%s, %s::text[], %s::date[], %s::text[], %s)",
            [asked.names, asked.numbers, asked.births, asked.addresses, MOST_FOUND],
        )
        return [id_ for (id_,) in cursor.fetchall()]


def _date(match: re.Match[str], today: date) -> date | None:
    """As it is written here, the month first; the other way round where only that is a date."""
    said = match.groupdict()
    year, day = int(said["year"]), int(said["day"])
    if len(said["year"]) == 2:
        # Nobody is born in years to come.
        year += 2000 if 2000 + year <= today.year else 1900
    name = said.get("name")
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(said["month"])
    for one, other in ((month, day), (day, month)):
        try:
            return date(year, one, other)
        except ValueError:
            continue
    return None


def _digits(number: str) -> str:
    """Without the country's own code, which is rarely said."""
    digits = re.sub(r"\D", "", number)
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _found(record: Patient) -> PatientFound:
    patient = record.kept
    return PatientFound(
        id=patient.pk,
        name=patient.name,
        born=patient.born,
        town=patient.town_name,
        phone=patient.phone.as_national if patient.phone else "",
        email=patient.email,
        found_as=record.name if record.name != patient.name else "",
    )
