"""What allauth asks the clinic about, and the last door before anybody is signed in."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.encoding import force_str

from clinic import access, audit, limits, messages
from clinic.models import User
from clinic.sign_in import session


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth carries no types
    """Passwords are for staff: a patient's account has none, and could use none."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user = super().authenticate(request, **credentials)
        return user if isinstance(user, User) and user.is_staff else None


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def get_login_stages(self) -> list[str]:
        return [
            "allauth.account.stages.LoginByCodeStage",
            "clinic.sign_in.stages.SecondFactorStage",
        ]

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """The last door. Whatever led here: no one passes who did not prove who they are."""
        if not isinstance(user, User) or not user.is_active or not session.is_proven(request, user):
            raise PermissionDenied
        now = timezone.now()
        super().login(request, user)
        session.start(request, now=now)
        with audit.writing(user):
            audit.record(user, "signed in", user, at=now)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Every password check comes through here, before it is made."""
        now = timezone.now()
        email, address = credentials["email"].lower(), limits.visitor(request)
        limits.count(limits.PASSWORDS_BY_ADDRESS, address, now=now)
        limits.count(limits.PASSWORDS_FOR_EMAIL_BY_ADDRESS, f"{email} {address}", now=now)
        limits.count(limits.PASSWORDS_FOR_EMAIL, email, now=now)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        user = User.objects.filter(email=credentials["email"].lower()).first()
        with audit.writing(None):
            if user:
                audit.record(None, "password refused", user, at=timezone.now())

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return redirect("clinic:sign_in")

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.visitor(request)

    def generate_login_code(self) -> str:
        return get_random_string(6, allowed_chars="0123456789")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The one email allauth may send here. Any other would be a door nobody opened."""
        if template_prefix != "account/email/login_code":
            raise NotImplementedError(template_prefix)
        messages.code(to=email, code=context["code"], now=timezone.now())

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say what happened, in our words."""

    def is_safe_url(self, url: str) -> bool:
        return access.is_local(url)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps second factors unreadable in the database: whoever reads a backup has none of them."""

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()


def _keys() -> MultiFernet:
    """Made from SECRET_KEY; SECRET_KEY_FALLBACKS still open what an older key closed."""
    secrets = [force_str(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    digests = (hashlib.sha256(f"second factor {secret}".encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
