"""The protocol as the staff reads it, and its signature by a chiropractor."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic import access
from intake import protocol_page, services, signed
from intake.forms.signing import SigningForm
from intake.services.signing import ProtocolChanged
from intake.triage import PROTOCOL
from intake.triage.fingerprint import fingerprint

# More than anybody looks for; a longer one is cut.
LONGEST_SEARCH = 100


@access.staff_required
@require_GET
def read(request: HttpRequest) -> HttpResponse:
    sought = " ".join(request.GET.get("q", "").replace("\0", "")[:LONGEST_SEARCH].split())
    whole = protocol_page.page(PROTOCOL)
    found = whole.searched(sought) if sought else whole
    signatures = signed.signatures()
    by_them = any(signature.by == request.user for signature in signatures)
    context = {
        "protocol": found,
        "whole": whole,
        "sought": sought,
        # What a search left out stands on the whole page.
        "rest": reverse("protocol:read") if sought else "",
        "signatures": signed.in_words(signatures),
        "why_unsigned": signed.why_unsigned(),
        "fingerprint": fingerprint(PROTOCOL),
        "may_sign": access.signs_protocol(request.user) and not by_them,
    }
    return render(request, "intake/protocol.html", context)


@access.signer_required
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _to_sign(request, SigningForm())
    form = SigningForm(request.POST)
    if not form.is_valid():
        return _to_sign(request, form, status=422)
    try:
        services.sign_protocol(
            by=access.signed_in(request), now=timezone.now(), **form.cleaned_data
        )
    except ProtocolChanged as problem:
        form.add_error(None, str(problem))
        return _to_sign(request, form, status=409)
    messages.success(request, _("You signed version %(version)s.") % {"version": PROTOCOL.version})
    return redirect("protocol:read")


def _to_sign(request: HttpRequest, form: SigningForm, *, status: int = 200) -> HttpResponse:
    context = {
        "protocol": protocol_page.page(PROTOCOL),
        "form": form,
        "fingerprint": fingerprint(PROTOCOL),
    }
    return render(request, "intake/protocol_sign.html", context, status=status)
