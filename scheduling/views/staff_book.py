"""The desk books: for a time that was clicked, or for somebody who stands there.

One form, sent as often as it takes: whom, what for, and then it is booked. Patients' names are
sent, never part of an address.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clinic import access, times
from clinic.models import User
from intake import public as intake
from intake.public import ClearanceCard, PatientCard
from scheduling import in_the_way, patient_search, plan, services
from scheduling.availability import Wish, allows, offered, visit_types_allowed
from scheduling.desk_exceptions import NeedsReason
from scheduling.exceptions import (
    SchedulingProblem,
    TimeTaken,
)
from scheduling.models import VisitType
from scheduling.plan import shape_of
from scheduling.slots import Interval
from scheduling.taken import Place, taken
from scheduling.views import panel, staff_visit
from scheduling.views.staff_move import WhenForm

# How far on the next free time is looked for, one visit in the way after another.
MOST_IN_THE_WAY = 20
_ROUNDED_TO = timedelta(minutes=5)


class BookForm(WhenForm):
    """`who` is searched for; `patient` has been chosen; with `kind` it can be booked."""

    who = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("Name, phone, email or date of birth"),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    patient = forms.UUIDField(required=False)
    kind = forms.ModelChoiceField(
        VisitType.objects.filter(is_active=True),
        required=False,
        label=gettext_lazy("What for"),
        error_messages={"invalid_choice": gettext_lazy("Please choose one of these visits.")},
    )
    reason = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Why (if you like)")
    )

    def __init__(self, *args: Any, is_walk_in: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_walk_in:
            self.fields["day"].required = self.fields["clock"].required = False


@access.calendar_required
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    return _booking(request, is_walk_in=False)


@access.calendar_required
@require_http_methods(["GET", "HEAD", "POST"])
def walk_in(request: HttpRequest) -> HttpResponse:
    return _booking(request, is_walk_in=True)


def _booking(request: HttpRequest, *, is_walk_in: bool) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        begun = _begun(request, now=now)
        form = BookForm(initial=begun, is_walk_in=is_walk_in)
        return _page(request, form, is_walk_in=is_walk_in, patient=_asked_for(request), now=now)
    form = BookForm(request.POST, is_walk_in=is_walk_in)
    if not form.is_valid():
        return _page(request, form, is_walk_in=is_walk_in, now=now, status=400)
    patient = _chosen(access.signed_in(request), form.cleaned_data["patient"])
    if patient and form.cleaned_data["kind"] and "book" in request.POST:
        return _book(request, form, patient, is_walk_in=is_walk_in, now=now)
    if patient and form.cleaned_data["kind"] and "next" in request.POST and not is_walk_in:
        return _fill_in_next(request, form, patient, now=now)
    return _page(request, form, is_walk_in=is_walk_in, patient=patient, now=now)


def _book(
    request: HttpRequest, form: BookForm, patient: PatientCard, *, is_walk_in: bool, now: datetime
) -> HttpResponse:
    kind: VisitType = form.cleaned_data["kind"]
    start = _start(form, is_walk_in=is_walk_in, now=now)
    clearance = _clearance(patient, kind, start, now=now)
    asked: dict[str, Any] = {
        "patient_id": patient.id,
        "clearance_id": clearance.id if clearance else patient.id,
        "visit_type_id": kind.pk,
        "start": start,
        "by": access.signed_in(request),
        "now": now,
    }
    next_free = None
    try:
        if is_walk_in:
            visit = services.walk_in(**asked)
        else:
            visit = services.book(**asked, reason=form.cleaned_data["reason"])
    except NeedsReason as problem:
        form.add_error("reason", str(problem))
    except SchedulingProblem as problem:
        wanted = Interval(start, start + shape_of(kind).length)
        said = in_the_way.in_words(problem, wanted=wanted)
        form.add_error(None, _("Not booked. %(why)s") % {"why": said})
        if isinstance(problem, TimeTaken):
            next_free = _next_free(patient, kind, start, now=now)
    else:
        words = _("%(who)s: checked in.") if is_walk_in else _("%(who)s: booked for %(when)s.")
        said = words % {"who": patient.name, "when": times.in_words(start)}
        changed = staff_visit.at_the_desk(access.signed_in(request), visit.pk)
        return staff_visit.finish(request, changed, said)
    return _page(
        request,
        form,
        is_walk_in=is_walk_in,
        patient=patient,
        next_free=next_free,
        now=now,
        status=409,
    )


def _fill_in_next(
    request: HttpRequest, form: BookForm, patient: PatientCard, *, now: datetime
) -> HttpResponse:
    """The next time after the one in the form that patients may choose too goes into the form.

    So it goes against no policy, and takes no hours that are kept back. Pressed again: the one
    after it.
    """
    kind: VisitType = form.cleaned_data["kind"]
    after = max(form.start, now)
    found = [
        start
        for card in intake.clearances_usable(patient.id, now)
        if allows(card, kind)
        for start in _offered_after(after, card, kind, now=now)
    ]
    if not found:
        form.add_error(None, _("Nothing is free for this visit in the days they may book."))
        return _page(request, form, is_walk_in=False, patient=patient, now=now, status=409)
    sent = request.POST.copy()
    sent.update(_as_sent(min(found)))
    filled = BookForm(sent, is_walk_in=False)
    filled.is_valid()
    return _page(request, filled, is_walk_in=False, patient=patient, now=now, is_filled=True)


def _offered_after(
    after: datetime, card: ClearanceCard, kind: VisitType, *, now: datetime
) -> list[datetime]:
    wish = Wish(clearance=card, visit_type=kind, now=now)
    return [start for start in offered(wish, first_day=timezone.localdate(after)) if start > after]


def _as_sent(start: datetime) -> dict[str, str]:
    """A day and a time as a browser sends them."""
    begun = WhenForm.at(start)
    return {"day": f"{begun['day']:%Y-%m-%d}", "clock": f"{begun['clock']:%H:%M}"}


def _page(
    request: HttpRequest,
    form: BookForm,
    *,
    is_walk_in: bool,
    now: datetime,
    patient: PatientCard | None = None,
    next_free: datetime | None = None,
    is_filled: bool = False,
    status: int = 200,
) -> HttpResponse:
    """`is_filled`: the form has just been given its time, and is ready to be sent."""
    by = access.signed_in(request)
    context: dict[str, Any] = {
        "form": form,
        "is_walk_in": is_walk_in,
        "address": reverse("desk:walk_in" if is_walk_in else "desk:book"),
        "patient": patient,
        "next_free": next_free and WhenForm.at(next_free),
        "next_free_words": next_free and times.in_words(next_free),
        "filled": times.in_words(form.start) if is_filled else "",
    }
    if patient:
        kinds = list(visit_types_allowed(intake.clearances_usable(patient.id, now)))
        chosen = form["kind"].value()
        context |= {
            "standing": intake.standing(patient.id, now),
            "kinds": kinds,
            "chosen": str(chosen or (kinds[0].pk if kinds else "")),
        }
    elif form.is_bound:
        context["matches"] = _matches(form, by, now=now)
    return panel.show(request, "staff_book", context, status=status)


def _matches(form: BookForm, by: User, *, now: datetime) -> list[dict[str, object]]:
    text = form.data.get("who", "").strip()
    if not text:
        form.add_error("who", _("Please type something of the patient: a name, a phone number."))
        return []
    found = patient_search.search(text, by=by, now=now)
    held = intake.held_among([each.id for each in found])
    return [{"found": each, "is_held": each.id in held} for each in found]


def _begun(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """The time that was clicked, or the next five minutes."""
    asked = WhenForm(request.GET)
    if asked.is_valid():
        return WhenForm.at(asked.start)
    return WhenForm.at(_rounded(now) + _ROUNDED_TO)


def _asked_for(request: HttpRequest) -> PatientCard | None:
    """From the page of one patient."""
    try:
        return _chosen(access.signed_in(request), UUID(request.GET.get("patient", "")))
    except ValueError:
        return None


def _chosen(by: User, patient_id: UUID | None) -> PatientCard | None:
    return intake.patient_seen_by(by, patient_id) if patient_id else None


def _start(form: BookForm, *, is_walk_in: bool, now: datetime) -> datetime:
    """Of a walk-in: now, or the time that was free next."""
    if is_walk_in and not (form.cleaned_data["day"] and form.cleaned_data["clock"]):
        return _rounded(now)
    return form.start


def _rounded(now: datetime) -> datetime:
    return now - timedelta(seconds=now.timestamp() % _ROUNDED_TO.total_seconds())


def _clearance(
    patient: PatientCard, kind: VisitType, start: datetime, *, now: datetime
) -> ClearanceCard | None:
    """The one to book under: it covers the start and means this visit, if any does."""
    usable = intake.clearances_usable(patient.id, now)
    fits = [card for card in usable if allows(card, kind)]
    covering = [card for card in fits if card.starts_at <= start < card.ends_at]
    return next(iter([*covering, *fits, *usable]), None)


def _next_free(
    patient: PatientCard, kind: VisitType, start: datetime, *, now: datetime
) -> datetime | None:
    """When what is in the way is over, and what is in the way then."""
    clinician_id = plan.current().clinician_id
    before = timedelta(minutes=kind.buffer_before)
    for _each in range(MOST_IN_THE_WAY):
        place = Place.at(
            start, patient_id=patient.id, clinician_id=clinician_id or 0, visit_type=kind
        )
        there = taken(place, now=now)
        if not there:
            return start
        start = max(each.clinician_busy.end for each in there) + before
    return None
