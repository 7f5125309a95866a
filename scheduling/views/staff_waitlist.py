"""The waitlist at the desk: put somebody on it, offer a free time, note what they answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit
from intake import public as intake
from intake.public import PatientCard
from scheduling import services, staff_waitlist
from scheduling.availability import visit_types_allowed
from scheduling.desk_exceptions import NeedsReason
from scheduling.exceptions import SchedulingProblem
from scheduling.forms import StartForm, WaitForm, as_wished
from scheduling.models import VisitType, WaitlistEntry, WaitlistOffer


class DeskWaitForm(WaitForm):
    """What the caller wishes for; and whether they come before others."""

    visit_type = forms.TypedChoiceField(
        label=gettext_lazy("Visit"), coerce=int, widget=forms.Select({"class": "form-select"})
    )
    is_acute = forms.BooleanField(label=gettext_lazy("Acute: comes first"), required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        kinds: list[VisitType],
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        choices = [(kind.pk, kind.name) for kind in kinds]
        self.fields["visit_type"].choices = choices  # type: ignore[attr-defined]


@access.calendar_required
@require_safe
def waitlist(request: HttpRequest) -> HttpResponse:
    return _page(request)


@access.calendar_required
@require_POST
def offer_time(request: HttpRequest) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    form = StartForm(request.POST, now=now)
    if not form.is_valid():
        return _page(request, problem=form.problem, status=400)
    try:
        made = services.offer(start=form.cleaned_data["start"], by=by, now=now)
    except SchedulingProblem as problem:
        return _page(request, problem=str(problem), status=409)
    said = ngettext("Offered to %(n)d person.", "Offered to %(n)d people.", len(made))
    messages.success(request, said % {"n": len(made)})
    return redirect("desk:waitlist")


@access.calendar_required
@require_POST
def accept_offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """They said yes on the telephone. What stands against it is said, and wants a reason."""
    found = _offer(request, pk)
    by, now = access.signed_in(request), timezone.now()
    reason = request.POST.get("reason", "")[:200]
    try:
        visit = services.accept(offer_id=found.pk, by=by, now=now, reason=reason)
    except NeedsReason as problem:
        return _page(request, problem=str(problem), wants_reason=found.pk, status=409)
    except SchedulingProblem as problem:
        return _page(request, problem=str(problem), status=409)
    messages.success(request, _("Booked."))
    return redirect("desk:visit", visit.pk)


@access.calendar_required
@require_POST
def decline_offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _offer(request, pk)
    try:
        services.decline(offer_id=found.pk, by=access.signed_in(request), now=timezone.now())
    except SchedulingProblem as problem:
        return _page(request, problem=str(problem), status=409)
    messages.success(request, _("Noted. They keep their place."))
    return redirect("desk:waitlist")


@access.calendar_required
@require_POST
def take_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    by = access.signed_in(request)
    entry = get_object_or_404(WaitlistEntry.objects.visible_to(by), pk=pk)
    services.withdraw(entry_id=entry.pk, by=by, now=timezone.now())
    messages.success(request, _("Taken off the waitlist."))
    return redirect("desk:waitlist")


@access.calendar_required
@require_POST
def put_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    by = access.signed_in(request)
    entry = get_object_or_404(WaitlistEntry.objects.visible_to(by), pk=pk)
    try:
        services.put_back(entry_id=entry.pk, by=by, now=timezone.now())
    except SchedulingProblem as problem:
        return _page(request, problem=str(problem), status=409)
    messages.success(request, _("Undone. They have their place again."))
    return redirect("desk:waitlist")


@access.calendar_required
@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a patient on the list, or change what is noted there."""
    by, now = access.signed_in(request), timezone.now()
    person = intake.patient_seen_by(by, pk)
    if person is None:
        raise Http404
    entry = WaitlistEntry.objects.waiting().of_person(person.id).first()
    today, kinds = timezone.localdate(now), _kinds(person, now)
    if request.method != "POST":
        noted = as_wished(entry, today=today)
        if entry:
            noted |= {"visit_type": entry.visit_type_id, "is_acute": entry.is_acute}
        form = DeskWaitForm(today=today, kinds=kinds, initial=noted)
        return _form_page(request, person, form)
    form = DeskWaitForm(request.POST, today=today, kinds=kinds)
    if not form.is_valid():
        return _form_page(request, person, form, status=422)
    try:
        services.wait_for(
            patient_id=person.id,
            visit_type_id=form.cleaned_data["visit_type"],
            wishes=form.wishes,
            is_acute=form.cleaned_data["is_acute"],
            by=by,
            now=now,
        )
    except SchedulingProblem as problem:
        form.add_error(None, str(problem))
        return _form_page(request, person, form, status=409)
    messages.success(request, _("On the waitlist."))
    return redirect("desk:waitlist")


def _kinds(person: PatientCard, now: datetime) -> list[VisitType]:
    """What their clearances allow: for nothing else can they wait."""
    return list(visit_types_allowed(intake.clearances_usable(person.id, now)))


def _page(
    request: HttpRequest,
    *,
    problem: str = "",
    wants_reason: UUID | None = None,
    status: int = 200,
) -> HttpResponse:
    """`wants_reason`: the offer that is accepted against a policy, once the desk says why."""
    now, by = timezone.now(), access.signed_in(request)
    page = staff_waitlist.page(now, by=by)
    audit.list_viewed(by, WaitlistEntry, at=now, rows=len(page.lines))
    target = "id_reason" if wants_reason else ""
    context = {
        "page": page,
        "errors": [{"sentence": problem, "target": target}] if problem else [],
        "wants_reason": wants_reason,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "scheduling/staff_waitlist.html", context, status=status)


def _form_page(
    request: HttpRequest, person: PatientCard, form: DeskWaitForm, *, status: int = 200
) -> HttpResponse:
    context = {"person": person, "form": form, "may_wait": bool(form.fields["visit_type"].choices)}  # type: ignore[attr-defined]
    return render(request, "scheduling/staff_wait.html", context, status=status)


def _offer(request: HttpRequest, pk: UUID) -> WaitlistOffer:
    return get_object_or_404(WaitlistOffer.objects.visible_to(access.signed_in(request)), pk=pk)
