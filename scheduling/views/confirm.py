"""A time is kept: confirm it, or choose another."""

import math
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import times
from clinic.access import patient_required
from intake import public as intake
from scheduling import availability, services
from scheduling.exceptions import HoldExpired, SchedulingProblem
from scheduling.forms import version_seen
from scheduling.models import Appointment
from scheduling.slots import State
from scheduling.views.choose import choose_again_page
from scheduling.views.own import account_of, own_clearance, own_visit
from scheduling.views.words import visit_words


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    visit, now = own_visit(request, pk), timezone.now()
    if request.method == "POST":
        return _confirm(request, visit, now)
    if visit.state == State.EXPIRED or (visit.state == State.HELD and _seconds(visit, now) <= 0):
        return _choose_again(request, visit, HoldExpired())
    if visit.state != State.HELD:
        return redirect("scheduling:visit", pk)
    return render(
        request,
        "scheduling/confirm.html",
        {
            "visit": visit_words(visit, now),
            "person": intake.patient_card(visit.patient_id),
            "clearance_id": visit.clearance_id,
            "kept_until": times.clock_in_words(visit.hold_expires_at or now),
            "seconds": _seconds(visit, now),
        },
    )


def _confirm(request: HttpRequest, visit: Appointment, now: datetime) -> HttpResponse:
    try:
        services.confirm(
            appointment_id=visit.pk,
            by=account_of(request),
            now=now,
            seen=version_seen(request.POST),
        )
    except SchedulingProblem as problem:
        return _choose_again(request, visit, problem)
    messages.success(request, _booked(visit))
    return redirect("scheduling:visit", visit.pk)


def _booked(visit: Appointment) -> str:
    if intake.patient_card(visit.patient_id).email:
        return _("The visit is booked. We sent you an email with the details.")
    return _("The visit is booked.")


def _choose_again(
    request: HttpRequest, visit: Appointment, problem: SchedulingProblem
) -> HttpResponse:
    clearance = own_clearance(request, visit.clearance_id)
    visit_type = availability.visit_type_for(clearance)
    return choose_again_page(
        request, clearance, visit_type, wished=visit.starts_at, problem=str(problem)
    )


def _seconds(visit: Appointment, now: datetime) -> int:
    """How long the time is still kept."""
    expires_at = visit.hold_expires_at
    return math.ceil((expires_at - now).total_seconds()) if expires_at else 0
