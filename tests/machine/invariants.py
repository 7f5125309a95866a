"""What may never be in the tables, looked for in plain loops: each finding is a sentence."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from scheduling.slots import MOVES
from tests.machine.oracle import Calendar
from tests.machine.rows import Row

_LIVE = {"held", "booked", "confirmed", "arrived", "in_room"}
_KEEPS_TIME = _LIVE | {"suspended"}
_ENDED_BADLY = {"cancelled", "expired", "released", "no_show"}
_TABLE = {(move.source.value, move.target.value) for move in MOVES}


def findings(calendar: Calendar, now: int) -> list[str]:
    """Everything that is wrong in the tables; nothing, when all is well."""
    visits = list(calendar.visits.values())
    changes: dict[UUID, list[Row]] = defaultdict(list)
    for change in calendar.changes:
        changes[change["appointment_id"]].append(change)
    return [
        *_overlaps(visits, now),
        *_past_the_gate(visits, calendar.clearances),
        *_off_the_record(visits, changes),
        *_ended_silently(visits, changes),
        *_offers(calendar),
    ]


def _overlaps(visits: list[Row], now: int) -> Iterator[str]:
    there = [
        visit
        for visit in visits
        if visit["state"] in _KEEPS_TIME
        and not (visit["state"] == "held" and visit["hold_expires_at"] <= now)
    ]
    for index, one in enumerate(there):
        for other in there[index + 1 :]:
            for whose, part in (
                ("patient_id", "visit"),
                ("clinician_id", "doctor"),
                ("room_id", "room"),
            ):
                if one[whose] is None or one[whose] != other[whose]:
                    continue
                if (
                    one[f"{part}_from"] < other[f"{part}_until"]
                    and other[f"{part}_from"] < one[f"{part}_until"]
                ):
                    yield f"overlap of a {part}'s time: {one['id']} and {other['id']}"


def _past_the_gate(visits: list[Row], clearances: dict[UUID, Row]) -> Iterator[str]:
    for visit in visits:
        if visit["state"] not in _LIVE:
            continue
        clearance = clearances[visit["clearance_id"]]
        if clearance["patient_id"] != visit["patient_id"]:
            yield f"on somebody else's clearance: {visit['id']}"
        # Decided while the patient was here, it covers the rest of the visit.
        if not (
            clearance["starts_at"] < visit["visit_until"]
            and visit["visit_from"] < clearance["ends_at"]
        ):
            yield f"outside its clearance: {visit['id']}"
        if clearance["revoked_at"] is not None and not _was_over_or_begun(visit, clearance):
            yield f"live on a revoked clearance: {visit['id']}"


def _was_over_or_begun(visit: Row, clearance: Row) -> bool:
    """Only visits to come are stopped; somebody in the room is with the doctor already."""
    revoked_at = clearance["revoked_at"]
    begun = visit["state"] == "in_room" and visit["visit_from"] <= revoked_at
    return bool(begun or visit["visit_until"] <= revoked_at)


def _off_the_record(visits: list[Row], changes: dict[UUID, list[Row]]) -> Iterator[str]:
    for visit in visits:
        before, at = "", 0
        time = None
        for change in changes[visit["id"]]:
            if change["before"] != before:
                yield f"a gap in the record before {change['after']}: {visit['id']}"
            if change["at"] < at:
                yield f"the record runs backwards: {visit['id']}"
            step = (change["before"], change["after"])
            begins = step in {("", "held"), ("", "booked")}
            moved = change["was_from"] is not None
            # Booked and booked again: moved to another time.
            stays = moved and step == ("booked", "booked")
            if not begins and not stays and step not in _TABLE:
                yield f"not in the table of moves, {step}: {visit['id']}"
            if moved and time not in (None, change["was_from"]):
                yield f"moved from where it was not: {visit['id']}"
            time = change["became_from"] if moved else time
            before, at = change["after"], change["at"]
        if time not in (None, visit["visit_from"]):
            yield f"moved, and not on record: {visit['id']}"
        if visit["state"] != before:
            yield f"{visit['state']}, and on record as {before or 'nothing'}: {visit['id']}"


def _ended_silently(visits: list[Row], changes: dict[UUID, list[Row]]) -> Iterator[str]:
    """Who or what ended it, for every visit that did not take place."""
    for visit in visits:
        if visit["state"] not in _ENDED_BADLY:
            continue
        last = changes[visit["id"]][-1:]
        # A hold runs out by itself: its state says why.
        if not last or not (last[0]["by_id"] or last[0]["reason"] or visit["state"] == "expired"):
            yield f"ended without a word: {visit['id']}"


def _offers(calendar: Calendar) -> Iterator[str]:
    """One acceptance a visit, of their own; one open offer for each who waits."""
    taken: set[UUID] = set()
    open_: set[UUID] = set()
    for offer in calendar.offers:
        visit = calendar.visits.get(offer["visit_id"])
        if (offer["outcome"] == "ACCEPTED") != (visit is not None):
            yield f"accepted without a visit: {offer['id']}"
        if visit and (visit["id"] in taken or visit["patient_id"] != offer["patient_id"]):
            yield f"somebody else's visit: {offer['id']}"
        if not offer["outcome"] and offer["entry_id"] in open_:
            yield f"two offers at once: {offer['entry_id']}"
        taken |= {visit["id"]} if visit else set()
        open_ |= set() if offer["outcome"] else {offer["entry_id"]}
