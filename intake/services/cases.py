"""Held cases: which one a new intake joins, how bad it is, by when it is reviewed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from clinic.models import ClinicProfile
from intake.identity import Identity
from intake.models import Case, Disposition, Handover, Intake, IntakeDraft, Patient, ReviewDecision
from intake.signals import open_time_asked

# One submission at a time: a milder second intake sent in the same moment finds the first.
SUBMISSION_LOCK = (0x1A7A, 1)

# Two names of full length and the space between them are longer than the column.
CONTACT_NAME_LENGTH = 160
WORST_FIRST = (
    Disposition.EMERGENCY,
    Disposition.REFER,
    Disposition.CO_MANAGE,
    Disposition.BOOK,
)


@dataclass(frozen=True)
class Match:
    """The unresolved case a person has, and one of somebody else they share a contact with."""

    own: Case | None = None
    related: Case | None = None


def one_submission_at_a_time() -> None:
    """Wait for any other submission to commit. Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", SUBMISSION_LOCK)


def find_unresolved(identity: Identity) -> Match:
    """The unresolved case of the same account, browser, phone, or name and date of birth."""
    ties = _ties(identity)
    if not ties:
        return Match()
    intakes = (
        Intake.objects.filter(ties, case__state__in=Case.UNRESOLVED)
        .select_related("case")
        .order_by("case__opened_at", "case_id")
    )
    related: Case | None = None
    for intake in intakes:
        if intake.case and not identity.is_surely_someone_else(intake.name_key, intake.born):
            return Match(own=intake.case)
        related = related or intake.case
    return Match(related=related)


def asked_in(case: Case) -> Match:
    """Answers to what was asked go to the case they were asked in.

    Decided meanwhile, it takes no more: somebody looks at them before anybody books.
    """
    case.refresh_from_db()
    return Match(own=case) if case.state in Case.UNRESOLVED else Match(related=case)


def _ties(identity: Identity) -> Q:
    ties = Q()
    if identity.account_id:
        family = Patient.objects.filter(account=identity.account_id).values("person")
        ties |= Q(account=identity.account_id) | Q(patient__person__in=family)
        ties |= _sent_before_they_left(identity.account_id)
    if identity.browser:
        ties |= Q(browser=identity.browser)
    if identity.phone:
        ties |= Q(phone=identity.phone) | Q(case__contact_phone=identity.phone)
        ties |= Q(contacts__phone=identity.phone)
    if identity.name_key and identity.born:
        ties |= Q(name_key=identity.name_key, born=identity.born)
    if identity.patient_id:
        records = Patient.objects.same_person_as(identity.patient_id)
        ties |= Q(patient__in=records) | Q(case__patient__in=records)
    return ties


def _sent_before_they_left(account_id: UUID) -> Q:
    """What the family's account sent while it still had a record that is this account's now.

    Nobody may have proved whose it is: it may be theirs.
    """
    ties = Q()
    taken_over = Handover.objects.filter(patient__account=account_id, done_at__isnull=False)
    for family, left_at in taken_over.values_list("asked_by", "done_at"):
        ties |= Q(account=family, submitted_at__lte=left_at)
    return ties


def worst(*dispositions: str) -> Disposition:
    return min((Disposition(name) for name in dispositions), key=WORST_FIRST.index)


def due(disposition: Disposition, *, now: datetime) -> datetime:
    """By when a case is reviewed, in open clinic hours; without any ahead, in plain ones.

    Nobody is promised a call at midnight.
    """
    length = ClinicProfile.current().review_within(disposition)
    # Django's stubs say that receivers answer with text.
    answers: list[Any] = open_time_asked.send(sender=Case, start=now, length=length)
    return next((moment for _receiver, moment in answers if moment), now + length)


def open_case(
    disposition: str, *, identity: Identity, match: Match, contact_name: str, now: datetime
) -> Case:
    """The case a held intake goes to: the person's own unresolved one, or a new one."""
    if match.own:
        return _reopen(match.own, disposition, now=now)
    # Held only for a contact shared with a held case: somebody looks before anybody books.
    held_as = worst(disposition, Disposition.CO_MANAGE)
    return Case.objects.create(
        disposition=held_as,
        related_case=match.related,
        contact_name=contact_name[:CONTACT_NAME_LENGTH],
        contact_phone=identity.phone,
        opened_at=now,
        due_at=due(held_as, now=now),
    )


def set_apart(intake: Intake, *, out_of: Case, now: datetime) -> Case:
    """A case of its own for answers taken out of another, due no later than they were."""
    held_as = worst(intake.disposition, Disposition.CO_MANAGE)
    own = Case.objects.create(
        patient=intake.patient,
        disposition=held_as,
        related_case=out_of,
        contact_name=f"{intake.given_name} {intake.family_name}".strip()[:CONTACT_NAME_LENGTH],
        contact_phone=intake.phone,
        mistake_reported_at=out_of.mistake_reported_at if _has_mistaken_tap(intake) else None,
        opened_at=now,
        due_at=_due_again(out_of, held_as, now=now),
    )
    intake.case = own
    intake.save(update_fields=["case"])
    return own


def judge_again(case: Case, *, now: datetime) -> None:
    """The case as the answers left in it make it, waiting for a decision.

    With only an emergency left that was resolved, it is resolved once more: that closes the case
    and asks the patient to answer again.
    """
    resolved = case.decisions.filter(kind=ReviewDecision.Kind.EMERGENCY_RESOLVED).first()
    left = case.intakes.all()
    if resolved:
        over = {"disposition": Disposition.EMERGENCY, "submitted_at__lte": resolved.at}
        left = left.exclude(**over)
    said = list(left.values_list("disposition", flat=True))
    case.disposition = worst(Disposition.CO_MANAGE, *said) if said else Disposition.EMERGENCY
    case.due_at = _due_again(case, Disposition(case.disposition), now=now)
    case.state = Case.State.OPEN
    if not _has_mistaken_tap(*case.intakes.all()):
        case.mistake_reported_at = None
    case.save(update_fields=["disposition", "due_at", "state", "mistake_reported_at"])


def _has_mistaken_tap(*intakes: Intake) -> bool:
    return IntakeDraft.objects.filter(corrects__in=intakes).exists()


def _reopen(case: Case, disposition: str, *, now: datetime) -> Case:
    """New answers bring a case back to the review, never as something milder."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    case.disposition = worst(case.disposition, disposition)
    wait_again(case, due_at=_due_again(case, Disposition(case.disposition), now=now))
    return case


def wait_again(case: Case, *, due_at: datetime) -> None:
    """The locked case waits for a decision anew: whoever heard of it overdue may hear again."""
    case.due_at = due_at
    case.state = Case.State.OPEN
    case.overdue_told_at = None
    case.save(update_fields=["disposition", "due_at", "state", "overdue_told_at"])


def _due_again(case: Case, disposition: Disposition, *, now: datetime) -> datetime:
    """Never later than was promised, while the case waits for a review."""
    again = due(disposition, now=now)
    return min(case.due_at, again) if case.state == Case.State.OPEN else again
