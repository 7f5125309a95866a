"""Draws the table of a visit's moves into docs/visit-states.md: `python -m tests.visit_states`."""

from pathlib import Path

from scheduling.slots import MOVES, Move, State

PAGE = Path(__file__).resolve().parent.parent / "docs" / "visit-states.md"
HEAD = """\
# The states of a visit

Drawn from the table of moves in `scheduling/slots/transitions.py` by `make states`: change it
there. A test fails while this page is out of date. Dashed arrows take a step back that was made by
mistake. Who may make a move is another question: see `clinic/access.py`.
"""


def page() -> str:
    return "\n".join([HEAD, _diagram(), "## States\n", _states(), "## Moves\n", _moves()])


def _diagram() -> str:
    lines = ["```mermaid", "flowchart LR"]
    lines += [f"    {state.name}{_box(state)}" for state in State]
    lines += [f"    {_arrow(move)}" for move in MOVES]
    lines += ["```", ""]
    return "\n".join(lines)


def _box(state: State) -> str:
    """Rounded: it keeps its time; square: it has ended."""
    return f'("{state.label}")' if state in State.KEEPS_TIME else f'["{state.label}"]'


def _arrow(move: Move) -> str:
    line = f'-. "{move.name}" .->' if move.undo else f'-- "{move.name}" -->'
    return f"{move.source.name} {line} {move.target.name}"


def _states() -> str:
    rows = [
        (
            state.label,
            _yes(state in State.KEEPS_TIME),
            _yes(state in State.NEEDS_CLEARANCE),
            _yes(state in State.ENDED),
        )
        for state in State
    ]
    return _table(("state", "keeps its time", "needs a valid clearance", "has ended"), rows)


def _moves() -> str:
    rows = [(move.source.label, move.target.label, move.name, _yes(move.undo)) for move in MOVES]
    return _table(("from", "to", "what it is called", "takes a step back"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def _yes(fact: bool) -> str:
    return "yes" if fact else ""


if __name__ == "__main__":
    PAGE.write_text(page())
