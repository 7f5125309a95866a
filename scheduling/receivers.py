"""What the calendar does and answers when intake signals, in the same transaction."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from clinic.audit import Actor
from intake.signals import (
    call_wanted,
    clearance_decided,
    clearance_revoked,
    open_half_days_asked,
    open_time_asked,
    records_apart,
    records_merged,
    visit_types_asked,
    visits_asked,
)
from scheduling import availability, merging, plan, services, visit_list
from scheduling.models import Call


@receiver(clearance_revoked, dispatch_uid="scheduling.stop_visits")
def stop_visits(
    *,
    clearance_id: UUID,
    emergency: bool,
    by: Actor,
    now: datetime,
    **_kwargs: Any,
) -> None:
    services.stop_visits_of(clearance_id=clearance_id, emergency=emergency, by=by, now=now)


@receiver(clearance_decided, dispatch_uid="scheduling.carry_visits_over")
def carry_visits_over(
    *, clearance_id: UUID, patient_id: UUID, by: Actor, now: datetime, **_kwargs: Any
) -> None:
    services.carry_over(clearance_id=clearance_id, patient_id=patient_id, by=by, now=now)


@receiver(open_time_asked, dispatch_uid="scheduling.tell_open_time")
def tell_open_time(*, start: datetime, length: timedelta, **_kwargs: Any) -> datetime | None:
    return availability.open_time_after(start, length)


@receiver(open_half_days_asked, dispatch_uid="scheduling.tell_open_half_days")
def tell_open_half_days(*, on: date, **_kwargs: Any) -> set[tuple[int, str]]:
    return availability.open_half_days(on)


@receiver(visit_types_asked, dispatch_uid="scheduling.tell_visit_types")
def tell_visit_types(**_kwargs: Any) -> list[tuple[str, str, bool]]:
    kinds = [kind for kind in plan.current().visit_types.values() if kind.is_active]
    kinds.sort(key=lambda kind: (not kind.for_first_visit, kind.minutes, kind.pk))
    return [(kind.code, kind.name, kind.needs_xray_clearance) for kind in kinds]


@receiver(visits_asked, dispatch_uid="scheduling.tell_visits")
def tell_visits(*, patient_id: UUID, **_kwargs: Any) -> list[tuple[str, str, str]]:
    return visit_list.of_patient(patient_id)


@receiver(call_wanted, dispatch_uid="scheduling.put_on_list_of_calls")
def put_on_list_of_calls(
    *,
    patient_id: UUID,
    why: str,
    by: Actor,
    now: datetime,
    **_kwargs: Any,
) -> None:
    services.ask_to_call(patient_id=patient_id, why=Call.Why(why), by=by, now=now)


@receiver(records_merged, dispatch_uid="scheduling.make_room_for_merge")
def make_room_for_merge(
    *, patient_id: UUID, kept_id: UUID, by: Actor, now: datetime, **_kwargs: Any
) -> list[str]:
    return merging.before_merge(patient_id=patient_id, kept_id=kept_id, by=by, now=now)


@receiver(records_apart, dispatch_uid="scheduling.tell_what_holds_together")
def tell_what_holds_together(*, patient_id: UUID, kept_id: UUID, **_kwargs: Any) -> list[str]:
    return merging.before_apart(patient_id=patient_id, kept_id=kept_id)
