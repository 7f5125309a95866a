"""One visit at the desk: its history, and the steps of its day, each with one press."""

from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clinic import access, audit
from clinic.models import User
from scheduling import services, visit_sheet
from scheduling.exceptions import SchedulingProblem
from scheduling.forms import version_seen
from scheduling.models import Appointment
from scheduling.slots import State


class StepForm(forms.Form):
    """What is done with the visit: the state it shall have, and why, if they say."""

    to = forms.ChoiceField(
        choices=[(state.value, state.label) for state in State],
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            gettext_lazy("Please choose one of the steps on this page."),
        ),
    )
    reason = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Why (if you like)")
    )


@access.calendar_required
@require_safe
def visit(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _page(request, pk)


@access.calendar_required
@require_POST
def step(request: HttpRequest, pk: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    found = _visit(by, pk)
    form = StepForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form=form, status=400)
    try:
        _take(found, form, by=by, seen=version_seen(request.POST), now=now)
    except SchedulingProblem as problem:
        return _page(request, pk, form=form, problem=str(problem), status=409)
    messages.success(request, _("Noted."))
    return redirect("desk:visit", pk)


def _take(found: Appointment, form: StepForm, *, by: User, seen: int, now: datetime) -> None:
    to, reason = State(form.cleaned_data["to"]), form.cleaned_data["reason"]
    pk = found.pk
    if to is State.CANCELLED:
        services.cancel(appointment_id=pk, by=by, now=now, reason=reason, seen=seen)
    elif to is State.RELEASED:
        services.release(appointment_id=pk, by=by, now=now, reason=reason, seen=seen)
    elif to is State.BOOKED and found.state == State.SUSPENDED:
        services.reinstate(appointment_id=pk, by=by, now=now, seen=seen)
    else:
        services.mark(appointment_id=pk, to=to, by=by, now=now, reason=reason, seen=seen)


def _visit(by: User, pk: UUID) -> Appointment:
    visits = Appointment.objects.visible_to(by)
    related = visits.select_related("patient", "visit_type", "room", "clinician")
    return get_object_or_404(related, pk=pk)


def _page(
    request: HttpRequest,
    pk: UUID,
    *,
    form: StepForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The visit as it is now, under the sentence about what was not done, if anything was asked."""
    by, now = access.signed_in(request), timezone.now()
    found = _visit(by, pk)
    audit.viewed(by, found, at=now, patient_id=found.patient_id)
    context = {
        "sheet": visit_sheet.sheet(found, now=now),
        "form": form or StepForm(),
        "answered": visit_sheet.answered_long_ago(found, now=now),
        "patient_id": found.patient_id,
        "after_visit": found.patient_id if access.gives_exercises(by) else None,
        "errors": [{"sentence": problem}] if problem else [],
    }
    return render(request, "scheduling/staff_visit.html", context, status=status)
