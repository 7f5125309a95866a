"""Loads the demo, or brings one of an earlier day up to today."""

from datetime import datetime, timedelta

from django.db import transaction

from clinic import audit, services
from clinic.models import User
from intake.services import sign_protocol
from intake.services.cases import one_submission_at_a_time
from intake.triage import PROTOCOL
from intake.triage.fingerprint import fingerprint
from scheduling.demo import days, desk_work, holidays, people, stories
from scheduling.demo.acting import Scene
from scheduling.demo.people import Employee
from scheduling.models import Clinician

PAST_DAYS = 30
COMING_DAYS = 15
NEAR_DAYS = 7
OPENED = timedelta(days=60)


def load(*, now: datetime) -> None:
    """All of it or nothing; on a loaded demo only what the days since then ask for.

    An administrator marks a demo that is loaded: by the role, for addresses can be changed in it.
    """
    with transaction.atomic():
        one_submission_at_a_time()  # whoever loads it just now is waited for, and has done it
        if User.objects.filter(is_administrator=True).exists():
            _bring_up_to_date(now)
        else:
            _begin(now)


def _begin(now: datetime) -> None:
    opened = now - OPENED
    for employee in people.STAFF:
        _employ(employee, now=opened)
    scene = _scene(now)
    _let_sign_in(scene.doctor, now=opened)
    _sign(scene.doctor, now=opened)
    holidays.close_them(scene, scene.today - timedelta(days=PAST_DAYS))
    regulars, newcomers = iter(people.REGULARS), iter(people.NEWCOMERS)
    for number in range(-PAST_DAYS, 0):
        days.fill(scene, scene.today + timedelta(days=number), regulars, every=4)
    for number in range(COMING_DAYS):
        # The farther off, the fewer have booked.
        every = 1 if number < NEAR_DAYS else 2
        days.fill(scene, scene.today + timedelta(days=number), newcomers, every=every)
    stories.tell_all(scene)
    desk_work.do_all(scene)


def _bring_up_to_date(now: datetime) -> None:
    scene = _scene(now)
    _sign(scene.doctor, now=now)
    holidays.close_them(scene, scene.today)
    days.finish_what_is_past(scene)
    for day in days.days_without_visits(scene.today, COMING_DAYS):
        days.fill(scene, day, iter(()))


def _scene(now: datetime) -> Scene:
    """The first of each role: who tries the demo may have changed the addresses."""
    desk = User.objects.filter(is_desk=True).earliest("joined_at")
    doctor = User.objects.filter(is_chiropractor=True).earliest("joined_at")
    administrator = User.objects.filter(is_administrator=True).earliest("joined_at")
    return Scene(now=now, desk=desk, doctor=doctor, administrator=administrator)


def _employ(employee: Employee, *, now: datetime) -> None:
    user = services.create_staff(
        email=employee.email,
        name=employee.name,
        roles=[employee.role],
        password=people.PASSWORD,
        by=None,
        now=now,
    )
    services.enrol_totp(user=user, by=None, now=now, secret=employee.totp_secret)


def _let_sign_in(doctor: User, *, now: datetime) -> None:
    """As the administrator does in the admin site, which alone names a clinician's account."""
    clinician = Clinician.objects.get(name=doctor.name)
    clinician.user = doctor
    with audit.writing(None):
        clinician.save(update_fields=["user"])
        audit.record(None, "clinician changed", clinician, at=now, fields="user")


def _sign(doctor: User, *, now: datetime) -> None:
    """Once for each state of the protocol: a demo that is kept may meet a newer one."""
    sign_protocol(read=fingerprint(PROTOCOL), remark="", by=doctor, now=now)
