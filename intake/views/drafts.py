"""Which draft this browser is filling in. Its key is in the session, never in an address."""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, push_url

from clinic import access
from clinic.models import User
from intake import renewal, screens, services
from intake.exceptions import DraftEnded
from intake.models import Disposition, Intake, IntakeDraft
from intake.screens import Walk
from intake.services import answers_on

DRAFT = "intake_draft"
MADE_FROM = "made_from"
# Carried along by the form: somebody changing one answer goes back to the check of all.
CHECK = "check"
LEAVING = {"save": "intake:save", "start_again": "intake:forget"}
# The pages that follow each other without a full load.
BY_SCRIPT = {
    "intake:screen",
    "intake:about",
    "intake:changes",
    "intake:check",
    "intake:resume",
}
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
        if _is_of_another(request, draft):
            return _another_is_open(request)
        try:
            return view(request, draft, *args, **kwargs)
        except DraftEnded:
            # Sent in the same moment, by a second tap or from another tab.
            draft.refresh_from_db()
            return redirect(*place_of(draft.submitted)) if draft.submitted else start_first(request)

    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return _as_asked(request, with_draft(request, *args, **kwargs))

    update_wrapper(answered, view)
    return answered


def form_page(
    request: HttpRequest, draft: IntakeDraft, template: str, context: Mapping[str, Any]
) -> HttpResponse:
    """A page with the form, which says what it was made from: see `seen_by`."""
    made_from = f"{_mark(draft)}.{draft.version}"
    more = {"made_from": made_from, "answers_form": "answers"}
    return render(request, template, {**context, **more})


def seen_by(request: HttpRequest) -> int | None:
    """The version of the draft that the page was made from; None when it does not say."""
    _of, _dot, version = request.POST.get(MADE_FROM, "").rpartition(".")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None


def from_check(request: HttpRequest) -> bool:
    asked = request.POST if request.method == "POST" else request.GET
    return asked.get("from") == CHECK


def leaving(request: HttpRequest) -> HttpResponse | None:
    """Where somebody goes who finishes later, or who is somebody else. All is kept by now."""
    place = LEAVING.get(request.POST.get("leave", ""))
    return redirect(place) if place else None


def draft_of(request: HttpRequest) -> IntakeDraft | None:
    key = request.session.get(DRAFT)
    if not key:
        return None
    # In no order, and without what most drafts never have: every page of the form asks for it.
    return next(iter(IntakeDraft.objects.filter(pk=key)), None)


def sent_intake(request: HttpRequest) -> Intake | None:
    """The intake this browser's draft became."""
    draft = draft_of(request)
    return draft.submitted if draft else None


def take_up(request: HttpRequest, draft: IntakeDraft) -> None:
    request.session[DRAFT] = str(draft.pk)


def _mark(draft: IntakeDraft) -> str:
    """Tells drafts apart on a page, where their keys do not belong."""
    return salted_hmac("intake.page", str(draft.pk)).hexdigest()[:20]


def _is_of_another(request: HttpRequest, draft: IntakeDraft) -> bool:
    """Sent from a page of another draft: somebody started again, here or in another tab."""
    of, _dot, _version = request.POST.get(MADE_FROM, "").rpartition(".")
    return bool(of) and not constant_time_compare(of, _mark(draft))


def _another_is_open(request: HttpRequest) -> HttpResponse:
    sentence = _(
        "You started again after that page was opened, so it was not kept. These are the answers"
        " that are open now."
    )
    messages.warning(request, sentence)
    return redirect("intake:resume")


def _as_asked(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """For a page that sends its form by script: out of the form leads a whole new page."""
    if not request.htmx or request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return response
    if isinstance(response, HttpResponseRedirect):
        if resolve(urlsplit(response.url).path).view_name in BY_SCRIPT:
            return response
        return HttpResponseClientRedirect(response.url)
    if request.method == "POST":
        # The same page again, with something to put right: no step that Back would lead to.
        push_url(response, False)
    return response


def let_go(request: HttpRequest) -> None:
    request.session.pop(DRAFT, None)


def start_first(request: HttpRequest) -> HttpResponse:
    # Those it led to may have been deleted: the first page offers to go on as long as it is there.
    let_go(request)
    # Said by the address: a notice would make a session for everybody who only looks in.
    return redirect(reverse("clinic:landing") + "?nothing-open")


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
