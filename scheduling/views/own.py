"""What an account's own family may reach. Anything else is not found."""

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from clinic.models import User
from intake import public as intake
from intake.public import ClearanceCard
from scheduling.models import Appointment


def account_of(request: HttpRequest) -> User:
    """Who is signed in: these pages stand behind `patient_required`."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def own_visit(request: HttpRequest, pk: UUID) -> Appointment:
    visits = Appointment.objects.visible_to(account_of(request))
    return get_object_or_404(visits.select_related("visit_type", "clinician"), pk=pk)


def own_clearance(request: HttpRequest, clearance_id: UUID) -> ClearanceCard:
    clearance = intake.clearance_of(account_of(request), clearance_id)
    if clearance is None:
        raise Http404
    return clearance
