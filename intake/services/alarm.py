"""What reaches the chiropractors by email: an emergency, and a case nobody looked at in time."""

from datetime import datetime

from clinic import audit, messages
from clinic.models import ClinicProfile, User
from intake.models import Case


def tell_of_emergency(*, now: datetime) -> None:
    """At once, to the clinic and to every chiropractor; in the transaction that records it."""
    for address in dict.fromkeys([ClinicProfile.current().email, *_chiropractors()]):
        messages.attention(to=address, now=now)


def tell_of_overdue(*, now: datetime) -> int:
    """Mail every chiropractor that a review is overdue; how many cases are newly so.

    Once for each time a case waits, however often this runs, and one mail for all of them.
    """
    waiting = Case.objects.awaiting_review().filter(due_at__lte=now, overdue_told_at=None)
    with audit.writing(None):
        # Whoever decides or joins one just now is not waited for: it is looked at again.
        overdue = list(waiting.order_by("pk").select_for_update(of=("self",), skip_locked=True))
        for case in overdue:
            case.overdue_told_at = now
            case.save(update_fields=["overdue_told_at"])
            audit.record(None, "overdue told", case, at=now, patient_id=case.patient_id)
        for address in _chiropractors() if overdue else []:
            messages.staff_overdue(to=address, now=now)
    return len(overdue)


def _chiropractors() -> list[str]:
    reviewers = User.objects.filter(is_chiropractor=True, is_active=True)
    return list(reviewers.order_by("email").values_list("email", flat=True))
