"""How often each thing that may happen happens."""

from collections.abc import Callable
from typing import Any

Happening = Callable[[Any, Any], None]
HAPPENINGS: dict[str, int] = {}


def happens(often: int) -> Callable[[Happening], Happening]:
    """Something that may happen in a step, so much more often than what happens with 1."""

    def known(happening: Happening) -> Happening:
        HAPPENINGS[happening.__name__] = often
        return happening

    return known
