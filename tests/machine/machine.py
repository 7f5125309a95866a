"""The clinic at random: everybody does anything, at any time, through the real services.

Each example is one transaction that is rolled back: the services' own transactions are savepoints
in it, and what the database would ask at a commit is asked after every step. The clock is a value
that the machine moves forward.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tests.machine.acting import A_MINUTE
from tests.machine.happenings import Happenings
from tests.machine.often import HAPPENINGS
from tests.machine.oracle import Question
from tests.machine.rows import seconds

# From Thursday noon to 1:20 in the night in which the clocks change.
_TO_SUNDAY_NIGHT = (12 + 48 + 1) * 60 + 20
_FIRST = "the_waitlist_goes_on"
_RARE = sorted(name for name, often in HAPPENINGS.items() if often <= 3)


class CalendarMachine(Happenings):
    """One rule, in which what happens on every day is likelier than a change of the plan.

    A rule for each would make all as likely, and hypothesis leaves a random half of the rules out
    of each example: then few visits are ever followed to their end. What is left out of an example
    is chosen here, among what is rare.
    """

    @initialize(
        left_out=st.sets(st.sampled_from(_RARE), max_size=4),
        begins=st.sampled_from([0, 0, 24 * 60, _TO_SUNDAY_NIGHT]),
        turn=st.integers(0, 47),
        days=st.lists(st.integers(0, 6), min_size=2, max_size=10),
        data=st.data(),
    )
    def there_are_visits_already(
        self, left_out: set[str], begins: int, turn: int, days: list[int], data: Any
    ) -> None:
        # Never from outside the example: what failed must fail again when it is repeated.
        self.turn = turn
        self.now += begins * A_MINUTE
        # The first example chooses what comes first each time, and others do so more often than
        # they should: the waitlist goes on by itself, whatever is chosen.
        by_often = sorted(HAPPENINGS, key=lambda name: (name != _FIRST, -HAPPENINGS[name], name))
        self.possible = [
            name for name in by_often if name not in left_out for _ in range(HAPPENINGS[name])
        ]
        for day in days:
            question = self.question(data)
            if question:
                self.take_offered(data, question, self.day(day), surely=True)

    @rule(data=st.data())
    def something_happens(self, data: Any) -> None:
        name = data.draw(st.sampled_from(self.possible), label="what")
        self.seen[f"happened: {name}"] += 1
        getattr(self, name)(data)

    @invariant()
    def all_is_well(self) -> None:
        self.settle()
        self._ask_for_nobody()
        self.seen["steps"] += 1

    def _ask_for_nobody(self) -> None:
        """In particular, day after day; the happenings ask for the patients."""
        self.turn += 1
        turn = self.turn
        kinds = sorted(self.calendar.types)
        question = Question(None, None, kinds[turn // 8 % len(kinds)], seconds(self.now))
        day = self.day(turn * 5 % 16 if turn % 2 else turn % 6)
        if turn % 8:
            self.ask(question, day, day)
        else:
            self.ask_over_the_web(question, day, day + 2)
