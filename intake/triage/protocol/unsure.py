"""Blank, unsure, or rather not say: never a yes to booking."""

from intake.triage.protocol.row import Blank, Rule, Unsure
from intake.triage.words import Disposition, Urgency, _

REFER = Disposition.REFER
SOON = Urgency.SOON
CALL_TODAY = Urgency.CALL_TODAY
TODAY = Urgency.TODAY
CO_MANAGE = Disposition.CO_MANAGE

RULES = (
    Rule(
        "U01",
        REFER,
        when=Blank(),
        because=_(
            "Some safety questions are blank. We will not book you until we have your answers."
        ),
        urgency=CALL_TODAY,
        source="Fail-safe: unanswered is never 'no'",
        beyond_article=True,
    ),
    Rule(
        "U02",
        REFER,
        when=Unsure(REFER),
        because=_(
            "You were not sure about a very serious sign. "
            "If you think it may be yes, go to the ER now."
        ),
        urgency=TODAY,
        source="Fail-safe: unsure on an emergency question",
        beyond_article=True,
    ),
    Rule(
        "U03",
        CO_MANAGE,
        when=Unsure(CO_MANAGE),
        because=_("You were not sure, or did not want to say. We will call you first."),
        urgency=SOON,
        source="Fail-safe: unsure on a safety question",
        beyond_article=True,
    ),
)
