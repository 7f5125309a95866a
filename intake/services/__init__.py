"""Every write of the intake: one function, one transaction, the audit inside."""

from intake.services.alarm import tell_of_overdue
from intake.services.asking import ANSWERED, ASKED, answer, askable, is_open, own_answer, to_answer
from intake.services.clearances import revoke
from intake.services.desk import (
    begin_at_desk,
    being_typed,
    send_from_desk,
    tell_at_desk,
    tell_the_rest,
    walk_at_desk,
)
from intake.services.drafts import (
    ALSO_HURTS,
    TYPED,
    answers_on,
    forget_left_drafts,
    keep_about,
    keep_answers,
    keep_for_later,
    keep_typed,
    kept_until,
    leave_contact,
    report_mistake,
    start_draft,
    take_up,
)
from intake.services.exercises import doses, give_exercises
from intake.services.extensions import end_clearance, extend_clearance
from intake.services.families import offer_own_account, offered_to, take_over
from intake.services.merging import merge_records, take_apart
from intake.services.pain import note_pain
from intake.services.people import Contact, add_patient, change_contact
from intake.services.phone import (
    Caller,
    begin_call,
    begin_call_of,
    calls_open,
    hand_over,
    hear,
    hear_typed,
    may_hand_over,
    perhaps_known,
    put_call_right,
    send_call,
    walk_of_call,
)
from intake.services.referrals import (
    bring_back_overdue,
    doctor_seen,
    letter_went_out,
    receive_report,
    save_letter,
)
from intake.services.renewal import begin_next_form, still_to_confirm
from intake.services.review import decide, set_aside, standing
from intake.services.signing import sign_protocol
from intake.services.submission import attach, judge_left_drafts, record_emergency, submit
from intake.services.wishes import wish_times

__all__ = [
    "ALSO_HURTS",
    "ANSWERED",
    "ASKED",
    "TYPED",
    "Caller",
    "Contact",
    "add_patient",
    "answer",
    "answers_on",
    "askable",
    "attach",
    "begin_at_desk",
    "begin_call",
    "begin_call_of",
    "begin_next_form",
    "being_typed",
    "bring_back_overdue",
    "calls_open",
    "change_contact",
    "decide",
    "doctor_seen",
    "doses",
    "end_clearance",
    "extend_clearance",
    "forget_left_drafts",
    "give_exercises",
    "hand_over",
    "hear",
    "hear_typed",
    "is_open",
    "judge_left_drafts",
    "keep_about",
    "keep_answers",
    "keep_for_later",
    "keep_typed",
    "kept_until",
    "leave_contact",
    "letter_went_out",
    "may_hand_over",
    "merge_records",
    "note_pain",
    "offer_own_account",
    "offered_to",
    "own_answer",
    "perhaps_known",
    "put_call_right",
    "receive_report",
    "record_emergency",
    "report_mistake",
    "revoke",
    "save_letter",
    "send_call",
    "send_from_desk",
    "set_aside",
    "sign_protocol",
    "standing",
    "start_draft",
    "still_to_confirm",
    "submit",
    "take_apart",
    "take_over",
    "take_up",
    "tell_at_desk",
    "tell_of_overdue",
    "tell_the_rest",
    "to_answer",
    "walk_at_desk",
    "walk_of_call",
    "wish_times",
]
