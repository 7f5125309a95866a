"""Who may do what: the only place.

"This person may" lives here; "the state allows it" lives with the domain. Each predicate takes
the person who asks, signed in or not. Staff are signed in by password and second factor, always:
`clinic.middleware.sign_off` makes everybody else anonymous before a predicate is asked, so no
page can forget.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from clinic.models import User

Person = User | AnonymousUser
Predicate = Callable[[Person], bool]
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

PATIENT_SIGN_IN = "clinic:sign_in"
STAFF_SIGN_IN = "clinic:staff_sign_in"


def _has(user: Person, *roles: str) -> bool:
    return bool(user.is_active) and any(getattr(user, role, False) for role in roles)


def is_staff(user: Person) -> bool:
    return _has(user, "is_desk", "is_chiropractor", "is_administrator")


def is_patient(user: Person) -> bool:
    """A signed-in person without any role. Staff sign in by password, never as patients."""
    return bool(user.is_authenticated and user.is_active and not is_staff(user))


def sees_calendar(user: Person) -> bool:
    return _has(user, "is_desk", "is_chiropractor")


def sees_all_patients(user: Person) -> bool:
    return is_staff(user)


def reads_answers(user: Person) -> bool:
    """Submitted answers of any patient: the clinician's alone."""
    return _has(user, "is_chiropractor")


def reads_own_or_all_answers(user: Person) -> bool:
    """Their family's answers, or as the clinician everybody's."""
    return is_patient(user) or reads_answers(user)


def sees_held_cases(user: Person) -> bool:
    """That a case is held, how urgent it is and what to say; not the answers."""
    return _has(user, "is_desk", "is_chiropractor")


def asks_patients(user: Person) -> bool:
    """Reads the questions out to a patient and types what they say; earlier answers stay hidden."""
    return _has(user, "is_desk", "is_chiropractor")


def decides_reviews(user: Person) -> bool:
    return _has(user, "is_chiropractor")


def merges_records(user: Person) -> bool:
    """Says that two records are one person's."""
    return _has(user, "is_administrator")


def gives_exercises(user: Person) -> bool:
    return _has(user, "is_chiropractor")


def reads_own_or_all_exercises(user: Person) -> bool:
    """Their family's exercises, or as the clinician everybody's."""
    return is_patient(user) or gives_exercises(user)


def signs_protocol(user: Person) -> bool:
    return _has(user, "is_chiropractor")


def uses_admin_site(user: Person) -> bool:
    return _has(user, "is_administrator")


def is_desk(user: Person) -> bool:
    return _has(user, "is_desk")


# --- Doors: every page that is not for everybody stands behind one --------------------------------


def allowed(predicate: Predicate, *, sign_in: str = STAFF_SIGN_IN) -> Callable[[View[P]], View[P]]:
    """For people of whom `predicate` is true. Others sign in first, or read why they may not."""

    def guard(view: View[P]) -> View[P]:
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if predicate(request.user):
                return view(request, *args, **kwargs)
            if request.user.is_authenticated:
                raise PermissionDenied
            return to_sign_in(request, sign_in)

        return update_wrapper(guarded, view)

    return guard


patient_required = allowed(is_patient, sign_in=PATIENT_SIGN_IN)
own_answers_required = allowed(reads_own_or_all_answers, sign_in=PATIENT_SIGN_IN)
staff_required = allowed(is_staff)
desk_required = allowed(is_desk)
calendar_required = allowed(sees_calendar)
held_cases_required = allowed(sees_held_cases)
asking_required = allowed(asks_patients)
answers_required = allowed(reads_answers)
reviewer_required = allowed(decides_reviews)
exercises_required = allowed(gives_exercises)
own_exercises_required = allowed(reads_own_or_all_exercises, sign_in=PATIENT_SIGN_IN)
signer_required = allowed(signs_protocol)
administrator_required = allowed(uses_admin_site)
merging_required = allowed(merges_records)


def signed_in(request: HttpRequest) -> User:
    """Who asks, behind one of the doors above."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def to_sign_in(request: HttpRequest, sign_in: str) -> HttpResponse:
    """To the sign-in page, and back to this one after it.

    Only the path is kept: what follows the question mark may hold what somebody searched for.
    """
    if is_background(request):
        # Nobody looks at this answer: the page that asked says that it is signed off.
        return HttpResponse(status=401)
    address = reverse(sign_in)
    if request.method == "GET":
        address += "?" + urlencode({REDIRECT_FIELD_NAME: request.path})
    # A fragment is asked for inside a page: the whole page goes, not the fragment.
    inside_a_page = request.headers.get("HX-Request") == "true"
    return HttpResponseClientRedirect(address) if inside_a_page else redirect(address)


def is_background(request: HttpRequest) -> bool:
    """Asked by a page that keeps itself fresh, not by a person: no sign of activity."""
    return request.headers.get("X-Background") == "1"


def next_page(request: HttpRequest, otherwise: str = "") -> str:
    """Where the person was going when asked to sign in: a page of ours, or `otherwise`."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    return wanted if is_local(wanted) else otherwise


def is_local(address: str) -> bool:
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
