"""Which draft this browser is filling in. Its key is in the session, never in an address."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import access
from clinic.models import User
from intake import renewal, screens, services
from intake.exceptions import DraftEnded
from intake.models import Disposition, Intake, IntakeDraft
from intake.screens import Walk
from intake.services import answers_on

DRAFT = "intake_draft"
# Somebody held who comes back on the same phone is known again, for as long as a browser keeps it.
BROWSER_COOKIE = "clinic_browser"
BROWSER_COOKIE_AGE = 60 * 60 * 24 * 400

P = ParamSpec("P")
DraftView = Callable[Concatenate[HttpRequest, IntakeDraft, P], HttpResponse]
PlainView = Callable[Concatenate[HttpRequest, P], HttpResponse]


def open_draft_required(view: DraftView[P]) -> PlainView[P]:
    """Hands the view the draft being filled in; once it was sent, leads to what came of it."""

    def with_draft(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        draft = draft_of(request)
        if draft is None:
            return start_first(request)
        if draft.submitted:
            return redirect(*place_of(draft.submitted))
        try:
            return view(request, draft, *args, **kwargs)
        except DraftEnded:
            # Sent in the same moment, by a second tap or from another tab.
            draft.refresh_from_db()
            return redirect(*place_of(draft.submitted)) if draft.submitted else start_first(request)

    update_wrapper(with_draft, view)
    return with_draft


def draft_of(request: HttpRequest) -> IntakeDraft | None:
    key = request.session.get(DRAFT)
    if not key:
        return None
    return IntakeDraft.objects.select_related("submitted", "renews__patient").filter(pk=key).first()


def sent_intake(request: HttpRequest) -> Intake | None:
    """The intake this browser's draft became."""
    draft = draft_of(request)
    return draft.submitted if draft else None


def take_up(request: HttpRequest, draft: IntakeDraft) -> None:
    request.session[DRAFT] = str(draft.pk)


def let_go(request: HttpRequest) -> None:
    request.session.pop(DRAFT, None)


def start_first(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("Please start here. No answers are open on this device."))
    return redirect("clinic:landing")


def place_of(intake: Intake) -> tuple[str, ...]:
    """Where somebody goes whose answers were sent."""
    if intake.disposition == Disposition.EMERGENCY:
        return ("intake:emergency",)
    return ("intake:result", str(intake.pk)) if intake.patient_id else ("intake:code",)


def answers_of(draft: IntakeDraft) -> dict[str, object]:
    return answers_on(draft, timezone.localdate())


def said_in(draft: IntakeDraft, *, everything: bool = False) -> dict[str, object]:
    """What a page shows as answered; with `everything`, a short form's earlier answers too."""
    said = answers_of(draft)
    if everything and draft.renews:
        return renewal.together(draft.renews.answers, said)
    return said


def walk_of(draft: IntakeDraft, *, everything: bool = False) -> Walk:
    """The walk through a draft's form.

    A short form leaves out the date of birth, and until they are confirmed the earlier answers,
    which stand together on one page; with `everything` that page's answers can be changed.
    """
    if draft.renews is None:
        return screens.walk(answers_of(draft))
    later = () if everything else services.still_to_confirm(draft, timezone.localdate())
    said = said_in(draft, everything=everything)
    return screens.walk(said, left_out={*renewal.KNOWN, *later})


def patient_signed_in(request: HttpRequest) -> User | None:
    """The signed-in patient. Staff trying the form out are nobody's account."""
    user = request.user
    return user if isinstance(user, User) and access.is_patient(user) else None


def remember_browser(response: HttpResponse, browser: UUID) -> None:
    response.set_signed_cookie(
        BROWSER_COOKIE,
        str(browser),
        max_age=BROWSER_COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def browser_of(request: HttpRequest) -> UUID:
    """The browser's own key, or a new one."""
    try:
        return UUID(request.get_signed_cookie(BROWSER_COOKIE, default=""))
    except (signing.BadSignature, ValueError):
        return uuid4()
