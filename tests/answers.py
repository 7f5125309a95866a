"""Finished forms, as a patient's draft keeps them: without the age, which the birth date gives."""

from datetime import date

from tests.unit.intake.triage.forms import DESK, Form

BORN = date(1988, 3, 9)

BOOK: Form = {question: answer for question, answer in DESK.items() if question != "age"}
REFER = {**BOOK, "fever": "yes"}
CO_MANAGE = {**BOOK, "thinner": "yes"}
EMERGENCY = {**BOOK, "saddle": "yes"}
MINOR = {**BOOK, "guardian": "yes"}
XRAY_HOLD = {**REFER, "pregnant": "maybe", "pregnant_warning": "no"}
