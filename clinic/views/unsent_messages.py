"""Messages that did not reach anybody: sent again, or told in another way."""

from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic import access, messages, times
from clinic.models import Message

# The rest come up as these are dealt with.
MOST_SHOWN = 100


@access.staff_required
@require_GET
def unsent_messages(request: HttpRequest) -> HttpResponse:
    waiting = Message.objects.needing_attention(now=timezone.now()).order_by("-queued_at")
    return render(
        request,
        "clinic/unsent_messages.html",
        {
            "lines": [
                {
                    "id": message.pk,
                    "to": message.recipient or _("no email address"),
                    "subject": message.subject,
                    "when": times.in_words(message.queued_at),
                    "state": message.get_state_display(),
                    "may_send_again": bool(message.recipient) and not message.is_secret,
                    "may_set_aside": message.state == Message.State.FAILED,
                }
                for message in waiting[:MOST_SHOWN]
            ]
        },
    )


@access.staff_required
@require_POST
def send_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = get_object_or_404(Message, pk=pk)
    messages.send_again(message=message, by=access.signed_in(request), now=timezone.now())
    notices.success(request, _("It will be tried again now."))
    return redirect("clinic:unsent_messages")


@access.staff_required
@require_POST
def set_aside(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = get_object_or_404(Message, pk=pk)
    messages.set_aside(message=message, by=access.signed_in(request), now=timezone.now())
    notices.success(request, _("Noted: they were told in another way."))
    return redirect("clinic:unsent_messages")
