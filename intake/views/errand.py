"""What somebody was about to do when the questions came first; afterwards they are led back to it.

Kept with the browser's session, for the one draft it was noted with, and only ever an address of
the own family's pages: whoever is led there is asked again whether it is theirs.
"""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.translation import gettext_lazy

from clinic import access
from intake.models import Clearance, Intake, IntakeDraft

# What the pages that lead to the questions send along with "begin".
FIELD = "then"
CHOOSE = "scheduling:choose"
_KEY = "intake_errand"
_DONE = {
    CHOOSE: gettext_lazy("Thank you. Now choose a time."),
    "scheduling:move": gettext_lazy("Thank you. Now choose another time."),
    "scheduling:offer": gettext_lazy("Thank you. Now you can take the time."),
    "scheduling:visit": gettext_lazy("Thank you. We have your answers."),
}


def note(request: HttpRequest, draft: IntakeDraft) -> None:
    """Remember where to go on once this draft is sent; without a place, forget an earlier one."""
    request.session.pop(_KEY, None)
    place = _place(request.POST.get(FIELD, ""))
    if place:
        request.session[_KEY] = {"draft": str(draft.pk), "to": place}


def go_on(request: HttpRequest, draft: IntakeDraft, intake: Intake) -> HttpResponse | None:
    """Back to what they were about to do; None when there was nothing, or it has to wait."""
    noted = request.session.pop(_KEY, None)
    if not noted or noted["draft"] != str(draft.pk) or intake.case_id:
        return None
    match = _match(noted["to"])
    if match is None:
        return None
    messages.success(request, str(_DONE[match.view_name]))
    return redirect(_longest(match, intake) or noted["to"])


def _place(address: str) -> str:
    """The path alone: what follows the question mark may be anything."""
    path = urlsplit(address).path if access.is_local(address) else ""
    return path if path and _match(path) else ""


def _match(path: str) -> ResolverMatch | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return match if match.view_name in _DONE else None


def _longest(match: ResolverMatch, intake: Intake) -> str:
    """These answers let them book for longer than the ones before them did.

    Leave that was given by a decision may allow more than answers do: it stays the one.
    """
    if match.view_name != CHOOSE:
        return ""
    wished = Clearance.objects.filter(pk=match.kwargs["clearance_id"], decision=None).exists()
    renewed = intake.clearances.first()
    return reverse(CHOOSE, args=[renewed.pk]) if wished and renewed else ""
