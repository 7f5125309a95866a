"""A held case as the chiropractor reads it: what fired, what was said, and what changed.

Everything is worded here; the page only lays it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import to_python

from clinic import times
from intake import body, services, triage, visit_types, xray
from intake.exceptions import (
    AnswersOfAnother,
    AnswersOfAnotherPatient,
    EmergencyStands,
    PatientUnknown,
)
from intake.models import Case, Clearance, Disposition, Finding, Intake, ReviewDecision
from intake.reasons import asked
from intake.signals import visits_asked
from intake.triage import PROTOCOL, UNANSWERED, Question

NOT_ASKED = "–"
# The person stopped before this: that is no other answer than the next time.
NOT_REACHED = "…"


@dataclass(frozen=True)
class Quote:
    """A question and the answer that fired a rule, in the words that were shown."""

    question: str
    answer: str


@dataclass(frozen=True)
class Fired:
    """A rule that fired: why, on what, after which source, and when it fires in general."""

    rule: str
    reason: str
    quotes: tuple[Quote, ...]
    source: str
    fires_when: str


@dataclass(frozen=True)
class Row:
    """One thing asked, with what each intake said, newest first."""

    label: str
    said: tuple[str, ...]
    whens: tuple[str, ...]

    @property
    def cells(self) -> list[tuple[str, str]]:
        """When each was said, beside it: on a phone no column stands above."""
        return list(zip(self.whens, self.said, strict=True))

    @property
    def differs(self) -> bool:
        return len(set(self.said) - {NOT_REACHED}) > 1


@dataclass(frozen=True)
class Column:
    """One intake: when it was sent, and what came of it."""

    when: str
    outcome: str
    remark: str


@dataclass(frozen=True)
class Sheet:
    """Several intakes side by side, newest first."""

    columns: tuple[Column, ...]
    answers: tuple[Row, ...]
    about: tuple[Row, ...]

    @property
    def changed(self) -> tuple[Row, ...]:
        return tuple(row for row in (*self.answers, *self.about) if row.differs)


@dataclass(frozen=True)
class Reading:
    """What the protocol made of one intake, most severe first."""

    column: Column
    holding: tuple[Fired, ...]
    booking: tuple[Fired, ...]
    is_as_bad_as_the_case: bool


@dataclass(frozen=True)
class Decided:
    """A decision on record: in words, and what it allows, asks for or says to whom.

    `elsewhere`: the other case, when answers were set aside.
    """

    words: str
    terms: tuple[str, ...]
    when: str
    by: str
    reason: str
    elsewhere: UUID | None
    is_superseded: bool


@dataclass(frozen=True)
class Cleared:
    """A clearance on record, and which visits it is for."""

    span: str
    terms: tuple[str, ...]
    revoked: str


@dataclass(frozen=True)
class Part:
    """One place of the drawing."""

    outline: str
    is_marked: bool


@dataclass(frozen=True)
class Drawing:
    """One figure, from the front or from behind."""

    title: str
    left: str
    right: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Picture:
    """Where else it hurts, drawn and by name, and how bad at its worst, as one intake said."""

    view_box: str
    drawings: tuple[Drawing, ...]
    names: tuple[str, ...]
    worst: int | None

    @property
    def scale(self) -> list[tuple[int, bool]]:
        return [(number, number == self.worst) for number in range(11)]


def picture(intake: Intake) -> Picture | None:
    """None where nothing was marked and no number given."""
    marked = intake.details.get(services.ALSO_HURTS, [])
    said = intake.answers.get("worst")
    worst = said if isinstance(said, int) else None
    if not marked and worst is None:
        return None
    return Picture(
        view_box=body.VIEW_BOX,
        drawings=tuple(
            Drawing(
                title=_(figure.title),
                left=_(figure.left),
                right=_(figure.right),
                parts=tuple(Part(spot.outline, spot.id in marked) for spot in figure.spots),
            )
            for figure in body.FIGURES
        ),
        names=tuple(_(label) for label in body.labels(marked)),
        worst=worst,
    )


@dataclass(frozen=True)
class Visit:
    """A visit as the calendar words it."""

    when: str
    what: str
    status: str


def visits(case: Case) -> list[Visit]:
    if case.patient_id is None:
        return []
    # Django's stubs say that receivers answer with text.
    answers: list[Any] = visits_asked.send(sender=Case, patient_id=case.patient_id)
    return [Visit(*visit) for _receiver, told in answers for visit in told]


def facts(case: Case, intakes: Sequence[Intake]) -> list[str]:
    """Who it is, in a line: from their record, or from what they said if nobody proved it yet."""
    newest = intakes[0] if intakes else None
    known = case.patient.kept if case.patient else newest
    if known is None:
        return []
    age = _("%(age)s years") % {"age": newest.age} if newest and newest.age is not None else ""
    born = _("born %(day)s") % {"day": _day(known.born)} if known.born else ""
    town = known.town.name if known.town else known.elsewhere
    return [fact for fact in (age, born, town, known.email) if fact]


def why_not_clear(case: Case, intakes: Sequence[Intake]) -> str:
    """As the decision would be refused; `intakes`, newest first."""
    if case.disposition == Disposition.EMERGENCY:
        return str(EmergencyStands.message)
    if case.patient_id is None:
        return str(PatientUnknown.message)
    if not intakes or not is_own(case, intakes[0]):
        return str(AnswersOfAnother.message)
    if any(intake.patient_id and not is_own(case, intake) for intake in intakes):
        return str(AnswersOfAnotherPatient.message)
    return ""


def is_own(case: Case, intake: Intake) -> bool:
    """Proved to be of the person whose case it is, whichever of their records has it."""
    if case.patient is None or intake.patient is None:
        return False
    return intake.patient.person_id == case.patient.person_id


def why_no_xray(newest: Intake | None) -> str:
    if newest is None or not newest.xray_hold:
        return ""
    if xray.FLAG in newest.flags:
        return _("No X-ray: they could be pregnant, or prefer not to say.")
    return _(
        "No X-ray: whether they could be pregnant was not answered. It can be allowed once they"
        " have answered again."
    )


def title_of(case: Case, intake: Intake) -> str:
    """Such as "Doctor first, Tue, Nov 24 at 9:20 AM (stopped half-way)"."""
    column = _column(case, intake)
    title = f"{column.outcome}, {column.when}"
    return f"{title} ({column.remark})" if column.remark else title


def how_tied(case: Case, intake: Intake, own: Sequence[Intake]) -> str:
    """Whose the answers are said to be, and what they share with the patient's own."""
    said = f"{intake.given_name} {intake.family_name}".strip() or _("No name left")
    proved = _("another record") if intake.patient else _("proved by nobody")
    patient = case.patient
    shared = {
        _("sent while signed in to the same account"): patient is not None
        and intake.account_id is not None
        and intake.account_id == patient.account_id,
        _("same device"): intake.browser is not None
        and intake.browser in {each.browser for each in own},
        _("same phone"): bool(intake.phone) and intake.phone in _numbers(case, own),
        _("same name"): bool(intake.name_key) and intake.name_key in {o.name_key for o in own},
        _("same date of birth"): intake.born is not None
        and intake.born in {each.born for each in own},
    }
    return _joined(said, proved, *(words for words, holds in shared.items() if holds))


def decisions(case: Case) -> list[Decided]:
    """Those on the case, and what took its answers out of another."""
    made = ReviewDecision.objects.filter(Q(case=case) | Q(intake__case=case))
    made = made.select_related("by", "intake", "superseded_by")
    return [decided(each, case) for each in made]


def decided(decision: ReviewDecision, case: Case) -> Decided:
    others = {decision.case_id, decision.intake.case_id} - {case.pk}
    return Decided(
        words=decision.get_kind_display().capitalize(),
        terms=tuple(_terms(decision)),
        when=times.in_words(decision.at),
        by=str(decision.by),
        reason=decision.reason,
        elsewhere=next(iter(others), None),
        is_superseded=hasattr(decision, "superseded_by"),
    )


def _terms(decision: ReviewDecision) -> list[str]:
    terms = visit_types.in_words(decision.visit_types) if decision.visit_types else []
    if decision.xray_allowed:
        terms.append(_("with X-ray"))
    if decision.until:
        terms.append(_("to %(day)s") % {"day": _day(decision.until - timedelta(seconds=1))})
    if decision.refer_to:
        terms.append(_("to %(whom)s") % {"whom": decision.refer_to})
    if decision.refer_urgency:
        terms.append(_(decision.refer_urgency))
    texts = {question.id: question.text for question in PROTOCOL.questions}
    terms += [f"“{_(texts.get(id_, id_))}”" for id_ in decision.questions]
    if decision.own_question:
        terms.append(f"“{decision.own_question}”")
    return terms


def cleared(clearance: Clearance) -> Cleared:
    days = {"start": _day(clearance.starts_at), "end": _day(clearance.ends_at)}
    xray_words = [_("with X-ray")] if clearance.xray_allowed else []
    revoked = ""
    if clearance.revoked_at:
        revoked = _("Revoked %(when)s: %(why)s") % {
            "when": times.in_words(clearance.revoked_at),
            "why": clearance.revoked_because,
        }
    return Cleared(
        span=_("%(start)s to %(end)s") % days,
        terms=(*visit_types.in_words(clearance.visit_types), *xray_words),
        revoked=revoked,
    )


def reading(case: Case, intake: Intake) -> Reading:
    findings = list(intake.findings.all())
    booking = [f for f in findings if f.disposition == Disposition.BOOK]
    return Reading(
        column=_column(case, intake),
        holding=tuple(_fired(intake, finding) for finding in findings if finding not in booking),
        booking=tuple(_fired(intake, finding) for finding in booking),
        is_as_bad_as_the_case=intake.disposition == case.disposition,
    )


def sheet(case: Case, intakes: Sequence[Intake]) -> Sheet:
    """`intakes`, newest first: those of the case, and one from before it to compare with."""
    ids = [question.id for question in PROTOCOL.questions]
    unknown = {key for intake in intakes for key in intake.answers} - set(ids)
    return Sheet(
        columns=tuple(_column(case, intake) for intake in intakes),
        answers=_rows(intakes, [*ids, *sorted(unknown)]),
        about=_about(intakes),
    )


def _fired(intake: Intake, finding: Finding) -> Fired:
    known = intake.protocol == PROTOCOL.version and finding.rule in {r.id for r in PROTOCOL.rules}
    return Fired(
        rule=finding.rule,
        reason=_(finding.reason),
        quotes=tuple(
            Quote(
                asked(quote["id"], quote["question"]),
                "; ".join(_(label) for label in quote["labels"]),
            )
            for quote in finding.quotes
        ),
        source=finding.source,
        fires_when=PROTOCOL.rule(finding.rule).when.explain() if known else "",
    )


def _column(case: Case, intake: Intake) -> Column:
    remarks = []
    if intake.case_id != case.pk:
        remarks.append(_("before this case"))
    if not intake.is_complete:
        remarks.append(_("stopped half-way"))
    if intake.kind == Intake.Kind.RESCREEN:
        remarks.append(_("re-screen"))
    if intake.kind == Intake.Kind.ASKED:
        remarks.append(_("what you asked"))
    if intake.channel == Intake.Channel.DESK:
        remarks.append(_("asked aloud by %(who)s") % {"who": intake.typed_by})
    if intake.channel == Intake.Channel.PHONE:
        remarks.append(_("asked by phone by %(who)s") % {"who": intake.typed_by})
    if intake.protocol != PROTOCOL.version:
        remarks.append(_("protocol %(version)s") % {"version": intake.protocol})
    return Column(
        when=times.in_words(intake.submitted_at),
        outcome=intake.get_disposition_display(),
        remark=", ".join(remarks),
    )


def _whens(intakes: Sequence[Intake]) -> tuple[str, ...]:
    return tuple(times.in_words(intake.submitted_at) for intake in intakes)


def _rows(intakes: Sequence[Intake], ids: Sequence[str]) -> tuple[Row, ...]:
    said = [_said(intake) for intake in intakes]
    questions = {question.id: question for question in PROTOCOL.questions}
    return tuple(
        Row(
            label=asked(key, questions[key].text) if key in questions else key,
            said=tuple(
                each.get(key, _blank(intake)) for each, intake in zip(said, intakes, strict=True)
            ),
            whens=_whens(intakes),
        )
        for key in ids
        if any(key in each for each in said)
    )


def _said(intake: Intake) -> dict[str, str]:
    """Each answer in the words the patient picked."""
    if intake.protocol != PROTOCOL.version:
        # The words of another version may mean something else: shown as they were kept.
        return {key: _as_kept(value) for key, value in intake.answers.items()}
    shown = triage.shown_questions(intake.answers)
    put = [question for question in shown if intake.is_complete or question.id in intake.answers]
    words = {question.id: _in_words(question, intake.answers) for question in put}
    strays = intake.answers.keys() - words.keys()
    return {**words, **{key: _unread(intake.answers[key]) for key in strays}}


def _in_words(question: Question, answers: Mapping[str, object]) -> str:
    raw = answers.get(question.id)
    value = question.read(raw)
    if value is UNANSWERED and raw not in (None, "", []):
        return _unread(raw)
    return "; ".join(_(label) for label in question.labels_of(value))


def _unread(raw: object) -> str:
    return _("not counted: %(answer)s") % {"answer": _as_kept(raw)}


def _as_kept(raw: object) -> str:
    return ", ".join(map(str, raw)) if isinstance(raw, list) else str(raw)


def _about(intakes: Sequence[Intake]) -> tuple[Row, ...]:
    people = [_about_one(intake) for intake in intakes]
    labels = list(dict.fromkeys(label for person in people for label in person))
    rows = (
        Row(
            label,
            tuple(
                person.get(label) or _blank(intake)
                for person, intake in zip(people, intakes, strict=True)
            ),
            _whens(intakes),
        )
        for label in labels
    )
    return tuple(row for row in rows if not set(row.said) <= {NOT_ASKED, NOT_REACHED})


def _blank(intake: Intake) -> str:
    return NOT_ASKED if intake.is_complete else NOT_REACHED


def _about_one(intake: Intake) -> dict[str, str]:
    details = dict(intake.details)
    return {
        _("In their own words"): intake.own_words,
        **_asked_and_answered(details),
        _("Where else it hurts"): "; ".join(map(_, body.labels(details.pop("also_hurts", [])))),
        _("Medicines"): details.pop("medicines", ""),
        _("Allergies"): details.pop("allergies", ""),
        _("Family doctor"): details.pop("doctor", ""),
        _("In an emergency, call"): _joined(
            details.pop("emergency_name", ""), _phone(details.pop("emergency_phone", ""))
        ),
        _("Pays"): _joined(_payment(details.pop("payment", "")), details.pop("insurer", "")),
        _("Name"): f"{intake.given_name} {intake.family_name}".strip(),
        _("Date of birth"): _day(intake.born) if intake.born else "",
        _("Phone"): _phone(intake.phone),
        _("Email"): intake.email,
        _("Town"): intake.town.name if intake.town else intake.elsewhere,
        _("Parent or guardian"): _joined(intake.guardian_name, intake.guardian_relationship),
        **{key.replace("_", " ").capitalize(): _as_kept(value) for key, value in details.items()},
    }


def _asked_and_answered(details: dict[str, object]) -> dict[str, str]:
    question, said = details.pop(services.ASKED, ""), details.pop(services.ANSWERED, "")
    return {_("You asked: %(question)s") % {"question": question}: str(said)} if question else {}


def _day(moment: date | datetime) -> str:
    local = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    return date_format(local, "M j, Y")


def _numbers(case: Case, own: Sequence[Intake]) -> list[object]:
    on_record = [case.patient.phone] if case.patient else []
    return [*on_record, *(intake.phone for intake in own)]


def _phone(number: object) -> str:
    read = to_python(number)
    return read.as_national if read and read.is_valid() else str(number or "")


def _payment(kept: str) -> str:
    words = {"insurance": _("With insurance"), "self": _("Themselves"), "not_sure": _("Not sure")}
    return words.get(kept, kept)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
