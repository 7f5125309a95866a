"""Every write of the calendar: one function, one transaction, the audit inside.

Each refuses with one of `scheduling.exceptions`. That somebody may ask is decided by the caller.
"""

from scheduling.services.calls import (
    CALL_THE_PATIENT,
    ask_to_call,
    end_call,
    take_back_call,
    tried_in_vain,
)
from scheduling.services.closing import (
    Closed,
    change_closure,
    close,
    close_holidays,
    open_again,
    reopen,
)
from scheduling.services.holds import confirm, expire_stale_holds, give_back_hold, hold
from scheduling.services.moving import change_length, move
from scheduling.services.offers import OFFERED_AT_ONCE, accept, decline, offer, settle_offers
from scheduling.services.proposals import may_be_asked
from scheduling.services.rebooking import take_proposed, tell_patients
from scheduling.services.revocation import (
    carry_over,
    keeps_its_time_until,
    release_undecided,
    stop_visits_of,
)
from scheduling.services.series import (
    SecondThatDay,
    SeriesNotBooked,
    TooManyAtOnce,
    book_series,
)
from scheduling.services.steps import UNDO_FOR
from scheduling.services.undo import may_undo, undo
from scheduling.services.visits import book, cancel, mark, reinstate, release, walk_in
from scheduling.services.waitlist import Wishes, put_back, wait_for, withdraw

__all__ = [
    "CALL_THE_PATIENT",
    "OFFERED_AT_ONCE",
    "UNDO_FOR",
    "Closed",
    "SecondThatDay",
    "SeriesNotBooked",
    "TooManyAtOnce",
    "Wishes",
    "accept",
    "ask_to_call",
    "book",
    "book_series",
    "cancel",
    "carry_over",
    "change_closure",
    "change_length",
    "close",
    "close_holidays",
    "confirm",
    "decline",
    "end_call",
    "expire_stale_holds",
    "give_back_hold",
    "hold",
    "keeps_its_time_until",
    "mark",
    "may_be_asked",
    "may_undo",
    "move",
    "offer",
    "open_again",
    "put_back",
    "reinstate",
    "release",
    "release_undecided",
    "reopen",
    "settle_offers",
    "stop_visits_of",
    "take_back_call",
    "take_proposed",
    "tell_patients",
    "tried_in_vain",
    "undo",
    "wait_for",
    "walk_in",
    "withdraw",
]
