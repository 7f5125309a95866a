"""The intake in the admin site: looked at, never written.

The administrator sees that there was an intake, its outcome, the decision and its date. What a
person said, which rules fired on it and why somebody decided are for who reads answers alone.
"""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from clinic import access, half_days
from clinic.admin_base import AuditedAdmin, ReadOnlyAdmin, RecordAdmin, trail_of
from intake.models import (
    Case,
    Clearance,
    ClearanceDecision,
    ContactLeft,
    ExercisePlan,
    Finding,
    GuardianConsent,
    Handover,
    Intake,
    IntakeDraft,
    PainScore,
    Patient,
    PatientMerge,
    Prescription,
    ProtocolSignature,
    Receiver,
    Referral,
    ReferralLetter,
    ReferralStep,
    Report,
    ReviewDecision,
    WishedTimes,
)


@admin.register(Patient)
class PatientAdmin(RecordAdmin):
    patient_path = "pk"
    list_display = (
        "name",
        "born",
        "phone",
        "email",
        "town_name",
        "likely_duplicate_of",
        "created_at",
    )
    list_filter = (("likely_duplicate_of", admin.EmptyFieldListFilter), "town")
    list_select_related = ("town", "likely_duplicate_of")
    search_fields = ("given_name", "family_name", "name_key", "phone", "email", "account__email")
    search_help_text = _("Name, phone or email")
    date_hierarchy = "created_at"
    fields = (
        "given_name",
        "family_name",
        "born",
        "phone",
        "email",
        "town_name",
        "account",
        "likely_duplicate_of",
        "merged_into",
        "page",
        "created_at",
        "trail",
    )

    @admin.display(description=_("name"), ordering="family_name")
    def name(self, patient: Patient) -> str:
        return patient.name

    @admin.display(description=_("town"), ordering="town")
    def town_name(self, patient: Patient) -> str:
        return patient.town_name

    @admin.display(description=_("compare and merge"))
    def page(self, patient: Patient) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("desk:patient", args=[patient.pk]),
            _("The patient’s page"),
        )

    @admin.display(description=_("audit trail"))
    def trail(self, patient: Patient) -> SafeString:
        return trail_of(patient.pk)


@admin.register(PatientMerge)
class PatientMergeAdmin(RecordAdmin):
    patient_path = "patient_id"
    list_display = ("at", "by", "kind", "patient", "kept")
    list_filter = ("kind",)
    list_select_related = ("by", "patient", "kept")
    search_fields = ("patient__given_name", "patient__family_name", "kept__family_name")
    search_help_text = _("The patient's name")
    date_hierarchy = "at"
    fields = ("patient", "kept", "kind", "reason", "by", "at")


@admin.register(Case)
class CaseAdmin(RecordAdmin):
    patient_path = "patient_id"
    list_display = (
        "opened_at",
        "patient",
        "contact_name",
        "disposition",
        "state",
        "due_at",
        "resolved_at",
    )
    list_filter = ("state", "disposition")
    list_select_related = ("patient",)
    search_fields = (
        "patient__given_name",
        "patient__family_name",
        "contact_name",
        "contact_phone",
        "intakes__contacts__phone",
    )
    search_help_text = _("Name or phone")
    date_hierarchy = "opened_at"
    fields = (
        "patient",
        "contact_name",
        "contact_phone",
        "disposition",
        "state",
        "opened_at",
        "due_at",
        "resolved_at",
        "mistake_reported_at",
        "related_case",
    )


@admin.register(Intake)
class IntakeAdmin(RecordAdmin):
    patient_path = "patient_id"
    clinical = (
        "own_words",
        "details",
        "age",
        "answers",
        "urgency",
        "rules",
        "flags",
        "what_fired",
    )
    list_display = ("submitted_at", "person", "kind", "channel", "disposition", "is_complete")
    list_filter = ("disposition", "kind", "channel", "is_complete", "protocol")
    list_select_related = ("patient",)
    search_fields = ("given_name", "family_name", "name_key", "phone", "email")
    search_help_text = _("Name, phone or email")
    date_hierarchy = "submitted_at"
    fields = (
        "patient",
        "case",
        "kind",
        "renews",
        "channel",
        "typed_by",
        "is_complete",
        "given_name",
        "family_name",
        "born",
        "phone",
        "email",
        "town",
        "elsewhere",
        "guardian_name",
        "guardian_relationship",
        "agreed_to",
        "protocol",
        "disposition",
        "submitted_at",
        *clinical,
    )

    @admin.display(description=_("name"), ordering="family_name")
    def person(self, intake: Intake) -> str:
        return f"{intake.given_name} {intake.family_name}".strip() or "–"

    @admin.display(description=_("agreed to"))
    def agreed_to(self, intake: Intake) -> SafeString:
        rows = [(each["words"], each["version"]) for each in intake.consents]
        return format_html_join("", "<p>{} ({})</p>", rows)

    @admin.display(description=_("what fired"))
    def what_fired(self, intake: Intake) -> SafeString:
        rows = intake.findings.values_list("rule", "reason")
        return format_html_join("", "<p>{}: {}</p>", rows)


@admin.register(ContactLeft)
class ContactLeftAdmin(RecordAdmin):
    patient_path = "intake.patient_id"
    list_display = ("left_at", "name", "phone", "case")
    list_select_related = ("intake__case__patient",)
    search_fields = ("name", "phone")
    search_help_text = _("Name or phone")
    date_hierarchy = "left_at"
    fields = ("case", "name", "phone", "left_at")

    @admin.display(description=_("case"))
    def case(self, contact: ContactLeft) -> str:
        return str(contact.intake.case)


@admin.register(WishedTimes)
class WishedTimesAdmin(RecordAdmin):
    patient_path = "case.patient_id"
    list_display = ("at", "case", "times", "note")
    list_select_related = ("case__patient",)
    date_hierarchy = "at"
    fields = ("case", "times", "note", "by", "at")

    @admin.display(description=_("times"))
    def times(self, wished: WishedTimes) -> str:
        return "; ".join(half_days.in_words(wished.half_days))


@admin.register(Finding)
class FindingAdmin(RecordAdmin):
    """All of it is what somebody said: who may not read answers does not find these pages."""

    patient_path = "intake.patient_id"
    list_display = ("intake", "disposition", "rule", "reason")
    list_filter = ("disposition",)
    list_select_related = ("intake",)
    search_fields = ("intake__given_name", "intake__family_name", "intake__name_key")
    search_help_text = _("Name")
    fields = ("intake", "disposition", "rule", "reason", "urgency", "source", "quotes")

    def has_view_permission(self, request: HttpRequest, obj: Finding | None = None) -> bool:
        return access.reads_answers(request.user)


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(RecordAdmin):
    patient_path = "case.patient_id"
    clinical = ("reason", "refer_to", "refer_urgency", "questions", "own_question")
    list_display = ("at", "by", "kind", "xray_allowed", "case")
    list_filter = ("kind", "xray_allowed")
    list_select_related = ("by", "case__patient")
    search_fields = (
        "case__patient__given_name",
        "case__patient__family_name",
        "by__email",
        "by__name",
    )
    search_help_text = _("The patient's name, or who decided")
    date_hierarchy = "at"
    fields = (
        "case",
        "intake",
        "kind",
        "xray_allowed",
        "visit_types",
        "until",
        "supersedes",
        "by",
        "at",
        *clinical,
    )


@admin.register(Clearance)
class ClearanceAdmin(RecordAdmin):
    patient_path = "patient_id"
    clinical = ("revoked_because",)
    list_display = ("issued_at", "patient", "starts_at", "ends_at", "xray_allowed", "revoked_at")
    list_filter = ("xray_allowed", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("patient",)
    search_fields = ("patient__given_name", "patient__family_name", "patient__phone")
    search_help_text = _("The patient's name or phone")
    date_hierarchy = "issued_at"
    fields = (
        "patient",
        "intake",
        "decision",
        "starts_at",
        "ends_at",
        "xray_allowed",
        "visit_types",
        "issued_at",
        "revoked_at",
        "revoked_by",
        "revoked_because",
    )


@admin.register(ClearanceDecision)
class ClearanceDecisionAdmin(RecordAdmin):
    patient_path = "clearance.patient_id"
    clinical = ("reason",)
    list_display = ("at", "by", "kind", "until", "clearance")
    list_filter = ("kind",)
    list_select_related = ("by", "clearance__patient")
    search_fields = ("clearance__patient__given_name", "clearance__patient__family_name")
    search_help_text = _("The patient's name")
    date_hierarchy = "at"
    fields = ("clearance", "kind", "until", "by", "at", "reason")


@admin.register(ExercisePlan)
class ExercisePlanAdmin(RecordAdmin):
    """That exercises were given: which, and the note, are between the chiropractor and them."""

    patient_path = "patient_id"
    clinical = ("note", "given")
    list_display = ("at", "patient", "by", "length")
    list_select_related = ("patient", "by")
    search_fields = ("patient__given_name", "patient__family_name", "by__name")
    search_help_text = _("The patient's name, or who gave them")
    date_hierarchy = "at"
    fields = ("patient", "by", "at", "length", "note", "given")

    @admin.display(description=_("exercises"))
    def given(self, plan: ExercisePlan) -> str:
        return ", ".join(each.exercise for each in plan.prescriptions.all())


@admin.register(PainScore)
class PainScoreAdmin(RecordAdmin):
    patient_path = "patient_id"
    clinical = ("score",)
    list_display = ("at", "patient", "by")
    list_select_related = ("patient", "by")
    search_fields = ("patient__given_name", "patient__family_name")
    search_help_text = _("The patient's name")
    date_hierarchy = "at"
    fields = ("patient", "by", "at", "score")


@admin.register(Handover)
class HandoverAdmin(RecordAdmin):
    patient_path = "patient_id"
    list_display = ("asked_at", "patient", "asked_by", "email", "done_at")
    list_select_related = ("patient", "asked_by")
    search_fields = ("patient__given_name", "patient__family_name", "email", "asked_by__email")
    search_help_text = _("The patient's name, or either address")
    date_hierarchy = "asked_at"
    fields = ("patient", "asked_by", "email", "asked_at", "done_at")


@admin.register(GuardianConsent)
class GuardianConsentAdmin(RecordAdmin):
    patient_path = "patient_id"
    list_display = ("at", "patient", "guardian_name", "relationship", "wording_version")
    list_select_related = ("patient",)
    search_fields = ("guardian_name", "patient__given_name", "patient__family_name")
    search_help_text = _("The guardian's name or the patient's")
    date_hierarchy = "at"


@admin.register(IntakeDraft)
class IntakeDraftAdmin(RecordAdmin):
    """That an intake was begun. Unsent answers are nobody's to read."""

    list_display = ("started_at", "touched_at", "is_sent")
    list_select_related = ("submitted",)
    date_hierarchy = "started_at"
    fields = ("started_at", "touched_at", "is_sent")
    never_looked_up = ("answers", "about", "shown", "also_hurts", "changed_in", "born", "browser")

    @admin.display(description=_("sent"), boolean=True)
    def is_sent(self, draft: IntakeDraft) -> bool:
        return draft.submitted_id is not None

    def patient_id_of(self, row: IntakeDraft) -> UUID | None:
        return row.submitted.patient_id if row.submitted else None


@admin.register(Receiver)
class ReceiverAdmin(AuditedAdmin):
    """The address book of referral letters. Who is in it stays: letters name them."""

    list_display = ("name", "field", "address", "phone", "fax", "is_offered")
    list_filter = ("is_offered",)
    search_fields = ("name", "field", "address")


@admin.register(Referral)
class ReferralAdmin(RecordAdmin):
    patient_path = "decision.intake.patient_id"
    list_display = ("opened_at", "case")
    list_select_related = ("case__patient", "decision__intake")
    date_hierarchy = "opened_at"
    fields = ("case", "decision", "opened_at")


@admin.register(ReferralLetter)
class ReferralLetterAdmin(RecordAdmin):
    """That there is a letter, and to whom; what it says of the patient is the clinician's."""

    patient_path = "referral.decision.intake.patient_id"
    clinical = ("history", "findings", "question")
    list_display = ("at", "referral", "version", "to_name", "by")
    list_select_related = ("referral__case__patient", "referral__decision__intake", "by")
    date_hierarchy = "at"
    fields = (
        "referral",
        "version",
        "receiver",
        "to_name",
        "to_address",
        "see_by",
        "signed_by",
        "by",
        "at",
        "history",
        "findings",
        "question",
    )


@admin.register(ReferralStep)
class ReferralStepAdmin(RecordAdmin):
    patient_path = "referral.decision.intake.patient_id"
    clinical = ("note",)
    list_display = ("at", "referral", "kind", "by")
    list_filter = ("kind",)
    list_select_related = ("referral__case__patient", "referral__decision__intake", "by")
    date_hierarchy = "at"
    fields = ("referral", "kind", "letter", "by", "at", "note")


@admin.register(Report)
class ReportAdmin(RecordAdmin):
    """That a report came; what is in it, and what it is called, is the clinician's."""

    patient_path = "referral.decision.intake.patient_id"
    clinical = ("name",)
    list_display = ("at", "referral", "kind", "size", "by")
    list_filter = ("kind",)
    list_select_related = ("referral__case__patient", "referral__decision__intake", "by")
    date_hierarchy = "at"
    fields = ("referral", "kind", "size", "sha256", "by", "at", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Without the file itself, which no page here shows."""
        return super().get_queryset(request).defer("content")


@admin.register(Prescription)
class PrescriptionAdmin(RecordAdmin):
    """What was prescribed to whom: who may not read answers does not find these pages."""

    patient_path = "plan.patient_id"
    list_display = ("plan", "exercise", "times_a_day", "repeats", "hold_seconds")
    list_select_related = ("plan__patient",)
    fields = ("plan", "place", "exercise", "times_a_day", "repeats", "hold_seconds")

    def has_view_permission(self, request: HttpRequest, obj: Prescription | None = None) -> bool:
        return access.reads_answers(request.user)


@admin.register(ProtocolSignature)
class ProtocolSignatureAdmin(ReadOnlyAdmin):
    """Who signed which version; nothing of a patient's."""

    list_display = ("at", "version", "by")
    list_select_related = ("by",)
    fields = ("version", "by", "at", "remark", "fingerprint")
