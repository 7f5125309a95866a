"""How the worst pain went, from answer to answer and from visit to visit: a line and its table."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic import times
from intake.models import Intake, PainScore, Patient
from intake.models.pain import WORST_PAIN

# What a line of a page can show, newest kept.
MOST_SHOWN = 12
QUESTION = "worst"

# The field it is drawn on. The lines of 0, 5 and 10 stand across it.
WIDTH, TOP, BOTTOM, LEFT, RIGHT = 640, 16, 156, 44, 616
VIEW_BOX = f"0 0 {WIDTH} 190"


@dataclass(frozen=True)
class Row:
    """One score: when, how bad, and where it was said."""

    when: str
    score: int
    said: str


@dataclass(frozen=True)
class Dot:
    x: int
    y: int
    score: int

    @property
    def above(self) -> int:
        return self.y - 12


@dataclass(frozen=True)
class Rule:
    """A line across, and its number."""

    y: int
    score: int


@dataclass(frozen=True)
class PainLine:
    """`rows` is the same as a table; `points` joins the dots."""

    view_box: str
    left: int
    right: int
    floor: int
    rules: tuple[Rule, ...]
    dots: tuple[Dot, ...]
    points: str
    rows: tuple[Row, ...]

    @property
    def first(self) -> Row:
        return self.rows[0]

    @property
    def last(self) -> Row:
        return self.rows[-1]


@dataclass(frozen=True)
class _Said:
    at: datetime
    score: int
    where: str


def line(patient: Patient | None) -> PainLine | None:
    """In the active language; None until there are two scores to join."""
    said = _scores(patient)[-MOST_SHOWN:] if patient else []
    if len(said) < 2:
        return None
    step = (RIGHT - LEFT) / (len(said) - 1)
    dots = tuple(
        Dot(round(LEFT + place * step), _height(each.score), each.score)
        for place, each in enumerate(said)
    )
    return PainLine(
        view_box=VIEW_BOX,
        left=LEFT,
        right=RIGHT,
        floor=BOTTOM + 26,
        rules=tuple(Rule(_height(score), score) for score in (0, 5, WORST_PAIN)),
        dots=dots,
        points=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        rows=tuple(
            Row(date_format(times.local(each.at), "DATE_FORMAT"), each.score, each.where)
            for each in said
        ),
    )


def _scores(patient: Patient) -> list[_Said]:
    """Oldest first; of several on one day in one place, the newest."""
    records = Patient.objects.same_person_as(patient.pk)
    answered = Intake.objects.filter(patient__in=records).values_list("submitted_at", "answers")
    # In this order: the later of two that came in one moment comes last here too.
    noted = PainScore.objects.filter(patient__in=records).order_by("at", "pk")
    said = [_Said(at, answers.get(QUESTION), _("In the answers")) for at, answers in answered]
    said += [_Said(at, score, _("At a visit")) for at, score in noted.values_list("at", "score")]
    # An answer of another version, or none, is no number on this scale.
    known = (each for each in said if type(each.score) is int and 0 <= each.score <= WORST_PAIN)
    by_day = {
        (times.local(each.at).date(), each.where): each
        for each in sorted(known, key=lambda each: each.at)
    }
    return sorted(by_day.values(), key=lambda each: each.at)


def _height(score: int) -> int:
    return round(BOTTOM - score * (BOTTOM - TOP) / WORST_PAIN)
