"""What stands before everything that asks who somebody is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from scheduling.views.openings import openings

# As scheduling.urls has it; a test holds the two together.
OPENINGS = "/openings.json"

Handler = Callable[[HttpRequest], HttpResponse]


def for_anybody(get_response: Handler) -> Handler:
    """Gives the slot answer that is about nobody without looking who asks.

    Sessions, languages, messages and the walk through all the addresses took half of its time. And
    as no cookie is looked at, it is one answer for all, for the caches on the way too.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path_info == OPENINGS and "clearance" not in request.GET:
            return openings(request)
        return get_response(request)

    return handle
