"""Among thousands of patients, no page about one of them reads a table from end to end."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.identity import Identity
from intake.models import Clearance
from intake.services.cases import find_unresolved
from scheduling import services
from scheduling.models import Appointment, VisitType
from tests.database import TestDatabase
from tests.factories.clinic import AccountFactory, PatientFactory, StaffFactory
from tests.factories.intake import CaseFactory, ClearanceFactory
from tests.people import signed_in

MANY = 3_000
# Each row again for each number, with keys of its own; visits as they were, in years gone by.
_COPIES = """
    CREATE TEMPORARY TABLE copy AS
        SELECT number, gen_random_uuid() AS patient, gen_random_uuid() AS intake,
               gen_random_uuid() AS clearance
        FROM generate_series(1, %(many)s) AS number
"""
_KEYS = {
    "intake_patient": {"id": "copy.patient", "account_id": "NULL"},
    "intake_intake": {"id": "copy.intake", "patient_id": "copy.patient", "account_id": "NULL"},
    "intake_clearance": {
        "id": "copy.clearance",
        "patient_id": "copy.patient",
        "intake_id": "copy.intake",
    },
    "scheduling_appointment": {
        "id": "gen_random_uuid()",
        "patient_id": "copy.patient",
        "person_id": "copy.patient",
        "clearance_id": "copy.clearance",
        "state": "'done'",
        "visit": "tstzrange(lower(visit) - copy.number * interval '1 day',"
        " upper(visit) - copy.number * interval '1 day')",
        "clinician_busy": "tstzrange(lower(visit) - copy.number * interval '1 day',"
        " upper(visit) - copy.number * interval '1 day')",
    },
}
_COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO'
"""


@pytest.fixture
def visit(fresh_database: TestDatabase) -> Appointment:
    """Ana's, tomorrow; and thousands of people who were here before."""
    now = timezone.now()
    patient = AccountFactory.create()
    ana = PatientFactory.create(account=patient)
    leave = ClearanceFactory.create(patient=ana)
    ClearanceFactory.create(patient=PatientFactory.create(account=patient))
    CaseFactory.create()
    booked = services.book(
        patient_id=ana.pk,
        clearance_id=leave.pk,
        visit_type_id=VisitType.objects.get(code="adjustment").pk,
        start=now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1),
        by=None,
        now=now,
    )
    rows: dict[str, UUID] = {
        "intake_patient": ana.pk,
        "intake_intake": leave.intake_id,
        "intake_clearance": leave.pk,
        "scheduling_appointment": booked.pk,
    }
    with psycopg.connect(fresh_database.owner_url, autocommit=True) as owner:
        owner.execute(_COPIES, {"many": MANY})
        for table, keys in _KEYS.items():
            columns = [name for (name,) in owner.execute(_COLUMNS, [table]).fetchall()]
            values = [keys.get(name, f"original.{name}") for name in columns]
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            owner.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
                f" FROM {table} AS original, copy WHERE original.id = %s",
                [rows[table]],
            )
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            owner.execute(f"ANALYZE {table}")
    return booked


def scans() -> dict[str, int]:
    """How often each of the tables was read from end to end, so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY (%s)",
            [list(_KEYS)],
        )
        return dict(cursor.fetchall())


def test_no_table_is_read_from_end_to_end(visit: Appointment) -> None:
    read = {name: in_whole(look) for name, look in looks(visit)}
    assert read == dict.fromkeys(read, ())


def in_whole(look: Callable[[], object]) -> tuple[str, ...]:
    before = scans()
    look()
    return tuple(sorted(table for table, times in scans().items() if times > before[table]))


def looks(visit: Appointment) -> Iterator[tuple[str, Callable[[], object]]]:
    """At pages about one patient, and what decides whether that one may book."""
    who = visit.patient
    assert who.account
    patient = signed_in(who.account)
    desk = signed_in(StaffFactory.create(is_desk=True))
    doctor = signed_in(StaffFactory.create(is_chiropractor=True))
    own, person = [visit.pk], [who.pk]
    day = timezone.localdate().isoformat()
    pages: list[tuple[Client, str]] = [
        (patient, reverse("scheduling:visits")),
        (patient, reverse("scheduling:visit", args=own)),
        (patient, reverse("scheduling:move", args=own)),
        (patient, reverse("scheduling:choose", args=[visit.clearance_id])),
        (desk, reverse("desk:day")),
        (desk, reverse("desk:feed") + f"?first={day}&last={day}"),
        (desk, reverse("desk:lists")),
        (desk, reverse("desk:visit", args=own)),
        (desk, reverse("desk:move", args=own)),
        (desk, reverse("desk:patient", args=person)),
        (desk, reverse("desk:series", args=person)),
        (desk, reverse("desk:wait", args=person)),
        (doctor, reverse("review:list")),
        (doctor, reverse("review:after_visit", args=person)),
    ]
    yield from ((address, partial(found, client, address)) for client, address in pages)
    identity = Identity(
        account_id=who.account_id,
        browser=uuid4(),
        phone=str(who.phone),
        name_key=who.name_key,
        born=who.born,
        patient_id=who.pk,
    )
    yield "their case", partial(find_unresolved, identity)
    leave = Clearance.objects.exclude(patient=who).get(patient__account=who.account)
    yield (
        "a booking",
        partial(
            services.book,
            patient_id=leave.patient_id,
            clearance_id=leave.pk,
            visit_type_id=visit.visit_type_id,
            start=visit.visit.lower + timedelta(hours=3),
            by=None,
            now=timezone.now(),
        ),
    )


def found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200, address
