"""The plan that is kept is always the one that stands."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.models import ClinicProfile
from scheduling import plan, services
from scheduling.exceptions import CalendarBusy, TimeNotOffered
from scheduling.models import Clinician, Closure, ExtraHours, OpeningHours, VisitType
from scheduling.slots import Interval
from tests.factories.intake import ClearanceFactory
from tests.factories.scheduling import NINE, NOW, book

pytestmark = pytest.mark.django_db

MORNING = Interval(NINE, NINE + timedelta(hours=2))


def open_once() -> None:
    ExtraHours.objects.create(
        clinician=Clinician.objects.get(), day=date(2026, 11, 14), starts=time(15), ends=time(17)
    )


def test_it_is_read_once(django_assert_num_queries):
    kept = plan.current()
    with django_assert_num_queries(1):
        assert plan.current() is kept


@pytest.mark.parametrize(
    ("change", "shows"),
    [
        (lambda: ClinicProfile.objects.update(horizon_days=3), lambda now: now.policy.horizon_days),
        (lambda: ClinicProfile.objects.update(hold_minutes=3), lambda now: now.kept_for),
        (lambda: Clinician.objects.update(is_active=False), lambda now: now.clinician_id),
        (lambda: OpeningHours.objects.all().delete(), lambda now: now.hours),
        (lambda: OpeningHours.objects.update(starts=time(8)), lambda now: now.hours),
        (lambda: OpeningHours.objects.update(offered="desk"), lambda now: now.hours),
        (lambda: open_once(), lambda now: now.extra_hours),
        (
            lambda: services.close(during=MORNING, reason="Away", by=None, now=NOW),
            lambda now: now.closures,
        ),
        (
            lambda: VisitType.objects.update(is_active=False),
            lambda now: [kind.is_active for kind in now.visit_types.values()],
        ),
    ],
    ids=[
        "horizon",
        "hold",
        "clinician",
        "no hours",
        "other hours",
        "desk only",
        "extra hours",
        "closure",
        "visit types",
    ],
)
def test_a_change_shows_at_once(change, shows):
    before = shows(plan.current())
    change()
    assert shows(plan.current()) != before


def test_a_change_taken_back_is_not_mistaken_for_the_next():
    """Both are the first change after the plan that stood: a count could not tell them apart."""
    with transaction.atomic():
        ClinicProfile.objects.update(horizon_days=3)
        assert plan.current().policy.horizon_days == 3
        transaction.set_rollback(True)
    with transaction.atomic():
        ClinicProfile.objects.update(horizon_days=5)
        assert plan.current().policy.horizon_days == 5


def test_whatever_it_is_read_from_gives_it_another_revision():
    """A table that is read here and has no trigger would make every process keep a stale plan."""
    Closure.objects.create(during=(NINE, NINE + timedelta(hours=1)), reason="A new revision")
    with CaptureQueriesContext(connection) as reading:
        plan.current()
    tables = {name for query in reading for name in re.findall(r'FROM "(\w+)"', query["sql"])}
    assert len(tables) == 6
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname='plan_changed'")
        assert {table for (table,) in cursor.fetchall()} == tables


class TestAProcessThatReadItBefore:
    """Another process has changed the plan since: here, the one that was kept is put back."""

    def test_books_by_the_plan_that_stands(self, kept):
        VisitType.objects.update(minutes=35)
        kept()
        visit = book(ClearanceFactory.create())
        assert visit.ends_at - visit.starts_at == timedelta(minutes=35)

    def test_books_with_nobody_who_sees_patients_no_more(self, kept):
        Clinician.objects.update(is_active=False)
        successor = Clinician.objects.create(name="Dr. Test")
        kept()
        leave = ClearanceFactory.create()
        with pytest.raises(CalendarBusy):
            book(leave)
        assert book(leave).clinician == successor, "tried again"

    def test_books_not_at_all_when_nobody_does(self, kept):
        Clinician.objects.update(is_active=False)
        kept()
        leave = ClearanceFactory.create()
        with pytest.raises(CalendarBusy):
            book(leave)
        with pytest.raises(TimeNotOffered):
            book(leave)

    @pytest.fixture
    def kept(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        before = plan.current()
        return lambda: monkeypatch.setattr(plan, "_last", before)
