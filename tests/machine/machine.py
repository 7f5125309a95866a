"""The clinic at random: everybody does anything, at any time, through the real services.

Each example is one transaction that is rolled back: the services' own transactions are savepoints
in it, and what the database would ask at a commit is asked after every step. The clock is a value
that the machine moves forward.
"""

from datetime import date, time
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from clinic.models import ClinicProfile
from intake import services as intake_services
from intake.models import Case, Clearance
from scheduling import services
from scheduling.models import Clinician, Closure, ExtraHours, OpeningHours, Room, VisitType
from scheduling.slots import Interval, State
from tests import answers
from tests.machine import oracle, rows, world
from tests.machine.acting import A_MINUTE, Acting
from tests.machine.oracle import Calendar, Question
from tests.machine.rows import moment, seconds

_OFFERED = st.sampled_from(["online", "online", "same_day", "desk"])
_FIVE_MINUTES = st.integers(0, 23 * 12 + 11)
_WINDOWS = (
    st.tuples(_FIVE_MINUTES, _FIVE_MINUTES)
    .filter(lambda ends: ends[0] != ends[1])
    .map(lambda ends: tuple(time(n // 12, n % 12 * 5) for n in sorted(ends)))
)
_NEXT = {
    "booked": (State.CONFIRMED, State.ARRIVED, State.ARRIVED, State.NO_SHOW),
    "confirmed": (State.ARRIVED, State.ARRIVED, State.NO_SHOW, State.BOOKED),
    "arrived": (State.IN_ROOM, State.IN_ROOM, State.BOOKED),
    "in_room": (State.DONE, State.DONE, State.ARRIVED),
}


class CalendarMachine(Acting):
    """Three rules of every day, and those that come between.

    Hypothesis leaves out a random part of the rules in each example: with everything that happens
    on every day in a rule of its own, few visits would ever be followed to their end.
    """

    turn = 0

    @initialize(days=st.lists(st.integers(0, 6), max_size=10), data=st.data())
    def there_are_visits_already(self, days: list[int], data: Any) -> None:
        for day in days:
            question = self.question(data)
            if question:
                self._take_offered(data, question, self.day(day), surely=True)

    # --- Every day --------------------------------------------------------------------------------

    @rule(what=st.integers(0, 9), data=st.data())
    def time_goes_by(self, what: int, data: Any) -> None:
        visit = self.some(data, "booked", "confirmed", "arrived", "suspended")
        if what < 4:
            pauses = [1, 4, 9, 10, 11, 25, 45, 60, 90, 240, 600, 24 * 60, 3 * 24 * 60]
            self.now += data.draw(st.sampled_from(pauses)) * A_MINUTE
        elif what < 6 and visit:
            away = data.draw(st.sampled_from([-61, -59, -1, 0, 1, 20, 61]))
            self.now = max(self.now, moment(visit["visit_from"]) + away * A_MINUTE)
        elif what < 7:
            clock = data.draw(st.sampled_from([0, 40, 7 * 60 + 55, 23 * 60 + 45]))
            tomorrow = oracle.minutes_of(self.day(1))
            self.now = moment(60 * next(at for at, reached in tomorrow if reached >= clock))
        else:
            self.sweep()

    @rule(what=st.integers(0, 9), data=st.data())
    def a_patient_does_something(self, what: int, data: Any) -> None:
        visit = self.some(data, "booked", "confirmed")
        held = self.some(data, "held")
        question = self.question(data)
        if held and what % 2:
            self.confirm(held)
        elif visit and what in (2, 3):
            self._move_to_offered(data, visit["id"])
        elif visit and what == 4:
            self.move(visit, self.any_minute(data), by=self.account_of(visit["patient_id"]))
        elif visit and what == 5:
            self.cancel(visit, by=self.account_of(visit["patient_id"]))
        elif question and what < 9:
            self._take_offered(data, question, self.any_day(data), surely=False)
        elif question:
            first = self.any_day(data)
            self.ask(question, first, first + data.draw(st.integers(0, 4)))

    @rule(what=st.integers(0, 9), data=st.data())
    def the_desk_does_something(self, what: int, data: Any) -> None:
        visit = self.some(data, *_NEXT)
        suspended = self.some(data, "suspended")
        if suspended and what % 2:
            self._decide_suspended(data, suspended["id"])
        elif visit and what < 6:
            self.mark(visit, data.draw(st.sampled_from(_NEXT[visit["state"]])))
        elif visit and what == 6:
            self.move(visit, self.any_minute(data), by=self.world.desk)
        elif visit and what == 7:
            self.cancel(visit, by=self.world.desk)
        else:
            question = self.question(data, any_kind=True)
            if question:
                self.book(question, self.any_minute(data))

    # --- Out of turn: old pages, mistakes, and what nobody offered --------------------------------

    @rule(data=st.data())
    def a_patient_asks_for_any_time(self, data: Any) -> None:
        question = self.question(data, any_kind=data.draw(st.booleans()))
        if question:
            self.hold(question, self.any_minute(data))

    @rule(data=st.data(), to=st.sampled_from(list(State)))
    def anything_is_marked(self, data: Any, to: State) -> None:
        """Undos among them, also of visits long over."""
        visit = self.some(data)
        if visit:
            self.mark(visit, to)

    @rule(what=st.integers(0, 3), is_old=st.booleans(), data=st.data())
    def a_page_is_sent_out_of_turn(self, what: int, is_old: bool, data: Any) -> None:
        visit = self.some(data)
        if visit is None:
            return
        account = self.account_of(visit["patient_id"])
        if is_old:
            self.send_old_page(visit, what, self.any_minute(data))
        elif what == 0:
            self.confirm(visit)
        elif what == 1:
            self.cancel(visit, by=account)
        elif what == 2:
            self.release(visit)
        else:
            self.move(visit, self.any_minute(data), by=account)

    # --- The plan ---------------------------------------------------------------------------------

    @rule(
        whose=st.sampled_from(["doctor", "locum", "room", "clinic"]),
        minutes=st.sampled_from([20, 45, 120, 24 * 60]),
        data=st.data(),
    )
    def time_is_closed(self, whose: str, minutes: int, data: Any) -> None:
        """Holds inside are given back, and whoever closes hears of every visit that is left."""
        first = self.any_minute(data)
        first -= first % 5
        begins, ends = first * 60, (first + minutes) * 60
        doctor, room = Calendar().doctor, Room.objects.get().pk
        locum = Clinician.objects.get(name="Dr. Locum").pk
        self.touches = None
        closed = services.close(
            during=Interval(moment(begins), moment(ends)),
            reason="Away",
            clinician_id={"doctor": doctor, "locum": locum}.get(whose),
            room_id=room if whose == "room" else None,
            by=self.world.desk,
            now=self.now,
        )
        part = "room" if whose == "room" else "doctor"
        inside = {
            visit["id"]: visit["state"]
            for visit in rows.asked(rows.VISITS)
            if visit["state"] in {state.value for state in State.KEEPS_TIME}
            and (whose != "doctor" or visit["clinician_id"] == doctor)
            and (whose != "locum" or visit["clinician_id"] == locum)
            and (whose != "room" or visit["room_id"] == room)
            and visit[f"{part}_from"] < ends
            and begins < visit[f"{part}_until"]
        }
        assert {visit.pk for visit in closed.affected} == set(inside)
        assert "held" not in inside.values()
        self.seen["visits inside a closure"] += len(inside)

    @rule(data=st.data())
    def a_closure_is_taken_back(self, data: Any) -> None:
        closures = list(Closure.objects.order_by("pk"))
        if closures:
            data.draw(st.sampled_from(closures)).delete()

    @rule(
        window=_WINDOWS,
        valid_from=st.none() | st.integers(-5, 10),
        valid_days=st.none() | st.integers(0, 14),
        offered=_OFFERED,
        data=st.data(),
    )
    def hours_are_added(
        self,
        window: tuple[time, time],
        valid_from: int | None,
        valid_days: int | None,
        offered: str,
        data: Any,
    ) -> None:
        first = None if valid_from is None else self.day(valid_from)
        last = None if valid_days is None else (first or self.day(0)) + valid_days
        OpeningHours.objects.create(
            clinician_id=Calendar().doctor,
            weekday=data.draw(st.integers(0, 6)),
            starts=window[0],
            ends=window[1],
            valid_from=first and date.fromordinal(first),
            valid_until=last and date.fromordinal(last),
            offered=offered,
        )

    @rule(window=_WINDOWS, offered=_OFFERED, data=st.data())
    def extra_hours_are_added(self, window: tuple[time, time], offered: str, data: Any) -> None:
        ExtraHours.objects.create(
            clinician_id=Calendar().doctor,
            day=date.fromordinal(self.any_day(data)),
            starts=window[0],
            ends=window[1],
            offered=offered,
        )

    @rule(offered=_OFFERED, last=st.none() | st.integers(0, 10), data=st.data())
    def hours_change(self, offered: str, last: int | None, data: Any) -> None:
        """Kept back, opened, or given a last day."""
        hours = data.draw(st.sampled_from(list(OpeningHours.objects.order_by("pk"))))
        hours.offered = offered
        until = None if last is None else date.fromordinal(self.day(last))
        if until is None or hours.valid_from is None or hours.valid_from <= until:
            hours.valid_until = until
        hours.save()

    @rule(
        minutes=st.sampled_from([15, 20, 45, 60]),
        before=st.sampled_from([0, 5, 10]),
        after=st.sampled_from([0, 10, 15]),
        data=st.data(),
    )
    def a_visit_type_changes(self, minutes: int, before: int, after: int, data: Any) -> None:
        kind = data.draw(st.sampled_from(list(VisitType.objects.order_by("pk"))))
        kind.minutes, kind.buffer_before, kind.buffer_after = minutes, before, after
        if kind.room_id:
            parts = [(None, None), (0, 10), (5, 15), (0, minutes + after)]
            kind.room_from, kind.room_until = data.draw(st.sampled_from(parts))
        kind.save()

    @rule(
        notice=st.sampled_from([0, 30, 60, 180]),
        horizon=st.sampled_from([2, 7, 14]),
        step=st.sampled_from([5, 10, 15, 20]),
    )
    def the_policy_changes(self, notice: int, horizon: int, step: int) -> None:
        ClinicProfile.objects.update(
            minimum_notice_minutes=notice, horizon_days=horizon, step_minutes=step
        )

    # --- The gate ---------------------------------------------------------------------------------

    @rule(data=st.data())
    def a_clearance_is_revoked(self, data: Any) -> None:
        patient = data.draw(st.sampled_from(self.world.patients))
        standing = Clearance.objects.filter(patient=patient, revoked_at=None)
        clearances = list(standing.order_by("issued_at", "ends_at"))
        if not clearances:
            return
        self.now += A_MINUTE
        self.touches = {patient.pk}
        intake_services.revoke(
            clearance_id=data.draw(st.sampled_from(clearances)).pk,
            because="Something new came to light.",
            by=self.world.doctor,
            now=self.now,
        )

    @rule(
        said=st.sampled_from(
            [answers.BOOK, answers.BOOK, answers.CO_MANAGE, answers.REFER, answers.EMERGENCY]
        ),
        data=st.data(),
    )
    def a_patient_answers_again(self, said: dict[str, object], data: Any) -> None:
        """Fine, and there is another clearance; or held, and every visit to come is stopped."""
        patient = data.draw(st.sampled_from(self.world.patients))
        self.now += A_MINUTE  # which of two answers is the newer one is never left to chance
        # In one account, somebody's answers may stop another's visits.
        self.touches = {each.pk for each in self.world.patients if each.account == patient.account}
        self.attempt(lambda: world.answer_again(patient, said, self.now), to="answer")

    @rule(
        kind=st.sampled_from(["CLEAR", "CLEAR", "REFER", "RESOLVED"]),
        xray=st.booleans(),
        data=st.data(),
    )
    def the_doctor_decides(self, kind: str, xray: bool, data: Any) -> None:
        unresolved = Case.objects.filter(state__in=Case.UNRESOLVED)
        held = list(unresolved.order_by("opened_at", "patient__given_name"))
        self.now += A_MINUTE
        if held:
            case = data.draw(st.sampled_from(held))
            newest = case.intakes.latest("submitted_at")
            # The visits that the new clearance allows rest on it.
            self.touches = {case.patient_id}
            self.attempt(
                lambda: world.decide(newest, kind, xray=xray, by=self.world.doctor, now=self.now),
                to="decide",
            )

    # --- After every step -------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong_in_the_tables(self) -> None:
        self.check_tables()

    @invariant()
    def every_other_visit_is_as_it_was(self) -> None:
        self.check_visits_of_others()
        self.seen["steps"] += 1

    @invariant()
    def the_answer_is_the_oracles(self) -> None:
        """For a wish that has its turn, besides those of the rules."""
        self.turn += 1
        patient = self.world.patients[self.turn % len(self.world.patients)]
        calendar = Calendar()
        usable = list(oracle.usable_clearances(calendar, patient.pk, seconds(self.now)))
        if usable:
            question = Question(
                patient.pk,
                usable[self.turn % len(usable)],
                sorted(calendar.types)[self.turn % len(calendar.types)],
                seconds(self.now),
            )
            day = self.day(self.turn * 5 % 16)
            self.ask(question, day, day)

    # --- In several rules -------------------------------------------------------------------------

    def _take_offered(self, data: Any, question: Question, day: int, *, surely: bool) -> None:
        starts = self.ask(question, day, day)
        if starts and self.hold(question, data.draw(st.sampled_from(starts))):
            held = next(
                visit
                for visit in rows.asked(rows.VISITS)
                if visit["state"] == "held" and visit["patient_id"] == question.patient_id
            )
            if surely or data.draw(st.booleans()):
                self.confirm(held)

    def _move_to_offered(self, data: Any, visit_id: UUID) -> None:
        visit = self.visits[visit_id]
        question = self.about(visit, moving=visit_id)
        usable = oracle.usable_clearances(Calendar(), visit["patient_id"], question.now)
        if not usable:
            return
        if visit["clearance_id"] not in usable:
            question.clearance_id = next(iter(usable))
        first = self.any_day(data)
        starts = self.ask(question, first, first + 1)
        if starts:
            account = self.account_of(visit["patient_id"])
            self.move(visit, data.draw(st.sampled_from(starts)), by=account)

    def _decide_suspended(self, data: Any, visit_id: UUID) -> None:
        visit = self.visits[visit_id]
        leaves = [
            row["id"]
            for row in Calendar().clearances
            if row["patient_id"] == visit["patient_id"] or data.draw(st.integers(0, 9)) == 0
        ]
        if data.draw(st.integers(0, 3)):
            self.reinstate(visit, data.draw(st.sampled_from(leaves[::-1])))
        else:
            self.release(visit)
