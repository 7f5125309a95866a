"""The audit trail: who did what, recorded inside the transaction that did it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection, models, transaction

from clinic.models import AuditEntry, User

Actor = User | AnonymousUser | None


@contextmanager
def writing(by: Actor) -> Iterator[None]:
    """One transaction whose changes are put down to `by` in the history of rows."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Local to the transaction: a kept connection never carries it to the next person.
            cursor.execute("SELECT set_config('clinic.actor', %s, true)", [_name(by)])
        yield


def record(
    by: Actor,
    action: str,
    subject: models.Model,
    *,
    at: datetime,
    patient_id: UUID | None = None,
    **detail: str | int | bool | None,
) -> AuditEntry:
    """Add one entry. `detail` holds facts about the act, never what a patient said.

    Raises RuntimeError outside a transaction: an entry must stand or fall with what it records.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record() must run inside the transaction it records.")
    return AuditEntry.objects.create(
        at=at,
        actor=by if isinstance(by, User) else None,
        action=action,
        subject_kind=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        patient_id=patient_id,
        detail=detail,
    )


def _name(by: Actor) -> str:
    return str(by.pk) if isinstance(by, User) else ""
