"""All answers on one page, each with a way to change it, and the button that sends them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import sign_in
from intake import screens, services
from intake.exceptions import AnswersChanged, GuardianNeeded
from intake.forms import AboutForm
from intake.models import Disposition, Intake, IntakeDraft
from intake.views import drafts, errand, language
from intake.views.about import address, kept_form, lacks_guardian, place_of_wrong
from intake.views.code import EMAIL
from intake.views.parts import Part, Row, answers_in_parts


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def check(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    if draft.renews:
        return redirect("intake:changes")
    answers = drafts.answers_of(draft)
    walk = screens.walk(answers)
    if walk.first_unanswered:
        return redirect("intake:resume")
    form = kept_form(draft)
    if lacks_guardian(draft):
        return redirect("intake:about")
    if not form.is_valid():
        return redirect(place_of_wrong(form))
    if request.method == "POST":
        return _pressed(request, draft, form)
    parts = answers_in_parts(
        walk.stops, answers, born=draft.born, change=_change, also_hurts=draft.also_hurts
    )
    return drafts.form_page(
        request,
        draft,
        "intake/check.html",
        {
            "parts": [*parts, _about(form)],
            "step": walk.steps,
            "steps": walk.steps,
            "minutes": 1,
        },
    )


def _pressed(request: HttpRequest, draft: IntakeDraft, form: AboutForm) -> HttpResponse:
    leaving = drafts.leaving(request)
    if leaving:
        return leaving
    if "back" in request.POST:
        return redirect(address(screens.ABOUT_SCREENS[-1].slug))
    chosen = language.switch(request)
    if chosen:
        return language.remember(redirect("intake:check"), chosen)
    try:
        return _send(request, draft, form)
    except AnswersChanged as changed:
        messages.warning(request, f"{changed} {_('Look at them once more, then send them.')}")
        return redirect("intake:check")


def _send(request: HttpRequest, draft: IntakeDraft, form: AboutForm) -> HttpResponse:
    """What was shown is what is sent, whichever page kept it. Raises AnswersChanged."""
    now = timezone.now()
    seen = drafts.seen_by(request)
    account = drafts.patient_signed_in(request)
    services.keep_about(draft_id=draft.pk, about=form.about(now=now), now=now, seen=seen)
    try:
        intake = services.submit(draft_id=draft.pk, by=account, now=now, seen=seen)
    except GuardianNeeded as problem:
        messages.error(request, str(problem))
        return redirect("intake:about")
    if intake.disposition == Disposition.EMERGENCY:
        return redirect("intake:emergency")
    if intake.patient_id:
        drafts.let_go(request)
        return errand.go_on(request, draft, intake) or redirect("intake:result", intake.pk)
    if account and account.email == intake.email:
        return _known(request, draft, intake)
    request.session[EMAIL] = intake.email
    sign_in.begin_code(request, email=intake.email, now=now)
    return redirect("intake:code")


def _known(request: HttpRequest, draft: IntakeDraft, intake: Intake) -> HttpResponse:
    """Signed in with the very address they gave: it is proved already."""
    account = drafts.patient_signed_in(request)
    if account is None:
        return redirect("intake:code")
    proved = services.attach(intake_id=intake.pk, account=account, now=timezone.now())
    drafts.let_go(request)
    return errand.go_on(request, draft, proved) or redirect("intake:result", intake.pk)


def _change(slug: str) -> str:
    return reverse("intake:screen", args=[slug]) + "?from=check"


def _about(form: AboutForm) -> Part:
    screen_of = {name: each.slug for each in screens.ABOUT_SCREENS for name in each.fields}
    rows = [
        Row(label, words or _("Nothing"), f"{address(screen_of[name])}?from=check#id_{name}")
        for name, label, words in form.rows()
    ]
    return Part(_("About you"), rows)
