"""Answers on their way: kept after every screen, judged as soon as they can be."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from clinic import audit
from clinic.audit import Actor
from intake import triage
from intake.exceptions import DraftEnded
from intake.models import Case, ContactLeft, Intake, IntakeDraft


def start_draft(*, browser: UUID, now: datetime, corrects: Intake | None = None) -> IntakeDraft:
    """An empty draft for this browser."""
    return IntakeDraft.objects.create(
        browser=browser, started_at=now, touched_at=now, corrects=corrects
    )


def keep_answers(
    *,
    draft_id: UUID,
    answers: Mapping[str, object],
    shown: Collection[str],
    now: datetime,
    born: date | None = None,
) -> IntakeDraft:
    """Keep one screen's answers beside the earlier ones. `shown`: the questions it put.

    A question that was put and left blank loses its earlier answer; one that no longer applies
    is forgotten, so that it is put again should it come back. Raises DraftEnded.
    """
    with audit.writing(None):
        draft = _open_draft(draft_id)
        kept = {key: value for key, value in draft.answers.items() if key not in shown}
        draft.answers = {**kept, **answers}
        draft.shown = sorted({*draft.shown, *shown})
        draft.born = born or draft.born
        _forget_hidden(draft, timezone.localdate(now))
        draft.touched_at = now
        draft.save()
    return draft


def keep_about(*, draft_id: UUID, about: Mapping[str, object], now: datetime) -> IntakeDraft:
    """Keep who they are and what they told in their own words. Raises DraftEnded."""
    with audit.writing(None):
        draft = _open_draft(draft_id)
        draft.about = {**draft.about, **about}
        draft.touched_at = now
        draft.save(update_fields=["about", "touched_at"])
    return draft


def answers_on(draft: IntakeDraft, day: date) -> dict[str, object]:
    """The draft's answers with the age on that day, as the protocol reads them."""
    answers = dict(draft.answers)
    if draft.born and draft.born <= day:
        answers["age"] = triage.age_on(draft.born, day)
    return answers


def leave_contact(
    *, intake_id: UUID, name: str, phone: str, by: Actor, now: datetime
) -> ContactLeft:
    """Somebody on the emergency page leaves a number for the clinic to call.

    Kept beside any other: the case may be somebody's whose number the clinic needs too.
    """
    with audit.writing(by):
        intake = Intake.objects.get(pk=intake_id)
        contact = ContactLeft.objects.create(intake=intake, name=name, phone=phone, left_at=now)
        audit.record(by, "contact left", intake, at=now, patient_id=intake.patient_id)
    return contact


def report_mistake(*, intake: Intake, browser: UUID, by: Actor, now: datetime) -> IntakeDraft:
    """ "I tapped that by mistake": the answers open again, the emergency stays on record.

    What is sent next joins the same case, and somebody reviews both.
    """
    with audit.writing(by):
        case = Case.objects.select_for_update(of=("self",)).get(intakes=intake)
        case.mistake_reported_at = now
        case.save(update_fields=["mistake_reported_at"])
        before = IntakeDraft.objects.filter(submitted=intake).first()
        draft = start_draft(browser=browser, now=now, corrects=intake)
        if before:
            draft.born, draft.answers, draft.shown = before.born, before.answers, before.shown
            draft.about = before.about
            draft.save()
        audit.record(by, "mistake reported", case, at=now, patient_id=case.patient_id)
    return draft


def _forget_hidden(draft: IntakeDraft, day: date) -> None:
    applies = {question.id for question in triage.shown_questions(answers_on(draft, day))}
    draft.answers = {key: value for key, value in draft.answers.items() if key in applies}
    draft.shown = [id_ for id_ in draft.shown if id_ in applies]


def _open_draft(draft_id: UUID) -> IntakeDraft:
    draft = IntakeDraft.objects.select_for_update().get(pk=draft_id)
    if draft.submitted_id:
        raise DraftEnded
    return draft
