"""People on the waitlist, as the services put them there."""

from datetime import datetime, timedelta

from intake.models import Clearance
from scheduling import services
from scheduling.models import WaitlistEntry, WaitlistOffer
from scheduling.services import Wishes
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, NOW, visit_type

TODAY = (NOW - timedelta(hours=5)).date()


def wishes(**said: object) -> Wishes:
    """Any time from today on, but for what is said."""
    anything = {"half_days": (), "first_day": TODAY, "last_day": None, "note": ""}
    return Wishes(**{**anything, **said})  # type: ignore[arg-type]


def cleared_patient(email: str = "", *, given_name: str = "") -> Clearance:
    """Somebody who may book; without an address, somebody whom the desk calls."""
    fields: dict[str, object] = {"given_name": given_name} if given_name else {}
    if email:
        fields["account"] = AccountFactory.create(email=email)
    return ClearanceFactory.create(patient=PatientFactory.create(**fields))


def waits(
    leave: Clearance,
    *,
    since: datetime = NOW,
    code: str = "new-exam",
    is_acute: bool | None = None,
    **said: object,
) -> WaitlistEntry:
    return services.wait_for(
        patient_id=leave.patient_id,
        visit_type_id=visit_type(code).pk,
        wishes=wishes(**said),
        is_acute=is_acute,
        by=None,
        now=since,
    )


def offered(start: datetime = NINE, *, now: datetime = NOW) -> list[WaitlistOffer]:
    return services.offer(start=start, by=None, now=now)
