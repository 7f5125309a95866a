"""Finished forms, as a patient's draft keeps them: without the age, which the birth date gives."""

from datetime import date

BORN = date(1988, 3, 9)

BOOK: dict[str, object] = {
    "bladder_bowel": ["none"],
    "saddle": "no",
    "leg_pain": "no",
    "numb": ["none"],
    "weak": ["none"],
    "walk": "no",
    "chest": "no",
    "belly": "no",
    "injury": "no",
    "fever": "no",
    "unwell": "no",
    "weight": "no",
    "cancer": "no",
    "steroid": "no",
    "bone": "no",
    "immune": "no",
    "iv_drug": "no",
    "infection": "no",
    "spine_care": "no",
    "thinner": "no",
    "pregnant": "na",
    "urine": "no",
    "shape": "no",
    "area": "lower",
    "onset": "posture",
    "start": "slow",
    "history": "first",
    "duration": "under_4w",
    "worst": 5,
    "pattern": "mech",
    "stiff": "yes",
    "night": "no",
    "care": "none",
    "seen_doctor": "no",
}
REFER = {**BOOK, "fever": "yes"}
CO_MANAGE = {**BOOK, "thinner": "yes"}
EMERGENCY = {**BOOK, "saddle": "yes"}
MINOR = {**BOOK, "guardian": "yes"}
XRAY_HOLD = {**REFER, "pregnant": "maybe", "pregnant_warning": "no"}
