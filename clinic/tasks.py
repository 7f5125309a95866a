"""Jobs: what a worker does, apart from any page. Their arguments are ids, which may be logged."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import Job, JobDeferrer, Status
from procrastinate.manager import JobManager
from procrastinate.tasks import Task, configure_task

from clinic import delivery, limits
from clinic.models import Message

log = logging.getLogger(__name__)

# Eight attempts in about five hours: a mail server restarted, or somebody called to mend it.
WAITS = tuple(
    timedelta(**wait)
    for wait in (
        {"seconds": 10},
        {"seconds": 30},
        {"minutes": 2},
        {"minutes": 10},
        {"minutes": 30},
        {"hours": 1},
        {"hours": 3},
    )
)
# A job that took this many workers down with it is not given to another.
MOST_ATTEMPTS = 12
KEEP_FINISHED_HOURS = 24 * 7
KEEP_FAILED_HOURS = 24 * 90
URGENT = 10
AT_ONCE = timedelta(0)


def in_this_transaction(
    task: "Task[Any, Any, Any]", *, priority: int = 0, wait: timedelta = AT_ONCE
) -> JobDeferrer:
    """A job that exists once the caller's transaction is committed, and not before.

    It is not begun before `wait` is over.

    `task.defer()` promises that in a web process only: in a worker it uses a connection of its
    own, where the job could run before what it is about is there, or after it was taken back.
    """
    return configure_task(
        name=task.name,
        job_manager=JobManager(DjangoConnector()),
        priority=priority,
        schedule_in={"seconds": int(wait.total_seconds())} if wait else None,
    )


def send_later(message: Message, *, wait: timedelta = AT_ONCE) -> None:
    """Leave a message to `send_message`; somebody who waits for a code comes first."""
    priority = URGENT if message.is_secret else 0
    job = in_this_transaction(send_message, priority=priority, wait=wait)
    job.defer(message_id=str(message.pk))


class MoreAndMorePatient(BaseRetryStrategy):
    """Waits longer after each failure, then gives up."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= len(WAITS):
            return None
        return RetryDecision(retry_at=timezone.now() + WAITS[job.attempts])


@app.task(pass_context=True, retry=MoreAndMorePatient())
def send_message(context: JobContext, message_id: str) -> None:
    delivery.deliver(
        UUID(message_id),
        now=timezone.now(),
        last_attempt=context.job.attempts >= len(WAITS),
    )


@app.periodic(cron="* * * * *")
@app.task(pass_context=True)
async def take_up_abandoned_jobs(context: JobContext, timestamp: int) -> None:
    """A killed worker's jobs stay `doing` for ever: give them to a worker that lives."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        if job.attempts < MOST_ATTEMPTS:
            log.warning("Job %s of %s was abandoned and starts again.", job.id, job.task_name)
            await manager.retry_job(job)
        else:
            log.error("Job %s of %s was abandoned too often.", job.id, job.task_name)
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)


@app.periodic(cron="17 3 * * *")
@app.task(pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    manager = context.app.job_manager
    await manager.delete_old_jobs(nb_hours=KEEP_FINISHED_HOURS)
    await manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )


@app.periodic(cron="37 3 * * *")
@app.task
def forget_sessions_and_tries(timestamp: int) -> None:
    """Sessions that ended, and tries that no limit counts any more."""
    SessionStore.clear_expired()
    limits.forget_all_before(timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task
def report_unsent_messages(timestamp: int) -> None:
    """Say in the log what staff see on their pages, for whoever watches the machines."""
    unsent = Message.objects.needing_attention(now=timezone.now()).count()
    if unsent:
        log.error("%s messages could not be sent or wait too long.", unsent)
