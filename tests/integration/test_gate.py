"""The database's own guards, tried by raw SQL as the application's role.

No service stands in between here: what passes would pass from a page, a shell or a mistake.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg.types.range import TimestamptzRange

from intake.models import Case, Clearance, Intake, Patient, ReviewDecision
from scheduling.models import Appointment, Clinician, VisitType
from scheduling.slots import State
from tests.database import TestDatabase
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import (
    SUBMITTED,
    CaseFactory,
    ClearanceFactory,
    GuardianConsentFactory,
    IntakeFactory,
    cleared,
    decided,
    held,
)
from tests.factories.scheduling import NINE, solomon, visit_type

INSERT = """
    INSERT INTO scheduling_appointment
        (id, patient_id, clearance_id, clinician_id, visit_type_id, room_id, state,
         hold_expires_at, visit, clinician_busy, room_busy, created_at)
    VALUES (%(id)s, %(patient_id)s, %(clearance_id)s, %(clinician_id)s, %(visit_type_id)s,
            %(room_id)s, %(state)s, %(hold_expires_at)s, %(visit)s, %(clinician_busy)s,
            %(room_busy)s, %(created_at)s)
"""
LATER = NINE + timedelta(hours=1)
CHILD = date(2012, 1, 1)
LIVE = sorted(state.value for state in State.NEEDS_CLEARANCE)
REVOKE = "UPDATE intake_clearance SET revoked_at = %s WHERE id = %s"


def between(start: datetime, minutes: int = 45) -> TimestamptzRange:
    return TimestamptzRange(start, start + timedelta(minutes=minutes), "[)")


def row(leave: Clearance, start: datetime = NINE, **fields: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "patient_id": leave.patient_id,
        "clearance_id": leave.pk,
        "clinician_id": solomon().pk,
        "visit_type_id": visit_type().pk,
        "room_id": None,
        "state": "booked",
        "hold_expires_at": SUBMITTED if fields.get("state") == "held" else None,
        "visit": between(start),
        "clinician_busy": between(start),
        "room_busy": None,
        "created_at": SUBMITTED,
        **fields,
    }


def with_xray(**fields: Any) -> dict[str, Any]:
    kind = visit_type("new-exam-xray")
    return {
        "visit_type_id": kind.pk,
        "room_id": kind.room_id,
        "room_busy": between(NINE),
        **fields,
    }


def run(statement: str, parameters: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def insert(leave: Clearance, start: datetime = NINE, **fields: Any) -> dict[str, Any]:
    values = row(leave, start, **fields)
    run(INSERT, values)
    return values


def change(visit: dict[str, Any], what: str, *parameters: Any) -> None:
    return run(
        f"UPDATE scheduling_appointment SET {what} WHERE id = %s", [*parameters, visit["id"]]
    )


def at_commit() -> None:
    """What the end of the transaction would ask."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """Now or at commit, by the guard of this name."""
    with failing() as failure:
        yield
    assert failure[0].diag.constraint_name == constraint


@contextmanager
def forbidden() -> Iterator[None]:
    """The role has no right to it, guard or no guard."""
    with failing() as failure:
        yield
    assert isinstance(failure[0], psycopg.errors.InsufficientPrivilege)


@contextmanager
def failing() -> Iterator[list[psycopg.Error]]:
    failure: list[psycopg.Error] = []
    try:
        with transaction.atomic():
            yield failure
            at_commit()
    except (DatabaseError, psycopg.Error) as error:
        cause = error if isinstance(error, psycopg.Error) else error.__cause__
        assert isinstance(cause, psycopg.Error)
        failure.append(cause)
    assert failure, "the database let it through"


@pytest.fixture
def leave(db: None) -> Clearance:
    return ClearanceFactory.create()


@pytest.fixture
def other(db: None) -> Clearance:
    return ClearanceFactory.create()


class TestNoVisitTwice:
    def test_the_doctor(self, leave, other):
        insert(leave)
        with refused("visit_clinician_not_twice"):
            insert(other, NINE + timedelta(minutes=44))
        insert(other, NINE + timedelta(minutes=45))

    def test_the_doctor_with_buffers(self, leave, other):
        insert(leave, clinician_busy=between(NINE, 55))
        with refused("visit_clinician_not_twice"):
            insert(other, NINE + timedelta(minutes=45))

    def test_the_patient_even_with_another_clinician(self, leave):
        insert(leave)
        locum = Clinician.objects.create(name="Dr. Locum").pk
        with refused("visit_patient_not_twice"):
            insert(leave, clinician_id=locum)

    def test_the_room_even_with_another_clinician(self, db):
        first, second = (
            cleared(PatientFactory.create(), xray=True),
            cleared(PatientFactory.create(), xray=True),
        )
        insert(first, **with_xray())
        locum = Clinician.objects.create(name="Dr. Locum").pk
        with refused("visit_room_not_twice"):
            insert(second, **with_xray(clinician_id=locum))

    def test_one_hold_a_patient(self, leave):
        insert(leave, state="held")
        with refused("visit_one_hold_a_patient"):
            insert(leave, LATER, state="held")

    def test_nor_by_moving_it_there(self, leave, other):
        insert(leave)
        visit = insert(other, LATER)
        with refused("visit_clinician_not_twice"):
            change(visit, "visit = %s, clinician_busy = %s", between(NINE), between(NINE))

    def test_nor_by_waking_an_ended_visit(self, leave, other):
        visit = insert(leave)
        change(visit, "state = 'no_show'")
        insert(other)
        with refused("visit_clinician_not_twice"):
            change(visit, "state = 'booked'")

    def test_a_suspended_visit_keeps_its_time(self, leave, other):
        change(insert(leave), "state = 'suspended'")
        with refused("visit_clinician_not_twice"):
            insert(other)

    @pytest.mark.parametrize("state", ["done", "cancelled", "no_show", "expired", "released"])
    def test_an_ended_visit_does_not(self, leave, other, state):
        visit = insert(leave, state="in_room")
        change(visit, "state = %s", state)
        insert(other)

    def test_a_room_cannot_be_taken_for_another_hour(self, leave):
        room_id = visit_type("new-exam-xray").room_id
        with refused("visit_room_has_its_time"):
            insert(leave, room_id=room_id, room_busy=between(LATER))
        with refused("visit_room_has_its_time"):
            insert(leave, room_id=room_id)
        insert(leave, room_id=room_id, room_busy=between(NINE, 10))

    def test_the_doctor_cannot_be_busy_at_another_hour(self, leave):
        with refused("visit_is_inside_clinician_time"):
            insert(leave, clinician_busy=between(LATER))

    @pytest.mark.parametrize("bounds", ["[]", "(]", "()"])
    def test_times_are_half_open(self, leave, bounds):
        during = TimestamptzRange(NINE, LATER, bounds)
        with refused("visit_times_are_half_open"):
            insert(leave, visit=during, clinician_busy=during)

    @pytest.mark.parametrize("during", ["[2026-11-10 14:00+00,infinity)", "[-infinity,infinity)"])
    def test_times_are_finite(self, leave, during):
        with refused("visit_times_are_half_open"):
            insert(leave, clinician_busy=during)
        with refused("visit_times_are_half_open"):
            insert(leave, clinician_busy="(,)")

    def test_a_state_nobody_knows_keeps_no_time_and_is_refused(self, leave):
        with refused("visit_state_is_known"):
            insert(leave, state="BOOKED")


class TestNoVisitPastTheGate:
    @pytest.mark.parametrize("state", [state.value for state in State])
    def test_whatever_state_it_begins_in(self, leave, other, state):
        with refused("visit_on_its_own_clearance"):
            insert(leave, clearance_id=other.pk, state=state)

    def test_without_any(self, leave):
        with refused("visit_on_its_own_clearance"):
            insert(leave, clearance_id=uuid4())

    @pytest.mark.parametrize("state", LIVE)
    def test_on_a_revoked_one(self, leave, state):
        run(REVOKE, [SUBMITTED, leave.pk])
        with refused("visit_clearance_stands"):
            insert(leave, state=state)

    @pytest.mark.parametrize(
        "start", [SUBMITTED - timedelta(microseconds=1), SUBMITTED + timedelta(days=30)]
    )
    def test_outside_its_dates(self, leave, start):
        with refused("visit_inside_clearance"):
            insert(leave, start)

    def test_decided_while_the_patient_is_here(self, leave):
        visit, newer = self.here(leave)
        change(visit, "clearance_id = %s", newer.pk)
        change(visit, "state = 'in_room'")
        longer = "tstzrange(lower(visit), upper(visit) + interval '15 minutes')"
        change(visit, f"visit = {longer}, clinician_busy = {longer}")

    @pytest.mark.parametrize("state", ["booked", "arrived"])
    def test_but_no_visit_is_made_or_moved_or_woken_that_began_before(self, leave, state):
        visit, newer = self.here(leave)
        elsewhere = {"clinician_id": Clinician.objects.create(name="Another").pk}
        with refused("visit_inside_clearance"):
            insert(newer, state=state, **elsewhere)
        with refused("visit_inside_clearance"):
            change(
                visit,
                "clearance_id = %s, visit_type_id = %s",
                newer.pk,
                visit_type("adjustment").pk,
            )
        change(visit, "state = 'cancelled'")
        with refused("visit_inside_clearance"):
            change(visit, "clearance_id = %s, state = %s", newer.pk, state)

    def test_nor_one_that_was_over(self, leave):
        visit, newer = self.here(leave, since=timedelta(minutes=45))
        with refused("visit_inside_clearance"):
            change(visit, "clearance_id = %s", newer.pk)

    def here(
        self, leave: Clearance, since: timedelta = timedelta(minutes=10)
    ) -> tuple[dict[str, Any], Clearance]:
        newer = ClearanceFactory.create(patient=leave.patient, starts_at=NINE + since)
        return insert(leave, state="arrived"), newer

    def test_up_to_its_last_moment(self, leave):
        insert(leave, SUBMITTED + timedelta(days=30, microseconds=-1))

    def test_while_a_case_is_held(self, leave):
        held(leave.patient)
        with refused("visit_patient_is_not_held"):
            insert(leave)

    def test_while_their_answers_are_in_somebody_elses_case(self, leave):
        """Two of a family answered on one phone: the answers joined one case."""
        theirs = CaseFactory.create()
        IntakeFactory.create(patient=leave.patient, case=theirs, disposition="REFER")
        with refused("visit_patient_is_not_held"):
            insert(leave)

    def test_a_minor_without_a_guardian(self, db):
        leave = ClearanceFactory.create(patient=PatientFactory.create(born=CHILD))
        GuardianConsentFactory.create(patient=PatientFactory.create(born=CHILD))
        with refused("visit_minor_has_a_guardian"):
            insert(leave)
        GuardianConsentFactory.create(patient=leave.patient)
        insert(leave)

    def test_up_to_the_eighteenth_birthday(self, db):
        day = NINE.date()
        almost = PatientFactory.create(born=date(day.year - 18, day.month, day.day + 1))
        with refused("visit_minor_has_a_guardian"):
            insert(ClearanceFactory.create(patient=almost))
        insert(
            ClearanceFactory.create(
                patient=PatientFactory.create(born=almost.born - timedelta(days=1))
            )
        )

    def test_a_kind_of_visit_that_was_not_cleared(self, db):
        adjustment = cleared(PatientFactory.create(), visit_types=["adjustment"])
        with refused("visit_type_is_cleared"):
            insert(adjustment)
        visit = insert(adjustment, visit_type_id=visit_type("adjustment").pk)
        with refused("visit_type_is_cleared"):
            change(visit, "visit_type_id = %s", visit_type().pk)

    def test_an_xray_that_was_allowed_for_another_kind(self, db):
        allowed = cleared(PatientFactory.create(), xray=True, visit_types=["adjustment"])
        with refused("visit_type_is_cleared"):
            insert(allowed, **with_xray())

    @pytest.mark.parametrize("state", ["OPEN", "REFERRED", "ASKED"])
    def test_while_a_case_waits_for_anybody(self, leave, state):
        Case.objects.filter(pk=held(leave.patient).case_id).update(state=state)
        with refused("visit_patient_is_not_held"):
            insert(leave)

    def test_an_xray_without_leave(self, leave):
        with refused("visit_xray_is_allowed"):
            insert(leave, **with_xray())

    def test_an_xray_while_it_is_on_hold(self, db):
        allowed = cleared(PatientFactory.create(), xray=True)
        IntakeFactory.create(patient=allowed.patient, flags=["XRAY_HOLD"])
        with refused("visit_xray_is_allowed"):
            insert(allowed, **with_xray())

    def test_an_xray_while_pregnancy_is_not_known(self, db):
        """No flag: an emergency stopped the form before the question."""
        allowed = cleared(PatientFactory.create(), xray=True)
        IntakeFactory.create(patient=allowed.patient, xray_hold=True)
        with refused("visit_xray_is_allowed"):
            insert(allowed, **with_xray())

    def test_a_flag_that_is_called_no_hold(self, db):
        with refused("intake_xray_flag_is_a_hold"):
            IntakeFactory.create(flags=["XRAY_HOLD"], xray_hold=False)

    def test_an_xray_without_its_room(self, db):
        allowed = cleared(PatientFactory.create(), xray=True)
        with refused("visit_has_its_room"):
            insert(allowed, **with_xray(room_id=None, room_busy=None))
        insert(allowed, **with_xray())


class TestTheRoomsPart:
    """Ten minutes after the start until half past, says the visit type."""

    PART = between(NINE + timedelta(minutes=10), 20)

    @pytest.fixture
    def allowed(self, db: None) -> Clearance:
        VisitType.objects.filter(code="new-exam-xray").update(room_from=10, room_until=30)
        return cleared(PatientFactory.create(), xray=True)

    def test_is_what_the_type_says(self, allowed):
        insert(allowed, **with_xray(room_busy=self.PART))

    @pytest.mark.parametrize(
        "part",
        [
            between(NINE),
            between(NINE + timedelta(minutes=10), 19),
            between(NINE + timedelta(minutes=11), 20),
            None,
        ],
        ids=["all of it", "shorter", "later", "none"],
    )
    def test_and_no_other(self, allowed, part):
        with refused("visit_room_has_its_part"):
            insert(allowed, **with_xray(room_busy=part))
        visit = insert(allowed, **with_xray(room_busy=self.PART))
        with refused("visit_room_has_its_part"):
            change(visit, "room_busy = %s", part)
        change(visit, "state = 'cancelled'")
        with refused("visit_keeps_its_time"):
            change(visit, "room_busy = %s", part)

    def test_it_moves_with_the_visit(self, allowed):
        visit = insert(allowed, **with_xray(room_busy=self.PART))
        with refused("visit_room_has_its_part"):
            change(visit, "visit = %s, clinician_busy = %s", between(LATER), between(LATER))

    def test_whoever_is_booked_keeps_theirs_when_the_type_changes(self, allowed):
        visit = insert(allowed, **with_xray(room_busy=self.PART))
        VisitType.objects.filter(code="new-exam-xray").update(room_from=0, room_until=15)
        change(visit, "state = 'confirmed'")
        change(visit, "state = 'cancelled'")
        change(visit, "state = 'booked'")
        with refused("visit_room_has_its_part"):
            change(visit, "state = 'confirmed', room_busy = %s", between(NINE))

    def test_two_visits_may_have_the_room_one_after_the_other(self, allowed):
        """With another doctor, in the same hour: the point of a part."""
        insert(allowed, **with_xray(room_busy=self.PART))
        start = NINE + timedelta(minutes=20)
        locum = {"clinician_id": Clinician.objects.create(name="Dr. Locum").pk}
        times = {"visit": between(start), "clinician_busy": between(start)}
        second = cleared(PatientFactory.create(), xray=True)
        part = between(NINE + timedelta(minutes=30), 20)
        insert(second, **locum, **with_xray(room_busy=part, **times))

    @pytest.mark.parametrize(
        "part",
        [
            {"room_from": 10},
            {"room_until": 30},
            {"room_from": 30, "room_until": 30},
            {"room_from": 10, "room_until": 61},
        ],
    )
    def test_a_type_cannot_say_nonsense(self, db, part):
        with refused("visit_type_room_part_fits"):
            VisitType.objects.filter(code="new-exam-xray").update(**part)
        with refused("visit_type_room_part_fits"):
            VisitType.objects.filter(code="new-exam").update(room_from=10, room_until=30)


class TestNorByChangingAVisit:
    @pytest.mark.parametrize("ended", ["cancelled", "no_show", "released", "suspended", "expired"])
    @pytest.mark.parametrize("live", LIVE)
    def test_waking_it_after_the_revocation(self, leave, ended, live):
        visit = insert(leave)
        change(visit, "state = %s", ended)
        run(REVOKE, [SUBMITTED, leave.pk])
        with refused("visit_clearance_stands"):
            change(visit, "state = %s, hold_expires_at = now()", live)

    def test_moving_it_past_the_clearance(self, leave):
        visit = insert(leave)
        far = between(SUBMITTED + timedelta(days=31))
        with refused("visit_inside_clearance"):
            change(visit, "visit = %s, clinician_busy = %s", far, far)

    @pytest.mark.parametrize("state", ["booked", "suspended", "done"])
    def test_giving_it_to_another_patient(self, leave, other, state):
        visit = insert(leave, state="in_room")
        change(visit, "state = %s", state)
        with refused("visit_keeps_its_patient"):
            change(visit, "patient_id = %s, clearance_id = %s", other.patient_id, other.pk)

    def test_putting_it_on_another_patients_clearance(self, leave, other):
        visit = insert(leave)
        with refused("visit_on_its_own_clearance"):
            change(visit, "clearance_id = %s", other.pk)
        change(visit, "state = 'suspended'")
        with refused("visit_keeps_its_clearance"):
            change(visit, "clearance_id = %s", other.pk)

    def test_making_it_an_xray(self, leave):
        visit = insert(leave)
        kind = visit_type("new-exam-xray")
        with refused("visit_xray_is_allowed"):
            change(
                visit,
                "visit_type_id = %s, room_id = %s, room_busy = visit",
                kind.pk,
                kind.room_id,
            )

    def test_finishing_one_that_was_suspended(self, leave):
        visit = insert(leave)
        change(visit, "state = 'suspended'")
        with refused("visit_done_took_place"):
            change(visit, "state = 'done'")

    def test_by_an_upsert_copy_or_merge(self, leave, other):
        values = row(leave, clearance_id=other.pk)
        with refused("visit_on_its_own_clearance"):
            run(INSERT + " ON CONFLICT DO NOTHING", values)
        visit = insert(leave)
        upsert = INSERT + " ON CONFLICT (id) DO UPDATE SET clearance_id = %(other)s"
        with refused("visit_on_its_own_clearance"):
            run(upsert, {**visit, "other": other.pk})
        with refused("visit_on_its_own_clearance"):
            run(
                "MERGE INTO scheduling_appointment AS a USING (SELECT 1) AS one ON a.id = %s"
                " WHEN MATCHED THEN UPDATE SET clearance_id = %s",
                [visit["id"], other.pk],
            )
        with refused("visit_on_its_own_clearance"), connection.cursor() as cursor:
            statement = f"COPY scheduling_appointment ({', '.join(values)}) FROM STDIN"
            with cursor.copy(statement) as copy:
                copy.write_row(list(values.values()))


class TestNorByChangingWhatItRestsOn:
    def test_a_child_written_older_for_a_moment(self, db):
        child = PatientFactory.create(born=CHILD)
        leave = ClearanceFactory.create(patient=child)
        Patient.objects.filter(pk=child.pk).update(born=date(1990, 1, 1))
        insert(leave)
        with refused("visit_minor_has_a_guardian"):
            run("UPDATE intake_patient SET born = %s WHERE id = %s", [CHILD, child.pk])
        GuardianConsentFactory.create(patient=child)
        run("UPDATE intake_patient SET born = %s WHERE id = %s", [CHILD, child.pk])

    @pytest.mark.parametrize(
        "what", ["needs_xray_clearance = true", "room_id = {room}", "code = 'another'"]
    )
    def test_a_visit_type_that_says_something_else_for_a_moment(self, leave, what):
        insert(leave)
        room = visit_type("new-exam-xray").room_id
        with refused("visit_type_keeps_its_meaning"):
            run(f"UPDATE scheduling_visittype SET {what.format(room=room)} WHERE code = 'new-exam'")
        run("UPDATE scheduling_visittype SET minutes = 40 WHERE code = 'new-exam'")

    def test_a_visit_type_made_after_the_visit(self, leave):
        """Foreign keys are only asked at the end of the transaction."""
        with refused("visit_type_exists"):
            insert(leave, visit_type_id=99)
            VisitType.objects.create(
                pk=99, code="late", name="Late", minutes=45, needs_xray_clearance=True
            )

    @pytest.mark.parametrize("state", LIVE)
    def test_a_revocation_that_forgets_the_visits(self, leave, state):
        insert(leave, state=state)
        with refused("clearance_revoked_keeps_no_visit"):
            run(REVOKE, [SUBMITTED, leave.pk])

    def test_a_revocation_taken_back(self, leave):
        run(REVOKE, [SUBMITTED, leave.pk])
        for revoked_at in (None, SUBMITTED + timedelta(days=300)):
            with refused("never_changed"):
                run(REVOKE, [revoked_at, leave.pk])


class TestNoClearanceWithoutGrounds:
    @pytest.mark.parametrize("disposition", ["REFER", "CO-MANAGE", "EMERGENCY"])
    def test_on_held_answers(self, db, disposition):
        said = held(PatientFactory.create(), disposition)
        name = "emergency_stands" if disposition == "EMERGENCY" else "needs_book_or_decision"
        with refused(f"clearance_{name}"):
            ClearanceFactory.create(patient=said.patient, intake=said)

    def test_on_somebody_elses_answers(self, db):
        with refused("clearance_of_its_own_patient"):
            ClearanceFactory.create(patient=PatientFactory.create(), intake=IntakeFactory.create())

    def test_while_held(self, db):
        said = held(PatientFactory.create())
        with refused("clearance_patient_is_held"):
            ClearanceFactory.create(patient=said.patient)

    def test_on_a_decision_that_comes_later(self, db):
        """Foreign keys are only asked at the end of the transaction."""
        said = held(PatientFactory.create())
        later = uuid4()
        with refused("clearance_follows_its_decision"):
            ClearanceFactory.create(patient=said.patient, intake=said, decision_id=later)
            decided(said, "REFER", id=later)

    def test_on_a_decision_to_refer(self, db):
        said = held(PatientFactory.create())
        decision = decided(said, "REFER")
        with refused("clearance_follows_its_decision"):
            ClearanceFactory.create(patient=said.patient, intake=said, decision=decision)

    def test_on_a_decision_that_was_overtaken(self, db):
        said = held(PatientFactory.create())
        first = decided(said)
        decided(said, "REFER", at=SUBMITTED + timedelta(hours=1))
        with refused("clearance_follows_its_decision"):
            ClearanceFactory.create(patient=said.patient, intake=said, decision=first)

    def test_with_more_than_was_decided(self, db):
        said = held(PatientFactory.create())
        decision = decided(said)
        with refused("clearance_follows_its_decision"):
            ClearanceFactory.create(
                patient=said.patient, intake=said, decision=decision, xray_allowed=True
            )

    @pytest.mark.parametrize(
        "more",
        [
            {"visit_types": []},
            {"visit_types": ["new-exam"]},
            {"visit_types": ["adjustment", "new-exam"]},
            {"visit_types": ["adjustment"], "ends_at": SUBMITTED + timedelta(days=8)},
        ],
    )
    def test_with_other_visits_or_for_longer_than_was_decided(self, db, more):
        said = held(PatientFactory.create())
        week = SUBMITTED + timedelta(days=7)
        decision = decided(said, visit_types=["adjustment"], until=week)
        Case.objects.filter(intakes=said).update(state="CLEARED", resolved_at=SUBMITTED)
        fields = {"patient": said.patient, "intake": said, "decision": decision, "ends_at": week}
        with refused("clearance_follows_its_decision"):
            ClearanceFactory.create(**{**fields, **more})
        ClearanceFactory.create(**fields, visit_types=["adjustment"])

    def test_for_some_visits_without_a_decision(self, db):
        with refused("clearance_types_only_by_decision"):
            ClearanceFactory.create(visit_types=["adjustment"])

    @pytest.mark.parametrize("kind", ["REFER", "CLOSE", "CLEAR"])
    def test_on_a_decision_that_was_superseded(self, db, kind):
        said = held(PatientFactory.create())
        first = decided(said)
        decided(said, kind, supersedes=first)
        with refused("clearance_follows_its_decision"):
            ClearanceFactory.create(patient=said.patient, intake=said, decision=first)

    @pytest.mark.parametrize("kind", ["ASK", "CLOSE", "REFER"])
    def test_on_a_decision_that_clears_nobody(self, db, kind):
        said = held(PatientFactory.create())
        more = {"own_question": "Since when?"} if kind == "ASK" else {}
        with refused("clearance_follows_its_decision"):
            ClearanceFactory.create(
                patient=said.patient, intake=said, decision=decided(said, kind, **more)
            )

    def test_on_answers_from_before_an_emergency(self, db):
        patient = PatientFactory.create()
        well = IntakeFactory.create(patient=patient)
        after = SUBMITTED + timedelta(days=1)
        said = held(patient, "EMERGENCY", submitted_at=after)
        decided(said, "RESOLVED")
        Case.objects.filter(intakes=said).update(state="CLOSED", resolved_at=after)
        with refused("clearance_newer_than_emergency"):
            ClearanceFactory.create(patient=patient, intake=well)
        ClearanceFactory.create(patient=patient, starts_at=after + timedelta(days=1))

    @pytest.mark.parametrize(
        "column", ["ends_at", "starts_at", "patient_id", "xray_allowed", "visit_types"]
    )
    def test_nor_is_one_changed(self, leave, column):
        with forbidden():
            run(f"UPDATE intake_clearance SET {column} = {column}")


class TestNoCaseDecidedByNobody:
    def test_cleared_without_a_decision(self, db):
        said = held(PatientFactory.create())
        with refused("case_cleared_by_decision"):
            Case.objects.filter(intakes=said).update(state="CLEARED", resolved_at=SUBMITTED)

    def test_cleared_on_a_decision_older_than_the_newest_answers(self, db):
        said = held(PatientFactory.create())
        decided(said)
        after = SUBMITTED + timedelta(minutes=1)
        IntakeFactory.create(
            patient=said.patient, case=said.case, disposition="REFER", submitted_at=after
        )
        with refused("case_cleared_by_decision"):
            Case.objects.filter(intakes=said).update(state="CLEARED", resolved_at=after)

    @pytest.mark.parametrize(("kind", "state"), [("CLEAR", "CLEARED"), ("CLOSE", "CLOSED")])
    def test_ended_while_an_emergency_came_in_with_an_earlier_date(self, db, kind, state):
        said = held(PatientFactory.create())
        decided(said, kind, at=SUBMITTED + timedelta(minutes=1))
        IntakeFactory.create(
            patient=said.patient, case=said.case, disposition="EMERGENCY", submitted_at=SUBMITTED
        )
        with refused("case_emergency_stands"):
            Case.objects.filter(intakes=said).update(state=state, resolved_at=SUBMITTED)

    def test_cleared_on_a_decision_that_was_overtaken(self, db):
        said = held(PatientFactory.create())
        decided(said)
        decided(said, "REFER", at=SUBMITTED + timedelta(minutes=1))
        with refused("case_cleared_by_decision"):
            Case.objects.filter(intakes=said).update(state="CLEARED", resolved_at=SUBMITTED)

    @pytest.mark.parametrize("kind", ["CLEAR", "SUPPORTIVE", "ASK", "CLOSE"])
    def test_an_emergency_cleared(self, db, kind):
        """Nor is it closed, nor put aside by asking something."""
        said = held(PatientFactory.create(), "EMERGENCY")
        more = {"own_question": "Since when?"} if kind == "ASK" else {}
        with refused("decision_emergency_stands"):
            decided(said, kind, **more)
        milder = IntakeFactory.create(patient=said.patient, case=said.case, disposition="REFER")
        with refused("decision_emergency_stands"):
            decided(milder, kind, **more)

    @pytest.mark.parametrize("state", ["CLEARED", "CLOSED"])
    @pytest.mark.parametrize("kind", ["REFER", "ASK"])
    def test_ended_by_a_decision_that_ends_nothing(self, db, state, kind):
        said = held(PatientFactory.create())
        decided(said, kind, **({"questions": ["worst"]} if kind == "ASK" else {}))
        with refused(f"case_{state.lower()}_by_decision"):
            Case.objects.filter(intakes=said).update(state=state, resolved_at=SUBMITTED)

    def test_ended_by_a_decision_that_was_superseded(self, db):
        said = held(PatientFactory.create())
        first = decided(said, "CLOSE")
        decided(said, "REFER", supersedes=first)
        with refused("case_closed_by_decision"):
            Case.objects.filter(intakes=said).update(state="CLOSED", resolved_at=SUBMITTED)

    def test_set_waiting_with_a_time_of_its_end(self, db):
        said = held(PatientFactory.create())
        with refused("case_resolved_has_a_time"):
            Case.objects.filter(intakes=said).update(state="ASKED", resolved_at=SUBMITTED)

    def test_a_referral_called_a_resolved_emergency(self, db):
        said = held(PatientFactory.create())
        with refused("decision_resolves_an_emergency"):
            decided(said, "RESOLVED")

    def test_decided_by_the_desk(self, db):
        said = held(PatientFactory.create())
        with refused("decision_by_a_chiropractor"):
            decided(said, by=StaffFactory.create(is_desk=True))

    @pytest.mark.parametrize(
        ("kind", "terms", "rule"),
        [
            ("REFER", {"visit_types": ["adjustment"]}, "review_only_clearing_gives_leave"),
            ("REFER", {"xray_allowed": True}, "review_only_clearing_gives_leave"),
            ("CLOSE", {"until": SUBMITTED}, "review_only_clearing_gives_leave"),
            ("CLEAR", {"refer_to": "Dr. Lee"}, "review_only_referring_sends"),
            ("CLEAR", {"questions": ["worst"]}, "review_only_asking_asks"),
            ("ASK", {}, "review_only_asking_asks"),
            ("CLEAR", {"reason": ""}, "review_has_a_reason"),
        ],
    )
    def test_decided_with_what_goes_with_another_kind(self, db, kind, terms, rule):
        with refused(rule):
            decided(held(PatientFactory.create()), kind, **terms)

    def test_given_to_another_patient(self, db):
        said = held(PatientFactory.create())
        with refused("case_keeps_its_patient"):
            Case.objects.filter(intakes=said).update(patient=PatientFactory.create())

    def test_a_red_flag_put_into_a_case_already_decided(self, db):
        patient = PatientFactory.create()
        cleared(patient)
        case = Case.objects.get(patient=patient)
        with refused("intake_joins_an_open_case"):
            IntakeFactory.create(patient=patient, case=case, disposition="REFER")

    def test_a_guardians_consent_to_another_childs_answers(self, db):
        with refused("consent_of_its_own_patient"):
            GuardianConsentFactory.create(
                patient=PatientFactory.create(), intake=IntakeFactory.create()
            )

    def test_answers_taken_from_their_patient(self, db):
        said = held(PatientFactory.create())
        for changed in ({"patient": PatientFactory.create()}, {"patient": None}, {"case": None}):
            with refused("never_changed"):
                Intake.objects.filter(pk=said.pk).update(**changed)


class TestNoDecisionUndone:
    """It is never edited: another takes its place, once, on the same case."""

    @pytest.fixture
    def first(self, db) -> ReviewDecision:
        return decided(held(PatientFactory.create()))

    @pytest.mark.parametrize(
        "column", ["kind", "reason", "visit_types", "until", "supersedes_id", "refer_to", "by_id"]
    )
    def test_by_changing_it(self, first, column):
        with forbidden():
            run(f"UPDATE intake_reviewdecision SET {column} = {column}")
        with forbidden():
            run("DELETE FROM intake_reviewdecision")

    def test_twice(self, first):
        decided(first.intake, "REFER", supersedes=first)
        with refused("intake_reviewdecision_supersedes_id_key"):
            decided(first.intake, "CLOSE", supersedes=first)

    def test_by_one_on_another_case(self, first):
        with refused("decision_supersedes_its_own"):
            decided(held(PatientFactory.create()), "REFER", supersedes=first)

    def test_by_one_that_is_not_there_yet(self, first):
        with refused("decision_supersedes_its_own"):
            decided(first.intake, "REFER", supersedes_id=uuid4())

    def test_of_a_resolved_emergency(self, db):
        said = held(PatientFactory.create(), "EMERGENCY")
        resolved = decided(said, "RESOLVED")
        with refused("decision_supersedes_its_own"):
            decided(said, "REFER", supersedes=resolved)
        with refused("decision_supersedes_its_own"):
            decided(said, "RESOLVED", supersedes=resolved)

    def test_while_what_it_allowed_still_stands(self, db):
        leave = cleared(PatientFactory.create())
        with refused("superseded_clearance_is_revoked"):
            decided(leave.intake, "REFER", supersedes=leave.decision)
        with transaction.atomic():
            decided(leave.intake, "REFER", supersedes=leave.decision)
            run(REVOKE, [SUBMITTED, leave.pk])
            at_commit()


class TestNoAnswersTakenOutOfACase:
    """An emergency moved away would let the case be cleared."""

    @pytest.fixture
    def own(self, db) -> Intake:
        return held(PatientFactory.create())

    @pytest.fixture
    def joined(self, own) -> Intake:
        """Somebody's who shares the phone, or whose nobody knows."""
        return IntakeFactory.create(patient=None, case=own.case, disposition="EMERGENCY")

    def move(self, said: Intake, to: Case) -> None:
        run("UPDATE intake_intake SET case_id = %s WHERE id = %s", [to.pk, said.pk])

    def test_without_a_decision(self, joined):
        with refused("intake_leaves_by_decision"):
            self.move(joined, CaseFactory.create(patient=None))

    def test_by_a_decision_of_another_kind(self, own, joined):
        decided(joined, "REFER")
        with refused("intake_leaves_by_decision"):
            self.move(joined, CaseFactory.create(patient=None))

    def test_by_a_decision_about_other_answers(self, own, joined):
        decided(IntakeFactory.create(patient=None, case=own.case), "ASIDE")
        with refused("intake_leaves_by_decision"):
            self.move(joined, CaseFactory.create(patient=None))

    def test_by_one_into_somebody_elses_case(self, joined):
        decided(joined, "ASIDE")
        with refused("intake_leaves_for_its_own_case"):
            self.move(joined, CaseFactory.create())

    def test_by_one_into_a_case_that_is_decided(self, joined):
        decided(joined, "ASIDE")
        over = IntakeFactory.create(
            patient=None, case=CaseFactory.create(patient=None), disposition="EMERGENCY"
        )
        decided(over, "RESOLVED")
        Case.objects.filter(intakes=over).update(state="CLOSED", resolved_at=SUBMITTED)
        with refused("intake_joins_an_open_case"):
            self.move(joined, Case.objects.get(intakes=over))

    def test_by_one_into_none(self, joined):
        decided(joined, "ASIDE")
        with refused("never_changed"):
            run("UPDATE intake_intake SET case_id = NULL WHERE id = %s", [joined.pk])

    def test_by_one_and_given_to_somebody_on_the_way(self, joined):
        decided(joined, "ASIDE")
        case = CaseFactory.create()
        with refused("intake_leaves_by_decision"):
            run(
                "UPDATE intake_intake SET case_id = %s, patient_id = %s WHERE id = %s",
                [case.pk, case.patient_id, joined.pk],
            )

    def test_by_one_into_a_case_of_their_own(self, joined):
        decided(joined, "ASIDE")
        self.move(joined, CaseFactory.create(patient=None))

    def test_the_patients_own(self, own):
        with refused("decision_sets_aside_anothers"):
            decided(own, "ASIDE")

    def test_the_only_ones(self, db):
        case = CaseFactory.create()
        with refused("decision_sets_aside_anothers"):
            decided(IntakeFactory.create(patient=None, case=case), "ASIDE")

    def test_out_of_nobodys_case(self, db):
        case = CaseFactory.create(patient=None)
        said = [IntakeFactory.create(patient=None, case=case) for _ in range(2)]
        with refused("decision_sets_aside_anothers"):
            decided(said[0], "ASIDE")

    def test_out_of_a_case_that_is_decided(self, own):
        joined = IntakeFactory.create(patient=None, case=own.case)
        decided(own)
        Case.objects.filter(pk=own.case_id).update(state="CLEARED", resolved_at=SUBMITTED)
        with refused("decision_sets_aside_anothers"):
            decided(joined, "ASIDE")


class TestNorByOtherMeans:
    """Ways round a trigger that are not about the row."""

    def test_a_table_of_the_same_name_in_front(self, leave, other):
        run(
            "CREATE TEMP TABLE intake_clearance AS SELECT * FROM public.intake_clearance;"
            "CREATE TEMP TABLE intake_case (patient_id uuid, state text);"
            "CREATE TEMP TABLE scheduling_visittype AS SELECT * FROM public.scheduling_visittype;"
            "SET LOCAL search_path = pg_temp, public, pg_catalog"
        )
        run("UPDATE pg_temp.intake_clearance SET patient_id = %s", [leave.patient_id])
        with refused("visit_on_its_own_clearance"):
            run(INSERT.replace("scheduling_app", "public.scheduling_app"), row_public(leave, other))

    @pytest.mark.parametrize(
        "function",
        [
            "clinic_record_history",
            "scheduling_visit_gate",
            "scheduling_closure_lock",
            "intake_case_gate",
        ],
    )
    def test_a_guard_put_on_a_table_of_their_own(self, db, function):
        """It would write history of rows that never were."""
        run("CREATE TEMP TABLE intake_clinic_clearance (id int)")
        with forbidden():
            run(
                "CREATE TRIGGER forged AFTER INSERT ON intake_clinic_clearance"
                f" FOR EACH ROW EXECUTE FUNCTION {function}()"
            )

    def test_no_function_with_the_owners_rights_is_left_open(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " AND prosecdef AND has_function_privilege(oid, 'EXECUTE')"
            )
            assert cursor.fetchall() == []


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
class TestNorByReadingThePast:
    """A transaction that began before a case was opened would not see it, and book."""

    def test_a_visit(self, fresh_database: TestDatabase, level: str):
        leave = ClearanceFactory.create()
        with psycopg.connect(fresh_database.url) as session:
            session.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            session.execute("SELECT 1 FROM intake_case")
            held(leave.patient)
            visit = row(leave)
            with pytest.raises(psycopg.errors.CheckViolation) as refusal:
                session.execute(INSERT, visit)
        assert refusal.value.diag.constraint_name == "guards_read_committed"
        assert not Appointment.objects.exists()

    def test_a_clearance(self, fresh_database: TestDatabase, level: str):
        patient = PatientFactory.create()
        said = IntakeFactory.create(patient=patient)
        with psycopg.connect(fresh_database.url) as session:
            session.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            session.execute("SELECT 1 FROM intake_case")
            held(patient)
            with pytest.raises(psycopg.errors.CheckViolation) as refusal:
                session.execute(
                    "INSERT INTO intake_clearance (id, patient_id, intake_id, starts_at, ends_at,"
                    " xray_allowed, issued_at, revoked_because)"
                    " VALUES (%s, %s, %s, now(), now() + interval '1 day', false, now(), '')",
                    [uuid4(), said.patient_id, said.pk],
                )
        assert refusal.value.diag.constraint_name == "guards_read_committed"

    def test_a_revocation(self, fresh_database: TestDatabase, level: str):
        leave = ClearanceFactory.create()
        with psycopg.connect(fresh_database.url) as session:
            session.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            session.execute("SELECT 1 FROM intake_case")
            run(INSERT, row(leave))
            session.execute(REVOKE, [SUBMITTED, leave.pk])
            with pytest.raises(psycopg.errors.CheckViolation) as refusal:
                session.commit()
        assert refusal.value.diag.constraint_name == "guards_read_committed"


def row_public(leave: Clearance, other: Clearance) -> dict[str, Any]:
    """A visit on another's clearance, its ids known without asking the tables in front."""
    return {
        **row(leave, clearance_id=other.pk, visit_type_id=1, clinician_id=1),
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
    }
