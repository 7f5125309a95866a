"""Asked aloud at the desk, on the day of a visit: how are they today, and has anything changed?

The same questions and rules as the patient's own form. Whoever types never sees what was said
before: only what this conversation said, until it is sent.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils import timezone

from clinic import audit
from clinic.models import User
from intake import renewal, screens, triage
from intake.exceptions import SomebodyLooksFirst, StillToAsk
from intake.models import Intake, IntakeDraft, Patient
from intake.public import is_held
from intake.screens import Walk
from intake.services import cases
from intake.services.drafts import TYPED, answers_on, keep_about, keep_answers
from intake.services.renewal import known_of, still_to_confirm
from intake.services.submission import LEFT_AFTER, record_emergency, submit

# What was said of everything that is not asked again: it is as before, or is all asked anew.
REST, SAME, CHANGED = "rest", "same", "changed"
# Which earlier answers stand because they said so. They are sent, and never shown.
CONFIRMED = "confirmed"
# Where the desk goes on afterwards.
THEN = "then"
_CONFIRMED_WITH_THE_REST = {"medicines", "allergies"}


def begin_at_desk(*, patient: Patient, then: str, by: User, now: datetime) -> IntakeDraft:
    """The form begun a moment ago, which a sign-off may have cut short, or a new one.

    Without full answers of the last year everything is asked anew. Raises SomebodyLooksFirst
    while a case of theirs is unresolved, Intake.DoesNotExist for who never answered.
    """
    with audit.writing(by):
        # Two presses begin one form.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        if is_held(patient.pk):
            raise SomebodyLooksFirst
        records = Patient.objects.same_person_as(patient.pk)
        begun = being_typed(now).filter(renews__patient__in=records).first()
        if begun:
            return begun
        answered = Intake.objects.filter(patient__in=records)
        renewable = answered.renewable(now).first()
        earlier = renewable or answered.latest("is_complete", "submitted_at")
        about = {key: said for key, said in known_of(patient, earlier).items() if key != TYPED}
        draft = IntakeDraft.objects.create(
            browser=uuid4(),
            typed_by=by,
            born=patient.born,
            renews=earlier,
            about={**about, THEN: then} if renewable else {**_unconfirmed(about), THEN: then},
            started_at=now,
            touched_at=now,
        )
        audit.record(by, "questions begun at the desk", patient, at=now, patient_id=patient.pk)
    return draft


def being_typed(now: datetime) -> QuerySet[IntakeDraft]:
    """Forms that somebody is filling in at the desk. One that was left is judged, and over."""
    return IntakeDraft.objects.filter(
        typed_by__isnull=False,
        by_phone=False,
        submitted=None,
        touched_at__gt=now - LEFT_AFTER,
    ).select_related("renews__patient")


def walk_at_desk(draft: IntakeDraft, day: date) -> Walk:
    """The screens that are put at the desk: no answer from before is among them."""
    later = () if REST in draft.about else still_to_confirm(draft, day)
    unseen = {*renewal.KNOWN, *later, *draft.about.get(CONFIRMED, ())}
    return screens.walk(answers_on(draft, day), left_out=unseen)


def tell_at_desk(
    *,
    draft_id: UUID,
    answers: Mapping[str, object],
    put: Collection[str],
    by: User,
    now: datetime,
    born: date | None = None,
) -> Intake | None:
    """Keep what they said on one screen; `put` are its questions.

    An emergency is recorded at once, and returned. One left blank is asked again, so that a rule
    which counts a missing answer still waits. Raises DraftEnded.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        draft = keep_answers(draft_id=draft_id, answers=answers, shown=put, born=born, now=now)
        answered = {id_ for id_ in draft.shown if id_ not in put or id_ in draft.answers}
        return _emergency(draft, answered, by=by, now=now)


def tell_the_rest(
    *, draft_id: UUID, rest: str, words: str, by: User, now: datetime
) -> Intake | None:
    """They said that all the rest is as before (SAME), or not: then it is asked anew.

    `words` is what else they said. An emergency is recorded at once. Raises DraftEnded.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        draft = keep_about(draft_id=draft_id, about={REST: rest, "own_words": words}, now=now)
        # Said once more, before it was sent: what stood by the first answer is taken back.
        before = draft.about.get(CONFIRMED, [])
        draft = keep_answers(draft_id=draft_id, answers={}, shown=before, now=now)
        confirmed = still_to_confirm(draft, timezone.localdate(now)) if rest == SAME else {}
        about = {} if rest == SAME else _unconfirmed(draft.about)
        keep_about(draft_id=draft_id, about={**about, CONFIRMED: list(confirmed)}, now=now)
        draft = keep_answers(draft_id=draft_id, answers=confirmed, shown=list(confirmed), now=now)
        return _emergency(draft, draft.shown, by=by, now=now)


def send_from_desk(*, draft_id: UUID, by: User, now: datetime) -> Intake:
    """All was asked: the rules run. What is worse acts at once; it lets nobody through.

    Safe to call twice. Raises StillToAsk, GuardianNeeded.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        draft = IntakeDraft.objects.select_for_update().get(pk=draft_id)
        if draft.submitted:
            return draft.submitted
        walk = walk_at_desk(draft, timezone.localdate(now))
        if REST not in draft.about or walk.first_unanswered:
            raise StillToAsk
        return submit(draft_id=draft.pk, by=by, now=now)


def _unconfirmed(about: Mapping[str, object]) -> dict[str, object]:
    """Nothing that was said before stands: all is asked anew."""
    details = about.get("details")
    kept = dict(details) if isinstance(details, dict) else {}
    standing = {key: said for key, said in kept.items() if key not in _CONFIRMED_WITH_THE_REST}
    return {**about, "details": standing, REST: CHANGED}


def _emergency(
    draft: IntakeDraft, put: Collection[str], *, by: User, now: datetime
) -> Intake | None:
    decision = triage.assess_so_far(answers_on(draft, timezone.localdate(now)), put)
    if decision is None:
        return None
    return record_emergency(draft_id=draft.pk, decision=decision, by=by, now=now)
