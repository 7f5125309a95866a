"""Section C: this spasm."""

from intake.triage.questions.question import Kind, Option, Question, Section
from intake.triage.questions.safety import age, injury
from intake.triage.questions.shared import NO, NOT_SURE, YES
from intake.triage.words import Disposition, _

area = Question(
    "area",
    Section.SPASM,
    Kind.CHOICE,
    _("Where is the worst pain?"),
    options=(
        Option("lower", _("Low back")),
        Option("middle", _("Middle of my back")),
        Option("upper", _("Between my shoulder blades")),
        Option("neck", _("Neck")),
    ),
    safe=("lower", "middle", "upper", "neck"),
    source="IFOMPT framework (Finucane 2020) (thoracic pain)",
)

upper_back = area.is_any("middle", "upper")

neck_signs = Question(
    "neck_signs",
    Section.SPASM,
    Kind.CHOICE,
    _(
        "Is any of this new with your neck pain? You feel dizzy. You see double. "
        "It is hard to speak or swallow. Your face is numb. A very bad headache came on fast."
    ),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.REFER,
    show_when=area.is_("neck"),
    source="IFOMPT cervical framework (Rushton 2020): signs of an artery tear",
)

onset = Question(
    "onset",
    Section.SPASM,
    Kind.CHOICE,
    _("What set off the spasm?"),
    options=(
        Option("posture", _("Sitting a long time, or how I sit, stand, or sleep")),
        Option("strain", _("Lifting, bending, sport, or the same move over and over")),
        Option("cough", _("A cough, a sneeze, or a small twist")),
        Option("stumble", _("A small trip or bump, but I did not fall")),
        Option("unknown", _("Nothing that I know of")),
    ),
    safe=("posture", "strain", "cough", "stumble", "unknown"),
    show_when=injury.is_any("no", "healed", "not_sure"),
    source="Article rows 1 and 5; AHCPR (mild trauma over 50)",
)

start = Question(
    "start",
    Section.SPASM,
    Kind.CHOICE,
    _("How did it start?"),
    options=(
        Option("sudden", _("All at once")),
        Option("slow", _("Bit by bit")),
    ),
    safe=("sudden", "slow"),
    source="The article's 'develop gradually'",
)

history = Question(
    "history",
    Section.SPASM,
    Kind.CHOICE,
    _("Have you had this kind of pain before?"),
    options=(
        Option("first", _("No, this is the first time")),
        Option("again", _("Yes, it comes back from time to time")),
    ),
    safe=("first", "again"),
    source="Article row 3",
)

duration = Question(
    "duration",
    Section.SPASM,
    Kind.CHOICE,
    _("How long has it lasted this time?"),
    options=(
        Option("under_4w", _("Less than 4 weeks")),
        Option("4_to_12w", _("4 to 12 weeks")),
        Option("over_12w", _("More than 12 weeks")),
    ),
    safe=("under_4w", "4_to_12w", "over_12w"),
    source="ACP 2017 (acute, subacute, chronic)",
)

worst = Question(
    "worst",
    Section.SPASM,
    Kind.SCALE,
    _("How bad is the pain at its worst?"),
    help=_("0 is no pain. 10 is the worst pain you can think of."),
    safe=range(11),
    source="NPRS",
)

pattern = Question(
    "pattern",
    Section.SPASM,
    Kind.CHOICE,
    _("What happens when you move or rest?"),
    options=(
        Option("mech", _("Some moves hurt more. It eases when I rest or change position.")),
        Option("stiff_still", _("It gets stiff when I stay still. It eases when I move.")),
        Option("no_change", _("It stays the same, no matter what I do")),
        Option("worse_rest", _("It gets worse, even when I rest")),
        NOT_SURE,
    ),
    safe=("mech", "stiff_still"),
    uncertain_as=Disposition.CO_MANAGE,
    source="Article rows 2 and 9",
)

does_not_ease = pattern.is_any("no_change", "worse_rest")

stiff = Question(
    "stiff",
    Section.SPASM,
    Kind.CHOICE,
    _("Does your back feel stiff or hard to bend?"),
    options=(YES, NO),
    safe=("yes", "no"),
    safety=False,
    source="Article row 4",
)

morning = Question(
    "morning",
    Section.SPASM,
    Kind.CHOICE,
    _("In the morning, are you stiff for more than 30 minutes, and does it help to move?"),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    show_when=age.under(45) & duration.is_("over_12w"),
    source="NICE NG65 (back pain before 45, over 3 months)",
)

night = Question(
    "night",
    Section.SPASM,
    Kind.CHOICE,
    _("Does the pain wake you at night and stay, even if you change position?"),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="IFOMPT framework (Finucane 2020); NHS back pain; G-care",
)

care = Question(
    "care",
    Section.SPASM,
    Kind.CHOICE,
    _("Have you tried any care for it this time?"),
    help=_("Care can be pills, stretches, physical therapy, or a chiropractor."),
    options=(
        Option("none", _("No")),
        Option("under_4w", _("Yes, for less than 4 weeks")),
        Option("over_4w", _("Yes, for 4 weeks or more")),
    ),
    safe=("none", "under_4w", "over_4w"),
    source="Article row 11",
)

care_result = Question(
    "care_result",
    Section.SPASM,
    Kind.CHOICE,
    _("Is that care helping?"),
    options=(
        Option("better", _("Yes, I am getting better")),
        Option("same", _("No, it is the same")),
        Option("worse", _("No, it is getting worse")),
    ),
    safe=("better", "same"),
    show_when=care.is_any("under_4w", "over_4w"),
    source="Article row 11; ACR 2021 (6 weeks); failure to improve after 1 month",
)

QUESTIONS = (
    area,
    neck_signs,
    onset,
    start,
    history,
    duration,
    worst,
    pattern,
    stiff,
    morning,
    night,
    care,
    care_result,
)
