"""Refer: medical evaluation first."""

from intake.triage.protocol.row import Rule, RulesFired
from intake.triage.questions.health import (
    cancer,
    fever,
    immune,
    iv_drug,
    pregnant,
    pregnant_warning,
    shape,
    spine_care,
    unwell,
    urine,
    weak_bones,
    weight,
)
from intake.triage.questions.safety import (
    age,
    bladder_bowel,
    bladder_bowel_when,
    bladder_or_bowel_sign,
    injury,
    injury_kind,
    leg_pain,
    nerve_sign,
)
from intake.triage.questions.spasm import (
    does_not_ease,
    history,
    night,
    onset,
    start,
    upper_back,
    worst,
)
from intake.triage.words import Disposition, Urgency, _

REFER = Disposition.REFER
IN_THREE_DAYS = Urgency.IN_THREE_DAYS
TODAY = Urgency.TODAY

# From 70 a bone can break with no fall at all: a first pain with any one of these marks, or a
# known pain that this time came at once and very bad.
break_at_70 = age.at_least(70) & (
    (history.is_("first") & (start.is_("sudden") | upper_back | worst.at_least(7)))
    | (start.is_("sudden") & worst.at_least(7))
)

RULES = (
    Rule(
        "R01",
        REFER,
        when=injury.is_("yes")
        | (injury.is_("not_sure") & injury_kind.is_any("serious", "fall", "low_crash", "hit")),
        because=_(
            "Your pain began after a fall, accident, or hit. A doctor must rule out a break first."
        ),
        urgency=IN_THREE_DAYS,
        source="Article row 6",
        article_rows=(6,),
    ),
    Rule(
        "R02",
        REFER,
        when=nerve_sign,
        because=_(
            "You have numbness, tingling, or weakness. A doctor must check your nerves first."
        ),
        urgency=TODAY,
        source="Article row 7",
        article_rows=(7,),
    ),
    Rule(
        "R03",
        REFER,
        when=fever.is_("yes"),
        because=_("You have had a fever with your back pain."),
        urgency=TODAY,
        source="Article row 8; IDSA 2015",
        article_rows=(8,),
    ),
    Rule(
        "R04",
        REFER,
        when=weight.is_("yes"),
        because=_("You have lost weight without trying."),
        urgency=TODAY,
        source="Article row 8; IFOMPT 2020",
        article_rows=(8,),
    ),
    Rule(
        "R05",
        REFER,
        when=unwell.is_("yes"),
        because=_("You feel ill, or have chills or night sweats."),
        urgency=TODAY,
        source="Article row 8 (systemic symptoms)",
        article_rows=(8,),
    ),
    Rule(
        "R06",
        REFER,
        when=worst.at_least(7) & does_not_ease,
        because=_("Your pain is very bad and does not ease when you move or rest."),
        urgency=TODAY,
        source="Article row 9",
        article_rows=(9,),
    ),
    Rule(
        "R07",
        REFER,
        when=(bladder_or_bowel_sign & bladder_bowel_when.is_("old_known"))
        | bladder_bowel.includes_any("other_change"),
        because=_("You have a change in your bladder or bowels. A doctor must check it first."),
        urgency=TODAY,
        source="Article row 10 and its section 'see a doctor first'",
        article_rows=(10,),
    ),
    Rule(
        "R08",
        REFER,
        when=cancer.is_("yes"),
        because=_("You have had cancer. A doctor must check back pain first."),
        urgency=IN_THREE_DAYS,
        source="IFOMPT 2020; Downie 2013; NHS",
        beyond_article=True,
    ),
    Rule(
        "R09",
        REFER,
        when=(weak_bones & (onset.is_any("strain", "cough", "stumble") | start.is_("sudden")))
        | break_at_70,
        because=_("Your bones may be weak. Even a small strain can break a bone."),
        urgency=IN_THREE_DAYS,
        source="ACR 2021 variant 6; AHCPR; IFOMPT 2020 (overrides article row 5)",
        beyond_article=True,
    ),
    Rule(
        "R10",
        REFER,
        when=age.at_least(50) & onset.is_("stumble"),
        because=_("After age 50, a small trip or bump can hurt a bone."),
        urgency=IN_THREE_DAYS,
        source="AHCPR (recent mild trauma, over 50); article row 6",
        article_rows=(6,),
        beyond_article=True,
    ),
    Rule(
        "R11",
        REFER,
        when=immune.is_("yes") | iv_drug.is_("yes"),
        because=_("You have a higher risk of an infection in your spine."),
        urgency=TODAY,
        source="IFOMPT 2020; ACR 2021 variant 7",
        beyond_article=True,
    ),
    Rule(
        "R12",
        REFER,
        when=night.is_("yes"),
        because=_("Pain that stays all night needs a doctor's check."),
        urgency=IN_THREE_DAYS,
        source="IFOMPT 2020; NHS back pain; the article's 'worsen at rest'",
        article_rows=(9,),
        beyond_article=True,
    ),
    Rule(
        "R13",
        REFER,
        when=shape.is_("yes"),
        because=_("Your back has a new shape or lump."),
        urgency=IN_THREE_DAYS,
        source="NHS back pain; G-care",
        beyond_article=True,
    ),
    Rule(
        "R14",
        REFER,
        when=spine_care.is_("recent"),
        because=_(
            "You had a spine surgery or shot not long ago. That doctor must check you first."
        ),
        urgency=IN_THREE_DAYS,
        source="ACR 2021 variant 5; IFOMPT 2020",
        beyond_article=True,
    ),
    Rule(
        "R15",
        REFER,
        when=urine.is_("yes"),
        because=_("Your pain may come from your kidneys."),
        urgency=TODAY,
        source="The article's 'not caused by systemic disease'; visceral mimics",
        article_rows=(8,),
        beyond_article=True,
    ),
    Rule(
        "R16",
        REFER,
        when=leg_pain.is_("both"),
        because=_("You have pain in both legs. A doctor must check you first."),
        urgency=IN_THREE_DAYS,
        source="NICE CKS sciatica; NHS back pain",
        beyond_article=True,
    ),
    Rule(
        "R17",
        REFER,
        when=RulesFired(2, of=("C01", "C02", "C04", "C05", "C10")),
        because=_("You have more than one warning sign."),
        urgency=IN_THREE_DAYS,
        source="IFOMPT 2020 (flags in combination); Henschke 2013",
        beyond_article=True,
    ),
    Rule(
        "R18",
        REFER,
        when=pregnant.is_("maybe") & pregnant_warning.is_("yes"),
        because=_("You may be pregnant and have warning signs."),
        urgency=TODAY,
        source="Standard obstetric warning signs (early pregnancy)",
        beyond_article=True,
    ),
    Rule(
        "R19",
        REFER,
        when=age.under(10),
        because=_("A young child with back pain needs a doctor's check first."),
        urgency=IN_THREE_DAYS,
        source="Back pain in children: red flag under 10 (G-care; Keating 2024)",
        beyond_article=True,
    ),
)
