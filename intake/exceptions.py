"""What can stand in the way of an intake or a review, each with a sentence for the person."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from intake.models import IntakeDraft


class IntakeProblem(Exception):
    """A refusal a person can read."""

    message: str | Promise = _("That did not work. Please try again.")

    def __str__(self) -> str:
        return str(self.message)


class DraftEnded(IntakeProblem):
    message = _("These answers were already sent. Start again if something has changed.")


class AnswersChanged(IntakeProblem):
    """The page was made from an older version. `keys`: what would overwrite something newer."""

    message = _("Your answers were changed on another page after this one was opened.")

    def __init__(self, newer: "IntakeDraft", keys: Collection[str] = ()) -> None:
        super().__init__()
        self.newer = newer
        self.keys = tuple(keys)


class GuardianNeeded(IntakeProblem):
    message = _("You are under 18. A parent or legal guardian must fill this in with you.")


class CaseAlreadyDecided(IntakeProblem):
    message = _("Somebody has just decided this case. Look at it again before you go on.")


class EmergencyStands(IntakeProblem):
    message = _(
        "An emergency is never cleared. Record first that it is resolved; then new answers decide."
    )


class NoEmergency(IntakeProblem):
    message = _("There is no emergency to resolve in this case.")


class PatientUnknown(IntakeProblem):
    message = _(
        "Nobody has proved who this is yet. Call them; they can be cleared once their record is"
        " known."
    )


class AnswersOfAnother(IntakeProblem):
    message = _(
        "The newest answers here are not proved to be this patient's. Call them. If they are"
        " another person's, set them aside; if they are this patient's, ask them to answer again"
        " with the email shown above."
    )


class AnswersOfAnotherPatient(IntakeProblem):
    message = _(
        "Another patient's answers are in this case too. Set them aside first: they become a case"
        " of their own, and are decided there."
    )


class AnswersOfThisPatient(IntakeProblem):
    message = _("These answers are proved to be this patient's. They are decided here.")


class ReasonNeeded(IntakeProblem):
    message = _("Write down why. The reason stays with the decision.")


class NothingChosen(IntakeProblem):
    message = _("Choose at least one exercise.")


class SheetChanged(IntakeProblem):
    message = _("Somebody has just given other exercises. Look at them, then choose again.")


class HeldFirst(IntakeProblem):
    message = _("This patient has an open case. Decide that one first.")


class ClearanceOver(IntakeProblem):
    message = _("This leave to book has already ended. Look at the page again.")


class DecideOnCase(IntakeProblem):
    message = _("A decision on their case gave this leave to book. Change it on the case.")


class NotThatLong(IntakeProblem):
    message = _("Choose a later day, within a year of their answers.")


class XrayOnHold(IntakeProblem):
    message = _(
        "No X-ray on these answers: they could be pregnant, or it is not known. Clear without one,"
        " or ask them to answer again."
    )


class VisitTypeUnknown(IntakeProblem):
    message = _("One of these kinds of visit is not offered any more. Choose again.")


class XrayVisitNotAllowed(IntakeProblem):
    message = _(
        "You chose a visit with an X-ray. Tick “An X-ray is allowed” too, or leave that visit out."
    )


class XrayVisitMissing(IntakeProblem):
    message = _(
        "You allow an X-ray, and chose visits without one. Choose one with an X-ray too, or choose"
        " none: then any visit can be booked."
    )


class UntilNotAhead(IntakeProblem):
    message = _("Choose a last day from today on, within a year.")


class QuestionNeeded(IntakeProblem):
    message = _("Choose what to ask, or write a question of your own.")


class QuestionUnknown(IntakeProblem):
    message = _("One of these questions cannot be asked about this case. Choose again.")


class NobodyToAsk(IntakeProblem):
    message = _("They have no sign-in, so they cannot answer on their own page. Call them.")


class NotAskedAnyMore(IntakeProblem):
    """Somebody decided, or other answers came, before these were sent."""

    message = _("Dr. Solomon does not need these answers any more. See what comes next.")


class AnotherCaseOpen(IntakeProblem):
    message = _("This patient has another open case. Decide that one first.")


class BirthDateMissing(IntakeProblem):
    message = _("Give your date of birth first.")


class AnswersTooOld(IntakeProblem):
    """They clear nobody any more."""

    message = _("Your answers are too old to book with. Please answer the questions again.")


class AnswersBeforeEmergency(AnswersTooOld):
    message = _(
        "After these answers you told us about an emergency. Please answer the questions again."
    )


class SomebodyLooksFirst(IntakeProblem):
    message = _("Dr. Solomon is still looking at earlier answers. You will hear from us first.")


class StillToAsk(IntakeProblem):
    """Sent from the desk before all was asked: a gap is no answer."""

    message = _("Not all questions were asked yet.")


class CallOver(IntakeProblem):
    """A caller's form that is not, or not any more, theirs to type: the page says why."""


class StaffAddress(IntakeProblem):
    """Somebody who works here signs in by password, and goes on with nobody's form."""


class NotTheirAccount(IntakeProblem):
    """A short form is sent by the account that it was begun in."""

    message = _("Please sign in again, and then answer the questions once more.")


class OfAge(IntakeProblem):
    """Asked of somebody who is not."""

    message = _("Only somebody who is 18 or older can have their own sign-in.")


class HandoverOver(IntakeProblem):
    message = _("This link no longer works. Ask for a new one under “My visits”, or call us.")


class NotTheDateOfBirth(IntakeProblem):
    message = _("That is not the date of birth we have. Check it, or call us.")


class ReferralOver(IntakeProblem):
    """A decision was made since: nothing is added to it any more."""

    message = _("Dr. Solomon has decided since. See your result for what comes next.")


class LetterNewer(IntakeProblem):
    """Somebody saved another version meanwhile."""

    message = _("Somebody saved this letter meanwhile. Read the newest version, then save again.")


class LetterNeedsReceiver(IntakeProblem):
    message = _("Say who the letter is for, and save it, before it goes out.")


class LetterNotPrintable(IntakeProblem):
    message = _("The letter has letters or signs that cannot be printed. Change them, and save.")


class ReportProblem(IntakeProblem):
    """A file that is not taken."""


class ReportEmpty(ReportProblem):
    message = _("This file is empty. Choose the report again.")


class ReportTooLarge(ReportProblem):
    message = _("This file is too big. It can have up to 10 MB. Try a photo of each page.")


class ReportOfWrongKind(ReportProblem):
    message = _("We can read a PDF, or a photo in JPEG or PNG. This file is none of these.")


class ReportNameRefused(ReportProblem):
    message = _("We cannot use the name of this file. Give it a short, plain name and try again.")


class TooManyReports(ReportProblem):
    message = _("We have many files from you already. Please call us if there is more.")
