"""What every staff page says: what waits, counted for its head, and whether the protocol stands."""

from django import template
from django.db.models import Count, Q
from django.utils import timezone

from clinic.models import Message
from intake import signed
from intake.models import Case

register = template.Library()


@register.simple_tag
def cases_awaiting_review() -> dict[str, int]:
    """How many wait, and how many of them longer than the patient was promised."""
    overdue = Count("pk", filter=Q(due_at__lte=timezone.now()))
    return Case.objects.awaiting_review().aggregate(waiting=Count("pk"), overdue=overdue)


@register.simple_tag
def messages_needing_attention() -> int:
    return Message.objects.needing_attention(now=timezone.now()).count()


@register.simple_tag
def why_protocol_is_unsigned() -> str:
    return signed.why_unsigned()
