"""Two records of one person become one by a pointer, and two again."""

from itertools import product
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from intake import services as intake_services
from intake.record_exceptions import MergeRefused
from scheduling.slots import State
from tests.machine import rows
from tests.machine.acting import A_MINUTE, Acting, said
from tests.machine.often import happens
from tests.machine.oracle import Calendar
from tests.machine.rows import Row

_KEEPS_TIME = {state.value for state in State.KEEPS_TIME}


class Merging(Acting):
    # --- What happens -----------------------------------------------------------------------------

    @happens(5)
    def records_are_merged_or_taken_apart(self, data: Any) -> None:
        """Mostly such as may be: without a sign-in into another, or one that is merged."""
        patients = list(self.world.patients)
        records = self.calendar.records
        merged = [each for each in patients if records[each.pk]["merged_into_id"]]
        self.now += A_MINUTE
        if merged and data.draw(st.integers(0, 1)):
            self.take_apart(data.draw(st.sampled_from(merged)).pk)
            return
        callers = [each for each in patients if not each.account]
        gone = data.draw(st.sampled_from([*callers * 6, *patients]))
        kept = data.draw(st.sampled_from([each for each in patients if each != gone]))
        if data.draw(st.integers(0, 9)):
            self.merge(gone.pk, kept.pk)
        else:
            self.take_apart(gone.pk)

    # --- Acts -------------------------------------------------------------------------------------

    def merge(self, gone: UUID, kept: UUID) -> None:
        """Nothing is copied and nothing lost: that is looked for after every step."""
        before = self.calendar
        were = _records(gone, kept)
        may = self._may_merge(before, gone, kept)
        self.touches = {gone, kept, before.kept(gone), before.kept(kept)}
        done = self.attempt(
            lambda: intake_services.merge_records(
                patient_id=gone,
                into=kept,
                reason="The same card.",
                by=self.world.administrator,
                now=self.now,
            ),
            to="merge",
        )
        assert done or not isinstance(self.refusal, MergeRefused), "the database alone knew"
        assert may is None or done == may, said("merge", done, gone, kept)
        if not done:
            return
        assert self.calendar.kept(gone) == kept
        assert _records(gone, kept) == [
            {**were[0], "merged_into_id": kept, "likely_duplicate_of_id": None},
            were[1],
        ]
        for pk, visit in before.visits.items():
            self._look_at_merged(visit, self.calendar.visits[pk], gone)
        self.seen["records merged"] += 1

    def _may_merge(self, calendar: Calendar, gone: UUID, kept: UUID) -> bool | None:
        """None where it depends on what is stopped first, because one of them is held."""
        one, other = calendar.records[gone], calendar.records[kept]
        if one["merged_into_id"] == kept:
            return True
        if one["merged_into_id"] or other["merged_into_id"]:
            return False
        if any(each["merged_into_id"] == gone for each in calendar.records.values()):
            return False
        if one["account_id"] and one["account_id"] != other["account_id"]:
            return False
        if {gone, kept} & calendar.held:
            return None
        theirs = [
            [
                visit
                for visit in calendar.visits.values()
                if visit["person_id"] == person
                and visit["state"] in _KEEPS_TIME
                and not (visit["state"] == "held" and person == gone)
            ]
            for person in (gone, kept)
        ]
        return not any(_at_one_time(*pair) for pair in product(*theirs))

    def _look_at_merged(self, before: Row, after: Row, gone: UUID) -> None:
        """Only what they were choosing is given back, and what a clearance no longer carries."""
        if before["state"] == after["state"]:
            return
        is_choosing = before["state"] == "held" and before["person_id"] == gone
        revoked = self.calendar.clearances[after["clearance_id"]]["revoked_at"]
        assert is_choosing or revoked is not None, (before, after)
        assert after["state"] in {"released", "suspended"}

    def take_apart(self, gone: UUID) -> None:
        """Each is as it was: the record, and whose everything is."""
        before = self.calendar
        kept = before.kept(gone)
        were = _records(gone, kept)
        may = gone != kept and not self._rest_on_each_other(before, gone, kept)
        self.touches = {kept}
        done = self.attempt(
            lambda: intake_services.take_apart(
                patient_id=gone,
                reason="Two sisters.",
                by=self.world.administrator,
                now=self.now,
            ),
            to="take apart",
        )
        assert done or not isinstance(self.refusal, MergeRefused), "the database alone knew"
        assert done == may, said("take_apart", done, gone, kept)
        if not done:
            return
        assert _records(gone, kept) == [{**were[0], "merged_into_id": None}, were[1]]
        for pk, visit in self.calendar.visits.items():
            kept_now = self.calendar.kept(visit["patient_id"])
            assert visit["person_id"] == visit["counted_as"] == kept_now
            same = ("state", "clearance_id", "version")
            assert [visit[name] for name in same] == [before.visits[pk][name] for name in same]
        self.seen["records apart"] += 1

    def _rest_on_each_other(self, calendar: Calendar, gone: UUID, kept: UUID) -> bool:
        for visit in calendar.visits.values():
            if visit["person_id"] == kept and visit["state"] in _KEEPS_TIME:
                leave = calendar.clearances[visit["clearance_id"]]["patient_id"]
                if leave != visit["patient_id"] and gone in {leave, visit["patient_id"]}:
                    return True
        return False


def _records(*ids: UUID) -> list[Row]:
    """All that is on these records, in this order, but for what follows from their pointers."""
    found = {row["id"]: row for row in rows.asked("SELECT * FROM intake_patient")}
    for row in found.values():
        assert row.pop("person") == (row["merged_into_id"] or row["id"])
    return [found[pk] for pk in ids]


def _at_one_time(one: Row, other: Row) -> bool:
    return bool(
        one["visit_from"] < other["visit_until"] and other["visit_from"] < one["visit_until"]
    )
