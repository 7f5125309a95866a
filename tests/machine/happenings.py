"""What may happen in a step: each takes its choices from `data`, and hypothesis makes them."""

from datetime import date, time
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from clinic.models import ClinicProfile
from intake.models import Case
from scheduling.models import Appointment, Clinician, ExtraHours, OpeningHours, VisitType
from scheduling.slots import State
from tests import answers
from tests.machine import oracle, world
from tests.machine.acting import A_MINUTE
from tests.machine.calling import Calling
from tests.machine.closing import Closing
from tests.machine.merging import Merging
from tests.machine.often import happens
from tests.machine.oracle import Calendar, Question
from tests.machine.rows import Row, moment, seconds
from tests.machine.undoing import Undoing
from tests.machine.waiting import Waiting

_OFFERED = st.sampled_from(["online", "online", "same_day", "desk"])
_FIVE_MINUTES = st.integers(0, 23 * 12 + 11)
_WINDOWS = (
    st.tuples(_FIVE_MINUTES, _FIVE_MINUTES)
    .filter(lambda ends: ends[0] != ends[1])
    .map(lambda ends: tuple(time(n // 12, n % 12 * 5) for n in sorted(ends)))
)
_PAUSES = st.sampled_from([1, 4, 9, 10, 11, 25, 45, 60, 90, 240, 600, 24 * 60])
_NEXT = {
    "booked": (State.CONFIRMED, State.ARRIVED, State.ARRIVED),
    "confirmed": (State.ARRIVED, State.ARRIVED, State.BOOKED),
    "arrived": (State.IN_ROOM, State.IN_ROOM, State.BOOKED),
    "in_room": (State.DONE, State.DONE, State.ARRIVED),
}


class Happenings(Waiting, Closing, Calling, Undoing, Merging):
    """Everybody's doings, by who does them."""

    # --- Every day --------------------------------------------------------------------------------

    @happens(14)
    def time_goes_by(self, data: Any) -> None:
        what = data.draw(st.integers(0, 9))
        suspended = self.some(data, "suspended")
        visit = suspended or self.some(data, "booked", "confirmed", "arrived")
        if what < 4:
            self.now += data.draw(_PAUSES) * A_MINUTE
            if suspended or self.some(data, "held"):
                self.sweep()
        elif what < 6 and visit:
            away = data.draw(st.sampled_from([-61, -59, -1, 0, 1, 20, 61]))
            self.now = max(self.now, moment(visit["visit_from"]) + away * A_MINUTE)
        elif what < 7:
            clock = data.draw(st.sampled_from([0, 40, 7 * 60 + 55, 23 * 60 + 45]))
            tomorrow = oracle.minutes_of(self.day(1))
            self.now = moment(60 * next(at for at, reached in tomorrow if reached >= clock))
        else:
            self.sweep()

    @happens(16)
    def a_patient_does_something(self, data: Any) -> None:
        what = data.draw(st.integers(0, 9))
        visit = self.some(data, "booked", "confirmed")
        held = self.some(data, "held")
        if held and what % 2:
            self.confirm(held)
        elif visit and what in (2, 3):
            self._move_to_offered(data, visit["id"])
        elif visit and what == 4:
            self.move(visit, self.any_minute(data), by=self.account_of(visit["person_id"]))
        elif visit and what == 5:
            self.cancel(visit, by=self.account_of(visit["person_id"]))
        else:
            self._look_for_a_time(data, takes_it=what < 9)

    def _look_for_a_time(self, data: Any, *, takes_it: bool) -> None:
        question = self.question(data)
        if question and takes_it:
            self.take_offered(data, question, self.any_day(data), surely=False)
        elif question:
            first = self.any_day(data)
            self.ask(question, first, first + data.draw(st.integers(0, 4)))

    @happens(16)
    def the_desk_does_something(self, data: Any) -> None:
        what = data.draw(st.integers(0, 9))
        # Who is here is seen to before anybody else, most of the time.
        here = self.some(data, "arrived", "in_room") if what < 4 else None
        visit = here or self.some(data, *_NEXT)
        suspended = self.some(data, "suspended")
        if suspended and what in (1, 3):
            self._decide_suspended(data, suspended["id"])
        elif visit and what < 6:
            self.mark(visit, data.draw(st.sampled_from(self._next(visit))))
        elif visit and what == 6:
            self.move(visit, self.any_minute(data), by=self.world.desk)
        elif visit and what == 7:
            self.cancel(visit, by=self.world.desk)
        else:
            question = self.question(data, any_kind=True)
            if question:
                self.book(question, self.any_minute(data))

    @happens(3)
    def the_desk_books_a_series(self, data: Any) -> None:
        """Near one hour of several days, or wherever."""
        question = self.question(data, any_kind=True)
        ahead = data.draw(st.lists(st.integers(0, 14), min_size=1, max_size=4))
        wall = data.draw(st.sampled_from([9 * 60, 9 * 60 + 30, 11 * 60]))
        if question:
            minutes = [self.minute_at(self.day(days), wall) for days in ahead]
            if data.draw(st.integers(0, 3)) == 0:
                minutes.append(self.any_minute(data))
            self.book_series(question, minutes, reason=data.draw(st.sampled_from(["", "Wished."])))

    # --- Out of turn: old pages, mistakes, and what nobody offered --------------------------------

    @happens(3)
    def a_patient_asks_for_any_time(self, data: Any) -> None:
        question = self.question(data, any_kind=data.draw(st.booleans()))
        if question:
            self.hold(question, self.any_minute(data))

    @happens(3)
    def anything_is_marked(self, data: Any) -> None:
        """Undos among them, also of visits long over."""
        to = data.draw(st.sampled_from(list(State)))
        visit = self.some(data)
        if visit:
            self.mark(visit, to)

    @happens(3)
    def a_page_is_sent_out_of_turn(self, data: Any) -> None:
        what = data.draw(st.integers(0, 3))
        is_old = data.draw(st.booleans())
        visit = self.some(data)
        if visit is None:
            return
        account = self.account_of(visit["person_id"])
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

    @happens(2)
    def hours_are_added(self, data: Any) -> None:
        window = data.draw(_WINDOWS)
        valid_from = data.draw(st.none() | st.integers(-5, 10))
        valid_days = data.draw(st.none() | st.integers(0, 14))
        offered = data.draw(_OFFERED)
        first = None if valid_from is None else self.day(valid_from)
        last = None if valid_days is None else (first or self.day(0)) + valid_days
        OpeningHours.objects.create(
            clinician_id=self.calendar.doctor,
            weekday=data.draw(st.integers(0, 6)),
            starts=window[0],
            ends=window[1],
            valid_from=first and date.fromordinal(first),
            valid_until=last and date.fromordinal(last),
            offered=offered,
        )

    @happens(2)
    def extra_hours_are_added(self, data: Any) -> None:
        window = data.draw(_WINDOWS)
        offered = data.draw(_OFFERED)
        ExtraHours.objects.create(
            clinician_id=self.calendar.doctor,
            day=date.fromordinal(self.any_day(data)),
            starts=window[0],
            ends=window[1],
            offered=offered,
        )

    @happens(2)
    def hours_change(self, data: Any) -> None:
        """Kept back, opened, or given a last day."""
        offered = data.draw(_OFFERED)
        last = data.draw(st.none() | st.integers(0, 10))
        hours = data.draw(st.sampled_from(list(OpeningHours.objects.order_by("pk"))))
        hours.offered = offered
        until = None if last is None else date.fromordinal(self.day(last))
        if until is None or hours.valid_from is None or hours.valid_from <= until:
            hours.valid_until = until
        hours.save()

    @happens(1)
    def a_visit_type_changes(self, data: Any) -> None:
        minutes = data.draw(st.sampled_from([15, 20, 45, 60]))
        before = data.draw(st.sampled_from([0, 5, 10]))
        after = data.draw(st.sampled_from([0, 10, 15]))
        kind = data.draw(st.sampled_from(list(VisitType.objects.order_by("pk"))))
        kind.minutes, kind.buffer_before, kind.buffer_after = minutes, before, after
        if kind.room_id:
            parts = [(None, None), (0, 10), (5, 15), (0, minutes + after)]
            kind.room_from, kind.room_until = data.draw(st.sampled_from(parts))
        kind.save()

    @happens(2)
    def the_policy_changes(self, data: Any) -> None:
        """To something tight, more often than a clinic would."""
        one_of = {
            "minimum_notice_minutes": [0, 30, 60, 180],
            "horizon_days": [2, 7, 14],
            "step_minutes": [5, 10, 15, 20],
            "hold_minutes": [5, 10, 25],
            "most_visits_patient": [1, 2, 6],
            "most_visits_account": [2, 3, 12],
            "suspended_open_hours": [1, 8],
            "rescreen_days": [1, 3, 7],
        }
        chosen = {name: data.draw(st.sampled_from(values)) for name, values in one_of.items()}
        ClinicProfile.objects.update(**chosen)

    @happens(2)
    def a_visit_goes_to_the_locum(self, data: Any) -> None:
        """By no page, for there is none: two records may so have visits at one time."""
        visit = self.some(data, "booked", "confirmed", "suspended")
        locum = Clinician.objects.get(name="Dr. Locum").pk
        # One that is over is past the gate, and its clearance may be gone.
        to_come = visit and visit["visit_from"] > seconds(self.now)
        if visit and to_come and visit["clinician_id"] != locum:
            question = self.about(visit, moving=visit["id"])
            question.clinician_id = locum
            if not oracle.is_taken(self.calendar, question, oracle.parts_of(visit)):
                Appointment.objects.filter(pk=visit["id"]).update(clinician=locum)
                self.visits = Calendar().visits

    # --- The gate ---------------------------------------------------------------------------------

    @happens(3)
    def a_clearance_is_revoked(self, data: Any) -> None:
        person = self.somebody(data)
        clearances = [
            pk
            for pk, row in self.calendar.clearances.items()
            if row["person_id"] == person.pk and row["revoked_at"] is None
        ]
        if clearances:
            self.now += A_MINUTE
            self.revoke(data.draw(st.sampled_from(clearances)))

    @happens(5)
    def a_patient_answers_again(self, data: Any) -> None:
        """Fine, and there is another clearance; or held, and every visit to come is stopped."""
        said = data.draw(
            st.sampled_from(
                [answers.BOOK, answers.BOOK, answers.CO_MANAGE, answers.REFER, answers.EMERGENCY]
            )
        )
        patient = self.somebody(data)
        self.now += A_MINUTE  # which of two answers is the newer one is never left to chance
        # In one account, somebody's answers may stop another's visits.
        self.touches = self.calendar.family(patient.pk)
        if patient.account:
            self.attempt(lambda: world.answer_again(patient, said, self.now), to="answer")
        else:
            by = self.world.desk
            self.attempt(lambda: world.call_again(patient, said, by, self.now), to="answer")

    @happens(5)
    def the_doctor_decides(self, data: Any) -> None:
        kind = data.draw(st.sampled_from(["CLEAR", "CLEAR", "REFER", "RESOLVED"]))
        xray = data.draw(st.booleans())
        unresolved = Case.objects.filter(state__in=Case.UNRESOLVED)
        held = list(unresolved.order_by("opened_at", "patient__given_name"))
        self.now += A_MINUTE
        if held:
            case = data.draw(st.sampled_from(held))
            newest = case.intakes.latest("submitted_at")
            # The visits that the new clearance allows rest on it.
            self.touches = {self.calendar.kept(case.patient_id)}
            self.attempt(
                lambda: world.decide(newest, kind, xray=xray, by=self.world.doctor, now=self.now),
                to="decide",
            )

    def _next(self, visit: Row) -> tuple[State, ...]:
        begun = visit["visit_from"] <= seconds(self.now)
        may_be_missed = begun and visit["state"] in {"booked", "confirmed"}
        return (*_NEXT[visit["state"]], *[State.NO_SHOW] * 3 * may_be_missed)

    # --- In several of them -----------------------------------------------------------------------

    def take_offered(self, data: Any, question: Question, day: int, *, surely: bool) -> None:
        starts = self.ask(question, day, day)
        if starts and self.hold(question, data.draw(st.sampled_from(starts))):
            held = next(
                visit
                for visit in self.calendar.visits.values()
                if visit["state"] == "held" and visit["person_id"] == question.person_id
            )
            if surely or data.draw(st.integers(0, 2)) == 0:
                self.confirm(held)

    def _move_to_offered(self, data: Any, visit_id: UUID) -> None:
        visit = self.visits[visit_id]
        if visit["clinician_id"] != self.calendar.doctor:
            return
        question = self.about(visit, moving=visit_id)
        usable = oracle.usable_clearances(self.calendar, visit["person_id"], question.now)
        if not usable:
            return
        if visit["clearance_id"] not in usable:
            question.clearance_id = next(iter(usable))
        first = self.any_day(data)
        starts = self.ask(question, first, first + 1)
        if starts:
            account = self.account_of(visit["person_id"])
            self.move(visit, data.draw(st.sampled_from(starts)), by=account)

    def _decide_suspended(self, data: Any, visit_id: UUID) -> None:
        visit = self.visits[visit_id]
        leaves = [
            row["id"]
            for row in self.calendar.clearances.values()
            if row["person_id"] == visit["person_id"] or data.draw(st.integers(0, 9)) == 0
        ]
        if data.draw(st.integers(0, 3)):
            self.reinstate(visit, data.draw(st.sampled_from(leaves[::-1])))
        else:
            self.release(visit)
