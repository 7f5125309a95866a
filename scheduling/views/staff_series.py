"""Several visits at one go: a wish, what can be had of it, and all booked or none.

The wish stands in the address, so that it can be gone back to; only booking is sent as a form.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clinic import access, times
from intake import public as intake
from intake.public import ClearanceCard
from scheduling import series_page, services
from scheduling.desk_exceptions import NeedsReason
from scheduling.exceptions import SchedulingProblem
from scheduling.in_the_way import in_words
from scheduling.models import VisitType
from scheduling.slots import MOST_WEEKS, ForDay, Lack

_WEEKDAYS = (
    (0, gettext_lazy("Monday")),
    (1, gettext_lazy("Tuesday")),
    (2, gettext_lazy("Wednesday")),
    (3, gettext_lazy("Thursday")),
    (4, gettext_lazy("Friday")),
    (5, gettext_lazy("Saturday")),
    (6, gettext_lazy("Sunday")),
)
# No clearance reaches further.
_FARTHEST = timedelta(days=366)


class SeriesForm(forms.Form):
    """What is wished for."""

    kind = forms.ChoiceField()
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On"),
        coerce=int,
        choices=_WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose one day of the week at least.")},
    )
    clock = forms.TimeField(
        label=gettext_lazy("Near"),
        initial="09:00",
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages=dict.fromkeys(
            ("required", "invalid"), gettext_lazy("Type a time of day, such as 9:00 AM.")
        ),
    )
    weeks = forms.IntegerField(
        label=gettext_lazy("For how many weeks"),
        initial=3,
        min_value=1,
        max_value=MOST_WEEKS,
        error_messages={
            **dict.fromkeys(
                ("required", "invalid", "min_value"),
                gettext_lazy("Type a number of weeks, such as 3."),
            ),
            "max_value": gettext_lazy(
                "A series lasts %(limit_value)s weeks at most. Book those first, the rest later."
            ),
        },
    )
    first_day = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages=dict.fromkeys(
            ("required", "invalid"), gettext_lazy("Choose the day to begin with.")
        ),
    )

    def __init__(
        self, *args: Any, kinds: Mapping[VisitType, ClearanceCard], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = {str(kind.pk): kind for kind in kinds}
        self.today = today
        choices = [(pk, kind.name) for pk, kind in self.kinds.items()]
        self.fields["kind"] = forms.ChoiceField(label=_("What for"), choices=choices)
        self.fields["first_day"].initial = today + timedelta(days=1)

    def clean_first_day(self) -> date:
        day: date = self.cleaned_data["first_day"]
        if not self.today <= day <= self.today + _FARTHEST:
            raise forms.ValidationError(_("Choose a day from today on, within a year."))
        return day

    @property
    def visit_type(self) -> VisitType:
        return self.kinds[self.cleaned_data["kind"]]


@access.calendar_required
@require_http_methods(["GET", "HEAD", "POST"])
def series(request: HttpRequest, pk: UUID) -> HttpResponse:
    by, now = access.signed_in(request), timezone.now()
    file = intake.open_file(pk, by=by, now=now)
    if file is None:
        raise Http404
    kinds = series_page.kinds(pk, now=now)
    sent = request.POST if request.method == "POST" else request.GET
    asked = bool(sent.get("weeks"))
    form = SeriesForm(sent if asked else None, kinds=kinds, today=timezone.localdate(now))
    context: dict[str, Any] = {"file": file, "form": form, "may_book": bool(kinds)}
    if not kinds or not asked or not form.is_valid():
        return _page(request, context, status=400 if asked and form.errors else 200)
    clearance = kinds[form.visit_type]
    days = _proposed(form, clearance, now=now)
    if request.method != "POST":
        context["proposal"] = series_page.worded(days, clearance)
        return _page(request, context)
    return _book(request, pk, form, clearance, days, context, now=now)


def _book(
    request: HttpRequest,
    pk: UUID,
    form: SeriesForm,
    clearance: ClearanceCard,
    days: list[ForDay],
    context: dict[str, Any],
    *,
    now: datetime,
) -> HttpResponse:
    chosen, errors = _choices(request.POST, days)
    context |= {"reason": request.POST.get("reason", "")[:200], "errors": errors}
    if errors:
        context["proposal"] = series_page.worded(days, clearance, chosen=chosen)
        return _page(request, context, status=400)
    problems: dict[datetime, str] = {}
    try:
        visits = services.book_series(
            patient_id=pk,
            clearance_id=clearance.id,
            visit_type_id=form.visit_type.pk,
            starts=_starts(chosen),
            by=access.signed_in(request),
            now=now,
            reason=context["reason"],
        )
    except services.SeriesNotBooked as refusal:
        problems = {start: in_words(why) for start, why in refusal.problems.items()}
        errors.append({"sentence": str(refusal)})
    except NeedsReason as refusal:
        context["needs_reason"] = True
        errors.append({"sentence": str(refusal), "target": "id_reason"})
    except SchedulingProblem as refusal:
        errors.append({"sentence": _("Nothing was booked.") + " " + str(refusal)})
    else:
        said = {"count": len(visits), "who": context["file"].name}
        messages.success(request, _("%(who)s: %(count)s visits are booked.") % said)
        if not context["file"].email:
            messages.warning(
                request, _("They have no email address: print the appointment card for them.")
            )
        return redirect("desk:patient", pk)
    context["proposal"] = series_page.worded(days, clearance, chosen=chosen, problems=problems)
    return _page(request, context, status=409)


def _proposed(form: SeriesForm, clearance: ClearanceCard, *, now: datetime) -> list[ForDay]:
    said = form.cleaned_data
    return series_page.proposed(
        clearance,
        form.visit_type,
        first_day=said["first_day"],
        weekdays=frozenset(said["weekdays"]),
        weeks=said["weeks"],
        clock=said["clock"],
        now=now,
    )


def _choices(sent: QueryDict, days: list[ForDay]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """What was chosen for each day that can be had, and what is missing."""
    chosen: dict[str, str] = {}
    errors: list[dict[str, str]] = []
    for each in days:
        if each.lack is Lack.NOT_CLEARED:
            continue
        field = series_page.field_of(each.day)
        chosen[field] = _start_or_none(sent.get(field, ""))
        if not chosen[field]:
            said = {"day": times.day_in_words(each.day)}
            sentence = _("Choose a time for %(day)s, or leave it out.") % said
            errors.append({"sentence": sentence, "target": field})
    if not errors and not _starts(chosen):
        errors.append({"sentence": _("Every day is left out: choose one time at least.")})
    return chosen, errors


def _start_or_none(text: str) -> str:
    """As it was sent, if it names an instant or says that the day is left out; else nothing."""
    if text == series_page.LEFT_OUT:
        return text
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return text if start.tzinfo else ""


def _starts(chosen: Mapping[str, str]) -> list[datetime]:
    return [
        datetime.fromisoformat(text)
        for text in chosen.values()
        if text and text != series_page.LEFT_OUT
    ]


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, "scheduling/staff_series.html", context, status=status)
