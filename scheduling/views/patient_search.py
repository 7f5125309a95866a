"""A patient found from anywhere on the staff's pages. What is typed never stands in an address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from clinic import access
from scheduling import patient_search
from scheduling.patient_search import Found


@access.staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The page of what was found, or inside another page its list alone."""
    text = request.POST.get("text", "").strip()
    found = _found(request, text)
    in_a_page: HtmxDetails | bool = getattr(request, "htmx", False)
    page = "scheduling/_staff_found.html" if in_a_page else "scheduling/staff_search.html"
    context = {"searched": text, "found": found, "may_add": access.is_desk(request.user)}
    return render(request, page, context)


def _found(request: HttpRequest, text: str) -> list[Found]:
    if not text:
        return []
    return patient_search.search(text, by=access.signed_in(request), now=timezone.now())
