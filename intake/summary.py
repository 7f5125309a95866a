"""One page about held answers, for the patient's own doctor: on paper and on screen alike.

It says what the patient said and what the clinic asks; never what the patient has. Everything is
worded here and cut to one page; `paper/summary.typ` and the page only lay it out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from clinic import times, typeset
from clinic.models import ClinicProfile
from intake import body, pain, public
from intake.models import Case, Disposition, Intake, ReviewDecision
from intake.pain import PainLine
from intake.reasons import Reason, what_held
from intake.triage import PROTOCOL, UNANSWERED, Urgency

TEMPLATE = Path(__file__).parent / "paper" / "summary.typ"
# A name that says nothing about anybody: it stays in the list of downloads.
FILE_NAME = "summary-for-the-doctor.pdf"

# What one page holds, with letters that can still be read.
MOST_LINES = 36
LETTERS_A_LINE = 110
MOST_LETTERS = {"own_words": 700, "medicines": 350, "allergies": 250, "places": 200}


@dataclass(frozen=True)
class Fact:
    """Something asked, in a few words, and what was said."""

    label: str
    value: str


@dataclass(frozen=True)
class Part:
    """Something in the patient's own words; `note` says when not all of it is here."""

    title: str
    words: str
    note: str = ""


@dataclass(frozen=True)
class Summary:
    title: str
    clinic_name: str
    doctor: str
    address: str
    phone: str
    who: tuple[Fact, ...]
    asks_title: str
    asks: str
    reasons_title: str
    reasons: tuple[Reason, ...]
    more_reasons: str
    pain_title: str
    worst: int | None
    scale: str
    pain: tuple[Fact, ...]
    line: PainLine | None
    own_words: Part
    lists: tuple[Part, ...]
    about: str

    @property
    def steps(self) -> range:
        """The scale of pain, from none to the worst."""
        return range(11)


def of(intake: Intake) -> Summary:
    """In the active language. The intake's patient is known."""
    clinic = ClinicProfile.current()
    found, care = what_held(intake), _care(intake)
    reasons = _that_fit(found)
    worst = intake.answers.get("worst")
    return Summary(
        title=_("Summary for the doctor"),
        clinic_name=clinic.name,
        doctor=_("Dr. Jonathan Solomon, D.C., chiropractor"),
        address=clinic.address,
        phone=clinic.phone.as_national,
        who=tuple(_who(intake)),
        asks_title=_("What we ask the doctor"),
        asks=care or _asks(intake),
        reasons_title=_("What we told the patient (“you”), and why")
        if care
        else _("Why a doctor should look first, as we told the patient (“you”)"),
        reasons=tuple(reasons),
        more_reasons=_more(len(found) - len(reasons)),
        pain_title=_("The pain, as the patient describes it"),
        worst=worst if isinstance(worst, int) else None,
        scale=_("%(worst)s of 10 at its worst") % {"worst": worst},
        pain=tuple(_pain(intake)),
        line=pain.line(intake.patient),
        own_words=_part(_("In the patient’s own words"), "own_words", intake.own_words),
        lists=(
            _part(_("Medicines"), "medicines", intake.details.get("medicines", "")),
            _part(_("Allergies"), "allergies", intake.details.get("allergies", "")),
        ),
        about=_about(intake, clinic),
    )


def pdf(intake: Intake, *, now: datetime) -> bytes:
    return typeset.pdf(TEMPLATE, on_paper(of(intake)), now=now)


def on_paper(summary: Summary) -> dict[str, Any]:
    """What `summary.typ` reads."""
    said = asdict(summary)
    data = {
        "language": (get_language() or "en").split("-")[0],
        "title": said["title"],
        "clinic": {
            "name": said["clinic_name"],
            "doctor": said["doctor"],
            "address": said["address"],
            "phone": said["phone"],
        },
        "who": said["who"],
        "asks": {"title": said["asks_title"], "words": said["asks"]},
        "findings": {
            "title": said["reasons_title"],
            "reasons": said["reasons"],
            "more": said["more_reasons"],
        },
        "pain": {
            "title": said["pain_title"],
            "worst": said["worst"],
            "scale": said["scale"],
            "rows": said["pain"],
        },
        "line": _drawn(summary.line),
        "texts": [said["own_words"]],
        "lists": said["lists"],
        "about": said["about"],
    }
    return {key: typeset.breakable(value) for key, value in data.items()}


def _drawn(line: PainLine | None) -> dict[str, Any] | None:
    """The line as paper shows it: the scores in turn, and the days it begins and ends on."""
    if line is None:
        return None
    return {
        "title": _("The worst pain, time by time"),
        "in-numbers": _("%(scores)s (from %(first)s to %(last)s)")
        % {
            "scores": ", ".join(str(row.score) for row in line.rows),
            "first": line.first.when,
            "last": line.last.when,
        },
        "scores": [row.score for row in line.rows],
        "first": line.first.when,
        "last": line.last.when,
        "rules": [rule.score for rule in line.rules],
    }


def _who(intake: Intake) -> list[Fact]:
    patient = intake.patient.kept if intake.patient else None
    name = patient.name if patient else f"{intake.given_name} {intake.family_name}".strip()
    born = intake.born or (patient.born if patient else None)
    facts = [Fact(_("Patient"), name)]
    if born:
        facts.append(Fact(_("Born"), _day(born)))
    if intake.guardian_name:
        facts.append(Fact(_("Parent or guardian"), intake.guardian_name))
    return [*facts, Fact(_("Answered"), _day(intake.submitted_at))]


def _care(intake: Intake) -> str:
    """What the clinic plans, once nobody asks for a doctor first; nothing while somebody does."""
    if intake.patient_id is None or public.is_held(intake.patient_id):
        return ""
    sentences = _planned(intake)
    if not sentences:
        return ""
    return " ".join([*sentences, _("Please tell us of anything we must know or leave alone.")])


def _planned(intake: Intake) -> list[str]:
    if intake.case_id is None:
        if intake.disposition != Disposition.BOOK:
            return []
        plan = _("Nothing in these answers asks for a doctor first. We plan to care for the back.")
        return [plan]
    cleared = ReviewDecision.objects.filter(
        case=intake.case_id, case__state=Case.State.CLEARED, kind__in=ReviewDecision.CLEARING
    ).first()
    if cleared is None:
        return []
    return [
        _("Dr. Solomon read these answers on %(day)s.") % {"day": _day(cleared.at)},
        _("He plans to care for the back alongside you.")
        if cleared.kind == ReviewDecision.Kind.SUPPORTIVE
        else _("He has decided that the patient may have chiropractic care."),
    ]


def _asks(intake: Intake) -> str:
    """A request, and how soon; what to find or do is the doctor's to say."""
    match intake.disposition:
        case Disposition.EMERGENCY:
            return _(
                "These answers match emergency signs in our safety rules. We told the patient to"
                " call 911 or go to the emergency room now. We have not examined the patient and"
                " will not treat until we hear from you."
            )
        case Disposition.REFER:
            return " ".join(
                [
                    _how_soon(intake),
                    _(
                        "Please tell us what you find, and whether chiropractic care may go ahead"
                        " and with what limits. We give no care until we hear from you."
                    ),
                ]
            )
        case _other:
            return _(
                "Please see this patient about the points below. We would like to care for the"
                " back alongside you: please tell us of anything we must know or leave alone."
                " Dr. Solomon decides about a visit after reading the answers."
            )


def _how_soon(intake: Intake) -> str:
    day = times.local(intake.submitted_at).date()
    match intake.urgency:
        case Urgency.TODAY:
            by = day
        case Urgency.IN_THREE_DAYS:
            by = day + timedelta(days=3)
        case _other:
            return _("Please examine this patient for the points below.")
    return _("Please examine this patient for the points below, by %(day)s if you can.") % {
        "day": times.day_in_words(by)
    }


def _that_fit(found: list[Reason]) -> list[Reason]:
    """The most severe, as many as the page has lines for."""
    ends = accumulate(_lines(reason) for reason in found)
    return [reason for reason, end in zip(found, ends, strict=True) if end <= MOST_LINES]


def _lines(reason: Reason) -> int:
    quoted = (f"{said.question} {said.answer}" for said in reason.said)
    return sum(ceil(len(text) / LETTERS_A_LINE) for text in (reason.sentence, *quoted))


def _more(left_out: int) -> str:
    if left_out <= 0:
        return ""
    return ngettext(
        "%(count)s more point did not fit here. Call us for it.",
        "%(count)s more points did not fit here. Call us for them.",
        left_out,
    ) % {"count": left_out}


def _pain(intake: Intake) -> list[Fact]:
    """In the order a doctor asks. Answers to another version's questions are left to the clinic."""
    if intake.protocol != PROTOCOL.version:
        return []
    asked = {
        "area": _("Worst place"),
        "duration": _("This time, for"),
        "history": _("Had it before"),
        "start": _("Began"),
        "onset": _("Set off by"),
        "injury_kind": _("Injury"),
        "pattern": _("Moving and resting"),
        "night": _("Wakes at night"),
        "leg_pain": _("Pain in the legs"),
        "care": _("Care so far"),
        "care_result": _("Is that care helping"),
        "seen_doctor": _("Seen by a doctor"),
    }
    said = _in_words(intake.answers)
    facts = [Fact(label, said[id_]) for id_, label in asked.items() if said.get(id_)]
    marked = body.labels(intake.details.get("also_hurts", []))
    places = Truncator(", ".join(_(label) for label in marked)).chars(MOST_LETTERS["places"])
    return [*facts[:1], *([Fact(_("Also hurts"), places)] if marked else []), *facts[1:]]


def _in_words(answers: Mapping[str, object]) -> dict[str, str]:
    words = {}
    for question in PROTOCOL.questions:
        value = question.read(answers.get(question.id))
        if value is not UNANSWERED:
            words[question.id] = "; ".join(_(label) for label in question.labels_of(value))
    return words


def _part(title: str, name: str, written: str) -> Part:
    whole = " ".join(written.split())
    return Part(title, *_cut(whole or _("Nothing was written here."), MOST_LETTERS[name]))


def _cut(whole: str, letters: int) -> tuple[str, str]:
    """As much as fits, and a note when that is not all."""
    if len(whole) <= letters:
        return whole, ""
    return Truncator(whole).chars(letters), _("Cut to fit the page. The clinic has all of it.")


def _about(intake: Intake, clinic: ClinicProfile) -> str:
    return _(
        "What this is: answers the patient gave to %(clinic)s on %(day)s, set beside written"
        " safety rules (version %(protocol)s). What it is not: a diagnosis, an examination, or a"
        " medical report. Nobody has examined the patient for it. To reach us: %(phone)s, or"
        " %(address)s."
    ) % {
        "clinic": clinic.name,
        "day": _day(intake.submitted_at),
        "protocol": intake.protocol,
        "phone": clinic.phone.as_national,
        "address": clinic.address,
    }


def _day(day: date | datetime) -> str:
    local = times.local(day) if isinstance(day, datetime) else day
    return times.full_day_in_words(local)
