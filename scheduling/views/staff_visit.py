"""One visit at the desk: its history, and the steps of its day, each with one press."""

from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clinic import access, audit
from clinic.models import User
from intake import public as intake
from scheduling import in_the_way, services, visit_sheet
from scheduling.desk_exceptions import NeedsReason
from scheduling.exceptions import (
    SchedulingProblem,
)
from scheduling.forms import version_seen
from scheduling.models import Appointment
from scheduling.slots import State
from scheduling.views import panel
from scheduling.views.panel import Done


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
    return show(request, pk)


@access.calendar_required
@require_POST
def step(request: HttpRequest, pk: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    found = at_the_desk(by, pk)
    form = StepForm(request.POST)
    if not form.is_valid():
        return show(request, pk, form=form, status=400)
    try:
        changed = _take(found, form, by=by, seen=version_seen(request.POST), now=now)
    except NeedsReason as problem:
        asked = form.cleaned_data["to"]
        return show(request, pk, form=form, problem=str(problem), asked=asked, status=409)
    except SchedulingProblem as problem:
        return show(request, pk, form=form, problem=in_the_way.in_words(problem), status=409)
    return finish(request, changed, _in_a_word(found, changed))


@access.calendar_required
@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was done last is taken back, if it was done just now and by them."""
    by, now = access.signed_in(request), timezone.now()
    found = at_the_desk(by, pk)
    try:
        changed = services.undo(appointment_id=pk, by=by, now=now, seen=version_seen(request.POST))
    except SchedulingProblem as problem:
        return show(request, pk, problem=in_the_way.in_words(problem), status=409)
    words = _("Undone. %(what)s") % {"what": _in_a_word(found, changed)}
    return finish(request, changed, words, may_undo=False)


def at_the_desk(by: User, pk: UUID) -> Appointment:
    visits = Appointment.objects.visible_to(by)
    related = visits.select_related("person__town", "visit_type", "room", "clinician")
    return get_object_or_404(related, pk=pk)


def finish(
    request: HttpRequest, changed: Appointment, words: str, *, may_undo: bool = True
) -> HttpResponse:
    """The visit as it is after something was done with it, and the way to take that back."""
    if not panel.is_in_panel(request):
        messages.success(request, words)
        return redirect("desk:visit", changed.pk)
    address = reverse("desk:undo", args=[changed.pk]) if may_undo else ""
    return show(request, changed.pk, done=Done(words, address, str(changed.version)))


def show(
    request: HttpRequest,
    pk: UUID,
    *,
    form: StepForm | None = None,
    problem: str = "",
    asked: str = "",
    status: int = 200,
    done: Done | None = None,
) -> HttpResponse:
    """The visit as it is now, under the sentence about what was not done, if anything was asked.

    `asked`: the step that needs a reason.
    """
    by, now = access.signed_in(request), timezone.now()
    found = at_the_desk(by, pk)
    audit.viewed(by, found, at=now, patient_id=found.patient_id)
    context = {
        "sheet": visit_sheet.sheet(found, now=now),
        "standing": intake.standing(found.patient_id, now),
        "form": form or StepForm(),
        "answered": visit_sheet.answered_long_ago(found, now=now),
        "patient_id": found.person_id,
        "asked": asked,
        "may_undo": services.may_undo(found, by=by, now=now),
        "after_visit": found.person_id if access.gives_exercises(by) else None,
        "errors": [{"sentence": problem, "target": "id_reason" if asked else ""}]
        if problem
        else [],
    }
    return panel.show(request, "staff_visit", context, status=status, done=done)


def _take(found: Appointment, form: StepForm, *, by: User, seen: int, now: datetime) -> Appointment:
    to, reason = State(form.cleaned_data["to"]), form.cleaned_data["reason"]
    pk = found.pk
    if to is State.CANCELLED:
        return services.cancel(appointment_id=pk, by=by, now=now, reason=reason, seen=seen)
    if to is State.RELEASED:
        return services.release(appointment_id=pk, by=by, now=now, reason=reason, seen=seen)
    if to is State.BOOKED and found.state == State.SUSPENDED:
        return services.reinstate(appointment_id=pk, by=by, now=now, seen=seen)
    return services.mark(appointment_id=pk, to=to, by=by, now=now, reason=reason, seen=seen)


def _in_a_word(found: Appointment, changed: Appointment) -> str:
    said = {"who": found.person.name, "state": _(State(changed.state).label)}
    return _("%(who)s: %(state)s.") % said
