"""The sheet of home exercises: to read, to print, and as a PDF."""

import logging
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic import access, audit
from clinic.typeset import LetterMissing, NotTypeset, handed_out
from intake import exercise_sheet
from intake.models import ExercisePlan, Patient
from intake.views.languages import asked_for, in_language_of

log = logging.getLogger(__name__)


@access.own_exercises_required
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    plan = _opened(request, pk, form="page")
    with in_language_of(request):
        sheet = exercise_sheet.of(plan) if plan and plan.length else None
        language = translation.get_language()
    context = {
        "sheet": sheet,
        "sheet_language": language,
        "patient_id": pk,
        "is_own": access.is_patient(request.user),
        "asked_for": asked_for(request),
        "others": [each for each in settings.LANGUAGES if each[0] != language],
    }
    return render(request, "intake/exercises.html", context)


@access.own_exercises_required
@require_safe
def pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    plan = _opened(request, pk, form="PDF")
    if plan is None or not plan.length:
        raise Http404
    try:
        with in_language_of(request):
            document = exercise_sheet.pdf(plan, now=timezone.now())
    except NotTypeset as problem:
        return _on_screen_instead(request, pk, problem)
    return handed_out(document, exercise_sheet.FILE_NAME)


def _on_screen_instead(request: HttpRequest, pk: UUID, problem: NotTypeset) -> HttpResponse:
    """The same page, which the browser prints."""
    if not isinstance(problem, LetterMissing):
        log.error("A sheet of exercises did not come onto paper: %s", problem)
    messages.warning(request, _("We cannot make the PDF right now. This page says the same."))
    wanted = asked_for(request)
    address = reverse("intake:exercises", args=[pk])
    return redirect(f"{address}?in={wanted}" if wanted else address)


def _opened(request: HttpRequest, pk: UUID, *, form: str) -> ExercisePlan | None:
    """The newest plan of a patient whose exercises this person may read: a look written down."""
    reader = access.signed_in(request)
    patient = get_object_or_404(Patient.objects.visible_to(reader), pk=pk)
    records = Patient.objects.same_person_as(patient.pk)
    plans = ExercisePlan.objects.visible_to(reader).filter(patient__in=records)
    plan = plans.newest_first().select_related("patient__merged_into").first()
    with audit.writing(reader):
        audit.record(
            reader,
            "exercises read",
            plan or patient,
            at=timezone.now(),
            patient_id=patient.pk,
            form=form,
        )
    return plan
