"""What the pages of the admin site share: read-only records, and writes that leave a trace.

Django's own log of admin actions is not kept: there is one trail, `clinic.audit`.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import IntegrityError, models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic import access, audit, privileges, refusals
from clinic.phone_field import PhoneInput

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin

PHONE_AS_TYPED = re.compile(r"[+\d() .-]*\d{3}[\d() .-]*")


class ClinicAdmin(Base):
    """What every page here does."""

    formfield_overrides = {PhoneNumberField: {"widget": PhoneInput}}
    # Whoever deletes or changes looks at one row at a time.
    actions = None
    list_per_page = 50
    show_full_result_count = False
    view_on_site = False
    # Not to be searched, sorted or filtered by in an address: a guess answered is a thing told.
    never_looked_up: Sequence[str] = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_deletable and super().has_delete_permission(request, obj)

    @property
    def _is_deletable(self) -> bool:
        return privileges.may_delete(self.model._meta.label)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        if request is None or lookup.split("__")[0] in self.hidden_from(request):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def hidden_from(self, request: HttpRequest) -> set[str]:
        """Fields this person may not see here, whatever the page."""
        return set(self.never_looked_up)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A phone number is found however it is typed: it is kept as digits."""
        if PHONE_AS_TYPED.fullmatch(search_term):
            search_term = re.sub(r"\D", "", search_term)
        return super().get_search_results(request, queryset, search_term)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The trail of this row instead of Django's own log."""
        row = unquote(object_id)
        return redirect(f"{reverse('admin:clinic_auditentry_changelist')}?subject_id={row}")

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        """Without the buttons beside a list that change other rows from inside this one."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    # Where Django would write its own log, the trail is written: in the same transaction.

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> None:  # type: ignore[override]
        self._record(request, "added", obj)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> None:  # type: ignore[override]
        self._record(request, "changed", obj, fields=_changed_fields(message))

    def log_deletions(self, request: HttpRequest, queryset: Iterable[models.Model]) -> None:  # type: ignore[override]
        for obj in queryset:
            self._record(request, "deleted", obj)

    def _record(self, request: HttpRequest, action: str, obj: models.Model, **facts: str) -> None:
        facts |= self.facts_about(obj)
        audit.record(request.user, action, obj, at=timezone.now(), patient_id=None, **facts)

    def facts_about(self, obj: Any) -> dict[str, str]:
        """What the trail should say beside the act: never what a patient said."""
        return {}


class AuditedAdmin(ClinicAdmin):
    """Rows the administrator changes. Each write is put down to them: in the trail, in history."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            with _put_down_to(request):
                return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            # The form once more, with all that was typed, and why it was refused.
            request.refusal = refusals.sentence(error)  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        refusal = getattr(request, "refusal", None)
        return _refused(form, refusal) if refusal else form

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        try:
            with _put_down_to(request):
                return super().delete_view(request, object_id, *args, **kwargs)
        except IntegrityError as error:
            messages.error(request, str(refusals.sentence(error)))
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return redirect(page, unquote(object_id))


class ReadOnlyAdmin(ClinicAdmin):
    """Rows that are looked at here and written elsewhere, or never."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordAdmin(ReadOnlyAdmin):
    """A patient's record: a look at it is written down; what was said stays the clinician's."""

    # Where the row's patient is found.
    patient_path: str
    # What a person said, what fired and why: for who reads answers alone.
    clinical: Sequence[str] = ()

    def hidden_from(self, request: HttpRequest) -> set[str]:
        hidden = super().hidden_from(request)
        return hidden if access.reads_answers(request.user) else hidden | set(self.clinical)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        hidden = self.hidden_from(request)
        return [field for field in super().get_fields(request, obj) if field not in hidden]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        hidden = self.hidden_from(request)
        return [column for column in super().get_list_display(request) if column not in hidden]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        hidden = self.hidden_from(request)
        return [
            field
            for field in super().get_search_fields(request)
            if field.lstrip("^=@").split("__")[0] not in hidden
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and (listed := _listed(response)):
            audit.list_viewed(
                request.user,
                self.model,
                at=timezone.now(),
                page=listed.page_num,
                rows=len(listed.result_list),
            )
        return response

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        response = super().change_view(request, object_id, *args, **kwargs)
        row = self.get_object(request, unquote(object_id))
        if row is not None and isinstance(response, TemplateResponse):
            audit.viewed(request.user, row, at=timezone.now(), patient_id=self.patient_id_of(row))
        return response

    def patient_id_of(self, row: Any) -> UUID | None:
        found: UUID | None = attrgetter(self.patient_path)(row)
        return found


def _listed(response: TemplateResponse) -> Any:
    """The rows a page of the admin site shows; nothing where it could not make the list."""
    return (response.context_data or {}).get("cl")


def trail_of(patient_id: UUID) -> SafeString:
    """A link to who looked at a patient's record and who changed what."""
    return format_html(
        '<a href="{}?patient_id={}">{}</a>',
        reverse("admin:clinic_auditentry_changelist"),
        patient_id,
        _("Who looked, and who changed what"),
    )


def _refused(form: Any, why: str | Promise) -> Any:
    """The form, to which the database has said no."""

    class Refused(form):  # type: ignore[misc]
        def clean(self) -> Any:
            cleaned = super().clean()
            self.add_error(None, why)
            return cleaned

    return Refused


def _put_down_to(request: HttpRequest) -> Any:
    return audit.writing(request.user) if request.method == "POST" else nullcontext()


def _changed_fields(message: Any) -> str:
    """The names of the fields a form changed, never what was in them."""
    parts = message if isinstance(message, list) else []
    names = [name for part in parts for name in part.get("changed", {}).get("fields", ())]
    return ", ".join(str(name) for name in names)
