"""Waiting for a time that suits: getting on the list, saying what suits, and getting off it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import limits
from clinic.access import patient_required
from intake import public as intake
from intake.public import PatientCard
from scheduling import availability, services
from scheduling.exceptions import SchedulingProblem
from scheduling.forms import WaitForm, as_wished
from scheduling.models import VisitType, WaitlistEntry
from scheduling.views.choose import choose_page
from scheduling.views.own import account_of, own_clearance
from scheduling.views.words import kind_in_words


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, clearance_id: UUID) -> HttpResponse:
    """For whoever finds no time that suits among those that are free."""
    clearance = own_clearance(request, clearance_id)
    kind = availability.visit_type_for(clearance)
    if kind is None or not intake.is_usable(clearance, timezone.now()):
        return choose_page(request, clearance)
    theirs = WaitlistEntry.objects.waiting().of_person(clearance.patient_id)
    there = theirs.filter(visit_type=kind)
    return _wish(request, clearance.person, kind, there.first())


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: HttpRequest, pk: UUID) -> HttpResponse:
    entry = _own_entry(request, pk)
    person = intake.patient_card(entry.patient_id)
    if entry.state != WaitlistEntry.State.WAITING:
        return _no_longer(request)
    return _wish(request, person, entry.visit_type, entry)


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    entry = _own_entry(request, pk)
    if request.method == "POST":
        services.withdraw(entry_id=entry.pk, by=account_of(request), now=timezone.now())
        messages.success(request, _("You are off the waitlist."))
        return redirect("scheduling:visits")
    if entry.state != WaitlistEntry.State.WAITING:
        return _no_longer(request)
    context = {
        "entry": entry,
        "person": intake.patient_card(entry.patient_id),
        "kind": kind_in_words(entry.visit_type.name, entry.visit_type.minutes),
    }
    return render(request, "scheduling/leave_waitlist.html", context)


def _wish(
    request: HttpRequest, person: PatientCard, kind: VisitType, entry: WaitlistEntry | None
) -> HttpResponse:
    """The form, shown or sent."""
    today = timezone.localdate()
    if request.method != "POST":
        form = WaitForm(today=today, initial=as_wished(entry, today=today))
        return _form_page(request, person, kind, entry, form)
    limits.count(limits.HOLDS_BY_ACCOUNT, str(account_of(request).pk), now=timezone.now())
    form = WaitForm(request.POST, today=today)
    if not form.is_valid():
        return _form_page(request, person, kind, entry, form, status=422)
    try:
        services.wait_for(
            patient_id=person.id,
            visit_type_id=kind.pk,
            wishes=form.wishes,
            by=account_of(request),
            now=timezone.now(),
        )
    except SchedulingProblem as problem:
        form.add_error(None, str(problem))
        return _form_page(request, person, kind, entry, form, status=409)
    messages.success(request, _said(person, is_new=entry is None))
    return redirect("scheduling:visits")


def _said(person: PatientCard, *, is_new: bool) -> str:
    if not is_new:
        return _("We have noted which times suit you.")
    if person.email:
        return _("You are on the waitlist. We email you when a time is free.")
    return _("You are on the waitlist. We call you when a time is free.")


def _form_page(
    request: HttpRequest,
    person: PatientCard,
    kind: VisitType,
    entry: WaitlistEntry | None,
    form: WaitForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "person": person,
        "kind": kind_in_words(kind.name, kind.minutes),
        "entry": entry,
        "form": form,
    }
    return render(request, "scheduling/wait.html", context, status=status)


def _no_longer(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("You are not on the waitlist any more."))
    return redirect("scheduling:visits")


def _own_entry(request: HttpRequest, pk: UUID) -> WaitlistEntry:
    entries = WaitlistEntry.objects.visible_to(account_of(request)).select_related("visit_type")
    return get_object_or_404(entries, pk=pk)
