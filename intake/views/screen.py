"""One screen of questions: kept and judged after every post."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from intake import body, screens, services, triage
from intake.exceptions import AnswersChanged
from intake.forms import Asking, BirthForm, Trouble
from intake.forms.asking import offers_no
from intake.models import IntakeDraft
from intake.screens import Stop, Walk
from intake.triage import UNANSWERED, Kind, Question
from intake.views import drafts, language
from intake.views.conflict import Both


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def screen(request: HttpRequest, draft: IntakeDraft, slug: str) -> HttpResponse:
    if slug not in {each.slug for each in screens.SCREENS}:
        raise Http404
    changing = drafts.from_check(request)
    walk = drafts.walk_of(draft, everything=changing)
    stop = walk.stop(slug)
    if stop is None or (walk.is_ahead(stop) and not _was_put(request, draft, stop)):
        return redirect("intake:resume")
    if _asks_birth(stop):
        return _birth(request, draft, walk, stop)
    if request.method == "POST":
        return _answered(request, draft, walk, stop)
    kept = drafts.said_in(draft, everything=changing)
    return _page(request, draft, walk, stop, asking=Asking(stop.questions, kept=kept))


def _was_put(request: HttpRequest, draft: IntakeDraft, stop: Stop) -> bool:
    """Sent from a page opened earlier: another tab's answer put a question in front since.

    What it says is kept and judged all the same, for it may be a red flag.
    """
    return request.method == "POST" and {q.id for q in stop.questions} <= {*draft.shown}


def _answered(request: HttpRequest, draft: IntakeDraft, walk: Walk, stop: Stop) -> HttpResponse:
    chosen = language.switch(request)
    goes_on = not chosen and not {"back", "no_to_all", "leave"} & request.POST.keys()
    asking = Asking(
        stop.questions,
        kept=draft.answers,
        posted=request.POST,
        no_to_blank=stop.screen.no_to_all and "no_to_all" in request.POST,
        complain=goes_on,
    )
    try:
        emergency = _keep_and_judge(
            request,
            draft,
            answers=asking.answers,
            put=[question.id for question in stop.questions],
            also_hurts=_marked(request, stop),
            still_asked={question.id for question in asking.missing},
        )
    except AnswersChanged as changed:
        both = _both(changed, stop, asking.answers, _marked(request, stop))
        asking.complain = False
        return _page(request, changed.newer, walk, stop, asking=asking, conflict=both)
    if emergency:
        return emergency
    leaving = drafts.leaving(request)
    if leaving:
        return leaving
    if "back" in request.POST:
        return _back(request, walk, stop)
    if goes_on and not asking.missing:
        return _next(request, draft, stop)
    response = _page(request, draft, walk, stop, asking=asking)
    return language.remember(response, chosen) if chosen else response


def _birth(request: HttpRequest, draft: IntakeDraft, walk: Walk, stop: Stop) -> HttpResponse:
    today = timezone.localdate()
    if request.method != "POST":
        return _page(request, draft, walk, stop, birth=BirthForm.of(draft.born, today=today))
    chosen = language.switch(request)
    form = BirthForm(request.POST, today=today)
    typed = {name: request.POST.get(name, "")[:4] for name in form.fields}
    again = BirthForm(initial=typed, today=today)
    if form.is_valid():
        try:
            emergency = _keep_and_judge(request, draft, born=form.born(), put=["age"])
        except AnswersChanged as changed:
            both = [_both_births(changed.newer, form.born(), stop)]
            return _page(request, changed.newer, walk, stop, birth=again, conflict=both)
        if emergency:
            return emergency
    leaving = drafts.leaving(request)
    if leaving:
        return leaving
    if "back" in request.POST:
        return _back(request, walk, stop)
    if chosen:
        return language.remember(_page(request, draft, walk, stop, birth=again), chosen)
    if form.is_valid():
        return _next(request, draft, stop)
    return _page(request, draft, walk, stop, birth=form)


def _keep_and_judge(
    request: HttpRequest,
    draft: IntakeDraft,
    *,
    put: Collection[str],
    answers: Mapping[str, object] | None = None,
    born: date | None = None,
    also_hurts: Collection[str] | None = None,
    still_asked: Collection[str] = (),
) -> HttpResponse | None:
    """Keep the screen's answers. An emergency is recorded at once, and leads to its page.

    A question left blank is asked again, so that a rule which counts a missing answer still waits.
    Raises AnswersChanged, unless what this page says is an emergency: that never waits.
    """
    now = timezone.now()
    keep = partial(
        services.keep_answers,
        draft_id=draft.pk,
        answers=answers or {},
        shown=put,
        born=born,
        also_hurts=also_hurts,
        now=now,
    )
    try:
        kept = keep(seen=drafts.seen_by(request))
    except AnswersChanged as changed:
        if not _is_emergency(changed.newer, answers or {}, put=put, still_asked=still_asked):
            raise
        kept = keep()
    draft.answers, draft.shown, draft.born = kept.answers, kept.shown, kept.born
    draft.also_hurts, draft.version = kept.also_hurts, kept.version
    decision = triage.assess_so_far(
        drafts.answers_of(draft), [id_ for id_ in draft.shown if id_ not in still_asked]
    )
    if decision is None:
        return None
    services.record_emergency(
        draft_id=draft.pk, decision=decision, by=drafts.patient_signed_in(request), now=now
    )
    return redirect("intake:emergency")


def _is_emergency(
    newer: IntakeDraft,
    answers: Mapping[str, object],
    *,
    put: Collection[str],
    still_asked: Collection[str],
) -> bool:
    said = {key: value for key, value in drafts.answers_of(newer).items() if key not in put}
    shown = [id_ for id_ in {*newer.shown, *put} if id_ not in still_asked]
    return triage.assess_so_far({**said, **answers}, shown) is not None


def _marked(request: HttpRequest, stop: Stop) -> list[str] | None:
    """What was marked on the body picture; None on a screen without one."""
    if not stop.screen.body_picture:
        return None
    return body.read(request.POST.getlist(services.ALSO_HURTS))


def _both(
    changed: AnswersChanged,
    stop: Stop,
    here: Mapping[str, object],
    marked: Collection[str] | None,
) -> list[Both]:
    newer = changed.newer
    found = [
        Both(_(q.text), _in_words(q, newer.answers), _in_words(q, here))
        for q in stop.questions
        if q.id in changed.keys
    ]
    if services.ALSO_HURTS in changed.keys:
        words = (_spots(newer.also_hurts), _spots(marked or ()))
        found.append(Both(_("Where else does it hurt?"), *words))
    return found


def _both_births(newer: IntakeDraft, here: date, stop: Stop) -> Both:
    kept = date_format(newer.born, "DATE_FORMAT") if newer.born else _("No answer")
    return Both(_(stop.screen.title), kept, date_format(here, "DATE_FORMAT"))


def _in_words(question: Question, answers: Mapping[str, object]) -> str:
    value = question.read(answers.get(question.id))
    if value is UNANSWERED:
        return _("No answer")
    return "; ".join(_(label) for label in question.labels_of(value))


def _spots(marked: Collection[str]) -> str:
    return "; ".join(_(label) for label in body.labels(marked)) or _("Nowhere else")


def _next(request: HttpRequest, draft: IntakeDraft, stop: Stop) -> HttpResponse:
    walk = drafts.walk_of(draft, everything=drafts.from_check(request))
    waiting = walk.first_unanswered
    if drafts.from_check(request):
        return _to(waiting, from_check=True) if waiting else redirect("intake:check")
    here = walk.stop(stop.screen.slug)
    following = walk.after(here) if here else waiting
    if following is None:
        return _to(waiting) if waiting else redirect("intake:about")
    return _to(waiting if waiting and walk.is_ahead(following) else following)


def _back(request: HttpRequest, walk: Walk, stop: Stop) -> HttpResponse:
    if drafts.from_check(request):
        return redirect("intake:check")
    before = walk.before(stop)
    return _to(before) if before else redirect("clinic:landing")


def _to(stop: Stop, *, from_check: bool = False) -> HttpResponse:
    address = reverse("intake:screen", args=[stop.screen.slug])
    return redirect(f"{address}?from={drafts.CHECK}" if from_check else address)


def _asks_birth(stop: Stop) -> bool:
    return stop.questions[0].kind is Kind.AGE


def _page(
    request: HttpRequest,
    draft: IntakeDraft,
    walk: Walk,
    stop: Stop,
    *,
    asking: Asking | None = None,
    birth: BirthForm | None = None,
    conflict: list[Both] | None = None,
) -> HttpResponse:
    marked = _marked(request, stop) if request.method == "POST" else draft.also_hurts
    return drafts.form_page(
        request,
        draft,
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
            "from_check": drafts.CHECK if drafts.from_check(request) else "",
            "conflict": conflict,
            "figures": body.FIGURES if stop.screen.body_picture else (),
            "view_box": body.VIEW_BOX,
            "also_hurts": marked,
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
