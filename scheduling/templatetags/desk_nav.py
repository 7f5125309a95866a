"""What waits for the desk, counted for the head of every staff page."""

from django import template

from scheduling import work_lists

register = template.Library()


@register.simple_tag
def desk_counts() -> work_lists.Counts:
    return work_lists.counts()
