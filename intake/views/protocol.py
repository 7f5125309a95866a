"""The protocol as the staff reads it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from clinic import access
from intake import protocol_page
from intake.triage import PROTOCOL

# More than anybody looks for; a longer one is cut.
LONGEST_SEARCH = 100


@access.staff_required
@require_GET
def read(request: HttpRequest) -> HttpResponse:
    sought = " ".join(request.GET.get("q", "").replace("\0", "")[:LONGEST_SEARCH].split())
    whole = protocol_page.page(PROTOCOL)
    found = whole.searched(sought) if sought else whole
    context = {
        "protocol": found,
        "whole": whole,
        "sought": sought,
        # What a search left out stands on the whole page.
        "rest": reverse("protocol:read") if sought else "",
    }
    return render(request, "intake/protocol.html", context)
