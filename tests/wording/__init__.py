"""What patients read, and its tests: everything is theirs unless it is named here as the staff's.

A page, template or module that is added later is therefore looked at until somebody says
otherwise.
"""

from fnmatch import fnmatch

STAFF_ROUTES = (
    "admin:*",
    "review:*",
    "desk:*",
    "patients:*",
    "calls:*",
    "protocol:*",
    "questions:*",
    "clinic:start",
    "clinic:staff_sign_in",
    "clinic:second_factor",
    "clinic:enrol",
    "clinic:*message*",
    "clinic:demo_*",
    # For programs.
    "scheduling:openings",
    # These answer without words.
    "healthz",
    "set_language",
)
STAFF_TEMPLATES = (
    "admin/*",
    "clinic/staff_*",
    "clinic/_staff_*",
    "clinic/second_factor.html",
    "clinic/enrol.html",
    "clinic/recovery_codes.html",
    "clinic/unsent_messages.html",
    # The demo's own page, for whoever tries the demo.
    "clinic/demo_messages.html",
    "clinic/_demo_*",
    "intake/review_*",
    "intake/_review_*",
    "intake/protocol*",
    "intake/_protocol*",
    "intake/desk_*",
    "intake/_desk_*",
    "scheduling/staff_*",
    "scheduling/_staff_*",
    "emails/staff_*",
    "emails/attention.*",
)
STAFF_MODULES = (
    "*/admin.py",
    "clinic/admin_*.py",
    "*/apps.py",
    "*/migrations/*",
    "*/management/*",
    # Names of fields, states and tables, which only the admin site and the review show.
    "*/models.py",
    "*/models/*.py",
    # Names of the places a change came from.
    "clinic/audit.py",
    # What an administrator reads when the database refuses a row.
    "clinic/refusals.py",
    # What the audit trail calls what was done.
    "clinic/trail.py",
    "*/acts.py",
    "clinic/local_postgres.py",
    "clinic/processes.py",
    "clinic/sign_in/staff.py",
    "clinic/views/staff_*.py",
    "clinic/views/unsent_messages.py",
    "clinic/views/demo_messages.py",
    "intake/case_file.py",
    "intake/duplicates.py",
    "intake/patient_file.py",
    "intake/record_exceptions.py",
    "intake/forms/people.py",
    "intake/views/people.py",
    "intake/views/merging.py",
    "intake/forms/merging.py",
    "intake/review_list.py",
    "intake/forms/caller.py",
    "intake/forms/exercises.py",
    "intake/forms/extensions.py",
    "intake/forms/pain.py",
    "intake/forms/rest.py",
    "intake/forms/review.py",
    "intake/told_at_desk.py",
    "intake/words_to_say.py",
    "intake/views/desk.py",
    # The letter is in English, for a doctor in Virginia.
    "intake/letter.py",
    "intake/referral_file.py",
    "intake/forms/letter.py",
    "intake/services/review.py",
    "intake/views/review.py",
    "intake/views/staff_*.py",
    "intake/views/review_referral.py",
    # The protocol as its signing doctor reads it.
    "intake/protocol_page.py",
    "intake/signed.py",
    "intake/checks.py",
    "intake/forms/signing.py",
    "intake/services/signing.py",
    "intake/views/protocol.py",
    "intake/triage/plain.py",
    "intake/triage/conditions.py",
    "scheduling/demo/*",
    # Names of states and steps; patients read those of scheduling/views/words.py.
    "scheduling/slots/transitions.py",
    "scheduling/affected.py",
    "scheduling/closed_days.py",
    "scheduling/closing_form.py",
    "scheduling/closing_sheet.py",
    "scheduling/day_feed.py",
    "scheduling/desk_exceptions.py",
    "scheduling/holidays.py",
    "scheduling/in_the_way.py",
    "scheduling/services/policies.py",
    "scheduling/series_page.py",
    "scheduling/services/series.py",
    "scheduling/merging.py",
    "scheduling/patient_search.py",
    "scheduling/staff_waitlist.py",
    "scheduling/visit_list.py",
    "scheduling/visit_sheet.py",
    "scheduling/work_lists.py",
    "scheduling/views/staff*.py",
)


def staffs(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def staff_template(name: str) -> bool:
    return staffs(name, STAFF_TEMPLATES)
