"""One screen of questions: kept and judged after every post."""

from collections.abc import Collection, Mapping
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from intake import screens, services, triage
from intake.forms import Asking, BirthForm, Trouble
from intake.forms.asking import offers_no
from intake.models import IntakeDraft
from intake.screens import Stop, Walk
from intake.triage import Kind
from intake.views import drafts, language

# Carried along by the form: somebody changing one answer goes back to the check of all.
CHECK = "check"


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def screen(request: HttpRequest, draft: IntakeDraft, slug: str) -> HttpResponse:
    if slug not in {each.slug for each in screens.SCREENS}:
        raise Http404
    changing = _from_check(request)
    walk = drafts.walk_of(draft, everything=changing)
    stop = walk.stop(slug)
    if stop is None or walk.is_ahead(stop):
        return redirect("intake:resume")
    if _asks_birth(stop):
        return _birth(request, draft, walk, stop)
    if request.method == "POST":
        return _answered(request, draft, walk, stop)
    kept = drafts.said_in(draft, everything=changing)
    return _page(request, walk, stop, asking=Asking(stop.questions, kept=kept))


def _answered(request: HttpRequest, draft: IntakeDraft, walk: Walk, stop: Stop) -> HttpResponse:
    chosen = language.switch(request)
    goes_on = not chosen and not {"back", "no_to_all"} & request.POST.keys()
    asking = Asking(
        stop.questions,
        kept=draft.answers,
        posted=request.POST,
        no_to_blank=stop.screen.no_to_all and "no_to_all" in request.POST,
        complain=goes_on,
    )
    put = [question.id for question in stop.questions]
    emergency = _keep_and_judge(
        request, draft, answers=asking.answers, put=put, still_asked={q.id for q in asking.missing}
    )
    if emergency:
        return emergency
    if "back" in request.POST:
        return _back(request, walk, stop)
    if goes_on and not asking.missing:
        return _next(request, draft, stop)
    response = _page(request, walk, stop, asking=asking)
    return language.remember(response, chosen) if chosen else response


def _birth(request: HttpRequest, draft: IntakeDraft, walk: Walk, stop: Stop) -> HttpResponse:
    today = timezone.localdate()
    if request.method != "POST":
        return _page(request, walk, stop, birth=BirthForm.of(draft.born, today=today))
    chosen = language.switch(request)
    form = BirthForm(request.POST, today=today)
    if form.is_valid():
        emergency = _keep_and_judge(request, draft, born=form.born(), put=["age"])
        if emergency:
            return emergency
    if "back" in request.POST:
        return _back(request, walk, stop)
    if chosen:
        typed = {name: request.POST.get(name, "")[:4] for name in form.fields}
        again = BirthForm(initial=typed, today=today)
        return language.remember(_page(request, walk, stop, birth=again), chosen)
    if form.is_valid():
        return _next(request, draft, stop)
    return _page(request, walk, stop, birth=form)


def _keep_and_judge(
    request: HttpRequest,
    draft: IntakeDraft,
    *,
    put: Collection[str],
    answers: Mapping[str, object] | None = None,
    born: date | None = None,
    still_asked: Collection[str] = (),
) -> HttpResponse | None:
    """Keep the screen's answers. An emergency is recorded at once, and leads to its page.

    A question left blank is asked again, so that a rule which counts a missing answer still waits.
    """
    now = timezone.now()
    kept = services.keep_answers(
        draft_id=draft.pk, answers=answers or {}, shown=put, born=born, now=now
    )
    draft.answers, draft.shown, draft.born = kept.answers, kept.shown, kept.born
    decision = triage.assess_so_far(
        drafts.answers_of(draft), [id_ for id_ in draft.shown if id_ not in still_asked]
    )
    if decision is None:
        return None
    services.record_emergency(
        draft_id=draft.pk, decision=decision, by=drafts.patient_signed_in(request), now=now
    )
    return redirect("intake:emergency")


def _next(request: HttpRequest, draft: IntakeDraft, stop: Stop) -> HttpResponse:
    walk = drafts.walk_of(draft, everything=_from_check(request))
    waiting = walk.first_unanswered
    if _from_check(request):
        return _to(waiting, from_check=True) if waiting else redirect("intake:check")
    here = walk.stop(stop.screen.slug)
    following = walk.after(here) if here else waiting
    if following is None:
        return _to(waiting) if waiting else redirect("intake:about")
    return _to(waiting if waiting and walk.is_ahead(following) else following)


def _back(request: HttpRequest, walk: Walk, stop: Stop) -> HttpResponse:
    if _from_check(request):
        return redirect("intake:check")
    before = walk.before(stop)
    return _to(before) if before else redirect("clinic:landing")


def _to(stop: Stop, *, from_check: bool = False) -> HttpResponse:
    address = reverse("intake:screen", args=[stop.screen.slug])
    return redirect(f"{address}?from={CHECK}" if from_check else address)


def _from_check(request: HttpRequest) -> bool:
    asked = request.POST if request.method == "POST" else request.GET
    return asked.get("from") == CHECK


def _asks_birth(stop: Stop) -> bool:
    return stop.questions[0].kind is Kind.AGE


def _page(
    request: HttpRequest,
    walk: Walk,
    stop: Stop,
    *,
    asking: Asking | None = None,
    birth: BirthForm | None = None,
) -> HttpResponse:
    return render(
        request,
        "intake/screen.html",
        {
            "title": _(stop.screen.title),
            "fields": asking.fields if asking else [],
            "birth": birth,
            "question": stop.questions[0],
            "errors": asking.errors if asking else _birth_errors(birth),
            "step": walk.step(stop),
            "steps": walk.steps,
            "minutes": walk.minutes_from(stop),
            "no_to_all": stop.screen.no_to_all and any(offers_no(q) for q in stop.questions),
            "filled_in": asking.no_to_blank if asking else False,
            "from_check": CHECK if _from_check(request) else "",
            "answers_form": "answers",
        },
    )


def _birth_errors(form: BirthForm | None) -> list[Trouble]:
    if form is None or not form.is_bound:
        return []
    return [
        Trouble(form[name].auto_id, str(sentence))
        for name, sentences in form.errors.items()
        for sentence in sentences
    ]
