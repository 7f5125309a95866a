"""When a visit would suit somebody whose answers are held."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from clinic import audit
from clinic.models import User
from intake.exceptions import CaseAlreadyDecided
from intake.models import Case, WishedTimes


def wish_times(
    *, case_id: UUID, half_days: Collection[str], note: str, by: User, now: datetime
) -> WishedTimes:
    """Keep what would suit, beside what was said before; it changes nothing else.

    Asked twice for the same, the first is returned. Raises CaseAlreadyDecided.
    """
    with audit.writing(by):
        case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
        if case.state not in Case.UNRESOLVED:
            raise CaseAlreadyDecided
        wanted = sorted(half_days)
        newest = case.wishes.filter(by=by).first()
        if newest and (newest.half_days, newest.note) == (wanted, note):
            return newest
        wish = WishedTimes.objects.create(case=case, half_days=wanted, note=note, by=by, at=now)
        audit.record(by, "times wished", case, at=now, patient_id=case.patient_id)
    return wish
