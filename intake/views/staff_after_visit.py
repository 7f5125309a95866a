"""After a visit: how bad the pain is now, and what the patient is given to do at home."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic import access, audit, times
from intake import pain, public, services
from intake.exceptions import HeldFirst, IntakeProblem
from intake.forms.exercises import ExercisesForm
from intake.forms.pain import CHOOSE, PainForm
from intake.models import ExercisePlan, Patient
from intake.models.pain import WORST_PAIN

Errors = Sequence[dict[str, str]]


@access.exercises_required
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _page(request, _found(request, pk))


@access.exercises_required
@require_POST
def give(request: HttpRequest, pk: UUID) -> HttpResponse:
    patient = _found(request, pk)
    form = ExercisesForm(data=request.POST)
    if not form.is_valid():
        return _page(request, patient, form=form, errors=form.errors, status=422)
    try:
        plan = services.give_exercises(
            patient_id=patient.pk,
            chosen=form.chosen,
            note=form.note.cleaned_data["note"],
            latest_seen=form.note.cleaned_data["latest_seen"],
            by=access.signed_in(request),
            now=timezone.now(),
        )
    except IntakeProblem as problem:
        errors = [{"target": "exercises", "sentence": str(problem)}]
        return _page(request, patient, form=form, errors=errors, status=409)
    messages.success(request, _told(plan))
    return redirect("review:after_visit", patient.pk)


@access.exercises_required
@require_POST
def note_pain(request: HttpRequest, pk: UUID) -> HttpResponse:
    patient = _found(request, pk)
    form = PainForm(request.POST)
    if not form.is_valid():
        errors = [{"target": "pain-0", "sentence": str(CHOOSE)}]
        return _page(request, patient, errors=errors, status=422)
    services.note_pain(
        patient_id=patient.pk,
        score=form.cleaned_data["score"],
        by=access.signed_in(request),
        now=timezone.now(),
    )
    messages.success(request, _("Noted."))
    return redirect("review:after_visit", patient.pk)


def _found(request: HttpRequest, pk: UUID) -> Patient:
    return get_object_or_404(Patient.objects.visible_to(access.signed_in(request)), pk=pk)


def _told(plan: ExercisePlan) -> str:
    if not plan.length:
        return _("They have no exercises any more.")
    if plan.patient.email:
        return _("The sheet is made, and the patient is told by email.")
    return _("The sheet is made. There is no email address: print it for the patient.")


def _page(
    request: HttpRequest,
    patient: Patient,
    *,
    form: ExercisesForm | None = None,
    errors: Errors = (),
    status: int = 200,
) -> HttpResponse:
    """Under the sentence about what was not done, if anything was asked."""
    audit.viewed(request.user, patient, at=timezone.now(), patient_id=patient.pk)
    plans = ExercisePlan.objects.filter(patient=patient).select_related("by").newest_first()
    newest = plans.first()
    given = services.doses(newest) if newest else {}
    context = {
        "patient": patient,
        "pain": pain.line(patient),
        "scale": range(WORST_PAIN + 1),
        "library": form or ExercisesForm(given=given, note=newest.note if newest else ""),
        "errors": errors,
        "latest_seen": newest.pk if newest else "",
        "given": _("Given %(when)s by %(who)s.")
        % {"when": times.in_words(newest.at), "who": newest.by}
        if newest and newest.length
        else "",
        "why_not": str(HeldFirst.message) if public.is_held(patient.pk) else "",
    }
    return render(request, "intake/review_after_visit.html", context, status=status)
