"""Answers and hints that several questions share: one wording, in one place."""

from intake.triage.questions.question import NONE, Option
from intake.triage.words import _

YES = Option("yes", _("Yes"))
NO = Option("no", _("No"))
NOT_SURE = Option("not_sure", _("I am not sure"))
PREFER_NOT = Option("prefer_not", _("I would rather not say"))
NONE_OF_THESE = Option(NONE, _("None of these"))

MARK_ALL = _("Mark all that fit.")
