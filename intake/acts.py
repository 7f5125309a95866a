"""What the audit trail calls the acts of the intake: see `clinic.trail`."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic import trail
from intake.models import Disposition, ReviewDecision

trail.ACTS.update(
    {
        "form begun": _("Form begun"),
        "short form begun": _("Short form begun"),
        "questions begun at the desk": _("Questions begun at the desk"),
        "call begun": _("Form begun for a caller"),
        "caller verified": _("Caller asked who they are"),
        "call handed over": _("Form handed over to the caller"),
        "draft kept for later": _("Unfinished answers kept for later"),
        "draft taken up": _("Unfinished answers taken up again"),
        "intake submitted": _("Answers sent"),
        "identity proved": _("Identity proved"),
        "contact left": _("Phone number left"),
        "mistake reported": _("Called a mistaken tap"),
        "overdue told": _("Chiropractors mailed: overdue"),
        "times wished": _("Times wished for"),
        "answers set apart": _("Answers put into a case of their own"),
        "clearance issued": _("Clearance issued"),
        "clearance extended": _("Clearance extended"),
        "clearance revoked": _("Clearance taken back"),
        "result read": _("Result read"),
        "summary read": _("Summary for the doctor read"),
        "exercises given": _("Home exercises given"),
        "exercises ended": _("Home exercises ended"),
        "exercises read": _("Home exercises read"),
        "pain noted": _("Pain at a visit noted"),
        "patient added": _("Patient put on record"),
        "contact changed": _("Contact details changed"),
        "records merged": _("Records merged"),
        "records apart": _("Records taken apart"),
        "answers replayed": _("Answers run through another protocol"),
        "protocol signed": _("Protocol signed"),
        "referral opened": _("Referral opened"),
        "referral letter saved": _("Referral letter saved"),
        "referral letter sent": _("Referral letter given or sent"),
        "referral letter read": _("Referral letter read"),
        "referral overdue": _("Referral overdue: back to the review"),
        "doctor seen": _("Seen by the doctor"),
        "report received": _("Doctor’s report received"),
        "report read": _("Doctor’s report read"),
        "own account offered": _("Own sign-in offered"),
        "record taken over": _("Record taken over"),
        **{
            f"review: {kind.value}": format_lazy("{}: {}", _("Review"), kind.label)
            for kind in ReviewDecision.Kind
        },
    }
)
trail.FACTS["disposition"] = {each.value: each.label for each in Disposition}
