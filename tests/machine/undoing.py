"""What the desk does to a visit, and takes back a moment later."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from clinic import audit, delivery
from clinic.audit import Via
from scheduling import services
from scheduling.desk_exceptions import ChangedSince
from scheduling.slots import MOVES, State
from tests.machine import oracle, rows
from tests.machine.acting import A_MINUTE, Acting, cuts_room, length_of, said
from tests.machine.often import happens
from tests.machine.oracle import Calendar
from tests.machine.rows import Row, seconds

_LENGTHS = st.sampled_from([10, 15, 20, 30, 40, 60, 90])
_ACTS = st.sampled_from(["move", "move", "length", "mark", "mark", "cancel", "book", "walk in"])
_MEANWHILE = st.sampled_from(
    ["nothing", "nothing", "nothing", "another's change", "time", "sent", "taken", "revoked"]
)
_OF = {
    "move": ("booked", "confirmed"),
    "length": ("booked", "confirmed", "arrived", "in_room"),
    "mark": ("booked", "confirmed", "arrived", "in_room"),
    "cancel": ("booked", "confirmed", "suspended"),
}
_AFTER = {
    "booked": (State.CONFIRMED, State.ARRIVED, State.NO_SHOW),
    "confirmed": (State.ARRIVED, State.NO_SHOW),
    "arrived": (State.IN_ROOM,),
    "in_room": (State.DONE,),
}
_STEPS = {(move.source.value, move.target.value) for move in MOVES}
_KEEPS_TIME = {state.value for state in State.KEEPS_TIME}
# For so many seconds: a minute, and what a page may be behind.
_UNDO_FOR = 70


class Undoing(Acting):
    # --- What happens -----------------------------------------------------------------------------

    @happens(3)
    def a_length_changes(self, data: Any) -> None:
        visit = self.some(data, "booked", "confirmed", "arrived", "in_room")
        minutes = data.draw(_LENGTHS)
        if visit:
            self.change_length(visit, minutes)

    @happens(8)
    def the_desk_takes_back(self, data: Any) -> None:
        # Nothing else was done at that very moment.
        self.now += A_MINUTE
        before, letters, calls = self.calendar.visits, _letters(), _calls(self.calendar)
        visit_id = self._act(data, data.draw(_ACTS))
        if visit_id is None:
            return
        self.settle()
        was, after, done_at = before.get(visit_id), self.visits[visit_id], seconds(self.now)
        new_letters, new_calls = _letters() - letters, _calls(self.calendar) - calls
        meanwhile = data.draw(_MEANWHILE)
        sent = self._meanwhile(data, meanwhile, was, after, new_letters)
        self.settle()
        letters, calls = _letters(), _calls(self.calendar)
        done = self.undo(was, after, done_at)
        self.seen[f"after {meanwhile}: {'undone' if done else 'not undone'}"] += 1
        if done and meanwhile in {"nothing", "taken"}:
            # What was to be written is not, and nobody calls about what never was.
            assert _letters() == letters - new_letters
            assert _calls(self.calendar) == calls - new_calls
        elif done:
            # What had gone out is put right, each by another.
            assert len(_letters()) == len(letters) - (len(new_letters) - sent) + sent
        self.settle()
        self.now += timedelta(seconds=-seconds(self.now) % 60)

    def _act(self, data: Any, act: str) -> UUID | None:
        """The visit that it was done to, if it was done."""
        if act in {"book", "walk in"}:
            return self._make(data, is_walk_in=act == "walk in")
        visit = self._one_of(data, _OF[act])
        if visit is None:
            return None
        with audit.coming_from(Via.STAFF_PAGES):
            if act == "move":
                self.move(visit, self.any_minute(data), by=self.world.desk)
            elif act == "length":
                self.change_length(visit, data.draw(_LENGTHS))
            elif act == "mark":
                self.mark(visit, data.draw(st.sampled_from(_AFTER[visit["state"]])))
            else:
                self.cancel(visit, by=self.world.desk)
        changed = self.calendar.visits[visit["id"]]["version"] != visit["version"]
        return visit["id"] if changed else None

    def _one_of(self, data: Any, states: tuple[str, ...]) -> Row | None:
        """Rather somebody who is called, because there is no address to write to."""
        there = [visit for visit in reversed(self.visits.values()) if visit["state"] in states]
        records = self.calendar.records
        called = [visit for visit in there if not records[visit["person_id"]]["email"]]
        return data.draw(st.sampled_from([*called * 3, *there])) if there else None

    def _make(self, data: Any, *, is_walk_in: bool) -> UUID | None:
        question = self.question(data, any_kind=True)
        if question is None:
            return None
        before = set(self.calendar.visits)
        with audit.coming_from(Via.STAFF_PAGES):
            if is_walk_in:
                self.walk_in(question)
            else:
                self.book(question, self.any_minute(data))
        made = set(self.calendar.visits) - before
        return made.pop() if made else None

    def _meanwhile(
        self, data: Any, what: str, was: Row | None, after: Row, letters: set[UUID]
    ) -> int:
        """What comes between; how many of these letters went out."""
        if what == "another's change":
            self.cancel(after, by=self.account_of(after["person_id"]))
        elif what == "time":
            self.now += timedelta(seconds=data.draw(st.sampled_from([_UNDO_FOR, _UNDO_FOR + 1])))
        elif what == "revoked":
            self.revoke(after["clearance_id"])
        elif what == "taken" and was:
            question = self.question(data, any_kind=True)
            if question:
                self.book(question, was["visit_from"] // 60)
        elif what == "sent":
            for pk in letters:
                delivery.deliver(pk, now=self.now, last_attempt=True)
            return len(letters)
        return 0

    # --- Acts -------------------------------------------------------------------------------------

    def change_length(self, visit: Row, minutes: int) -> None:
        may = self._may_change_length(visit, minutes)
        self.moves = visit["id"]
        done = self.attempt(
            lambda: services.change_length(
                appointment_id=visit["id"],
                length=minutes * A_MINUTE,
                by=self.world.desk,
                now=self.now,
            ),
            visit,
            to="change the length",
        )
        assert done == may, said("change_length", done, visit, minutes)
        self.seen["lengths changed"] += done

    def _may_change_length(self, visit: Row, minutes: int) -> bool:
        if visit["state"] not in {"booked", "confirmed", "arrived", "in_room"}:
            return False
        if minutes == length_of(visit):
            return True
        calendar, question = self.calendar, self.about(visit, moving=visit["id"])
        question.minutes = minutes
        start = visit["visit_from"] // 60
        parts = oracle.parts_at(calendar, question, start)
        is_longer = minutes > length_of(visit)
        return (
            not oracle.is_taken(calendar, question, parts)
            and not cuts_room(calendar, question, start)
            and not (is_longer and oracle.is_closed(calendar, question, parts))
            and self._is_still_covered(visit, minutes)
            and self._gate_lets(visit)
        )

    def undo(self, was: Row | None, after: Row, done_at: int) -> bool:
        """All is as it was, or it is refused and nothing has changed."""
        may = self._may_undo(was, after, done_at)
        self.moves = self.undone = after["id"]
        with audit.coming_from(Via.STAFF_PAGES):
            done = self.attempt(
                lambda: services.undo(
                    appointment_id=after["id"],
                    by=self.world.desk,
                    now=self.now,
                    seen=after["version"],
                ),
                after,
                to="undo",
            )
        assert done == may, said("undo", done, was, after)
        if self.calendar.visits[after["id"]]["version"] != after["version"] and not done:
            assert isinstance(self.refusal, ChangedSince)
        if done:
            now = self.calendar.visits[after["id"]]
            if was is None:
                assert now["state"] == "cancelled"
            else:
                same = ("state", "visit_from", "visit_until", "clinician_id", "patient_id")
                assert [now[name] for name in same] == [was[name] for name in same]
        return done

    def _may_undo(self, was: Row | None, after: Row, done_at: int) -> bool:
        calendar = self.calendar
        visit = calendar.visits[after["id"]]
        if visit["version"] != after["version"] or seconds(self.now) - done_at > _UNDO_FOR:
            return False
        if was is None:
            return visit["state"] == "booked" or self._gate_lets(visit)
        if was["visit_from"] != visit["visit_from"] or was["visit_until"] != visit["visit_until"]:
            return self._may_put_back(was, visit)
        return self._may_go_back(was, visit)

    def _may_put_back(self, was: Row, visit: Row) -> bool:
        calendar, question = self.calendar, self.about(visit, moving=visit["id"])
        question.minutes, minute = length_of(was), was["visit_from"] // 60
        if was["visit_from"] != visit["visit_from"]:
            question.clearance_id = self.leave_for(calendar, question, visit, minute)
            if question.clearance_id is None:
                return False
        elif not self._is_still_covered(visit, length_of(was)) or not self._gate_lets(visit):
            return False
        return oracle.is_free(calendar, question, minute)

    def _may_go_back(self, was: Row, visit: Row) -> bool:
        calendar, question = self.calendar, self.about(visit)
        before, state = was["state"], visit["state"]
        by_booked = {(state, "booked"), ("booked", before)} <= _STEPS
        if before in {"held", "suspended"} or not ((state, before) in _STEPS or by_booked):
            return False
        parts = oracle.parts_of(visit)
        if state == "cancelled" and oracle.is_closed(calendar, question, parts):
            return False
        if state in _KEEPS_TIME:
            return self._gate_lets(visit)
        is_covered = oracle.covers(calendar, question, visit["visit_from"] // 60)
        is_free = not oracle.is_taken(calendar, question, parts)
        return is_free and is_covered and self._gate_lets(visit)

    def _is_still_covered(self, visit: Row, minutes: int) -> bool:
        """A clearance decided while the patient is here covers what is left of the visit."""
        clearance = self.calendar.clearances[visit["clearance_id"]]
        until = visit["visit_from"] + minutes * 60
        return bool(clearance["starts_at"] < until and visit["visit_from"] < clearance["ends_at"])

    def _gate_lets(self, visit: Row) -> bool:
        """Does its own clearance stand, for such a visit?"""
        clearance = self.calendar.clearances[visit["clearance_id"]]
        usable = oracle.usable_clearances(self.calendar, visit["person_id"], clearance["starts_at"])
        needs_xray = self.calendar.types[visit["visit_type_id"]]["needs_xray_clearance"]
        return clearance["id"] in usable and (usable[clearance["id"]] or not needs_xray)


def _letters() -> set[UUID]:
    return {letter["id"] for letter in rows.asked(rows.LETTERS)}


def _calls(calendar: Calendar) -> set[UUID]:
    return {call["id"] for call in calendar.calls_to_make}
