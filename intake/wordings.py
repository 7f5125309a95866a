"""What a person agrees to, word for word, with its version: a changed wording is a new version."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PRIVACY_NOTICE_VERSION = "2026-11"


@dataclass(frozen=True)
class Wording:
    """One consent as it is shown."""

    kind: str
    version: str
    text: "str | _StrPromise"

    def agreed(self, at: datetime) -> dict[str, str]:
        """What is kept of the agreement, the words as the person read them among it."""
        words = str(self.text)
        return {"kind": self.kind, "version": self.version, "at": at.isoformat(), "words": words}


CARE = Wording(
    "care",
    "2026-11",
    _(
        "I agree to be examined and cared for by the clinic. I may ask questions, and I may say"
        " no or stop at any time."
    ),
)
MESSAGES = Wording(
    "messages",
    "2026-11",
    _("The clinic may email me about my answers and my visits. It will not send me ads."),
)
PRIVACY = Wording(
    "privacy",
    PRIVACY_NOTICE_VERSION,
    _("I have been shown the privacy notice."),
)
GUARDIAN = Wording(
    "guardian",
    "2026-11",
    _(
        "I am the parent or legal guardian of this patient. I agree that the clinic may examine"
        " and care for them."
    ),
)
