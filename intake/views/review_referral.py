"""The clinician's side of a referral: the letter by version, what happened, what came back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import access, audit
from clinic.access import signed_in
from clinic.typeset import NotTypeset, handed_out
from intake import letter, referral_file, reports, services
from intake.exceptions import IntakeProblem, LetterNotPrintable
from intake.forms.letter import LetterForm, NoteForm, SentForm
from intake.forms.report import ReportForm
from intake.models import Referral, ReferralStep, Report


@access.answers_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: UUID, referral: UUID) -> HttpResponse:
    found = _found(request, pk, referral)
    return _save(request, found) if request.method == "POST" else _page(request, found)


@access.answers_required
@require_GET
def letter_pdf(request: HttpRequest, pk: UUID, referral: UUID) -> HttpResponse:
    """The newest version, or the one that is asked for."""
    found, now = _found(request, pk, referral), timezone.now()
    asked = request.GET.get("version", "")
    versions = found.letters.filter(version=int(asked)) if asked.isdecimal() else found.letters
    wanted = get_object_or_404(versions.order_by("-version")[:1])
    with audit.writing(request.user):
        _record(request, "referral letter read", found, version=wanted.version)
    try:
        document = letter.pdf(wanted, now=now)
    except NotTypeset:
        messages.warning(request, str(LetterNotPrintable.message))
        return redirect("review:referral", pk, referral)
    return handed_out(document, letter.FILE_NAME)


@access.reviewer_required
@require_POST
def sent(request: HttpRequest, pk: UUID, referral: UUID) -> HttpResponse:
    found, form = _found(request, pk, referral), SentForm(request.POST)
    if not form.is_valid():
        return _page(request, found, sent=form, status=422)
    try:
        services.letter_went_out(
            referral_id=found.pk, by=signed_in(request), now=timezone.now(), **form.cleaned_data
        )
    except IntakeProblem as problem:
        form.add_error(None, str(problem))
        return _page(request, found, sent=form, status=409)
    messages.success(request, _("Recorded. The patient has the letter on their page now."))
    return redirect("review:referral", pk, referral)


@access.reviewer_required
@require_POST
def seen(request: HttpRequest, pk: UUID, referral: UUID) -> HttpResponse:
    found, form = _found(request, pk, referral), NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, found, seen=form, status=422)
    try:
        services.doctor_seen(
            referral_id=found.pk, by=signed_in(request), now=timezone.now(), **form.cleaned_data
        )
    except IntakeProblem as problem:
        form.add_error(None, str(problem))
        return _page(request, found, seen=form, status=409)
    messages.success(request, _("Recorded. The case waits for your decision."))
    return redirect("review:referral", pk, referral)


@access.reviewer_required
@require_POST
def receive_report(request: HttpRequest, pk: UUID, referral: UUID) -> HttpResponse:
    """A report that came to the clinic itself."""
    found, form = _found(request, pk, referral), ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, found, report=form, status=422)
    file = form.cleaned_data["report"]
    try:
        services.receive_report(
            referral_id=found.pk,
            name=file.name,
            content=file.read(),
            size=file.size,
            by=signed_in(request),
            now=timezone.now(),
        )
    except IntakeProblem as problem:
        form.add_error("report", str(problem))
        return _page(request, found, report=form, status=422)
    messages.success(request, _("The report is kept. The case waits for your decision."))
    return redirect("review:referral", pk, referral)


@access.answers_required
@require_GET
def report(request: HttpRequest, pk: UUID, referral: UUID, report: UUID) -> HttpResponse:
    found = _found(request, pk, referral)
    kept = get_object_or_404(
        Report.objects.visible_to(signed_in(request)), pk=report, referral=found
    )
    with audit.writing(request.user):
        audit.record(
            request.user,
            "report read",
            kept,
            at=timezone.now(),
            patient_id=found.decision.intake.patient_id,
        )
    return reports.handed_out(kept)


@access.reviewer_required
def _save(request: HttpRequest, referral: Referral) -> HttpResponse:
    form = _letter_form(referral, request.POST)
    if not form.is_valid():
        return _page(request, referral, letter=form, status=422)
    try:
        saved = services.save_letter(
            referral_id=referral.pk, by=signed_in(request), now=timezone.now(), **form.cleaned_data
        )
    except IntakeProblem as problem:
        form.add_error(None, str(problem))
        return _page(request, referral, letter=form, status=409)
    messages.success(request, _("Saved as version %(version)s.") % {"version": saved.version})
    return redirect("review:referral", referral.case_id, referral.pk)


def _found(request: HttpRequest, case: UUID, referral: UUID) -> Referral:
    visible = Referral.objects.visible_to(signed_in(request)).filter(case=case)
    return get_object_or_404(
        visible.select_related("case", "decision__intake__patient", "decision__by"), pk=referral
    )


def _letter_form(referral: Referral, data: Any = None) -> LetterForm:
    newest = referral.letters.select_related("receiver").latest("version")
    own = letter.own_doctor(referral.decision.intake)
    return LetterForm(data, newest=newest, own_doctor=own)


def _page(
    request: HttpRequest, referral: Referral, *, status: int = 200, **forms: Any
) -> HttpResponse:
    intake = referral.decision.intake
    audit.viewed(request.user, referral, at=timezone.now(), patient_id=intake.patient_id)
    letters = list(referral.letters.select_related("by"))
    is_running = not referral.steps.filter(kind=ReferralStep.Kind.DECIDED).exists()
    context = {
        "referral": referral,
        "line": referral_file.line(referral),
        "who": letter.who(intake),
        "is_running": is_running,
        "letter": forms.get("letter") or _letter_form(referral),
        "versions": [(each.version, referral_file.version(each)) for each in letters],
        "newest": letters[0].version,
        "sent": forms.get("sent") or SentForm(initial={"seen_version": letters[0].version}),
        "seen": forms.get("seen") or NoteForm(),
        "report": forms.get("report") or ReportForm(),
        "steps": referral_file.steps(referral),
        "reports": referral_file.reports(referral),
        "reason": referral.decision.reason,
        "wrong": next(iter(forms.values()), None),
    }
    return render(request, "intake/review_referral.html", context, status=status)


def _record(request: HttpRequest, action: str, referral: Referral, **facts: int) -> None:
    patient_id = referral.decision.intake.patient_id
    audit.record(request.user, action, referral, at=timezone.now(), patient_id=patient_id, **facts)
