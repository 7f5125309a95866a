"""Co-manage: a supportive role, beside a doctor."""

from intake.triage.protocol.row import NothingFired, Rule
from intake.triage.questions.health import infection, pregnant, spine_care, thinner, weak_bones
from intake.triage.questions.safety import age
from intake.triage.questions.spasm import (
    care,
    care_result,
    does_not_ease,
    history,
    morning,
    onset,
    upper_back,
    worst,
)
from intake.triage.words import Disposition, Urgency, _

CO_MANAGE = Disposition.CO_MANAGE
SOON = Urgency.SOON

RULES = (
    Rule(
        "C01",
        CO_MANAGE,
        when=(care.is_("over_4w") & care_result.is_any("same", "worse"))
        | (care.is_("under_4w") & care_result.is_("worse")),
        because=_(
            "Your pain is not getting better with care. A doctor should check you. We can help too."
        ),
        urgency=SOON,
        source="Article row 11",
        article_rows=(11,),
    ),
    Rule(
        "C02",
        CO_MANAGE,
        when=worst.under(7) & does_not_ease,
        because=_("Your pain does not change when you move or rest."),
        urgency=SOON,
        source="Article rows 2 and 9; RCEM (non-mechanical pain)",
        article_rows=(9,),
        beyond_article=True,
    ),
    Rule(
        "C03",
        CO_MANAGE,
        when=age.under(18),
        because=_(
            "You are under 18. A parent must agree, and a doctor should know about your pain."
        ),
        urgency=SOON,
        source="NICE NG59 (over 16s); G-care; Keating 2024",
        beyond_article=True,
    ),
    Rule(
        "C04",
        CO_MANAGE,
        when=history.is_("first") & onset.is_("unknown") & (age.at_least(50) | upper_back),
        because=_("This is new pain with no clear cause."),
        urgency=SOON,
        source="G-care (new pain over 50); IFOMPT (thoracic pain)",
        beyond_article=True,
    ),
    Rule(
        "C05",
        CO_MANAGE,
        when=weak_bones,
        because=_("Your bones may be weak. Your care must be gentle."),
        urgency=SOON,
        source="ACR 2021 variant 6; Hawk 2020 table 9",
        beyond_article=True,
    ),
    Rule(
        "C06",
        CO_MANAGE,
        when=thinner.is_("yes"),
        because=_(
            "You may bleed more easily. If you take a blood thinner, keep taking it. "
            "Your care must be gentle."
        ),
        urgency=SOON,
        source="Hawk 2020 table 9; WHO 2005",
        beyond_article=True,
    ),
    Rule(
        "C07",
        CO_MANAGE,
        when=pregnant.is_("yes"),
        because=_(
            "You are pregnant. Your care must be changed, with no X-rays. Please tell your doctor."
        ),
        urgency=SOON,
        source="Weis 2021; ACR-SPR",
        beyond_article=True,
    ),
    Rule(
        "C08",
        CO_MANAGE,
        when=morning.is_("yes"),
        because=_("Your stiff back may be a kind of arthritis."),
        urgency=SOON,
        source="NICE NG65",
        beyond_article=True,
    ),
    Rule(
        "C09",
        CO_MANAGE,
        when=spine_care.is_("old"),
        because=_("You had a spine surgery or shot. We need to read about it first."),
        urgency=SOON,
        source="ACR 2021 variant 5; Hawk 2020 table 9",
        beyond_article=True,
    ),
    Rule(
        "C10",
        CO_MANAGE,
        when=infection.is_("yes"),
        because=_("You had a bad infection not long ago."),
        urgency=SOON,
        source="IFOMPT 2020 (recent infection); IDSA 2015",
        beyond_article=True,
    ),
    Rule(
        "C11",
        CO_MANAGE,
        when=NothingFired(),
        because=_("We need to know more before we book you."),
        urgency=SOON,
        source="No YES row of the article matched: never BOOK by default",
        beyond_article=True,
    ),
)
