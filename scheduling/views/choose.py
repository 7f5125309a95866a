"""Choosing a time under a clearance, and having it kept while one confirms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import limits, times
from clinic.access import patient_required
from clinic.models import User
from intake import public as intake
from intake.public import ClearanceCard
from scheduling import availability, plan, services
from scheduling.availability import Wish
from scheduling.exceptions import (
    AnswersNotRecent,
    LimitReached,
    SchedulingProblem,
    VisitTypeNotOffered,
)
from scheduling.forms import StartForm
from scheduling.models import Appointment, VisitType
from scheduling.services.allowance import answered_lately
from scheduling.slots import State
from scheduling.views.own import account_of, own_clearance
from scheduling.views.picker import picker
from scheduling.views.questions_first import questions_first_page
from scheduling.views.words import kind_in_words

# In place of a time that cannot be had: a choice, not a wall of buttons.
NEAREST_SHOWN = 6


@dataclass(frozen=True)
class Reason:
    """Why there is nothing to choose, and what happens next."""

    title: str
    sentence: str
    asks_again: bool = False


@patient_required
@require_safe
def choose(request: HttpRequest, clearance_id: UUID) -> HttpResponse:
    return choose_page(request, own_clearance(request, clearance_id))


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: HttpRequest, clearance_id: UUID) -> HttpResponse:
    clearance = own_clearance(request, clearance_id)
    if request.method != "POST":
        # Reloaded, or the language switched, after an answer that asked to choose again.
        return redirect("scheduling:choose", clearance_id)
    now, by = timezone.now(), account_of(request)
    limits.count(limits.HOLDS_BY_ACCOUNT, str(by.pk), now=now)
    limits.count(limits.HOLDS_BY_ADDRESS, limits.visitor(request), now=now)
    form = StartForm(request.POST, now=now)
    if not form.is_valid():
        return choose_page(request, clearance, problem=form.problem, status=400)
    start = form.cleaned_data["start"]
    visit_type = availability.visit_type_for(clearance)
    try:
        held = _hold(clearance, visit_type, start, by=by, now=now)
    except LimitReached as problem:
        # No other time would help.
        reason = Reason(_("You cannot choose a time online just now"), str(problem))
        return _reason_page(request, clearance, reason, status=409)
    except AnswersNotRecent as problem:
        return _questions_first(request, clearance, str(problem), status=409)
    except SchedulingProblem as problem:
        return choose_again_page(request, clearance, visit_type, wished=start, problem=str(problem))
    return redirect("scheduling:confirm", held.pk)


def choose_page(
    request: HttpRequest, clearance: ClearanceCard, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The times that are free now, under the sentence about what went wrong, if anything did."""
    now = timezone.now()
    if not intake.is_usable(clearance, now):
        return _not_now_page(request, clearance, now, status=status)
    visit_type = availability.visit_type_for(clearance)
    # The plan was read a moment ago, for the visit types.
    if not answered_lately(clearance, plan.last_read(), now):
        return _questions_first(request, clearance, str(AnswersNotRecent()), status=status)
    starts: list[datetime] = []
    if visit_type:
        wish = Wish(clearance=clearance, visit_type=visit_type, now=now)
        starts = availability.offered(wish)
    context = {
        **_what_for(request, clearance, visit_type, problem, now),
        "until": times.day_in_words(times.local(clearance.ends_at).date()),
        "picker": picker(starts, request.GET.get("week", "")),
    }
    return render(request, "scheduling/choose.html", context, status=status)


def choose_again_page(
    request: HttpRequest,
    clearance: ClearanceCard,
    visit_type: VisitType | None,
    *,
    wished: datetime,
    problem: str,
) -> HttpResponse:
    """Why the time that was wished for cannot be had, and the free ones nearest to it.

    Kept short: when many want one time, all but one of them get this page at the same moment.
    """
    now = timezone.now()
    if not intake.is_usable(clearance, now):
        return _not_now_page(request, clearance, now, status=409)
    starts: list[datetime] = []
    if visit_type:
        wish = Wish(clearance=clearance, visit_type=visit_type, now=now)
        starts = availability.nearest_offered(wish, wished, count=NEAREST_SHOWN)
    context = {
        **_what_for(request, clearance, visit_type, problem, now),
        "nearest": [(start.isoformat(), times.in_words(start)) for start in starts[:1]],
        "is_still_free": starts[:1] == [wished],
        "others": [(start.isoformat(), times.in_words(start)) for start in sorted(starts[1:])],
        "week": times.local(wished).date().isoformat(),
    }
    return render(request, "scheduling/choose_again.html", context, status=409)


def _questions_first(
    request: HttpRequest, clearance: ClearanceCard, sentence: str, *, status: int
) -> HttpResponse:
    back = reverse("scheduling:choose", args=[clearance.id])
    return questions_first_page(request, clearance.person, sentence, then=back, status=status)


def _not_now_page(
    request: HttpRequest, clearance: ClearanceCard, now: datetime, *, status: int
) -> HttpResponse:
    return _reason_page(request, clearance, _why_not(request, clearance, now), status=status)


def _reason_page(
    request: HttpRequest, clearance: ClearanceCard, reason: Reason, *, status: int
) -> HttpResponse:
    context = {"person": clearance.person, "reason": reason}
    return render(request, "scheduling/not_now.html", context, status=status)


def _what_for(
    request: HttpRequest,
    clearance: ClearanceCard,
    visit_type: VisitType | None,
    problem: str,
    now: datetime,
) -> dict[str, Any]:
    """For whom a time is chosen and for what, the visits they have, and what went wrong."""
    kept, booked = _coming(request, clearance, now)
    return {
        "clearance_id": clearance.id,
        "person": clearance.person,
        "kind": kind_in_words(visit_type.name, visit_type.minutes) if visit_type else "",
        "kept": kept,
        "booked": booked,
        "errors": [{"target": "times", "sentence": problem}] if problem else [],
    }


def _hold(
    clearance: ClearanceCard,
    visit_type: VisitType | None,
    start: datetime,
    *,
    by: User,
    now: datetime,
) -> Appointment:
    if visit_type is None:
        raise VisitTypeNotOffered
    return services.hold(
        patient_id=clearance.patient_id,
        clearance_id=clearance.id,
        visit_type_id=visit_type.pk,
        start=start,
        by=by,
        now=now,
    )


def _why_not(request: HttpRequest, clearance: ClearanceCard, now: datetime) -> Reason:
    cases = intake.held_cases_of(account_of(request))
    held = next((case for case in cases if case.patient_id == clearance.patient_id), None)
    if held and held.asked:
        return Reason(
            _("Dr. Solomon has a question first"),
            _("You find it under “My visits”. When it is answered, we go on from there."),
        )
    if held and not held.awaits_review:
        return Reason(
            _("A doctor should look at this first"),
            _(
                "The latest answers say that a doctor should look at this before a visit here. You"
                " find what to do, and what happens next, under “My visits”."
            ),
        )
    if held and held.due_at > now:
        return Reason(
            _("We are looking at the answers first"),
            _("You will hear from us by %(when)s. Then you can choose a time.")
            % {"when": times.in_words(held.due_at)},
        )
    if held:
        return Reason(
            _("We are looking at the answers first"),
            _("You will hear from us soon. Then you can choose a time. You may also call us."),
        )
    if clearance.revoked:
        return Reason(
            _("This link no longer leads to free times"),
            _("Something has changed since we sent it. “My visits” shows what comes next."),
        )
    return Reason(
        _("The time to use this link is over"),
        _(
            "How you feel may have changed since you answered our questions. Please answer them"
            " again: then you can choose a time."
        ),
        asks_again=True,
    )


def _coming(
    request: HttpRequest, clearance: ClearanceCard, now: datetime
) -> tuple[list[tuple[UUID, str]], list[tuple[UUID, str]]]:
    """The times that are kept for this person, and those of the visits they have."""
    visits = Appointment.objects.visible_to(account_of(request)).taking_time(now)
    coming = visits.filter(person=clearance.patient_id, visit__endswith__gt=now).in_time_order()
    kept: list[tuple[UUID, str]] = []
    booked: list[tuple[UUID, str]] = []
    for pk, state, during in coming.values_list("pk", "state", "visit"):
        line = (pk, times.in_words(during.lower))
        (kept if state == State.HELD else booked).append(line)
    return kept, booked
