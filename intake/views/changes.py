"""The short form's last page: what was said before, and whether it still holds."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import times
from intake import renewal, services, triage
from intake.exceptions import AnswersChanged, AnswersTooOld, GuardianNeeded, NotTheirAccount
from intake.forms import ChangesForm
from intake.models import Disposition, Intake, IntakeDraft
from intake.screens import SCREENS
from intake.services.drafts import TYPED
from intake.triage import PROTOCOL
from intake.views import drafts, errand, language
from intake.views.about import lacks_guardian
from intake.views.parts import Part, Row, answer_in_words

# Sent by a row's own button, so that what was typed on the page is kept on the way.
CHANGE = "change"
_SLUGS = {id_: screen.slug for screen in SCREENS for id_ in screen.questions}


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def changes(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    if draft.renews is None or drafts.walk_of(draft).first_unanswered:
        return redirect("intake:resume")
    if lacks_guardian(draft):
        return render(request, "intake/guardian_needed.html")
    typed = draft.about.get(TYPED, {})
    if request.method != "POST":
        return _page(request, draft, draft.renews, ChangesForm.of(typed))
    try:
        return _pressed(request, draft, draft.renews)
    except AnswersChanged as changed:
        messages.warning(request, f"{changed} {_('Look at them once more, then send them.')}")
        return redirect("intake:changes")


def _pressed(request: HttpRequest, draft: IntakeDraft, earlier: Intake) -> HttpResponse:
    """Raises AnswersChanged, when another tab has kept something newer."""
    chosen = language.switch(request)
    form = ChangesForm(request.POST)
    seen = drafts.seen_by(request)
    is_what_was_shown = seen in (None, draft.version)
    kept = services.keep_typed(
        draft_id=draft.pk,
        typed=form.typed(),
        put=list(form.fields),
        now=timezone.now(),
        seen=seen,
    )
    draft.about, draft.version = kept.about, kept.version
    leaving = drafts.leaving(request)
    if leaving:
        return leaving
    if chosen:
        page = _page(request, draft, earlier, ChangesForm.of(form.typed()))
        return language.remember(page, chosen)
    if "back" in request.POST:
        return redirect("intake:screen", drafts.walk_of(draft).stops[-1].screen.slug)
    if request.POST.get(CHANGE) in _SLUGS.values():
        return _to(request.POST[CHANGE])
    if not form.is_valid():
        return _page(request, draft, earlier, form)
    if not is_what_was_shown:
        raise AnswersChanged(draft)
    return _send(request, draft, form)


def _send(request: HttpRequest, draft: IntakeDraft, form: ChangesForm) -> HttpResponse:
    """The earlier answers that were shown are given again, and all is sent."""
    now, account = timezone.now(), drafts.patient_signed_in(request)
    confirmed = services.still_to_confirm(draft, timezone.localdate(now))
    kept = services.keep_answers(
        draft_id=draft.pk, answers=confirmed, shown=list(confirmed), now=now, seen=draft.version
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
        intake = services.submit(draft_id=draft.pk, by=account, now=now, seen=kept.version)
    except GuardianNeeded:
        return render(request, "intake/guardian_needed.html")
    except (AnswersTooOld, NotTheirAccount) as problem:
        drafts.let_go(request)
        messages.error(request, str(problem))
        return redirect("scheduling:visits")
    if intake.disposition == Disposition.EMERGENCY:
        return redirect("intake:emergency")
    drafts.let_go(request)
    return errand.go_on(request, draft, intake) or redirect("intake:result", intake.pk)


def _to(slug: str) -> HttpResponse:
    return redirect(reverse("intake:screen", args=[slug]) + "?from=check")


def _page(
    request: HttpRequest, draft: IntakeDraft, earlier: Intake, form: ChangesForm
) -> HttpResponse:
    said = drafts.answers_of(draft)
    walk = drafts.walk_of(draft)
    return drafts.form_page(
        request,
        draft,
        "intake/changes.html",
        {
            "form": form,
            "person": earlier.patient.kept if earlier.patient else None,
            "since": date_format(times.local(earlier.submitted_at), "DATE_FORMAT"),
            "before": _parts(services.still_to_confirm(draft, timezone.localdate())),
            "today": _parts({key: said[key] for key in said if key not in renewal.KNOWN}),
            "step": walk.steps,
            "steps": walk.steps,
            "minutes": 1,
        },
    )


def _parts(answers: dict[str, object]) -> list[Part]:
    parts: dict[str, Part] = {}
    for question in PROTOCOL.questions:
        if question.id in answers:
            part = parts.setdefault(question.section, Part(_(question.section.heading), []))
            slug = _SLUGS[question.id]
            part.rows.append(Row(_(question.text), answer_in_words(question, answers), slug))
    return list(parts.values())
