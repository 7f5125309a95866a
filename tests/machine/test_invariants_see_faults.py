"""What the machine looks for after each step is found when it is there.

The guards are taken away first, as nobody but the server's superuser could, and put back with
everything else when the transaction is rolled back.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from scheduling import services
from scheduling.models import (
    Appointment,
    Closure,
    Rebooking,
    Room,
    WaitlistEntry,
    WaitlistOffer,
)
from scheduling.slots import State
from tests.factories.clinic import StaffFactory
from tests.factories.intake import CaseFactory
from tests.factories.scheduling import NINE, NOW, book, clearance, hold
from tests.machine.invariants import findings
from tests.machine.oracle import Calendar
from tests.machine.rows import seconds

LATER = NINE + timedelta(hours=2)


@pytest.fixture
def unguarded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A transaction in which neither triggers nor exclusion constraints stand in the way."""
    role = connection.settings_dict["USER"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["USER"] = "postgres"
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        connection.close()
        connection.settings_dict["USER"] = role


@pytest.fixture
def visits(unguarded: None) -> tuple[Appointment, Appointment]:
    """One that was moved to nine, and one two hours later."""
    desk = StaffFactory.create(is_desk=True)
    first = book(clearance(), NINE + timedelta(days=1))
    services.move(appointment_id=first.pk, start=NINE, by=desk, now=NOW)
    second = book(clearance(), LATER)
    first.refresh_from_db()
    assert found() == []
    take_guards_away()
    return first, second


def take_guards_away() -> None:
    said(
        "SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica;"
        "ALTER TABLE scheduling_appointment DROP CONSTRAINT visit_clinician_not_twice,"
        " DROP CONSTRAINT visit_patient_not_twice, DROP CONSTRAINT visit_room_not_twice,"
        # Which a trigger fills in.
        " ALTER COLUMN person_id DROP NOT NULL"
    )


def said(sql: str, *given: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, given or None)


def found(at=NOW) -> list[str]:
    """The findings without the keys of their visits."""
    return [finding.rpartition(": ")[0] for finding in findings(Calendar(), seconds(at))]


CHANGE = "UPDATE scheduling_appointment SET {} WHERE id = %s"
ADD_CHANGE = (
    "INSERT INTO scheduling_statuschange"
    " (appointment_id, before, after, at, via, reason, is_late) VALUES (%s, %s, %s, %s, 'clock',"
    " %s, false)"
)


def test_two_visits_in_one_place(visits):
    first, second = visits
    theirs = "SELECT {} FROM scheduling_appointment WHERE id = %s"
    copied = ", ".join(f"{name} = ({theirs.format(name)})" for name in ("visit", "clinician_busy"))
    said(CHANGE.format(copied), first.pk, first.pk, second.pk)
    said(
        CHANGE.format("patient_id = %s, clearance_id = %s"),
        first.patient_id,
        first.clearance_id,
        second.pk,
    )
    for visit in visits:
        room = Room.objects.get().pk
        said(CHANGE.format("room_id = %s, room_busy = visit"), room, visit.pk)
    assert found() == [
        "overlap of a visit's time",
        "overlap of a doctor's time",
        "overlap of a room's time",
        # Nobody has told the guards whose it is by now.
        "counted as another's",
    ]


def test_a_hold_in_the_way_until_it_runs_out(visits):
    _, second = visits
    kept = hold(clearance(), LATER + timedelta(minutes=50))
    said(
        CHANGE.format("clinician_busy = %s, visit = %s, person_id = patient_id"),
        second.visit,
        second.visit,
        kept.pk,
    )
    assert found() == ["overlap of a doctor's time"]
    assert found(at=kept.hold_expires_at) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("patient_id = (SELECT patient_id FROM intake_clearance WHERE id <> %s LIMIT 1)", "on so"),
        ("ends_at = '2026-11-10 14:00Z' WHERE id = %s", "outside its clearance"),
        ("revoked_at = '2026-11-10 14:44Z' WHERE id = %s", "live on a revoked clearance"),
    ],
)
def test_a_visit_past_the_gate(visits, change, finding):
    first, _ = visits
    said(f"UPDATE intake_clearance SET {change}", first.clearance_id)
    assert [each for each in found() if each.startswith(finding)]


def test_a_visit_to_come_of_somebody_who_is_held(visits):
    first, second = visits
    # The second was one person's with the first, and the guards were not told.
    said(
        "UPDATE intake_patient SET merged_into_id = %s WHERE id = %s",
        first.patient_id,
        second.patient_id,
    )
    said("UPDATE intake_clearance SET patient_id = %s", first.patient_id)
    CaseFactory.create(patient=second.patient)
    assert found() == ["live while its patient is held"] * 2 + ["counted as another's"]
    assert found(at=LATER) == ["counted as another's"]


def test_a_visit_that_was_over_when_its_clearance_was_revoked(visits):
    first, _ = visits
    said(
        "UPDATE intake_clearance SET revoked_at = %s WHERE id = %s",
        first.ends_at,
        first.clearance_id,
    )
    assert found() == []


def test_a_change_of_state_off_the_record(visits):
    first, _ = visits
    said(CHANGE.format("state = 'arrived'"), first.pk)
    assert found() == ["arrived, and on record as booked"]


def test_a_change_of_time_off_the_record(visits):
    first, _ = visits
    later = "visit = tstzrange(lower(visit) + interval '5 minutes', upper(visit))"
    said(CHANGE.format(later), first.pk)
    assert found() == ["moved, and not on record"]


def test_a_record_taken_away(visits):
    first, _ = visits
    said("DELETE FROM scheduling_statuschange WHERE appointment_id = %s", first.pk)
    assert found() == ["booked, and on record as nothing"]


def test_a_step_that_is_in_no_table(visits):
    first, _ = visits
    said(CHANGE.format("state = 'in_room'"), first.pk)
    said(ADD_CHANGE, first.pk, "booked", "suspended", NOW, "Revoked.")
    said(ADD_CHANGE, first.pk, "suspended", "in_room", NOW, "")
    assert found() == ["not in the table of moves, ('suspended', 'in_room')"]


def test_a_gap_and_a_record_that_runs_backwards(visits):
    first, _ = visits
    said(CHANGE.format("state = 'in_room'"), first.pk)
    said(ADD_CHANGE, first.pk, "arrived", "in_room", NOW - timedelta(days=1), "")
    assert found() == ["a gap in the record before in_room", "the record runs backwards"]


def test_a_visit_lost_without_a_word(visits):
    first, _ = visits
    said(CHANGE.format("state = 'cancelled'"), first.pk)
    said(ADD_CHANGE, first.pk, "booked", State.CANCELLED.value, NOW, "")
    assert found() == ["ended without a word"]


def test_a_time_proposed_to_two(visits):
    said("ALTER TABLE scheduling_rebooking DROP CONSTRAINT rebooking_proposed_once")
    closure = Closure.objects.create(during=(NINE, LATER), reason="Away")
    start = NINE + timedelta(days=7)
    for visit in visits:
        Rebooking.objects.create(
            closure=closure,
            visit=visit,
            was=visit.visit,
            start=start,
            proposed=(start, start + timedelta(minutes=40)),
        )
    assert found() == ["proposed to two"]


def test_two_offers_at_once_and_one_that_was_anothers(visits):
    """On two records of one person each waits for the same."""
    first, second = visits
    said("UPDATE intake_patient SET merged_into_id = %s WHERE id = %s", *_both(visits))
    for visit in visits:
        entry = WaitlistEntry.objects.create(
            patient=visit.patient,
            visit_type=visit.visit_type,
            first_day=NOW.date(),
            made_at=NOW,
            via="staff",
        )
        offered = {"entry": entry, "start": LATER, "offered_at": NOW, "expires_at": NINE}
        WaitlistOffer.objects.create(**offered)
    assert "two offers at once" in found()
    WaitlistOffer.objects.filter(entry__patient=first.patient_id).update(
        outcome="ACCEPTED", visit=second, settled_at=NOW
    )
    assert "somebody else's visit" in found()


def _both(visits: tuple[Appointment, Appointment]) -> list[object]:
    return [visit.patient_id for visit in visits]
