"""What the audit trail calls the acts of the calendar: see `clinic.trail`."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic import trail
from scheduling import services
from scheduling.models import WaitlistOffer
from scheduling.slots import State

trail.ACTS.update(
    {
        "closed": _("Closed for a time"),
        "closure changed": _("Closure changed"),
        "closing told": _("Patients of a closed time told"),
        "told of closing": _("Told that the clinic is closed then"),
        "call: reached": _("Called: reached"),
        "call: left word": _("Called: left word"),
        "call: not reached": _("Called: given up"),
        "call: withdrawn": _("Call no longer needed"),
        "call: no answer": _("Called: no answer"),
        "call: taken back": _("Note about a call taken back"),
        "clinician changed": _("Clinician changed"),
        "opened again": _("Closure taken back"),
        "series booked": _("Series booked"),
        "visit moved": _("Visit moved"),
        "visit length changed": _("Visit made longer or shorter"),
        "policy set aside": _("Policy set aside, with a reason"),
        "visit rests on a newer clearance": _("Visit kept under a newer clearance"),
        "waitlist joined": _("Put on the waitlist"),
        "waitlist changed": _("Waitlist: other times wished for"),
        "waitlist left": _("Taken off the waitlist"),
        "waitlist left by mistake": _("Put back on the waitlist"),
        "time offered": _("Free time offered from the waitlist"),
        **{
            f"offer {outcome.value.lower()}": format_lazy("{}: {}", _("Offer"), outcome.label)
            for outcome in WaitlistOffer.Outcome
        },
        services.CALL_THE_PATIENT: _("To do: call the patient"),
        **{
            f"visit {state.value}": format_lazy("{}: {}", _("Visit"), _(state.label))
            for state in State
        },
    }
)
