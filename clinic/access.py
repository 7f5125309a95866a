"""Who may do what: the only place.

"This person may" lives here; "the state allows it" lives with the domain. Each predicate takes
the person who asks, signed in or not.
"""

from django.contrib.auth.models import AnonymousUser

from clinic.models import User

Person = User | AnonymousUser


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


def sees_held_cases(user: Person) -> bool:
    """That a case is held, how urgent it is and what to say; not the answers."""
    return _has(user, "is_desk", "is_chiropractor")


def decides_reviews(user: Person) -> bool:
    return _has(user, "is_chiropractor")


def uses_admin_site(user: Person) -> bool:
    return _has(user, "is_administrator")
