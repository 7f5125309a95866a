"""What the clients of a race do, and what is counted when they are done."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from clinic.audit import Actor
from intake import services as intake
from intake.models import Clearance
from scheduling import services
from scheduling.models import Appointment, VisitType
from tests.concurrency.conftest import Finish, Runner
from tests.factories.scheduling import NINE, NOW, wish

ROUNDS = 20
# Of the long ones beside those that want one time.
SOME_ROUNDS = 8
CLIENTS = 50
TEN_MINUTES = timedelta(minutes=10)


def some_starts(count: int) -> list[datetime]:
    """As many starts, far enough apart, on Tuesday and the Tuesdays and Thursdays after it."""
    days = [0, 2, 7, 9, 14, 16]
    return [NINE + timedelta(days=day, hours=hour) for day in days for hour in range(4)][:count]


def every_ten_minutes(count: int, *, days: int = 0) -> list[datetime]:
    """As many starts from nine o'clock on, so many days after Tuesday."""
    return [NINE + timedelta(days=days) + number * TEN_MINUTES for number in range(count)]


def check_up() -> str:
    """A kind of visit so short that several fit into the time of another; its code."""
    VisitType.objects.get_or_create(
        code="check-up", defaults={"name": "Check-up", "minutes": 10, "for_first_visit": True}
    )
    return "check-up"


def booking(
    leave: Clearance, start: datetime = NINE, *, code: str = "new-exam", now: datetime = NOW
) -> Runner:
    """Its kind is looked up before anybody starts, as a page has it already."""
    return partial(services.book, **wish(leave, code), start=start, by=None, now=now)


def holding(
    leave: Clearance, start: datetime = NINE, *, code: str = "new-exam", now: datetime = NOW
) -> Runner:
    return partial(services.hold, **wish(leave, code), start=start, by=None, now=now)


def moving(visit: Appointment, start: datetime, *, by: Actor, seen: int | None = None) -> Runner:
    return partial(services.move, appointment_id=visit.pk, start=start, by=by, now=NOW, seen=seen)


def cancelling(visit: Appointment) -> Runner:
    return partial(services.cancel, appointment_id=visit.pk, by=None, now=NOW)


def confirming(visit: Appointment, *, now: datetime = NOW) -> Runner:
    return partial(services.confirm, appointment_id=visit.pk, by=None, now=now)


def revoking(leave: Clearance) -> Runner:
    return partial(intake.revoke, clearance_id=leave.pk, because="A new sign.", by=None, now=NOW)


def winners(round_: Iterable[Finish]) -> list[Appointment]:
    return [finish.result for finish in round_ if isinstance(finish.result, Appointment)]


def refusals(round_: Iterable[Finish]) -> set[type[Exception]]:
    return {type(finish.error) for finish in round_ if finish.error}


def starts_of(visits: Iterable[Appointment]) -> dict[UUID, datetime]:
    """Where these visits are now."""
    rows = Appointment.objects.filter(pk__in=[visit.pk for visit in visits])
    return {visit.pk: visit.starts_at for visit in rows}


def at(start: datetime) -> list[Appointment]:
    """The visits that keep a time from this start on."""
    return list(Appointment.objects.keeping_time().filter(visit__startswith=start))


def live_overlaps() -> int:
    """Pairs of visits that keep the same time, asked of the table and not of its constraints."""
    visits = list(Appointment.objects.keeping_time())
    return sum(
        one.starts_at < other.ends_at and other.starts_at < one.ends_at
        for index, one in enumerate(visits)
        for other in visits[index + 1 :]
    )
