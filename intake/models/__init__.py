"""The patient, their answers, the decision, the review.

What was submitted or decided is only ever added to: the database refuses a change, whoever
asks (`intake/migrations/0002_guards.py`).
"""

from intake.models.cases import Case, WishedTimes
from intake.models.decisions import Clearance, ReviewDecision
from intake.models.exercises import ExercisePlan, Prescription
from intake.models.extensions import ClearanceDecision
from intake.models.intakes import ContactLeft, Finding, Intake, IntakeDraft
from intake.models.outcomes import Disposition
from intake.models.pain import PainScore
from intake.models.people import GuardianConsent, Handover, Patient, PatientMerge
from intake.models.referrals import Receiver, Referral, ReferralLetter, ReferralStep, Report
from intake.models.signatures import ProtocolSignature

__all__ = [
    "Case",
    "Clearance",
    "ClearanceDecision",
    "ContactLeft",
    "Disposition",
    "ExercisePlan",
    "Finding",
    "GuardianConsent",
    "Handover",
    "Intake",
    "IntakeDraft",
    "PainScore",
    "Patient",
    "PatientMerge",
    "Prescription",
    "ProtocolSignature",
    "Receiver",
    "Referral",
    "ReferralLetter",
    "ReferralStep",
    "Report",
    "ReviewDecision",
    "WishedTimes",
]
