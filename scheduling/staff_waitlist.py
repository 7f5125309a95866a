"""The waitlist as the desk reads it: the times to offer, and everybody in order, worded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import half_days, times
from clinic.models import User
from scheduling import waitlist
from scheduling.models import WaitlistEntry
from scheduling.services import OFFERED_AT_ONCE, UNDO_FOR
from scheduling.waitlist import FreeTime, Waiting


@dataclass(frozen=True)
class TimeLine:
    """A free time, and those who would be asked first, in order."""

    start: str
    when: str
    is_freed: bool
    asked: tuple[str, ...]
    more: str


@dataclass(frozen=True)
class WaitLine:
    """Somebody who waits. Of `offer`, `start` and neither, one says what the desk can do next."""

    id: UUID
    patient_id: UUID
    who: str
    phone: str
    phone_link: str
    kind: str
    is_acute: bool
    since: str
    wishes: tuple[str, ...]
    standing: str
    tone: str
    offer: UUID | None = None
    start: str = ""
    offered: str = ""


@dataclass(frozen=True)
class OffLine:
    """Somebody who was taken off so lately that it can be undone."""

    id: UUID
    who: str
    kind: str


@dataclass(frozen=True)
class Page:
    times: tuple[TimeLine, ...]
    lines: tuple[WaitLine, ...]
    taken_off: tuple[OffLine, ...]


def page(now: datetime, *, by: User) -> Page:
    listed = waitlist.waiting(now)
    free = waitlist.free_times(listed, now)
    # Where several times would be offered to somebody, the first of them.
    first: dict[UUID, FreeTime] = {}
    for time in free:
        for each in time.suits[:OFFERED_AT_ONCE]:
            first.setdefault(each.entry.pk, time)
    in_line = {each.entry.pk for time in free for each in time.suits}
    return Page(
        tuple(_time(time) for time in free),
        tuple(
            _line(each, first.get(each.entry.pk), each.entry.pk in in_line, now) for each in listed
        ),
        tuple(_taken_off(by, now)),
    )


def wishes_in_words(entry: WaitlistEntry) -> tuple[str, ...]:
    said = half_days.in_words(entry.half_days) or [_("Any time")]
    if entry.last_day:
        days = {"first": _day(entry.first_day), "last": _day(entry.last_day)}
        said.append(_("from %(first)s to %(last)s") % days)
    else:
        said.append(_("from %(first)s on") % {"first": _day(entry.first_day)})
    return tuple([*said, f"“{entry.note}”"] if entry.note else said)


def _taken_off(by: User, now: datetime) -> Iterator[OffLine]:
    """By this person: nobody undoes what somebody else has done."""
    entries = WaitlistEntry.objects.filter(
        state=WaitlistEntry.State.WITHDRAWN, ended_by=by, ended_at__gte=now - UNDO_FOR
    ).select_related("visit_type", "patient__merged_into")
    for first, *_others in waitlist.by_person(entries.order_by("-ended_at")):
        yield OffLine(first.pk, first.patient.kept.name, first.visit_type.name)


def _time(time: FreeTime) -> TimeLine:
    more = len(time.suits) - OFFERED_AT_ONCE
    return TimeLine(
        start=time.start.isoformat(),
        when=times.in_words(time.start),
        is_freed=time.is_freed,
        asked=_names(time.suits[:OFFERED_AT_ONCE]),
        more=ngettext("and %(n)d more after them", "and %(n)d more after them", more) % {"n": more}
        if more > 0
        else "",
    )


def _line(each: Waiting, time: FreeTime | None, in_line: bool, now: datetime) -> WaitLine:
    entry, patient = each.entry, each.entry.patient.kept
    standing, tone = _standing(each, time, in_line, now)
    is_open = each.offer is not None and each.offer.is_open(now)
    return WaitLine(
        id=entry.pk,
        patient_id=patient.pk,
        who=patient.name,
        phone=patient.phone.as_national if patient.phone else "",
        phone_link=patient.phone.as_rfc3966 if patient.phone else "",
        kind=entry.visit_type.name,
        is_acute=entry.is_acute,
        since=times.in_words(entry.made_at),
        wishes=wishes_in_words(entry),
        standing=standing,
        tone=tone,
        offer=each.offer.pk if each.offer and is_open else None,
        offered=times.in_words(each.offer.start) if each.offer else "",
        start=time.start.isoformat() if time else "",
    )


def _standing(
    each: Waiting, time: FreeTime | None, in_line: bool, now: datetime
) -> tuple[str, str]:
    """How it stands, and how that looks."""
    if each.offer and each.offer.is_open(now):
        said = {
            "when": times.in_words(each.offer.start),
            "until": times.clock_in_words(each.offer.expires_at),
        }
        if each.is_written_to:
            return _("Offered by email: %(when)s. Waits for an answer until %(until)s.") % said, (
                "calm"
            )
        return _("Call them: %(when)s is free, until %(until)s.") % said, "caution"
    if not each.leave:
        return _("Nothing lets them book now: see what to say."), "caution"
    if time:
        return _("Next: %(when)s") % {"when": times.in_words(time.start)}, "good"
    if in_line:
        return _("Others are asked first."), "calm"
    return _("No free time suits them yet."), "calm"


def _names(suits: Sequence[Waiting]) -> tuple[str, ...]:
    return tuple(each.entry.patient.kept.name for each in suits)


def _day(day: date) -> str:
    return date_format(day, "M j")
