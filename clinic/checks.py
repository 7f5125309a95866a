"""Checks of an installation and its deployment that Django does not know."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.files)
def paper_has_its_letters(**_kwargs: Any) -> list[CheckMessage]:
    """Without its fonts there is no PDF, only the page that a browser prints."""
    missing = [folder for folder in settings.PAPER_FONTS if not any(folder.glob("*.ttf"))]
    if not missing:
        return []
    packages = sorted({f"{folder.parent.parent.name}/{folder.parent.name}" for folder in missing})
    return [
        checks.Warning(
            f"The fonts of the printed summary are not installed: {', '.join(packages)}.",
            hint="Run `make setup`, or `npm ci` beside package.json, which installs them.",
            id="clinic.W001",
        )
    ]


@register(Tags.database, deploy=True)
def application_is_not_the_owner(
    databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """The guards in the database hold only for a role that does not own them."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
                " AND pg_has_role(current_user, tableowner, 'member')"
            )
            (owned,) = cursor.fetchone()
        if owned:
            problems.append(
                Error(
                    "The application signs in to the database as the owner of its tables.",
                    hint="Give DATABASE_URL the application's own role; see docs/deployment.md.",
                    id="clinic.E001",
                )
            )
    return problems
