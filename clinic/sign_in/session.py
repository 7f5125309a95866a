"""What a session remembers: how the person signed in, when, and when they last did something."""

from datetime import datetime, timedelta
from enum import StrEnum

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from clinic.models import User

STARTED = "signed_in_at"
SEEN = "seen_at"
SIGNED_OFF = "signed_off"
# Activity is written down this often, not on every request.
STEP = timedelta(seconds=15)


class SignOff(StrEnum):
    """Why a session ends by itself."""

    IDLE = "idle"
    TOO_LONG = "too long"
    UNPROVEN = "unproven"


def methods(request: HttpRequest, user: User) -> set[str]:
    """How `user` proved who they are in this session: `code`, `password`, `mfa`."""
    return {record["method"] for record in get_authentication_records(request, user)}


def is_proven(request: HttpRequest, user: User) -> bool:
    """Staff: password and second factor, both. Patients: an emailed code."""
    proofs = methods(request, user)
    return {"password", "mfa"} <= proofs if user.is_staff else "code" in proofs


def start(request: HttpRequest, *, now: datetime) -> None:
    request.session[STARTED] = request.session[SEEN] = now.timestamp()


def note_activity(request: HttpRequest, *, now: datetime) -> None:
    if now.timestamp() - request.session[SEEN] >= STEP.total_seconds():
        request.session[SEEN] = now.timestamp()


def reason_to_end(request: HttpRequest, user: User, *, now: datetime) -> SignOff | None:
    started, seen = request.session.get(STARTED), request.session.get(SEEN)
    if started is None or seen is None or not is_proven(request, user):
        return SignOff.UNPROVEN
    longest = settings.STAFF_SESSION_LIMIT if user.is_staff else settings.PATIENT_SESSION_LIMIT
    if now.timestamp() - started >= longest.total_seconds():
        return SignOff.TOO_LONG
    idle = now.timestamp() - seen
    if user.is_staff and idle >= settings.STAFF_IDLE_LIMIT.total_seconds():
        return SignOff.IDLE
    return None
