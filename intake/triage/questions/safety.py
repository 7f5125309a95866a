"""Section A: the safety questions, asked first and one by one."""

from intake.triage.questions.question import Kind, Option, Question, Section
from intake.triage.questions.shared import MARK_ALL, NO, NONE_OF_THESE, NOT_SURE, PREFER_NOT, YES
from intake.triage.words import Disposition, _

age = Question(
    "age",
    Section.SAFETY,
    Kind.AGE,
    _("What is your date of birth?"),
    help=_("We work out your age from this."),
    safe=range(18, 120),
    source="G-care/CKS low back pain red flags; Keating 2024 (children)",
)

bladder_bowel = Question(
    "bladder_bowel",
    Section.SAFETY,
    Kind.MULTI,
    _("Since your back pain began, have you had any of these?"),
    help=MARK_ALL,
    options=(
        Option("leak_urine", _("I leak pee or cannot hold it")),
        Option("cannot_start", _("It is hard to start to pee, or to empty my bladder")),
        Option("cannot_feel_urine", _("I cannot feel when my bladder is full or when I pee")),
        Option("leak_stool", _("I leak poop or cannot hold it")),
        Option("cannot_feel_stool", _("I cannot feel when I poop")),
        Option("other_change", _("Some other change, like hard or rare poops")),
        NONE_OF_THESE,
        NOT_SURE,
    ),
    safe=("none",),
    uncertain_as=Disposition.REFER,
    source="Article row 10; GIRFT 2023 suspected-CES pathway; "
    "Greenhalgh/Mercer/Finucane CES patient card",
)

bladder_or_bowel_sign = bladder_bowel.includes_any(
    "leak_urine", "cannot_start", "cannot_feel_urine", "leak_stool", "cannot_feel_stool"
)

bladder_bowel_when = Question(
    "bladder_bowel_when",
    Section.SAFETY,
    Kind.CHOICE,
    _("When did this start?"),
    options=(
        Option("new", _("In the last 3 months")),
        Option("worse", _("Longer ago, but it is getting worse")),
        Option(
            "old_known",
            _("More than 3 months ago. It has not changed, and my doctor knows about it."),
        ),
        NOT_SURE,
    ),
    safe=(),
    uncertain_as=Disposition.REFER,
    show_when=bladder_or_bowel_sign,
    source="GIRFT 2023 (new or getting worse)",
)

saddle = Question(
    "saddle",
    Section.SAFETY,
    Kind.CHOICE,
    _(
        "Do you have numbness or tingling near your private parts, your bottom, "
        "or your inner thighs?"
    ),
    help=_("It may feel odd when you wipe."),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.REFER,
    source="GIRFT 2023 suspected-CES pathway; Greenhalgh/Mercer/Finucane CES patient card",
)

leg_pain = Question(
    "leg_pain",
    Section.SAFETY,
    Kind.CHOICE,
    _("Does pain shoot down your legs?"),
    options=(
        NO,
        Option("hip", _("Only in my hip or buttock")),
        Option("one", _("Yes, one leg")),
        Option("both", _("Yes, both legs")),
        NOT_SURE,
    ),
    safe=("no", "hip", "one"),
    uncertain_as=Disposition.CO_MANAGE,
    source="NICE CKS sciatica; NHS back pain (both legs)",
)

LIMBS = ("one_leg", "both_legs", "one_arm", "both_arms")
LEGS = ("one_leg", "both_legs")
LIMB_OPTIONS = (
    Option("one_leg", _("One leg or foot")),
    Option("both_legs", _("Both legs or feet")),
    Option("one_arm", _("One arm or hand")),
    Option("both_arms", _("Both arms or hands")),
    NONE_OF_THESE,
    NOT_SURE,
)

numb = Question(
    "numb",
    Section.SAFETY,
    Kind.MULTI,
    _("Where do you have numbness, tingling, or pins and needles?"),
    help=MARK_ALL,
    options=LIMB_OPTIONS,
    safe=("none",),
    uncertain_as=Disposition.REFER,
    source="Article row 7; NHS back pain",
)

weak = Question(
    "weak",
    Section.SAFETY,
    Kind.MULTI,
    _("Where do you feel weak?"),
    help=MARK_ALL,
    options=LIMB_OPTIONS,
    safe=("none",),
    uncertain_as=Disposition.REFER,
    source="Article row 7; GIRFT 2023",
)

weak_limb = weak.includes_any(*LIMBS)
nerve_sign = numb.includes_any(*LIMBS) | weak_limb

neuro_change = Question(
    "neuro_change",
    Section.SAFETY,
    Kind.CHOICE,
    _("How is the pain down your legs, numbness, or weakness changing?"),
    options=(
        Option("new", _("It began in the last 2 weeks")),
        Option("worse", _("It is getting worse")),
        Option("same", _("It has been the same for more than 2 weeks")),
        Option("better", _("It is getting better")),
        NOT_SURE,
    ),
    safe=(),
    uncertain_as=Disposition.REFER,
    show_when=leg_pain.is_("both") | nerve_sign,
    source="GIRFT 2023 (within 14 days or getting worse)",
)

walk = Question(
    "walk",
    Section.SAFETY,
    Kind.CHOICE,
    _("Does a foot drag, do your legs give way, or are you newly unsteady?"),
    help=_("If you walk slowly only because it hurts, pick No."),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.REFER,
    source="GIRFT 2023; NHS Lothian (foot drop); NICE CKS",
)

sexual = Question(
    "sexual",
    Section.SAFETY,
    Kind.CHOICE,
    _(
        "In the last 2 weeks, have you lost feeling during sex, "
        "or had a new change in sex function?"
    ),
    options=(YES, NO, NOT_SURE, PREFER_NOT),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    show_when=age.at_least(18)
    & (
        leg_pain.is_any("one", "both", "not_sure")
        | numb.includes_any(*LEGS)
        | weak.includes_any(*LEGS)
    ),
    source="GIRFT 2023 (not a flag when it is the only other feature)",
)

chest = Question(
    "chest",
    Section.SAFETY,
    Kind.CHOICE,
    _("Do you have chest pain, trouble breathing, or do you feel faint with this pain?"),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.REFER,
    source="NHS back pain (chest pain: call)",
)

belly = Question(
    "belly",
    Section.SAFETY,
    Kind.CHOICE,
    _(
        "Did you get a sudden, very bad pain in your belly? "
        "Or a back pain that feels like a rip or tear, or that no position eases? "
        "Or do you feel a strong beat in your belly?"
    ),
    help=_("A grab when you move, that eases when you lie still, is a No."),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.REFER,
    source="NHS/nidirect abdominal aortic aneurysm",
)

injury = Question(
    "injury",
    Section.SAFETY,
    Kind.CHOICE,
    _("Did this back problem start after a fall, an accident, or a hit?"),
    help=_("Pain from a lift, bend, or twist, with no fall or hit, is a No, even at work."),
    options=(
        NO,
        Option(
            "healed",
            _("No. I had an injury in the past, but I was fully healed before this began."),
        ),
        YES,
        NOT_SURE,
    ),
    safe=("no", "healed"),
    uncertain_as=Disposition.CO_MANAGE,
    source="Article row 6",
)

injured = injury.is_any("yes", "not_sure")

injury_kind = Question(
    "injury_kind",
    Section.SAFETY,
    Kind.CHOICE,
    _("What happened?"),
    help=_("3 feet is about 5 stairs."),
    options=(
        Option(
            "serious", _("A fast car or bike crash, a fall from 3 feet or more, or a very hard hit")
        ),
        Option("fall", _("A slip, trip, or fall while standing")),
        Option("low_crash", _("A slow car bump")),
        Option("hit", _("A hit or blow to my back")),
        Option("other", _("Something else")),
    ),
    safe=(),
    show_when=injured,
    source="NHS back pain (serious accident); AHCPR (trauma)",
)

injury_when = Question(
    "injury_when",
    Section.SAFETY,
    Kind.CHOICE,
    _("When did it happen?"),
    options=(
        Option("last_2_weeks", _("In the last 2 weeks")),
        Option("2_to_12_weeks", _("2 to 12 weeks ago")),
        Option("over_12_weeks", _("More than 12 weeks ago")),
    ),
    safe=(),
    show_when=injured,
    source="Article row 6",
)

QUESTIONS = (
    age,
    bladder_bowel,
    bladder_bowel_when,
    saddle,
    leg_pain,
    numb,
    weak,
    neuro_change,
    walk,
    sexual,
    chest,
    belly,
    injury,
    injury_kind,
    injury_when,
)
