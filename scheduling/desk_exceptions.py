"""What the desk alone is refused, each with a sentence."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from scheduling.exceptions import SchedulingProblem


class NeedsReason(SchedulingProblem):
    """The desk may do it all the same, and says why: `policies` are what it goes against."""

    def __init__(self, policies: Sequence[str]) -> None:
        super().__init__(policies)
        self.policies = tuple(policies)
        self.message = " ".join([*self.policies, str(_("Say why, and it is done."))])


class RoomPartCut(SchedulingProblem):
    message = _("So short a visit has no time left for its part in the room.")


class TooLateToUndo(SchedulingProblem):
    message = _("That can no longer be undone here. Nothing was changed.")


class ChangedSince(SchedulingProblem):
    """Somebody else has been at it: taking back what came before would take back theirs."""

    message = _("Somebody has changed this since. Nothing was undone. This is how it is now.")


class PatientsTold(SchedulingProblem):
    message = _(
        "The patients have been told, so this cannot be taken back here. Whoever has not moved"
        " still has their time: call them first. Then an administrator can open it again."
    )
