"""One act after another upon the clinic, each compared with what the oracle foretold.

An act either does what it says or is refused with a sentence for a person, and then nothing has
changed. Which of the two it will be, the oracle says first.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import time_machine
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from clinic.models import User
from intake import public as intake
from intake import services as intake_services
from intake.exceptions import IntakeProblem
from intake.models import Patient
from intake.public import ClearanceCard
from scheduling import availability, plan, services
from scheduling.availability import Wish
from scheduling.exceptions import SchedulingProblem
from scheduling.slots import State
from tests.machine import invariants, oracle, rows
from tests.machine.oracle import Calendar, Question
from tests.machine.rows import Row, moment, seconds
from tests.machine.world import World

A_MINUTE = timedelta(minutes=1)
_DAYS_AHEAD = st.integers(-1, 16)
_WALL = st.integers(0, 24 * 60 - 1)
# What a visit keeps for good, and what it keeps unless it is moved.
_ITS_OWN = ("patient_id", "visit_type_id", "clinician_id", "room_id")
_ITS_TIME = ("visit_from", "visit_until", "doctor_from", "doctor_until", "room_from", "room_until")
# What is written to somebody whose visit comes to such a state.
_TELL = {
    "suspended": ("suspended",),
    "cancelled": ("cancelled",),
    "released": ("released", "cancelled"),
}


class Acting(RuleBasedStateMachine):
    """`world` stands in the database already; `seen` counts what came about, over all examples."""

    world: ClassVar[World]
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self._example = ExitStack()
        self._example.enter_context(transaction.atomic())
        self._example.callback(transaction.set_rollback, True)
        self.now = self.world.begins
        self.turn = 0
        self._calendar: Calendar | None = None
        self._cards: dict[tuple[UUID, datetime], list[ClearanceCard]] = {}
        # As they were after the last step.
        self.visits: dict[UUID, Row] = {}
        self.told: Counter[tuple[str, str]] = Counter()
        self.belongings: dict[tuple[str, str], UUID] = {}
        # Whose visits this step may change, None for everybody's; and the one it may move.
        self.touches: set[UUID] | None = set()
        self.moves: UUID | None = None
        # Of which nobody was to hear any more.
        self.undone: UUID | None = None
        # The last that there was.
        self.refusal: SchedulingProblem | IntakeProblem | None = None

    def teardown(self) -> None:
        self._example.close()

    @property
    def calendar(self) -> Calendar:
        """The tables as they are now. Each act throws it away; a question does not."""
        if self._calendar is None:
            self._calendar, self._cards = Calendar(), {}
        return self._calendar

    # --- After every step -------------------------------------------------------------------------

    def settle(self) -> None:
        """Look at everything, and at what has changed since the last look."""
        self.check_tables()
        self.check_visits_of_others()

    def check_tables(self) -> None:
        with connection.cursor() as cursor:
            # What a commit would ask.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        self._calendar = None
        assert invariants.findings(self.calendar, seconds(self.now)) == []
        belongings = {(row["kind"], row["id"]): row["patient_id"] for row in rows.asked(rows.OWNED)}
        # Whatever is merged and taken apart: nothing is lost, and all stays with its record.
        assert self.belongings.items() <= belongings.items()
        self.belongings = belongings

    def check_visits_of_others(self) -> None:
        """Nobody's visit goes, moves or changes hands in a step that was not about it."""
        now = seconds(self.now)
        visits = self.calendar.visits
        for pk, before in self.visits.items():
            after = visits[pk]
            ran_out = before["state"] == "held" and before["hold_expires_at"] <= now
            ours = self.touches is None or before["person_id"] in self.touches
            assert ours or ran_out or after == before, ("somebody else's visit", before, after)
            kept = _ITS_OWN if pk == self.moves else _ITS_OWN + _ITS_TIME
            assert [before[name] for name in kept] == [after[name] for name in kept]
        self._check_who_was_told(visits)
        for pk, after in visits.items():
            if pk not in self.visits or self.visits[pk]["state"] != after["state"]:
                self.seen[after["state"]] += 1
        self.visits, self.touches, self.moves, self.undone = visits, set(), None, None

    def _check_who_was_told(self, visits: dict[UUID, Row]) -> None:
        """Who lost a visit was written to, or the desk is to call them."""
        all_told = Counter((row["recipient"], row["kind"]) for row in rows.asked(rows.TOLD))
        told, self.told = all_told - self.told, all_told
        for pk, before in self.visits.items():
            was, now = before["state"], visits[pk]["state"]
            if was in {now, "held"} or now not in _TELL or pk == self.undone:
                continue
            email = self.calendar.records[before["person_id"]]["email"]
            assert (
                was in {"arrived", "in_room"}  # they are here
                or (str(pk), "call") in told
                or any((email, kind) in told for kind in _TELL[now] if email)
                or any(call["visit_id"] == pk for call in self.calendar.calls_to_make)
            ), (before, visits[pk], told)

    # --- Acts -------------------------------------------------------------------------------------

    def attempt(self, act: Callable[[], object], visit: Row | None = None, *, to: str = "") -> bool:
        """Was it done? If it was refused, nothing has changed."""
        if visit:
            self.touches = {visit["person_id"]}
        before = self.calendar.visits
        self._calendar = None
        try:
            act()
        except (SchedulingProblem, IntakeProblem) as refusal:
            self.refusal = refusal
        else:
            return True
        assert str(self.refusal)
        assert self.calendar.visits == before
        self.seen[f"refused to {to}: {type(self.refusal).__name__}"] += 1
        return False

    def hold(self, question: Question, minute: int) -> bool:
        """Had if it is offered, refused if it is not."""
        calendar = self.calendar
        usable = oracle.usable_clearances(calendar, question.person_id, question.now)
        kinds = oracle.kinds(calendar, question.person_id, xray=usable[question.clearance_id])
        by = self.account_of(question.person_id)
        is_bound = by != self.world.desk
        may = (
            question.visit_type_id in kinds
            and (not is_bound or oracle.said_lately(calendar, question.clearance_id, question.now))
            and (
                not is_bound or oracle.may_keep_another(calendar, question.person_id, question.now)
            )
            and is_offered(calendar, question, minute)
        )
        self.touches = {question.person_id}
        done = self.attempt(
            lambda: services.hold(
                patient_id=question.person_id,
                clearance_id=question.clearance_id,
                visit_type_id=question.visit_type_id,
                start=moment(minute * 60),
                by=by,
                now=self.now,
            ),
            to="hold",
        )
        assert done == may, said("hold", done, question, minute)
        self.seen["offered and held" if may else "not offered and refused"] += 1
        return done

    def confirm(self, visit: Row) -> None:
        now = seconds(self.now)
        may = visit["state"] in {"booked", "confirmed", "arrived", "in_room", "done"} or (
            visit["state"] == "held"
            and visit["hold_expires_at"] > now
            and oracle.is_free(self.calendar, self.about(visit), visit["visit_from"] // 60)
        )
        done = self.attempt(
            lambda: services.confirm(
                appointment_id=visit["id"], by=self.account_of(visit["person_id"]), now=self.now
            ),
            visit,
            to="confirm",
        )
        assert done == may, said("confirm", done, visit)

    def book(self, question: Question, minute: int) -> None:
        self._book(question, minute, services.book, to="book")

    def walk_in(self, question: Question) -> None:
        self._book(question, seconds(self.now) // 60, services.walk_in, to="walk in")

    def _book(
        self, question: Question, minute: int, service: Callable[..., Any], *, to: str
    ) -> None:
        calendar = self.calendar
        kind = calendar.types[question.visit_type_id]
        usable = oracle.usable_clearances(calendar, question.person_id, question.now)
        may = (
            (usable[question.clearance_id] or not kind["needs_xray_clearance"])
            and oracle.covers(calendar, question, minute)
            and oracle.is_free(calendar, question, minute)
        )
        self.touches = {question.person_id}
        done = self.attempt(
            lambda: service(
                patient_id=question.person_id,
                clearance_id=question.clearance_id,
                visit_type_id=question.visit_type_id,
                start=moment(minute * 60),
                by=self.world.desk,
                now=self.now,
            ),
            to=to,
        )
        assert done == may, said(to, done, question, minute)

    def book_series(self, question: Question, minutes: list[int], *, reason: str) -> None:
        """All of them or none, and never two on one day."""
        calendar, wanted = self.calendar, sorted(set(minutes))
        kind = calendar.types[question.visit_type_id]
        usable = oracle.usable_clearances(calendar, question.person_id, question.now)
        days = [oracle.local(minute)[0] for minute in wanted]
        may = (
            (usable[question.clearance_id] or not kind["needs_xray_clearance"])
            and len(days) == len(set(days))
            and not set(days) & oracle.days_with_visits(calendar, question)
            and all(minute * 60 > question.now for minute in wanted)
            and all(oracle.covers(calendar, question, minute) for minute in wanted)
            and all(oracle.is_free(calendar, question, minute) for minute in wanted)
            and (bool(reason) or oracle.within_policies(calendar, question, wanted))
        )
        before = len(calendar.visits)
        self.touches = {question.person_id}
        done = self.attempt(
            lambda: services.book_series(
                patient_id=question.person_id,
                clearance_id=question.clearance_id,
                visit_type_id=question.visit_type_id,
                starts=[moment(minute * 60) for minute in minutes],
                by=self.world.desk,
                now=self.now,
                reason=reason,
            ),
            to="book a series",
        )
        assert done == may, said("book_series", done, question, wanted)
        assert len(self.calendar.visits) == before + len(wanted) * done
        self.seen["series booked"] += done

    def move(self, visit: Row, minute: int, *, by: User) -> None:
        may = self.may_move(visit, minute, by_desk=by == self.world.desk)
        self.moves = visit["id"]
        done = self.attempt(
            lambda: services.move(
                appointment_id=visit["id"], start=moment(minute * 60), by=by, now=self.now
            ),
            visit,
            to="move",
        )
        assert done == may, said("move", done, visit, minute)
        self.seen["moved"] += done

    def may_move(self, visit: Row, minute: int, *, by_desk: bool) -> bool:
        if visit["state"] not in {"booked", "confirmed"}:
            return False
        if minute * 60 == visit["visit_from"]:
            return True
        calendar, question = self.calendar, self.about(visit, moving=visit["id"])
        if by_desk:
            question.minutes = length_of(visit)
        leave = self.leave_for(calendar, question, visit, minute)
        is_late = by_desk and minute * 60 > question.now
        if leave is None or (visit["visit_from"] <= question.now and not is_late):
            return False
        question.clearance_id = leave
        if by_desk:
            return oracle.is_free(calendar, question, minute) and not cuts_room(
                calendar, question, minute
            )
        if not oracle.said_lately(calendar, leave, question.now):
            return False
        return is_offered(calendar, question, minute)

    def leave_for(
        self, calendar: Calendar, question: Question, visit: Row, minute: int
    ) -> UUID | None:
        """The clearance the moved visit would rest on: its own, or another that covers it."""
        usable = oracle.usable_clearances(calendar, visit["person_id"], question.now)
        covering = [
            each
            for each in usable
            if oracle.covers(calendar, Question(**{**vars(question), "clearance_id": each}), minute)
        ]
        if visit["clearance_id"] in covering:
            covering = [visit["clearance_id"]]
        needs_xray = calendar.types[visit["visit_type_id"]]["needs_xray_clearance"]
        return next((each for each in covering if usable[each] or not needs_xray), None)

    def mark(self, visit: Row, to: State) -> None:
        self.attempt(
            lambda: services.mark(
                appointment_id=visit["id"], to=to, by=self.world.desk, now=self.now
            ),
            visit,
            to=f"mark as {to}",
        )

    def cancel(self, visit: Row, *, by: User) -> None:
        self.attempt(
            lambda: services.cancel(appointment_id=visit["id"], by=by, now=self.now),
            visit,
            to="cancel",
        )

    def release(self, visit: Row) -> None:
        done = self.attempt(
            lambda: services.release(
                appointment_id=visit["id"],
                by=self.world.desk,
                now=self.now,
                reason="Seen elsewhere.",
            ),
            visit,
            to="release",
        )
        assert done == (visit["state"] in {"suspended", "released"})

    def reinstate(self, visit: Row, clearance_id: UUID) -> None:
        calendar, question = self.calendar, self.about(visit)
        question.clearance_id = clearance_id
        usable = oracle.usable_clearances(calendar, visit["person_id"], question.now)
        needs_xray = calendar.types[visit["visit_type_id"]]["needs_xray_clearance"]
        may = (
            clearance_id in usable
            and (usable[clearance_id] or not needs_xray)
            and visit["visit_from"] > question.now
            and oracle.covers(calendar, question, visit["visit_from"] // 60)
        )
        done = self.attempt(
            lambda: services.reinstate(
                appointment_id=visit["id"],
                clearance_id=clearance_id,
                by=self.world.doctor,
                now=self.now,
            ),
            visit,
            to="reinstate",
        )
        assert done == may, said("reinstate", done, visit, clearance_id)

    def revoke(self, clearance_id: UUID) -> None:
        self.touches = {self.calendar.clearances[clearance_id]["person_id"]}
        self._calendar = None
        intake_services.revoke(
            clearance_id=clearance_id,
            because="Something new came to light.",
            by=self.world.doctor,
            now=self.now,
        )

    def send_old_page(self, visit: Row, what: int, minute: int) -> None:
        """Made from an earlier version of the visit: nothing happens, whatever it asks for."""
        visit_id, old = visit["id"], visit["version"] - 1
        by, now = self.account_of(visit["person_id"]), self.now
        acts: tuple[Callable[[], object], ...] = (
            lambda: services.confirm(appointment_id=visit_id, by=by, now=now, seen=old),
            lambda: services.cancel(appointment_id=visit_id, by=by, now=now, seen=old),
            lambda: services.release(appointment_id=visit_id, by=by, now=now, seen=old),
            lambda: services.move(
                appointment_id=visit_id, start=moment(minute * 60), by=by, now=now, seen=old
            ),
        )
        before = self.calendar.visits
        self.attempt(acts[what], to="do what an old page says")
        assert self.calendar.visits == before

    def sweep(self) -> None:
        """What the job does every minute."""
        self.touches = None
        now, calendar = seconds(self.now), self.calendar
        ends = {
            visit["id"]: "expired" if visit["state"] == "held" else "released"
            for visit in calendar.visits.values()
            if (visit["state"] == "held" and visit["hold_expires_at"] <= now)
            or (visit["state"] == "suspended" and oracle.undecided_too_long(calendar, visit, now))
        }
        services.expire_stale_holds(now=self.now)
        services.release_undecided(now=self.now)
        services.settle_offers(now=self.now)
        assert not [
            offer
            for offer in rows.asked(rows.OFFERS)
            if offer["outcome"] == "" and offer["expires_at"] <= now
        ]
        before = {pk: visit["state"] for pk, visit in calendar.visits.items()}
        after = {pk: visit["state"] for pk, visit in Calendar().visits.items()}
        assert after == {**before, **ends}

    # --- Questions --------------------------------------------------------------------------------

    def ask(self, question: Question, first: int, last: int) -> list[int]:
        """The answer of the application and of the oracle, which are the same."""
        expected = oracle.offered(self.calendar, question, first, last)
        starts = availability.offered(
            self._wish(question),
            first_day=date.fromordinal(first),
            last_day=date.fromordinal(last),
        )
        answer = [seconds(start) // 60 for start in starts]
        assert answer == expected, _difference(answer, expected, question)
        assert all(seconds(start) % 60 == 0 for start in starts)
        self.seen["questions asked"] += 1
        self.seen["times offered"] += len(starts)
        return answer

    def ask_over_the_web(self, question: Question, first: int, last: int) -> None:
        """The same answer for programs, day by day, and the next opening of all."""
        expected = {
            day: oracle.offered(self.calendar, question, day, day) for day in range(first, last + 1)
        }
        ahead = range(self.day(0), self.day(self.calendar.clinic["horizon_days"] + 1))
        found = (oracle.offered(self.calendar, question, day, day) for day in ahead)
        soonest = next((minutes[0] for minutes in found if minutes), None)
        with time_machine.travel(self.now, tick=False):
            response = Client().get(
                reverse("scheduling:openings"),
                {
                    "visit_type": self.calendar.types[question.visit_type_id]["code"],
                    "from": date.fromordinal(first).isoformat(),
                    "to": date.fromordinal(last).isoformat(),
                },
            )
        answer = response.json()
        assert {
            date.fromisoformat(day["day"]).toordinal(): list(map(_minute, day["starts"]))
            for day in answer["days"]
        } == expected
        assert (answer["next"] and _minute(answer["next"]["start"])) == soonest
        self.seen["asked over the web"] += 1

    def question(self, data: Any, *, any_kind: bool = False) -> Question | None:
        """What some patient may ask for; None if nothing lets them book."""
        patient, now = self.somebody(data), seconds(self.now)
        calendar = self.calendar
        usable = oracle.usable_clearances(calendar, patient.pk, now)
        cards = self._may_book(patient.pk)
        assert {card.id: card.xray_allowed for card in cards} == usable
        if not usable:
            return None
        chosen = data.draw(st.sampled_from(list(usable)))
        card = next(card for card in cards if card.id == chosen)
        kinds = oracle.kinds(calendar, patient.pk, xray=card.xray_allowed)
        assert {kind.pk for kind in availability.visit_types_for(card)} == kinds
        kind = data.draw(st.sampled_from(sorted(calendar.types if any_kind else kinds)))
        return Question(patient.pk, card.id, kind, now)

    def about(self, visit: Row, *, moving: UUID | None = None) -> Question:
        return Question(
            visit["person_id"],
            visit["clearance_id"],
            visit["visit_type_id"],
            seconds(self.now),
            moving,
            visit["clinician_id"],
        )

    def _wish(self, question: Question) -> Wish:
        card = None
        if question.person_id is not None:
            cards = self._may_book(question.person_id)
            card = next(card for card in cards if card.id == question.clearance_id)
        return Wish(
            clearance=card,
            visit_type=plan.current().visit_types[question.visit_type_id],
            now=self.now,
            moving=question.moving,
        )

    def _may_book(self, person_id: UUID) -> list[ClearanceCard]:
        """What the application says to that; asked once, until something is done."""
        asked = (person_id, self.now)
        if self._calendar is None:
            self._cards = {}
        if asked not in self._cards:
            self._cards[asked] = intake.clearances_usable(person_id, self.now)
        return self._cards[asked]

    # --- Choices ----------------------------------------------------------------------------------

    def some(self, data: Any, *states: str) -> Row | None:
        """One of the visits in these states, or of all; None if there is none."""
        # In the order they were made, the newest first: another run meets the same ones.
        there = [
            visit
            for visit in reversed(self.visits.values())
            if not states or visit["state"] in states
        ]
        return there[data.draw(st.integers(0, len(there) - 1))] if there else None

    def people(self) -> list[Patient]:
        """One record for each person."""
        records = self.calendar.records
        return [each for each in self.world.patients if not records[each.pk]["merged_into_id"]]

    def somebody(self, data: Any) -> Patient:
        person: Patient = data.draw(st.sampled_from(self.people()), label="who")
        return person

    def any_day(self, data: Any) -> int:
        return self.day(data.draw(_DAYS_AHEAD))

    def day(self, ahead: int) -> int:
        today, _ = oracle.local(seconds(self.now) // 60)
        return today + ahead

    def any_minute(self, data: Any) -> int:
        """Round, or odd, or just where something begins or ends."""
        minute = _minute_at(self.any_day(data), data.draw(_WALL))
        edges = {visit[name] // 60 for visit in self.visits.values() for name in _ITS_TIME[:4]}
        return int(data.draw(st.sampled_from([minute - minute % 30, minute, *sorted(edges)])))

    def minute_at(self, day: int, wall: int) -> int:
        return _minute_at(day, wall)

    def account_of(self, person_id: UUID) -> User:
        """Who acts for them: without a sign-in of their own the desk, which they call."""
        account = next(each.account for each in self.world.patients if each.pk == person_id)
        return account or self.world.desk


def _minute(written: str) -> int:
    return seconds(datetime.fromisoformat(written)) // 60


def is_offered(calendar: Calendar, question: Question, minute: int) -> bool:
    day, _ = oracle.local(minute)
    return minute in oracle.offered(calendar, question, day, day)


def _minute_at(day: int, wall: int) -> int:
    """The first minute of a day at which the wall shows that time, or a later one."""
    return next(minute for minute, reached in oracle.minutes_of(day) if reached >= wall)


def said(act: str, done: bool, *what: object) -> str:
    came = "done, and should have been refused" if done else "refused, and should have been done"
    return f"{act} was {came}: {what}"


def length_of(visit: Row) -> int:
    return int(visit["visit_until"] - visit["visit_from"]) // 60


def cuts_room(calendar: Calendar, question: Question, minute: int) -> bool:
    """Would the room be taken when the doctor is not, because the visit is too short for it?"""
    _, doctor, room = oracle.parts_at(calendar, question, minute)
    return room is not None and not doctor[0] <= room[0] < room[1] <= doctor[1]


def _difference(answer: list[int], expected: list[int], question: Question) -> str:
    def said(minutes: set[int]) -> list[str]:
        return [f"{moment(minute * 60):%a %d %H:%M} UTC" for minute in sorted(minutes)][:5]

    more, less = set(answer) - set(expected), set(expected) - set(answer)
    return f"offered and should not be: {said(more)}; missing: {said(less)}; {question}"
