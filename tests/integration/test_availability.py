"""What is offered to a patient, and what it costs to ask."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.models import ClinicProfile
from intake import public as intake
from intake.models import Clearance
from intake.public import ClearanceCard
from scheduling import availability, plan, services
from scheduling.availability import Wish
from scheduling.models import Clinician, OpeningHours
from scheduling.slots import Interval
from tests.factories.clinic import PatientFactory
from tests.factories.intake import SUBMITTED, ClearanceFactory, cleared
from tests.factories.scheduling import NINE, NOW, book, done, hold, visit_type

pytestmark = pytest.mark.django_db

ASHBURN = ZoneInfo("America/New_York")
TUESDAY = date(2026, 11, 10)


@pytest.fixture
def leave() -> Clearance:
    return ClearanceFactory.create()


def card(leave: Clearance, now: datetime = NOW) -> ClearanceCard:
    return next(card for card in intake.clearances_usable(leave.patient_id, now))


def offered(
    leave: Clearance,
    first: date = TUESDAY,
    last: date | None = None,
    *,
    code: str = "new-exam",
    now: datetime = NOW,
) -> list[datetime]:
    wish = Wish(clearance=card(leave, now), visit_type=visit_type(code), now=now)
    return availability.offered(wish, first_day=first, last_day=last or first)


def local(starts: list[datetime]) -> list[str]:
    return [f"{start.astimezone(ASHBURN):%H:%M}" for start in starts]


def test_an_open_morning(leave):
    starts = local(offered(leave))
    assert (starts[0], starts[1], starts[-1]) == ("09:00", "09:10", "12:10")


def test_what_is_taken_is_left_out(leave):
    book(ClearanceFactory.create(), NINE + timedelta(hours=1))
    starts = local(offered(leave))
    assert [start for start in starts if "09:10" < start < "10:50"] == []
    assert {"09:10", "10:50"} <= set(starts)


def test_a_hold_is_in_everybodys_way_but_its_owners(leave):
    hold(leave)
    assert local(offered(leave))[0] == "09:00"
    assert local(offered(ClearanceFactory.create()))[0] == "09:50"


def test_a_hold_that_ran_out_is_in_nobodys_way(leave):
    hold(leave)
    later = NOW + timedelta(minutes=10)
    assert local(offered(ClearanceFactory.create(), now=later))[0] == "09:00"


def test_a_patients_own_visit_is_in_their_way_whoever_it_is_with(leave):
    visit = book(leave)
    locum = Clinician.objects.create(name="Dr. Locum")
    type(visit).objects.filter(pk=visit.pk).update(clinician=locum)
    assert local(offered(leave))[0] == "09:50"
    assert local(offered(ClearanceFactory.create()))[0] == "09:00"


def test_a_closure_of_the_clinic_or_the_doctor(leave):
    services.close(
        during=Interval(NINE, NINE + timedelta(hours=2)), reason="Away", by=None, now=NOW
    )
    assert local(offered(leave))[0] == "11:00"


def test_a_closed_room_matters_only_with_an_xray():
    allowed = cleared(PatientFactory.create(), xray=True)
    kind = visit_type("new-exam-xray")
    during = Interval(NINE, NINE + timedelta(hours=2))
    services.close(during=during, reason="Repair", room_id=kind.room_id, by=None, now=NOW)
    assert local(offered(allowed, code="new-exam-xray"))[0] == "11:00"
    assert local(offered(allowed))[0] == "09:00"


def test_buffers_keep_visits_apart(leave):
    kind = visit_type()
    kind.buffer_before = kind.buffer_after = 10
    kind.save()
    book(ClearanceFactory.create(), NINE + timedelta(hours=1, minutes=10))
    starts = local(offered(leave))
    assert [start for start in starts if "09:00" < start < "11:20"] == []


def test_not_with_less_notice_than_the_clinic_wants(leave):
    assert local(offered(leave, now=NINE))[0] == "10:00"


def test_no_further_than_the_horizon(leave):
    ClinicProfile.objects.update(horizon_days=3)
    days = {start.astimezone(ASHBURN).date() for start in offered(leave, date.min, date.max)}
    assert max(days) == date(2026, 11, 12)


def test_only_inside_the_clearance(leave):
    starts = offered(leave, date.min, date.max)
    assert starts[-1] < leave.ends_at
    assert starts[-1] > leave.ends_at - timedelta(days=3)
    future = ClearanceFactory.create(starts_at=NINE + timedelta(hours=1))
    assert offered(future)[0] == future.starts_at


def test_no_doctor_no_openings(leave):
    Clinician.objects.update(is_active=False)
    assert offered(leave) == []


def test_a_day_that_is_past(leave):
    assert offered(leave, date(2026, 11, 2)) == []


def test_hours_are_the_clinics_own_across_the_clock_change(leave):
    OpeningHours.objects.create(
        clinician=Clinician.objects.get(), weekday=6, starts=time(0), ends=time(4)
    )
    autumn = ClearanceFactory.create(starts_at=SUBMITTED - timedelta(days=3))
    sunday = date(2026, 11, 1)
    starts = offered(autumn, sunday, now=SUBMITTED - timedelta(days=2))
    assert len(starts) == len(set(starts)) == (5 * 60 - 45) // 10 + 1  # five real hours


def test_times_kept_for_the_same_day_are_found_on_it_though_they_were_asked_for_before(leave):
    OpeningHours.objects.filter(weekday=1).update(offered="same_day")
    assert offered(leave, now=NINE - timedelta(hours=10)) == []
    assert local(offered(leave, now=NINE - timedelta(hours=9)))[0] == "09:00"


@pytest.mark.parametrize("days", [0, 30])
@pytest.mark.parametrize("visits", [0, 8])
def test_it_takes_the_same_few_queries(leave, days, visits, django_assert_num_queries):
    for number in range(visits):
        book(ClearanceFactory.create(), NINE + timedelta(days=number // 2, hours=number % 2))
    wish = Wish(clearance=card(leave), visit_type=visit_type(), now=NOW)
    plan.current()
    with django_assert_num_queries(2):
        availability.offered(wish, first_day=TUESDAY, last_day=TUESDAY + timedelta(days=days))


class TestTheKindOfVisit:
    def code(self, leave: Clearance, now: datetime = NOW) -> str:
        kind = availability.visit_type_for(card(leave, now))
        assert kind
        return kind.code

    def test_first_an_exam(self, leave):
        assert self.code(leave) == "new-exam"

    def test_a_booked_visit_is_not_a_completed_one(self, leave):
        book(leave)
        assert self.code(leave) == "new-exam"

    def test_after_a_completed_visit_an_adjustment(self, leave):
        done(leave)
        assert self.code(leave) == "adjustment"

    def test_with_an_xray_when_the_doctor_meant_it(self):
        assert self.code(cleared(PatientFactory.create(), xray=True)) == "new-exam-xray"

    def test_but_not_under_a_hold(self):
        on_hold = cleared(PatientFactory.create(), xray=True, flags=["XRAY_HOLD"])
        assert self.code(on_hold) == "new-exam"

    def test_none_when_the_clinic_offers_none(self, leave):
        type(visit_type()).objects.update(is_active=False)
        assert not availability.visit_types_for(card(leave))
