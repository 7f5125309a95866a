"""The demo's people. All are made up, and so are their numbers and addresses."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# For all who work here: it opens a clinic of made-up people, on one machine.
PASSWORD = "fictional people only"  # noqa: S105


@dataclass(frozen=True)
class Employee:
    title: str
    name: str
    email: str
    role: str
    totp_secret: str


DESK = Employee(
    "front desk", "Robin Vale", "desk@example.com", "is_desk", "DEMODESKDEMODESKDEMODESKDEMODESK"
)
DOCTOR = Employee(
    "chiropractor",
    "Dr. Jonathan Solomon",
    "doctor@example.com",
    "is_chiropractor",
    "DEMODOCTDEMODOCTDEMODOCTDEMODOCT",
)
ADMINISTRATOR = Employee(
    "administrator",
    "Alex Marsh",
    "admin@example.com",
    "is_administrator",
    "DEMOADMNDEMOADMNDEMOADMNDEMOADMN",
)
STAFF = (DESK, DOCTOR, ADMINISTRATOR)

# A finished form without any danger sign: it may book. Questions that do not apply to somebody
# (the guardian's of a minor) are forgotten when the answers are kept.
EASY: Mapping[str, object] = {
    "bladder_bowel": ["none"],
    "saddle": "no",
    "leg_pain": "no",
    "numb": ["none"],
    "weak": ["none"],
    "walk": "no",
    "chest": "no",
    "belly": "no",
    "injury": "no",
    "fever": "no",
    "unwell": "no",
    "weight": "no",
    "cancer": "no",
    "steroid": "no",
    "bone": "no",
    "immune": "no",
    "iv_drug": "no",
    "infection": "no",
    "spine_care": "no",
    "thinner": "no",
    "pregnant": "na",
    "urine": "no",
    "shape": "no",
    "area": "lower",
    "onset": "posture",
    "start": "slow",
    "history": "first",
    "duration": "under_4w",
    "worst": 5,
    "pattern": "mech",
    "stiff": "yes",
    "night": "no",
    "care": "none",
    "seen_doctor": "no",
    "guardian": "yes",
}
# What else people say, beside the easy answers.
LIFTED = {"onset": "strain", "start": "sudden", "worst": 7}
COMES_BACK = {"history": "again", "worst": 4}
STRETCHED = {"history": "again", "care": "under_4w", "care_result": "better", "worst": 3}
ONE_LEG = {"leg_pain": "one", "sexual": "no"}
FEVER = {"fever": "yes", "worst": 6}
FELL = {"injury": "yes", "injury_kind": "fall", "injury_when": "last_2_weeks"}
NUMB_FOOT = {"numb": ["one_leg"], "neuro_change": "same", "sexual": "no"}
SADDLE = {"saddle": "yes"}
WEAK_BONES = {"bone": "yes", "history": "again"}
BLOOD_THINNER = {"thinner": "yes", "history": "again"}
PREGNANT = {"pregnant": "yes", "pregnant_warning": "no"}
NO_BETTER = {"care": "over_4w", "care_result": "same", "duration": "4_to_12w"}
NOT_SURE = {"weight": "not_sure"}


@dataclass(frozen=True)
class Person:
    """A patient. Their age holds on the day the demo is loaded; `line` ends their number.

    Whoever has no email called, and is called.
    """

    given: str
    family: str
    age: int
    birthday: tuple[int, int]
    line: int
    town: str
    said: Mapping[str, object] = field(default_factory=dict)
    words: str = ""
    guardian: str = ""
    address: str = ""
    has_email: bool = True

    @property
    def email(self) -> str:
        if not self.has_email:
            return ""
        return self.address or f"{_plain(self.given)}.{_plain(self.family)}@example.com"

    @property
    def phone(self) -> str:
        """One of the hundred numbers that are kept for fiction."""
        return f"+170355501{self.line:02}"

    @property
    def answers(self) -> dict[str, object]:
        return {**EASY, **self.said}

    def born(self, today: date) -> date:
        had_birthday = self.birthday <= (today.month, today.day)
        return date(today.year - self.age - (not had_birthday), *self.birthday)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in letters if char.isascii() and char.isalpha())


# The patient to sign in as: past and coming visits, and two more of the family on one address.
WITH_FAMILY = Person(
    "Maya",
    "Storybrook",
    41,
    (4, 17),
    1,
    "Ashburn",
    {**COMES_BACK, "worst": 6},
    "My lower back grabs when I get up from my desk. It has done so every few months.",
)
HER_HUSBAND = Person(
    "Owen",
    "Storybrook",
    43,
    (9, 2),
    1,
    "Ashburn",
    LIFTED,
    "I lifted the mower into the car and could not stand up straight.",
    address=WITH_FAMILY.email,
)
HER_DAUGHTER = Person(
    "Ivy",
    "Storybrook",
    15,
    (6, 30),
    1,
    "Ashburn",
    {"onset": "strain", "worst": 4},
    "It hurts after gymnastics.",
    guardian="Maya Storybrook",
    address=WITH_FAMILY.email,
)

# They came for the first time last month, and come again.
REGULARS = (
    WITH_FAMILY,
    Person("Ben", "Fablewood", 36, (1, 22), 2, "Ashburn", LIFTED, "Moving boxes all weekend."),
    Person("José", "Inventado", 52, (3, 9), 3, "Herndon", COMES_BACK, "Me duele al levantarme."),
    Person("Priya", "Notreal", 29, (11, 5), 4, "Dulles", {}, "Twelve hours a day at a screen."),
    Person("Walter", "Makebelieve", 82, (2, 14), 5, "Belmont", COMES_BACK, "Stiff every morning."),
    Person("Grace", "Pretendergast", 47, (7, 1), 6, "South Riding", STRETCHED),
    HER_HUSBAND,
    Person("Tom", "Sampleton", 33, (5, 19), 7, "Broadlands", LIFTED, "Deadlifts. I know."),
    Person("Lucía", "Ficticia", 38, (8, 27), 8, "Loudoun Valley Estates", COMES_BACK),
    Person("Henry", "Mockford", 61, (12, 3), 9, "Ashburn", STRETCHED),
    Person("Nadia", "Imaginova", 26, (10, 11), 10, "Herndon", {}, "Since the new chair at work."),
    Person("Paul", "Novelli", 57, (6, 8), 11, "Leesburg", COMES_BACK),
    Person("Chloe", "Fauxley", 31, (9, 16), 12, "Dulles", ONE_LEG, "It runs down my left leg."),
    Person("Samir", "Madeup", 44, (4, 2), 13, "Broadlands", LIFTED),
    Person("Dorothy", "Taleworth", 74, (1, 30), 14, "Ashburn", COMES_BACK),
    Person("Luis", "Cuento", 40, (3, 25), 15, "South Riding", {"worst": 6}, "Trabajo sentado."),
    Person("Emma", "Proseley", 35, (7, 21), 16, "Belmont", STRETCHED),
    Person("Victor", "Legendre", 50, (2, 6), 17, "Sterling", COMES_BACK),
    Person("Hana", "Mythos", 28, (5, 13), 18, "Loudoun Valley Estates", {}),
    Person("Bruno", "Sketchley", 45, (9, 30), 51, "Ashburn", LIFTED, "Carried my son upstairs."),
    Person("Vera", "Vignette", 69, (2, 19), 52, "Broadlands", COMES_BACK),
    Person("Kenji", "Monogata", 37, (12, 12), 53, "Herndon", {}, "I drive four hours a day."),
    Person("Alma", "Anecdota", 58, (6, 3), 54, "Belmont", STRETCHED),
    Person("Simon", "Storey", 41, (10, 25), 55, "Dulles", COMES_BACK),
    Person("Teresa", "Leyenda", 63, (3, 14), 56, "South Riding", COMES_BACK),
    Person("Colin", "Quipps", 30, (8, 8), 57, "Ashburn", LIFTED, "First day back at the gym."),
    Person("Anita", "Allegory", 54, (1, 5), 58, "Ashburn", STRETCHED),
)
# Their first visit is still to come.
NEWCOMERS = (
    Person("Oscar", "Plotkin", 45, (10, 29), 21, "Ashburn", LIFTED, "Shoveling mulch."),
    Person("Leah", "Chapterhouse", 32, (8, 4), 22, "Herndon", {}),
    Person("Marco", "Verso", 58, (12, 20), 23, "Belmont", COMES_BACK),
    Person("Aisha", "Sagaby", 37, (11, 17), 24, "Dulles", {"area": "upper", "history": "again"}),
    Person("Peter", "Figmentson", 66, (3, 3), 25, "South Riding", COMES_BACK),
    Person("Rosa", "Quimera", 49, (9, 9), 26, "Loudoun Valley Estates", COMES_BACK),
)

# Each of these has a story of their own: see `stories`.
IN_TROUBLE = Person("Carol", "Yarnell", 54, (2, 27), 31, "Ashburn", COMES_BACK)
MISTAKEN = Person("Gil", "Typoza", 39, (5, 5), 33, "Broadlands", COMES_BACK)
OVER_WITH = Person("Irene", "Epilogue", 63, (10, 3), 34, "Belmont", SADDLE)
FEVERISH = Person(
    "Dan", "Draftsman", 46, (6, 16), 35, "Herndon", FEVER, "Back pain and I feel hot and cold."
)
BETTER_NOW = Person(
    "Nora", "Retelling", 30, (1, 8), 36, "Dulles", FEVER, "It came with the flu I think."
)
SENT_TO_DOCTOR = Person(
    "Frank", "Footnote", 59, (4, 23), 37, "South Riding", NUMB_FOOT, "My foot has gone numb."
)
FALLEN = Person("Ruth", "Parable", 68, (7, 12), 38, "Ashburn", FELL, "I slipped on the ice.")
NEWS_BEFORE_VISIT = Person("Kofi", "Cliffhanger", 42, (12, 9), 39, "Broadlands", LIFTED)
HELD_MINOR = Person(
    "Leo",
    "Primer",
    13,
    (3, 18),
    40,
    "Loudoun Valley Estates",
    {"onset": "strain"},
    "Soccer practice.",
    guardian="Tessa Primer",
)
FOR_XRAY = Person(
    "Edith", "Almanac", 71, (8, 15), 41, "Ashburn", WEAK_BONES, "My doctor says thin bones."
)
TO_CHOOSE = Person("Hugo", "Preface", 64, (11, 28), 43, "Herndon", BLOOD_THINNER)
EXPECTING = Person("Mia", "Sequel", 31, (2, 2), 44, "Belmont", PREGNANT, "24 weeks along.")
NO_PROGRESS = Person("Abel", "Rewrite", 48, (9, 24), 45, "Ashburn", NO_BETTER)
UNSURE = Person("Joan", "Ellipsis", 55, (5, 30), 46, "Sterling", {**COMES_BACK, **NOT_SURE})
ROOMMATE = Person("Ravi", "Crossover", 27, (6, 21), FEVERISH.line, "Herndon", {})
TWICE = Person("Sofía", "Doblez", 34, (7, 7), 47, "Dulles", COMES_BACK)
TWICE_AGAIN = Person(
    "Sofia", "Doblez", 34, (7, 7), 48, "Dulles", COMES_BACK, address="sofi@example.com"
)
BACK_AGAIN = Person(
    "Iris", "Postscript", 51, (4, 8), 49, "Broadlands", COMES_BACK, "It went away by itself."
)

# And these are the front desk's work: see `desk_work`.
IN_A_SERIES = Person(
    "Clara", "Serial", 36, (5, 27), 61, "Ashburn", STRETCHED, "Both sides, after the half marathon."
)
CHOOSING = Person("Dina", "Draftwood", 33, (4, 11), 62, "Broadlands", {"worst": 6})
WAITS_IN_PAIN = Person("Olive", "Anytime", 44, (7, 19), 63, "Ashburn", {**LIFTED, "worst": 8})
WAITS_FOR_MORNINGS = Person(
    "Felix", "Earlier", 72, (1, 16), 64, "Belmont", COMES_BACK, has_email=False
)
WAITS_FOR_SATURDAYS = Person("Wanda", "Weekender", 29, (11, 11), 65, "Herndon", {})
ON_RECORD_TWICE = Person("Elena", "Echo", 47, (8, 21), 66, "Dulles", COMES_BACK)
HER_NEW_LINE = 67
NOBODY_DECIDED = Person("Martin", "Limbo", 52, (10, 10), 68, "Sterling", LIFTED)
MOVED_BY_US = Person(
    "Agnes", "Plainwell", 81, (3, 2), 69, "Ashburn", COMES_BACK, "Stiff hip.", has_email=False
)
WHILE_WE_ARE_CLOSED = Person(
    "Edgar", "Offline", 77, (12, 28), 70, "Broadlands", COMES_BACK, has_email=False
)
HELD_BY_PHONE = Person(
    "Pearl", "Landline", 79, (6, 6), 71, "Ashburn", FEVER, "Chills since Sunday.", has_email=False
)
CLEARED_BY_PHONE = Person(
    "Harold", "Rotary", 83, (9, 13), 72, "South Riding", BLOOD_THINNER, has_email=False
)
REFERRED_BY_PHONE = Person("Nell", "Postbox", 70, (2, 8), 73, "Belmont", NUMB_FOOT, has_email=False)
READ_BY_PHONE = Person("Otto", "Paperman", 75, (5, 17), 74, "Herndon", NO_BETTER, has_email=False)

# Nobody knows who this is: only a number was left.
ANONYMOUS_AGE, ANONYMOUS_PHONE = 35, "+17035550150"

# One for each page that answers can lead to.
PATIENTS = (
    ("patient, with a family", WITH_FAMILY),
    ("patient, may book", TO_CHOOSE),
    ("patient, here before", BACK_AGAIN),
    ("patient, doctor first", FEVERISH),
    ("patient, doctor alongside", EXPECTING),
    ("patient, sent to a doctor", SENT_TO_DOCTOR),
    ("patient, an emergency", IN_TROUBLE),
)
