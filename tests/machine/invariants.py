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
        *_held_and_coming(visits, calendar.held, now),
        *_counted_as_another(visits),
        *_off_the_record(visits, changes),
        *_ended_silently(visits, changes),
        *_offers(calendar),
        *_proposed_twice(calendar),
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
                ("person_id", "visit"),
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
        if clearance["person_id"] != visit["person_id"]:
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


def _held_and_coming(visits: list[Row], held: set[UUID], now: int) -> Iterator[str]:
    """Whoever waits for a decision keeps no visit to come, on whichever of their records."""
    for visit in visits:
        if visit["state"] in _LIVE and visit["visit_from"] > now and visit["person_id"] in held:
            yield f"live while its patient is held: {visit['id']}"


def _counted_as_another(visits: list[Row]) -> Iterator[str]:
    """The guards go by what stands in the visit's own row."""
    for visit in visits:
        if visit["counted_as"] != visit["person_id"]:
            yield f"counted as another's: {visit['id']}"


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
            # Booked and booked again, at another time; or longer, and as it stood.
            longer = moved and change["was_from"] == change["became_from"]
            stays = (moved and step == ("booked", "booked")) or (longer and step[0] == step[1])
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
    open_: set[tuple[UUID, int]] = set()
    for offer in calendar.offers:
        visit = calendar.visits.get(offer["visit_id"])
        if (offer["outcome"] == "ACCEPTED") != (visit is not None):
            yield f"accepted without a visit: {offer['id']}"
        if visit and (visit["id"] in taken or not _was_theirs(calendar, visit, offer)):
            yield f"somebody else's visit: {offer['id']}"
        waits = (offer["person_id"], offer["visit_type_id"])
        if not offer["outcome"] and waits in open_:
            yield f"two offers at once: {offer['entry_id']}"
        taken |= {visit["id"]} if visit else set()
        open_ |= set() if offer["outcome"] else {waits}


def _was_theirs(calendar: Calendar, visit: Row, offer: Row) -> bool:
    """Taken for the record that was kept of the person then."""
    records = frozenset((visit["patient_id"], offer["patient_id"]))
    return len(records) == 1 or records in calendar.merges


def _proposed_twice(calendar: Calendar) -> Iterator[str]:
    """No two who are to come at another time are proposed the same."""
    proposed = [each for each in calendar.rebookings.values() if each["start"] is not None]
    for index, one in enumerate(proposed):
        for other in proposed[index + 1 :]:
            if (
                one["proposed_from"] < other["proposed_until"]
                and other["proposed_from"] < one["proposed_until"]
            ):
                yield f"proposed to two: {one['id']} and {other['id']}"
