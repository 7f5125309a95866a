"""All answers on one page, each with a way to change it, and the button that sends them."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import sign_in
from intake import screens, services
from intake.exceptions import GuardianNeeded
from intake.forms import AboutForm
from intake.models import Disposition, Intake, IntakeDraft
from intake.screens import Stop
from intake.triage import Kind, Question
from intake.views import drafts
from intake.views.about import kept_form, lacks_guardian
from intake.views.code import EMAIL


@dataclass(frozen=True)
class Row:
    question: str
    answer: str
    change: str


@dataclass(frozen=True)
class Part:
    title: str
    rows: list[Row]


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
    if lacks_guardian(draft) or not form.is_valid():
        return redirect("intake:about")
    if request.method == "POST":
        # What was shown is what is sent, whichever button of the page before kept it.
        now = timezone.now()
        services.keep_about(draft_id=draft.pk, about=form.about(now=now), now=now)
        return _send(request, draft)
    return render(
        request,
        "intake/check.html",
        {"parts": [*_parts(draft, walk.stops, answers), _about(form)], "steps": walk.steps},
    )


def _send(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    now = timezone.now()
    account = drafts.patient_signed_in(request)
    try:
        intake = services.submit(draft_id=draft.pk, by=account, now=now)
    except GuardianNeeded as problem:
        messages.error(request, str(problem))
        return redirect("intake:about")
    if intake.disposition == Disposition.EMERGENCY:
        return redirect("intake:emergency")
    if intake.patient_id:
        drafts.let_go(request)
        return redirect("intake:result", intake.pk)
    if account and account.email == intake.email:
        return _known(request, intake)
    request.session[EMAIL] = intake.email
    sign_in.begin_code(request, email=intake.email, now=now)
    return redirect("intake:code")


def _known(request: HttpRequest, intake: Intake) -> HttpResponse:
    """Signed in with the very address they gave: it is proved already."""
    account = drafts.patient_signed_in(request)
    if account is None:
        return redirect("intake:code")
    services.attach(intake_id=intake.pk, account=account, now=timezone.now())
    drafts.let_go(request)
    return redirect("intake:result", intake.pk)


def _parts(draft: IntakeDraft, stops: tuple[Stop, ...], answers: dict[str, object]) -> list[Part]:
    parts: dict[str, Part] = {}
    for stop in stops:
        change = reverse("intake:screen", args=[stop.screen.slug]) + "?from=check"
        for question in stop.questions:
            part = parts.setdefault(question.section, Part(_(question.section.heading), []))
            part.rows.append(Row(_(question.text), _words(draft, question, answers), change))
    return list(parts.values())


def _words(draft: IntakeDraft, question: Question, answers: dict[str, object]) -> str:
    if question.kind is Kind.AGE and draft.born:
        return date_format(draft.born, "DATE_FORMAT")
    given = question.read(answers.get(question.id))
    return "\n".join(_(label) for label in question.labels_of(given))


def _about(form: AboutForm) -> Part:
    page = reverse("intake:about")
    rows = [
        Row(label, words or _("Nothing"), f"{page}#{target}")
        for target, label, words in form.rows()
    ]
    return Part(_("About you"), rows)
