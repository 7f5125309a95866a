"""Who they are, in their own words, and what they agree to."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from intake import screens, services
from intake.exceptions import AnswersChanged
from intake.forms import AboutForm
from intake.models import IntakeDraft
from intake.public import ADULT
from intake.screens import AboutScreen
from intake.services import TYPED
from intake.views import drafts, language
from intake.views.conflict import Both

FIRST = screens.ABOUT_SCREENS[0].slug
# Left to do on the last of these screens and on the check, in minutes.
MINUTES_AT_THE_END = 1


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def about(request: HttpRequest, draft: IntakeDraft, slug: str = FIRST) -> HttpResponse:
    if draft.renews:
        return redirect("intake:changes")
    if screens.walk(drafts.answers_of(draft)).first_unanswered:
        return redirect("intake:resume")
    if lacks_guardian(draft):
        return render(request, "intake/guardian_needed.html")
    here = _screen(draft, slug)
    if request.method == "POST":
        return _filled_in(request, draft, here)
    form = AboutForm.of(_known(request, draft), minor=is_minor(draft), only=here.fields)
    return _page(request, draft, here, form)


def _filled_in(request: HttpRequest, draft: IntakeDraft, here: AboutScreen) -> HttpResponse:
    chosen = language.switch(request)
    form = AboutForm(request.POST, minor=is_minor(draft), only=here.fields)
    typed = form.typed()
    try:
        kept = services.keep_typed(
            draft_id=draft.pk,
            typed=typed,
            put=here.fields,
            now=timezone.now(),
            seen=drafts.seen_by(request),
        )
    except AnswersChanged as changed:
        again = AboutForm.of(typed, minor=is_minor(draft), only=here.fields)
        return _page(request, changed.newer, here, again, conflict=_both(changed, again, typed))
    draft.about, draft.version = kept.about, kept.version
    leaving = drafts.leaving(request)
    if leaving:
        return leaving
    if "back" in request.POST:
        return _back(request, draft, here)
    if chosen:
        again = AboutForm.of(typed, minor=is_minor(draft), only=here.fields)
        return language.remember(_page(request, draft, here, again), chosen)
    return _next(request, draft, here) if form.is_valid() else _page(request, draft, here, form)


def place_of_wrong(form: AboutForm) -> str:
    """The address of the first screen on which something is missing or wrong."""
    wrong = (each for each in screens.ABOUT_SCREENS if set(each.fields) & form.errors.keys())
    return address(next(wrong).slug)


def address(slug: str) -> str:
    return reverse("intake:about", args=[] if slug == FIRST else [slug])


def is_minor(draft: IntakeDraft) -> bool:
    age = drafts.answers_of(draft).get("age")
    return isinstance(age, int) and age < ADULT


def lacks_guardian(draft: IntakeDraft) -> bool:
    """A minor said that no parent or guardian is filling this in with them."""
    return is_minor(draft) and draft.answers.get("guardian") != "yes"


def kept_form(draft: IntakeDraft) -> AboutForm:
    """What was typed, read again as of today: somebody may have turned 18, a town may be gone."""
    return AboutForm(draft.about.get(TYPED, {}), minor=is_minor(draft))


def _screen(draft: IntakeDraft, slug: str) -> AboutScreen:
    for each in screens.about_screens(minor=is_minor(draft)):
        if each.slug == slug:
            return each
    raise Http404


def _known(request: HttpRequest, draft: IntakeDraft) -> dict[str, str]:
    """What was typed before; of somebody signed in the address is known without."""
    typed = draft.about.get(TYPED, {})
    account = drafts.patient_signed_in(request)
    return {"email": account.email, **typed} if account else typed


def _next(request: HttpRequest, draft: IntakeDraft, here: AboutScreen) -> HttpResponse:
    order = screens.about_screens(minor=is_minor(draft))
    place = order.index(here) + 1
    if drafts.from_check(request) or place == len(order):
        return redirect("intake:check")
    return redirect(address(order[place].slug))


def _back(request: HttpRequest, draft: IntakeDraft, here: AboutScreen) -> HttpResponse:
    if drafts.from_check(request):
        return redirect("intake:check")
    order = screens.about_screens(minor=is_minor(draft))
    place = order.index(here)
    if place:
        return redirect(address(order[place - 1].slug))
    last = screens.walk(drafts.answers_of(draft)).stops[-1]
    return redirect("intake:screen", last.screen.slug)


def _both(changed: AnswersChanged, form: AboutForm, typed: dict[str, str]) -> list[Both]:
    newer = changed.newer.about.get(TYPED, {})
    names = [name for name in form.fields if f"{TYPED}.{name}" in changed.keys]
    return [
        Both(
            str(form.fields[name].label),
            form.in_words(name, newer) or _("Nothing"),
            form.in_words(name, typed) or _("Nothing"),
        )
        for name in names
    ]


def _page(
    request: HttpRequest,
    draft: IntakeDraft,
    here: AboutScreen,
    form: AboutForm,
    *,
    conflict: list[Both] | None = None,
) -> HttpResponse:
    walk = screens.walk(drafts.answers_of(draft))
    place = walk.about.index(here)
    return drafts.form_page(
        request,
        draft,
        "intake/about.html",
        {
            "title": _(here.title),
            "slug": here.slug,
            "form": form,
            "conflict": conflict,
            "step": len(walk.stops) + place + 1,
            "steps": walk.steps,
            "minutes": MINUTES_AT_THE_END + (place + 2 < len(walk.about)),
            "from_check": drafts.CHECK if drafts.from_check(request) else "",
        },
    )
