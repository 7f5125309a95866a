"""What the chiropractor asks, on the patient's own page: answered there, and judged at once."""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import audit, limits
from clinic.access import patient_required, signed_in
from intake import services
from intake.exceptions import NotAskedAnyMore
from intake.forms import Asking, OwnAnswerForm, Trouble
from intake.models import Disposition, ReviewDecision
from intake.querysets import of_account


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest, pk: UUID) -> HttpResponse:
    decision = _own(request, pk)
    draft = decision.draft
    if draft.submitted_id:
        return redirect("intake:result", draft.submitted_id)
    if request.method == "POST":
        return _answer(request, decision)
    if not services.is_open(decision):
        return _over(request, decision)
    questions = services.to_answer(draft, timezone.localdate())
    form = OwnAnswerForm(initial={"own_answer": services.own_answer(draft)})
    return _page(request, decision, Asking(questions, kept=draft.answers), form)


def _answer(request: HttpRequest, decision: ReviewDecision) -> HttpResponse:
    now = timezone.now()
    limits.count(limits.INTAKES_BY_ADDRESS, limits.visitor(request), now=now)
    questions = services.to_answer(decision.draft, timezone.localdate(now))
    asking = Asking(questions, kept=decision.draft.answers, posted=request.POST, complain=True)
    form = OwnAnswerForm(request.POST)
    words = form.cleaned_data["own_answer"] if form.is_valid() else ""
    try:
        # Also what is not finished: it is kept, and an emergency in it waits for nothing.
        intake = services.answer(
            decision=decision,
            answers=asking.answers,
            put=[question.id for question in questions],
            own_answer=words,
            by=signed_in(request),
            now=now,
        )
    except NotAskedAnyMore:
        return _over(request, decision)
    if intake:
        if intake.disposition != Disposition.EMERGENCY:
            messages.success(request, _("Thank you. Dr. Solomon has your answers."))
        return redirect("intake:result", intake.pk)
    if asking.missing or (decision.own_question and not words):
        return _page(request, decision, asking, form, status=422)
    messages.info(request, _("Thank you. There is more to ask, because of what you said."))
    return redirect("intake:asked", decision.pk)


def _own(request: HttpRequest, pk: UUID) -> ReviewDecision:
    asking = ReviewDecision.objects.filter(
        of_account(signed_in(request), "case__patient"), kind=ReviewDecision.Kind.ASK
    )
    found = asking.select_related("case__patient", "draft__renews", "draft__asked")
    return get_object_or_404(found, pk=pk)


def _over(request: HttpRequest, decision: ReviewDecision) -> HttpResponse:
    messages.info(request, str(NotAskedAnyMore.message))
    return redirect("intake:result", decision.intake_id)


def _page(
    request: HttpRequest,
    decision: ReviewDecision,
    asking: Asking,
    form: OwnAnswerForm,
    *,
    status: int = 200,
) -> HttpResponse:
    patient = decision.case.patient
    audit.viewed(
        signed_in(request), decision, at=timezone.now(), patient_id=decision.case.patient_id
    )
    errors = list(asking.errors)
    if decision.own_question and form.is_bound:
        field = form["own_answer"]
        errors += [Trouble(field.id_for_label, str(sentence)) for sentence in field.errors]
    context = {
        "who": patient.kept.given_name if patient else "",
        # The page has a title of its own, also above a single question.
        "fields": [replace(field, is_title=False) for field in asking.fields],
        "own_question": decision.own_question,
        "own_answer": form["own_answer"],
        "errors": errors,
    }
    return render(request, "intake/asked.html", context, status=status)
