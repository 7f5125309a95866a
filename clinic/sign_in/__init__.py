"""Sign-in: patients by an emailed code, staff by password and second factor, nobody else.

django-allauth does the work; what it would allow too much is closed here:

- `adapter`: the last door. Nobody is signed in except as described above, whichever way they came.
- `stages`: staff pass the second factor between the password and that door.
- `codes`: patients, asking for a code and checking it.
- `staff`: the password, the second factor, and enrolling one.
- `session`: what a session remembers of how and when it was signed in.
"""

from clinic.sign_in.codes import (
    Outcome,
    begin_code,
    begin_code_for_known,
    check_code,
    forget_code,
    pending_email,
    resend_code,
)

__all__ = [
    "Outcome",
    "begin_code",
    "begin_code_for_known",
    "check_code",
    "forget_code",
    "pending_email",
    "resend_code",
]
