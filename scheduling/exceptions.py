"""What can stand in the way of a visit, each with a sentence for the person."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from uuid import UUID

from django.db import Error, IntegrityError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic import refusals, times


class SchedulingProblem(Exception):
    """A refusal a person can read."""

    message: str | Promise = _("That did not work. Please try again.")

    def __str__(self) -> str:
        return str(self.message)


class Clash(Enum):
    """What is already taken."""

    CLINICIAN = "clinician"
    ROOM = "room"
    PATIENT = "patient"


class TimeTaken(SchedulingProblem):
    """`visit_id` is the visit in the way, when one can still be named: for staff, not patients."""

    sentences = {
        Clash.CLINICIAN: _("That time has just been taken. Please choose another."),
        Clash.ROOM: _("The room for this visit is taken at that time. Please choose another."),
        Clash.PATIENT: _("There is already a visit for this person at that time."),
    }

    def __init__(self, clash: Clash = Clash.CLINICIAN, visit_id: UUID | None = None) -> None:
        super().__init__(clash, visit_id)
        self.clash = clash
        self.visit_id = visit_id
        self.message = self.sentences[clash]


class TimeNotOffered(SchedulingProblem):
    message = _("That time is not offered any more. Please choose another.")


class TimeClosed(SchedulingProblem):
    message = _("The clinic is closed at that time. Please choose another.")


class VisitTypeNotOffered(SchedulingProblem):
    message = _("This kind of visit cannot be chosen here. Please start again from your visits.")


class HoldExpired(SchedulingProblem):
    message = _("The time we kept for you ran out. Please choose a time again.")


class NotCleared(SchedulingProblem):
    message = _("Please answer the health questions first: nothing yet allows this visit.")


class ClearanceRevoked(SchedulingProblem):
    message = _("We need to look at the latest answers before this visit. We will be in touch.")


class OutsideClearance(SchedulingProblem):
    message = _("That time is outside the days cleared for a visit. Please choose another.")


class PatientHeld(SchedulingProblem):
    message = _("We must look at the latest answers first. Then a visit can be booked.")


class GuardianMissing(SchedulingProblem):
    message = _("Somebody under 18 needs a parent or guardian's consent before a visit.")


class XrayNotAllowed(SchedulingProblem):
    message = _("A visit with an X-ray needs the doctor's leave. Please choose another kind.")


class AnswersNotRecent(SchedulingProblem):
    message = _(
        "It is some days since you answered our questions. Please answer them again: then you can"
        " choose a time."
    )


class VisitTypeNotCleared(SchedulingProblem):
    message = _("Dr. Solomon has cleared another kind of visit. Please choose that one.")


class StepNotAllowed(SchedulingProblem):
    message = _("This visit has changed meanwhile. Please look at it again.")


class VisitChanged(SchedulingProblem):
    """The page that was sent showed the visit as it was before."""

    message = _(
        "This visit has changed since you opened the page. Nothing was done. This is how it is now."
    )


class VisitHasBegun(SchedulingProblem):
    message = _("This visit's time has come, so it cannot be changed here. Please call us.")


class VisitNotBegun(SchedulingProblem):
    message = _("This visit's time has not come yet.")


class LimitReached(SchedulingProblem):
    """No time can be chosen online for now, whichever it is."""


class TooManyComing(LimitReached):
    message = _("These are as many visits as can be booked online. Please call us to book more.")


class TooManyKept(LimitReached):
    message = _(
        "We keep other times for your family already. Please confirm those first, or wait until"
        " they run out."
    )


class KeptTooLong(LimitReached):
    """`again_at` is when a time may be chosen again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(again_at)
        self.again_at = again_at
        self.message = _(
            "We kept times for you for a while, and none was booked. You can choose again at"
            " %(when)s. Or call us: we book it for you."
        ) % {"when": times.clock_in_words(again_at)}


class TimeGone(SchedulingProblem):
    """Of a time that several were offered: the first had it, or it was booked in another way."""

    message = _("Somebody else has just taken this time. You keep your place on the waitlist.")


class OfferOver(SchedulingProblem):
    message = _("This offer is over. You keep your place on the waitlist.")


class NotWaiting(SchedulingProblem):
    message = _("This entry is no longer on the waitlist.")


class OfferedAlready(SchedulingProblem):
    """For staff: the first few have it still, and the next ones wait for their answers."""

    message = _("This time is offered already. Wait for the answers, or write them down here.")


class NobodyWaits(SchedulingProblem):
    message = _("Nobody on the waitlist can take this time any more.")


class CalendarBusy(SchedulingProblem):
    message = _("Somebody else is changing this just now. Please try again.")


# Named by the database: see `scheduling/migrations/0002_guards.py` and the model's constraints.
REFUSALS: dict[str, type[SchedulingProblem]] = {
    "visit_on_its_own_clearance": NotCleared,
    "visit_clearance_stands": ClearanceRevoked,
    "visit_inside_clearance": OutsideClearance,
    "visit_patient_is_not_held": PatientHeld,
    "visit_on_the_kept_record": StepNotAllowed,
    "visit_minor_has_a_guardian": GuardianMissing,
    "visit_xray_is_allowed": XrayNotAllowed,
    "visit_type_is_cleared": VisitTypeNotCleared,
    "visit_has_its_room": StepNotAllowed,
    "visit_room_has_its_part": StepNotAllowed,
    "visit_keeps_its_time": StepNotAllowed,
}
CLASHES = {
    "visit_clinician_not_twice": Clash.CLINICIAN,
    "visit_room_not_twice": Clash.ROOM,
    "visit_patient_not_twice": Clash.PATIENT,
}
refusals.SENTENCES.update({name: problem.message for name, problem in REFUSALS.items()})
refusals.SENTENCES.update({name: TimeTaken.sentences[clash] for name, clash in CLASHES.items()})
refusals.SENTENCES["visit_type_keeps_its_meaning"] = _(
    "Visits of this type are on record, so its room and its X-ray setting stay. To change them,"
    " make another visit type, and untick “offered” on this one."
)
# Deadlock, serialization failure, lock not available: somebody else was faster.
_FASTER = {"40P01", "40001", "55P03"}


@contextmanager
def named_refusals(lost_race: type[SchedulingProblem]) -> Iterator[None]:
    """Give what the database refuses its name. Wraps the whole transaction, which is then over."""
    try:
        yield
    except IntegrityError as error:
        constraint = refusals.rule(error)
        if constraint in CLASHES:
            raise TimeTaken(CLASHES[constraint]) from error
        if constraint in REFUSALS:
            raise REFUSALS[constraint] from error
        raise
    except OperationalError as error:
        if _diagnosis(error, "sqlstate") in _FASTER:
            raise lost_race from error
        raise


def _diagnosis(error: Error, field: str) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), field, None) or "")
