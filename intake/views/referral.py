"""The family's side of a referral: the letter to take along, and the report handed in."""

import logging
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import audit, limits
from clinic.access import patient_required, signed_in
from clinic.typeset import NotTypeset, handed_out
from intake import letter, referral_told, reports, services
from intake.exceptions import IntakeProblem, ReferralOver
from intake.forms import ReportForm
from intake.models import Referral, Report

log = logging.getLogger(__name__)


@patient_required
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _page(request, _own(request, pk), ReportForm(), now=timezone.now())


@patient_required
@require_safe
def letter_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    now, referral = timezone.now(), _own(request, pk)
    sent = referral_told.sent_letter(referral)
    if sent is None:
        messages.warning(request, _("The letter is not ready yet. We email you when it is."))
        return redirect("intake:referral", pk)
    with audit.writing(request.user):
        audit.record(
            request.user,
            "referral letter read",
            referral,
            at=now,
            patient_id=referral.decision.intake.patient_id,
            version=sent.version,
        )
    try:
        document = letter.pdf(sent, now=now)
    except NotTypeset as problem:
        log.error("A letter did not come onto paper: %s", problem)
        messages.warning(request, _("We cannot make the PDF right now. Please call us."))
        return redirect("intake:referral", pk)
    return handed_out(document, letter.FILE_NAME)


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_in(request: HttpRequest, pk: UUID) -> HttpResponse:
    referral, now = _own(request, pk), timezone.now()
    if request.method != "POST":
        # Reloaded, or the language switched, after an answer that refused the file.
        return redirect("intake:referral", pk)
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, referral, form, now=now, status=422)
    file, by = form.cleaned_data["report"], signed_in(request)
    limits.count(limits.UPLOADS_BY_ACCOUNT, str(by.pk), now=now)
    try:
        services.receive_report(
            referral_id=referral.pk,
            name=file.name,
            content=file.read(),
            size=file.size,
            by=by,
            now=now,
        )
    except ReferralOver as problem:
        messages.warning(request, str(problem))
        return redirect("intake:referral", pk)
    except IntakeProblem as problem:
        form.add_error("report", str(problem))
        return _page(request, referral, form, now=now, status=422)
    messages.success(request, _("Thank you. We have the report."))
    return redirect("intake:referral", pk)


@patient_required
@require_POST
def seen(request: HttpRequest, pk: UUID) -> HttpResponse:
    referral = _own(request, pk)
    try:
        services.doctor_seen(referral_id=referral.pk, by=signed_in(request), now=timezone.now())
    except ReferralOver as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, _("Thank you for telling us."))
    return redirect("intake:referral", pk)


@patient_required
@require_safe
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Their own file back, as they sent it."""
    found = get_object_or_404(Report.objects.visible_to(signed_in(request)), pk=pk)
    with audit.writing(request.user):
        audit.record(
            request.user,
            "report read",
            found,
            at=timezone.now(),
            patient_id=found.referral.decision.intake.patient_id,
        )
    return reports.handed_out(found)


def _own(request: HttpRequest, pk: UUID) -> Referral:
    visible = Referral.objects.visible_to(signed_in(request))
    return get_object_or_404(visible.select_related("case", "decision__intake"), pk=pk)


def _page(
    request: HttpRequest, referral: Referral, form: ReportForm, *, now: datetime, status: int = 200
) -> HttpResponse:
    intake = referral.decision.intake
    audit.viewed(request.user, referral, at=now, patient_id=intake.patient_id)
    context = {"told": referral_told.told(referral), "form": form, "intake": intake}
    return render(request, "intake/referral.html", context, status=status)
