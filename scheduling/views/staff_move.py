"""Another time or length for a visit: by its form, and by dragging it, which sends the same."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clinic import access, times
from clinic.models import User
from scheduling import in_the_way, plan, services
from scheduling.desk_exceptions import NeedsReason
from scheduling.exceptions import (
    SchedulingProblem,
    VisitChanged,
)
from scheduling.forms import version_seen
from scheduling.models import Appointment
from scheduling.slots import Interval, local_instant
from scheduling.views import panel, staff_visit

SHORTEST, LONGEST = 5, 480


class WhenForm(forms.Form):
    """A day and a time on the clinic's clock."""

    day = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages=dict.fromkeys(("required", "invalid"), gettext_lazy("Please choose a day.")),
    )
    clock = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput({"type": "time", "step": "300"}, format="%H:%M"),
        error_messages=dict.fromkeys(
            ("required", "invalid"), gettext_lazy("Please choose a time, such as 9:20 AM.")
        ),
    )

    @property
    def start(self) -> datetime:
        day: date = self.cleaned_data["day"]
        clock: time = self.cleaned_data["clock"]
        return local_instant(day, clock, plan.current().policy.zone)

    @staticmethod
    def at(start: datetime) -> dict[str, Any]:
        """What the fields begin with."""
        local = times.local(start)
        return {"day": local.date(), "clock": local.time()}


class MoveForm(WhenForm):
    minutes = forms.IntegerField(
        label=gettext_lazy("Length, minutes"),
        min_value=SHORTEST,
        max_value=LONGEST,
        widget=forms.NumberInput({"step": 5}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            gettext_lazy("Please give the length in minutes, from 5 to 480."),
        ),
    )
    reason = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Why (if you like)")
    )

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.cleaned_data["minutes"])


@access.calendar_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    found = staff_visit.at_the_desk(by, pk)
    if request.method != "POST":
        return _form(request, found, MoveForm(initial=_as_it_is(found)))
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _form(request, found, form, status=400)
    try:
        changed = _move(found, form, by=by, seen=version_seen(request.POST), now=now)
    except NeedsReason as problem:
        form.add_error("reason", str(problem))
        return _form(request, found, form, status=409)
    except VisitChanged as problem:
        return staff_visit.show(request, pk, problem=str(problem), status=409)
    except SchedulingProblem as problem:
        wanted = Interval(form.start, form.start + form.length)
        said = in_the_way.in_words(problem, wanted=wanted)
        form.add_error(None, _("Not moved. %(why)s") % {"why": said})
        return _form(request, found, form, status=409)
    return staff_visit.finish(request, changed, _moved(found, changed))


def _move(found: Appointment, form: MoveForm, *, by: User, seen: int, now: datetime) -> Appointment:
    asked: dict[str, Any] = {
        "appointment_id": found.pk,
        "length": form.length,
        "by": by,
        "seen": seen,
        "now": now,
        "reason": form.cleaned_data["reason"],
    }
    if form.start == found.starts_at:
        return services.change_length(**asked)
    return services.move(start=form.start, **asked)


def _form(
    request: HttpRequest, found: Appointment, form: MoveForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "visit": found,
        "who": found.person.name,
        "when": times.in_words(found.starts_at),
        "form": form,
        "seen": request.POST.get("seen", found.version),
    }
    return panel.show(request, "staff_move", context, status=status)


def _as_it_is(visit: Appointment) -> dict[str, Any]:
    length = visit.ends_at - visit.starts_at
    return {**WhenForm.at(visit.starts_at), "minutes": int(length.total_seconds() // 60)}


def _moved(found: Appointment, changed: Appointment) -> str:
    said = {"who": found.person.name, "when": times.in_words(changed.starts_at)}
    if changed.starts_at == found.starts_at:
        said["end"] = times.clock_in_words(changed.ends_at)
        return _("%(who)s: until %(end)s.") % said
    return _("%(who)s: moved to %(when)s.") % said
