"""Section B: the rest of the patient's health."""

from intake.triage.questions.question import Kind, Option, Question, Section
from intake.triage.questions.safety import age
from intake.triage.questions.shared import NO, NOT_SURE, PREFER_NOT, YES
from intake.triage.words import Disposition, _

fever = Question(
    "fever",
    Section.HEALTH,
    Kind.CHOICE,
    _("Since your back pain began, have you had a fever?"),
    help=_("A fever is 100.4°F (38°C) or more."),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="Article row 8; IDSA 2015",
)

unwell = Question(
    "unwell",
    Section.HEALTH,
    Kind.CHOICE,
    _("Do you feel very ill, or have chills or night sweats?"),
    help=_("Hot flashes your doctor knows about do not count."),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="Article row 8 (systemic symptoms); IFOMPT framework (Finucane 2020)",
)

weight = Question(
    "weight",
    Section.HEALTH,
    Kind.CHOICE,
    _("In the last 6 months, have you lost weight without trying?"),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="Article row 8; IFOMPT framework (Finucane 2020)",
)

cancer = Question(
    "cancer",
    Section.HEALTH,
    Kind.CHOICE,
    _("Have you ever had cancer?"),
    options=(
        NO,
        Option(
            "skin_only", _("Only a small skin cancer (basal or squamous cell) that was removed")
        ),
        YES,
        NOT_SURE,
    ),
    safe=("no", "skin_only"),
    uncertain_as=Disposition.CO_MANAGE,
    source="IFOMPT framework (Finucane 2020); Downie 2013; NICE NG234",
)

steroid = Question(
    "steroid",
    Section.HEALTH,
    Kind.CHOICE,
    _("In the past year, did you take steroid pills, like prednisone, for 3 months or more?"),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="IFOMPT framework (Finucane 2020); Downie 2013; ACR 2021 variant 6",
)

bone = Question(
    "bone",
    Section.HEALTH,
    Kind.CHOICE,
    _(
        "Has a doctor said you have weak bones (osteoporosis)? "
        "Or, as a grown-up, did you break a bone from a small fall?"
    ),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="IFOMPT framework (Finucane 2020); ACR 2021 variant 6",
)

weak_bones = steroid.is_("yes") | bone.is_("yes")

immune = Question(
    "immune",
    Section.HEALTH,
    Kind.CHOICE,
    _(
        "Is your immune system weak? "
        "Some causes are HIV, chemo, a transplant, or some strong drugs."
    ),
    options=(YES, NO, NOT_SURE, PREFER_NOT),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="IFOMPT framework (Finucane 2020); ACR 2021 variant 7",
)

iv_drug = Question(
    "iv_drug",
    Section.HEALTH,
    Kind.CHOICE,
    _("In the past year, have you used a needle to take drugs that no doctor gave you?"),
    help=_("We ask to keep you safe. We will not judge you."),
    options=(YES, NO, PREFER_NOT),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="IFOMPT framework (Finucane 2020); IDSA 2015",
)

infection = Question(
    "infection",
    Section.HEALTH,
    Kind.CHOICE,
    _(
        "In the last 6 weeks, did you have a bad infection, "
        "like in your blood, heart, skin, or kidneys?"
    ),
    help=_("A cold does not count."),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="IFOMPT framework (Finucane 2020) (recent infection); G-care",
)

spine_care = Question(
    "spine_care",
    Section.HEALTH,
    Kind.CHOICE,
    _("Have you had back surgery or a shot in your spine?"),
    help=_("Do not count a birth epidural more than 3 months ago."),
    options=(
        NO,
        Option("old", _("Yes, more than 3 months ago")),
        Option("recent", _("Yes, in the last 3 months")),
        NOT_SURE,
    ),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="ACR 2021 variant 5; IFOMPT framework (Finucane 2020)",
)

thinner = Question(
    "thinner",
    Section.HEALTH,
    Kind.CHOICE,
    _("Do you take a blood thinner, or have a bleeding disease?"),
    help=_(
        "Some names are Eliquis, Xarelto, Plavix, and warfarin. Low-dose aspirin alone is a No."
    ),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="Hawk 2020 table 9; WHO 2005",
)

pregnant = Question(
    "pregnant",
    Section.HEALTH,
    Kind.CHOICE,
    _("Could you be pregnant now?"),
    help=_("We ask because X-rays may harm a baby."),
    options=(
        NO,
        Option("maybe", _("Maybe")),
        YES,
        Option("na", _("This does not apply to me")),
        PREFER_NOT,
    ),
    safe=("no", "maybe", "na", "prefer_not"),
    show_when=age.at_least(10) & age.under(56),
    source="ACR-SPR imaging in pregnancy; Weis 2021",
)

pregnant_warning = Question(
    "pregnant_warning",
    Section.HEALTH,
    Kind.CHOICE,
    _("Are you bleeding, leaking fluid, or having belly pain that comes and goes?"),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.REFER,
    show_when=pregnant.is_any("yes", "maybe"),
    source="Weis 2021 (pregnancy best practices)",
)

urine = Question(
    "urine",
    Section.HEALTH,
    Kind.CHOICE,
    _("Does it burn when you pee, is there blood in your pee, or could you have a kidney stone?"),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="The article's 'systemic disease'; visceral mimics",
)

shape = Question(
    "shape",
    Section.HEALTH,
    Kind.CHOICE,
    _("Has your back changed shape, or do you have a new lump?"),
    help=_("Leaning from a spasm does not count."),
    options=(YES, NO, NOT_SURE),
    safe=("no",),
    uncertain_as=Disposition.CO_MANAGE,
    source="NHS back pain; G-care",
)

QUESTIONS = (
    fever,
    unwell,
    weight,
    cancer,
    steroid,
    bone,
    immune,
    iv_drug,
    infection,
    spine_care,
    thinner,
    pregnant,
    pregnant_warning,
    urine,
    shape,
)
