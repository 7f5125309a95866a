"""What the chiropractor asks a patient: put on their own page, and judged again with the rest."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import uuid4

from django.utils import timezone

from clinic import audit
from clinic.models import User
from intake import triage
from intake.exceptions import NotAskedAnyMore
from intake.models import Case, Intake, IntakeDraft, ReviewDecision
from intake.services import cases
from intake.services.drafts import ALSO_HURTS, answers_on, keep_answers
from intake.services.submission import ABOUT_FIELDS, record_emergency, submit
from intake.triage import Question

# Kept with what else they told: the chiropractor's own question, and what was answered.
ASKED, ANSWERED = "asked", "answered"
# Known of them, or somebody else's to answer.
_NEVER_ASKED = {"age", "guardian"}


def askable(intake: Intake) -> list[Question]:
    """The questions of the form as these answers make it; a follow-up comes by itself."""
    shown = triage.shown_questions(intake.answers)
    return [question for question in shown if question.id not in _NEVER_ASKED]


def prepare(decision: ReviewDecision, *, now: datetime) -> IntakeDraft:
    """A form with the earlier answers to everything but what is asked."""
    earlier = decision.intake
    patient = earlier.patient
    details = dict(earlier.details)
    also_hurts = details.pop(ALSO_HURTS, [])
    about = {field: str(getattr(earlier, field)) for field in ABOUT_FIELDS}
    answers = {
        key: value
        for key, value in earlier.answers.items()
        if key not in {*decision.questions, "age"}
    }
    return IntakeDraft.objects.create(
        browser=uuid4(),
        asked=decision,
        renews=earlier,
        born=patient.born if patient else earlier.born,
        answers=answers,
        shown=sorted(answers),
        also_hurts=also_hurts,
        about={**about, "town_id": earlier.town_id, "details": details},
        started_at=now,
        touched_at=now,
    )


def is_open(decision: ReviewDecision) -> bool:
    """Nobody decided since, no other answers came, and it is not answered yet."""
    drafts = IntakeDraft.objects.filter(asked=decision, submitted=None)
    newest = decision.case.decisions.exclude(kind=ReviewDecision.Kind.SET_ASIDE).first()
    return newest == decision and drafts.filter(asked__case__state=Case.State.ASKED).exists()


def to_answer(draft: IntakeDraft, day: date) -> list[Question]:
    """What was asked, and what follows from its answers; in the order of the form."""
    if draft.asked is None or draft.renews is None:
        return []
    before = {question.id for question in triage.shown_questions(draft.renews.answers)}
    now_put = set(draft.asked.questions)
    return [
        question
        for question in triage.shown_questions(answers_on(draft, day))
        if question.id in now_put or question.id not in before
    ]


def own_answer(draft: IntakeDraft) -> str:
    """To the chiropractor's own question, as far as it was given."""
    return str(draft.about["details"].get(ANSWERED, ""))


def answer(
    *,
    decision: ReviewDecision,
    answers: Mapping[str, object],
    put: Collection[str],
    own_answer: str,
    by: User,
    now: datetime,
) -> Intake | None:
    """Keep what was answered; with nothing left to answer, send it: the rules run again.

    None while something is still to be answered. An emergency acts at once. What comes out
    worse acts at once, what comes out better waits for the chiropractor. Safe to call twice.
    Raises NotAskedAnyMore when nobody waits for it and it says nothing worse than before.
    """
    with audit.writing(by):
        cases.one_submission_at_a_time()
        draft = IntakeDraft.objects.select_for_update().get(asked=decision)
        if draft.submitted:
            return draft.submitted
        draft = keep_answers(draft_id=draft.pk, answers=answers, shown=put, now=now)
        if decision.own_question:
            said = {ASKED: decision.own_question, ANSWERED: own_answer}
            draft.about = {**draft.about, "details": {**draft.about["details"], **said}}
            draft.save(update_fields=["about"])
        day = timezone.localdate(now)
        at_once = triage.assess_so_far(answers_on(draft, day), draft.shown)
        if at_once:
            return record_emergency(draft_id=draft.pk, decision=at_once, by=by, now=now)
        unanswered = [q for q in to_answer(draft, day) if q.id not in draft.answers]
        if unanswered or (decision.own_question and not own_answer):
            return None
        if not is_open(decision) and not _says_worse(draft, day):
            raise NotAskedAnyMore
        return submit(draft_id=draft.pk, by=by, now=now)


def _says_worse(draft: IntakeDraft, day: date) -> bool:
    """Something fires that did not before. What is said is never dropped then."""
    before = draft.renews.rules if draft.renews else []
    return bool(set(triage.assess(answers_on(draft, day)).rules) - set(before))
