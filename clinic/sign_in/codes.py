"""Signing in by a six-digit code sent to an email address.

A known, an unknown and a staff address are treated alike to the last query: only who reads
that mailbox learns which it was. The code stays on the server, in the session of the browser
that asked for it.
"""

from datetime import datetime
from enum import Enum
from uuid import uuid4

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core.internal.cryptokit import compare_user_code
from django.http import HttpRequest

from clinic import audit, limits, messages, services
from clinic.models import User


class Outcome(Enum):
    OK = "signed in"
    WRONG = "another code"
    EXPIRED = "asked for too long ago, or not at all"
    TOO_MANY = "guessed too often: ask for another"


def begin_code(request: HttpRequest, *, email: str, now: datetime) -> None:
    """Mail a code to an address, whose account is made when there is none.

    Staff are never let in by code: they are mailed where they sign in. Raises limits.TooMany.
    """
    _begin(request, email=email, make_account=True, now=now)


def begin_code_for_known(request: HttpRequest, *, email: str, now: datetime) -> None:
    """As `begin_code`, but an unknown address is mailed how to start instead."""
    _begin(request, email=email, make_account=False, now=now)


def resend_code(request: HttpRequest, *, now: datetime) -> bool:
    """Mail another code, which takes the place of the one before. False: nothing was begun.

    Raises limits.TooMany.
    """
    process = _pending(request)
    if process is None:
        return False
    email = process.state["email"]
    _count_request(request, email=email, now=now)
    with audit.writing(None):
        process.send_to(User.objects.filter(email=email).first(), now=now)
    return True


def check_code(request: HttpRequest, code: str, *, now: datetime) -> Outcome:
    """Sign the person in when the code is right. What else the session held stays in it."""
    process = _pending(request)
    if process is None:
        return Outcome.EXPIRED
    if not process.is_valid():
        process.abort()
        return Outcome.EXPIRED
    try:
        # Counted before the comparison and not in the session: guesses sent all at once would
        # each read the session as it was before the others.
        limits.count(limits.GUESSES_AT_CODE, process.state["name"], now=now)
    except limits.TooMany:
        process.abort()
        return Outcome.TOO_MANY
    if not compare_user_code(actual=code, expected=process.code):
        return Outcome.WRONG if process.record_invalid_attempt() else Outcome.TOO_MANY
    process.finish(None)
    if request.user != process.user:
        return Outcome.EXPIRED
    # Now, and not with the next page: what this sign-in leads to may be mailed at once.
    services.keep_language(account=process.user, now=now)
    return Outcome.OK


def pending_email(request: HttpRequest) -> str | None:
    """The address a code was asked for."""
    process = _pending(request)
    return process.state["email"] if process else None


def forget_code(request: HttpRequest) -> None:
    """Somebody else holds this device now."""
    clear_login(request)


class CodeProcess(LoginCodeVerificationProcess):  # type: ignore[misc]  # allauth carries no types
    """allauth's own, which keeps the code, its age and the wrong guesses."""

    @classmethod
    def begin(cls, request: HttpRequest, *, email: str) -> "CodeProcess":
        """Nothing is mailed yet, and no account is in it: to a guesser it looks like any other."""
        login = Login(email=email)
        login.state["stages"] = {"current": LoginByCodeStage.key}
        controller = LoginStageController(request, login)
        stage = controller.get_stage(LoginByCodeStage.key)
        stage.state.update(cls.initial_state(None, email=email), initiated_by_user=True)
        return cls(stage)

    def send_to(self, account: User | None, *, now: datetime) -> None:
        """Mail the code, or what else there is to say to who reads that mailbox."""
        email = self.state["email"]
        self.state.update(at=now.timestamp(), failed_attempts=0, name=uuid4().hex)
        self.stage.login.initiated_at = now.timestamp()
        if account is None or not account.is_active:
            messages.no_account(to=email, now=now)
        elif account.is_staff:
            messages.staff_sign_in(to=email, now=now)
        else:
            self.stage.login.user = self._user = account
            self.state["user_id"] = str(account.pk)
            self.send_by_email(email)
        self.persist()


def _begin(request: HttpRequest, *, email: str, make_account: bool, now: datetime) -> None:
    email = email.strip().lower()
    _count_request(request, email=email, now=now)
    with audit.writing(None):
        account = User.objects.filter(email=email).first()
        if account is None and make_account:
            account = services.make_account(email=email, now=now)
        CodeProcess.begin(request, email=email).send_to(account, now=now)


def _pending(request: HttpRequest) -> CodeProcess | None:
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    return CodeProcess(stage) if stage and stage.state else None


def _count_request(request: HttpRequest, *, email: str, now: datetime) -> None:
    limits.count(limits.CODES_TO_ADDRESS, limits.visitor(request), now=now)
    limits.count(limits.CODES_TO_EMAIL, email, now=now)
    limits.count(limits.CODES_TO_EMAIL_DAILY, email, now=now)
