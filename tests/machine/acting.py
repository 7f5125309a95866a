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
from intake.exceptions import IntakeProblem
from scheduling import availability, plan, services, waitlist
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
        # As they were after the last step.
        self.visits: dict[UUID, Row] = {}
        self.told: Counter[tuple[str, str]] = Counter()
        # Whose visits this step may change, None for everybody's; and the one it may move.
        self.touches: set[UUID] | None = set()
        self.moves: UUID | None = None

    def teardown(self) -> None:
        self._example.close()

    @property
    def calendar(self) -> Calendar:
        """The tables as they are now. Each act throws it away; a question does not."""
        if self._calendar is None:
            self._calendar = Calendar()
        return self._calendar

    # --- After every step -------------------------------------------------------------------------

    def check_tables(self) -> None:
        with connection.cursor() as cursor:
            # What a commit would ask.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        self._calendar = None
        assert invariants.findings(self.calendar, seconds(self.now)) == []

    def check_visits_of_others(self) -> None:
        """Nobody's visit goes, moves or changes hands in a step that was not about it."""
        now = seconds(self.now)
        visits = self.calendar.visits
        for pk, before in self.visits.items():
            after = visits[pk]
            ran_out = before["state"] == "held" and before["hold_expires_at"] <= now
            ours = self.touches is None or before["patient_id"] in self.touches
            assert ours or ran_out or after == before, ("somebody else's visit", before, after)
            kept = _ITS_OWN if pk == self.moves else _ITS_OWN + _ITS_TIME
            assert [before[name] for name in kept] == [after[name] for name in kept]
        self._check_who_was_told(visits)
        for pk, after in visits.items():
            if pk not in self.visits or self.visits[pk]["state"] != after["state"]:
                self.seen[after["state"]] += 1
        self.visits, self.touches, self.moves = visits, set(), None

    def _check_who_was_told(self, visits: dict[UUID, Row]) -> None:
        """Who lost a visit was written to, or the desk is to call them."""
        all_told = Counter((row["recipient"], row["kind"]) for row in rows.asked(rows.TOLD))
        told, self.told = all_told - self.told, all_told
        for pk, before in self.visits.items():
            was, now = before["state"], visits[pk]["state"]
            if was in {now, "held"} or now not in _TELL:
                continue
            email = self.account_of(before["patient_id"]).email
            assert (
                was in {"arrived", "in_room"}  # they are here
                or (str(pk), "call") in told
                or any((email, kind) in told for kind in _TELL[now])
            ), (before, visits[pk], told)

    # --- Acts -------------------------------------------------------------------------------------

    def attempt(self, act: Callable[[], object], visit: Row | None = None, *, to: str = "") -> bool:
        """Was it done? If it was refused, nothing has changed."""
        if visit:
            self.touches = {visit["patient_id"]}
        before = self.calendar.visits
        self._calendar = None
        try:
            act()
        except (SchedulingProblem, IntakeProblem) as refusal:
            said = refusal
        else:
            return True
        assert str(said)
        assert self.calendar.visits == before
        self.seen[f"refused to {to}: {type(said).__name__}"] += 1
        return False

    def hold(self, question: Question, minute: int) -> bool:
        """Had if it is offered, refused if it is not."""
        calendar = self.calendar
        usable = oracle.usable_clearances(calendar, question.patient_id, question.now)
        kinds = oracle.kinds(calendar, question.patient_id, xray=usable[question.clearance_id])
        may = (
            question.visit_type_id in kinds
            and oracle.said_lately(calendar, question.clearance_id, question.now)
            and oracle.may_keep_another(calendar, question.patient_id, question.now)
            and _is_offered(calendar, question, minute)
        )
        self.touches = {question.patient_id}
        done = self.attempt(
            lambda: services.hold(
                patient_id=question.patient_id,
                clearance_id=question.clearance_id,
                visit_type_id=question.visit_type_id,
                start=moment(minute * 60),
                by=self.account_of(question.patient_id),
                now=self.now,
            ),
            to="hold",
        )
        assert done == may, _said("hold", done, question, minute)
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
                appointment_id=visit["id"], by=self.account_of(visit["patient_id"]), now=self.now
            ),
            visit,
            to="confirm",
        )
        assert done == may, _said("confirm", done, visit)

    def book(self, question: Question, minute: int) -> None:
        calendar = self.calendar
        kind = calendar.types[question.visit_type_id]
        usable = oracle.usable_clearances(calendar, question.patient_id, question.now)
        may = (
            (usable[question.clearance_id] or not kind["needs_xray_clearance"])
            and oracle.covers(calendar, question, minute)
            and oracle.is_free(calendar, question, minute)
        )
        self.touches = {question.patient_id}
        done = self.attempt(
            lambda: services.book(
                patient_id=question.patient_id,
                clearance_id=question.clearance_id,
                visit_type_id=question.visit_type_id,
                start=moment(minute * 60),
                by=self.world.desk,
                now=self.now,
            ),
            to="book",
        )
        assert done == may, _said("book", done, question, minute)

    def book_series(self, question: Question, minutes: list[int], *, reason: str) -> None:
        """All of them or none, and never two on one day."""
        calendar, wanted = self.calendar, sorted(set(minutes))
        kind = calendar.types[question.visit_type_id]
        usable = oracle.usable_clearances(calendar, question.patient_id, question.now)
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
        self.touches = {question.patient_id}
        done = self.attempt(
            lambda: services.book_series(
                patient_id=question.patient_id,
                clearance_id=question.clearance_id,
                visit_type_id=question.visit_type_id,
                starts=[moment(minute * 60) for minute in minutes],
                by=self.world.desk,
                now=self.now,
                reason=reason,
            ),
            to="book a series",
        )
        assert done == may, _said("book_series", done, question, wanted)
        assert len(self.calendar.visits) == before + len(wanted) * done
        self.seen["series booked"] += done

    def move(self, visit: Row, minute: int, *, by: User) -> None:
        may = self._may_move(visit, minute, by_desk=by == self.world.desk)
        self.moves = visit["id"]
        done = self.attempt(
            lambda: services.move(
                appointment_id=visit["id"], start=moment(minute * 60), by=by, now=self.now
            ),
            visit,
            to="move",
        )
        assert done == may, _said("move", done, visit, minute)
        self.seen["moved"] += done

    def _may_move(self, visit: Row, minute: int, *, by_desk: bool) -> bool:
        if visit["state"] not in {"booked", "confirmed"}:
            return False
        if minute * 60 == visit["visit_from"]:
            return True
        calendar, question = self.calendar, self.about(visit, moving=visit["id"])
        leave = self._leave_for(calendar, question, visit, minute)
        is_late = by_desk and minute * 60 > question.now
        if leave is None or (visit["visit_from"] <= question.now and not is_late):
            return False
        question.clearance_id = leave
        if by_desk:
            return oracle.is_free(calendar, question, minute)
        if not oracle.said_lately(calendar, leave, question.now):
            return False
        return _is_offered(calendar, question, minute)

    def _leave_for(
        self, calendar: Calendar, question: Question, visit: Row, minute: int
    ) -> UUID | None:
        """The clearance the moved visit would rest on: its own, or another that covers it."""
        usable = oracle.usable_clearances(calendar, visit["patient_id"], question.now)
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
        usable = oracle.usable_clearances(calendar, visit["patient_id"], question.now)
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
        assert done == may, _said("reinstate", done, visit, clearance_id)

    def send_old_page(self, visit: Row, what: int, minute: int) -> None:
        """Made from an earlier version of the visit: nothing happens, whatever it asks for."""
        visit_id, old = visit["id"], visit["version"] - 1
        by, now = self.account_of(visit["patient_id"]), self.now
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

    # --- The waitlist -----------------------------------------------------------------------------

    def wait(self, question: Question, *, is_acute: bool | None) -> None:
        assert question.patient_id is not None
        patient_id, kind = question.patient_id, question.visit_type_id
        today = date.fromordinal(self.day(0))
        wishes = services.Wishes(half_days=(), first_day=today, last_day=None, note="")
        self.attempt(
            lambda: services.wait_for(
                patient_id=patient_id,
                visit_type_id=kind,
                wishes=wishes,
                is_acute=is_acute,
                by=self.world.desk,
                now=self.now,
            ),
            to="wait",
        )

    def free_times(self) -> list[datetime]:
        found = waitlist.free_times(waitlist.waiting(self.now), self.now)
        return [each.start for each in found]

    def offer(self, start: datetime) -> None:
        """Only to whom the gate lets in and the time is free for, in the list's order."""
        calendar, minute = self.calendar, seconds(start) // 60
        listed = rows.asked(rows.WAITING)
        before = {offer["id"] for offer in rows.asked(rows.OFFERS)}
        if not self.attempt(
            lambda: services.offer(start=start, by=self.world.desk, now=self.now), to="offer"
        ):
            return
        made = [offer for offer in rows.asked(rows.OFFERS) if offer["id"] not in before]
        assert 1 <= len(made) <= services.OFFERED_AT_ONCE
        places = {entry["id"]: place for place, entry in enumerate(listed)}
        asked = sorted(places[offer["entry_id"]] for offer in made)
        may = [
            place for place, entry in enumerate(listed) if self._may_take(calendar, entry, minute)
        ]
        assert set(asked) <= set(may), ("offered past the gate", start, asked, may)
        passed_over = {place for place in may if place < asked[-1]} - set(asked)
        for place in passed_over:
            assert self._has_a_reason(calendar, listed[place], before, start), listed[place]
        self.seen["times offered to who waits"] += len(made)

    def _may_take(self, calendar: Calendar, entry: Row, minute: int) -> bool:
        usable = oracle.usable_clearances(calendar, entry["patient_id"], seconds(self.now))
        return any(
            oracle.covers(calendar, question, minute) and _is_offered(calendar, question, minute)
            for question in (
                Question(entry["patient_id"], leave, entry["visit_type_id"], seconds(self.now))
                for leave in usable
            )
        )

    def _has_a_reason(
        self, calendar: Calendar, entry: Row, before: set[UUID], start: datetime
    ) -> bool:
        """Why somebody was passed over: an offer, a no, a visit near it, or no leave for it."""
        offers = [
            offer
            for offer in rows.asked(rows.OFFERS)
            if offer["entry_id"] == entry["id"] and offer["id"] in before
        ]
        day = oracle.local(seconds(start) // 60)[0]
        near = [
            visit
            for visit in calendar.visits.values()
            if visit["patient_id"] == entry["patient_id"]
            and abs(oracle.local(visit["visit_from"] // 60)[0] - day) <= 1
        ]
        usable = oracle.usable_clearances(calendar, entry["patient_id"], seconds(self.now))
        needs_xray = calendar.types[entry["visit_type_id"]]["needs_xray_clearance"]
        return bool(offers or near or (needs_xray and not all(usable.values())))

    def offers(self, *, standing_only: bool) -> list[Row]:
        now = seconds(self.now)
        return [
            offer
            for offer in rows.asked(rows.OFFERS)
            if not standing_only or (offer["outcome"] == "" and offer["expires_at"] > now)
        ]

    def answer_offer(self, offer: Row, answer: str) -> None:
        patient_id, now = offer["patient_id"], seconds(self.now)
        self.touches = {patient_id}
        by = self.world.desk if answer == "desk" else self.account_of(patient_id)
        is_open = offer["outcome"] == "" and offer["expires_at"] > now
        acts: dict[str, Callable[[], object]] = {
            "decline": lambda: services.decline(offer_id=offer["id"], by=by, now=self.now),
            "withdraw": lambda: services.withdraw(entry_id=offer["entry_id"], by=by, now=self.now),
        }
        if answer in acts:
            self.attempt(acts[answer], to=answer)
            return
        may = self._may_take(
            self.calendar,
            {"patient_id": patient_id, "visit_type_id": offer["visit_type_id"]},
            offer["start"] // 60,
        )
        done = self.attempt(
            lambda: services.accept(offer_id=offer["id"], by=by, now=self.now), to="accept"
        )
        if offer["outcome"] == "ACCEPTED":
            assert done, "accepted before: the same visit again"
        elif done:
            assert is_open, ("accepted too late", offer)
            assert may or answer == "desk", ("accepted past the gate", offer)
            self.seen["offers accepted"] += 1

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
        patient, now = data.draw(st.sampled_from(self.world.patients)), seconds(self.now)
        calendar = self.calendar
        usable = oracle.usable_clearances(calendar, patient.pk, now)
        cards = intake.clearances_usable(patient.pk, self.now)
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
            visit["patient_id"],
            visit["clearance_id"],
            visit["visit_type_id"],
            seconds(self.now),
            moving,
        )

    def _wish(self, question: Question) -> Wish:
        card = None
        if question.patient_id is not None:
            cards = intake.clearances_usable(question.patient_id, self.now)
            card = next(card for card in cards if card.id == question.clearance_id)
        return Wish(
            clearance=card,
            visit_type=plan.current().visit_types[question.visit_type_id],
            now=self.now,
            moving=question.moving,
        )

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

    def account_of(self, patient_id: UUID) -> User:
        account = next(each.account for each in self.world.patients if each.pk == patient_id)
        assert account is not None
        return account


def _minute(written: str) -> int:
    return seconds(datetime.fromisoformat(written)) // 60


def _is_offered(calendar: Calendar, question: Question, minute: int) -> bool:
    day, _ = oracle.local(minute)
    return minute in oracle.offered(calendar, question, day, day)


def _minute_at(day: int, wall: int) -> int:
    """The first minute of a day at which the wall shows that time, or a later one."""
    return next(minute for minute, reached in oracle.minutes_of(day) if reached >= wall)


def _said(act: str, done: bool, *what: object) -> str:
    came = "done, and should have been refused" if done else "refused, and should have been done"
    return f"{act} was {came}: {what}"


def _difference(answer: list[int], expected: list[int], question: Question) -> str:
    def said(minutes: set[int]) -> list[str]:
        return [f"{moment(minute * 60):%a %d %H:%M} UTC" for minute in sorted(minutes)][:5]

    more, less = set(answer) - set(expected), set(expected) - set(answer)
    return f"offered and should not be: {said(more)}; missing: {said(less)}; {question}"
