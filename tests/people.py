"""Sessions as a finished sign-in leaves them, without walking through it in every test."""

from django.test import Client
from django.utils import timezone

from clinic.models import User
from clinic.sign_in import session

_METHODS = "account_authentication_methods"
_USER = "account_authentication_methods_user"


def signed_in(user: User, *methods: str, client: Client | None = None) -> Client:
    """A browser in which `user` is signed in as they should be, or by `methods`, if given.

    A bare `force_login` is nobody here: such a session does not say how it was signed in.
    """
    client = client or Client()
    client.force_login(user)
    held = client.session
    held[_METHODS] = [
        {"method": method, "at": timezone.now().timestamp()}
        for method in methods or (("password", "mfa") if user.is_staff else ("code",))
    ]
    held[_USER] = str(user.pk)
    held[session.STARTED] = held[session.SEEN] = timezone.now().timestamp()
    held.save()
    return client
