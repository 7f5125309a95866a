"""Which state a visit may go to from which, pair by pair."""

from itertools import pairwise, product

import pytest

from scheduling.slots import MOVES, MoveNotAllowed, State, may_move, moves_from, require_move

# Read a row as "from", a column as "to", in the order of the rows: x is a move, u is an undo.
MATRIX = """
             HELD BOOKED CONFIRMED ARRIVED IN_ROOM SUSPENDED DONE CANCELLED NO_SHOW EXPIRED RELEASED
HELD         .    x      .         .       .       .         .    x         .       x       x
BOOKED       .    .      x         x       .       x         .    x         x       .       x
CONFIRMED    .    u      .         x       .       x         .    x         x       .       x
ARRIVED      .    u      u         .       x       x         .    .         .       .       .
IN_ROOM      .    .      .         u       .       x         x    .         .       .       .
SUSPENDED    .    x      .         .       .       .         .    x         .       .       x
DONE         .    .      .         .       u       .         .    .         .       .       .
CANCELLED    .    u      .         .       .       .         .    .         .       .       .
NO_SHOW      .    u      .         .       .       .         .    .         .       .       .
EXPIRED      .    .      .         .       .       .         .    .         .       .       .
RELEASED     .    .      .         .       .       .         .    .         .       .       .
"""


def read(matrix: str) -> dict[tuple[State, State], str]:
    head, *rows = (line.split() for line in matrix.strip().splitlines())
    return {
        (State[row[0]], State[target]): mark
        for row in rows
        for target, mark in zip(head, row[1:], strict=True)
    }


EXPECTED = read(MATRIX)
EVERY_PAIR = list(product(State, State))


def test_the_matrix_names_every_pair() -> None:
    assert EXPECTED.keys() == set(EVERY_PAIR)


@pytest.mark.parametrize(("source", "target"), EVERY_PAIR)
def test_a_move_is_allowed_only_where_the_matrix_says(source: State, target: State) -> None:
    mark = EXPECTED[source, target]

    assert may_move(source, target) == (mark != ".")
    if mark == ".":
        with pytest.raises(MoveNotAllowed) as refused:
            require_move(source, target)
        assert (refused.value.source, refused.value.target) == (source, target)
        assert str(refused.value) == f"a visit does not go from {source} to {target}"
    else:
        move = require_move(source, target)
        assert (move.source, move.target) == (source, target)
        assert move.undo == (mark == "u")


def test_each_row_of_the_table_is_there_once() -> None:
    pairs = [(move.source, move.target) for move in MOVES]

    assert len(pairs) == len(set(pairs))


def test_from_one_state_no_two_moves_share_a_name_but_an_undo() -> None:
    # Undoing a check-in leads back to booked or to confirmed, whichever it was.
    for state in State:
        names = [move.name for move in moves_from(state) if not move.undo]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("state", State)
def test_moves_from_lists_the_row_of_the_matrix(state: State) -> None:
    moves = moves_from(state)

    assert {move.target for move in moves} == {
        target for target in State if EXPECTED[state, target] != "."
    }
    assert [move.undo for move in moves] == sorted(move.undo for move in moves), "undo comes last"


def test_every_move_has_a_short_name_and_says_when_it_is_an_undo() -> None:
    for move in MOVES:
        assert 0 < len(move.name) <= 30
        assert move.name.startswith("undo ") == move.undo


@pytest.mark.parametrize(
    ("state", "keeps_time", "needs_clearance", "ended"),
    [
        (State.HELD, True, True, False),
        (State.BOOKED, True, True, False),
        (State.CONFIRMED, True, True, False),
        (State.ARRIVED, True, True, False),
        (State.IN_ROOM, True, True, False),
        (State.SUSPENDED, True, False, False),
        (State.DONE, False, False, True),
        (State.CANCELLED, False, False, True),
        (State.NO_SHOW, False, False, True),
        (State.EXPIRED, False, False, True),
        (State.RELEASED, False, False, True),
    ],
)
def test_what_a_state_keeps_and_needs(
    state: State, keeps_time: bool, needs_clearance: bool, ended: bool
) -> None:
    assert (state in State.KEEPS_TIME) == keeps_time
    assert (state in State.NEEDS_CLEARANCE) == needs_clearance
    assert (state in State.ENDED) == ended


def test_the_sets_are_not_states() -> None:
    assert len(State) == 11


def test_what_has_ended_comes_back_only_by_an_undo() -> None:
    assert all(move.undo for move in MOVES if move.source in State.ENDED)


def test_a_suspended_visit_cannot_be_checked_in() -> None:
    assert not may_move(State.SUSPENDED, State.ARRIVED)


@pytest.mark.parametrize("state", sorted(State.NEEDS_CLEARANCE))
def test_a_revoked_clearance_always_finds_a_way_out(state: State) -> None:
    ways = {move.target for move in moves_from(state)}

    assert ways & {State.SUSPENDED, State.RELEASED}


@pytest.mark.parametrize("state", sorted(State.NEEDS_CLEARANCE))
def test_an_emergency_can_release_every_live_visit_if_need_be_by_suspending_it_first(
    state: State,
) -> None:
    path = [state, State.SUSPENDED, State.RELEASED]

    assert may_move(state, State.RELEASED) or all(may_move(a, b) for a, b in pairwise(path))


def test_every_state_has_its_own_label() -> None:
    labels = [state.label for state in State]

    assert all(labels)
    assert len(set(labels)) == len(labels)
    assert State.IN_ROOM.label == "In room"


def test_a_state_is_its_stored_text() -> None:
    stored: str = State.NO_SHOW
    assert stored == str(State.NO_SHOW) == "no_show"
    assert State("no_show") is State.NO_SHOW
