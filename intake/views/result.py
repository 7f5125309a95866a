"""What came of an intake, for the family it belongs to, and the times that would suit them."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import audit, limits, times
from clinic.access import patient_required, signed_in
from clinic.half_days import in_words as half_days_in_words
from intake import half_days, outcome, referral_told, services
from intake.exceptions import CaseAlreadyDecided
from intake.forms import WishForm
from intake.models import Case, Disposition, Intake, WishedTimes


@patient_required
@require_safe
def result(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _page(request, _own(request, pk), now=timezone.now())


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def wish_times(request: HttpRequest, pk: UUID) -> HttpResponse:
    intake, now = _own(request, pk), timezone.now()
    if request.method != "POST":
        # Reloaded, or the language switched, after an answer that refused the note.
        return redirect("intake:result", pk)
    case = _case_to_wish_in(intake)
    if case is None:
        return redirect("intake:result", pk)
    form = WishForm(request.POST, offered=half_days.offered(on=timezone.localdate(now)))
    if not form.is_valid():
        return _page(request, intake, now=now, form=form)
    limits.count(limits.CONTACTS_BY_ADDRESS, limits.visitor(request), now=now)
    try:
        services.wish_times(case_id=case.pk, by=signed_in(request), now=now, **form.cleaned_data)
    except CaseAlreadyDecided:
        return redirect("intake:result", pk)
    messages.success(request, _("Thank you. The clinic has the times that suit you."))
    return redirect("intake:result", pk)


def _own(request: HttpRequest, pk: UUID) -> Intake:
    visible = Intake.objects.answers_visible_to(signed_in(request))
    return get_object_or_404(visible.select_related("case", "patient__merged_into"), pk=pk)


def _page(
    request: HttpRequest, intake: Intake, *, now: datetime, form: WishForm | None = None
) -> HttpResponse:
    # An answer to the form shows the result as well.
    reader = signed_in(request)
    with audit.writing(reader):
        audit.record(reader, "result read", intake, at=now, patient_id=intake.patient_id)
    case = _case_to_wish_in(intake)
    # Their own: the case may hold answers of another person, who shares a phone or a birthday.
    wished = case.wishes.filter(by=reader).first() if case else None
    context = {
        "intake": intake,
        "person": intake.patient.kept if intake.patient else None,
        "answered": times.in_words(intake.submitted_at),
        "told": outcome.told(intake, now),
        "referral": referral_told.newest_of(intake, reader),
        "form": form or (_form(wished, now) if case else None),
        "wished": half_days_in_words(wished.half_days) if wished else [],
        "wished_note": wished.note if wished else "",
    }
    return render(request, "intake/result.html", context)


def _case_to_wish_in(intake: Intake) -> Case | None:
    """Whoever needs help now is not asked when a visit would suit."""
    case = intake.case
    if case is None or case.state not in Case.UNRESOLVED:
        return None
    return None if intake.disposition == Disposition.EMERGENCY else case


def _form(wished: WishedTimes | None, now: datetime) -> WishForm:
    kept = {"half_days": wished.half_days, "note": wished.note} if wished else {}
    offered = half_days.offered(on=timezone.localdate(now))
    return WishForm(initial=kept, offered=offered)
