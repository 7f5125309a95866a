"""The states of a visit and the moves between them, as one table.

The table says what a state allows, never who may do it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar


def _(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


class State(StrEnum):
    """Where a visit stands.

    Each state either keeps its time or has ended, never both. DONE has ended: it is history, and
    a visit that was short gives back the rest of its time.
    """

    HELD = "held"
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_ROOM = "in_room"
    SUSPENDED = "suspended"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    EXPIRED = "expired"
    RELEASED = "released"

    KEEPS_TIME: ClassVar[frozenset["State"]]
    """The doctor, the room and the patient are taken."""
    NEEDS_CLEARANCE: ClassVar[frozenset["State"]]
    """Live: a valid clearance of the same patient covers the start."""
    ENDED: ClassVar[frozenset["State"]]
    """Nothing more is expected to happen; only an undo leads out."""

    @property
    def label(self) -> str:
        """What people see, marked and not yet translated."""
        return _LABELS[self]


State.NEEDS_CLEARANCE = frozenset(
    {State.HELD, State.BOOKED, State.CONFIRMED, State.ARRIVED, State.IN_ROOM}
)
State.KEEPS_TIME = State.NEEDS_CLEARANCE | {State.SUSPENDED}
State.ENDED = frozenset(State) - State.KEEPS_TIME

_LABELS: Mapping[State, str] = MappingProxyType(
    {
        State.HELD: _("Held"),
        State.BOOKED: _("Booked"),
        State.CONFIRMED: _("Confirmed"),
        State.ARRIVED: _("Arrived"),
        State.IN_ROOM: _("In room"),
        State.SUSPENDED: _("Suspended"),
        State.DONE: _("Done"),
        State.CANCELLED: _("Cancelled"),
        State.NO_SHOW: _("No-show"),
        State.EXPIRED: _("Expired"),
        State.RELEASED: _("Released"),
    }
)


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed step. `name` is what people see, marked and not yet translated; the same step
    from several states has the same name. `undo` takes back a step made by mistake."""

    source: State
    target: State
    name: str
    undo: bool = False


class MoveNotAllowed(Exception):
    """No row of the table leads from `source` to `target`."""

    def __init__(self, source: State, target: State) -> None:
        super().__init__(source, target)
        self.source = source
        self.target = target

    def __str__(self) -> str:
        return f"a visit does not go from {self.source} to {self.target}"


MOVES: tuple[Move, ...] = (
    # A hold.
    Move(State.HELD, State.BOOKED, _("confirm")),
    Move(State.HELD, State.EXPIRED, _("expire")),
    Move(State.HELD, State.CANCELLED, _("cancel")),
    # A hold is ten minutes of somebody choosing: there is nothing to decide about it, so a revoked
    # clearance frees it at once. It is never suspended, which would keep its time for days.
    Move(State.HELD, State.RELEASED, _("release")),
    # A visit as it should go, and as it goes.
    Move(State.BOOKED, State.CONFIRMED, _("confirm attendance")),
    Move(State.BOOKED, State.ARRIVED, _("check in")),
    Move(State.CONFIRMED, State.ARRIVED, _("check in")),
    Move(State.ARRIVED, State.IN_ROOM, _("take in")),
    Move(State.IN_ROOM, State.DONE, _("finish")),
    Move(State.BOOKED, State.NO_SHOW, _("mark as no-show")),
    Move(State.CONFIRMED, State.NO_SHOW, _("mark as no-show")),
    Move(State.BOOKED, State.CANCELLED, _("cancel")),
    Move(State.CONFIRMED, State.CANCELLED, _("cancel")),
    # The clearance is revoked. Someone early for a visit still to come may have arrived already.
    Move(State.BOOKED, State.SUSPENDED, _("suspend")),
    Move(State.CONFIRMED, State.SUSPENDED, _("suspend")),
    Move(State.ARRIVED, State.SUSPENDED, _("suspend")),
    Move(State.IN_ROOM, State.SUSPENDED, _("suspend")),
    Move(State.SUSPENDED, State.BOOKED, _("reinstate")),  # with a valid clearance
    Move(State.SUSPENDED, State.CANCELLED, _("cancel")),
    # An emergency, or a suspended visit nobody decided in time. Those who have arrived are
    # suspended first: freeing the time of somebody in the building takes a second look.
    Move(State.BOOKED, State.RELEASED, _("release")),
    Move(State.CONFIRMED, State.RELEASED, _("release")),
    Move(State.SUSPENDED, State.RELEASED, _("release")),
    # A mis-click; a visit moved to another time is also no longer confirmed.
    Move(State.CONFIRMED, State.BOOKED, _("undo confirm attendance"), undo=True),
    Move(State.ARRIVED, State.BOOKED, _("undo check in"), undo=True),
    Move(State.ARRIVED, State.CONFIRMED, _("undo check in"), undo=True),
    Move(State.IN_ROOM, State.ARRIVED, _("undo take in"), undo=True),
    # These take back a time that was free meanwhile: another visit may be in it by now, and the
    # clearance may be gone. The calendar and the gate are asked again.
    Move(State.DONE, State.IN_ROOM, _("undo finish"), undo=True),
    Move(State.NO_SHOW, State.BOOKED, _("undo no-show"), undo=True),
    # Of a visit, not of a hold given back: that was never booked.
    Move(State.CANCELLED, State.BOOKED, _("undo cancel"), undo=True),
)

_ROWS: Mapping[tuple[State, State], Move] = MappingProxyType(
    {(move.source, move.target): move for move in MOVES}
)


def may_move(source: State, target: State) -> bool:
    """Staying where one is is no move."""
    return (source, target) in _ROWS


def require_move(source: State, target: State) -> Move:
    """The row that allows the move. Raises MoveNotAllowed."""
    try:
        return _ROWS[source, target]
    except KeyError:
        raise MoveNotAllowed(source, target) from None


def moves_from(state: State) -> tuple[Move, ...]:
    """In the order of the table: undo moves come last."""
    return tuple(move for move in MOVES if move.source is state)
