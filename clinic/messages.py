"""Emails to people: worded and queued in the transaction they report, sent by a job.

One function for each kind. Each words its message from `templates/emails/<kind>.subject.txt` and
`<kind>.txt`, in the language of whoever reads it: their account's, or English. What is mailed to
somebody who asks for a code speaks as the page does. A name, a time and a place at most:
an email is read over shoulders and by whole families. What a person said or what was decided
is read on the secure page.

| kind | says | its own words |
|---|---|---|
| `code` | a sign-in code and how long it lasts | `code`, `minutes` |
| `no_account` | somebody tried to sign in with an address we do not know | `link` |
| `staff_sign_in` | codes are for patients: where staff sign in | `link` |
| `address_changed` | to the old address: another one signs them in now | `link` |
| `booked` | who, when, where; carries the calendar file | `name`, `when`, `link` |
| `booked_series` | who, where, each of several times; one calendar file | `name`, `times`, `link` |
| `moved` | from when to when; its calendar file replaces the first | `before`, and as `booked` |
| `cancelled` | a visit is off | `name`, `when`, `link` |
| `offered` | a free time to take, and until when | `name`, `when`, `until`, `link` |
| `offer_gone` | the time that was offered is taken; you still wait | `name`, `when`, `link` |
| `clinic_closed` | a visit's time is closed: choose another | `name`, `when`, `link` |
| `held` | we look at the answers first, and when you hear | `name`, `when` or nothing, `link` |
| `cleared` | you may choose a time | `name`, `link` |
| `referred` | your next step is on the secure page | `name`, `link` |
| `asked` | there is a question to answer on the secure page | `name`, `link` |
| `closed` | your answers were read, and nothing more waits | `name`, `link` |
| `exercises` | there is a new sheet of home exercises | `name`, `link` |
| `start_again` | please answer the questions again | `name`, `link` |
| `resume` | go on with what was left unfinished, and until when | `link`, `when` |
| `handed_over` | go on by yourself with the form begun on the phone | `link`, `when` |
| `own_account_offered` | to a grown-up's own address: take your record over | `link` |
| `own_account_left` | to the family's address: they sign in with their own now | `who`, `link` |
| `own_account_made` | to their own address: the record is here now | `name`, `link` |
| `staff_overdue` | to a chiropractor: a review is overdue | `link` |
| `attention` | to the clinic and the chiropractors: something urgent waits | `link` |
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation

from clinic import audit, calendar_file, tasks, times
from clinic.models import ClinicProfile, Message, User

P = ParamSpec("P")

_NEVER_AGAIN = (Message.State.SENT, Message.State.TAKEN_BACK)


def for_its_reader(word: Callable[P, Message]) -> Callable[P, Message]:
    """Words the message in its reader's language, whoever's page or job it comes from."""

    @wraps(word)
    def worded(*args: P.args, **kwargs: P.kwargs) -> Message:
        with translation.override(_language_of(str(kwargs["to"]))):
            return word(*args, **kwargs)

    return worded


def code(*, to: str, code: str, now: datetime) -> Message:
    minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
    return queue("code", to=to, context={"code": code, "minutes": minutes}, now=now, secret=True)


def no_account(*, to: str, now: datetime) -> Message:
    return queue("no_account", to=to, context={"link": _link("/")}, now=now)


def staff_sign_in(*, to: str, now: datetime) -> Message:
    """Staff asked for a patient's code, which never lets them in."""
    return queue("staff_sign_in", to=to, context={"link": _link("/staff/sign-in/")}, now=now)


@for_its_reader
def address_changed(*, to: str, staff: bool, now: datetime) -> Message:
    """To the address that was: whoever did not ask for this hears of it."""
    link = _link("/staff/sign-in/" if staff else "/sign-in/")
    return queue("address_changed", to=to, context={"link": link}, now=now)


@for_its_reader
def booked(
    *,
    to: str,
    name: str,
    visit_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    wait: timedelta = tasks.AT_ONCE,
) -> Message:
    link, clinic = _visit(visit_id), ClinicProfile.current()
    return queue(
        "booked",
        to=to,
        context={"name": name, "when": times.in_words(starts_at), "link": link},
        calendar=calendar_file.for_visit(
            clinic,
            visit_id=visit_id,
            name=name,
            starts_at=starts_at,
            ends_at=ends_at,
            link=link,
            now=now,
        ),
        clinic=clinic,
        now=now,
        wait=wait,
    )


@for_its_reader
def booked_series(
    *, to: str, name: str, visits: Sequence[tuple[UUID, datetime, datetime]], now: datetime
) -> Message:
    """One letter and one calendar file for all of them; each visit as (id, start, end)."""
    clinic = ClinicProfile.current()
    entries = [calendar_file.Entry(*visit, _visit(visit[0])) for visit in visits]
    return queue(
        "booked_series",
        to=to,
        context={
            "name": name,
            "times": [times.in_words(entry.starts_at) for entry in entries],
            "link": _link("/my/visits/"),
        },
        calendar=calendar_file.for_visits(clinic, entries, name=name, now=now),
        clinic=clinic,
        now=now,
    )


@for_its_reader
def moved(
    *,
    to: str,
    name: str,
    visit_id: UUID,
    moved_from: datetime,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    wait: timedelta = tasks.AT_ONCE,
) -> Message:
    """Its calendar file takes the place of the one that came with the booking."""
    link, clinic = _visit(visit_id), ClinicProfile.current()
    return queue(
        "moved",
        to=to,
        context={
            "name": name,
            "before": times.in_words(moved_from),
            "when": times.in_words(starts_at),
            "link": link,
        },
        calendar=calendar_file.for_visit(
            clinic,
            visit_id=visit_id,
            name=name,
            starts_at=starts_at,
            ends_at=ends_at,
            link=link,
            now=now,
        ),
        clinic=clinic,
        now=now,
        wait=wait,
    )


@for_its_reader
def cancelled(
    *, to: str, name: str, starts_at: datetime, now: datetime, wait: timedelta = tasks.AT_ONCE
) -> Message:
    return queue(
        "cancelled",
        to=to,
        context={"name": name, "when": times.in_words(starts_at), "link": _link("/my/visits/")},
        now=now,
        wait=wait,
    )


@for_its_reader
def suspended(
    *, to: str, name: str, starts_at: datetime, until: datetime, now: datetime
) -> Message:
    """`until` is when the visit's time is given back, if nobody decides before."""
    context = {
        "name": name,
        "when": times.in_words(starts_at),
        "until": times.in_words(until),
        "link": _link("/my/visits/"),
    }
    return queue("suspended", to=to, context=context, now=now)


@for_its_reader
def released(*, to: str, name: str, starts_at: datetime, now: datetime) -> Message:
    context = {"name": name, "when": times.in_words(starts_at), "link": _link("/my/visits/")}
    return queue("released", to=to, context=context, now=now)


@for_its_reader
def offered(
    *, to: str, name: str, offer_id: UUID, starts_at: datetime, until: datetime, now: datetime
) -> Message:
    """The page it leads to asks for a sign-in, and only shows."""
    context = {
        "name": name,
        "when": times.in_words(starts_at),
        "until": times.in_words(until),
        "link": _link(f"/my/offers/{offer_id}/"),
    }
    return queue("offered", to=to, context=context, now=now)


@for_its_reader
def offer_gone(*, to: str, name: str, starts_at: datetime, now: datetime) -> Message:
    context = {"name": name, "when": times.in_words(starts_at), "link": _link("/my/visits/")}
    return queue("offer_gone", to=to, context=context, now=now)


@for_its_reader
def clinic_closed(
    *, to: str, name: str, visit_id: UUID, starts_at: datetime, now: datetime
) -> Message:
    """The page it leads to proposes a time, and others; it only shows."""
    link = _link(f"/my/visits/{visit_id}/move/")
    context = {"name": name, "when": times.in_words(starts_at), "link": link}
    return queue("clinic_closed", to=to, context=context, now=now)


@for_its_reader
def held(*, to: str, name: str, now: datetime, due_at: datetime | None = None) -> Message:
    """`due_at` is when the clinic promises an answer."""
    when = times.in_words(due_at) if due_at else ""
    context = {"name": name, "when": when, "link": _link("/my/visits/")}
    return queue("held", to=to, context=context, now=now)


@for_its_reader
def cleared(*, to: str, name: str, clearance_id: UUID, now: datetime) -> Message:
    context = {"name": name, "link": _link(f"/book/{clearance_id}/")}
    return queue("cleared", to=to, context=context, now=now)


@for_its_reader
def referred(*, to: str, name: str, now: datetime) -> Message:
    context = {"name": name, "link": _link("/my/visits/")}
    return queue("referred", to=to, context=context, now=now)


@for_its_reader
def asked(*, to: str, name: str, decision_id: UUID, now: datetime) -> Message:
    """The page it leads to asks for a sign-in, and only shows."""
    context = {"name": name, "link": _link(f"/my/questions/{decision_id}/")}
    return queue("asked", to=to, context=context, now=now)


@for_its_reader
def closed(*, to: str, name: str, now: datetime) -> Message:
    context = {"name": name, "link": _link("/my/visits/")}
    return queue("closed", to=to, context=context, now=now)


@for_its_reader
def exercises(*, to: str, name: str, patient_id: UUID, now: datetime) -> Message:
    context = {"name": name, "link": _link(f"/my/people/{patient_id}/exercises/")}
    return queue("exercises", to=to, context=context, now=now)


@for_its_reader
def start_again(*, to: str, name: str, now: datetime) -> Message:
    return queue("start_again", to=to, context={"name": name, "link": _link("/")}, now=now)


@for_its_reader
def resume(*, to: str, link: str, until: datetime, now: datetime) -> Message:
    """`link` is a path: it shows a page, and leads on only with a code sent to this address."""
    context = {"link": _link(link), "when": times.in_words(until)}
    return queue("resume", to=to, context=context, now=now)


@for_its_reader
def handed_over(*, to: str, link: str, until: datetime, now: datetime) -> Message:
    """To who called us, as `resume`. It names nobody: the address was heard on the phone."""
    context = {"link": _link(link), "when": times.in_words(until)}
    return queue("handed_over", to=to, context=context, now=now)


@for_its_reader
def own_account_offered(*, to: str, handover_id: UUID, now: datetime) -> Message:
    """Whoever reads it may be a stranger, if the address has a mistake: it names nobody."""
    link = _link(f"/my/record/{handover_id}/")
    return queue("own_account_offered", to=to, context={"link": link}, now=now)


@for_its_reader
def own_account_left(*, to: str, name: str, now: datetime) -> Message:
    context = {"who": name, "link": _link("/my/visits/")}
    return queue("own_account_left", to=to, context=context, now=now)


@for_its_reader
def own_account_made(*, to: str, name: str, now: datetime) -> Message:
    context = {"name": name, "link": _link("/my/visits/")}
    return queue("own_account_made", to=to, context=context, now=now)


@for_its_reader
def staff_overdue(*, to: str, now: datetime) -> Message:
    return queue("staff_overdue", to=to, context={"link": _link("/staff/review/")}, now=now)


@for_its_reader
def attention(*, to: str, now: datetime) -> Message:
    """To the clinic itself, and to whoever reviews."""
    return queue("attention", to=to, context={"link": _link("/staff/review/")}, now=now)


def queue(
    kind: str,
    *,
    to: str,
    context: Mapping[str, object],
    now: datetime,
    calendar: str = "",
    clinic: ClinicProfile | None = None,
    secret: bool = False,
    wait: timedelta = tasks.AT_ONCE,
) -> Message:
    """Write a message and leave it to a job, which runs once this transaction is committed.

    `wait`: for how long it can still be taken back. Without an address it is FAILED from the start:
    the desk sees it, and calls. Raises RuntimeError outside a transaction: a message stands or
    falls with what it reports.
    """
    _require_transaction()
    words = {**context, "clinic": clinic or ClinicProfile.current()}
    message = Message.objects.create(
        kind=kind,
        recipient=to,
        subject=" ".join(render_to_string(f"emails/{kind}.subject.txt", words).split()),
        body=_tidied(render_to_string(f"emails/{kind}.txt", words)),
        calendar=calendar,
        is_secret=secret,
        state=Message.State.QUEUED if to else Message.State.FAILED,
        queued_at=now,
    )
    if to:
        tasks.send_later(message, wait=wait)
    return message


def take_back(*, to: str, kind: str, queued_at: datetime) -> bool:
    """Keep from being sent what was queued at that very moment; has it gone out already?

    Runs inside the transaction that takes back what it reports.
    """
    _require_transaction()
    queued = Message.objects.filter(recipient=to, kind=kind, queued_at=queued_at)
    states = []
    for message in queued.select_for_update().order_by("pk"):
        states.append(message.state)
        if message.state != Message.State.SENT:
            message.state = Message.State.TAKEN_BACK
            message.save(update_fields=["state"])
    return Message.State.SENT in states


def send_again(*, message: Message, by: User, now: datetime) -> Message:
    """Queue a message that could not be sent once more; one that was sent is left as it is."""
    with audit.writing(by):
        message = Message.objects.select_for_update().get(pk=message.pk)
        if message.state in _NEVER_AGAIN or not message.recipient or message.is_secret:
            return message
        message.state = Message.State.QUEUED
        message.queued_at = now
        message.save(update_fields=["state", "queued_at"])
        audit.record(by, "message sent again", message, at=now)
        tasks.send_later(message)
    return message


def set_aside(*, message: Message, by: User, now: datetime) -> Message:
    """Somebody told the person in another way: the message no longer asks for attention."""
    with audit.writing(by):
        message = Message.objects.select_for_update().get(pk=message.pk)
        if message.state == Message.State.FAILED:
            message.state = Message.State.SET_ASIDE
            message.save(update_fields=["state"])
            audit.record(by, "message set aside", message, at=now)
    return message


def _language_of(address: str) -> str:
    if not address:
        return settings.LANGUAGE_CODE
    accounts = User.objects.filter(email=address)
    return accounts.values_list("language", flat=True).first() or settings.LANGUAGE_CODE


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("A message must be queued inside the transaction it reports.")


def _tidied(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _visit(visit_id: UUID) -> str:
    """A page that only shows: mail scanners open every link."""
    return _link(f"/my/visits/{visit_id}/")


def _link(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
