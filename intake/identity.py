"""When two intakes are the same person's."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from uuid import UUID

NAME_KEY_LENGTH = 200


def name_key(given: str, family: str) -> str:
    """The name without accents, case, marks or order: "O'Neil", "Zoë" gives "oneil zoe".

    Cut to the column's length: some letters come apart into many.
    """
    plain = unicodedata.normalize("NFKD", f"{given} {family}".casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(sorted(re.sub(r"[^\w\s]", "", letters).split()))[:NAME_KEY_LENGTH]


@dataclass(frozen=True)
class Identity:
    """What is known of who is answering. Any one of these ties a new intake to an open case."""

    account_id: UUID | None = None
    browser: UUID | None = None
    phone: str = ""
    name_key: str = ""
    born: date | None = None
    # The record that staff chose, whatever is typed about its name or number.
    patient_id: UUID | None = None

    def is_surely_someone_else(self, other_name: str, other_born: date | None) -> bool:
        """Both the name and the date of birth are known, and both differ.

        One of them alone is what a person changes who tries again for a milder answer.
        """
        if not (self.name_key and other_name and self.born and other_born):
            return False
        return self.name_key != other_name and self.born != other_born
