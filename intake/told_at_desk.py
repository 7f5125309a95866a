"""What the desk is told of answers it has just typed: the outcome, and the words to say.

No reason is among it: a reason quotes answers.
"""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from intake.models import Disposition, Intake


@dataclass(frozen=True)
class ToldAtDesk:
    """`say` is for the patient, `do` for whoever stands at the desk."""

    title: str
    tone: str
    outcome: str
    urgency: str
    say: str
    do: tuple[str, ...]


def told(intake: Intake) -> ToldAtDesk:
    disposition = Disposition(intake.disposition)
    if disposition == Disposition.EMERGENCY:
        return _emergency(intake)
    if intake.case_id is None:
        return ToldAtDesk(
            title=_("Nothing stands in the way"),
            tone="good",
            outcome=str(disposition.label),
            urgency="",
            say=_("“Thank you. Nothing you said stands in the way of your visit.”"),
            do=(_("Check them in."),),
        )
    return ToldAtDesk(
        title=_("Dr. Solomon looks first"),
        tone="caution",
        outcome=str(disposition.label),
        urgency="" if disposition == Disposition.BOOK else capfirst(_(intake.urgency)),
        say=_(
            "“Thank you. Dr. Solomon will look at your answers before your visit. Please take a"
            " seat; I am telling him now.”"
        ),
        do=(
            _("Tell Dr. Solomon that a case waits for him. Until he has decided, no visit begins."),
            _("If it gets worse while they wait, call 911."),
        ),
    )


def _emergency(intake: Intake) -> ToldAtDesk:
    return ToldAtDesk(
        title=_("Emergency: call 911 now"),
        tone="danger",
        outcome=intake.get_disposition_display(),
        urgency=capfirst(_(intake.urgency)),
        say=_(
            "“What you told me may be an emergency. Please sit down. I am calling 911 now, and I"
            " stay with you.”"
        ),
        do=(
            _("Call 911. Do not let them drive."),
            _("Fetch Dr. Solomon if he is here."),
            _("Tapped by mistake? Tell Dr. Solomon: it stays on record, and he resolves it."),
        ),
    )
