"""The audit trail: who did what, recorded inside the transaction that did it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from clinic.models import AuditEntry, User

Actor = User | AnonymousUser | None


class Via(models.TextChoices):
    """From where somebody, or nobody, does something."""

    PATIENT_PAGES = "patient", _("the patient's pages")
    STAFF_PAGES = "staff", _("the staff's pages")
    ADMIN_SITE = "admin", _("the admin site")
    CLOCK = "clock", _("the clock")
    COMMAND_LINE = "command", _("the command line")


# What comes neither by a page nor by a job was typed at the machine.
_via: ContextVar[Via] = ContextVar("via", default=Via.COMMAND_LINE)


@contextmanager
def coming_from(via: Via) -> Iterator[None]:
    """What is done inside is put down to have come from there."""
    token = _via.set(via)
    try:
        yield
    finally:
        _via.reset(token)


def where_from() -> Via:
    return _via.get()


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
    return _add(by, action, subject, at=at, patient_id=patient_id, detail=detail)


def viewed(
    by: Actor, subject: models.Model, *, at: datetime, patient_id: UUID | None = None
) -> None:
    """A look at one record, on a page that writes nothing else."""
    _add(by, "viewed", subject, at=at, patient_id=patient_id, detail={})


def list_viewed(
    by: Actor,
    kind: type[models.Model],
    *,
    at: datetime,
    patient_id: UUID | None = None,
    **detail: str | int,
) -> None:
    """A look at a list of records: one entry for the list, `detail` saying which part of it.

    `patient_id` when all of them are one patient's.
    """
    _add(by, "list viewed", kind(pk=None), at=at, patient_id=patient_id, detail=detail)


def _add(
    by: Actor,
    action: str,
    subject: models.Model,
    *,
    at: datetime,
    patient_id: UUID | None,
    detail: Mapping[str, str | int | bool | None],
) -> AuditEntry:
    return AuditEntry.objects.create(
        at=at,
        actor=by if isinstance(by, User) else None,
        action=action,
        subject_kind=subject._meta.model_name or "",
        subject_id="" if subject.pk is None else str(subject.pk),
        patient_id=patient_id,
        detail=detail,
    )


def _name(by: Actor) -> str:
    return str(by.pk) if isinstance(by, User) else ""
