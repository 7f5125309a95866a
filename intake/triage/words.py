"""The words an outcome is told in, and the mark that hands words to the translators."""

from enum import StrEnum


def _(text: str) -> str:
    """Mark a sentence for translation and return it as it is.

    makemessages collects whatever is wrapped in `_()`; translating happens at the edge, so that
    the core needs no Django and a stored decision does not depend on anybody's language.
    """
    return text


NO_ANSWER = _("No answer")


class Disposition(StrEnum):
    """What the patient should do first, most severe first.

    Compare by `severity`: `<` on the names themselves is alphabetical.
    """

    EMERGENCY = "EMERGENCY"
    REFER = "REFER"
    CO_MANAGE = "CO-MANAGE"
    BOOK = "BOOK"

    @property
    def severity(self) -> int:
        """Higher is more severe: BOOK is 0."""
        return _SEVERITY[self]

    @property
    def meaning(self) -> str:
        return _MEANING[self]


class Urgency(StrEnum):
    """How soon, in the patient's words, most pressing first."""

    NOW = _("call 911 or go to the ER now")
    TODAY = _("see a doctor today")
    CALL_TODAY = _("staff call the same day")
    IN_THREE_DAYS = _("see a doctor in the next 2 to 3 days")
    SOON = _("see your doctor soon; we will review and call you")
    BOOK_NOW = _("book now")

    @property
    def pressure(self) -> int:
        """Higher is more pressing: BOOK_NOW is 0."""
        return _PRESSURE[self]


_SEVERITY = {disposition: rank for rank, disposition in enumerate(reversed(Disposition))}
_PRESSURE = {urgency: rank for rank, urgency in enumerate(reversed(Urgency))}
_MEANING = {
    Disposition.EMERGENCY: "Call 911 or go to the ER. No booking. The intake stops; the clinic is "
    "told.",
    Disposition.REFER: "Medical evaluation first. Booking is held until the chiropractor records a "
    "clearance.",
    Disposition.CO_MANAGE: "Supportive role: see a doctor too; the chiropractor may allow booking "
    "after review.",
    Disposition.BOOK: "Chiropractic first step: the patient may book online.",
}
