"""What runs back from intake to the calendar, inside the transaction that sends it."""

from django.dispatch import Signal

# Arguments: clearance_id, patient_id, emergency (bool), by, now, because. The sender holds the
# patient's row and the clearance's, so that no booking can slip past.
clearance_revoked = Signal()
