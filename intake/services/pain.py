"""How bad the pain is, as somebody says at a visit."""

from datetime import datetime
from uuid import UUID

from clinic import audit, times
from clinic.models import User
from intake.models import PainScore, Patient


def note_pain(*, patient_id: UUID, score: int, by: User, now: datetime) -> PainScore:
    """Write it down, from 0 to 10. Said again on the same day it is not written twice."""
    with audit.writing(by):
        patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
        newest = PainScore.objects.filter(
            patient__in=Patient.objects.same_person_as(patient.pk)
        ).first()
        if newest and newest.score == score and _same_day(newest.at, now):
            return newest
        noted = PainScore.objects.create(patient=patient, score=score, by=by, at=now)
        audit.record(by, "pain noted", noted, at=now, patient_id=patient.pk)
    return noted


def _same_day(one: datetime, other: datetime) -> bool:
    return times.local(one).date() == times.local(other).date()
