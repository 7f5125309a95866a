"""Every write of the intake: one function, one transaction, the audit inside."""

from intake.services.clearances import revoke
from intake.services.drafts import (
    answers_on,
    keep_about,
    keep_answers,
    leave_contact,
    report_mistake,
    start_draft,
)
from intake.services.review import decide, set_aside
from intake.services.submission import attach, judge_left_drafts, record_emergency, submit

__all__ = [
    "answers_on",
    "attach",
    "decide",
    "judge_left_drafts",
    "keep_about",
from intake.services.wishes import wish_times
    "keep_answers",
    "leave_contact",
    "record_emergency",
    "report_mistake",
    "revoke",
    "set_aside",
    "start_draft",
    "submit",
]
    "take_over",
    "take_up",
    "wish_times",
