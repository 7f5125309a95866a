"""One patient as the staff see them, with the visits."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import access
from intake import public as intake
from scheduling import visit_list


@access.staff_required
@require_safe
def patient(request: HttpRequest, pk: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    file = intake.open_file(pk, by=by, now=now)
    if file is None:
        raise Http404
    if file.id != pk:
        return redirect("desk:patient", file.id)
    context = {
        "file": file,
        "visits": visit_list.on_file(pk, by=by, now=now) if access.sees_calendar(by) else None,
        "may_edit": access.is_desk(by),
        "may_merge": access.merges_records(by),
        "may_give_exercises": access.gives_exercises(by),
    }
    return render(request, "scheduling/staff_patient.html", context)
