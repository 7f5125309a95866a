"""What every page may say: the clinic's name, phone and address."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clinic.models import ClinicProfile


def clinic(request: HttpRequest) -> dict[str, Any]:
    # Lazy: a fragment that does not name the clinic costs no query.
    return {"clinic": SimpleLazyObject(ClinicProfile.current)}
