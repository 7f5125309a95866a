"""What is offered to a patient, and what it costs to ask."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.models import ClinicProfile
from intake import public as intake
from intake.models import Clearance
from intake.public import ClearanceCard
from scheduling import availability, plan, services
from scheduling.availability import Wish
from scheduling.exceptions import TimeNotOffered
from scheduling.models import Clinician, ExtraHours, OpeningHours, VisitType
from scheduling.slots import Interval, Offered, State
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import SUBMITTED, ClearanceFactory, cleared
from tests.factories.scheduling import NINE, NOW, book, done, hold, solomon, visit_type

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
    autumn = ClearanceFactory.create(starts_at=SUBMITTED - timedelta(days=6))
    sunday = date(2026, 11, 1)
    starts = offered(autumn, sunday, now=SUBMITTED - timedelta(days=5))
    assert len(starts) == len(set(starts)) == (5 * 60 - 45) // 10 + 1  # five real hours


def test_times_kept_for_the_same_day_are_found_on_it_though_they_were_asked_for_before(leave):
    OpeningHours.objects.filter(weekday=1).update(offered="same_day")
    assert offered(leave, now=NINE - timedelta(hours=10)) == []
    assert local(offered(leave, now=NINE - timedelta(hours=9)))[0] == "09:00"


# --- The days the clocks change -------------------------------------------------------------------

SPRING, AUTUMN = date(2027, 3, 14), date(2026, 11, 1)


def at_midnight(day: date, hours: float = 0) -> datetime:
    """So many real hours after the local day has begun."""
    return datetime(day.year, day.month, day.day, tzinfo=ASHBURN).astimezone(UTC) + timedelta(
        hours=hours
    )


def open_on(day: date, starts: time, ends: time, offered: Offered = Offered.ONLINE) -> None:
    ExtraHours.objects.create(
        clinician=Clinician.objects.get(), day=day, starts=starts, ends=ends, offered=offered
    )


def leave_around(day: date) -> Clearance:
    return ClearanceFactory.create(starts_at=at_midnight(day) - timedelta(days=3))


@pytest.mark.parametrize(
    ("day", "first"),
    [(SPRING, "08:00"), (AUTUMN, "06:00"), (date(2026, 11, 15), "07:00")],
    ids=["23 hours", "25 hours", "24 hours"],
)
def test_notice_is_real_time_across_a_clock_change(day, first):
    """Asked at 23:00 the evening before, with eight hours' notice."""
    ClinicProfile.objects.update(minimum_notice_minutes=8 * 60)
    open_on(day, time(5), time(12))
    leave, now = leave_around(day), at_midnight(day, -1)
    starts = offered(leave, day, now=now)
    assert local(starts)[0] == first
    assert starts[0] - now == timedelta(hours=8)
    wish = Wish(clearance=card(leave, now), visit_type=visit_type(), now=now)
    for start, is_offered in ((starts[0], True), (starts[0] - timedelta(minutes=10), False)):
        assert availability.is_offered(wish, start, clinician_id=solomon().pk) is is_offered


@pytest.mark.parametrize("day", [SPRING, AUTUMN, TUESDAY])
class TestTimesKeptForAcutePain:
    """Online from midnight of their own day, with the clinic's notice; the desk any time."""

    @pytest.fixture(autouse=True)
    def kept_back(self, db: None, day: date) -> None:
        OpeningHours.objects.all().delete()
        open_on(day, time(5), time(9), Offered.SAME_DAY)

    def test_from_midnight_on(self, day):
        leave = leave_around(day)
        assert offered(leave, day, now=at_midnight(day) - timedelta(microseconds=1)) == []
        assert local(offered(leave, day, now=at_midnight(day)))[0] == "05:00"

    def test_with_notice(self, day):
        leave = leave_around(day)
        starts = offered(leave, day, now=at_midnight(day, 6))
        assert starts[0] == at_midnight(day, 7)

    def test_nobody_holds_one_the_evening_before(self, day):
        leave, start = leave_around(day), at_midnight(day, 7)
        with pytest.raises(TimeNotOffered):
            hold(leave, start, now=at_midnight(day, -1))
        assert hold(leave, start, now=at_midnight(day, 1)).starts_at == start

    def test_the_desk_books_one_the_evening_before(self, day):
        start = at_midnight(day, 7)
        assert book(leave_around(day), start, now=at_midnight(day, -1)).starts_at == start


# --- Hours ----------------------------------------------------------------------------------------


def test_desk_only_hours_are_the_desks(leave):
    OpeningHours.objects.filter(weekday=1).update(offered=Offered.DESK)
    assert offered(leave) == []
    assert offered(leave, now=NINE - timedelta(hours=3)) == []
    with pytest.raises(TimeNotOffered):
        hold(leave)
    assert book(leave).starts_at == NINE


def test_desk_only_hours_are_opened_for_a_day(leave):
    OpeningHours.objects.filter(weekday=1).update(offered=Offered.DESK)
    open_on(TUESDAY, time(10), time(11))
    starts = local(offered(leave))
    assert (starts[0], starts[-1]) == ("10:00", "10:10")
    assert offered(leave, TUESDAY + timedelta(days=7)) == []


def test_extra_hours_on_a_day_that_is_closed_every_week(leave):
    sunday = date(2026, 11, 15)
    open_on(sunday, time(15), time(16))
    assert local(offered(leave, sunday)) == ["15:00", "15:10"]
    assert availability.open_hours(sunday, sunday)
    assert (6, "pm") in availability.open_half_days(TUESDAY)
    assert (6, "pm") not in availability.open_half_days(TUESDAY + timedelta(days=7))


def test_several_windows_a_day(leave):
    monday = date(2026, 11, 16)
    starts = local(offered(leave, monday))
    assert (starts[0], starts[-1]) == ("09:00", "18:10")
    assert [start for start in starts if "12:10" < start < "15:00"] == []


def test_hours_hold_from_their_first_day_to_their_last(leave):
    wednesday = TUESDAY + timedelta(days=1)
    OpeningHours.objects.filter(weekday=2).update(
        valid_from=wednesday + timedelta(days=7), valid_until=wednesday + timedelta(days=7)
    )
    weeks = [offered(leave, wednesday + timedelta(days=7 * week)) for week in range(3)]
    assert [bool(starts) for starts in weeks] == [False, True, False]


class TestTheRoomsPart:
    """The X-ray room from ten minutes after the start, for a quarter of an hour."""

    @pytest.fixture
    def allowed(self, db: None) -> Clearance:
        VisitType.objects.filter(code="new-exam-xray").update(room_from=10, room_until=25)
        return cleared(PatientFactory.create(), xray=True)

    def test_the_visit_keeps_that_part_alone(self, allowed):
        visit = book(allowed, code="new-exam-xray")
        assert visit.room_busy.lower == NINE + timedelta(minutes=10)
        assert visit.room_busy.upper == NINE + timedelta(minutes=25)

    def test_the_room_may_be_closed_for_the_rest_of_it(self, allowed):
        room_id = visit_type("new-exam-xray").room_id
        during = Interval(NINE + timedelta(minutes=25), NINE + timedelta(minutes=90))
        services.close(during=during, reason="Repair", room_id=room_id, by=None, now=NOW)
        starts = local(offered(allowed, code="new-exam-xray"))
        # Until 10:30: the room is wanted ten minutes after the start.
        assert starts[:2] == ["09:00", "10:20"]

    def test_it_is_moved_with_the_visit(self, allowed):
        visit = book(allowed, code="new-exam-xray")
        later = NINE + timedelta(hours=1)
        moved = services.move(
            appointment_id=visit.pk, start=later, by=StaffFactory(is_desk=True), now=NOW
        )
        assert moved.room_busy.lower == later + timedelta(minutes=10)

    def test_a_change_of_the_type_leaves_booked_visits_as_they_are(self, allowed):
        visit = book(allowed, code="new-exam-xray")
        VisitType.objects.filter(code="new-exam-xray").update(room_from=0, room_until=15)
        services.mark(appointment_id=visit.pk, to=State.ARRIVED, by=None, now=NINE)
        visit.refresh_from_db()
        assert visit.room_busy.lower == NINE + timedelta(minutes=10)


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
