"""The clinic's published table: eleven situations, and who should see them first.

The words are here; who comes first is what the rules that cite a row lead to, so that the page
and the decisions cannot drift apart.
"""

from dataclasses import dataclass
from enum import Enum, auto

from intake.triage.protocol import PROTOCOL
from intake.triage.words import Disposition, _


class First(Enum):
    """Who should see somebody first. BOTH: a doctor, with the chiropractor in a supporting role."""

    CHIROPRACTOR = auto()
    DOCTOR = auto()
    BOTH = auto()


@dataclass(frozen=True)
class Row:
    """One row of the table, by the number the rules cite; the situation is told to a patient."""

    number: int
    situation: str

    @property
    def first(self) -> First:
        """By the most severe outcome of the rules that cite this row."""
        worst = max(
            (rule.disposition for rule in PROTOCOL.rules if self.number in rule.article_rows),
            key=lambda disposition: disposition.severity,
        )
        return _FIRST[worst]


_FIRST = {
    Disposition.BOOK: First.CHIROPRACTOR,
    Disposition.CO_MANAGE: First.BOTH,
    Disposition.REFER: First.DOCTOR,
    Disposition.EMERGENCY: First.DOCTOR,
}

ROWS = (
    Row(1, _("It comes from how you sit, stand, or move.")),
    Row(2, _("It gets worse when you move, and eases when you rest or change position.")),
    Row(3, _("It keeps coming back, with no injury.")),
    Row(4, _("Your back is stiff, or does not move well.")),
    Row(5, _("It began after you lifted, bent, or did the same move a lot.")),
    Row(6, _("It began all at once, after a fall, a crash, or a blow.")),
    Row(7, _("You feel numb or weak, or cannot feel a part of your body.")),
    Row(8, _("You have a fever, lose weight and do not know why, or feel sick all over.")),
    Row(9, _("The pain is very bad and moving or resting does not change it.")),
    Row(10, _("You cannot hold your pee or poop.")),
    Row(11, _("It does not go away, and the care you tried did not help.")),
)
