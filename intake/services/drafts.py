"""Answers on their way: kept after every screen, judged as soon as they can be."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from clinic import audit, messages
from clinic.audit import Actor
from clinic.models import ClinicProfile, User
from intake import renewal, triage
from intake.exceptions import AnswersChanged, DraftEnded
from intake.models import Case, ContactLeft, Intake, IntakeDraft

# Kept beside what is sent: what was typed, so that nothing is typed twice.
TYPED = "typed"
ALSO_HURTS = "also_hurts"
# What the form calls a town that is not on its list.
ELSEWHERE = "elsewhere"


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
    also_hurts: Collection[str] | None = None,
    seen: int | None = None,
) -> IntakeDraft:
    """Keep one screen's answers beside the earlier ones. `shown`: the questions it put.

    A question that was put and left blank loses its earlier answer; one that no longer applies
    is forgotten, so that it is put again should it come back. `seen` is the version that the
    page was made from. Raises DraftEnded, and AnswersChanged instead of overwriting newer ones.
    """
    with audit.writing(None):
        draft = _open_draft(draft_id)
        before = _said(draft)
        kept = {key: value for key, value in draft.answers.items() if key not in shown}
        draft.answers = {**kept, **answers}
        draft.shown = sorted({*draft.shown, *shown})
        draft.born = born or draft.born
        if also_hurts is not None:
            draft.also_hurts = list(also_hurts)
        _require_nothing_newer(draft, before, put={*shown, ALSO_HURTS}, seen=seen)
        _forget_hidden(draft, timezone.localdate(now))
        _keep(draft, before, now=now)
    return draft


def keep_typed(
    *,
    draft_id: UUID,
    typed: Mapping[str, str],
    put: Collection[str],
    now: datetime,
    seen: int | None = None,
) -> IntakeDraft:
    """Keep what was typed about themselves on one page, right or wrong. `put`: its fields.

    Raises DraftEnded, AnswersChanged: see `keep_answers`.
    """
    with audit.writing(None):
        draft = _open_draft(draft_id)
        before = _said(draft)
        earlier = draft.about.get(TYPED, {})
        kept = {name: text for name, text in earlier.items() if name not in put}
        draft.about = {**draft.about, TYPED: {**kept, **typed}}
        _require_nothing_newer(draft, before, put={_typed_key(name) for name in put}, seen=seen)
        _keep(draft, before, now=now)
    return draft


def keep_about(
    *, draft_id: UUID, about: Mapping[str, object], now: datetime, seen: int | None = None
) -> IntakeDraft:
    """Keep who they are, as it will be sent.

    Raises DraftEnded, and AnswersChanged when anything is newer than what was shown.
    """
    with audit.writing(None):
        draft = _open_draft(draft_id)
        if seen is not None and draft.version != seen:
            raise AnswersChanged(draft)
        draft.about = {**draft.about, **about}
        draft.touched_at = now
        draft.save(update_fields=["about", "touched_at"])
    return draft


def keep_for_later(*, draft_id: UUID, account: User, link: str, now: datetime) -> IntakeDraft:
    """The draft is this account's, which proved its address: mail it the link back.

    Raises DraftEnded.
    """
    with audit.writing(account):
        draft = _open_draft(draft_id)
        draft.account = account
        draft.touched_at = now
        draft.save(update_fields=["account", "touched_at"])
        audit.record(account, "draft kept for later", draft, at=now)
        messages.resume(to=account.email, link=link, until=kept_until(draft), now=now)
    return draft


def take_up(*, draft: IntakeDraft, account: User, now: datetime) -> None:
    """Somebody who proved the draft's address goes on with it on this device."""
    with audit.writing(account):
        IntakeDraft.objects.filter(pk=draft.pk).update(touched_at=now)
        audit.record(account, "draft taken up", draft, at=now)


def kept_until(draft: IntakeDraft) -> datetime:
    """When it is deleted, unless somebody goes on with it."""
    return draft.touched_at + timedelta(days=ClinicProfile.current().draft_days)


def forget_left_drafts(*, now: datetime) -> int:
    """Delete the forms that somebody left long ago; how many.

    Only those already judged after their last answer (`judge_left_drafts`): an emergency in one
    was recorded then, and what was recorded is never deleted. One that corrects a mistaken tap
    stays with its case.
    """
    before = now - timedelta(days=ClinicProfile.current().draft_days)
    left = IntakeDraft.objects.filter(
        submitted=None, corrects=None, asked=None, touched_at__lt=before
    )
    with audit.writing(None):
        deleted, _kinds = left.filter(judged_at__gte=F("touched_at")).delete()
    return deleted


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
            draft.about, draft.also_hurts = before.about, before.also_hurts
            draft.renews = before.renews
            draft.save()
        audit.record(by, "mistake reported", case, at=now, patient_id=case.patient_id)
    return draft


def _said(draft: IntakeDraft) -> dict[str, object]:
    """Everything somebody said so far, each under a key of its own."""
    typed = draft.about.get(TYPED, {})
    return {
        **draft.answers,
        "age": draft.born and draft.born.isoformat(),
        ALSO_HURTS: list(draft.also_hurts),
        **{_typed_key(name): text for name, text in typed.items()},
    }


def _typed_key(name: str) -> str:
    return f"{TYPED}.{name}"


def _require_nothing_newer(
    draft: IntakeDraft, before: Mapping[str, object], *, put: Collection[str], seen: int | None
) -> None:
    """`before`: what was kept. What the page says again as it is kept overwrites nothing."""
    if seen is None:
        return
    now_said = _said(draft)
    overwritten = sorted(
        key
        for key in put
        if draft.changed_in.get(key, 0) > seen and before.get(key) != now_said.get(key)
    )
    if overwritten:
        draft.refresh_from_db()
        raise AnswersChanged(draft, overwritten)


def _keep(draft: IntakeDraft, before: Mapping[str, object], *, now: datetime) -> None:
    after = _said(draft)
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    if changed:
        draft.version += 1
        draft.changed_in = {**draft.changed_in, **dict.fromkeys(changed, draft.version)}
    draft.touched_at = now
    draft.save()


def _forget_hidden(draft: IntakeDraft, day: date) -> None:
    # A follow-up of an earlier answer, changed before that one is confirmed, stays.
    earlier = draft.renews.answers if draft.renews else {}
    said = renewal.together(earlier, answers_on(draft, day))
    applies = {question.id for question in triage.shown_questions(said)}
    draft.answers = {key: value for key, value in draft.answers.items() if key in applies}
    draft.shown = [id_ for id_ in draft.shown if id_ in applies]


def _open_draft(draft_id: UUID) -> IntakeDraft:
    draft = IntakeDraft.objects.select_for_update().get(pk=draft_id)
    if draft.submitted_id:
        raise DraftEnded
    return draft
