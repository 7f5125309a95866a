"""The desk puts a patient on record, or their contact details right."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access, audit
from intake import services
from intake.duplicates import Likely
from intake.exceptions import IntakeProblem
from intake.forms.people import PatientForm
from intake.models import Patient
from intake.record_exceptions import PerhapsOnRecord
from intake.services.people import Contact


@access.desk_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        return _new_page(request, PatientForm(today=timezone.localdate(now)))
    form = PatientForm(request.POST, today=timezone.localdate(now))
    if not form.is_valid():
        return _new_page(request, form, status=422)
    by = access.signed_in(request)
    try:
        patient = services.add_patient(
            contact=form.contact, not_these=_not_these(request.POST), by=by, now=now
        )
    except PerhapsOnRecord as problem:
        return _perhaps(request, form, problem.likely, now=now)
    messages.success(request, _("%(name)s is on record.") % {"name": patient.name})
    return redirect("desk:patient", patient.pk)


@access.desk_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, pk: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    patient = get_object_or_404(Patient.objects.visible_to(by).select_related("account"), pk=pk)
    if patient.merged_into_id:
        return redirect("patients:contact", patient.merged_into_id)
    today, on_record = timezone.localdate(now), Contact.of(patient)
    if request.method != "POST":
        audit.viewed(by, patient, at=now, patient_id=patient.pk)
        return _contact_page(request, patient, PatientForm(today=today, of=on_record))
    form = PatientForm(request.POST, today=today, of=on_record)
    if not form.is_valid():
        return _contact_page(request, patient, form, status=422)
    try:
        services.change_contact(
            patient_id=patient.pk,
            contact=form.contact,
            seen=request.POST.get("seen", ""),
            by=by,
            now=now,
        )
    except IntakeProblem as problem:
        return _contact_page(request, patient, form, problem=str(problem), status=409)
    messages.success(request, _("The contact details are kept."))
    return redirect("desk:patient", patient.pk)


def _not_these(sent: QueryDict) -> set[UUID]:
    found = set()
    for text in sent.getlist("not_these"):
        try:
            found.add(UUID(text))
        except ValueError:
            # Nobody is dismissed by it, and they are shown again.
            continue
    return found


def _perhaps(
    request: HttpRequest, form: PatientForm, likely: list[Likely], *, now: datetime
) -> HttpResponse:
    audit.list_viewed(access.signed_in(request), Patient, at=now, rows=len(likely))
    return _new_page(request, form, likely=likely, status=409)


def _new_page(
    request: HttpRequest,
    form: PatientForm,
    *,
    likely: list[Likely] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "likely": likely}
    return render(request, "intake/desk_new_patient.html", context, status=status)


def _contact_page(
    request: HttpRequest,
    patient: Patient,
    form: PatientForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    on_record = Contact.of(patient)
    context = {
        "patient": patient,
        "form": form,
        # As the page shows it now: what somebody else changed meanwhile stands beside the form.
        "seen": on_record.mark,
        "on_record": PatientForm(today=form.today, of=on_record) if problem else None,
        "signs_in_with": patient.account.email if patient.account else "",
        "errors": [{"sentence": problem}] if problem else [],
    }
    return render(request, "intake/desk_contact.html", context, status=status)
