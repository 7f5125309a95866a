"""Before a time is chosen or changed: how are you now? The questions, and back here afterwards."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import patient_required
from intake import public as intake
from intake.public import PatientCard
from scheduling.views.own import account_of, own_visit
from scheduling.views.words import visit_words


def questions_first_page(
    request: HttpRequest, person: PatientCard, sentence: str, *, then: str, status: int = 200
) -> HttpResponse:
    """Leads to the questions, and to the address `then` once nothing stands against it."""
    context = {
        "person": person,
        "sentence": sentence,
        "minutes": _minutes(request, person),
        "then": then,
    }
    return render(request, "scheduling/questions_first.html", context, status=status)


@patient_required
@require_safe
def has_anything_changed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a reminder's link shows. It changes nothing: mail scanners open every link."""
    visit, now = own_visit(request, pk), timezone.now()
    words = visit_words(visit, now)
    if not words.may_change:
        return redirect("scheduling:visit", pk)
    person = intake.patient_card(visit.patient_id)
    context = {"visit": words, "person": person, "minutes": _minutes(request, person)}
    return render(request, "scheduling/has_anything_changed.html", context)


def _minutes(request: HttpRequest, person: PatientCard) -> int:
    """How long they will take: the short form within a year of a full one, else the full one."""
    return 3 if person.id in intake.short_forms_of(account_of(request), timezone.now()) else 7
