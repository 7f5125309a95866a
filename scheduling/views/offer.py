"""A free time offered from the waitlist: take it, or say no and go on waiting."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import audit, limits, times
from clinic.access import patient_required
from intake import public as intake
from scheduling import plan, services
from scheduling.availability import Wish, is_offered
from scheduling.exceptions import (
    AnswersNotRecent,
    OfferOver,
    SchedulingProblem,
    TimeGone,
)
from scheduling.models import WaitlistEntry, WaitlistOffer
from scheduling.services.allowance import answered_lately
from scheduling.services.placing import covering_clearance
from scheduling.views.own import account_of
from scheduling.views.questions_first import questions_first_page
from scheduling.views.words import kind_in_words

_Outcome = WaitlistOffer.Outcome


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The link in the email shows it and changes nothing; the button takes it."""
    found, now = _own_offer(request, pk), timezone.now()
    if request.method == "POST":
        return _accept(request, found, now)
    audit.viewed(account_of(request), found, at=now, patient_id=found.entry.patient_id)
    return _page(request, found, now)


@patient_required
@require_POST
def decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _own_offer(request, pk)
    try:
        services.decline(offer_id=found.pk, by=account_of(request), now=timezone.now())
    except OfferOver as problem:
        messages.info(request, str(problem))
    else:
        messages.success(request, _("You keep your place on the waitlist."))
    return redirect("scheduling:visits")


def _accept(request: HttpRequest, found: WaitlistOffer, now: datetime) -> HttpResponse:
    by = account_of(request)
    limits.count(limits.HOLDS_BY_ACCOUNT, str(by.pk), now=now)
    try:
        visit = services.accept(offer_id=found.pk, by=by, now=now)
    except AnswersNotRecent as problem:
        return _questions_first(request, found, str(problem), status=409)
    except (OfferOver, TimeGone) as problem:
        return _over_page(request, found, str(problem), status=409)
    except SchedulingProblem as problem:
        return _page(request, found, now, problem=str(problem), status=409)
    messages.success(request, _("The visit is booked. We sent you an email with the details."))
    return redirect("scheduling:visit", visit.pk)


def _page(
    request: HttpRequest,
    found: WaitlistOffer,
    now: datetime,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The offer as it is now, or why it cannot be taken."""
    entry = found.entry
    if found.visit_id:
        return redirect("scheduling:visit", found.visit_id)
    if not found.is_open(now):
        return _over_page(request, found, _why_over(found), status=status)
    try:
        leave = covering_clearance(
            patient_id=entry.patient_id, visit_type=entry.visit_type, start=found.start, now=now
        )
    except SchedulingProblem as refused:
        return _over_page(request, found, str(refused), status=status)
    planned = plan.current()
    if not answered_lately(leave, planned, now):
        return _questions_first(request, found, str(AnswersNotRecent()), status=status)
    wish = Wish(clearance=leave, visit_type=entry.visit_type, now=now)
    if not is_offered(wish, found.start, clinician_id=planned.clinician_id or 0):
        return _over_page(request, found, str(TimeGone()), status=status)
    context = {
        "offer": found,
        "when": times.in_words(found.start),
        "until": times.in_words(found.expires_at),
        "kind": kind_in_words(entry.visit_type.name, entry.visit_type.minutes),
        "person": leave.person,
        "errors": [{"sentence": problem}] if problem else [],
    }
    return render(request, "scheduling/offer.html", context, status=status)


def _why_over(found: WaitlistOffer) -> str:
    if found.outcome == _Outcome.GONE:
        return str(TimeGone())
    if found.outcome == _Outcome.DECLINED:
        return _("You said no to this time.")
    if found.entry.state != WaitlistEntry.State.WAITING:
        return _("You are not on the waitlist any more.")
    if found.outcome == _Outcome.TAKEN_OFF:
        return str(OfferOver())
    return _("The time to answer is over. You keep your place on the waitlist.")


def _over_page(
    request: HttpRequest, found: WaitlistOffer, sentence: str, *, status: int
) -> HttpResponse:
    context = {
        "when": times.in_words(found.start),
        "person": intake.patient_card(found.entry.patient_id),
        "sentence": sentence,
    }
    return render(request, "scheduling/offer_over.html", context, status=status)


def _questions_first(
    request: HttpRequest, found: WaitlistOffer, sentence: str, *, status: int
) -> HttpResponse:
    person = intake.patient_card(found.entry.patient_id)
    back = reverse("scheduling:offer", args=[found.pk])
    return questions_first_page(request, person, sentence, then=back, status=status)


def _own_offer(request: HttpRequest, pk: UUID) -> WaitlistOffer:
    offers = WaitlistOffer.objects.visible_to(account_of(request))
    return get_object_or_404(offers.select_related("entry__visit_type"), pk=pk)
