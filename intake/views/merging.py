"""The administrator compares two records and merges them, or takes them apart again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access, audit
from clinic.models import User
from intake import services
from intake.exceptions import IntakeProblem
from intake.forms.merging import MergeForm, ReasonForm
from intake.models import Patient
from intake.signals import visits_asked


@dataclass(frozen=True)
class Side:
    """One of the two, as the page shows it: each row with its name."""

    patient: Patient
    rows: tuple[tuple[str, str], ...]


@access.merging_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: UUID, other: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    both = _record(by, pk), _record(by, other)
    if pk == other:
        raise Http404
    if any(patient.merged_into_id for patient in both):
        return redirect("desk:patient", pk)
    if request.method != "POST":
        return _merge_page(request, both, MergeForm(both=both), now=now)
    form = MergeForm(request.POST, both=both)
    if not form.is_valid():
        return _merge_page(request, both, form, now=now, status=422)
    gone = next(patient for patient in both if patient.pk != form.kept_id)
    try:
        kept = services.merge_records(
            patient_id=gone.pk,
            into=form.kept_id,
            reason=form.cleaned_data["reason"],
            by=by,
            now=now,
        )
    except IntakeProblem as problem:
        return _merge_page(request, both, form, now=now, problem=str(problem), status=409)
    messages.success(request, _("Merged. Both records count as %(name)s.") % {"name": kept.name})
    return redirect("desk:patient", kept.pk)


@access.merging_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_apart(request: HttpRequest, pk: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    patient = _record(by, pk)
    if patient.merged_into is None:
        return redirect("desk:patient", patient.pk)
    if request.method != "POST":
        audit.viewed(by, patient, at=now, patient_id=patient.pk)
        return _apart_page(request, patient, ReasonForm(), now=now)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _apart_page(request, patient, form, now=now, status=422)
    reason = form.cleaned_data["reason"]
    try:
        services.take_apart(patient_id=patient.pk, reason=reason, by=by, now=now)
    except IntakeProblem as problem:
        return _apart_page(request, patient, form, now=now, problem=str(problem), status=409)
    messages.success(request, _("They are two patients again."))
    return redirect("desk:patient", patient.pk)


def _record(by: User, pk: UUID) -> Patient:
    patients = Patient.objects.visible_to(by).select_related("town", "account", "merged_into")
    return get_object_or_404(patients, pk=pk)


def _merge_page(
    request: HttpRequest,
    both: tuple[Patient, Patient],
    form: MergeForm,
    *,
    now: datetime,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    by = access.signed_in(request)
    for patient in both:
        audit.viewed(by, patient, at=now, patient_id=patient.pk)
    context = {
        "sides": [_side(patient) for patient in both],
        "form": form,
        "errors": [{"sentence": problem}] if problem else [],
    }
    return render(request, "intake/desk_merge.html", context, status=status)


def _apart_page(
    request: HttpRequest,
    patient: Patient,
    form: ReasonForm,
    *,
    now: datetime,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "sides": [_side(each) for each in (patient, patient.kept)],
        "patient": patient,
        "form": form,
        "errors": [{"sentence": problem}] if problem else [],
    }
    return render(request, "intake/desk_take_apart.html", context, status=status)


def _side(patient: Patient) -> Side:
    # Django's stubs say that receivers answer with text.
    answers: list[Any] = visits_asked.send(sender=Patient, patient_id=patient.pk)
    visits = next((found for _receiver, found in answers if found), ())
    rows = (
        (_("Born"), date_format(patient.born, "M j, Y")),
        (_("Phone"), patient.phone.as_national if patient.phone else ""),
        (_("Email"), patient.email),
        (_("Signs in with"), patient.account.email if patient.account else ""),
        (_("Town"), patient.town_name),
        (_("First seen"), date_format(timezone.localtime(patient.created_at), "M j, Y")),
        (_("Visits"), "; ".join(f"{when}, {kind}, {state}" for when, kind, state in visits)),
    )
    return Side(patient, tuple((name, words or "–") for name, words in rows))
