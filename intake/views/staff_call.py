"""Staff fill in the patient's own form for a caller: read out, typed, sent.

Whoever began a call types it, and nobody else sees a word of it. Once it is sent, or handed over
to the caller, none of its answers is on these pages any more.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from phonenumber_field.phonenumber import PhoneNumber

from clinic import access, audit, times
from clinic.models import User
from intake import services, told_at_desk
from intake.duplicates import Likely
from intake.exceptions import (
    AnswersChanged,
    CallOver,
    DraftEnded,
    GuardianNeeded,
    StaffAddress,
    StillToAsk,
)
from intake.forms import Asking, BirthForm, Trouble
from intake.forms.caller import CallerForm, HandOverForm, NewCallerForm, VerifiedForm
from intake.models import Disposition, Intake, IntakeDraft, Patient
from intake.screens import AboutScreen, Stop, Walk
from intake.services import TYPED
from intake.views.about import is_minor, lacks_guardian
from intake.views.emergency import tapped
from intake.views.later import link_to
from intake.views.parts import Part, Row, answers_in_parts

SCREEN = "screen"
CHECK = "check"
GUARDIAN = "parent-or-guardian"
# The name of a record that was chosen stands as it is.
NAMES = ("given_name", "family_name")
MOST_SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One call begun; `address` only for whoever may go on with it, or look how it stands."""

    who: str
    begun: str
    state: str
    address: str = ""
    action: str = ""


# --- Begin ----------------------------------------------------------------------------------------


@access.asking_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Whom the form is for, and the calls that were begun."""
    by, now = access.signed_in(request), timezone.now()
    if request.method != "POST":
        return _begin_page(request, NewCallerForm(), BirthForm(today=timezone.localdate(now)))
    form = NewCallerForm(request.POST)
    birth = BirthForm(request.POST, today=timezone.localdate(now))
    if not (form.is_valid() & birth.is_valid()):
        return _begin_page(request, form, birth, status=422)
    caller = form.caller(born=birth.born())
    known = [] if "somebody_new" in request.POST else services.perhaps_known(caller)
    if known:
        return _begin_page(request, form, birth, known=known)
    draft = services.begin_call(caller=caller, by=by, now=now)
    return redirect("calls:call", draft.pk)


@access.asking_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """For a record that was chosen: first staff ask who calls."""
    by, now = access.signed_in(request), timezone.now()
    patient = get_object_or_404(Patient.objects.visible_to(by).select_related("town"), pk=pk)
    form = VerifiedForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        draft = services.begin_call_of(patient=patient.kept, by=by, now=now)
        return redirect("calls:call", draft.pk)
    audit.viewed(by, patient, at=now, patient_id=patient.pk)
    context = {"person": patient, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "intake/desk_call_known.html", context, status=status)


def _begin_page(
    request: HttpRequest,
    form: NewCallerForm,
    birth: BirthForm,
    *,
    known: list[Likely] | None = None,
    status: int = 200,
) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    calls = list(services.calls_open(now)[:MOST_SHOWN])
    audit.list_viewed(by, IntakeDraft, at=now, rows=len(calls))
    if known:
        audit.list_viewed(by, Patient, at=now, rows=len(known))
    context = {
        "form": form,
        "birth": birth,
        "birth_errors": _birth_errors(birth),
        "known": known,
        "calls": [_line(draft, by) for draft in calls],
        "may_add": access.is_desk(by),
    }
    return render(request, "intake/desk_call_new.html", context, status=status)


def _line(draft: IntakeDraft, by: User) -> Line:
    who, begun = _name(draft), times.in_words(draft.started_at)
    address = reverse("calls:call", args=[draft.pk])
    if draft.handed_over_at:
        state = _by_themselves(draft)
        own = draft.handed_over_by_id == by.pk
        return Line(who, begun, state, address if own else "", _("See how it stands"))
    if draft.typed_by_id == by.pk:
        return Line(who, begun, _("Begun by you"), address, _("Go on"))
    return Line(who, begun, _("Begun by %(who)s") % {"who": draft.typed_by})


def _by_themselves(draft: IntakeDraft) -> str:
    handed_over_at = draft.handed_over_at or draft.started_at
    if draft.touched_at > handed_over_at:
        return _("They go on by themselves")
    return _("Link sent %(when)s; not opened yet") % {"when": times.in_words(handed_over_at)}


# --- On the phone ---------------------------------------------------------------------------------


@access.asking_required
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, pk: UUID) -> HttpResponse:
    draft = _own(request, pk)
    if draft.handed_over_at:
        return _handed_over(request, draft)
    if draft.submitted:
        return _told(request, draft.pk, draft.submitted)
    walk = _walk(draft)
    if request.method != "POST":
        return _put(request, draft, walk)
    try:
        return _posted(request, draft, walk)
    except (CallOver, DraftEnded):
        # Sent, or handed over, in the same moment from another tab.
        return redirect("calls:call", pk)


def _posted(request: HttpRequest, draft: IntakeDraft, walk: Walk) -> HttpResponse:
    here = request.POST.get(SCREEN, "")
    stop, about = walk.stop(here), _about_screen(walk, here)
    if stop and _asks_birth(stop):
        return _birth(request, draft, walk, stop)
    if stop:
        return _said(request, draft, walk, stop)
    if about and not walk.first_unanswered:
        return _said_about(request, draft, walk, about)
    if here == CHECK and not walk.first_unanswered:
        return _checked(request, draft, walk)
    return redirect("calls:call", draft.pk)


def _said(request: HttpRequest, draft: IntakeDraft, walk: Walk, stop: Stop) -> HttpResponse:
    """What was said on one screen. It is kept also when something is missing, and judged."""
    goes_on = not {"back", "no_to_all", "hand_over"} & request.POST.keys()
    asking = Asking(
        stop.questions,
        kept=draft.answers,
        posted=request.POST,
        no_to_blank=stop.screen.no_to_all and "no_to_all" in request.POST,
        complain=goes_on,
    )
    emergency = services.hear(
        draft_id=draft.pk,
        answers=asking.answers,
        put=[question.id for question in stop.questions],
        by=access.signed_in(request),
        now=timezone.now(),
    )
    if emergency:
        return redirect("calls:call", draft.pk)
    leaving = _leaving(request, draft, walk, stop.screen.slug)
    if leaving:
        return leaving
    if asking.missing:
        return _screen(request, draft, walk, stop, asking, status=422 if goes_on else 200)
    return _on(request, draft, stop.screen.slug)


def _birth(request: HttpRequest, draft: IntakeDraft, walk: Walk, stop: Stop) -> HttpResponse:
    form = BirthForm(request.POST, today=timezone.localdate())
    if form.is_valid():
        emergency = services.hear(
            draft_id=draft.pk,
            answers={},
            put=["age"],
            born=form.born(),
            by=access.signed_in(request),
            now=timezone.now(),
        )
        if emergency:
            return redirect("calls:call", draft.pk)
    leaving = _leaving(request, draft, walk, stop.screen.slug)
    if leaving:
        return leaving
    if not form.is_valid():
        return _screen(request, draft, walk, stop, birth=form, status=422)
    return _on(request, draft, stop.screen.slug)


def _said_about(
    request: HttpRequest, draft: IntakeDraft, walk: Walk, here: AboutScreen
) -> HttpResponse:
    fields = _fields(draft, here)
    typed = draft.about.get(TYPED, {})
    form = CallerForm(
        request.POST, minor=is_minor(draft), only=fields, gave_email=bool(typed.get("email"))
    )
    services.hear_typed(
        draft_id=draft.pk,
        typed=form.typed(),
        put=fields,
        by=access.signed_in(request),
        now=timezone.now(),
    )
    leaving = _leaving(request, draft, walk, here.slug)
    if leaving:
        return leaving
    if not form.is_valid():
        return _about(request, draft, walk, here, form, status=422)
    return _on(request, draft, here.slug)


def _checked(request: HttpRequest, draft: IntakeDraft, walk: Walk) -> HttpResponse:
    """What was shown is what is sent."""
    leaving = _leaving(request, draft, walk, CHECK)
    if leaving:
        return leaving
    by, now = access.signed_in(request), timezone.now()
    form = _kept_form(draft)
    if not form.is_valid():
        return _to(draft, _slug_of_wrong(walk, form))
    try:
        services.send_call(
            draft_id=draft.pk,
            about=form.heard(by=by, now=now),
            by=by,
            now=now,
            seen=_version(request.POST.get("version", "")),
        )
    except AnswersChanged:
        messages.warning(request, _("Something was changed in another tab. Read it back again."))
        return _to(draft, CHECK)
    except GuardianNeeded:
        messages.warning(request, _("They are under 18. A parent or guardian must speak for them."))
        return _to(draft, GUARDIAN)
    except StillToAsk:
        messages.warning(request, _("Not everything was asked yet."))
    return redirect("calls:call", draft.pk)


# --- Which page comes next ------------------------------------------------------------------------


def _slugs(walk: Walk) -> list[str]:
    stops = [stop.screen.slug for stop in walk.stops]
    return [*stops, *(each.slug for each in walk.about), CHECK]


def _on(request: HttpRequest, draft: IntakeDraft, here: str) -> HttpResponse:
    """To the page after this one, or back to the check of all for whoever came from there."""
    kept = _own(request, draft.pk)
    walk = _walk(kept)
    waiting = walk.first_unanswered
    if request.POST.get("from") == CHECK and not waiting:
        return _to(draft, CHECK)
    slugs = _slugs(walk)
    following = slugs[slugs.index(here) + 1] if here in slugs else CHECK
    ahead = waiting and slugs.index(waiting.screen.slug) < slugs.index(following)
    return _to(draft, waiting.screen.slug if waiting and ahead else following)


def _leaving(
    request: HttpRequest, draft: IntakeDraft, walk: Walk, here: str
) -> HttpResponse | None:
    """Back, or out of the form. What was said is kept by now."""
    if "hand_over" in request.POST:
        return redirect("calls:hand_over", draft.pk)
    if "back" in request.POST:
        slugs = _slugs(walk)
        return _to(draft, slugs[max(0, slugs.index(here) - 1)])
    return None


def _put(request: HttpRequest, draft: IntakeDraft, walk: Walk) -> HttpResponse:
    wished = request.GET.get(SCREEN, "")
    stop = walk.stop(wished)
    waiting = walk.first_unanswered
    if stop is None or walk.is_ahead(stop):
        stop = waiting
    if stop:
        return _screen(request, draft, walk, stop)
    if lacks_guardian(draft):
        messages.warning(request, _("They are under 18. A parent or guardian must speak for them."))
        return _to(draft, GUARDIAN)
    about = _about_screen(walk, wished)
    if about:
        fields = _fields(draft, about)
        typed = draft.about.get(TYPED, {})
        form = CallerForm(initial=typed, minor=is_minor(draft), only=fields)
        return _about(request, draft, walk, about, form)
    form = _kept_form(draft)
    if form.is_valid():
        return _check(request, draft, walk, form)
    return _to(draft, _slug_of_wrong(walk, form))


def _slug_of_wrong(walk: Walk, form: CallerForm) -> str:
    wrong = (each for each in walk.about if set(each.fields) & form.errors.keys())
    return next(wrong).slug


# --- Pages ----------------------------------------------------------------------------------------


def _screen(
    request: HttpRequest,
    draft: IntakeDraft,
    walk: Walk,
    stop: Stop,
    asking: Asking | None = None,
    *,
    birth: BirthForm | None = None,
    status: int = 200,
) -> HttpResponse:
    if _asks_birth(stop):
        birth = birth or BirthForm.of(draft.born, today=timezone.localdate())
        context: dict[str, object] = {"birth": birth, "errors": _birth_errors(birth)}
    else:
        asking = asking or Asking(stop.questions, kept=draft.answers)
        context = {
            # The page has a title of its own, also above a single question.
            "fields": [replace(field, is_title=False) for field in asking.fields],
            "errors": asking.errors,
            "no_to_all": stop.screen.no_to_all and not asking.no_to_blank,
            "filled_in": asking.no_to_blank,
        }
    context |= {"title": _(stop.screen.title), SCREEN: stop.screen.slug}
    return _page(request, draft, walk, "intake/desk_call_screen.html", context, status=status)


def _about(
    request: HttpRequest,
    draft: IntakeDraft,
    walk: Walk,
    here: AboutScreen,
    form: CallerForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": _(here.title),
        SCREEN: here.slug,
        "form": form,
        "is_consent": here.slug in ("agree", "guardian"),
        "name_stands": _name(draft) if here.slug == "who" and draft.patient_id else "",
    }
    return _page(request, draft, walk, "intake/desk_call_about.html", context, status=status)


def _check(request: HttpRequest, draft: IntakeDraft, walk: Walk, form: CallerForm) -> HttpResponse:
    def change(slug: str) -> str:
        return f"{_address(draft, slug)}&from={CHECK}"

    slug_of = {name: each.slug for each in walk.about for name in each.fields}
    about = [
        Row(label, words or _("Nothing"), change(slug_of[name]))
        for name, label, words in form.rows()
        if not (draft.patient_id and name in NAMES)
    ]
    answers = services.answers_on(draft, timezone.localdate())
    parts = answers_in_parts(walk.stops, answers, born=draft.born, change=change)
    context: dict[str, object] = {
        "title": _("Read it back, then send it"),
        SCREEN: CHECK,
        "parts": [*parts, Part(_("About them"), about)],
    }
    return _page(request, draft, walk, "intake/desk_call_check.html", context, status=200)


def _page(
    request: HttpRequest,
    draft: IntakeDraft,
    walk: Walk,
    template: str,
    context: dict[str, object],
    *,
    status: int,
) -> HttpResponse:
    subject = draft.patient or draft
    audit.viewed(request.user, subject, at=timezone.now(), patient_id=draft.patient_id)
    slugs, number = _slugs(walk), draft.about.get("phone")
    more = {
        "name": _name(draft),
        "call_back": number and PhoneNumber.from_string(number),
        "draft": draft,
        "from_check": request.POST.get("from") or request.GET.get("from") or "",
        "may_go_back": slugs.index(str(context[SCREEN])) > 0,
        "step": slugs.index(str(context[SCREEN])) + 1,
        "steps": len(slugs),
    }
    return render(request, template, {**context, **more}, status=status)


def _told(request: HttpRequest, pk: UUID, intake: Intake) -> HttpResponse:
    audit.viewed(request.user, intake, at=timezone.now(), patient_id=intake.patient_id)
    context = {
        "told": told_at_desk.told_to_caller(intake),
        "name": f"{intake.given_name} {intake.family_name}",
        "patient_id": intake.patient_id,
        "may_book": intake.case_id is None,
        "picked_at": reverse("calls:mistake", args=[pk])
        if intake.disposition == Disposition.EMERGENCY
        else "",
    }
    return render(request, "intake/desk_call_told.html", context)


@access.asking_required
@require_POST
def mistake(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Back to the answer that meant an emergency, as a patient who tapped it by mistake."""
    draft = _own(request, pk)
    by, now = access.signed_in(request), timezone.now()
    try:
        again = services.put_call_right(draft_id=draft.pk, by=by, now=now)
    except CallOver:
        return redirect("calls:call", pk)
    stop = tapped(draft.submitted, _walk(again)) if draft.submitted else None
    messages.info(request, _("Ask it once more. Dr. Solomon looks at both answers."))
    return _to(again, stop.screen.slug) if stop else redirect("calls:call", again.pk)


# --- Handed over to the caller --------------------------------------------------------------------


@access.asking_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    draft = _own(request, pk)
    by = access.signed_in(request)
    if not services.may_hand_over(draft, by):
        return redirect("calls:call", pk)
    typed = draft.about.get(TYPED, {}).get("email", "")
    posted = request.POST if request.method == "POST" else None
    form = HandOverForm(posted, initial={"email": typed})
    if request.method == "POST" and form.is_valid():
        try:
            services.hand_over(
                draft_id=draft.pk,
                email=form.cleaned_data["email"],
                link=link_to(draft),
                by=by,
                now=timezone.now(),
            )
        except StaffAddress:
            form.add_error("email", _("Somebody who works here signs in with this address."))
        except (CallOver, DraftEnded):
            return redirect("calls:call", pk)
        else:
            return redirect("calls:call", pk)
    context = {"form": form, "name": _name(draft), "draft": draft}
    status = 422 if request.method == "POST" else 200
    return render(request, "intake/desk_call_hand_over.html", context, status=status)


def _handed_over(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    """How it stands, and nothing of what they say."""
    context = {
        "name": _name(draft),
        "email": draft.account.email if draft.account else "",
        "is_sent": draft.submitted_id is not None,
        "state": _by_themselves(draft),
        "may_send_again": services.may_hand_over(draft, access.signed_in(request)),
        "draft": draft,
    }
    return render(request, "intake/desk_call_handed_over.html", context)


# --- The draft ------------------------------------------------------------------------------------


def _own(request: HttpRequest, pk: UUID) -> IntakeDraft:
    """A call that this person began; what a patient fills in themselves is nobody else's."""
    by = access.signed_in(request)
    calls = IntakeDraft.objects.filter(by_phone=True)
    own = calls.filter(typed_by=by) | calls.filter(handed_over_by=by)
    return get_object_or_404(own, pk=pk)


def _walk(draft: IntakeDraft) -> Walk:
    return services.walk_of_call(draft, timezone.localdate())


def _kept_form(draft: IntakeDraft) -> CallerForm:
    return CallerForm(draft.about.get(TYPED, {}), minor=is_minor(draft))


def _fields(draft: IntakeDraft, here: AboutScreen) -> list[str]:
    return [name for name in here.fields if not (draft.patient_id and name in NAMES)]


def _about_screen(walk: Walk, slug: str) -> AboutScreen | None:
    return next((each for each in walk.about if each.slug == slug), None)


def _name(draft: IntakeDraft) -> str:
    return f"{draft.about['given_name']} {draft.about['family_name']}"


def _asks_birth(stop: Stop) -> bool:
    return stop.questions[0].id == "age"


def _birth_errors(form: BirthForm) -> list[Trouble]:
    if not form.is_bound:
        return []
    return [
        Trouble(form[name].auto_id, str(sentence))
        for name, sentences in form.errors.items()
        for sentence in sentences
    ]


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _to(draft: IntakeDraft, slug: str) -> HttpResponse:
    return redirect(_address(draft, slug))


def _address(draft: IntakeDraft, slug: str) -> str:
    return f"{reverse('calls:call', args=[draft.pk])}?{SCREEN}={slug}"
