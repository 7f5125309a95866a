"""Sessions as a finished sign-in leaves them, without walking through it in every test."""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import update_last_login
from django.contrib.sessions.backends.db import SessionStore
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
    now = timezone.now()
    is_new = settings.SESSION_COOKIE_NAME not in client.cookies
    held = SessionStore() if is_new else client.session
    held[SESSION_KEY] = str(user.pk)
    held[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    held[HASH_SESSION_KEY] = user.get_session_auth_hash()
    held[_METHODS] = [
        {"method": method, "at": now.timestamp()}
        for method in methods or (("password", "mfa") if user.is_staff else ("code",))
    ]
    held[_USER] = str(user.pk)
    held[session.STARTED] = held[session.SEEN] = now.timestamp()
    # At once: `Client.force_login` writes it four times, and most tests begin here.
    held.save()
    update_last_login(None, user)
    client.cookies[settings.SESSION_COOKIE_NAME] = str(held.session_key)
    return client
