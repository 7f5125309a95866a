"""A clearance is taken back, or a newer decision takes its place: what becomes of its visits."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from clinic import audit
from clinic.audit import Actor
from intake import public as intake
from scheduling import availability, plan
from scheduling.exceptions import SchedulingProblem
from scheduling.models import Appointment, Call
from scheduling.plan import Plan
from scheduling.services.calls import ask_to_call
from scheduling.services.placing import require_clearance
from scheduling.services.steps import (
    become,
    tell_booked,
    tell_released,
    tell_suspended,
)
from scheduling.slots import State, may_move

# Somebody in the room is with the doctor already: that visit is neither stopped nor freed.
_STOPPED = (State.HELD, State.BOOKED, State.CONFIRMED, State.ARRIVED, State.SUSPENDED)
_HERE = (State.ARRIVED, State.IN_ROOM)
_CARRIED_OVER = (State.BOOKED, State.CONFIRMED, *_HERE, State.SUSPENDED)


def stop_visits_of(
    *,
    clearance_id: UUID,
    emergency: bool,
    by: Actor,
    now: datetime,
) -> None:
    """Suspend the visits to come, in the revocation's own transaction; give holds back.

    In an emergency their time is given back, and the desk is told to call.
    """
    to_come = Q(state__in=[state.value for state in _STOPPED], visit__endswith__gt=now)
    early = Q(state=State.IN_ROOM.value, visit__startswith__gt=now)
    concerned = (to_come | early) & Q(clearance=clearance_id)
    visits = (
        Appointment.objects.filter(concerned)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    for visit in visits:
        _stop(visit, emergency=emergency, by=by, now=now)


def carry_over(*, clearance_id: UUID, patient_id: UUID, by: Actor, now: datetime) -> None:
    """A decision issued this clearance: the patient's visits that it allows rest on it.

    Those to come, and the one they are here for. Suspended ones among them are booked again, in
    the time they kept, and the patient is told. What it does not allow is left
    as it is. Runs inside the decision's transaction.
    """
    intake.lock_patient(patient_id)
    visits = (
        Appointment.objects.filter(
            person=intake.person_of(patient_id),
            state__in=[state.value for state in _CARRIED_OVER],
            visit__endswith__gt=now,
        )
        .exclude(clearance=clearance_id)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    for visit in visits:
        if _is_allowed(visit, clearance_id, now=now):
            _rest_on(visit, clearance_id, by=by, now=now)


def keeps_its_time_until(visit: Appointment, planned: Plan | None = None) -> datetime:
    """When a suspended visit is released if nobody decides.

    After the clinic's delay in open hours, and not past its start; for somebody who was here
    already when it was suspended, not before its end: they are in the building. `planned` is the
    plan that stands, for whoever asks about many visits.
    """
    suspensions = [each for each in visit.changes.all() if each.after == State.SUSPENDED]
    if not suspensions:
        return visit.starts_at
    suspension = max(suspensions, key=lambda change: change.pk)
    if suspension.before in _HERE:
        return visit.ends_at
    planned = planned or plan.current()
    counted = availability.open_time_after(suspension.at, planned.suspended_for, planned)
    return min(counted, visit.starts_at) if counted else visit.starts_at


def release_undecided(*, now: datetime) -> int:
    """Give back the time of suspended visits that nobody decided in time; how many.

    The patient is told, and the desk is told to call.
    """
    suspended = (
        Appointment.objects.filter(state=State.SUSPENDED.value)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
    )
    with audit.writing(None):
        planned = plan.current()
        undecided = [visit for visit in suspended if keeps_its_time_until(visit, planned) <= now]
        for visit in undecided:
            become(visit, State.RELEASED, by=None, now=now, reason="Nobody decided in time.")
            _put_on_list_of_calls(visit, Call.Why.UNDECIDED, by=None, now=now)
            tell_released(visit, now=now)
    return len(undecided)


def _stop(visit: Appointment, *, emergency: bool, by: Actor, now: datetime) -> None:
    before = State(visit.state)
    free_it = before is State.HELD or emergency
    # Who has arrived is suspended even then: freeing their time takes a second look.
    state = State.RELEASED if free_it and may_move(before, State.RELEASED) else State.SUSPENDED
    if before is not state:
        become(visit, state, by=by, now=now, reason="The clearance was revoked.")
    if state is State.SUSPENDED and before not in (*_HERE, State.SUSPENDED):
        tell_suspended(visit, until=keeps_its_time_until(visit), now=now)
    if emergency and before is not State.HELD:
        _put_on_list_of_calls(visit, Call.Why.EMERGENCY, by=by, now=now)


def _put_on_list_of_calls(visit: Appointment, why: Call.Why, *, by: Actor, now: datetime) -> None:
    ask_to_call(patient_id=visit.patient_id, why=why, visit=visit, by=by, now=now)


def _is_allowed(visit: Appointment, clearance_id: UUID, *, now: datetime) -> bool:
    try:
        require_clearance(
            patient_id=visit.patient_id,
            clearance_id=clearance_id,
            visit_type=visit.visit_type,
            # A visit that has begun is asked about from now on.
            start=max(visit.starts_at, now),
            now=now,
        )
    except SchedulingProblem:
        return False
    return True


def _rest_on(visit: Appointment, clearance_id: UUID, *, by: Actor, now: datetime) -> None:
    visit.clearance_id = clearance_id
    if visit.state == State.SUSPENDED:
        become(visit, State.BOOKED, by=by, now=now, reason="Cleared again.")
        if visit.starts_at > now:
            tell_booked(visit, now=now)
        return
    visit.save(update_fields=["clearance"])
    audit.record(by, "visit rests on a newer clearance", visit, at=now, patient_id=visit.patient_id)
