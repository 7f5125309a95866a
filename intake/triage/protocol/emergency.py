"""Emergency: 911 or the ER, now."""

from intake.triage.protocol.row import Rule
from intake.triage.questions.health import (
    cancer,
    fever,
    immune,
    iv_drug,
    pregnant,
    pregnant_warning,
    spine_care,
)
from intake.triage.questions.safety import (
    belly,
    bladder_bowel_when,
    bladder_or_bowel_sign,
    chest,
    injured,
    injury_kind,
    injury_when,
    leg_pain,
    nerve_sign,
    neuro_change,
    numb,
    saddle,
    sexual,
    walk,
    weak,
    weak_limb,
)
from intake.triage.questions.spasm import neck_signs
from intake.triage.words import Disposition, Urgency, _

EMERGENCY = Disposition.EMERGENCY
NOW = Urgency.NOW

both_legs = leg_pain.is_("both") | numb.includes_any("both_legs") | weak.includes_any("both_legs")
# CKS: signs that are known and not getting worse are a doctor's visit. Anything else, no answer
# included, is the ER.
changing = ~neuro_change.is_any("same", "better")

RULES = (
    Rule(
        "E01",
        EMERGENCY,
        when=bladder_or_bowel_sign & ~bladder_bowel_when.is_("old_known"),
        because=_(
            "You have new trouble with your bladder or bowels. "
            "Nerves in your back may be in danger."
        ),
        urgency=NOW,
        source="Article row 10; GIRFT 2023",
        article_rows=(10,),
    ),
    Rule(
        "E02",
        EMERGENCY,
        when=saddle.is_("yes"),
        because=_("You have numbness between your legs. Nerves in your back may be in danger."),
        urgency=NOW,
        source="GIRFT 2023; CES patient card (article row 7)",
        article_rows=(7,),
        beyond_article=True,
    ),
    Rule(
        "E03",
        EMERGENCY,
        when=both_legs & changing,
        because=_("You have new or worse signs in both legs."),
        urgency=NOW,
        source="NHS back pain; GIRFT 2023; NICE CKS (article row 7)",
        article_rows=(7,),
        beyond_article=True,
    ),
    Rule(
        "E04",
        EMERGENCY,
        when=walk.is_("yes")
        | (weak_limb & neuro_change.is_("worse"))
        | (weak.includes_any("both_arms") & neuro_change.is_("new")),
        because=_("You are losing strength or it is hard to walk."),
        urgency=NOW,
        source="GIRFT 2023; NHS Lothian foot drop; Hawk 2020 table 9 (article row 7)",
        article_rows=(7,),
        beyond_article=True,
    ),
    Rule(
        "E05",
        EMERGENCY,
        when=sexual.is_("yes"),
        because=_("You have leg signs and a new change in sex function."),
        urgency=NOW,
        source="GIRFT 2023; CES patient card",
        beyond_article=True,
    ),
    Rule(
        "E06",
        EMERGENCY,
        when=chest.is_("yes"),
        because=_("Chest pain, trouble breathing, or feeling faint needs help right now."),
        urgency=NOW,
        source="NHS back pain",
        beyond_article=True,
    ),
    Rule(
        "E07",
        EMERGENCY,
        when=belly.is_("yes"),
        because=_("This may be a problem with a large blood vessel."),
        urgency=NOW,
        source="NHS/nidirect AAA; Hawk 2020 table 9",
        beyond_article=True,
    ),
    Rule(
        "E08",
        EMERGENCY,
        when=injured & injury_kind.is_("serious") & injury_when.is_("last_2_weeks"),
        because=_("You had a serious accident. You may have a broken bone."),
        urgency=NOW,
        source="Article row 6; NHS back pain (serious accident)",
        article_rows=(6,),
        beyond_article=True,
    ),
    Rule(
        "E09",
        EMERGENCY,
        when=fever.is_("yes")
        & (nerve_sign | iv_drug.is_("yes") | immune.is_("yes") | spine_care.is_("recent")),
        because=_("A fever with your other answers may mean an infection in your spine."),
        urgency=NOW,
        source="IDSA 2015; IFOMPT 2020 (article row 8)",
        article_rows=(8,),
        beyond_article=True,
    ),
    Rule(
        "E10",
        EMERGENCY,
        when=cancer.is_("yes") & nerve_sign & changing,
        because=_("You have had cancer and now have new nerve signs."),
        urgency=NOW,
        source="NICE NG234; IFOMPT 2020",
        beyond_article=True,
    ),
    Rule(
        "E11",
        EMERGENCY,
        when=pregnant.is_("yes") & pregnant_warning.is_("yes"),
        because=_("These signs in pregnancy need care right now."),
        urgency=NOW,
        source="Weis 2021; standard obstetric warning signs",
        beyond_article=True,
    ),
    Rule(
        "E12",
        EMERGENCY,
        when=neck_signs.is_("yes"),
        because=_("Neck pain with these signs may be a problem with blood flow to the brain."),
        urgency=NOW,
        source="IFOMPT cervical framework (Rushton 2020)",
        beyond_article=True,
    ),
)
