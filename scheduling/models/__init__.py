"""The calendar's rows: who and where, when the clinic is open, and the visits.

The database itself refuses an overlap and a visit past the gate
(`scheduling/migrations/0002_guards.py`).
"""

from scheduling.models.calls import Call
from scheduling.models.hours import Closure, ExtraHours, OpeningHours
from scheduling.models.places import Clinician, Room, VisitType
from scheduling.models.rebookings import Rebooking
from scheduling.models.visits import Appointment, StatusChange
from scheduling.models.waitlist import WaitlistEntry, WaitlistOffer

__all__ = [
    "Appointment",
    "Call",
    "Clinician",
    "Closure",
    "ExtraHours",
    "OpeningHours",
    "Rebooking",
    "Room",
    "StatusChange",
    "VisitType",
    "WaitlistEntry",
    "WaitlistOffer",
]
