"""A clearance is taken back: what becomes of the visits that rest on it."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from clinic import audit
from clinic.audit import Actor
from scheduling.models import Appointment
from scheduling.services.steps import become, end_all
from scheduling.slots import State, may_move

# The audit entry that puts a visit on the desk's list of calls.
CALL_THE_PATIENT = "call the patient"
# Somebody in the room is with the doctor already: that visit is neither stopped nor freed.
_STOPPED = (State.HELD, State.BOOKED, State.CONFIRMED, State.ARRIVED, State.SUSPENDED)


def stop_visits_of(*, clearance_id: UUID, emergency: bool, by: Actor, now: datetime) -> None:
    """Suspend the visits to come, in the revocation's own transaction; give holds back.

    In an emergency their time is given back, and the desk is told to call.
    """
    to_come = Q(state__in=[state.value for state in _STOPPED], visit__endswith__gt=now)
    early = Q(state=State.IN_ROOM.value, visit__startswith__gt=now)
    visits = (
        Appointment.objects.filter(to_come | early, clearance=clearance_id)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    for visit in visits:
        _stop(visit, emergency=emergency, by=by, now=now)


def release_undecided(*, now: datetime) -> int:
    """End suspended visits whose whole time went by without a decision; how many."""
    with audit.writing(None):
        undecided = list(
            Appointment.objects.filter(state=State.SUSPENDED.value, visit__endswith__lte=now)
            .order_by("pk")
            .select_for_update(of=("self",), no_key=True, skip_locked=True)
        )
        end_all(undecided, State.RELEASED, by=None, now=now, reason="Nobody decided in time.")
    return len(undecided)


def _stop(visit: Appointment, *, emergency: bool, by: Actor, now: datetime) -> None:
    before = State(visit.state)
    free_it = before is State.HELD or emergency
    # Who has arrived is suspended even then: freeing their time takes a second look.
    state = State.RELEASED if free_it and may_move(before, State.RELEASED) else State.SUSPENDED
    if before is not state:
        become(visit, state, by=by, now=now, reason="The clearance was revoked.")
    if emergency and before is not State.HELD:
        audit.record(by, CALL_THE_PATIENT, visit, at=now, patient_id=visit.patient_id)
