"""Finish later: a link by email leads back to the answers, on any device.

The link opens nothing by itself. It goes only to an address that an emailed code has proved, and
whoever follows it proves the address once more: see docs/decisions.md.
"""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import sign_in, times
from clinic.forms import CodeForm, EmailForm
from clinic.models import ClinicProfile, User
from clinic.sign_in import Outcome
from intake import services
from intake.models import IntakeDraft
from intake.services import TYPED
from intake.views import drafts

_signer = signing.TimestampSigner(salt="intake.go_on")
# In the session: that the code asked for is to keep this browser's answers for later.
SAVING = "intake_saving"


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def save(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    """Ask for the address; of somebody signed in it is known."""
    account = drafts.patient_signed_in(request)
    if request.method != "POST":
        form = EmailForm(initial={"email": draft.about.get(TYPED, {}).get("email", "")})
        return _save_page(request, draft, form)
    if account:
        return _kept(request, draft, account)
    form = EmailForm(request.POST)
    if not form.is_valid():
        return _save_page(request, draft, form)
    email = form.cleaned_data["email"]
    sign_in.begin_code(request, email=email, now=timezone.now())
    request.session[SAVING] = email
    return redirect("intake:save_code")


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def save_code(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    """The code shows that they read that mailbox. Only then is the link sent to it."""
    email = request.session.get(SAVING)
    if not email or sign_in.pending_email(request) != email:
        return redirect("intake:save")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = sign_in.check_code(request, form.cleaned_data["code"], now=timezone.now())
        account = drafts.patient_signed_in(request)
        if outcome is Outcome.OK and account:
            # Signing in as somebody else empties the session.
            drafts.take_up(request, draft)
            return _kept(request, draft, account)
        form.add_error("code", _sentence(outcome))
    context = {"form": form, "email": email, "again": reverse("intake:save")}
    return render(request, "intake/later_code.html", context)


@require_http_methods(["GET", "HEAD"])
@drafts.open_draft_required
def saved(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    if draft.account is None:
        return redirect("intake:save")
    until = times.in_words(services.kept_until(draft))
    context = {"email": draft.account.email, "until": until}
    return render(request, "intake/saved.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def go_on(request: HttpRequest, key: str) -> HttpResponse:
    """The page the link leads to: looking changes nothing, mail scanners open links."""
    draft = _draft_of(key)
    if draft is None or draft.account is None:
        return render(request, "intake/link_over.html", status=404)
    if request.method != "POST":
        return render(request, "intake/go_on.html", {"key": key})
    if drafts.patient_signed_in(request) == draft.account:
        return _taken_up(request, draft, draft.account)
    sign_in.begin_code(request, email=draft.account.email, now=timezone.now())
    return redirect("intake:go_on_code", key)


@require_http_methods(["GET", "HEAD", "POST"])
def go_on_code(request: HttpRequest, key: str) -> HttpResponse:
    draft = _draft_of(key)
    if draft is None or draft.account is None:
        return render(request, "intake/link_over.html", status=404)
    if sign_in.pending_email(request) != draft.account.email:
        return redirect("intake:go_on", key)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = sign_in.check_code(request, form.cleaned_data["code"], now=timezone.now())
        if outcome is Outcome.OK and drafts.patient_signed_in(request) == draft.account:
            return _taken_up(request, draft, draft.account)
        form.add_error("code", _sentence(outcome))
    # The address stays unsaid: a link that was passed on must not tell it.
    context = {"form": form, "again": reverse("intake:go_on", args=[key])}
    return render(request, "intake/later_code.html", context)


def link_to(draft: IntakeDraft) -> str:
    """The path that leads back to a draft, for who reads the mail of its account."""
    return reverse("intake:go_on", args=[_signer.sign(draft.pk.hex)])


def _kept(request: HttpRequest, draft: IntakeDraft, account: User) -> HttpResponse:
    request.session.pop(SAVING, None)
    services.keep_for_later(
        draft_id=draft.pk, account=account, link=link_to(draft), now=timezone.now()
    )
    return redirect("intake:saved")


def _taken_up(request: HttpRequest, draft: IntakeDraft, account: User) -> HttpResponse:
    services.take_up(draft=draft, account=account, now=timezone.now())
    drafts.take_up(request, draft)
    return redirect("intake:resume")


def _draft_of(key: str) -> IntakeDraft | None:
    """The unfinished answers a link leads to; None for one that is made up or over."""
    longest = timedelta(days=ClinicProfile.current().draft_days)
    try:
        pk = UUID(_signer.unsign(key, max_age=longest))
    except (signing.BadSignature, ValueError):
        return None
    return IntakeDraft.objects.select_related("account").filter(pk=pk, submitted=None).first()


def _sentence(outcome: Outcome) -> str:
    return {
        Outcome.WRONG: _("That is not the code we sent. Check the newest email and type it again."),
        Outcome.TOO_MANY: _("That was tried too often. Ask for a new code."),
    }.get(outcome, _("That code has run out. Ask for a new code."))


def _save_page(request: HttpRequest, draft: IntakeDraft, form: EmailForm) -> HttpResponse:
    until = times.in_words(services.kept_until(draft))
    account = drafts.patient_signed_in(request)
    return render(request, "intake/save.html", {"form": form, "account": account, "until": until})
