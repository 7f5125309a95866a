"""The screens of the form, as data: which questions stand together, and the walk through them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from intake import triage
from intake.triage import UNANSWERED, Question
from intake.triage.words import _

# Time to read and answer, measured in seconds; only ever told in whole minutes.
SECONDS_A_QUESTION = 8
SECONDS_FOR_THE_REST = 120


@dataclass(frozen=True)
class Screen:
    """One page of questions. `no_to_all` offers one button that answers each of them No.

    With `body_picture` there is a figure too, on which to mark where else it hurts.
    """

    slug: str
    title: str
    questions: tuple[str, ...]
    no_to_all: bool = False
    body_picture: bool = False


# A follow-up stands on its own screen, right after the one that shows it. The safety questions
# are answered one by one; only the health background has the button.
SCREENS = (
    Screen("date-of-birth", _("Your date of birth"), ("age",)),
    Screen("bladder-and-bowels", _("Bladder and bowels"), ("bladder_bowel",)),
    Screen("bladder-and-bowels-since", _("Bladder and bowels"), ("bladder_bowel_when",)),
    Screen("seat-and-legs", _("Seat and legs"), ("saddle", "leg_pain")),
    Screen("numbness", _("Numbness"), ("numb",)),
    Screen("weakness", _("Weakness"), ("weak",)),
    Screen("getting-better-or-worse", _("Better or worse"), ("neuro_change",)),
    Screen("sex", _("A private question"), ("sexual",)),
    Screen("walking-chest-belly", _("Walking, chest, and belly"), ("walk", "chest", "belly")),
    Screen("injury", _("Injury"), ("injury",)),
    Screen("about-the-injury", _("About the injury"), ("injury_kind", "injury_when")),
    Screen(
        "health",
        _("Your health"),
        ("fever", "unwell", "weight", "infection", "urine"),
        no_to_all=True,
    ),
    Screen(
        "health-history",
        _("Your health history"),
        ("cancer", "steroid", "bone", "immune", "iv_drug"),
        no_to_all=True,
    ),
    Screen(
        "health-and-back",
        _("Your health and your back"),
        ("spine_care", "thinner", "shape", "pregnant"),
        no_to_all=True,
    ),
    Screen("pregnancy", _("Pregnancy"), ("pregnant_warning",)),
    Screen("where", _("Where it hurts"), ("area",), body_picture=True),
    Screen("neck", _("Your neck"), ("neck_signs",)),
    Screen("how-it-began", _("How it began"), ("onset", "start", "history", "duration")),
    Screen("mornings", _("Mornings"), ("morning",)),
    Screen("how-it-feels", _("How it feels"), ("worst", "pattern", "stiff", "night")),
    Screen("care", _("Care you tried"), ("care",)),
    Screen("care-result", _("Care you tried"), ("care_result",)),
    Screen("doctor", _("Your doctor"), ("seen_doctor",)),
    Screen("parent-or-guardian", _("A parent or guardian"), ("guardian",)),
)


@dataclass(frozen=True)
class AboutScreen:
    """One page about the person: what it asks to be filled in."""

    slug: str
    title: str
    fields: tuple[str, ...]
    of_minors: bool = False


# After the questions, one topic a screen too.
ABOUT_SCREENS = (
    AboutScreen(
        "who",
        _("Who is the visit for?"),
        ("given_name", "family_name", "phone", "email", "town", "elsewhere"),
    ),
    AboutScreen(
        "guardian",
        _("Parent or guardian"),
        ("guardian_name", "guardian_relationship", "agree_guardian"),
        of_minors=True,
    ),
    AboutScreen("what-happened", _("What happened"), ("own_words",)),
    AboutScreen("medicines", _("Medicines and allergies"), ("medicines", "allergies")),
    AboutScreen(
        "people",
        _("Your doctor, and who to call"),
        ("doctor", "emergency_name", "emergency_phone"),
    ),
    AboutScreen("paying", _("Paying"), ("payment", "insurer")),
    AboutScreen("agree", _("What you agree to"), ("agree_care", "agree_messages", "agree_privacy")),
)


def about_screens(*, minor: bool) -> tuple[AboutScreen, ...]:
    return tuple(each for each in ABOUT_SCREENS if minor or not each.of_minors)


@dataclass(frozen=True)
class Stop:
    """A screen on somebody's walk, with those of its questions that apply to them."""

    screen: Screen
    questions: tuple[Question, ...]
    is_answered: bool


@dataclass(frozen=True)
class Walk:
    """The screens that apply now, in order; one whose questions are all hidden is left out."""

    stops: tuple[Stop, ...]
    about: tuple[AboutScreen, ...] = ()

    def stop(self, slug: str) -> Stop | None:
        return next((stop for stop in self.stops if stop.screen.slug == slug), None)

    def stop_asking(self, question: str) -> Stop | None:
        return next((stop for stop in self.stops if question in stop.screen.questions), None)

    @property
    def first_unanswered(self) -> Stop | None:
        return next((stop for stop in self.stops if not stop.is_answered), None)

    def after(self, stop: Stop) -> Stop | None:
        place = self.stops.index(stop) + 1
        return self.stops[place] if place < len(self.stops) else None

    def before(self, stop: Stop) -> Stop | None:
        place = self.stops.index(stop)
        return self.stops[place - 1] if place else None

    def is_ahead(self, stop: Stop) -> bool:
        """Does something unanswered come before it?"""
        waiting = self.first_unanswered
        return waiting is not None and self.stops.index(waiting) < self.stops.index(stop)

    @property
    def steps(self) -> int:
        """The screens, those about the person, and the check of all answers."""
        return len(self.stops) + len(self.about) + 1

    def step(self, stop: Stop) -> int:
        return self.stops.index(stop) + 1

    def minutes_from(self, stop: Stop) -> int:
        ahead = self.stops[self.stops.index(stop) :]
        seconds = sum(len(each.questions) for each in ahead) * SECONDS_A_QUESTION
        return max(1, round((seconds + SECONDS_FOR_THE_REST) / 60))


def walk(answers: Mapping[str, object], *, left_out: Collection[str] = ()) -> Walk:
    """The walk that these answers lead through, without the questions that are put elsewhere."""
    applying = triage.shown_questions(answers)
    shown = {question.id: question for question in applying if question.id not in left_out}
    stops = []
    for screen in SCREENS:
        questions = tuple(shown[id_] for id_ in screen.questions if id_ in shown)
        if questions:
            answered = all(q.read(answers.get(q.id)) is not UNANSWERED for q in questions)
            stops.append(Stop(screen, questions, answered))
    # A short form knows who it is for.
    about = () if left_out else about_screens(minor="guardian" in shown)
    return Walk(tuple(stops), about)
