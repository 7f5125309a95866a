"""A family on one account: the next form of each, and the grown-up who gets a sign-in of their own.

A link only shows: the record moves when its owner, signed in with the address the link went to,
gives their date of birth.
"""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access, limits
from clinic.access import patient_required
from clinic.forms import EmailForm
from intake import services
from intake.exceptions import HandoverOver, IntakeProblem, NotTheDateOfBirth, SomebodyLooksFirst
from intake.forms import BirthForm, Trouble
from intake.models import Patient
from intake.services.families import GOOD_FOR, is_of_age
from intake.views import drafts, errand


@patient_required
@require_POST
def next_form(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of the family answers again: the short form where it may be, else the full one.

    What they were about to do meanwhile is noted: see `errand`.
    """
    patient, now = _own(request, pk), timezone.now()
    limits.count(limits.INTAKES_BY_ADDRESS, limits.visitor(request), now=now)
    browser = drafts.browser_of(request)
    try:
        draft = services.begin_next_form(
            patient=patient, browser=browser, by=access.signed_in(request), now=now
        )
    except SomebodyLooksFirst as problem:
        messages.warning(request, str(problem))
        return redirect("scheduling:visits")
    drafts.take_up(request, draft)
    errand.note(request, draft)
    response = redirect("intake:resume")
    drafts.remember_browser(response, browser)
    return response


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_account(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mail a grown-up of the family the link with which they take their record over."""
    patient, by, now = _own(request, pk), access.signed_in(request), timezone.now()
    if not is_of_age(patient, now):
        raise Http404
    form = EmailForm(request.POST or None)
    form.fields["email"].label = _("Their own email address")
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if email == by.email:
            form.add_error("email", _("That is the address you sign in with. Type their own."))
        else:
            limits.count(limits.HANDOVERS_BY_ACCOUNT, str(by.pk), now=now)
            services.offer_own_account(patient=patient, email=email, by=by, now=now)
            messages.success(
                request,
                _("We sent a link to %(email)s. It works for %(days)d days.")
                % {"email": email, "days": GOOD_FOR.days},
            )
            return redirect("scheduling:visits")
    return render(
        request, "intake/own_account.html", {"form": form, "person": patient, "email": by.email}
    )


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whoever reads the mailbox it went to, and knows the date of birth, has their record."""
    account, now = access.signed_in(request), timezone.now()
    today = timezone.localdate(now)
    if not services.offered_to(account, now).filter(pk=pk).exists():
        return _over(request, HandoverOver())
    if request.method != "POST":
        return _ask(request, BirthForm(today=today))
    form = BirthForm(request.POST, today=today)
    if not form.is_valid():
        return _ask(request, form)
    limits.count(limits.BIRTH_DATES_FOR_HANDOVER, str(pk), now=now)
    try:
        patient = services.take_over(handover_id=pk, account=account, born=form.born(), now=now)
    except NotTheDateOfBirth as problem:
        form.add_error("month", str(problem))
        return _ask(request, form)
    except IntakeProblem as problem:
        return _over(request, problem)
    messages.success(
        request, _("Welcome, %(name)s. Your visits are yours now.") % {"name": patient.given_name}
    )
    return redirect("scheduling:visits")


def _own(request: HttpRequest, pk: UUID) -> Patient:
    patients = Patient.objects.visible_to(access.signed_in(request)).not_merged()
    return get_object_or_404(patients, pk=pk)


def _ask(request: HttpRequest, form: BirthForm) -> HttpResponse:
    errors = [
        Trouble(form[name].auto_id, str(sentence))
        for name, sentences in form.errors.items()
        for sentence in sentences
    ]
    return render(request, "intake/take_over.html", {"birth": form, "errors": errors})


def _over(request: HttpRequest, problem: IntakeProblem) -> HttpResponse:
    messages.warning(request, str(problem))
    return redirect("scheduling:visits")
