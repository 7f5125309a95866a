"""Time of a day in which nothing is booked: the desk blocks it, and may take that back at once."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access, times
from scheduling import day_feed, plan, services
from scheduling.desk_exceptions import ChangedSince
from scheduling.exceptions import (
    SchedulingProblem,
)
from scheduling.models import Clinician, Closure, Room
from scheduling.plan import as_interval
from scheduling.slots import Interval, local_instant
from scheduling.views import panel
from scheduling.views.panel import Done
from scheduling.views.staff_move import WhenForm

EVERYBODY = "clinic"


class BlockForm(WhenForm):
    until = forms.TimeField(
        label=gettext_lazy("Until"),
        widget=forms.TimeInput({"type": "time", "step": "300"}, format="%H:%M"),
        error_messages=dict.fromkeys(
            ("required", "invalid"), gettext_lazy("Please choose a time, such as 11:00 AM.")
        ),
    )
    whose = forms.ChoiceField(label=gettext_lazy("Whose time"))
    why = forms.CharField(
        max_length=120,
        label=gettext_lazy("What for"),
        error_messages={"required": gettext_lazy("Please say what for, such as “Staff meeting”.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whose = [(column.id, column.title) for column in day_feed.columns()]
        field = self.fields["whose"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*whose, (EVERYBODY, _("The whole clinic"))]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        clock, until = cleaned.get("clock"), cleaned.get("until")
        if clock and until and until <= clock:
            self.add_error("until", _("The end must be after the beginning."))
        return cleaned

    @property
    def during(self) -> Interval:
        day: date = self.cleaned_data["day"]
        until: time = self.cleaned_data["until"]
        return Interval(self.start, local_instant(day, until, plan.current().policy.zone))


@access.calendar_required
@require_http_methods(["GET", "HEAD", "POST"])
def block(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, BlockForm(initial=_begun(request)))
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        closed = services.close(
            during=form.during,
            reason=form.cleaned_data["why"],
            by=access.signed_in(request),
            now=timezone.now(),
            **_whose(form.cleaned_data["whose"]),
        )
    except SchedulingProblem as problem:
        form.add_error(None, str(problem))
        return _page(request, form, status=409)
    return panel.close(
        request,
        Done(
            _in_words(closed.closure, len(closed.affected)),
            reverse("desk:undo_block", args=[closed.closure.pk]),
            _as_seen(form.during),
        ),
        then="desk:day",
    )


@access.calendar_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Closure, pk=pk)
    try:
        services.reopen(
            closure_id=pk,
            as_seen=_seen(request.POST.get("seen", "")),
            by=access.signed_in(request),
            now=timezone.now(),
        )
    except SchedulingProblem as problem:
        return panel.close(request, Done(str(problem)), then="desk:day")
    return panel.close(request, Done(_("Undone. That time is open again.")), then="desk:day")


def _page(request: HttpRequest, form: BlockForm, *, status: int = 200) -> HttpResponse:
    return panel.show(request, "staff_block", {"form": form}, status=status)


def _begun(request: HttpRequest) -> dict[str, Any]:
    """From the time that was clicked, an hour; or today's next one."""
    asked = WhenForm(request.GET)
    start = asked.start if asked.is_valid() else _next_hour(timezone.now())
    end = times.local(start).replace(minute=0)
    until = time(min(end.hour + 1, 23), times.local(start).minute)
    return {**WhenForm.at(start), "until": until, "whose": day_feed.DOCTOR}


def _next_hour(now: datetime) -> datetime:
    local = times.local(now)
    return local.replace(hour=min(local.hour + 1, 22), minute=0, second=0, microsecond=0)


def _whose(asked: str) -> dict[str, int | None]:
    if asked == EVERYBODY:
        return {}
    if asked == day_feed.DOCTOR:
        clinician = Clinician.objects.filter(is_active=True).order_by("pk").first()
        return {"clinician_id": clinician.pk if clinician else None}
    room = get_object_or_404(Room, pk=asked.removeprefix("room-"))
    return {"room_id": room.pk}


def _in_words(closure: Closure, affected: int) -> str:
    during = as_interval(closure.during)
    said = _("Blocked: %(start)s to %(end)s.") % {
        "start": times.in_words(during.start),
        "end": times.clock_in_words(during.end),
    }
    if not affected:
        return said
    inside = ngettext(
        "%(count)s visit still stands in it: please move it.",
        "%(count)s visits still stand in it: please move them.",
        affected,
    )
    return f"{said} {inside % {'count': affected}}"


def _as_seen(during: Interval) -> str:
    return f"{during.start.isoformat()}/{during.end.isoformat()}"


def _seen(sent: str) -> Interval:
    """Raises ChangedSince: nobody was shown that."""
    start, _slash, end = sent.partition("/")
    try:
        begins, ends = parse_datetime(start), parse_datetime(end)
        if begins and ends:
            return Interval(begins, ends)
    except ValueError:
        pass
    raise ChangedSince
