"""What can stand in the way of a patient's record: sentences for staff."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
