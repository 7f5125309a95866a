"""What came of an intake, in plain words: what to do and by when, and what happens next.

Everything is worded here; the page only lays it out.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic import times
from intake import public
from intake.models import Case, Disposition, Intake, Patient, ReviewDecision
from intake.reasons import Reason, reasons, what_held
from intake.triage import Urgency

# How many days an urgency leaves, the day of the answers not counted.
DAYS_LEFT = {Urgency.TODAY: 0, Urgency.IN_THREE_DAYS: 3}


@dataclass(frozen=True)
class Told:
    """What the page says.

    `do`: what to do now; `say`: how to begin at the doctor's; `next`: what happens, and by when;
    `clearance`: the one to book under; `earlier`: their own answers the case began with; `asked`:
    the question they have to answer.
    """

    title: str
    lead: str
    do: tuple[str, ...] = ()
    say: str = ""
    next: tuple[str, ...] = ()
    because: str = ""
    reasons: tuple[Reason, ...] = ()
    clearance: UUID | None = None
    earlier: UUID | None = None
    asked: UUID | None = None
    may_start: bool = False
    is_held: bool = False
    is_emergency: bool = False


def told(intake: Intake, now: datetime) -> Told:
    case = intake.case
    if case and case.state in Case.UNRESOLVED:
        return _held(intake, case, now)
    patient_id = intake.patient_id
    usable = public.clearances_usable(patient_id, now) if patient_id else []
    if usable:
        return _may_book(intake, usable[0].id)
    if patient_id and public.is_held(patient_id):
        return _held_elsewhere()
    if intake.disposition == Disposition.EMERGENCY:
        return emergency(intake)
    decision = _decision(case)
    if decision and decision.kind == ReviewDecision.Kind.CLOSE:
        return Told(
            _("There is nothing to wait for"),
            _(
                "Dr. Solomon read your answers %(when)s and closed them. If you still want a visit,"
                " answer the questions again, or call us."
            )
            % {"when": _on(decision.at)},
            do=(_worse(),),
            may_start=True,
        )
    return Told(
        _("Please answer the questions again"),
        _(
            "Your answers are from %(day)s. Things may have changed since. Answer again, and"
            " you will see what comes next."
        )
        % {"day": times.in_words(intake.submitted_at)},
        may_start=True,
    )


def emergency(intake: Intake) -> Told:
    """For whoever holds the phone it was answered on: proved or not, and no promise of a call."""
    resolved = ReviewDecision.Kind.EMERGENCY_RESOLVED
    over = ReviewDecision.objects.filter(
        case=intake.case_id, kind=resolved, at__gte=intake.submitted_at
    ).first()
    if over is None:
        return Told(
            _("Get help now"),
            _("Call 911, or have someone take you to the emergency room. Do not drive yourself."),
            say=_("“I have bad back trouble, and a health check says it may be an emergency:”"),
            reasons=tuple(reasons(intake)),
            is_emergency=True,
        )
    return Told(
        _("Please answer the questions again"),
        _("The clinic closed this emergency %(when)s. To book a visit, answer again.")
        % {"when": _on(over.at)},
        do=(_("If the signs come back, do not wait for us: call 911."),),
        may_start=True,
    )


# --- Decided --------------------------------------------------------------------------------------


def _may_book(intake: Intake, clearance: UUID) -> Told:
    if intake.disposition == Disposition.BOOK and intake.case is None:
        return Told(
            _("You can choose a time"),
            _("From what you told us, a visit with Dr. Solomon is a good first step."),
            because=_("Why we say this"),
            reasons=tuple(reasons(intake)),
            clearance=clearance,
        )
    decision = _decision(intake.case)
    if decision and decision.kind == ReviewDecision.Kind.SUPPORTIVE:
        return Told(
            _("You can choose a time"),
            _("Dr. Solomon read your answers %(when)s. He can help you along with your doctor.")
            % {"when": _on(decision.at)},
            do=(
                _("Keep seeing your own doctor, and keep to the plan you made there."),
                _("Bring what your doctor gave you: letters, X-rays, a list of pills."),
            ),
            because=_("The answers he looked at"),
            reasons=tuple(what_held(intake)),
            clearance=clearance,
        )
    if decision:
        lead = _("Dr. Solomon read your answers %(when)s. You may book a visit with him.")
        return Told(
            _("You can choose a time"),
            lead % {"when": _on(decision.at)},
            because=_("The answers he looked at"),
            reasons=tuple(what_held(intake)),
            clearance=clearance,
        )
    return Told(
        _("You can choose a time"),
        _("Dr. Solomon has looked at your answers and you may book a visit."),
        clearance=clearance,
    )


def _held_elsewhere() -> Told:
    return Told(
        _("We are looking at your other answers"),
        _(
            "These answers are settled. Other answers of yours are still with Dr. Solomon. You"
            " can book once he has read those too. See “My visits” for what to do meanwhile."
        ),
        do=(_worse(),),
    )


def _decision(case: Case | None) -> ReviewDecision | None:
    """The newest about the case as a whole."""
    if case is None:
        return None
    return case.decisions.exclude(kind=ReviewDecision.Kind.SET_ASIDE).first()


# --- Held -----------------------------------------------------------------------------------------


def _held(intake: Intake, case: Case, now: datetime) -> Told:
    if intake.disposition == Disposition.EMERGENCY:
        return emergency(intake)
    asked = public.open_question_of(intake)
    if asked:
        return _asked(intake, asked)
    next_ = _what_next(case, now)
    if intake.disposition == Disposition.BOOK:
        no_mistake = _if_it_was_no_mistake(intake, case)
        return Told(
            _("We will look at your answers first"),
            _put_right() if no_mistake else _other_answers(),
            do=(*no_mistake, _worse()),
            next=next_,
            earlier=_earlier(intake, case),
            is_held=True,
        )
    title, lead = _heading(intake, case)
    return Told(
        title,
        lead,
        do=(*_what_to_do(intake, case, now), _worse()),
        say=_what_to_say(intake),
        next=next_,
        because=_("Your answers behind this"),
        reasons=tuple(what_held(intake)),
        is_held=True,
    )


def _put_right() -> str:
    return _(
        "Thank you. You changed an answer that may mean an emergency. Dr. Solomon looks at both"
        " answers before you can book. Then you will hear from us."
    )


def _other_answers() -> str:
    return _(
        "Thank you. Dr. Solomon still has other answers. They have your name or your phone, or"
        " came from this device. He will look at all of them together. Then you will hear from us."
    )


def _earlier(intake: Intake, case: Case) -> UUID | None:
    """Their own held answers in the same case: what was said there still counts."""
    if intake.patient_id is None:
        return None
    records = Patient.objects.same_person_as(intake.patient_id)
    own = case.intakes.filter(patient__in=records).exclude(disposition=Disposition.BOOK)
    return own.values_list("pk", flat=True).first()


def _heading(intake: Intake, case: Case) -> tuple[str, str]:
    if case.state == Case.State.REFERRED:
        decision = _decision(case)
        when = _on(decision.at if decision else case.opened_at)
        if decision and decision.refer_to:
            lead = _(
                "Dr. Solomon read your answers %(when)s. Before he treats you, he asks you to see:"
                " %(whom)s. You cannot book a visit yet."
            )
            return (
                _("See a doctor first"),
                lead % {"when": when, "whom": decision.refer_to.rstrip(".")},
            )
        lead = _(
            "Dr. Solomon read your answers %(when)s. He asks you to see a medical doctor before"
            " he treats you. You cannot book a visit yet."
        )
        return _("See a doctor first"), lead % {"when": when}
    if intake.disposition == Disposition.REFER:
        return (
            _("See a doctor first"),
            _(
                "You told us things that a medical doctor should check first. You cannot book a"
                " visit yet."
            ),
        )
    return (
        _("Dr. Solomon will look at your answers first"),
        _(
            "From what you told us, Dr. Solomon wants to read your answers before you book. You"
            " may need to see your doctor too."
        ),
    )


def _what_to_do(intake: Intake, case: Case, now: datetime) -> tuple[str, ...]:
    """The urgency in plain words, with the day it ends on: as decided, or as the rule says."""
    urgency, counted_from = intake.urgency, intake.submitted_at
    decision = _decision(case) if case.state == Case.State.REFERRED else None
    if decision and decision.refer_urgency:
        urgency, counted_from = decision.refer_urgency, decision.at
    if urgency == Urgency.SOON:
        return (
            _("Call your own doctor soon and ask for a visit."),
            _("Take the one-page summary below with you."),
        )
    if urgency not in DAYS_LEFT:
        return (capfirst(_(urgency)) + ".",)
    last_day = times.local(counted_from).date() + timedelta(days=DAYS_LEFT[Urgency(urgency)])
    return (
        _by_when(last_day, times.local(now).date()),
        _(
            "Call your own doctor first. If they cannot see you by then, or you have no doctor,"
            " go to an urgent care clinic."
        ),
        _("Take the one-page summary below with you."),
    )


def _by_when(last_day: date, today: date) -> str:
    named = {"day": times.day_in_words(last_day)}
    if last_day < today:
        return (
            _("We asked you to see a doctor by %(day)s. If you have not, please go today.") % named
        )
    if last_day == today:
        return _("See a doctor today, %(day)s.") % named
    if last_day - today == timedelta(days=1):
        return _("See a doctor by tomorrow, %(day)s.") % named
    return _("See a doctor in the next %(days)s days: by %(day)s.") % {
        "days": (last_day - today).days,
        **named,
    }


def _what_to_say(intake: Intake) -> str:
    if intake.disposition == Disposition.REFER:
        return _(
            "“I have back pain. I answered a chiropractor’s health questions. They ask a doctor to"
            " look at me first. This is why:”"
        )
    return _(
        "“I have back pain and want to see a chiropractor. They ask me to tell you this first:”"
    )


def _if_it_was_no_mistake(intake: Intake, case: Case) -> tuple[str, ...]:
    """Not told to a stranger, whom a phone or a birthday led into the same case."""
    theirs = (case.patient and case.patient.kept.account_id) == (
        intake.patient and intake.patient.kept.account_id
    )
    if case.mistake_reported_at is None or not theirs:
        return ()
    return (_("If the sign you tapped before is real after all: call 911 now."),)


def _worse() -> str:
    return _("If you get worse, or cannot hold your pee, or feel weak or numb: call 911.")


def _what_next(case: Case, now: datetime) -> tuple[str, ...]:
    if case.state == Case.State.REFERRED:
        return (
            _("After the doctor has seen you, tell us on this page, or call us."),
            _("Dr. Solomon then decides, and we email you when you can choose a time."),
        )
    if case.due_at < now:
        return (_("We should have called you by now, and we are sorry. Please call us."),)
    return (
        _("Dr. Solomon reads your answers. You will hear from us by %(when)s.")
        % {"when": times.in_words(case.due_at)},
        _("We will email you as soon as you can choose a time."),
    )


def _asked(intake: Intake, asked: UUID) -> Told:
    return Told(
        _("Dr. Solomon has a question for you"),
        _("He read your answers. Before he can go on, he needs to know more. It takes a minute."),
        do=(_worse(),),
        say=_what_to_say(intake),
        next=(
            _("When you have answered, he reads it together with the rest."),
            _("You cannot book a visit yet. We will email you as soon as you can."),
        ),
        because=_("Your answers behind this"),
        reasons=tuple(what_held(intake)),
        asked=asked,
        is_held=True,
    )


def _on(moment: datetime) -> str:
    """Such as "on Tue, Nov 24"."""
    return _("on %(day)s") % {"day": times.day_in_words(times.local(moment).date())}
