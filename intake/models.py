"""The patient, their answers, the decision, the review.

What was submitted or decided is only ever added to: the database refuses a change, whoever
asks (`intake/migrations/0002_guards.py`).
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic import times
from intake.querysets import CaseQuerySet, ClearanceQuerySet, IntakeQuerySet, PatientQuerySet


class Disposition(models.TextChoices):
    """The four outcomes, in the protocol's words; see `intake.triage`."""

    EMERGENCY = "EMERGENCY", _("Emergency")
    REFER = "REFER", _("Doctor first")
    CO_MANAGE = "CO-MANAGE", _("Doctor alongside")
    BOOK = "BOOK", _("May book")


class Patient(models.Model):
    """A person cared for. Families share an account; one person is one row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        "clinic.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="patients",
        verbose_name=_("account"),
    )
    given_name = models.CharField(_("first name"), max_length=80)
    family_name = models.CharField(_("last name"), max_length=80)
    name_key = models.CharField(max_length=200, editable=False, db_index=True)
    born = models.DateField(_("date of birth"))
    phone = PhoneNumberField(_("mobile phone"), blank=True)
    email = models.EmailField(_("email address"), blank=True)
    town = models.ForeignKey(
        "clinic.ServiceTown", models.PROTECT, null=True, blank=True, verbose_name=_("town")
    )
    elsewhere = models.CharField(_("another town"), max_length=80, blank=True)
    likely_duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, verbose_name=_("perhaps the same person as")
    )
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ["family_name", "given_name"]
        indexes = [models.Index(fields=["name_key", "born"], name="patient_by_name_and_birth")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def town_name(self) -> str:
        return self.town.name if self.town else self.elsewhere


class Handover(models.Model):
    """A grown-up's record on its way from a family's account to one of their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="handovers", verbose_name=_("patient")
    )
    asked_by = models.ForeignKey(
        "clinic.User", models.PROTECT, related_name="+", verbose_name=_("from the account")
    )
    email = models.EmailField(_("to the address"))
    asked_at = models.DateTimeField(_("asked"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("record handed over")
        verbose_name_plural = _("records handed over")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.patient}, {times.local(self.asked_at):%Y-%m-%d %H:%M}"


class IntakeDraft(models.Model):
    """Answers on their way, found again by the browser's session. Never proof of anything.

    `version` counts the changes; `changed_in` says in which of them each answer last changed, so
    that a page made from an older one overwrites nothing unasked. `account` has proved that the
    draft is theirs: it may be taken up on another device.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    browser = models.UUIDField(db_index=True)
    account = models.ForeignKey("clinic.User", models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    changed_in = models.JSONField(default=dict)
    born = models.DateField(null=True)
    answers = models.JSONField(default=dict)
    shown = models.JSONField(default=list)
    also_hurts = models.JSONField(default=list)
    about = models.JSONField(default=dict)
    corrects = models.ForeignKey("intake.Intake", models.SET_NULL, null=True, related_name="+")
    submitted = models.OneToOneField("intake.Intake", models.SET_NULL, null=True, related_name="+")
    # A short re-screen: the earlier answers of a proved patient, which it asks about again.
    renews = models.ForeignKey("intake.Intake", models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("unfinished intake")
        verbose_name_plural = _("unfinished intakes")

    def __str__(self) -> str:
        return f"{times.local(self.started_at):%Y-%m-%d %H:%M}"


class Case(models.Model):
    """An intake, or several, that may not book until somebody has decided."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("waiting for review")
        REFERRED = "REFERRED", _("sent to a doctor")
        CLEARED = "CLEARED", _("cleared")
        CLOSED = "CLOSED", _("closed")

    UNRESOLVED = (State.OPEN, State.REFERRED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("patient"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    disposition = models.CharField(_("worst outcome"), max_length=10, choices=Disposition)
    contact_name = models.CharField(_("name left"), max_length=160, blank=True)
    contact_phone = PhoneNumberField(_("phone left"), blank=True)
    mistake_reported_at = models.DateTimeField(_("called a mistaken tap"), null=True, blank=True)
    related_case = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name=_("shares a contact with")
    )
    opened_at = models.DateTimeField(_("opened"))
    due_at = models.DateTimeField(_("due"))
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["opened_at"]
        indexes = [models.Index(fields=["state", "due_at"], name="case_by_due_time")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(disposition=Disposition.BOOK), name="case_is_never_book"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("OPEN", "REFERRED"), resolved_at=None)
                | models.Q(state__in=("CLEARED", "CLOSED"), resolved_at__isnull=False),
                name="case_resolved_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_disposition_display()}: {self.patient or self.contact_name or '—'}"


class Intake(models.Model):
    """What a person said, and what the protocol made of it. Never changed, never deleted.

    Only `patient` and `case` may be filled in later, once: when an emailed code has proved who
    it is. A recorded decision that the answers are another person's moves them to another case.
    """

    class Kind(models.TextChoices):
        FULL = "FULL", _("full intake")
        RESCREEN = "RESCREEN", _("re-screen")

    class Channel(models.TextChoices):
        ONLINE = "ONLINE", _("online")
        DESK = "DESK", _("front desk")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="intakes",
        verbose_name=_("patient"),
    )
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="intakes", verbose_name=_("case")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.FULL)
    renews = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("renews")
    )
    channel = models.CharField(_("taken"), max_length=10, choices=Channel, default=Channel.ONLINE)
    is_complete = models.BooleanField(_("finished"), default=True)
    browser = models.UUIDField(null=True, blank=True, db_index=True, editable=False)
    account = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    given_name = models.CharField(_("first name"), max_length=80, blank=True)
    family_name = models.CharField(_("last name"), max_length=80, blank=True)
    name_key = models.CharField(max_length=200, blank=True, editable=False)
    born = models.DateField(_("date of birth"), null=True, blank=True)
    phone = PhoneNumberField(_("mobile phone"), blank=True)
    email = models.EmailField(_("email address"), blank=True)
    town = models.ForeignKey(
        "clinic.ServiceTown", models.PROTECT, null=True, blank=True, verbose_name=_("town")
    )
    elsewhere = models.CharField(_("another town"), max_length=80, blank=True)
    guardian_name = models.CharField(_("parent or guardian"), max_length=160, blank=True)
    guardian_relationship = models.CharField(_("relationship"), max_length=80, blank=True)
    own_words = models.TextField(_("in their own words"), blank=True)
    details = models.JSONField(_("other details"), default=dict, blank=True)
    consents = models.JSONField(_("consents"), default=list, blank=True)

    age = models.PositiveSmallIntegerField(_("age"), null=True, blank=True)
    answers = models.JSONField(_("answers"))
    protocol = models.CharField(_("protocol"), max_length=20)
    disposition = models.CharField(_("outcome"), max_length=10, choices=Disposition)
    urgency = models.CharField(_("urgency"), max_length=120)
    rules = ArrayField(models.CharField(max_length=8), verbose_name=_("rules that fired"))
    flags = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("flags"))
    # Until somebody worked it out there is no X-ray: see `intake.xray`.
    xray_hold = models.BooleanField(_("X-ray on hold"), default=True)
    submitted_at = models.DateTimeField(_("submitted"), db_index=True)

    objects = IntakeQuerySet.as_manager()

    class Meta:
        verbose_name = _("intake")
        verbose_name_plural = _("intakes")
        ordering = ["-submitted_at"]
        indexes = [
            models.Index(fields=["name_key", "born"], name="intake_by_name_and_birth"),
            models.Index(fields=["phone"], name="intake_by_phone"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(disposition=Disposition.BOOK) | models.Q(case__isnull=False),
                name="intake_held_has_a_case",
            ),
            models.CheckConstraint(
                condition=~models.Q(disposition=Disposition.BOOK, is_complete=False),
                name="intake_book_is_finished",
            ),
            models.CheckConstraint(
                condition=models.Q(xray_hold=True) | ~models.Q(flags__contains=["XRAY_HOLD"]),
                name="intake_xray_flag_is_a_hold",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="FULL", renews=None)
                | models.Q(kind="RESCREEN", renews__isnull=False),
                name="intake_rescreen_renews_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_disposition_display()}, {times.local(self.submitted_at):%Y-%m-%d %H:%M}"


class ContactLeft(models.Model):
    """A number left on the emergency page for the clinic to call. Only ever added to."""

    intake = models.ForeignKey(
        Intake, models.PROTECT, related_name="contacts", verbose_name=_("intake")
    )
    name = models.CharField(_("name"), max_length=160, blank=True)
    phone = PhoneNumberField(_("phone"))
    left_at = models.DateTimeField(_("left"))

    class Meta:
        verbose_name = _("contact left")
        verbose_name_plural = _("contacts left")
        ordering = ["-left_at"]
        indexes = [models.Index(fields=["phone"], name="contact_left_by_phone")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(phone=""), name="contact_left_has_a_phone")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.phone}".strip()


class WishedTimes(models.Model):
    """When a visit would suit somebody who is held. Only ever added to: the newest counts."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="wishes", verbose_name=_("case"))
    half_days = ArrayField(models.CharField(max_length=6), default=list, verbose_name=_("times"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("wished times")
        verbose_name_plural = _("wished times")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(half_days=[], note=""), name="wished_times_say_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case}, {times.local(self.at):%Y-%m-%d %H:%M}"


class Finding(models.Model):
    """A rule that fired, with the answers that fired it, in the words that were shown."""

    intake = models.ForeignKey(Intake, models.PROTECT, related_name="findings")
    rule = models.CharField(_("rule"), max_length=8)
    disposition = models.CharField(_("outcome"), max_length=10, choices=Disposition)
    reason = models.TextField(_("reason"))
    urgency = models.CharField(_("urgency"), max_length=120)
    source = models.CharField(_("source"), max_length=200)
    quotes = models.JSONField(_("answers that fired it"))

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["intake", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["intake", "rule"], name="finding_once_per_intake")
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason}"


class ReviewDecision(models.Model):
    """What the chiropractor decided about a case, and why. Never edited: superseded by another."""

    class Kind(models.TextChoices):
        CLEAR = "CLEAR", _("clear to book")
        SUPPORTIVE = "SUPPORTIVE", _("clear alongside a doctor")
        REFER = "REFER", _("refer to a doctor")
        EMERGENCY_RESOLVED = "RESOLVED", _("emergency resolved")
        SET_ASIDE = "ASIDE", _("answers set aside as another person's")

    CLEARING = (Kind.CLEAR, Kind.SUPPORTIVE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions", verbose_name=_("case"))
    intake = models.ForeignKey(
        Intake, models.PROTECT, related_name="decisions", verbose_name=_("on the answers of")
    )
    kind = models.CharField(_("decision"), max_length=10, choices=Kind)
    reason = models.TextField(_("reason"))
    xray_allowed = models.BooleanField(_("with X-ray"), default=False)
    by = models.ForeignKey("clinic.User", models.PROTECT, verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("review decision")
        verbose_name_plural = _("review decisions")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="review_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {times.local(self.at):%Y-%m-%d %H:%M}"


class Clearance(models.Model):
    """Leave to book, for one patient, for visits that start inside [starts_at, ends_at).

    Without a decision it comes from an intake whose outcome was BOOK.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="clearances", verbose_name=_("patient")
    )
    intake = models.ForeignKey(
        Intake, models.PROTECT, related_name="clearances", verbose_name=_("intake")
    )
    decision = models.OneToOneField(
        ReviewDecision, models.PROTECT, null=True, blank=True, verbose_name=_("decision")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    xray_allowed = models.BooleanField(_("with X-ray"), default=False)
    issued_at = models.DateTimeField(_("issued"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        "clinic.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    revoked_because = models.TextField(_("because"), blank=True)

    objects = ClearanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("clearance")
        verbose_name_plural = _("clearances")
        ordering = ["-issued_at"]
        indexes = [models.Index(fields=["patient", "ends_at"], name="clearance_by_patient")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="clearance_has_length"
            ),
            models.CheckConstraint(
                condition=models.Q(xray_allowed=False) | models.Q(decision__isnull=False),
                name="clearance_xray_only_by_decision",
            ),
            models.UniqueConstraint(
                fields=["intake"],
                condition=models.Q(decision=None),
                name="clearance_once_per_book_intake",
            ),
        ]

    def __str__(self) -> str:
        first, last = times.local(self.starts_at), times.local(self.ends_at)
        return f"{self.patient}, {first:%Y-%m-%d} – {last:%Y-%m-%d}"


class GuardianConsent(models.Model):
    """A parent or guardian agreed to the care of a minor. Only ever added to."""

    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="guardian_consents", verbose_name=_("patient")
    )
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="+", verbose_name=_("intake"))
    guardian_name = models.CharField(_("parent or guardian"), max_length=160)
    relationship = models.CharField(_("relationship"), max_length=80)
    wording_version = models.CharField(_("wording"), max_length=20)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("guardian's consent")
        verbose_name_plural = _("guardians' consents")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(guardian_name=""), name="guardian_consent_has_a_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.guardian_name} ({self.relationship})"
