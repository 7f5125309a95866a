"""What every page may show: the clinic, and the way in or out."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clinic import access
from clinic.models import ClinicProfile


def clinic(request: HttpRequest) -> dict[str, Any]:
    # A request refused before anybody was looked up has no user.
    user: access.Person = getattr(request, "user", None) or AnonymousUser()
    return {
        "clinic": _profile(request),
        "signed_in_as_patient": access.is_patient(user),
        "signed_in_as_staff": access.is_staff(user),
        "may_see_calendar": access.sees_calendar(user),
        "may_review": access.decides_reviews(user),
        "may_administer": access.uses_admin_site(user),
    }


def _profile(request: HttpRequest) -> Any:
    """Read once for each request, and only by a page that shows it."""
    if not hasattr(request, "clinic_profile"):
        request.clinic_profile = SimpleLazyObject(ClinicProfile.current)  # type: ignore[attr-defined]
    return request.clinic_profile  # type: ignore[attr-defined]
