"""The desk asks a patient aloud, screen by screen, and types what they say.

No earlier answer is ever on these pages; once it is sent, neither is what was just typed.
"""

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access, audit, times
from intake import renewal, services, told_at_desk
from intake.exceptions import DraftEnded, GuardianNeeded, SomebodyLooksFirst
from intake.forms import Asking
from intake.forms.rest import RestForm
from intake.models import Intake, IntakeDraft, Patient
from intake.screens import Stop, Walk
from intake.services.desk import REST, THEN
from intake.triage import PROTOCOL

SCREEN = "screen"
GUARDIAN = "parent-or-guardian"


@access.asking_required
@require_POST
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    by = access.signed_in(request)
    patients = Patient.objects.visible_to(by).select_related("merged_into")
    patient = get_object_or_404(patients, pk=pk).kept
    then = _place(request.POST.get(THEN, ""))
    try:
        draft = services.begin_at_desk(patient=patient, then=then, by=by, now=timezone.now())
    except SomebodyLooksFirst:
        messages.warning(request, _("A case of theirs is open. Dr. Solomon decides it first."))
        return redirect(then or "desk:visits")
    except Intake.DoesNotExist:
        raise Http404 from None
    return redirect("questions:ask", draft.pk)


@access.asking_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    draft = _typed(pk)
    if draft.submitted:
        return _told(request, draft, draft.submitted)
    if not services.being_typed(timezone.now()).filter(pk=pk).exists():
        messages.warning(request, _("That was left for too long. Please ask again."))
        return redirect(draft.about.get(THEN) or "desk:visits")
    walk = _walk(draft)
    if request.method != "POST":
        return _put(request, draft, walk)
    try:
        return _answered(request, draft, walk)
    except DraftEnded:
        return redirect("questions:ask", pk)


def _answered(request: HttpRequest, draft: IntakeDraft, walk: Walk) -> HttpResponse:
    stop = walk.stop(request.POST.get(SCREEN, ""))
    if stop:
        return _said(request, draft, walk, stop)
    if walk.first_unanswered:
        return redirect("questions:ask", draft.pk)
    return _said_of_the_rest(request, draft, walk)


def _said(request: HttpRequest, draft: IntakeDraft, walk: Walk, stop: Stop) -> HttpResponse:
    """What was said on one screen. It is kept also when something is missing, and judged."""
    goes_on = not {"back", "no_to_all"} & request.POST.keys()
    asking = Asking(
        stop.questions,
        kept=draft.answers,
        posted=request.POST,
        no_to_blank=stop.screen.no_to_all and "no_to_all" in request.POST,
        complain=goes_on,
    )
    emergency = services.tell_at_desk(
        draft_id=draft.pk,
        answers=asking.answers,
        put=[question.id for question in stop.questions],
        by=access.signed_in(request),
        now=timezone.now(),
    )
    if emergency:
        return redirect("questions:ask", draft.pk)
    if "back" in request.POST:
        return _to(draft, walk.before(stop) or stop)
    if asking.missing:
        return _screen(request, draft, walk, stop, asking, status=422 if goes_on else 200)
    return _on(request, draft)


def _said_of_the_rest(request: HttpRequest, draft: IntakeDraft, walk: Walk) -> HttpResponse:
    if "back" in request.POST:
        return _to(draft, walk.stops[-1])
    form = RestForm(request.POST)
    if not form.is_valid():
        return _rest(request, draft, walk, form, status=422)
    services.tell_the_rest(
        draft_id=draft.pk, by=access.signed_in(request), now=timezone.now(), **form.cleaned_data
    )
    return _on(request, draft)


def _on(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    """To what is still to ask; with nothing left it is sent."""
    kept = _typed(draft.pk)
    if not kept.submitted and REST in kept.about and not _walk(kept).first_unanswered:
        try:
            services.send_from_desk(
                draft_id=kept.pk, by=access.signed_in(request), now=timezone.now()
            )
        except GuardianNeeded:
            messages.warning(
                request,
                _("They are under 18. Ask with their parent or guardian beside them."),
            )
            return redirect(_address(kept, GUARDIAN))
    return redirect("questions:ask", kept.pk)


def _put(request: HttpRequest, draft: IntakeDraft, walk: Walk) -> HttpResponse:
    wished = walk.stop(request.GET.get(SCREEN, ""))
    stop = wished if wished and not walk.is_ahead(wished) else walk.first_unanswered
    if stop:
        return _screen(request, draft, walk, stop, Asking(stop.questions, kept=draft.answers))
    if REST in draft.about and walk.stop(GUARDIAN):
        # All is said, but by somebody under 18 on their own.
        return redirect(_address(draft, GUARDIAN))
    return _rest(request, draft, walk, RestForm(initial={"words": draft.about.get("own_words")}))


def _screen(
    request: HttpRequest,
    draft: IntakeDraft,
    walk: Walk,
    stop: Stop,
    asking: Asking,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": _(stop.screen.title),
        "screen": stop.screen.slug,
        # The page has a title of its own, also above a single question.
        "fields": [replace(field, is_title=False) for field in asking.fields],
        "errors": asking.errors,
        "no_to_all": stop.screen.no_to_all and not asking.no_to_blank,
        "filled_in": asking.no_to_blank,
        "may_go_back": walk.before(stop) is not None,
        "step": walk.step(stop),
    }
    return _page(request, draft, walk, "intake/desk_screen.html", context, status=status)


def _rest(
    request: HttpRequest, draft: IntakeDraft, walk: Walk, form: RestForm, *, status: int = 200
) -> HttpResponse:
    earlier = draft.renews
    context = {
        "form": form,
        # The same list for everybody: what applied to them before is not told.
        "questions": [
            _(question.text)
            for question in PROTOCOL.questions
            if question.id not in renewal.ASKED_AT_DESK | renewal.KNOWN
            and question.show_when is None
        ],
        "since": date_format(times.local(earlier.submitted_at), "DATE_FORMAT") if earlier else "",
        "errors": [],
        "step": walk.steps,
    }
    return _page(request, draft, walk, "intake/desk_rest.html", context, status=status)


def _page(
    request: HttpRequest,
    draft: IntakeDraft,
    walk: Walk,
    template: str,
    context: dict[str, object],
    *,
    status: int,
) -> HttpResponse:
    person = _person(draft)
    audit.viewed(request.user, person, at=timezone.now(), patient_id=person.pk)
    more = {"person": person, "steps": walk.steps, "then": draft.about.get(THEN)}
    return render(request, template, {**context, **more}, status=status)


def _told(request: HttpRequest, draft: IntakeDraft, intake: Intake) -> HttpResponse:
    audit.viewed(request.user, intake, at=timezone.now(), patient_id=intake.patient_id)
    context = {
        "told": told_at_desk.told(intake),
        "person": intake.patient.kept if intake.patient else None,
        "is_held": intake.case_id is not None,
        "then": draft.about.get(THEN),
    }
    return render(request, "intake/desk_told.html", context)


def _typed(pk: UUID) -> IntakeDraft:
    """Typed at the desk: what a patient fills in themselves is nobody else's."""
    found = IntakeDraft.objects.filter(typed_by__isnull=False, by_phone=False)
    return get_object_or_404(found.select_related("submitted__patient", "renews__patient"), pk=pk)


def _person(draft: IntakeDraft) -> Patient:
    """A form typed at the desk is of somebody who answered before: `begin_at_desk`."""
    if draft.renews is None or draft.renews.patient is None:
        raise Http404
    return draft.renews.patient.kept


def _walk(draft: IntakeDraft) -> Walk:
    return services.walk_at_desk(draft, timezone.localdate())


def _to(draft: IntakeDraft, stop: Stop) -> HttpResponse:
    return redirect(_address(draft, stop.screen.slug))


def _address(draft: IntakeDraft, slug: str) -> str:
    return f"{reverse('questions:ask', args=[draft.pk])}?{SCREEN}={slug}"


def _place(address: str) -> str:
    """A visit's own page, from which the desk came; nowhere else."""
    path = urlsplit(address).path if access.is_local(address) else ""
    try:
        return path if path and resolve(path).view_name == "desk:visit" else ""
    except Resolver404:
        return ""
