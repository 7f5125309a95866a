"""A telephone number in a sentence or on a link: it stays on one line."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from phonenumber_field.phonenumber import PhoneNumber

register = template.Library()


@register.filter
def to_call(number: PhoneNumber) -> SafeString:
    """In a sentence: pressed, it is called."""
    return format_html('<a class="tel" href="{}">{}</a>', number.as_rfc3966, number.as_national)


@register.filter
def unbroken(number: PhoneNumber) -> SafeString:
    """In a link that says more than the number."""
    return format_html('<span class="tel">{}</span>', number.as_national)
