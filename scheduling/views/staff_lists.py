"""The lists that are the work: one thing to do on each line, and to take back again."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clinic import access, audit
from clinic.models import User
from scheduling import services, work_lists
from scheduling.exceptions import SchedulingProblem
from scheduling.forms import version_seen
from scheduling.models import Appointment, Call
from scheduling.slots import State

PRESS_ONE = gettext_lazy("Please press one of the buttons on this page.")
_ENDS = {
    "reached": Call.Ended.REACHED,
    "left-word": Call.Ended.LEFT_WORD,
    "give-up": Call.Ended.NOT_REACHED,
}
_TO = {"confirm": State.CONFIRMED, "undo": State.BOOKED}


@access.calendar_required
@require_safe
def lists(request: HttpRequest) -> HttpResponse:
    return _page(request)


@access.calendar_required
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """They said on the phone that they come; or that was noted by mistake."""
    by = access.signed_in(request)
    visit = get_object_or_404(Appointment.objects.visible_to(by), pk=pk)
    to = _TO.get(request.POST.get("do", ""))
    if to is None:
        return _page(
            request, problem=_("Please press one of the buttons on this page."), status=400
        )
    try:
        services.mark(
            appointment_id=visit.pk,
            to=to,
            by=by,
            now=timezone.now(),
            seen=version_seen(request.POST),
        )
    except SchedulingProblem as problem:
        return _page(request, problem=str(problem), status=409)
    messages.success(request, _("Noted."))
    return redirect("desk:lists")


@access.calendar_required
@require_POST
def call(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How a call went; or that was noted by mistake."""
    by, how = access.signed_in(request), request.POST.get("do", "")
    if how not in {*_ENDS, "no-answer", "undo"}:
        return _page(
            request, problem=_("Please press one of the buttons on this page."), status=400
        )
    try:
        _note(pk, how, seen=version_seen(request.POST), by=by)
    except Call.DoesNotExist:
        raise Http404 from None
    except SchedulingProblem as problem:
        return _page(request, problem=str(problem), status=409)
    messages.success(request, _("Noted."))
    return redirect("desk:lists")


def _note(pk: UUID, how: str, *, seen: int, by: User) -> None:
    now = timezone.now()
    if how == "undo":
        services.take_back_call(call_id=pk, seen=seen, by=by, now=now)
    elif how == "no-answer":
        services.tried_in_vain(call_id=pk, seen=seen, by=by, now=now)
    else:
        services.end_call(call_id=pk, ended=_ENDS[how], seen=seen, by=by, now=now)


def _page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    audit.list_viewed(access.signed_in(request), Call, at=now)
    context = {
        "lists": work_lists.lists(now=now),
        "errors": [{"sentence": problem}] if problem else [],
    }
    return render(request, "scheduling/staff_lists.html", context, status=status)
