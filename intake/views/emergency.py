"""What to do now. The page an emergency leads to, and leads back to."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import limits, times
from intake import outcome, screens, services
from intake.forms import ContactForm
from intake.models import Disposition, Intake
from intake.views import drafts


@require_GET
def emergency(request: HttpRequest) -> HttpResponse:
    intake = _recorded(request)
    return _page(request, intake, ContactForm()) if intake else redirect("intake:resume")


@require_http_methods(["GET", "HEAD", "POST"])
def leave_contact(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        # Reloaded, or the language switched, after an answer that refused the number.
        return redirect("intake:emergency")
    intake = _recorded(request)
    if intake is None:
        return redirect("intake:resume")
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _page(request, intake, form)
    now = timezone.now()
    limits.count(limits.CONTACTS_BY_ADDRESS, limits.visitor(request), now=now)
    services.leave_contact(
        intake_id=intake.pk,
        name=form.cleaned_data["name"],
        phone=form.cleaned_data["phone"].as_e164,
        by=drafts.patient_signed_in(request),
        now=now,
    )
    messages.success(request, _("The clinic has your number. Do not wait for our call."))
    return redirect("intake:emergency")


@require_POST
def mistake(request: HttpRequest) -> HttpResponse:
    """The answer opens again. The emergency stays on record, and somebody looks at both."""
    intake = _recorded(request)
    if intake is None:
        return redirect("intake:resume")
    now = timezone.now()
    limits.count(limits.INTAKES_BY_ADDRESS, limits.visitor(request), now=now)
    draft = services.report_mistake(
        intake=intake,
        browser=intake.browser or drafts.browser_of(request),
        by=drafts.patient_signed_in(request),
        now=now,
    )
    drafts.take_up(request, draft)
    messages.info(
        request,
        _("Put your answer right. Someone at the clinic will look at it before you can book."),
    )
    stop = tapped(intake, screens.walk(drafts.answers_of(draft)))
    return redirect("intake:screen", stop.screen.slug) if stop else redirect("intake:resume")


def _recorded(request: HttpRequest) -> Intake | None:
    intake = drafts.sent_intake(request)
    return intake if intake and intake.disposition == Disposition.EMERGENCY else None


def tapped(intake: Intake, walk: screens.Walk) -> screens.Stop | None:
    """The screen of the first answer that led here."""
    finding = intake.findings.filter(disposition=Disposition.EMERGENCY).first()
    for quote in finding.quotes if finding else []:
        stop = walk.stop_asking(quote["id"])
        if stop and stop.is_answered:
            return stop
    return None


def _page(request: HttpRequest, intake: Intake, form: ContactForm) -> HttpResponse:
    # Only what was left here: another number of the case may be another person's.
    newest = intake.contacts.first()
    return render(
        request,
        "intake/emergency.html",
        {
            "told": outcome.emergency(intake),
            "answered": times.in_words(intake.submitted_at),
            "form": form,
            "phone": newest.phone if newest else intake.phone,
        },
    )
