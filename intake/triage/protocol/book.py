"""Book: a chiropractic first step, when nothing else fired."""

from intake.triage.protocol.row import Rule
from intake.triage.questions.safety import injury
from intake.triage.questions.spasm import history, onset, pattern, stiff
from intake.triage.words import Disposition, Urgency, _

BOOK = Disposition.BOOK
BOOK_NOW = Urgency.BOOK_NOW

RULES = (
    Rule(
        "B01",
        BOOK,
        when=onset.is_("posture"),
        because=_("Your spasm fits with how you sit or stand."),
        urgency=BOOK_NOW,
        source="Article row 1",
        article_rows=(1,),
    ),
    Rule(
        "B02",
        BOOK,
        when=pattern.is_("mech"),
        because=_("Your spasm gets worse with some moves and eases with rest."),
        urgency=BOOK_NOW,
        source="Article row 2",
        article_rows=(2,),
    ),
    Rule(
        "B03",
        BOOK,
        when=history.is_("again") & injury.is_any("no", "healed"),
        because=_("Your spasm comes back, with no injury."),
        urgency=BOOK_NOW,
        source="Article row 3",
        article_rows=(3,),
    ),
    Rule(
        "B04",
        BOOK,
        when=stiff.is_("yes"),
        because=_("Your back is stiff."),
        urgency=BOOK_NOW,
        source="Article row 4",
        article_rows=(4,),
    ),
    Rule(
        "B05",
        BOOK,
        when=onset.is_("strain"),
        because=_("Your spasm began after you lifted, bent, or did the same move a lot."),
        urgency=BOOK_NOW,
        source="Article row 5",
        article_rows=(5,),
    ),
)
