"""The emailed code: it proves the address, and ties the answers to a person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import sign_in
from clinic.forms import EmailForm
from clinic.sign_in import Outcome
from intake import services
from intake.exceptions import AnswersTooOld
from intake.forms import Trouble
from intake.models import Intake
from intake.views import drafts

# The address the code went to: the one on the intake, or a corrected one.
EMAIL = "intake_email"


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    intake = _waiting(request)
    if not isinstance(intake, Intake):
        return intake
    if request.method != "POST":
        return _page(request, intake)
    typed = "".join(request.POST.get("code", "").split())
    if not typed:
        return _page(request, intake, problem=_("Type the 6 digits from the email."))
    outcome = _outcome(request, intake, typed)
    account = drafts.patient_signed_in(request)
    if outcome is not Outcome.OK or account is None:
        return _page(request, intake, problem=_sentence(outcome))
    drafts.let_go(request)
    request.session.pop(EMAIL, None)
    try:
        services.attach(intake_id=intake.pk, account=account, now=timezone.now())
    except AnswersTooOld as problem:
        messages.error(request, str(problem))
        return redirect("clinic:landing")
    return redirect("intake:result", intake.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def another_code(request: HttpRequest) -> HttpResponse:
    """Send the code again, or to another address: the first may hold a typing mistake."""
    if request.method != "POST":
        # Reloaded, or the language switched, after an answer that refused the address.
        return redirect("intake:code")
    intake = _waiting(request)
    if not isinstance(intake, Intake):
        return intake
    wanted = request.POST.get("email", "").strip().lower()
    if wanted:
        form = EmailForm({"email": wanted})
        if not form.is_valid():
            sentence = form.errors["email"][0]
            return _page(request, intake, typed=wanted, problem_with_email=str(sentence))
        request.session[EMAIL] = wanted
    _send(request, intake)
    messages.success(request, _("We sent a new code. The one before no longer works."))
    return redirect("intake:code")


def _waiting(request: HttpRequest) -> Intake | HttpResponse:
    """The sent intake that nobody has proved to be theirs, or where to go instead."""
    intake = drafts.sent_intake(request)
    if intake is None:
        return redirect("intake:resume")
    place = drafts.place_of(intake)
    return intake if place == ("intake:code",) else redirect(*place)


def _address(request: HttpRequest, intake: Intake) -> str:
    return str(request.session.get(EMAIL) or intake.email)


def _send(request: HttpRequest, intake: Intake) -> None:
    now, address = timezone.now(), _address(request, intake)
    if sign_in.pending_email(request) != address or not sign_in.resend_code(request, now=now):
        sign_in.begin_code(request, email=address, now=now)


def _outcome(request: HttpRequest, intake: Intake, typed: str) -> Outcome:
    if sign_in.pending_email(request) != _address(request, intake):
        # Somebody asked for a code elsewhere on this browser, with another address.
        return Outcome.EXPIRED
    return sign_in.check_code(request, typed, now=timezone.now())


def _sentence(outcome: Outcome) -> str:
    return {
        Outcome.WRONG: _("That is not the code we sent. Check the newest email and type it again."),
        Outcome.TOO_MANY: _("That was tried too often. Press “Send a new code”."),
    }.get(outcome, _("That code has run out. Press “Send a new code”."))


def _page(
    request: HttpRequest,
    intake: Intake,
    *,
    problem: str = "",
    typed: str = "",
    problem_with_email: str = "",
) -> HttpResponse:
    errors = [Trouble("code", problem)] if problem else []
    errors += [Trouble("email", problem_with_email)] if problem_with_email else []
    return render(
        request,
        "intake/code.html",
        {
            "email": _address(request, intake),
            "errors": errors,
            "problem": problem,
            "typed": typed,
            "problem_with_email": problem_with_email,
        },
    )
