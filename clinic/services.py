"""Writes of the ground floor: the accounts of patients and of staff."""

import base64
import secrets
import time
from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.utils import translation

from clinic import access, audit, messages
from clinic.audit import Actor
from clinic.models import User
from clinic.signals import address_changed

ROLES = ("is_desk", "is_chiropractor", "is_administrator")


def make_account(*, email: str, now: datetime) -> User:
    """A patient's account, or the one there is. Runs inside the caller's transaction.

    Without a password, its address unproven until a code comes back.
    """
    account, made = User.objects.get_or_create(
        email=email, defaults={"password": make_password(None), "language": _spoken_now()}
    )
    if made:
        EmailAddress.objects.create(user=account, email=email, primary=True)
        audit.record(None, "account made", account, at=now)
    return account


def keep_language(*, account: User, now: datetime) -> None:
    """A patient reads the active language: their mail is worded in it from now on."""
    language = _spoken_now()
    if account.language == language:
        return
    account.language = language
    with audit.writing(account):
        account.save(update_fields=["language"])
        audit.record(account, "language chosen", account, at=now, language=language)


def create_staff(
    *, email: str, name: str, roles: Iterable[str], password: str, by: Actor, now: datetime
) -> User:
    """Somebody who works here, with one or more of ROLES. A phone is enrolled at first sign-in.

    Raises ValidationError for a weak password or a known address, ValueError for wrong roles.
    """
    chosen = set(roles)
    if not chosen or not chosen <= set(ROLES):
        raise ValueError(f"Roles are some of {', '.join(ROLES)}.")
    user = User(email=email.strip().lower(), name=name, **dict.fromkeys(chosen, True))
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    with audit.writing(by):
        user.save()
        audit.record(by, "staff account made", user, at=now, roles=", ".join(sorted(chosen)))
    return user


def set_staff_password(*, user: User, password: str, by: Actor, now: datetime) -> None:
    """A new password ends every session signed in with the old one. Raises ValidationError."""
    validate_password(password, user)
    user.set_password(password)
    with audit.writing(by):
        user.save(update_fields=["password"])
        audit.record(by, "password set", user, at=now)


def change_email(*, user: User, email: str, by: Actor, now: datetime) -> None:
    """Another address to sign in with: every session ends, and the old address is told.

    What is mailed to a patient who signs in with it goes there from now on. Nobody has proved the
    new one yet. Raises ValidationError for one that is no address or taken.
    """
    old, new = user.email, email.strip().lower()
    if new == old:
        return
    user.email = new
    user.clean_fields(exclude=["password"])
    user.validate_unique()
    with audit.writing(by):
        # While the account still has the old address: it is told in its own language.
        messages.address_changed(to=old, staff=access.is_staff(user), now=now)
        user.save(update_fields=["email"])
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=new, primary=True)
        audit.record(by, "sign-in address changed", user, at=now)
        address_changed.send(sender=User, user=user, old=old, by=by, now=now)


def enrol_totp(*, user: User, by: Actor, now: datetime, secret: str = "") -> str:
    """Give `user` a second factor without a phone in hand: the secret, for an authenticator."""
    secret = secret or base64.b32encode(secrets.token_bytes(20)).decode()
    with audit.writing(by):
        TOTP.activate(user, secret)
        audit.record(by, "second factor enrolled", user, at=now)
    return secret


def reset_second_factor(*, user: User, by: Actor, now: datetime) -> None:
    """The phone is lost: another is enrolled at the next sign-in, with new recovery codes."""
    with audit.writing(by):
        Authenticator.objects.filter(user=user).delete()
        audit.record(by, "second factor reset", user, at=now)


def current_totp_code(user: User) -> str:
    """What the phone of a fictional person shows now. Raises RuntimeError in a real clinic."""
    if not (settings.DEMO or settings.TESTING):
        raise RuntimeError("Second factors are shown in the demo and in tests only.")
    authenticator = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    secret = decrypt(authenticator.data["secret"])
    # Seconds of the machine's clock, as the check itself reads them.
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def _spoken_now() -> str:
    """The active language, as one of the clinic's."""
    active = translation.get_language() or ""
    return active if active in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
