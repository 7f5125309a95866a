"""What can stand in the way of a patient's record: sentences for staff."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from intake.exceptions import IntakeProblem

if TYPE_CHECKING:
    from intake.duplicates import Likely


class PerhapsOnRecord(IntakeProblem):
    """`likely`: who may be the same person."""

    message = _("Somebody like this is on record already.")

    def __init__(self, likely: "Sequence[Likely]") -> None:
        super().__init__()
        self.likely = list(likely)


class ContactChanged(IntakeProblem):
    message = _(
        "Somebody else has changed these details since you opened the page. Nothing was kept. Look"
        " at what is on record now, and send yours again if they are right."
    )


class SignsInWithAnother(IntakeProblem):
    """`address`: the one that they sign in with."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.message = _(
            "They sign in with %(address)s, so that is where mail to them goes. For another"
            " address, an administrator changes it under Users first."
        ) % {"address": address}


class BirthDateAnswered(IntakeProblem):
    message = _(
        "Their health questions were answered for that date of birth. If it is wrong, they answer"
        " again as a new patient, and an administrator merges the two records."
    )


class RecordMerged(IntakeProblem):
    message = _("This record was merged into another of the same person. Change that one.")


class MergedAlready(IntakeProblem):
    message = _(
        "One of the two is merged already. Keep the record that others lead to, or take it apart"
        " first."
    )


class NotMerged(IntakeProblem):
    message = _("This record is not merged any more. Look at it again.")


class KeepWhoSignsIn(IntakeProblem):
    message = _("Keep the record with the sign-in: its owner would not find it any more.")


class TwoSignIns(IntakeProblem):
    message = _(
        "Both records have a sign-in of their own, and neither may see the other's. First they move"
        " one to the other's address themselves: My visits, “a sign-in of their own”."
    )


class VisitsInTheWay(IntakeProblem):
    """`visits`: which, in words."""

    def __init__(self, visits: Sequence[str]) -> None:
        super().__init__(visits)
        self.visits = list(visits)
        self.message = _(
            "These visits stand in the way. Move or cancel them first, then try again: %(visits)s."
        ) % {"visits": "; ".join(visits)}


class MergeRefused(IntakeProblem):
    """The database refused; `why` is its sentence."""

    def __init__(self, why: str | Promise) -> None:
        super().__init__(why)
        self.message = why
