"""The drawn states of a visit are those of the table."""

from scheduling.slots import MOVES, State
from tests import visit_states


def test_the_page_is_up_to_date():
    assert visit_states.PAGE.read_text() == visit_states.page(), "run `make states`"


def test_every_state_and_every_move_is_drawn():
    drawn = visit_states.page()
    for state in State:
        assert f"| {state.label} |" in drawn
    for move in MOVES:
        assert f'{move.source.name} -{"." if move.undo else "-"} "{move.name}"' in drawn


def test_a_move_that_was_added_makes_it_out_of_date(monkeypatch):
    monkeypatch.setattr(visit_states, "MOVES", MOVES[:-1])
    assert visit_states.PAGE.read_text() != visit_states.page()
