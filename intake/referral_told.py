"""A referral in the patient's words: the letter, the report, and what comes next."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from clinic import times
from clinic.models import User
from intake.models import Case, Intake, Patient, Referral, ReferralLetter, ReferralStep

Step = ReferralStep.Kind


@dataclass(frozen=True)
class HandedIn:
    """A file of theirs that we have."""

    id: UUID
    name: str
    when: str


@dataclass(frozen=True)
class Told:
    """What the page says. `may_say_seen`: nothing of theirs came back yet."""

    id: UUID
    lead: str
    next: str
    has_letter: bool
    letter: str
    is_running: bool
    may_say_seen: bool
    reports: tuple[HandedIn, ...]


def newest_of(intake: Intake, reader: User) -> Referral | None:
    """The referral their result leads to, while the case or its last referral is about them."""
    if intake.case_id is None or intake.patient_id is None:
        return None
    own = Referral.objects.visible_to(reader).filter(case=intake.case_id)
    records = Patient.objects.same_person_as(intake.patient_id)
    return own.filter(decision__intake__patient__in=records).first()


def told(referral: Referral) -> Told:
    steps = {step.kind: step for step in referral.steps.all()}
    is_running = Step.DECIDED not in steps
    sent = sent_letter(referral)
    return Told(
        id=referral.pk,
        lead=_lead(referral, set(steps)),
        next=_next(referral.case, set(steps)),
        has_letter=sent is not None,
        letter=_letter(sent),
        is_running=is_running,
        may_say_seen=is_running and not {Step.SEEN, Step.REPORT} & set(steps),
        reports=tuple(
            HandedIn(report.pk, report.name, times.in_words(report.at))
            for report in referral.reports.defer("content")
        ),
    )


def sent_letter(referral: Referral) -> ReferralLetter | None:
    """The letter as it went out last: no draft is anybody's to take along."""
    sent = referral.steps.filter(kind=Step.SENT).select_related("letter").last()
    return sent.letter if sent else None


def _lead(referral: Referral, steps: set[str]) -> str:
    if Step.DECIDED in steps:
        return _("Dr. Solomon has decided since. See your result for what comes next.")
    if Step.REPORT in steps:
        return _("Thank you. Dr. Solomon has the report.")
    if Step.SEEN in steps:
        return _("Thank you. Dr. Solomon knows that the doctor has seen you.")
    letter = referral.letters.latest("version")
    return _("Dr. Solomon asks you to see a doctor by %(day)s.") % {
        "day": times.day_in_words(letter.see_by)
    }


def _next(case: Case, steps: set[str]) -> str:
    if Step.DECIDED in steps:
        return ""
    if case.state == Case.State.OPEN and {Step.REPORT, Step.SEEN} & steps:
        due = {"when": times.in_words(case.due_at)}
        return _("You will hear from us by %(when)s. You cannot book a visit before that.") % due
    return _("Then tell us on this page. You cannot book a visit before Dr. Solomon decides.")


def _letter(sent: ReferralLetter | None) -> str:
    if sent is None:
        return _("The letter is not ready yet. We email you when it is.")
    return _("It is for %(doctor)s. Show it, or print it and take it with you.") % {
        "doctor": sent.to_name
    }
