"""What staff are told of answers they have just typed: the outcome, and the words to say.

At the desk or on the phone. No reason is among it: a reason quotes answers.
"""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import times
from intake.models import Disposition, Intake
from intake.triage import Urgency


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


def told_to_caller(intake: Intake) -> ToldAtDesk:
    """After a call: whether they may book, or what to say instead and by when they hear."""
    disposition = Disposition(intake.disposition)
    if disposition == Disposition.EMERGENCY:
        return _emergency_on_the_phone(intake)
    if intake.case is None:
        return ToldAtDesk(
            title=_("They may book"),
            tone="good",
            outcome=str(disposition.label),
            urgency="",
            say=_(
                "“Thank you. From what you told me, a visit with Dr. Solomon is a good first step."
                " Let us find a time.”"
            ),
            do=(_("Book a time with them now."),),
        )
    how_soon = _HOW_SOON.get(Urgency(intake.urgency), _("first"))
    told = {"when": times.in_words(intake.case.due_at), "how_soon": how_soon}
    return ToldAtDesk(
        title=_("Dr. Solomon looks first"),
        tone="caution",
        outcome=str(disposition.label),
        urgency="" if disposition == Disposition.BOOK else capfirst(_(intake.urgency)),
        say=_SAY_WHEN_HELD[disposition] % told,
        do=(
            _("Book no visit. The case waits for Dr. Solomon by itself."),
            _("They ask why? Dr. Solomon tells them. Do not guess."),
        ),
    )


_HOW_SOON = {
    Urgency.TODAY: gettext_lazy("today"),
    Urgency.IN_THREE_DAYS: gettext_lazy("in the next 2 to 3 days"),
}
_SAY_WHEN_HELD = {
    Disposition.REFER: gettext_lazy(
        "“Thank you. From what you told me, a medical doctor should see you %(how_soon)s. Dr."
        " Solomon looks at your answers, and you hear from us by %(when)s. I cannot book a visit"
        " before that. If it gets worse, call 911.”"
    ),
    Disposition.CO_MANAGE: gettext_lazy(
        "“Thank you. Dr. Solomon looks at your answers first, and you hear from us by %(when)s. I"
        " cannot book a visit before that. If it gets worse, see a doctor, or call 911.”"
    ),
    Disposition.BOOK: gettext_lazy(
        "“Thank you. Dr. Solomon looks at what you told us before, together with this, and you"
        " hear from us by %(when)s. I cannot book a visit before that. If it gets worse, see a"
        " doctor, or call 911.”"
    ),
}


def _emergency_on_the_phone(intake: Intake) -> ToldAtDesk:
    return ToldAtDesk(
        title=_("Emergency: they must call 911 now"),
        tone="danger",
        outcome=intake.get_disposition_display(),
        urgency=capfirst(_(intake.urgency)),
        say=_(
            "“What you told me may be an emergency. Please hang up and call 911 now, or have"
            " somebody take you to the emergency room. Do not drive yourself. I cannot book a"
            " visit. Dr. Solomon is being told.”"
        ),
        do=(
            _("They cannot call? Ask where they are, and call 911 for them."),
            _("Ask nothing more. It is on record, and Dr. Solomon is told at once."),
            _("Picked by mistake? It stays on record. Ask once more: Dr. Solomon looks at both."),
        ),
    )
