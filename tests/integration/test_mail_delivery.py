"""Queued messages reach a real mail server through the real worker, once, or are seen."""

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from icalendar import Calendar
from procrastinate.contrib.django import app
from pytest_django.fixtures import Settings

from clinic import delivery, messages, tasks
from clinic.models import Message, User
from tests import mail
from tests.database import TestDatabase
from tests.mail import Letterbox, Worker, jobs, let_time_pass, wait_until, work

STARTS = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)  # 9:20 AM in Ashburn
VISIT = uuid.UUID("5a3bbd9a-7a55-4c79-9e0b-5f8f3f6f7d10")
TO = "kim@example.com"


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox()


@pytest.fixture
def mail_port(
    fresh_database: TestDatabase, letterbox: Letterbox, settings: Settings
) -> Iterator[int]:
    with mail.mail_server(letterbox) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = port
        yield port


def queue_booked() -> Message:
    with transaction.atomic():
        return messages.booked(
            to=TO,
            name="Kim",
            visit_id=VISIT,
            starts_at=STARTS,
            ends_at=STARTS + timedelta(minutes=45),
            now=timezone.now(),
        )


def queue_code() -> Message:
    with transaction.atomic():
        return messages.code(to=TO, code="428193", now=timezone.now())


def test_a_booked_mail_arrives_with_its_calendar_file(mail_port: int, letterbox: Letterbox):
    message = queue_booked()

    work()

    assert letterbox.recipients == [TO]
    (arrived,) = letterbox.mails
    assert arrived["Subject"] == "Your visit on Tue, Nov 24 at 9:20 AM"
    assert arrived["To"] == TO
    assert arrived["Message-ID"] == f"<{message.pk}@localhost>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    text = arrived.get_body(("plain",))
    assert text is not None
    assert text.get_content().split() == message.body.split()
    (file,) = arrived.iter_attachments()
    assert file.get_content_type() == "text/calendar"
    assert file.get_param("method") == "PUBLISH"
    assert file.get_filename() == "visit.ics"
    calendar = Calendar.from_ical(mail.text_of(file))
    (visit,) = calendar.walk("VEVENT")
    assert visit.decoded("dtstart") == STARTS
    assert visit.decoded("dtend") == STARTS + timedelta(minutes=45)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (Message.State.SENT, 1)
    assert message.sent_at is not None
    assert [job["status"] for job in jobs()] == ["succeeded"]


def test_a_rollback_sends_nothing(mail_port: int, letterbox: Letterbox):
    with transaction.atomic():
        messages.referred(to=TO, name="Kim", now=timezone.now())
        transaction.set_rollback(True)

    work()

    assert letterbox.tries == 0
    assert not Message.objects.exists()
    assert jobs() == []


def test_a_message_is_not_sent_before_its_transaction_ends(mail_port: int, letterbox: Letterbox):
    with transaction.atomic():
        messages.referred(to=TO, name="Kim", now=timezone.now())
        elsewhere = threading.Thread(target=work)
        elsewhere.start()
        elsewhere.join()
        assert letterbox.tries == 0
    work()
    assert letterbox.tries == 1


@pytest.mark.parametrize("refusal", ["450 4.2.1 Try later", "550 5.1.1 No such person", "closed"])
def test_a_mail_nobody_takes_is_tried_again_then_failed_and_seen(
    mail_port: int, letterbox: Letterbox, settings: Settings, refusal: str
):
    letterbox.refusals = [refusal]
    if refusal == "closed":
        settings.EMAIL_PORT = mail.free_port()
    message = queue_booked()

    waits = []
    for attempt in range(1, 9):
        let_time_pass()
        before = timezone.now()
        work()
        message.refresh_from_db()
        assert message.attempts == attempt
        (job,) = jobs()
        if attempt < 8:
            assert (message.state, job["status"]) == (Message.State.QUEUED, "todo")
            waits.append(round((job["scheduled_at"] - before).total_seconds()))

    assert waits == pytest.approx([wait.total_seconds() for wait in tasks.WAITS], abs=5)
    assert (message.state, job["status"]) == (Message.State.FAILED, "failed")
    assert Message.objects.needing_attention(now=timezone.now()).get() == message
    assert letterbox.mails == []
    work()
    message.refresh_from_db()
    assert message.attempts == 8


def test_a_mail_server_that_comes_back_gets_the_mail_once(mail_port: int, letterbox: Letterbox):
    letterbox.refusals = ["451 4.3.0 Not now"]
    message = queue_booked()
    work()
    work()  # not due yet
    assert letterbox.tries == 1
    letterbox.refusals = []
    let_time_pass()
    work()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (Message.State.SENT, 2)
    assert len(letterbox.mails) == 1


def test_a_second_job_sends_nothing(mail_port: int, letterbox: Letterbox):
    message = queue_booked()
    tasks.send_later(message)
    work()
    tasks.send_later(message)
    work()
    assert len(letterbox.mails) == 1
    assert [job["status"] for job in jobs()] == ["succeeded"] * 3


def test_two_at_the_same_moment_send_once(mail_port: int, letterbox: Letterbox):
    message = queue_booked()
    letterbox.answers.clear()

    def deliver() -> None:
        delivery.deliver(message.pk, now=timezone.now(), last_attempt=False)
        connection.close()

    both = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in both:
        thread.start()
    letterbox.received.wait(10)
    time.sleep(0.5)  # the second has every chance to send as well
    letterbox.answers.set()
    for thread in both:
        thread.join()

    assert len(letterbox.mails) == 1


def test_a_failed_message_is_sent_again_when_somebody_asks(mail_port: int, letterbox: Letterbox):
    desk = User.objects.create_user("desk@example.com", is_desk=True)
    message = queue_booked()
    Message.objects.update(state=Message.State.FAILED)
    work()
    assert letterbox.mails == []

    messages.send_again(message=message, by=desk, now=timezone.now())
    messages.send_again(message=message, by=desk, now=timezone.now())
    work()

    assert len(letterbox.mails) == 1


def test_a_code_is_not_kept_once_it_is_sent(mail_port: int, letterbox: Letterbox):
    message = queue_code()
    assert "428193" in message.body
    work()
    assert "428193" in letterbox.mails[0].get_content()
    message.refresh_from_db()
    assert message.state == Message.State.SENT
    assert "428193" not in message.body


def test_the_demo_keeps_a_code_to_be_read(mail_port: int, letterbox: Letterbox, settings: Settings):
    settings.DEMO = True
    message = queue_code()
    work()
    message.refresh_from_db()
    assert "428193" in message.body


def test_a_code_nobody_waits_for_any_more_is_not_sent(mail_port: int, letterbox: Letterbox):
    message = queue_code()
    Message.objects.update(queued_at=timezone.now() - timedelta(minutes=11))
    work()
    message.refresh_from_db()
    assert letterbox.tries == 0
    assert message.state == Message.State.FAILED
    assert "428193" not in message.body


def test_a_code_goes_first(mail_port: int, letterbox: Letterbox):
    queue_booked()
    queue_code()
    ordinary, urgent = jobs()
    assert urgent["priority"] > ordinary["priority"]


@app.task
def queue_a_message_then_fail(fail: bool) -> None:
    """A job that does what a page does: writes and queues in one transaction."""
    with transaction.atomic():
        messages.referred(to=TO, name="Kim", now=timezone.now())
        time.sleep(0.3)  # another job of this worker could start now
        if fail:
            raise RuntimeError("The rest of the transaction failed.")


@pytest.mark.parametrize(("fail", "sent"), [(True, 0), (False, 1)])
def test_a_message_queued_by_a_job_stands_or_falls_with_it(
    mail_port: int, letterbox: Letterbox, fail: bool, sent: int
):
    tasks.in_this_transaction(queue_a_message_then_fail).defer(fail=fail)
    work()
    work()
    assert [job["status"] for job in jobs()] == ["succeeded"] * sent
    assert len(letterbox.mails) == sent


def test_old_finished_jobs_are_forgotten(mail_port: int):
    for _ in range(2):
        queue_booked()
    work()
    first, _second = jobs()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = at - interval '8 days' WHERE job_id = %s",
            [first["id"]],
        )
    tasks.in_this_transaction(tasks.forget_old_jobs).defer(timestamp=0)
    work()
    assert len(jobs()) == 1


def test_the_worker_process_is_told_of_a_message_at_once(
    mail_port: int, letterbox: Letterbox, fresh_database: TestDatabase, tmp_path: Path
):
    """By LISTEN and NOTIFY: it polls every five minutes here."""
    log = tmp_path / "worker.log"
    with Worker(fresh_database, mail_port, log, "--fetch-job-polling-interval", "300"):
        time.sleep(2)  # its first look, which finds nothing, is over
        queued = time.monotonic()
        message = queue_booked()
        wait_until(lambda: letterbox.mails, seconds=10)
        assert time.monotonic() - queued < 3
        wait_until(lambda: Message.objects.get().state == Message.State.SENT, seconds=10)

    text = log.read_text()
    assert str(message.pk) in text, "the log says which message, by its id"
    assert TO not in text
    assert "Kim" not in text


def test_a_killed_workers_job_is_taken_up_by_the_next(
    mail_port: int, letterbox: Letterbox, fresh_database: TestDatabase, tmp_path: Path
):
    message = queue_booked()
    letterbox.answers.clear()
    with Worker(fresh_database, mail_port, tmp_path / "first.log") as first:
        # The server has the whole mail and has not said yes.
        assert letterbox.received.wait(30)
        first.kill()
    assert [job["status"] for job in jobs()] == ["doing"]
    message.refresh_from_db()
    assert message.state == Message.State.QUEUED
    letterbox.answers.set()

    let_time_pass()
    second_log = tmp_path / "second.log"
    with Worker(fresh_database, mail_port, second_log):
        wait_until(lambda: Message.objects.get().state == Message.State.SENT)
        wait_until(lambda: jobs()[0]["status"] == "succeeded")

    assert "was abandoned and starts again" in second_log.read_text()
    once, again = letterbox.mails
    assert once["Message-ID"] == again["Message-ID"], "a mailbox can drop the second copy"


def test_a_job_that_ends_every_worker_is_given_up_and_seen(mail_port: int):
    message = queue_booked()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", [tasks.MOST_ATTEMPTS]
        )
    Message.objects.update(queued_at=timezone.now() - timedelta(hours=6))
    tasks.in_this_transaction(tasks.take_up_abandoned_jobs).defer(timestamp=0)
    work()
    assert [job["status"] for job in jobs()] == ["failed"]
    assert Message.objects.needing_attention(now=timezone.now()).get() == message
