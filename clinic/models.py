"""The ground floor's rows: people and roles, the clinic, towns, messages, the audit trail."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic import times
from clinic.querysets import MessageQuerySet


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who may sign in; without a password only emailed codes let them in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """The first administrator; Django's `createsuperuser` calls this."""
        return self.create_user(email, password, is_administrator=True, **fields)


class User(AbstractBaseUser):
    """A person who signs in: a patient's account, or staff with one or more roles.

    Roles add up: Dr. Solomon may also be the administrator. What each may do: `clinic.access`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    # What a patient's pages were last shown in; their mail is worded in it.
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_desk = models.BooleanField(_("front desk"), default=False)
    is_chiropractor = models.BooleanField(_("chiropractor"), default=False)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person who signs in")
        verbose_name_plural = _("people who sign in")
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        return self.is_desk or self.is_chiropractor or self.is_administrator

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Ends a session when the password or the address changes: both say who signs in."""
        proof = f"{self.password} {self.email}"
        key_salt = "clinic.models.User.get_session_auth_hash"
        return salted_hmac(key_salt, proof, secret=secret, algorithm="sha256").hexdigest()

    def get_short_name(self) -> str:
        return str(self)

    # The admin site asks these; its own classes narrow the answer row by row.
    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_administrator

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_administrator


class ServiceTown(models.Model):
    """A town the clinic serves; patients from elsewhere are welcome too."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    order = models.PositiveSmallIntegerField(_("order in lists"), default=100)
    is_active = models.BooleanField(_("offered to patients"), default=True)

    class Meta:
        verbose_name = _("service town")
        verbose_name_plural = _("service towns")
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class ClinicProfile(models.Model):
    """The one row of facts and policies about this clinic."""

    name = models.CharField(_("name"), max_length=120, default="Ashburn Village Chiropractic")
    phone = PhoneNumberField(_("phone"), default="+17035550142")
    email = models.EmailField(_("email"), default="desk@clinic.example.com")
    address = models.CharField(
        _("address"), max_length=200, default="123 Example Plaza, Ashburn, VA 20147"
    )
    minimum_notice_minutes = models.PositiveIntegerField(_("minimum notice, minutes"), default=60)
    horizon_days = models.PositiveIntegerField(
        _("bookable this many days ahead"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
    )
    step_minutes = models.PositiveIntegerField(
        _("a start every, minutes"), default=10, validators=[MinValueValidator(5)]
    )
    hold_minutes = models.PositiveIntegerField(
        _("a chosen time is kept, minutes"), default=10, validators=[MinValueValidator(1)]
    )
    cancellation_hours = models.PositiveIntegerField(
        _("a cancellation is late inside, hours"), default=24
    )
    suspended_open_hours = models.PositiveIntegerField(
        _("a suspended visit keeps its time, open hours"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(80)],
    )
    review_emergency_hours = models.PositiveIntegerField(
        _("an emergency is reviewed within, open hours"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(80)],
    )
    review_refer_hours = models.PositiveIntegerField(
        _("“doctor first” is reviewed within, open hours"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(80)],
    )
    review_co_manage_hours = models.PositiveIntegerField(
        _("“doctor alongside” is reviewed within, open hours"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(80)],
    )
    most_visits_patient = models.PositiveIntegerField(
        _("coming visits a patient may book online"), default=6, validators=[MinValueValidator(1)]
    )
    most_visits_account = models.PositiveIntegerField(
        _("coming visits a family may book online"), default=12, validators=[MinValueValidator(1)]
    )
    offer_hours = models.PositiveIntegerField(
        _("an offer from the waitlist stands, hours"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(48)],
    )
    clearance_days = models.PositiveIntegerField(
        _("a clearance lasts, days"), default=30, validators=[MinValueValidator(1)]
    )
    rescreen_days = models.PositiveIntegerField(
        _("booking online asks for answers not older than, days"),
        default=7,
        validators=[MinValueValidator(1)],
    )
    draft_days = models.PositiveIntegerField(
        _("unfinished answers are kept, days"), default=14, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("clinic")
        verbose_name_plural = _("clinic")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="clinic_profile_is_one_row")
        ]

    def __str__(self) -> str:
        return self.name

    def review_within(self, outcome: str) -> timedelta:
        """Open clinic hours until somebody has looked at answers with this outcome."""
        hours = {
            "EMERGENCY": self.review_emergency_hours,
            "REFER": self.review_refer_hours,
            "CO-MANAGE": self.review_co_manage_hours,
        }
        return timedelta(hours=hours[outcome])

    @classmethod
    def current(cls) -> "ClinicProfile":
        """The clinic's row, which a migration made."""
        return cls.objects.get(pk=1)


class Message(models.Model):
    """An email to a person: written with what it reports, sent by a job, kept as proof."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("waiting to be sent")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("could not be sent")
        SET_ASIDE = "SET_ASIDE", _("could not be sent, set aside")
        TAKEN_BACK = "TAKEN_BACK", _("taken back before it was sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.SlugField(_("kind"), max_length=40)
    recipient = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    calendar = models.TextField(_("calendar file"), blank=True)
    is_secret = models.BooleanField(_("carries a code"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    queued_at = models.DateTimeField(_("queued"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-queued_at"]
        indexes = [models.Index(fields=["-queued_at"], name="message_newest_first")]

    def __str__(self) -> str:
        return f"{self.subject} → {self.recipient}"


class AuditEntry(models.Model):
    """Who did what to which record, and when. Only ever added to; see `clinic.audit`."""

    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, verbose_name=_("who")
    )
    action = models.CharField(_("what"), max_length=60)
    subject_kind = models.CharField(_("kind of record"), max_length=60)
    subject_id = models.CharField(_("record"), max_length=64)
    patient_id = models.UUIDField(_("patient"), null=True, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["patient_id", "-at"], name="audit_by_patient"),
            models.Index(fields=["subject_id", "-at"], name="audit_by_subject"),
            models.Index(fields=["-at"], name="audit_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{times.local(self.at):%Y-%m-%d %H:%M} {self.action}"


class HistoryEntry(models.Model):
    """A row as it was and as it became, written by a trigger: from a page or by raw SQL alike."""

    at = models.DateTimeField(_("when"))
    actor = models.CharField(_("who"), max_length=64, blank=True)
    database_role = models.CharField(_("database role"), max_length=64)
    table = models.CharField(_("table"), max_length=64)
    row_id = models.CharField(_("row"), max_length=64)
    operation = models.CharField(_("operation"), max_length=6)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        ordering = ["-id"]
        indexes = [models.Index(fields=["table", "row_id"], name="history_by_row")]

    def __str__(self) -> str:
        return f"{self.operation} {self.table} {self.row_id}"
