"""Checks of a deployment that only the intake can make."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from intake import signed
from intake.models import ProtocolSignature


@register(Tags.database, deploy=True)
def protocol_is_signed(
    databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Nobody's answers should be sorted by a table that no chiropractor answers for."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        if _has_no_table(alias):
            problems.append(
                Error(
                    "The database has no place for the signature of the protocol yet.",
                    hint="Run `manage.py migrate` as the owner first; see docs/deployment.md.",
                    id="intake.E002",
                )
            )
        elif unsigned := signed.why_unsigned(using=alias):
            problems.append(
                Error(
                    unsigned,
                    hint="Have a chiropractor sign in, read the page *Protocol* and sign it there"
                    " (/staff/protocol/); then run this check again.",
                    id="intake.E001",
                )
            )
    return problems


def _has_no_table(alias: str) -> bool:
    connection = connections[alias]
    return ProtocolSignature._meta.db_table not in connection.introspection.table_names()
