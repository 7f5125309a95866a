"""The held cases as a list: who, how bad, by when, and what to say to them on the phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access, half_days, times
from clinic.access import Person
from clinic.models import AuditEntry, User
from intake import words_to_say, xray
from intake.ages import ADULT
from intake.models import Case, ContactLeft, Disposition, Intake

# For so long somebody who opened a case may still be reading it.
A_WHILE = timedelta(minutes=10)
# The rest come up as these are decided.
MOST_SHOWN = 100

TONES = {
    Disposition.EMERGENCY: "danger",
    Disposition.REFER: "caution",
    Disposition.CO_MANAGE: "calm",
}
# Of the protocol's flags, those that mean something before the visit.
CLINICAL_FLAGS = {
    xray.FLAG: gettext_lazy("X-ray hold"),
    "NEURO_EXAM_FIRST": gettext_lazy("nerve exam first"),
}


@dataclass(frozen=True)
class Phone:
    """A number to call them back, and whose it is said to be."""

    number: str
    link: str
    name: str = ""


@dataclass(frozen=True)
class Line:
    """One held case."""

    id: UUID
    who: str
    phones: tuple["Phone", ...]
    outcome: str
    tone: str
    urgency: str
    opened: str
    due: str
    is_overdue: bool
    flags: tuple[str, ...]
    suits: tuple[str, ...]
    say: str


def lines(user: User, *, state: Case.State, now: datetime) -> list[Line]:
    """Worst first, then due first. The answers themselves are not even read."""
    intakes = Intake.objects.order_by("-submitted_at").only(
        "case", "age", "email", "urgency", "disposition", "flags", "xray_hold", "submitted_at"
    )
    intakes = intakes.prefetch_related("contacts")
    cases = (
        Case.objects.visible_to(user)
        .filter(state=state)
        .worst_first()
        .select_related("patient__merged_into")
        .prefetch_related(Prefetch("intakes", intakes), "wishes")
    )
    return [line(case, list(case.intakes.all()), user, now=now) for case in cases[:MOST_SHOWN]]


@dataclass(frozen=True)
class Place:
    """Where a case stands among those that wait, worst first, and which come before and after."""

    number: int
    of: int
    previous: UUID | None
    next: UUID | None


def place(user: User, case: Case) -> Place | None:
    """None for a case that does not wait for a decision."""
    waiting = Case.objects.visible_to(user).awaiting_review().worst_first()
    ids = list(waiting.values_list("pk", flat=True))
    if case.pk not in ids:
        return None
    here = ids.index(case.pk)
    return Place(
        number=here + 1,
        of=len(ids),
        previous=ids[here - 1] if here else None,
        next=ids[here + 1] if here + 1 < len(ids) else None,
    )


def also_here(user: User, case: Case, *, now: datetime) -> str:
    """Who else may be deciding this case just now; empty when nobody is seen to."""
    looks = AuditEntry.objects.filter(
        action="viewed", subject_kind="case", subject_id=str(case.pk), at__gt=now - A_WHILE
    )
    other = looks.exclude(actor=user).exclude(actor=None).select_related("actor").first()
    if other is None or case.state not in Case.UNRESOLVED:
        return ""
    told = {"who": str(other.actor), "length": _length(now - other.at)}
    return _("%(who)s opened this case %(length)s ago. Whoever decides first decides.") % told


def line(case: Case, intakes: Sequence[Intake], user: Person, *, now: datetime) -> Line:
    """One case; `intakes` newest first."""
    waiting = case.state == Case.State.OPEN
    return Line(
        id=case.pk,
        who=who(case, intakes),
        phones=tuple(phones(case, intakes)),
        outcome=case.get_disposition_display(),
        tone=TONES[Disposition(case.disposition)],
        urgency=_urgency(case, intakes),
        opened=times.in_words(case.opened_at),
        due=due_words(case.due_at, now=now) if waiting else "",
        is_overdue=waiting and case.due_at <= now,
        flags=tuple(_flags(case, intakes, clinical=access.reads_answers(user))),
        suits=tuple(_suits(case)),
        say=words_to_say.of(case),
    )


def _suits(case: Case) -> list[str]:
    """The times that would suit them, as they said last, and their note about times."""
    newest = next(iter(case.wishes.all()), None)
    if newest is None:
        return []
    note = [f"“{newest.note}”"] if newest.note else []
    return [*half_days.in_words(newest.half_days), *note]


def due_words(due_at: datetime, *, now: datetime) -> str:
    """The clock time the patient was promised, and how far off it is."""
    when = times.in_words(due_at)
    if due_at <= now:
        overdue = {"when": when, "length": _length(now - due_at)}
        return _("by %(when)s (overdue by %(length)s)") % overdue
    return _("by %(when)s (in %(length)s)") % {"when": when, "length": _length(due_at - now)}


def who(case: Case, intakes: Sequence[Intake]) -> str:
    if case.patient:
        return case.patient.kept.name
    left = [contact.name for contact in contacts_left(intakes) if contact.name]
    return (left[0] if left else case.contact_name) or _("No name left")


def phones(case: Case, intakes: Sequence[Intake]) -> list[Phone]:
    """Every number to call back, the newest left first, then those on record."""
    known = [(contact.phone, contact.name) for contact in contacts_left(intakes)]
    known += [(case.patient.kept.phone, ""), (case.patient.phone, "")] if case.patient else []
    known += [(case.contact_phone, "")]
    found: dict[str, Phone] = {}
    for number, name in known:
        if number:
            as_said = Phone(number.as_national, number.as_rfc3966, name)
            found.setdefault(str(number), as_said)
    return list(found.values())


def contacts_left(intakes: Sequence[Intake]) -> list[ContactLeft]:
    """What was left on the emergency page, newest first."""
    left = [contact for intake in intakes for contact in intake.contacts.all()]
    return sorted(left, key=lambda contact: contact.left_at, reverse=True)


def _urgency(case: Case, intakes: Sequence[Intake]) -> str:
    """As the protocol said it of the newest answers that are as bad as the case."""
    for intake in intakes:
        if intake.disposition == case.disposition and intake.urgency:
            return _(intake.urgency)
    return ""


def _flags(case: Case, intakes: Sequence[Intake], *, clinical: bool) -> list[str]:
    newest = intakes[0] if intakes else None
    flags = []
    if case.patient is None:
        gave_email = newest is not None and newest.email
        flags.append(_("email not proved yet") if gave_email else _("identity not proved"))
    elif case.patient.likely_duplicate_of_id:
        flags.append(_("looks like a patient we have"))
    if newest and newest.age is not None and newest.age < ADULT:
        flags.append(_("minor"))
    if case.mistake_reported_at:
        flags.append(_("says it was a mistaken tap"))
    if case.related_case_id:
        flags.append(_("shares a contact with another case"))
    if len(intakes) > 1:
        flags.append(_("answered %(count)s times") % {"count": len(intakes)})
    if clinical:
        said = {flag for intake in intakes for flag in intake.flags}
        if newest and newest.xray_hold:
            said.add(xray.FLAG)
        flags += [str(words) for flag, words in CLINICAL_FLAGS.items() if flag in said]
    return flags


def _length(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours}
    if hours and minutes:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    if hours:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(minutes)s min") % {"minutes": minutes}
