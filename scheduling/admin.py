"""The calendar in the admin site: hours, closures and visit types to change, visits to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminDateWidget, AdminTimeWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic import times
from clinic.admin_base import AuditedAdmin, RecordAdmin
from clinic.models import User
from scheduling import holidays, services
from scheduling.affected import outside_hours
from scheduling.closed_days import ClosedDays, day_in_words
from scheduling.closing_form import ChecksClosedDays
from scheduling.exceptions import CalendarBusy
from scheduling.models import (
    Appointment,
    Call,
    Clinician,
    Closure,
    ExtraHours,
    OpeningHours,
    Rebooking,
    Room,
    StatusChange,
    VisitType,
    WaitlistEntry,
    WaitlistOffer,
)
from scheduling.plan import as_interval

# Of visits that a change leaves in the way; the rest is counted.
MOST_NAMED = 20


class ClinicianForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Clinician
        fields = ("name", "user", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            Q(is_chiropractor=True) | Q(pk=self.instance.user_id)
        )
        self.fields["user"].help_text = _("A person with the role of chiropractor.")


@admin.register(Clinician)
class ClinicianAdmin(AuditedAdmin):
    form = ClinicianForm
    list_display = ("name", "user", "is_active")
    list_select_related = ("user",)
    search_fields = ("name", "user__email")


@admin.register(Room)
class RoomAdmin(AuditedAdmin):
    list_display = ("name",)
    search_fields = ("name",)


class VisitTypeForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = VisitType
        fields = (
            "name",
            "code",
            "minutes",
            "buffer_before",
            "buffer_after",
            "room",
            "room_from",
            "room_until",
            "needs_xray_clearance",
            "for_first_visit",
            "for_return_visit",
            "is_active",
        )
        help_texts = {
            "code": _("A short name for the programs. It stays as it is."),
            "minutes": _("Visits already booked keep their length."),
            "room": _("Only one visit at a time can use it."),
            "room_from": _(
                "10 and 25 keep the room from ten minutes after the start, for a quarter of an"
                " hour. Leave both empty to keep it for the whole visit. Visits already booked"
                " keep what they have."
            ),
            "needs_xray_clearance": _("Booked only after the chiropractor has allowed an X-ray."),
            "for_first_visit": _("Offered to a patient who has not been here yet."),
            "for_return_visit": _("Offered to a patient after a completed visit."),
            "is_active": _("Untick to offer it no more. Visits already booked stay."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("needs_xray_clearance") and not cleaned.get("room"):
            self.add_error("room", _("A visit with an X-ray needs its room: choose it."))
        self._check_room_part(cleaned)
        return cleaned

    def _check_room_part(self, cleaned: dict[str, Any]) -> None:
        begins, ends = cleaned.get("room_from"), cleaned.get("room_until")
        minutes, after = cleaned.get("minutes"), cleaned.get("buffer_after")
        if {"room_from", "room_until"} & set(self.errors) or begins is ends is None:
            return
        if begins is None or ends is None:
            missing = "room_from" if begins is None else "room_until"
            self.add_error(missing, _("Give both times of the room, or neither."))
        elif not cleaned.get("room"):
            self.add_error("room", _("Choose the room whose times these are."))
        elif ends <= begins:
            self.add_error("room_until", _("The end must be after the beginning."))
        elif minutes is not None and after is not None and ends > minutes + after:
            self.add_error(
                "room_until", _("This is after the visit, and what is kept free after it, end.")
            )


@admin.register(VisitType)
class VisitTypeAdmin(AuditedAdmin):
    form = VisitTypeForm
    list_display = (
        "name",
        "minutes",
        "room",
        "needs_xray_clearance",
        "for_first_visit",
        "for_return_visit",
        "is_active",
    )
    list_filter = ("is_active", "room")
    list_select_related = ("room",)
    search_fields = ("name", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: VisitType | None = None) -> Any:
        return ("code",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: VisitType | None = None) -> Any:
        return {} if obj else {"code": ("name",)}


OFFERED_HELP = _(
    "Kept for acute pain: patients see these times from midnight of the day itself, the desk books"
    " them any time. Desk only: patients never see them."
)


class OpeningHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OpeningHours
        fields = ("clinician", "weekday", "starts", "ends", "offered", "valid_from", "valid_until")
        help_texts = {
            "ends": _("Visits already booked outside the new hours stay: call those patients."),
            "offered": OFFERED_HELP,
            "valid_from": _("Leave empty for hours that hold from now on."),
            "valid_until": _("Leave empty for hours that hold until further notice."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("The last day is before the first day."))
        elif not self.errors:
            self._refuse_overlap(cleaned)
        return cleaned

    def _refuse_overlap(self, cleaned: dict[str, Any]) -> None:
        others = _overlapping(self, OpeningHours.objects.filter(weekday=cleaned["weekday"]))
        first = cleaned["valid_from"] or date.min
        last = cleaned["valid_until"] or date.max
        for other in others:
            if (other.valid_from or date.min) <= last and first <= (other.valid_until or date.max):
                raise _overlaps(other)


class ExtraHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ExtraHours
        fields = ("clinician", "day", "starts", "ends", "offered")
        help_texts = {
            "day": _("Besides the weekly hours of that day, if there are any."),
            "ends": _("In the clinic's own time."),
            "offered": OFFERED_HELP,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            same_day = ExtraHours.objects.filter(day=cleaned["day"])
            for other in _overlapping(self, same_day):
                raise _overlaps(other)
        return cleaned


Hours = TypeVar("Hours", OpeningHours, ExtraHours)


def _overlapping(form: Any, others: "QuerySet[Hours]") -> "QuerySet[Hours]":
    """Half-open: 9:00–13:00 and 13:00–15:00 touch, they do not overlap."""
    typed = form.cleaned_data
    return others.filter(
        clinician=typed["clinician"], starts__lt=typed["ends"], ends__gt=typed["starts"]
    ).exclude(pk=form.instance.pk)


def _overlaps(other: OpeningHours | ExtraHours) -> ValidationError:
    return ValidationError(
        _("This overlaps %(other)s. Change that one, or choose other times."),
        params={"other": other},
    )


class HoursAdmin(AuditedAdmin):
    """Hours of either kind. Whom a change leaves outside is named: somebody calls them."""

    list_select_related = ("clinician",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with _naming_who_is_left_outside(request):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with _naming_who_is_left_outside(request):
            super().delete_model(request, obj)


@admin.register(OpeningHours)
class OpeningHoursAdmin(HoursAdmin):
    form = OpeningHoursForm
    list_display = (
        "weekday",
        "starts",
        "ends",
        "offered",
        "clinician",
        "valid_from",
        "valid_until",
    )
    list_filter = ("weekday", "offered", "clinician")


@admin.register(ExtraHours)
class ExtraHoursAdmin(HoursAdmin):
    form = ExtraHoursForm
    list_display = ("day", "starts", "ends", "offered", "clinician")
    list_filter = ("offered", "clinician")
    date_hierarchy = "day"


@contextmanager
def _naming_who_is_left_outside(request: HttpRequest) -> Iterator[None]:
    """Says which coming visits a change of the opening hours leaves outside them."""
    now = timezone.now()
    before = outside_hours(now=now)
    yield
    left = [visit for pk, visit in outside_hours(now=now).items() if pk not in before]
    if left:
        messages.warning(request, _left_outside(left))


class ClosureForm(ChecksClosedDays, forms.ModelForm):  # type: ignore[type-arg]
    """In the clinic's own time, whatever the reader's computer says."""

    first_day = forms.DateField(label=_("First day"), widget=AdminDateWidget)
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=AdminDateWidget,
        help_text=_("It is closed too. Leave empty to close one day."),
    )
    starts = forms.TimeField(
        label=_("From"),
        required=False,
        widget=AdminTimeWidget,
        help_text=_("On the first day, in the clinic's own time. Leave empty to close all of it."),
    )
    ends = forms.TimeField(
        label=_("To"),
        required=False,
        widget=AdminTimeWidget,
        help_text=_("On the last day. Leave empty to close all of it."),
    )

    class Meta:
        model = Closure
        fields = ("reason", "clinician", "room")
        help_texts = {
            "reason": _("Such as “Thanksgiving”. Staff see it; patients only see no free times."),
            "clinician": _("Leave this and the room empty to close the whole clinic."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update(asdict(_closed_days(self.instance)))


@admin.register(Closure)
class ClosureAdmin(AuditedAdmin):
    """Made and changed by the calendar's own service, under its lock."""

    form = ClosureForm
    fields = ("reason", "clinician", "room", "first_day", "starts", "last_day", "ends")
    list_display = ("reason", "when", "what")
    list_filter = ("clinician", "room")
    list_select_related = ("clinician", "room")
    search_fields = ("reason",)
    change_list_template = "admin/closures.html"

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except CalendarBusy as problem:
            # The form once more, with all that was typed.
            request.refusal = problem.message  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Closure, form: Any, change: bool) -> None:
        said = {
            "during": form.cleaned_data["during"],
            "reason": obj.reason,
            "clinician_id": obj.clinician_id,
            "room_id": obj.room_id,
            "by": request.user,
            "now": timezone.now(),
        }
        if change:
            closed = services.change_closure(closure_id=obj.pk, **said)
        else:
            closed = services.close(**said)
        # What the admin site shows next is the row that was written.
        obj.pk, obj.during = closed.closure.pk, closed.closure.during
        if closed.affected:
            messages.warning(request, _still_inside(closed.affected))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Times that were proposed go with their closure: nobody is asked for leave for them."""
        shown, counted, _needed, protected = super().get_deleted_objects(objs, request)
        return shown, counted, set(), protected

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except CalendarBusy as problem:
            messages.error(request, str(problem))
            return redirect("admin:scheduling_closure_change", unquote(object_id))

    def delete_model(self, request: HttpRequest, obj: Closure) -> None:
        services.open_again(closure_id=obj.pk, by=request.user, now=timezone.now())

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """The service has written it down."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """As above."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """As above."""

    def get_urls(self) -> list[Any]:
        page = path(
            "holidays/",
            self.admin_site.admin_view(self.holidays_view),
            name="scheduling_closure_holidays",
        )
        return [page, *super().get_urls()]

    def holidays_view(self, request: HttpRequest) -> HttpResponse:
        """The holidays of the coming year that are not closed yet: closed by one button each."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._close_holidays(request)
            return redirect("admin:scheduling_closure_holidays")
        today = times.local(timezone.now()).date()
        suggested = [
            (holiday.day.isoformat(), day_in_words(holiday.day), holiday.name)
            for holiday in holidays.not_closed(today)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Holidays to close on"),
            "opts": self.opts,
            "suggested": suggested,
        }
        return TemplateResponse(request, "admin/holidays.html", context)

    def _close_holidays(self, request: HttpRequest) -> None:
        """The day whose button was pressed, or all of them."""
        pressed = request.POST.get("day", "")
        try:
            day = None if pressed == "all" else date.fromisoformat(pressed)
            closed = services.close_holidays(day=day, by=request.user, now=timezone.now())
        except ValueError:
            closed = []
        except CalendarBusy as problem:
            messages.error(request, str(problem))
            return
        if not closed:
            messages.warning(request, _("There is nothing to close: it is closed already."))
            return
        words = ngettext("%(count)s day was closed.", "%(count)s days were closed.", len(closed))
        messages.success(request, words % {"count": len(closed)})
        if affected := [visit for each in closed for visit in each.affected]:
            messages.warning(request, _still_inside(affected))

    @admin.display(description=_("when"), ordering="during")
    def when(self, closure: Closure) -> str:
        return _closed_days(closure).in_words()

    @admin.display(description=_("closes"))
    def what(self, closure: Closure) -> str:
        return str(closure.clinician or closure.room or _("the whole clinic"))


def _closed_days(closure: Closure) -> ClosedDays:
    zone = ZoneInfo(timezone.get_default_timezone_name())
    return ClosedDays.of(as_interval(closure.during), zone)


def _still_inside(visits: list[Appointment]) -> SafeString:
    words = ngettext(
        "%(count)s visit stands in this time. It was not moved: call the patient.",
        "%(count)s visits stand in this time. They were not moved: call the patients.",
        len(visits),
    )
    return _with_links(words, visits)


def _left_outside(visits: list[Appointment]) -> SafeString:
    words = ngettext(
        "%(count)s visit is now outside the opening hours. It was not moved: call the patient.",
        "%(count)s visits are now outside the opening hours. They were not moved: call the"
        " patients.",
        len(visits),
    )
    return _with_links(words, visits)


def _with_links(words: str, visits: list[Appointment]) -> SafeString:
    links = format_html_join(
        "; ",
        '<a href="{}">{}, {}</a>',
        (
            (
                reverse("admin:scheduling_appointment_change", args=[visit.pk]),
                times.in_words(visit.starts_at),
                visit.patient.name,
            )
            for visit in visits[:MOST_NAMED]
        ),
    )
    rest = len(visits) - MOST_NAMED
    more = _("and %(count)s more") % {"count": rest} if rest > 0 else ""
    return format_html("{} {} {}", words % {"count": len(visits)}, links, more)


class WhenFilter(admin.SimpleListFilter):
    """Today and what comes, unless somebody asks for all."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("past", _("Before today")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Today and coming")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        midnight = times.local(timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        match self.value():
            case "all":
                return queryset
            case "past":
                return queryset.filter(visit__startswith__lt=midnight)
        return queryset.filter(visit__startswith__gte=midnight)


@admin.register(Appointment)
class AppointmentAdmin(RecordAdmin):
    patient_path = "patient_id"
    list_display = ("when", "patient", "visit_type", "clinician", "room", "state", "created_at")
    list_filter = (WhenFilter, "state", "visit_type", "clinician")
    list_select_related = ("patient", "visit_type", "clinician", "room")
    search_fields = (
        "patient__given_name",
        "patient__family_name",
        "patient__name_key",
        "patient__phone",
        "patient__email",
    )
    search_help_text = _("The patient's name, phone or email")
    fields = (
        "when",
        "until",
        "patient",
        "visit_type",
        "clinician",
        "room",
        "state",
        "hold_expires_at",
        "clearance",
        "created_at",
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What comes next on top; of what is past, the latest."""
        return ("-visit",) if request.GET.get(WhenFilter.parameter_name) else ("visit",)

    @admin.display(description=_("when"), ordering="visit")
    def when(self, visit: Appointment) -> str:
        return times.in_words(visit.starts_at)

    @admin.display(description=_("until"))
    def until(self, visit: Appointment) -> str:
        return times.in_words(visit.ends_at)


@admin.register(StatusChange)
class StatusChangeAdmin(RecordAdmin):
    """A reason may be a clinician's own: for who reads answers."""

    clinical = ("reason",)
    list_display = ("at", "appointment", "before", "after", "moved", "by", "via")
    list_filter = ("after", "via")
    list_select_related = ("appointment__patient", "by")
    search_fields = (
        "appointment__patient__given_name",
        "appointment__patient__family_name",
        "by__email",
        "by__name",
    )
    search_help_text = _("The patient's name, or who changed it")
    date_hierarchy = "at"
    fields = ("at", "appointment", "before", "after", "moved", "by", "via", "reason")

    @admin.display(description=_("old and new time"))
    def moved(self, change: StatusChange) -> str:
        if not change.was or not change.became:
            return ""
        return f"{times.in_words(change.was.lower)} → {times.in_words(change.became.lower)}"

    def patient_id_of(self, row: StatusChange) -> UUID | None:
        return row.appointment.patient_id


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(RecordAdmin):
    patient_path = "patient_id"
    list_display = ("patient", "visit_type", "is_acute", "state", "made_at", "ended_at")
    list_filter = ("state", "is_acute", "visit_type")
    list_select_related = ("patient", "visit_type")
    search_fields = ("patient__given_name", "patient__family_name", "patient__phone")
    search_help_text = _("The patient's name or phone")


@admin.register(WaitlistOffer)
class WaitlistOfferAdmin(RecordAdmin):
    patient_path = "entry.patient_id"
    list_display = ("start", "entry", "offered_at", "expires_at", "outcome", "settled_at")
    list_filter = ("outcome",)
    list_select_related = ("entry__patient", "entry__visit_type")
    search_fields = ("entry__patient__given_name", "entry__patient__family_name")
    search_help_text = _("The patient's name")
    date_hierarchy = "start"


@admin.register(Rebooking)
class RebookingAdmin(RecordAdmin):
    patient_path = "visit.patient_id"
    list_display = ("old_time", "visit", "closure", "start", "told_at", "told_by")
    list_filter = ("told_by",)
    list_select_related = ("visit__patient", "closure")
    search_fields = ("visit__patient__given_name", "visit__patient__family_name")
    search_help_text = _("The patient's name")
    fields = ("closure", "visit", "old_time", "start", "told_at", "told_by")

    @admin.display(description=_("time of the visit"), ordering="was")
    def old_time(self, rebooking: Rebooking) -> str:
        return times.in_words(rebooking.was.lower)


@admin.register(Call)
class CallAdmin(RecordAdmin):
    """Why somebody is called may say what their answers came to: for who reads answers."""

    patient_path = "patient_id"
    clinical = ("why",)
    list_display = ("made_at", "patient", "why", "tries", "done_at", "done_by", "ended")
    list_filter = ("ended",)
    list_select_related = ("patient", "done_by")
    search_fields = ("patient__given_name", "patient__family_name", "patient__phone")
    search_help_text = _("The patient's name or phone")
    date_hierarchy = "made_at"
