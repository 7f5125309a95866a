"""What runs back from intake to the calendar, inside the transaction that sends it."""

from django.dispatch import Signal

# Arguments: clearance_id, patient_id, emergency (bool), by, now, because. The sender holds the
# patient's row and the clearance's, so that no booking can slip past.
clearance_revoked = Signal()

# Arguments: clearance_id, patient_id, by, now. Sent when a decision, not the answers alone, lets a
# patient book, and before the older clearances whose place it takes are revoked.
clearance_decided = Signal()

# Arguments: start, length. The calendar answers when that much open clinic time will have passed,
# or None when it sees no hours ahead. Asked while a case is opened: what is promised to a patient
# counts the hours in which somebody is there.
open_time_asked = Signal()

# No arguments. The calendar answers with the kinds of visit it offers: triples of a code, a name,
# and whether it needs leave for an X-ray. Asked when a decision says which visits it allows.
visit_types_asked = Signal()

# Arguments: patient_id. The calendar answers with the patient's visits in words, the next first:
# triples of when, what for, and how it stands. Asked when their case is read.
visits_asked = Signal()

# Arguments: on (a date). The calendar answers with the mornings and afternoons of the week in which
# somebody is there: pairs of a weekday (Monday is 0) and "am" or "pm". Asked so that nobody wishes
# for a time when the clinic is closed.
open_half_days_asked = Signal()

# Arguments: patient_id, why (a word of the calendar's list of calls: held, cleared, referred,
# asked, read), by, now. Sent in place of an email to a patient who has no address: the desk calls.
call_wanted = Signal()

# Arguments: patient_id, kept_id, by, now. Two records are about to be one person's: the calendar
# gives back the times the first is only choosing, and answers with the visits of both that are at
# the same time, in words. Any of them refuses the merge.
records_merged = Signal()

# Arguments: patient_id, kept_id. A merged record is about to be its own patient's again: the
# calendar answers with the visits of either that rest on the other's clearance, in words.
records_apart = Signal()
