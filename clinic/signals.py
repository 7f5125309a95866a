"""What runs back from the ground floor, inside the transaction that sends it."""

from django.dispatch import Signal

# Arguments: user, old (the address before), by, now. An account has another address to sign in
# with: whoever keeps the old one as theirs keeps the new one instead.
address_changed = Signal()
