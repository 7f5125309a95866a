"""After a visit: how bad the pain is now, and what the patient is given to do at home."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic import access, audit, times
from clinic.models import ClinicProfile, User
from intake import pain, public, services
from intake.exceptions import HeldFirst, IntakeProblem
from intake.forms.exercises import ExercisesForm
from intake.forms.extensions import ClearanceForm
from intake.forms.pain import CHOOSE, PainForm
from intake.models import Clearance, ExercisePlan, Patient
from intake.models.pain import WORST_PAIN
from intake.querysets import ClearanceQuerySet

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


@access.reviewer_required
@require_POST
def change_clearance(request: HttpRequest, pk: UUID) -> HttpResponse:
    patient, form = _found(request, pk), ClearanceForm(request.POST)
    if not form.is_valid():
        errors = [
            {"target": f"id_{name}", "sentence": str(sentence)}
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]
        return _page(request, patient, leave_form=form, errors=errors, status=422)
    leave = get_object_or_404(_leaves(patient), pk=form.cleaned_data["clearance"])
    try:
        told = _change(leave, form, by=access.signed_in(request), now=timezone.now())
    except IntakeProblem as problem:
        errors = [{"target": "clearance", "sentence": str(problem)}]
        return _page(request, patient, leave_form=form, errors=errors, status=409)
    messages.success(request, told)
    return redirect("review:after_visit", patient.pk)


def _change(leave: Clearance, form: ClearanceForm, *, by: User, now: datetime) -> str:
    reason = form.cleaned_data["reason"]
    if form.cleaned_data["what"] == form.END:
        services.end_clearance(clearance_id=leave.pk, reason=reason, by=by, now=now)
        return _("Ended. Coming visits wait for a decision.")
    services.extend_clearance(
        clearance_id=leave.pk, until=form.until, reason=reason, by=by, now=now
    )
    return _("Extended, and the patient is told.")


def _found(request: HttpRequest, pk: UUID) -> Patient:
    patients = Patient.objects.visible_to(access.signed_in(request))
    return get_object_or_404(patients.select_related("merged_into"), pk=pk).kept


def _told(plan: ExercisePlan) -> str:
    if not plan.length:
        return _("They have no exercises any more.")
    if plan.patient.kept.email:
        return _("The sheet is made, and the patient is told by email.")
    return _("The sheet is made. There is no email address: print it for the patient.")


def _page(
    request: HttpRequest,
    patient: Patient,
    *,
    form: ExercisesForm | None = None,
    leave_form: ClearanceForm | None = None,
    errors: Errors = (),
    status: int = 200,
) -> HttpResponse:
    """Under the sentence about what was not done, if anything was asked."""
    audit.viewed(request.user, patient, at=timezone.now(), patient_id=patient.pk)
    records = Patient.objects.same_person_as(patient.pk)
    plans = ExercisePlan.objects.filter(patient__in=records).select_related("by").newest_first()
    newest = plans.first()
    given = services.doses(newest) if newest else {}
    context = {
        "patient": patient,
        "leave": _leave(patient),
        "leave_form": leave_form or ClearanceForm(),
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


def _leaves(patient: Patient) -> ClearanceQuerySet[Clearance]:
    return Clearance.objects.filter(patient__in=Patient.objects.same_person_as(patient.pk))


def _leave(patient: Patient) -> dict[str, Any] | None:
    """The clearance the patient books on now, and whether it can be extended here."""
    standing = _leaves(patient).standing().select_related("decision")
    leave = standing.order_by("-ends_at").first()
    if leave is None:
        return None
    longer = leave.ends_at + timedelta(days=ClinicProfile.current().clearance_days)
    return {
        "id": leave.pk,
        "span": _("May book visits up to %(when)s.") % {"when": times.in_words(leave.ends_at)},
        "case": leave.decision.case_id if leave.decision else None,
        "suggested": times.local(longer).date().isoformat(),
    }
