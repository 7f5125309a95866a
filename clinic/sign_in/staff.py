"""Staff: the password first, then the second factor, or enrolling one the first time.

Until both are given nobody is signed in: the session holds a sign-in that waits at a stage.
"""

import base64
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter as get_second_factor_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    clear_totp_secret,
    get_totp_secret,
    validate_totp_code,
)
from django.http import HttpRequest, HttpResponse

from clinic import audit, limits
from clinic.models import User
from clinic.sign_in.stages import SecondFactorStage, has_second_factor

# Longer than a code of an authenticator stays right, whichever clock is off.
CODE_OUTLIVED = timedelta(minutes=3)


def check_password(
    request: HttpRequest, *, email: str, password: str, then: str
) -> HttpResponse | None:
    """Where to go next, which is the second factor; None when it is not their password.

    Raises limits.TooMany.
    """
    email = email.strip().lower()
    credentials = {"email": email, "password": password}
    user = get_adapter().authenticate(request, **credentials)
    if user is None or not user.is_active:
        return None
    limits.forget(limits.PASSWORDS_FOR_EMAIL_BY_ADDRESS, f"{email} {limits.visitor(request)}")
    login = Login(user=user, email=email, redirect_url=then)
    response: HttpResponse = perform_password_login(request, credentials, login)
    return response


def waiting(request: HttpRequest) -> SecondFactorStage | None:
    """The sign-in that has its password and waits for the second factor."""
    stage: SecondFactorStage | None = LoginStageController.enter(request, SecondFactorStage.key)
    return stage if stage and stage.login.user else None


def check_second_factor(
    request: HttpRequest, stage: SecondFactorStage, code: str, *, now: datetime
) -> HttpResponse | None:
    """Sign in with an authenticator's code, or a recovery code, which works once. None: wrong.

    Raises limits.TooMany.
    """
    user = stage.login.user
    _count(user, now=now)
    form = AuthenticateForm({"code": code}, user=user)
    if not form.is_valid() or not _is_first_use(user, code, now=now):
        with audit.writing(None):
            audit.record(None, "second factor refused", user, at=now)
        return None
    form.save()
    limits.forget(limits.SECOND_FACTORS, str(user.pk))
    response: HttpResponse = stage.exit()
    return response


def second_factor_to_enrol(stage: SecondFactorStage) -> tuple[str, str]:
    """The secret a phone is to keep: as text, and as a picture's address."""
    secret: str = get_totp_secret()
    adapter = get_second_factor_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(stage.login.user, secret))
    return secret, "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


def enrol(
    request: HttpRequest, stage: SecondFactorStage, code: str, *, now: datetime
) -> list[str] | None:
    """Enrol the phone that shows `code`, sign in, and give the recovery codes. None: wrong code.

    Raises limits.TooMany.
    """
    user = stage.login.user
    _count(user, now=now)
    secret = get_totp_secret()
    if not validate_totp_code(secret, code) or not _is_first_use(user, code, now=now):
        return None
    with audit.writing(user):
        # Two tabs may enrol at once: one phone is enrolled.
        User.objects.select_for_update().get(pk=user.pk)
        if has_second_factor(user):
            return None
        phone: Authenticator = TOTP.activate(user, secret).instance
        codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
        audit.record(user, "second factor enrolled", user, at=now)
    clear_totp_secret(request)
    post_authentication(request, phone)
    stage.exit()
    return codes


def _count(user: User, *, now: datetime) -> None:
    limits.count(limits.SECOND_FACTORS, str(user.pk), now=now)
    limits.count(limits.SECOND_FACTORS_DAILY, str(user.pk), now=now)


def _is_first_use(user: User, code: str, *, now: datetime) -> bool:
    """allauth remembers a used code for half a minute; with a tolerance it is right for longer."""
    try:
        key = f"{user.pk} {normalize_user_code(code)}"
        limits.hit("used second factor", key, limit=1, per=CODE_OUTLIVED, now=now)
    except limits.TooMany:
        return False
    return True
