"""Another time for a visit. The one it has is kept until the new one is had."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import limits, times
from clinic.access import patient_required
from intake import public as intake
from intake.public import ClearanceCard
from scheduling import plan, services
from scheduling.availability import Wish, offered
from scheduling.exceptions import AnswersNotRecent, SchedulingProblem
from scheduling.forms import StartForm, version_seen
from scheduling.models import Appointment, Rebooking
from scheduling.services.allowance import answered_lately
from scheduling.views.own import account_of, own_visit
from scheduling.views.picker import picker
from scheduling.views.questions_first import questions_first_page
from scheduling.views.visit import visit_page
from scheduling.views.words import visit_words


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Without a time: the list. With one in the address: the question. Sent: it is done."""
    visit, now = own_visit(request, pk), timezone.now()
    if request.method == "POST":
        return _move(request, visit, now)
    if not visit_words(visit, now).may_change:
        return redirect("scheduling:visit", pk)
    if "start" not in request.GET:
        return _list(request, visit)
    form = StartForm(request.GET, now=now)
    if not form.is_valid():
        return _list(request, visit, problem=form.problem, status=400)
    start: datetime = form.cleaned_data["start"]
    return render(
        request,
        "scheduling/move_sure.html",
        {
            "visit": visit_words(visit, now),
            "person": intake.patient_card(visit.patient_id),
            "start": start.isoformat(),
            "when": times.in_words(start),
        },
    )


def _move(request: HttpRequest, visit: Appointment, now: datetime) -> HttpResponse:
    by = account_of(request)
    limits.count(limits.HOLDS_BY_ACCOUNT, str(by.pk), now=now)
    form = StartForm(request.POST, now=now)
    if not form.is_valid():
        return _list(request, visit, problem=form.problem, status=400)
    start: datetime = form.cleaned_data["start"]
    try:
        services.move(
            appointment_id=visit.pk, start=start, by=by, now=now, seen=version_seen(request.POST)
        )
    except AnswersNotRecent as problem:
        return _questions_first(request, visit, str(problem), status=409)
    except SchedulingProblem as problem:
        found = own_visit(request, visit.pk)
        page = _list if visit_words(found, now).may_change else visit_page
        return page(request, found, problem=str(problem), status=409)
    messages.success(request, _("Your visit is now on %(when)s.") % {"when": times.in_words(start)})
    return redirect("scheduling:visit", visit.pk)


def _list(
    request: HttpRequest, visit: Appointment, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now = timezone.now()
    clearance = _clearance(visit, now)
    if clearance and not answered_lately(clearance, plan.current(), now):
        return _questions_first(request, visit, str(AnswersNotRecent()), status=status)
    starts: list[datetime] = []
    if clearance:
        wish = Wish.to_move(visit, clearance, now=now)
        starts = offered(wish)
    proposed = _proposed(visit)
    proposed_start = proposed.start if proposed else None
    return render(
        request,
        "scheduling/move.html",
        {
            "visit": visit_words(visit, now),
            "person": intake.patient_card(visit.patient_id),
            "picker": picker(
                [start for start in starts if start != visit.starts_at],
                request.GET.get("week", ""),
            ),
            "is_closed": proposed is not None,
            "proposed": [_worded(start) for start in starts if start == proposed_start],
            "errors": [{"target": "times", "sentence": problem}] if problem else [],
        },
        status=status,
    )


def _proposed(visit: Appointment) -> Rebooking | None:
    """What they were told, if their time is closed."""
    told = visit.rebookings.filter(was=visit.visit, told_at__isnull=False)
    return told.order_by("-pk").first()


def _worded(start: datetime) -> tuple[str, str]:
    return start.isoformat(), times.in_words(start)


def _questions_first(
    request: HttpRequest, visit: Appointment, sentence: str, *, status: int
) -> HttpResponse:
    return questions_first_page(
        request,
        intake.patient_card(visit.patient_id),
        f"{sentence} {_('You keep the time you have.')}",
        then=reverse("scheduling:move", args=[visit.pk]),
        status=status,
    )


def _clearance(visit: Appointment, now: datetime) -> ClearanceCard | None:
    """The visit's own while it lasts, or another of the patient's."""
    usable = intake.clearances_usable(visit.patient_id, now)
    own = (card for card in usable if card.id == visit.clearance_id)
    return next(own, usable[0] if usable else None)
