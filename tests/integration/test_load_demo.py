"""The demo's clinic: everybody is there, nobody is out of hours, and a second load adds nothing."""

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.conf import global_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from clinic import services
from clinic.models import AuditEntry, Message, ServiceTown, User
from intake.models import Case, ContactLeft, Intake, Patient, WishedTimes
from intake.triage import age_on
from scheduling import demo, work_lists
from scheduling.demo import days, holidays
from scheduling.models import (
    Appointment,
    Call,
    Clinician,
    Closure,
    OpeningHours,
    Rebooking,
    StatusChange,
    WaitlistEntry,
    WaitlistOffer,
)
from scheduling.slots import State
from tests import deployment
from tests.database import ROOT, TestDatabase
from tests.people import signed_in

# Wednesday, 10:55 in the clinic, between the first visits of the day and the last.
LATE_MORNING = datetime(2026, 11, 18, 15, 55, tzinfo=UTC)


def load(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "load_demo"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def load_into(database: TestDatabase) -> "subprocess.CompletedProcess[str]":
    return load(CLINIC_ENVIRONMENT="demo", DATABASE_URL=database.url, SITE_URL="http://localhost:1")


def test_a_real_clinic_never_gets_fictional_people(test_database: TestDatabase):
    done = load(**deployment.VARIABLES, DATABASE_URL=test_database.url)
    assert done.returncode == 1
    assert "only with CLINIC_ENVIRONMENT=demo" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("environment", ["development", "test"])
def test_nor_does_a_clinic_under_development(test_database: TestDatabase, environment: str):
    done = load(CLINIC_ENVIRONMENT=environment, DATABASE_URL=test_database.url)
    assert done.returncode == 1


def test_the_command_loads_a_clinic_once(fresh_database: TestDatabase, settings: Settings):
    began = timezone.now()
    first = load_into(fresh_database)
    assert first.returncode == 0, first.stderr
    emails = [person.email for _who, person in demo.PATIENTS]
    emails += [employee.email for employee in demo.STAFF]
    for email in emails:
        assert email in first.stdout
    assert "http://localhost:1/demo/messages/" in first.stdout

    the_people_are_there()
    every_outcome_is_there()
    every_outcome_has_its_page()
    visits_are_in_hours_and_apart()
    the_calendar_has_a_past_and_a_future(began)
    the_desk_has_work()
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # the demo's own
    everybody_can_sign_in()

    for person in User.objects.filter(is_desk=True) | User.objects.filter(is_administrator=True):
        services.change_email(user=person, email=f"new-{person.email}", by=None, now=timezone.now())
    before = everything()
    second = load_into(fresh_database)
    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert everything() == before


@pytest.fixture(scope="class")
def loaded_late_in_the_morning(class_transaction: None) -> None:
    demo.load(now=LATE_MORNING)


@pytest.mark.django_db
@pytest.mark.usefixtures("loaded_late_in_the_morning")
class TestLateInTheMorning:
    def test_it_is_closed_on_holidays(self):
        thanksgiving = date(2026, 11, 26)
        assert thanksgiving.weekday() in set(OpeningHours.objects.values_list("weekday", flat=True))
        assert not on(thanksgiving)
        every_holiday_is_closed_once()
        assert AuditEntry.objects.filter(action="closed").count() == Closure.objects.count()

    def test_today_has_come_as_far_as_the_clock_and_later_days_follow(self):
        came = {State.DONE.value, State.NO_SHOW.value, State.CANCELLED.value}
        for visit in on(LATE_MORNING.date()):
            if visit.ends_at <= LATE_MORNING - days.RUNS_OVER:
                assert visit.state in came
            elif visit.ends_at <= LATE_MORNING:
                assert visit.state in {"in_room", *came}
            elif visit.starts_at > LATE_MORNING:
                assert visit.state in {"booked", "confirmed", "arrived", "held", "cancelled"}
            else:
                assert visit.state in {"booked", "no_show", "cancelled"}
        assert {"done", "confirmed"} <= {visit.state for visit in on(LATE_MORNING.date())}
        assert len(on(LATE_MORNING.date())) >= 12

        a_week_later = LATE_MORNING + timedelta(days=7)
        demo.load(now=a_week_later)
        midnight = timezone.localtime(a_week_later).replace(hour=0, minute=0)
        undone = Appointment.objects.filter(visit__endswith__lte=midnight).keeping_time()
        # Those are the worker's to end.
        assert {visit.state for visit in undone} <= {"suspended", "held"}
        visits_are_in_hours_and_apart()
        assert open_days(a_week_later.date()) == booked_days(a_week_later.date())
        every_holiday_is_closed_once()

        before = everything()
        demo.load(now=a_week_later + timedelta(hours=3))
        assert everything() == before


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 11, 26), "Thanksgiving"),
        (date(2024, 11, 28), "Thanksgiving"),
        (date(2029, 11, 22), "Thanksgiving"),
        (date(2026, 11, 19), ""),
        (date(2026, 12, 25), "Christmas Day"),
        (date(2027, 1, 1), "New Year’s Day"),
        (date(2027, 7, 4), "Independence Day"),
        (date(2027, 7, 5), ""),
    ],
)
def test_the_holidays_of_the_demo(day: date, name: str):
    assert holidays.name_of(day) == name


# --- What is asked of a loaded clinic -------------------------------------------------------------


def the_people_are_there():
    patients = list(Patient.objects.select_related("town"))
    assert 60 <= len(patients) <= 72
    towns = Counter(patient.town_name for patient in patients)
    assert set(ServiceTown.objects.values_list("name", flat=True)) < set(towns)
    assert all(str(patient.phone.as_e164).startswith("+170355501") for patient in patients)
    # The clinic's own number and the one on the emergency's record are nobody else's.
    assert not [patient for patient in patients if patient.phone.as_e164 == "+17035550142"]
    emails = Counter(patient.email.rpartition("@")[2] for patient in patients)
    assert set(emails) == {"example.com", ""}
    ages = {age_on(patient.born, timezone.localdate()) for patient in patients}
    assert {13, 15, 82} <= ages
    assert Patient.objects.filter(account__email=demo.WITH_FAMILY.email).count() == 3
    assert Patient.objects.exclude(likely_duplicate_of=None).count() == 1


def every_outcome_is_there():
    said = Counter(Intake.objects.values_list("disposition", flat=True))
    assert said["BOOK"] >= 25
    assert said["CO-MANAGE"] >= 6
    assert said["REFER"] >= 4
    assert said["EMERGENCY"] == 4
    cases = Counter(Case.objects.values_list("disposition", "state"))
    for kind in (
        ("EMERGENCY", "OPEN"),
        ("EMERGENCY", "CLOSED"),
        ("REFER", "OPEN"),
        ("REFER", "REFERRED"),
        ("CO-MANAGE", "OPEN"),
        ("CO-MANAGE", "CLEARED"),
    ):
        assert cases[kind], kind
    emergencies = Case.objects.filter(disposition="EMERGENCY", state="OPEN")
    left = ContactLeft.objects.get(intake__case=emergencies.get(patient=None))
    assert left.phone == "+17035550150"
    assert emergencies.exclude(mistake_reported_at=None).get().intakes.count() == 2
    joined = Case.objects.filter(disposition="REFER", intakes__disposition="BOOK").get()
    assert joined.state == "OPEN"
    assert Case.objects.exclude(related_case=None).exists()
    held_minors = Case.objects.awaiting_review().filter(
        intakes__flags__contains=["GUARDIAN_CONSENT"]
    )
    assert held_minors.exists()


def every_outcome_has_its_page():
    """By the address in the list, from "My visits" on."""
    leads_to = {
        "patient, with a family": "/book/",
        "patient, may book": "/book/",
        "patient, here before": "Answer the short questions",
        "patient, doctor first": "See a doctor first",
        "patient, doctor alongside": "Dr. Solomon will look at your answers first",
        "patient, sent to a doctor": "After the doctor has seen you",
        "patient, an emergency": "Get help now",
    }
    for who, person in demo.PATIENTS:
        client = signed_in(User.objects.get(email=person.email))
        visits = client.get("/my/visits/").content.decode()
        results = re.findall(r'href="(/my/intakes/[^"]+/)"', visits)
        pages = [client.get(address).content.decode() for address in results]
        assert any(leads_to[who] in page for page in [visits, *pages]), who
    suits = WishedTimes.objects.get()
    assert suits.case.patient
    assert suits.case.patient.email == "dan.draftsman@example.com"


def visits_are_in_hours_and_apart():
    windows = [(row.weekday, row.starts, row.ends) for row in OpeningHours.objects.all()]
    taken: list[tuple[datetime, datetime]] = []
    for visit in Appointment.objects.exclude(state__in=("cancelled", "released")).in_time_order():
        starts, ends = timezone.localtime(visit.starts_at), timezone.localtime(visit.ends_at)
        assert any(
            day == starts.weekday() and opens <= starts.time() and ends.time() <= closes
            for day, opens, closes in windows
        ), visit
        taken.append((visit.starts_at, visit.ends_at))
    assert all(one[1] <= other[0] for one, other in pairwise(taken))


def the_calendar_has_a_past_and_a_future(now: datetime):
    """`now`: before it was loaded. A visit may have ended since, and those of today run over."""
    past = Counter(
        Appointment.objects.filter(visit__endswith__lte=now - days.RUNS_OVER).values_list(
            "state", flat=True
        )
    )
    assert past["done"] > 30
    assert past["no_show"]
    assert not {"booked", "confirmed", "arrived", "in_room"} & set(past)
    assert StatusChange.objects.filter(after="cancelled", is_late=True).exists()
    coming = Appointment.objects.filter(visit__startswith__gt=now)
    states = Counter(coming.values_list("state", flat=True))
    assert states["booked"] + states["confirmed"] > 40
    assert states["held"] == 1
    assert states["suspended"] == states["released"] == 1
    assert coming.get(visit_type__code="new-exam-xray").clearance.xray_allowed
    family = Patient.objects.filter(account__email=demo.WITH_FAMILY.email)
    assert {visit.patient for visit in coming.keeping_time().filter(patient__in=family)} == set(
        family
    )
    to_choose = Case.objects.filter(state="CLEARED", patient__appointments=None)
    assert to_choose.count() == 2  # one online, one by phone
    assert not Message.objects.filter(state="FAILED").exists()
    assert not Message.objects.filter(queued_at__gt=timezone.now()).exists()


def the_desk_has_work():
    now = timezone.now()
    calls = set(Call.objects.filter(done_at=None).values_list("why", flat=True))
    # Nobody without a sign-in can be asked something.
    assert calls == set(Call.Why.values) - {Call.Why.ASKED}
    waiting = WaitlistEntry.objects.waiting()
    assert [entry.is_acute for entry in waiting] == [True, False, False]
    assert WaitlistOffer.objects.standing(now).exists()
    series = Appointment.objects.filter(changes__reason__startswith="Booked as one of")
    assert {visit.starts_at > now for visit in series} == {True, False}
    assert len({visit.patient for visit in series}) == 1
    merged = Patient.objects.get(merged_into__isnull=False)
    assert merged.name == merged.kept.name
    told = Rebooking.objects.exclude(told_at=None).select_related("visit")
    assert {each.told_by for each in told} == {"email", "call"}
    assert {each.visit.visit == each.was for each in told} == {True, False}
    assert work_lists.lists(now=now).unconfirmed.lines


def every_holiday_is_closed_once():
    shut = Closure.objects.filter(clinician=None, room=None)
    for reason in ("Thanksgiving", "Christmas Day", "New Year’s Day"):
        assert shut.filter(reason=reason).count() == 1


def everybody_can_sign_in():
    for employee in demo.STAFF:
        user = User.objects.get(email=employee.email)
        assert user.check_password(demo.PASSWORD)
        assert len(services.current_totp_code(user)) == 6
    assert Clinician.objects.get().user == User.objects.get(email="doctor@example.com")


def everything() -> list[int]:
    """How much there is of what a load writes."""
    kinds = (User, Patient, Intake, Case, Appointment, StatusChange, Message, Call, WaitlistOffer)
    return [kind.objects.count() for kind in kinds]


def on(day: date) -> list[Appointment]:
    midnight = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    return list(Appointment.objects.between(midnight, midnight + timedelta(days=1)))


def open_days(first: date) -> list[date]:
    weekdays = set(OpeningHours.objects.values_list("weekday", flat=True))
    days = [first + timedelta(days=number) for number in range(15)]
    return [day for day in days if day.weekday() in weekdays and not holidays.name_of(day)]


def booked_days(first: date) -> list[date]:
    return [day for day in open_days(first) if on(day)]
