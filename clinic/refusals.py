"""What a person reads when the database itself refuses a write: a sentence for each named rule.

The rules stand in the migrations; each app says its own here (`SENTENCES`), by the rule's name.
"""

from django.db import Error
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {}
# A double, or a row that went while the page was open: the form itself would have said any other.
CHANGED_MEANWHILE = _(
    "This no longer fits what is on record: somebody may have changed it just now. Look at it"
    " again before you save."
)


def rule(error: Error) -> str:
    """The name of the rule that refused, if it has one."""
    return _diagnosis(error, "constraint_name")


def sentence(error: Error) -> str | Promise:
    """Why the database refused. A guard without words here speaks for itself."""
    if known := SENTENCES.get(rule(error)):
        return known
    # Raised by a guard of ours, not by the table: what it says holds no row.
    own_words = _diagnosis(error, "source_function") == "exec_stmt_raise"
    return _diagnosis(error, "message_primary") if own_words else CHANGED_MEANWHILE


def _diagnosis(error: Error, field: str) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), field, None) or "")
