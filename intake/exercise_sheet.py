"""The sheet of home exercises, on screen and on paper alike.

Everything is worded here; `paper/exercises.typ` and the page only lay it out.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from clinic import times, typeset
from clinic.models import ClinicProfile
from intake import public
from intake.exercises import BY_ID, CALL_NOW, STOP_ALWAYS, Exercise, Position
from intake.models import ExercisePlan, Prescription
from intake.summary import Fact

TEMPLATE = Path(__file__).parent / "paper" / "exercises.typ"
# A name that says nothing about anybody: it stays in the list of downloads.
FILE_NAME = "home-exercises.pdf"


@dataclass(frozen=True)
class Item:
    """One exercise, and how much of it."""

    name: str
    purpose: str
    dose: tuple[Fact, ...]
    steps: tuple[str, ...]
    stop: str
    pictures: tuple[Position, ...]


@dataclass(frozen=True)
class Sheet:
    """`wait` says not to do them for now; otherwise it is empty."""

    title: str
    clinic_name: str
    doctor: str
    address: str
    phone: str
    who: tuple[Fact, ...]
    wait: str
    note_title: str
    note: str
    items: tuple[Item, ...]
    stop_title: str
    stops: tuple[str, ...]
    about: str


def of(plan: ExercisePlan) -> Sheet:
    """In the active language."""
    clinic = ClinicProfile.current()
    prescribed = [each for each in plan.prescriptions.all() if each.exercise in BY_ID]
    return Sheet(
        title=_("Your home exercises"),
        clinic_name=clinic.name,
        doctor=_("Dr. Jonathan Solomon, D.C., chiropractor"),
        address=clinic.address,
        phone=clinic.phone.as_national,
        who=(
            Fact(_("For"), plan.patient.kept.name),
            Fact(_("Since"), times.full_day_in_words(times.local(plan.at))),
        ),
        wait=_("Wait with these exercises. Somebody has to look at your answers first.")
        if public.is_held(plan.patient_id)
        else "",
        note_title=_("From your chiropractor"),
        note=plan.note,
        items=tuple(_item(BY_ID[each.exercise], each) for each in prescribed),
        stop_title=_("When to stop"),
        stops=(
            _(STOP_ALWAYS),
            _("A mild pull is fine. Pain is not. Go slowly and keep breathing."),
            _(CALL_NOW),
        ),
        about=_("Questions about your exercises? Call %(clinic)s at %(phone)s.")
        % {"clinic": clinic.name, "phone": clinic.phone.as_national},
    )


def pdf(plan: ExercisePlan, *, now: datetime) -> bytes:
    return typeset.pdf(TEMPLATE, on_paper(of(plan)), now=now)


def on_paper(sheet: Sheet) -> dict[str, Any]:
    """What `exercises.typ` reads."""
    data = asdict(sheet)
    typed = typeset.breakable({"who": data["who"], "note": data["note"]})
    return {"language": (get_language() or "en").split("-")[0], **data, **typed}


def _item(exercise: Exercise, prescribed: Prescription) -> Item:
    return Item(
        name=_(exercise.name),
        purpose=_(exercise.purpose),
        dose=tuple(_dose(exercise, prescribed)),
        steps=tuple(_(step) for step in exercise.steps),
        stop=_(exercise.stop),
        pictures=tuple(Position(each.drawing, _(each.caption)) for each in exercise.positions),
    )


def _dose(exercise: Exercise, prescribed: Prescription) -> list[Fact]:
    a_day, repeats, seconds = (
        prescribed.times_a_day,
        prescribed.repeats,
        prescribed.hold_seconds,
    )
    often = ngettext("%(count)s time a day", "%(count)s times a day", a_day) % {"count": a_day}
    if exercise.has_sides:
        many = ngettext("%(count)s time on each side", "%(count)s times on each side", repeats)
    else:
        many = ngettext("%(count)s time", "%(count)s times", repeats)
    facts = [Fact(_("How often"), often), Fact(_("How many"), many % {"count": repeats})]
    if seconds:
        hold = ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
        facts.append(Fact(_("Hold each for"), hold))
    return facts
