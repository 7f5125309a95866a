"""The short form's last page: what was said before, and whether it still holds."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import times
from intake import screens, services, triage
from intake.exceptions import AnswersTooOld, GuardianNeeded, NotTheirAccount
from intake.forms import ChangesForm
from intake.models import Disposition, IntakeDraft
from intake.screens import SCREENS
from intake.triage import PROTOCOL, Question
from intake.views import drafts, language
from intake.views.about import lacks_guardian

# Sent by a row's own button, so that what was typed on the page is kept on the way.
CHANGE = "change"
_SLUGS = {id_: screen.slug for screen in SCREENS for id_ in screen.questions}


@dataclass(frozen=True)
class Row:
    """A question, what was said, and the screen on which that can be changed."""

    question: str
    answer: str
    slug: str


@dataclass(frozen=True)
class Part:
    title: str
    rows: list[Row]


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def changes(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    if draft.renews is None or drafts.walk_of(draft).first_unanswered:
        return redirect("intake:resume")
    if lacks_guardian(draft):
        return render(request, "intake/guardian_needed.html")
    if request.method != "POST":
        return _page(request, draft, ChangesForm.of(draft.about.get("typed", {})))
    chosen = language.switch(request)
    form = ChangesForm(request.POST)
    now = timezone.now()
    services.keep_typed(draft_id=draft.pk, typed=form.typed(), put=list(form.fields), now=now)
    if chosen:
        page = _page(request, draft, ChangesForm.of(form.typed()))
        return language.remember(page, chosen)
    if request.POST.get(CHANGE) in _SLUGS.values():
        return _to(request.POST[CHANGE])
    return _send(request, draft, form) if form.is_valid() else _page(request, draft, form)


def _send(request: HttpRequest, draft: IntakeDraft, form: ChangesForm) -> HttpResponse:
    now, account = timezone.now(), drafts.patient_signed_in(request)
    confirmed = services.still_to_confirm(draft, timezone.localdate(now))
    kept = services.keep_answers(
        draft_id=draft.pk, answers=confirmed, shown=list(confirmed), now=now
    )
    draft.answers, draft.shown = kept.answers, kept.shown
    decision = triage.assess_so_far(drafts.answers_of(draft), draft.shown)
    if decision:
        services.record_emergency(draft_id=draft.pk, decision=decision, by=account, now=now)
        return redirect("intake:emergency")
    waiting = drafts.walk_of(draft).first_unanswered
    if waiting:
        # An earlier answer that is confirmed can bring a question of its own.
        return _to(waiting.screen.slug)
    details = {**draft.about.get("details", {}), **form.cleaned_data}
    services.keep_about(draft_id=draft.pk, about={"details": details}, now=now)
    try:
        intake = services.submit(draft_id=draft.pk, by=account, now=now)
    except GuardianNeeded:
        return render(request, "intake/guardian_needed.html")
    except (AnswersTooOld, NotTheirAccount) as problem:
        drafts.let_go(request)
        messages.error(request, str(problem))
        return redirect("scheduling:visits")
    if intake.disposition == Disposition.EMERGENCY:
        return redirect("intake:emergency")
    drafts.let_go(request)
    return redirect("intake:result", intake.pk)


def _to(slug: str) -> HttpResponse:
    return redirect(reverse("intake:screen", args=[slug]) + "?from=check")


def _page(request: HttpRequest, draft: IntakeDraft, form: ChangesForm) -> HttpResponse:
    earlier = draft.renews
    if earlier is None:
        return redirect("intake:resume")
    said = drafts.answers_of(draft)
    before = services.still_to_confirm(draft, timezone.localdate())
    steps = len(screens.walk(said).stops)
    return render(
        request,
        "intake/changes.html",
        {
            "form": form,
            "person": earlier.patient,
            "since": date_format(times.local(earlier.submitted_at), "DATE_FORMAT"),
            "before": _parts(before),
            "today": _parts({key: value for key, value in said.items() if key != "age"}),
            "step": steps,
            "steps": steps,
            "minutes": 1,
            "answers_form": "answers",
        },
    )


def _parts(answers: dict[str, object]) -> list[Part]:
    parts: dict[str, Part] = {}
    for question in PROTOCOL.questions:
        if question.id in answers:
            part = parts.setdefault(question.section, Part(_(question.section.heading), []))
            part.rows.append(_row(question, answers))
    return list(parts.values())


def _row(question: Question, answers: dict[str, object]) -> Row:
    given = question.read(answers.get(question.id))
    words = "\n".join(_(label) for label in question.labels_of(given))
    return Row(_(question.text), words, _SLUGS[question.id])
