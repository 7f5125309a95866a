"""A closed time: closed by the desk, taken back, told to the patients, and worked through."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit, times
from scheduling import closing_sheet, services
from scheduling.closing_form import ClosingForm
from scheduling.desk_exceptions import ChangedSince
from scheduling.exceptions import SchedulingProblem
from scheduling.forms import version_seen
from scheduling.models import Appointment, Closure, Rebooking
from scheduling.slots import EmptyInterval, Interval, NaiveMoment


@access.calendar_required
@require_http_methods(["GET", "HEAD", "POST"])
def closings(request: HttpRequest) -> HttpResponse:
    """The closed times to come, and the form that closes another."""
    if request.method != "POST":
        tomorrow = times.local(timezone.now()).date() + timedelta(days=1)
        return _list(request, ClosingForm(initial={"first_day": tomorrow}))
    form = ClosingForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=400)
    try:
        closed = services.close(
            during=form.cleaned_data["during"],
            reason=form.cleaned_data["reason"],
            by=access.signed_in(request),
            now=timezone.now(),
            **form.closes,
        )
    except SchedulingProblem as problem:
        form.add_error(None, str(problem))
        return _list(request, form, status=409)
    messages.success(request, _("Closed. Nobody has been told yet."))
    return redirect("desk:closing", closed.closure.pk)


@access.calendar_required
@require_safe
def closing(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


@access.calendar_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Closure, pk=pk)
    by = access.signed_in(request)
    try:
        seen = _seen(request.POST.get("seen", ""))
        services.reopen(closure_id=pk, as_seen=seen, by=by, now=timezone.now())
    except SchedulingProblem as problem:
        return _page(request, pk, problem=str(problem), status=409)
    messages.success(request, _("Taken back: that time is open again, and nobody was told."))
    return redirect("desk:closings")


@access.calendar_required
@require_POST
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Closure, pk=pk)
    try:
        told = services.tell_patients(
            closure_id=pk, by=access.signed_in(request), now=timezone.now()
        )
    except SchedulingProblem as problem:
        return _page(request, pk, problem=str(problem), status=409)
    messages.success(
        request,
        ngettext("%(n)d patient is told.", "%(n)d patients are told.", told) % {"n": told},
    )
    return redirect("desk:closing", pk)


@access.calendar_required
@require_POST
def take_proposed(request: HttpRequest, pk: int) -> HttpResponse:
    """Moves a visit to the time proposed, for its patient; then back to where it was pressed."""
    rebooking = get_object_or_404(Rebooking, pk=pk)
    try:
        visit = services.take_proposed(
            rebooking_id=pk,
            seen=version_seen(request.POST),
            by=access.signed_in(request),
            now=timezone.now(),
        )
    except SchedulingProblem as problem:
        return _page(request, rebooking.closure_id, problem=str(problem), status=409)
    moved = _("%(who)s: moved to %(when)s.")
    messages.success(
        request, moved % {"who": visit.person.name, "when": times.in_words(visit.starts_at)}
    )
    if "lists" in request.POST:
        return redirect("desk:lists")
    return redirect("desk:closing", rebooking.closure_id)


def _list(request: HttpRequest, form: ClosingForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "closings": closing_sheet.coming(timezone.now())}
    return render(request, "scheduling/staff_closings.html", context, status=status)


def _page(request: HttpRequest, pk: int, *, problem: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    # Taken back meanwhile by somebody else: then there is nothing here any more.
    closure = get_object_or_404(Closure.objects.select_related("clinician", "room"), pk=pk)
    audit.list_viewed(access.signed_in(request), Appointment, at=now, closure=pk)
    context: dict[str, Any] = {
        "sheet": closing_sheet.sheet(closure, now=now),
        "errors": [{"sentence": problem}] if problem else [],
    }
    return render(request, "scheduling/staff_closing.html", context, status=status)


def _seen(sent: str) -> Interval:
    """The time that the page showed. Raises ChangedSince for what none did."""
    start, _slash, end = sent.partition("/")
    try:
        begins, ends = parse_datetime(start), parse_datetime(end)
        if begins and ends:
            return Interval(begins, ends)
    except (ValueError, EmptyInterval, NaiveMoment):
        pass
    raise ChangedSince
