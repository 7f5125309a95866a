"""Who is of age."""

from datetime import date

from intake import triage

ADULT = 18


def is_adult(born: date, on: date) -> bool:
    return born <= on and triage.age_on(born, on) >= ADULT
