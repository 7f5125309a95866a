"""Time is closed: new times are proposed, told, taken or not, and some of it is taken back."""

from typing import Any

from hypothesis import strategies as st

from scheduling import services
from scheduling.models import Clinician, Room
from scheduling.services import Closed
from scheduling.slots import Interval, State
from tests.machine import oracle, rows
from tests.machine.acting import Acting, length_of
from tests.machine.often import happens
from tests.machine.oracle import Calendar
from tests.machine.rows import Row, moment, seconds

_KEEPS_TIME = {state.value for state in State.KEEPS_TIME}
_MINUTES = st.sampled_from([20, 45, 120, 24 * 60])
_WHOSE = st.sampled_from(["doctor", "doctor", "clinic", "locum", "room"])


class Closing(Acting):
    # --- What happens -----------------------------------------------------------------------------

    @happens(3)
    def time_is_closed(self, data: Any) -> None:
        whose, minutes, first = data.draw(_WHOSE), data.draw(_MINUTES), self.any_minute(data)
        first -= first % 5
        closures = [None, None, *(closed["id"] for closed in self.calendar.closures)]
        self.close(data.draw(st.sampled_from(closures)), whose, first, first + minutes)

    @happens(6)
    def a_closed_time_is_worked_on(self, data: Any) -> None:
        """The time of a visit to come is closed; its patient is told, and answers."""
        what = data.draw(st.integers(0, 9))
        if not self._standing():
            self._close_over_a_visit(data)
            self.settle()
        proposed = self._standing()
        if not proposed:
            return
        rebooking = data.draw(st.sampled_from(proposed))
        if rebooking["told_at"] is None and what < 6:
            self.tell(rebooking["closure_id"])
        elif what < 4:
            self._patient_answers(rebooking, cancels=what == 0)
        elif what < 8:
            self.take_proposed(rebooking, is_old=what == 7)
        elif what == 8:
            self.reopen(rebooking["closure_id"], as_seen=True)
        else:
            self._close_over_a_visit(data)

    def _close_over_a_visit(self, data: Any) -> None:
        to_come = [visit for visit in self.visits.values() if self._may_be_asked(visit)]
        if to_come:
            visit = data.draw(st.sampled_from(to_come))
            first = visit["visit_from"] // 60 - data.draw(st.sampled_from([0, 30, 240]))
            self.close(None, "doctor", first, first + data.draw(_MINUTES))

    @happens(2)
    def a_closure_is_taken_back(self, data: Any) -> None:
        closures = [closed["id"] for closed in self.calendar.closures]
        if closures:
            as_seen = data.draw(st.integers(0, 4)) > 0
            self.reopen(data.draw(st.sampled_from(closures)), as_seen=as_seen)

    def _standing(self) -> list[Row]:
        """What was proposed for visits that stand where they stood, the newest first."""
        visits = self.calendar.visits
        return [
            each
            for each in reversed(self.calendar.rebookings.values())
            if visits[each["visit_id"]]["visit_from"] == each["was_from"]
            and visits[each["visit_id"]]["state"] in {"booked", "confirmed"}
        ]

    def _patient_answers(self, rebooking: Row, *, cancels: bool) -> None:
        visit = self.visits[rebooking["visit_id"]]
        account = self.account_of(visit["person_id"])
        if cancels:
            self.cancel(visit, by=account)
        elif rebooking["start"] is not None:
            self.move(visit, rebooking["start"] // 60, by=account)

    # --- Acts -------------------------------------------------------------------------------------

    def close(self, closure_id: int | None, whose: str, first: int, last: int) -> None:
        """Holds inside are given back, and whoever closes hears of every visit that is left."""
        closed = self._close(closure_id, whose, first * 60, last * 60)
        self.seen["closures changed"] += closure_id is not None
        inside = self._inside(whose, first * 60, last * 60)
        assert {visit.pk for visit in closed.affected} == set(inside)
        assert "held" not in inside.values()
        self.seen["visits inside a closure"] += len(inside)
        self._look_at_proposals(closed.closure.pk, set(inside))

    def _close(self, closure_id: int | None, whose: str, begins: int, ends: int) -> Closed:
        self.touches, self._calendar = None, None
        locum = Clinician.objects.get(name="Dr. Locum").pk
        asked: dict[str, Any] = {
            "during": Interval(moment(begins), moment(ends)),
            "reason": "Away",
            "clinician_id": {"doctor": Calendar().doctor, "locum": locum}.get(whose),
            "room_id": Room.objects.get().pk if whose == "room" else None,
            "by": self.world.desk,
            "now": self.now,
        }
        if closure_id is None:
            return services.close(**asked)
        return services.change_closure(closure_id=closure_id, **asked)

    def _inside(self, whose: str, begins: int, ends: int) -> dict[Any, str]:
        part = "room" if whose == "room" else "doctor"
        locum = Clinician.objects.get(name="Dr. Locum").pk
        return {
            visit["id"]: visit["state"]
            for visit in self.calendar.visits.values()
            if visit["state"] in _KEEPS_TIME
            and (whose != "doctor" or visit["clinician_id"] == self.calendar.doctor)
            and (whose != "locum" or visit["clinician_id"] == locum)
            and (whose != "room" or visit["room_id"] is not None)
            and visit[f"{part}_from"] < ends
            and begins < visit[f"{part}_until"]
        }

    def _look_at_proposals(self, closure_id: int, inside: set[Any]) -> None:
        """A time for each visit to come, offered to them, if there is any that nobody else has."""
        calendar, now = self.calendar, seconds(self.now)
        of_closure = {
            each["visit_id"]: each
            for each in calendar.rebookings.values()
            if each["closure_id"] == closure_id
        }
        to_come = {pk for pk in inside if calendar.visits[pk]["visit_until"] > now}
        assert to_come <= set(of_closure)
        for pk, each in of_closure.items():
            assert each["told_at"] is not None or pk in to_come
            if each["told_at"] is None:
                self._look_at_proposal(each)

    def _look_at_proposal(self, rebooking: Row) -> None:
        visit = self.calendar.visits[rebooking["visit_id"]]
        assert rebooking["was_from"] == visit["visit_from"]
        if not self._may_be_asked(visit):
            assert rebooking["start"] is None
        elif visit["clinician_id"] != self.calendar.doctor:
            return
        elif rebooking["start"] is not None:
            day, _ = oracle.local(rebooking["start"] // 60)
            shorter = min(length_of(visit), self._usual_length(visit))
            assert rebooking["start"] // 60 in self._offered(visit, day, day, minutes=shorter)
            self.seen["times proposed"] += 1
        else:
            longer = max(length_of(visit), self._usual_length(visit))
            last = self.day(self.calendar.clinic["horizon_days"])
            starts = self._offered(visit, self.day(0), last, minutes=longer)
            assert not [start for start in starts if self._is_nobodys(visit, start, longer)]
            self.seen["no time to propose"] += 1

    def _may_be_asked(self, visit: Row) -> bool:
        return visit["state"] in {"booked", "confirmed"} and visit["visit_from"] > seconds(self.now)

    def _usual_length(self, visit: Row) -> int:
        return int(self.calendar.types[visit["visit_type_id"]]["minutes"])

    def _offered(self, visit: Row, first: int, last: int, *, minutes: int) -> set[int]:
        """What is offered to the patient for this visit, under any leave of theirs."""
        question, found = self.about(visit, moving=visit["id"]), set()
        question.minutes = minutes
        usable = oracle.usable_clearances(self.calendar, visit["person_id"], question.now)
        for question.clearance_id in usable:
            found |= set(oracle.offered(self.calendar, question, first, last))
        return found

    def _is_nobodys(self, visit: Row, minute: int, minutes: int) -> bool:
        question = self.about(visit, moving=visit["id"])
        question.minutes = minutes
        _, doctor, _ = oracle.parts_at(self.calendar, question, minute)
        return not any(
            doctor[0] < each["proposed_until"] and each["proposed_from"] < doctor[1]
            for each in self.calendar.rebookings.values()
            if each["start"] is not None
        )

    def tell(self, closure_id: int) -> None:
        """Each who stands there still hears of it once; what is proposed is free this moment."""
        to_tell = {
            each["id"]
            for each in self._standing()
            if each["closure_id"] == closure_id
            and each["told_at"] is None
            and self._may_be_asked(self.calendar.visits[each["visit_id"]])
            and each["was_until"] == self.calendar.visits[each["visit_id"]]["visit_until"]
        }
        before = self._letters()
        self._calendar = None
        told = services.tell_patients(closure_id=closure_id, by=self.world.desk, now=self.now)
        assert told == len(to_tell)
        rebookings = self.calendar.rebookings
        assert all(rebookings[pk]["told_at"] == seconds(self.now) for pk in to_tell)
        by_email = sum(rebookings[pk]["told_by"] == "email" for pk in to_tell)
        assert self._letters() == before + by_email
        for pk in to_tell:
            self._look_at_proposal(rebookings[pk])
        self.seen["told of a closing"] += told

    def _letters(self) -> int:
        letters = rows.asked(rows.LETTERS)
        return sum(letter["kind"] == "clinic_closed" for letter in letters)

    def take_proposed(self, rebooking: Row, *, is_old: bool) -> None:
        visit = self.calendar.visits[rebooking["visit_id"]]
        start = rebooking["start"]
        there = start is not None and visit["visit_from"] == start
        may = start is not None and self.may_move(visit, start // 60, by_desk=True)
        self.moves = visit["id"]
        done = self.attempt(
            lambda: services.take_proposed(
                rebooking_id=rebooking["id"],
                seen=visit["version"] - is_old,
                by=self.world.desk,
                now=self.now,
            ),
            visit,
            to="take what was proposed",
        )
        assert done == (may and (there or not is_old))
        if done:
            calls = self.calendar.calls_to_make
            assert (visit["id"], "closed") not in {
                (call["visit_id"], call["why"]) for call in calls
            }
            self.seen["proposals taken"] += 1

    def reopen(self, closure_id: int, *, as_seen: bool) -> None:
        """Only before anybody was told; then nothing is left of it."""
        (closed,) = (each for each in self.calendar.closures if each["id"] == closure_id)
        of_closure = [
            each for each in self.calendar.rebookings.values() if each["closure_id"] == closure_id
        ]
        until = closed["closed_until"] + (0 if as_seen else 60)
        done = self.attempt(
            lambda: services.reopen(
                closure_id=closure_id,
                as_seen=Interval(moment(closed["closed_from"]), moment(until)),
                by=self.world.desk,
                now=self.now,
            ),
            to="open again",
        )
        assert done == (as_seen and not any(each["told_at"] for each in of_closure))
        left = [each for each in of_closure if each["id"] in self.calendar.rebookings]
        assert left == ([] if done else of_closure)
        self.seen["opened again"] += done
