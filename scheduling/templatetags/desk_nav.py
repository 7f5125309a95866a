"""What waits for the desk, counted for the head of every staff page."""

from django import template

from scheduling import work_lists

register = template.Library()


@register.simple_tag
def calls_to_make() -> int:
    return work_lists.calls_to_make()
