"""Who they are, in their own words, and what they agree to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from intake import screens, services
from intake.forms import AboutForm
from intake.models import IntakeDraft
from intake.public import ADULT
from intake.views import drafts, language

# Kept beside what is sent: what was typed, so that nothing is typed twice.
TYPED = "typed"


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.open_draft_required
def about(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    if draft.renews:
        return redirect("intake:changes")
    if screens.walk(drafts.answers_of(draft)).first_unanswered:
        return redirect("intake:resume")
    if lacks_guardian(draft):
        return render(request, "intake/guardian_needed.html")
    minor = is_minor(draft)
    if request.method != "POST":
        form = AboutForm.of(draft.about.get(TYPED, {}), minor=minor)
        return _page(request, draft, form)
    chosen = language.switch(request)
    form = AboutForm(request.POST, minor=minor)
    now = timezone.now()
    kept: dict[str, object] = {TYPED: form.typed()}
    goes_on = not chosen and "back" not in request.POST
    if goes_on and form.is_valid():
        kept |= form.about(now=now)
    services.keep_about(draft_id=draft.pk, about=kept, now=now)
    if "back" in request.POST:
        return redirect("intake:screen", _last_screen(draft))
    if chosen:
        again = AboutForm.of(form.typed(), minor=minor)
        return language.remember(_page(request, draft, again), chosen)
    return redirect("intake:check") if form.is_valid() else _page(request, draft, form)


def is_minor(draft: IntakeDraft) -> bool:
    age = drafts.answers_of(draft).get("age")
    return isinstance(age, int) and age < ADULT


def lacks_guardian(draft: IntakeDraft) -> bool:
    """A minor said that no parent or guardian is filling this in with them."""
    return is_minor(draft) and draft.answers.get("guardian") != "yes"


def kept_form(draft: IntakeDraft) -> AboutForm:
    """What was typed, read again as of today: somebody may have turned 18, a town may be gone."""
    return AboutForm(draft.about.get(TYPED, {}), minor=is_minor(draft))


def _last_screen(draft: IntakeDraft) -> str:
    return screens.walk(drafts.answers_of(draft)).stops[-1].screen.slug


def _page(request: HttpRequest, draft: IntakeDraft, form: AboutForm) -> HttpResponse:
    steps = screens.walk(drafts.answers_of(draft)).steps
    return render(
        request,
        "intake/about.html",
        {"form": form, "step": steps - 1, "steps": steps, "minutes": 2, "answers_form": "answers"},
    )
