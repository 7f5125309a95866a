"""The review: held cases, and one case on one page with the decision about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import access, audit
from clinic.models import ClinicProfile
from intake import case_file, pain, referral_file, review_list, services
from intake.exceptions import CaseAlreadyDecided, IntakeProblem
from intake.forms.review import SAYS, DecisionForm, SetAsideForm, choices, strangers
from intake.models import Case, Clearance, Intake, Patient, ReviewDecision

# Side by side on the page; what is older is counted, and stays in the record.
MOST_COLUMNS = 4


@access.held_cases_required
@require_GET
def case_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    waiting, asked, referred = (
        review_list.lines(access.signed_in(request), state=state, now=now)
        for state in (Case.State.OPEN, Case.State.ASKED, Case.State.REFERRED)
    )
    rows = len(waiting) + len(asked) + len(referred)
    audit.list_viewed(request.user, Case, at=now, rows=rows)
    return render(
        request,
        "intake/review_list.html",
        {
            "waiting": waiting,
            "asked": asked,
            "referred": referred,
            "reads_answers": access.reads_answers(request.user),
        },
    )


@access.answers_required
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _found(request, pk)
    if request.method == "POST":
        return _decide(request, found)
    return _page(request, found, None)


@access.reviewer_required
@require_POST
def set_aside(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _found(request, pk)
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return _page(request, found, None, aside=form, status=422)
    try:
        services.set_aside(
            case_id=found.pk, by=access.signed_in(request), now=timezone.now(), **form.cleaned_data
        )
    except IntakeProblem as problem:
        found.refresh_from_db()
        form.add_error(None, _sentence(problem, found, form.cleaned_data["latest_seen"]))
        return _page(request, found, None, aside=form, status=409)
    messages.success(
        request, _("Set aside: those answers are a case of their own. Now decide this one.")
    )
    return redirect("review:case", found.pk)


def _found(request: HttpRequest, pk: UUID) -> Case:
    return get_object_or_404(
        Case.objects.visible_to(access.signed_in(request)).select_related(
            "patient__town",
            "patient__likely_duplicate_of",
            "patient__merged_into__town",
            "related_case__patient__merged_into",
        ),
        pk=pk,
    )


@access.reviewer_required
def _decide(request: HttpRequest, case: Case) -> HttpResponse:
    form = DecisionForm(request.POST, newest=_newest(case))
    if not form.is_valid():
        return _page(request, case, form, status=422)
    try:
        decision = services.decide(
            case_id=case.pk, by=access.signed_in(request), now=timezone.now(), **form.cleaned_data
        )
    except IntakeProblem as problem:
        case.refresh_from_db()
        form.add_error(None, _sentence(problem, case, form.cleaned_data["latest_seen"]))
        return _page(request, case, form, status=409)
    messages.success(
        request,
        _("Recorded for %(who)s: %(decision)s.")
        % {
            "who": review_list.who(case, list(case.intakes.prefetch_related("contacts"))),
            "decision": SAYS[ReviewDecision.Kind(decision.kind)],
        },
    )
    if decision.kind in ReviewDecision.CLEARING and not hasattr(decision, "clearance"):
        messages.warning(
            request,
            _("They have another open case. They can book once that is decided too."),
        )
    return redirect("review:list")


def _sentence(problem: IntakeProblem, case: Case, seen: UUID | None) -> str:
    newest = _newest(case)
    is_news = newest is not None and seen is not None and newest.pk != seen
    if isinstance(problem, CaseAlreadyDecided) and case.state in Case.UNRESOLVED and is_news:
        return _("New answers came in while you were reading. Read them here, then decide.")
    return str(problem)


def _newest(case: Case) -> Intake | None:
    return case.intakes.order_by("-submitted_at").first()


def _page(
    request: HttpRequest,
    case: Case,
    form: DecisionForm | None,
    *,
    aside: SetAsideForm | None = None,
    status: int = 200,
) -> HttpResponse:
    # Before this look is on the trail too.
    also_here = review_list.also_here(access.signed_in(request), case, now=timezone.now())
    # An answer to a form shows the case as well, perhaps with answers that came in meanwhile.
    audit.viewed(request.user, case, at=timezone.now(), patient_id=case.patient_id)
    intakes = list(
        case.intakes.select_related("town", "patient", "typed_by")
        .prefetch_related("findings", "contacts")
        .order_by("-submitted_at")
    )
    beside = [*intakes[:MOST_COLUMNS], *_before(case, intakes)][:MOST_COLUMNS]
    newest = intakes[0] if intakes else None
    is_open = case.state in Case.UNRESOLVED
    stands = None if is_open else services.standing(case)
    # Typed before somebody else decided: shown, but not ready to take that decision's place.
    unrecorded = form if form and not is_open and not _names(form, stands) else None
    form = form if form and not unrecorded else DecisionForm(newest=newest)
    offered = choices(case, intakes, form)
    aside = aside or SetAsideForm()
    decides = access.decides_reviews(request.user)
    may_decide = decides and is_open
    context: dict[str, Any] = {
        "case": case,
        "line": review_list.line(case, intakes, request.user, now=timezone.now()),
        "facts": case_file.facts(case, intakes),
        "readings": [case_file.reading(case, intake) for intake in intakes[:MOST_COLUMNS]],
        "more": max(0, len(intakes) - MOST_COLUMNS),
        "pain": pain.line(case.patient),
        "picture": case_file.picture(newest) if newest else None,
        "visits": case_file.visits(case),
        "place": review_list.place(access.signed_in(request), case),
        "also_here": also_here,
        "sheet": case_file.sheet(case, beside),
        "newest": case_file.sheet(case, intakes[:1]),
        "decisions": case_file.decisions(case),
        "referrals": referral_file.lines(case),
        "clearances": _clearances(case),
        "form": form,
        "choices": offered,
        "may_clear": any(choice.value in ReviewDecision.CLEARING for choice in offered),
        "why_no_xray": case_file.why_no_xray(newest),
        "why_not_clear": case_file.why_not_clear(case, intakes),
        "aside": aside,
        "strangers": strangers(case, intakes, aside) if may_decide else [],
        "latest_seen": newest.pk if newest else "",
        "may_decide": may_decide,
        "stands": case_file.decided(stands, case) if stands and decides else None,
        "supersedes": stands.pk if stands else "",
        "decided_seen": case.decisions.count(),
        "unrecorded": unrecorded,
        "clearance_days": ClinicProfile.current().clearance_days,
    }
    return render(request, "intake/review_case.html", context, status=status)


def _names(form: DecisionForm, stands: ReviewDecision | None) -> bool:
    return stands is not None and form["supersedes"].value() == str(stands.pk)


def _before(case: Case, intakes: Sequence[Intake]) -> list[Intake]:
    """The patient's last answers from before this case, to see what changed."""
    if case.patient is None or not intakes:
        return []
    records = Patient.objects.same_person_as(case.patient.pk)
    earlier = Intake.objects.filter(patient__in=records, submitted_at__lt=intakes[-1].submitted_at)
    return list(earlier.exclude(case=case).select_related("town").order_by("-submitted_at")[:1])


def _clearances(case: Case) -> list[case_file.Cleared]:
    if case.patient is None:
        return []
    records = Patient.objects.same_person_as(case.patient.pk)
    given = Clearance.objects.filter(patient__in=records)
    return [case_file.cleared(each) for each in given]
