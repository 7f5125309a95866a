"""What the pages say about a visit: templates are given sentences, not states."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from clinic import times
from scheduling.models import Appointment
from scheduling.slots import State

_AHEAD = {State.BOOKED, State.CONFIRMED}


@dataclass(frozen=True)
class VisitWords:
    """One visit, for the family it belongs to. `warning`: it cannot take place then."""

    id: str
    version: int
    when: str
    what: str
    doctor: str
    status: str
    tone: str
    sentence: str
    warning: str
    may_confirm: bool
    may_change: bool
    may_cancel: bool


# What a status is called, how it looks, and what it means for the person.
_STATUS = {
    State.HELD: (gettext_lazy("Kept for you"), "caution", gettext_lazy("Please confirm it.")),
    State.BOOKED: (gettext_lazy("Booked"), "good", ""),
    State.CONFIRMED: (gettext_lazy("Booked"), "good", ""),
    State.ARRIVED: (gettext_lazy("You are here"), "good", ""),
    State.IN_ROOM: (gettext_lazy("You are here"), "good", ""),
    State.SUSPENDED: (
        gettext_lazy("On hold"),
        "caution",
        gettext_lazy(
            "We need to look at the latest answers before this visit. Please do not come until you"
            " hear from us. We keep the time for now."
        ),
    ),
    State.DONE: (gettext_lazy("Done"), "calm", gettext_lazy("This visit is over.")),
    State.CANCELLED: (gettext_lazy("Cancelled"), "over", gettext_lazy("This visit is off.")),
    State.NO_SHOW: (
        gettext_lazy("Did not take place"),
        "over",
        gettext_lazy("This visit did not take place."),
    ),
    State.EXPIRED: (
        gettext_lazy("Not booked"),
        "over",
        gettext_lazy("This time was not confirmed, so it is not booked."),
    ),
    State.RELEASED: (
        gettext_lazy("Not booked"),
        "over",
        gettext_lazy("This time is no longer kept. Do not come at this time."),
    ),
}


_CLOSED = gettext_lazy(
    "The clinic is closed at this time now. Choose another time, or take the one that we propose"
    " to you."
)


def visit_words(visit: Appointment, now: datetime, *, is_closed: bool = False) -> VisitWords:
    """`is_closed`: its time is, by now."""
    state = State(visit.state)
    status, tone, sentence = _STATUS[state]
    if state in _AHEAD and visit.ends_at <= now:
        status, tone, sentence = _STATUS[State.DONE]
    is_ahead = state in _AHEAD and visit.starts_at > now
    return VisitWords(
        id=str(visit.pk),
        version=visit.version,
        when=times.in_words(visit.starts_at),
        what=kind_in_words(visit.visit_type.name, _minutes(visit)),
        doctor=visit.clinician.name,
        status=str(status),
        tone=tone,
        sentence=str(sentence),
        warning=str(_CLOSED) if is_closed and is_ahead else "",
        may_confirm=state is State.HELD,
        may_change=is_ahead,
        may_cancel=is_ahead or state is State.SUSPENDED,
    )


# The kinds a clinic starts with, for the catalogues. Others are shown as the administrator wrote.
gettext_noop("New patient exam")
gettext_noop("New patient exam with X-ray")
gettext_noop("Adjustment")
gettext_noop("Re-exam")


def kind_in_words(name: str, minutes: int) -> str:
    """Such as "Adjustment, 20 minutes"."""
    length = ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return _("%(kind)s, %(length)s") % {"kind": _(name), "length": length}


def _minutes(visit: Appointment) -> int:
    return int((visit.ends_at - visit.starts_at).total_seconds() // 60)
