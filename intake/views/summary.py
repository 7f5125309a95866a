"""One page for the patient's own doctor: to print, and as a PDF."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from clinic import access, audit
from intake import summary
from intake.models import Intake

ENGLISH = "en"


@access.own_answers_required
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    intake = _opened(request, pk, now=timezone.now(), form="page")
    with _in_language_of(request):
        sheet = summary.of(intake)
        context = {"intake": intake, "sheet": sheet, "sheet_language": translation.get_language()}
    is_english = translation.get_language() == ENGLISH or "in" in request.GET
    context |= {
        "back": "intake:result" if access.is_patient(request.user) else "",
        "in_english": "" if is_english else ENGLISH,
    }
    return render(request, "intake/summary.html", context)


@access.own_answers_required
@require_safe
def pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    now = timezone.now()
    intake = _opened(request, pk, now=now, form="PDF")
    with _in_language_of(request):
        document = summary.pdf(intake, now=now)
    # A name that says nothing about anybody: it stays in the list of downloads.
    named = f'attachment; filename="{summary.FILE_NAME}"'
    return HttpResponse(
        document, content_type="application/pdf", headers={"Content-Disposition": named}
    )


def _opened(request: HttpRequest, pk: UUID, *, now: datetime, form: str) -> Intake:
    """The answers, if this person may read them: a look that is written down."""
    reader = access.signed_in(request)
    visible = Intake.objects.answers_visible_to(reader).select_related("patient")
    intake = get_object_or_404(visible, pk=pk)
    with audit.writing(reader):
        audit.record(
            reader, "summary read", intake, at=now, patient_id=intake.patient_id, form=form
        )
    return intake


def _in_language_of(request: HttpRequest) -> AbstractContextManager[object]:
    """The page's language, or another that is asked for: a doctor may not read the patient's."""
    wanted = request.GET.get("in", "")
    known = wanted in dict(settings.LANGUAGES)
    return translation.override(wanted) if known else nullcontext()
