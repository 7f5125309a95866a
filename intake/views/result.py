"""What came of an intake, in plain words, for the family it belongs to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic import audit, times
from clinic.access import patient_required, signed_in
from intake import public
from intake.models import Case, Disposition, Intake
from intake.reasons import Reason, reasons, what_held


@dataclass(frozen=True)
class Told:
    """What the page says.

    `do`: what to do now; `next`: what happens, and by when; `clearance`: the one to book under.
    """

    title: str
    lead: str
    do: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    because: str = ""
    reasons: tuple[Reason, ...] = ()
    clearance: UUID | None = None
    may_start: bool = False
    is_emergency: bool = False


@patient_required
@require_safe
def result(request: HttpRequest, pk: UUID) -> HttpResponse:
    now, reader = timezone.now(), signed_in(request)
    visible = Intake.objects.answers_visible_to(reader).select_related("case", "patient")
    intake = get_object_or_404(visible, pk=pk)
    with audit.writing(reader):
        audit.record(reader, "result read", intake, at=now, patient_id=intake.patient_id)
    return render(request, "intake/result.html", {"intake": intake, "told": _told(intake, now)})


def _told(intake: Intake, now: datetime) -> Told:
    if intake.case and intake.case.state in Case.UNRESOLVED:
        return _held(intake, intake.case, now)
    usable = public.clearances_usable(intake.patient_id, now) if intake.patient_id else []
    if usable:
        return _may_book(intake, usable[0].id)
    return Told(
        _("Please answer the questions again"),
        _(
            "Your answers are from %(day)s. Things may have changed since. Answer again, and"
            " you will see what comes next."
        )
        % {"day": times.in_words(intake.submitted_at)},
        may_start=True,
    )


def _may_book(intake: Intake, clearance: UUID) -> Told:
    if intake.disposition != Disposition.BOOK:
        return Told(
            _("You can choose a time"),
            _("Dr. Solomon has looked at your answers and you may book a visit."),
            clearance=clearance,
        )
    return Told(
        _("You can choose a time"),
        _("From what you told us, a visit with Dr. Solomon is a good first step."),
        because=_("Why we say this"),
        reasons=tuple(reasons(intake)),
        clearance=clearance,
    )


def _held(intake: Intake, case: Case, now: datetime) -> Told:
    if intake.disposition == Disposition.BOOK:
        return Told(
            _("We will look at your answers first"),
            _(
                "Thank you. Earlier answers under your name, your phone, or this device are still"
                " with Dr. Solomon. He will look at both sets of answers together, and then you"
                " will hear from us."
            ),
            do=(_worse(),),
            next=_what_next(case, now),
        )
    title, lead = _heading(intake)
    return Told(
        title,
        lead,
        do=(*_what_to_do(intake), _worse()),
        next=_what_next(case, now),
        because=_("Why we say this"),
        reasons=tuple(what_held(intake)),
        is_emergency=intake.disposition == Disposition.EMERGENCY,
    )


def _heading(intake: Intake) -> tuple[str, str]:
    match intake.disposition:
        case Disposition.EMERGENCY:
            return (
                _("Get help now"),
                _("Your answers may mean an emergency. Do not wait for the clinic."),
            )
        case Disposition.REFER:
            return (
                _("See a doctor first"),
                _(
                    "From what you told us, a medical doctor should look at you before"
                    " Dr. Solomon does. You cannot book a visit yet."
                ),
            )
        case _other:
            return (
                _("Dr. Solomon will look at your answers first"),
                _(
                    "From what you told us, Dr. Solomon wants to read your answers before you"
                    " book. You may need to see your doctor too."
                ),
            )


def _what_to_do(intake: Intake) -> tuple[str, ...]:
    steps = (capfirst(_(intake.urgency)) + ".",)
    if intake.disposition == Disposition.REFER:
        return (*steps, _("Show this page to the doctor. You can print it."))
    return steps


def _worse() -> str:
    return _("If you get worse, or cannot hold your pee, or feel weak or numb: call 911.")


def _what_next(case: Case, now: datetime) -> tuple[str, ...]:
    if case.state == Case.State.REFERRED:
        return (
            _("After the doctor has seen you, call us or bring the report."),
            _("Dr. Solomon then decides, and we email you when you can choose a time."),
        )
    if case.due_at < now:
        return (_("We should have called you by now, and we are sorry. Please call us."),)
    return (
        _("Dr. Solomon reads your answers. You will hear from us by %(when)s.")
        % {"when": times.in_words(case.due_at)},
        _("We will email you as soon as you can choose a time."),
    )
