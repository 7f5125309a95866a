"""Who waits for a time: offered one, and what they answer."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from scheduling import services, waitlist
from tests.machine import oracle, rows
from tests.machine.acting import Acting, is_offered
from tests.machine.often import happens
from tests.machine.oracle import Calendar, Question
from tests.machine.rows import Row, seconds


class Waiting(Acting):
    # --- What happens -----------------------------------------------------------------------------

    @happens(8)
    def the_waitlist_goes_on(self, data: Any) -> None:
        """Who was asked answers; else a time is offered, to somebody who has just come if need be.

        Each step follows from what is there: left to chance, hardly anybody would be asked at all.
        """
        what = data.draw(st.integers(0, 9))
        open_ = self.offers(standing_only=True)
        if open_ and what < 7:
            self._answer(data, open_)
            return
        if what > 7 or not rows.asked(rows.WAITING):
            self._begin_to_wait(data)
        there = self.free_times()
        if there:
            self.offer(data.draw(st.sampled_from(there)))

    @happens(2)
    def an_old_offer_is_answered(self, data: Any) -> None:
        offers = self.offers(standing_only=False)
        if offers:
            self._answer(data, offers)

    def _begin_to_wait(self, data: Any) -> None:
        question = self.question(data)
        if question:
            self.wait(question, is_acute=data.draw(st.sampled_from([None, True, False])))
            self.settle()

    def _answer(self, data: Any, offers: list[Row]) -> None:
        answer = data.draw(
            st.sampled_from(["desk", "accept", "accept", "accept", "decline", "withdraw"])
        )
        self.answer_offer(data.draw(st.sampled_from(offers)), answer)

    # --- Acts -------------------------------------------------------------------------------------

    def wait(self, question: Question, *, is_acute: bool | None) -> None:
        assert question.person_id is not None
        person_id, kind = question.person_id, question.visit_type_id
        today = date.fromordinal(self.day(0))
        wishes = services.Wishes(half_days=(), first_day=today, last_day=None, note="")
        self.attempt(
            lambda: services.wait_for(
                patient_id=person_id,
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
        usable = oracle.usable_clearances(calendar, entry["person_id"], seconds(self.now))
        return any(
            oracle.covers(calendar, question, minute) and is_offered(calendar, question, minute)
            for question in (
                Question(entry["person_id"], leave, entry["visit_type_id"], seconds(self.now))
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
            if (offer["entry_id"] == entry["id"] and offer["id"] in before)
            # Two records of theirs are on the list: they are asked once.
            or (offer["entry_id"] != entry["id"] and offer["person_id"] == entry["person_id"])
        ]
        day = oracle.local(seconds(start) // 60)[0]
        near = [
            visit
            for visit in calendar.visits.values()
            if visit["person_id"] == entry["person_id"]
            and abs(oracle.local(visit["visit_from"] // 60)[0] - day) <= 1
        ]
        usable = oracle.usable_clearances(calendar, entry["person_id"], seconds(self.now))
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
        person_id, now = offer["person_id"], seconds(self.now)
        self.touches = {person_id}
        by = self.world.desk if answer == "desk" else self.account_of(person_id)
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
            {"person_id": person_id, "visit_type_id": offer["visit_type_id"]},
            offer["start"] // 60,
        )
        done = self.attempt(
            lambda: services.accept(offer_id=offer["id"], by=by, now=self.now), to="accept"
        )
        if offer["outcome"] == "ACCEPTED":
            assert done, "accepted before: the same visit again"
        elif done:
            assert is_open, ("accepted too late", offer)
            assert may or by == self.world.desk, ("accepted past the gate", offer)
            self.seen["offers accepted"] += 1
