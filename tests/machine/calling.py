"""The desk's list of calls: each is made, tried again, or taken back."""

from typing import Any

from hypothesis import strategies as st

from scheduling import services, work_lists
from scheduling.models import Call
from tests.machine.acting import Acting
from tests.machine.often import happens
from tests.machine.rows import Row

_TRIED = "tried in vain"
# What somebody on the telephone notes; a call is withdrawn by the program alone.
_ENDS = ("reached", "left word", "not reached")
_NEXT = st.sampled_from([_TRIED, "taken back", *_ENDS])


class Calling(Acting):
    @happens(4)
    def a_call_is_made(self, data: Any) -> None:
        """The list shows each call once, with the one thing to do next."""
        calls = self._listed()
        if calls:
            call, what = data.draw(st.sampled_from(calls)), data.draw(_NEXT)
            self._do(call, what)
            then = data.draw(st.integers(0, 5))
            if then == 0:
                self._do_with_old_page(call, data.draw(_NEXT))
            elif then < 3 and what in _ENDS:
                self._take_back_end(call)

    def _listed(self) -> list[Row]:
        """One for each person and what they are called about; every one to be made is there."""
        lists = work_lists.lists(now=self.now)
        lines = lists.calls.lines
        to_make = {call["id"]: call for call in self.calendar.calls_to_make}
        listed = [call for pk, call in to_make.items() if pk in {line.id for line in lines}]
        assert len(lines) == len(listed) == work_lists.counts().calls
        about = [_about(call) for call in listed]
        assert len(about) == len(set(about))
        assert set(about) == {_about(call) for call in to_make.values()}
        urgent = [line.is_urgent for line in lines]
        assert urgent == sorted(urgent, reverse=True)
        return listed

    def _do(self, call: Row, what: str) -> None:
        done = self.attempt(lambda: self._service(call, what), to=f"end a call: {what}")
        assert done
        (after,) = Call.objects.filter(pk=call["id"])
        assert after.version == call["version"] + 1
        assert after.ended == ("" if what in {_TRIED, "taken back"} else what)
        is_over = what in _ENDS
        assert is_over == (_about(call) not in map(_about, self.calendar.calls_to_make))
        more = {_TRIED: 1, "taken back": -min(call["tries"], 1)}
        assert after.tries == call["tries"] + more.get(what, 0)
        self.seen[f"call: {what}"] += 1

    def _take_back_end(self, call: Row) -> None:
        """It is to be made again, tried as often as it had been."""
        ended = {**call, "version": call["version"] + 1}
        assert self.attempt(lambda: self._service(ended, "taken back"), to="take a call back")
        expected = {**call, "version": call["version"] + 2}
        assert expected in self.calendar.calls_to_make

    def _do_with_old_page(self, call: Row, what: str) -> None:
        before = Call.objects.values().get(pk=call["id"])
        assert not self.attempt(lambda: self._service(call, what), to="make an old call")
        assert Call.objects.values().get(pk=call["id"]) == before

    def _service(self, call: Row, what: str) -> None:
        shown: dict[str, Any] = {"call_id": call["id"], "seen": call["version"]}
        shown |= {"by": self.world.desk, "now": self.now}
        if what == _TRIED:
            services.tried_in_vain(**shown)
        elif what == "taken back":
            services.take_back_call(**shown)
        else:
            services.end_call(**shown, ended=Call.Ended(what))


def _about(call: Row) -> tuple[object, ...]:
    return (call["person_id"], call["visit_id"], call["why"])
