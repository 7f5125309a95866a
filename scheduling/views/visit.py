"""One visit: who, when, where; its calendar file; calling it off."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import audit, calendar_file
from clinic.access import patient_required
from clinic.models import ClinicProfile
from intake import public as intake
from scheduling import services
from scheduling.availability import is_closed
from scheduling.exceptions import SchedulingProblem
from scheduling.forms import version_seen
from scheduling.models import Appointment
from scheduling.services.policies import is_late
from scheduling.slots import State
from scheduling.taken import Place
from scheduling.views.own import account_of, own_visit
from scheduling.views.words import visit_words


@patient_required
@require_safe
def visit(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = own_visit(request, pk)
    if found.state == State.HELD:
        return redirect("scheduling:confirm", pk)
    return visit_page(request, found)


def visit_page(
    request: HttpRequest, found: Appointment, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now = timezone.now()
    audit.viewed(account_of(request), found, at=now, patient_id=found.patient_id)
    return render(
        request,
        "scheduling/visit.html",
        {
            "visit": visit_words(found, now, is_closed=is_closed(Place.of(found))),
            "person": intake.patient_card(found.patient_id),
            "errors": [{"sentence": problem}] if problem else [],
        },
        status=status,
    )


@patient_required
@require_safe
def calendar(request: HttpRequest, pk: UUID) -> HttpResponse:
    found, now = own_visit(request, pk), timezone.now()
    if found.state not in State.NEEDS_CLEARANCE - {State.HELD}:
        raise Http404
    audit.viewed(account_of(request), found, at=now, patient_id=found.patient_id)
    text = calendar_file.for_visit(
        ClinicProfile.current(),
        visit_id=found.pk,
        name=intake.patient_card(found.patient_id).given_name,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        link=settings.SITE_URL + reverse("scheduling:visit", args=[pk]),
        now=now,
    )
    file_name = f'attachment; filename="{calendar_file.FILE_NAME}"'
    return HttpResponse(
        text,
        content_type=f"text/calendar; charset=utf-8; method={calendar_file.METHOD}",
        headers={"Content-Disposition": file_name},
    )


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    found, now = own_visit(request, pk), timezone.now()
    words = visit_words(found, now)
    if request.method == "POST":
        try:
            services.cancel(
                appointment_id=found.pk,
                by=account_of(request),
                now=now,
                seen=version_seen(request.POST),
            )
        except SchedulingProblem as problem:
            return visit_page(request, own_visit(request, pk), problem=str(problem), status=409)
        messages.success(request, _("The visit on %(when)s is cancelled.") % {"when": words.when})
        return redirect("scheduling:visits")
    if not words.may_cancel:
        return redirect("scheduling:visit", pk)
    return render(
        request,
        "scheduling/cancel.html",
        {
            "visit": words,
            "person": intake.patient_card(found.patient_id),
            "is_late": is_late(found, now=now),
        },
    )
