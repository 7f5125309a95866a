"""One page for the patient's own doctor: to print, and as a PDF."""

import logging
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic import access, audit
from clinic.typeset import LetterMissing, NotTypeset, handed_out
from intake import summary
from intake.models import Intake
from intake.views.languages import asked_for, in_language_of

log = logging.getLogger(__name__)

ENGLISH = "en"


@access.own_answers_required
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    intake = _opened(request, pk, now=timezone.now(), form="page")
    with in_language_of(request):
        sheet = summary.of(intake)
        context = {
            "intake": intake,
            "sheet": sheet,
            "sheet_language": translation.get_language(),
            "pain": sheet.line,
        }
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
    try:
        with in_language_of(request):
            document = summary.pdf(intake, now=now)
    except NotTypeset as problem:
        return _on_screen_instead(request, intake, problem)
    return handed_out(document, summary.FILE_NAME)


def _on_screen_instead(request: HttpRequest, intake: Intake, problem: NotTypeset) -> HttpResponse:
    """The same page, which the browser prints, in letters that it has."""
    if isinstance(problem, LetterMissing):
        sentence = _(
            "The PDF cannot show some of the letters or signs that were typed. This page shows"
            " them."
        )
    else:
        log.error("A summary did not come onto paper: %s", problem)
        sentence = _("We cannot make the PDF right now. This page says the same.")
    messages.warning(request, f"{sentence} {_('You can print it, or show it on your phone.')}")
    address = reverse("intake:summary", args=[intake.pk])
    wanted = asked_for(request)
    return redirect(f"{address}?in={wanted}" if wanted else address)


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
