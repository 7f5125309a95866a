"""Two answers to one question: a newer one, and the one on a page that was opened earlier."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Both:
    """As the page shows them, so that the person says which holds."""

    question: str
    newer: str
    here: str
