"""The ground floor in the admin site: people and roles, the clinic, towns, messages, the trail."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.core.exceptions import ValidationError
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic import audit, trail
from clinic.admin_base import AuditedAdmin, ReadOnlyAdmin, RecordAdmin
from clinic.models import AuditEntry, ClinicProfile, HistoryEntry, Message, ServiceTown, User
from clinic.services import ROLES, change_email, reset_second_factor

# Columns of rows' history that hold a clinician's own words.
CLINICAL_COLUMNS = {"revoked_because"}
UUID_TEXT = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class KindOfPerson(admin.SimpleListFilter):
    title = _("kind of person")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("staff", _("Staff")), ("patients", _("Patients' accounts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        staff = Q(is_desk=True) | Q(is_chiropractor=True) | Q(is_administrator=True)
        match self.value():
            case "staff":
                return queryset.filter(staff)
            case "patients":
                return queryset.exclude(staff)
        return queryset


class NewPersonForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """A new member of staff, with a first password to hand over."""

    class Meta:
        model = User
        fields = ("name", "email", *ROLES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["password1"].label = _("Temporary password")
        self.fields["email"].help_text = _("They sign in with this address.")

    def clean_email(self) -> str:
        return _free_address(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        if not any(self.cleaned_data.get(role) for role in ROLES):
            raise ValidationError(
                _("Choose at least one role. A patient's account is made by signing in, not here.")
            )
        super().clean()
        return self.cleaned_data


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    new_email = forms.EmailField(
        label=_("Another address to sign in with"),
        help_text=_(
            "Leave empty to keep the one above. They are signed out, and the old address is told."
        ),
        max_length=254,
        required=False,
    )
    forget_phone = forms.BooleanField(
        label=_("Their phone is lost"),
        help_text=_("They add another as second factor when they next sign in."),
        required=False,
    )

    class Meta:
        model = User
        fields = ("name", "is_active", *ROLES)
        help_texts = {
            "is_active": _("Untick when somebody leaves: they are signed out. Nobody is deleted."),
            "is_chiropractor": _("Reads patients' answers and decides who may book."),
            "is_administrator": _("Uses this site."),
        }

    def clean_new_email(self) -> str:
        email: str = self.cleaned_data["new_email"]
        unchanged = email.lower() in ("", self.instance.email)
        return "" if unchanged else _free_address(email)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("is_active") and cleaned.get("is_administrator")):
            self._refuse_last_administrator()
        return cleaned

    def _refuse_last_administrator(self) -> None:
        """Locked, so that two administrators cannot take each other's place away at once."""
        administrators = User.objects.filter(is_administrator=True, is_active=True)
        remaining = {user.pk for user in administrators.select_for_update().order_by("pk")}
        if remaining == {self.instance.pk}:
            raise ValidationError(
                _("This is the only administrator. Make somebody else one first.")
            )


def _free_address(typed: str) -> str:
    email = typed.lower()
    if User.objects.filter(email=email).exists():
        raise ValidationError(
            _("Somebody signs in with this address already. Find and open that person instead.")
        )
    return email


@admin.register(User)
class PersonAdmin(AuditedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_password_form = AdminPasswordChangeForm
    fieldsets = (
        (None, {"fields": ("email", "name", "is_active")}),
        (_("Roles"), {"fields": ROLES}),
        (
            _("Sign-in"),
            {
                "fields": (
                    "new_email",
                    "password_link",
                    "forget_phone",
                    "last_login",
                    "joined_at",
                )
            },
        ),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "email")}),
        (_("Roles"), {"fields": ROLES}),
        (
            _("Temporary password"),
            {
                "fields": ("password1", "password2"),
                "description": _(
                    "Hand it over in person. At the first sign-in they add a second factor."
                ),
            },
        ),
    )
    readonly_fields = ("email", "password_link", "last_login", "joined_at")
    filter_horizontal = ()
    list_display = ("name_or_email", "email", *ROLES, "is_active", "last_login")
    list_display_links = ("name_or_email",)
    list_filter = (KindOfPerson, "is_active", *ROLES)
    search_fields = ("name", "email")
    ordering = ("email",)
    never_looked_up = ("password",)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("forget_phone"):
            reset_second_factor(user=obj, by=request.user, now=timezone.now())
        if new_email := form.cleaned_data.get("new_email"):
            change_email(user=obj, email=new_email, by=request.user, now=timezone.now())

    def facts_about(self, obj: User) -> dict[str, str]:
        roles = [role for role in ROLES if getattr(obj, role)]
        return {
            "roles": ", ".join(roles) or "none",
            "may sign in": "yes" if obj.is_active else "no",
        }

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with audit.writing(request.user):
            return super().user_change_password(request, *args, **kwargs)

    @admin.display(description=_("name"), ordering="name")
    def name_or_email(self, person: User) -> str:
        return str(person)

    @admin.display(description=_("password"))
    def password_link(self, person: User) -> SafeString | str:
        if not person.is_staff:
            return gettext("None: patients sign in with a code by email.")
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:auth_user_password_change", args=[person.pk]),
            _("Set a new temporary password"),
        )


class ClinicProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ClinicProfile
        fields = (
            "name",
            "phone",
            "email",
            "address",
            "minimum_notice_minutes",
            "horizon_days",
            "step_minutes",
            "hold_minutes",
            "cancellation_hours",
            "suspended_open_hours",
            "review_emergency_hours",
            "review_refer_hours",
            "review_co_manage_hours",
            "most_visits_patient",
            "most_visits_account",
            "offer_hours",
            "clearance_days",
            "rescreen_days",
            "draft_days",
        )
        help_texts = {
            "email": _("Gets a note when something urgent waits."),
            "minimum_notice_minutes": _("Nobody books online a time that starts sooner."),
            "step_minutes": _("10 offers 9:00, 9:10, 9:20 and so on."),
            "hold_minutes": _("How long a patient has to confirm a chosen time."),
            "suspended_open_hours": _(
                "How long a visit whose clearance was taken back waits for a decision: in hours the"
                " clinic is open, and never past its start. Then its time is given back."
            ),
            "review_emergency_hours": _(
                "In hours the clinic is open. The patient is promised the same time; once it has"
                " passed, every chiropractor gets an email."
            ),
            "offer_hours": _(
                "How long somebody on the waitlist has to take a free time. It ends sooner when the"
                " time itself is near: by then it can no longer be booked online."
            ),
            "most_visits_patient": _("The desk may book more."),
            "most_visits_account": _("For all of a family that signs in together."),
            "clearance_days": _("For clearances issued from now on."),
            "rescreen_days": _(
                "Older answers are asked for again before a patient books or moves a visit online."
                " A decision on them counts as well. The desk may book all the same."
            ),
            "draft_days": _("Counted from the last answer. Then they are deleted."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        notice, horizon = cleaned.get("minimum_notice_minutes"), cleaned.get("horizon_days")
        if notice is not None and horizon is not None and notice >= horizon * 24 * 60:
            self.add_error(
                "minimum_notice_minutes",
                _("This is longer than the time ahead that can be booked: nobody could book."),
            )
        return cleaned

    def clean_step_minutes(self) -> int:
        return self._at_most("step_minutes", 120)

    def clean_hold_minutes(self) -> int:
        return self._at_most("hold_minutes", 60)

    def clean_clearance_days(self) -> int:
        return self._at_most("clearance_days", 366)

    def clean_rescreen_days(self) -> int:
        return self._at_most("rescreen_days", 366)

    def clean_draft_days(self) -> int:
        return self._at_most("draft_days", 366)

    def _at_most(self, field: str, most: int) -> int:
        value: int = self.cleaned_data[field]
        if value > most:
            raise ValidationError(_("Choose %(most)s or less."), params={"most": most})
        return value


@admin.register(ClinicProfile)
class ClinicProfileAdmin(AuditedAdmin):
    form = ClinicProfileForm
    fieldsets = (
        (None, {"fields": ("name", "phone", "email", "address")}),
        (
            _("Booking online"),
            {
                "fields": (
                    "minimum_notice_minutes",
                    "horizon_days",
                    "step_minutes",
                    "hold_minutes",
                    "most_visits_patient",
                    "most_visits_account",
                    "rescreen_days",
                )
            },
        ),
        (
            _("Review"),
            {
                "fields": (
                    "review_emergency_hours",
                    "review_refer_hours",
                    "review_co_manage_hours",
                    "suspended_open_hours",
                )
            },
        ),
        (
            _("Policies"),
            {"fields": ("cancellation_hours", "offer_hours", "clearance_days", "draft_days")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one clinic: straight to it."""
        return redirect("admin:clinic_clinicprofile_change", ClinicProfile.current().pk)


@admin.register(ServiceTown)
class ServiceTownAdmin(AuditedAdmin):
    list_display = ("name", "order", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)


@admin.register(Message)
class MessageAdmin(RecordAdmin):
    """What was sent, and what could not be. A code is never shown."""

    list_display = ("queued_at", "kind", "recipient", "subject", "state", "attempts", "sent_at")
    list_filter = ("state", "kind")
    search_fields = ("recipient", "subject")
    date_hierarchy = "queued_at"
    never_looked_up = ("body", "calendar")
    fields = (
        "kind",
        "recipient",
        "subject",
        "state",
        "queued_at",
        "sent_at",
        "attempts",
        "body",
        "calendar",
    )

    def get_fields(self, request: HttpRequest, obj: Message | None = None) -> Any:
        hidden = {"body", "calendar"} if obj is None or obj.is_secret else set()
        return [field for field in self.fields if field not in hidden]

    def patient_id_of(self, row: Message) -> UUID | None:
        """A message goes to an address, which a family may share."""
        return None


class ActFilter(admin.AllValuesFieldListFilter):
    """By the codes that are kept, in words."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": trail.act(str(choice["display"]))}


class KindOfRecordFilter(admin.AllValuesFieldListFilter):
    """By the codes that are kept, in words."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": trail.kind_of_record(str(choice["display"]))}


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The rows keep short codes; here they are read in words: see `clinic.trail`."""

    list_display = ("at", "actor", "act", "kind_of_record", "subject", "patient", "facts")
    list_filter = (("action", ActFilter), ("subject_kind", KindOfRecordFilter))
    list_select_related = ("actor",)
    search_fields = ("actor__email", "actor__name", "action", "subject_id", "patient_id")
    search_help_text = _("A person, an act, or the number of a record or of a patient")
    date_hierarchy = "at"
    fields = ("at", "actor", "act", "kind_of_record", "subject", "patient", "facts")

    @admin.display(description=_("what"), ordering="action")
    def act(self, entry: AuditEntry) -> str:
        return trail.act(entry.action)

    @admin.display(description=_("kind of record"), ordering="subject_kind")
    def kind_of_record(self, entry: AuditEntry) -> str:
        return trail.kind_of_record(entry.subject_kind)

    @admin.display(description=_("record"), ordering="subject_id")
    def subject(self, entry: AuditEntry) -> SafeString | str:
        if not entry.subject_id:
            return "–"
        return format_html(
            '<a href="{}?subject_id={}" title="{}">{}</a>',
            reverse("admin:clinic_auditentry_changelist"),
            entry.subject_id,
            entry.subject_id,
            _short(entry.subject_id),
        )

    @admin.display(description=_("patient"), ordering="patient_id")
    def patient(self, entry: AuditEntry) -> SafeString | str:
        if entry.patient_id is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:intake_patient_change", args=[entry.patient_id]),
            _short(str(entry.patient_id)),
        )

    @admin.display(description=_("facts"))
    def facts(self, entry: AuditEntry) -> str:
        return trail.facts(entry.detail)


@admin.register(HistoryEntry)
class HistoryEntryAdmin(RecordAdmin):
    """Each row as it was and as it became, whoever wrote."""

    list_display = ("at", "who", "table", "operation", "row", "columns")
    list_filter = ("table", "operation")
    search_fields = ("table", "row_id", "actor")
    search_help_text = _("A table, the number of a row, or the number of the person who wrote")
    date_hierarchy = "at"
    never_looked_up = ("before", "after")
    fields = ("at", "who", "database_role", "table", "row_id", "operation", "changes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[HistoryEntry]:
        writer = User.objects.filter(pk=Cast(OuterRef("actor"), UUIDField()))
        # Raw SQL may have written anything in the place of a person's number.
        written_by = Case(
            When(actor__regex=UUID_TEXT, then=Subquery(writer.values("email"))),
            default=F("actor"),
        )
        entries: QuerySet[HistoryEntry] = super().get_queryset(request)
        return entries.annotate(written_by=written_by)

    def patient_id_of(self, row: HistoryEntry) -> UUID | None:
        column = "id" if row.table == "intake_patient" else "patient_id"
        found = (row.after or row.before or {}).get(column)
        return UUID(found) if found else None

    @admin.display(description=_("who"), ordering="actor")
    def who(self, entry: HistoryEntry) -> str:
        return getattr(entry, "written_by", "") or "–"

    @admin.display(description=_("row"), ordering="row_id")
    def row(self, entry: HistoryEntry) -> SafeString:
        return format_html(
            '<a href="{}?table={}&row_id={}" title="{}">{}</a>',
            reverse("admin:clinic_historyentry_changelist"),
            entry.table,
            entry.row_id,
            entry.row_id,
            _short(entry.row_id),
        )

    @admin.display(description=_("columns"))
    def columns(self, entry: HistoryEntry) -> str:
        """Of a new row, or one that is gone, that would be all of them."""
        if entry.before is None or entry.after is None:
            return "–"
        return ", ".join(name for name, _before, _after in _changes(entry))

    @admin.display(description=_("changes"))
    def changes(self, entry: HistoryEntry) -> SafeString:
        return format_html(
            "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead>"
            "<tbody>{}</tbody></table>",
            _("column"),
            _("before"),
            _("after"),
            format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", _changes(entry)),
        )


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    """What the workers do. The arguments are numbers of rows, and stay out of sight."""

    list_display = ("id", "task_name", "status", "scheduled_at", "attempts")
    list_filter = ("status", "task_name")
    fields = ("id", "task_name", "status", "queue_name", "scheduled_at", "attempts")
    never_looked_up = ("args",)
    ordering = ("-id",)


def _changes(entry: HistoryEntry) -> list[tuple[str, Any, Any]]:
    before, after = entry.before or {}, entry.after or {}
    return [
        (name, *(_shown(name, row.get(name)) for row in (before, after)))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _shown(column: str, value: Any) -> Any:
    if value is None:
        return "–"
    return _("not shown here") if column in CLINICAL_COLUMNS else value


def _short(number: str) -> str:
    return number if len(number) <= 8 else f"{number[:8]}…"
