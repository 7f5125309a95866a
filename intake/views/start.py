"""Starting, going on, and starting again."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import limits, sign_in
from intake import screens, services
from intake.models import IntakeDraft
from intake.views import drafts


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """A new, empty draft for this browser."""
    now = timezone.now()
    limits.count(limits.INTAKES_BY_ADDRESS, limits.visitor(request), now=now)
    browser = drafts.browser_of(request)
    drafts.take_up(request, services.start_draft(browser=browser, now=now))
    response = redirect("intake:screen", screens.SCREENS[0].slug)
    drafts.remember_browser(response, browser)
    return response


@require_GET
@drafts.open_draft_required
def resume(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    """To where somebody stopped."""
    waiting = drafts.walk_of(draft).first_unanswered
    return redirect("intake:screen", waiting.screen.slug) if waiting else redirect("intake:check")


@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: HttpRequest) -> HttpResponse:
    """Somebody else holds the phone now: this browser no longer leads to the answers."""
    if request.method != "POST":
        return render(request, "intake/start_again.html", {"draft": drafts.draft_of(request)})
    drafts.let_go(request)
    sign_in.forget_code(request)
    if drafts.patient_signed_in(request):
        # Whoever answers next is not who signed in.
        logout(request)
    messages.success(request, _("This device has forgotten your answers."))
    return redirect("clinic:landing")
