"""Hands one queued message to the mail server, at most one worker at a time."""

import logging
import smtplib
from datetime import datetime, timedelta
from email.mime.text import MIMEText
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext

from clinic import calendar_file
from clinic.models import Message

log = logging.getLogger(__name__)


class DeliveryFailed(Exception):
    """The mail server did not take a message.

    Says what kind of error it was, never the server's own words: they name the recipient.
    """


def deliver(message_id: UUID, *, now: datetime, last_attempt: bool) -> None:
    """Send a message and mark it SENT; a SENT one is never sent again.

    Raises DeliveryFailed; after the last attempt the message is FAILED. A worker killed between
    the mail server's yes and the mark sends twice, with the same Message-ID.
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.state != Message.State.QUEUED:
            return
        if _is_too_late(message, now):
            log.warning("A code waited longer than it lasts and was not sent.")
            _close(message, Message.State.FAILED)
            return
        problem = _hand_over(message)
        message.attempts += 1
        message.save(update_fields=["attempts"])
        if not problem:
            message.sent_at = now
            _close(message, Message.State.SENT)
        elif last_attempt:
            _close(message, Message.State.FAILED)
    if problem:
        # After the transaction, which keeps the count of attempts.
        raise DeliveryFailed(problem)


def _is_too_late(message: Message, now: datetime) -> bool:
    lasts = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
    return message.is_secret and now - message.queued_at > lasts


def _hand_over(message: Message) -> str:
    """The kind of error, or nothing."""
    try:
        _email(message).send()
    except smtplib.SMTPResponseException as error:
        return f"{type(error).__name__} {error.smtp_code}"
    except (OSError, ValueError) as error:  # the rest of smtplib's; an address it cannot read
        return type(error).__name__
    return ""


def _email(message: Message) -> EmailMessage:
    email = EmailMessage(
        message.subject,
        message.body,
        to=[message.recipient],
        headers={
            # A second copy can be told from a second message.
            "Message-ID": f"<{message.pk}@{urlsplit(settings.SITE_URL).hostname}>",
            # Away notices are not sent to machines.
            "Auto-Submitted": "auto-generated",
        },
    )
    if message.calendar:
        email.attach(_calendar_part(message.calendar))
    return email


def _calendar_part(calendar: str) -> MIMEText:
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", calendar_file.METHOD)
    part.add_header("Content-Disposition", "attachment", filename=calendar_file.FILE_NAME)
    return part


def _close(message: Message, state: Message.State) -> None:
    message.state = state
    if message.is_secret and not settings.DEMO:
        message.body = gettext("This message carried a code, which is not kept.")
    message.save(update_fields=["state", "body", "sent_at"])
