"""Reads of the intake's rows, in the domain's words."""

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Case as CaseExpression
from django.db.models import Exists, F, IntegerField, OuterRef, Q, Value, When

from clinic import access
from intake import renewal
from intake.triage import PROTOCOL

if TYPE_CHECKING:
    from clinic.models import User

# Named by the model that uses it: naming the model here would be a circle of imports.
Row = TypeVar("Row", bound=models.Model, covariant=True)

UNRESOLVED = ("OPEN", "REFERRED", "ASKED")
WORST_FIRST = ("EMERGENCY", "REFER", "CO-MANAGE", "BOOK")


def of_account(user: "User", record: str = "patient") -> Q:
    """Of a record of the account, or of one that was merged into a record of the account."""
    # The records of one person are in one account. An `or` through a join would read them all.
    return Q(**{f"{record}__person__in": user.patients.values("person")})


class PatientQuerySet(models.QuerySet[Row]):
    def same_person_as(self, patient_id: UUID | F | OuterRef) -> Self:
        """All records of one person: the one that is kept, and those merged into it."""
        # One row, and the database shall know: of a set it would read every record there is.
        own = self.model._default_manager.filter(pk=patient_id)
        return self.filter(person=own.order_by().values("person")[:1])

    def not_merged(self) -> Self:
        """One record a person."""
        return self.filter(merged_into=None)

    def visible_to(self, user: "User") -> Self:
        """Staff see every patient's contact details; an account sees its own family."""
        if access.sees_all_patients(user):
            return self
        theirs = user.patients.values("person") if user.is_authenticated else ()
        return self.filter(person__in=theirs)


class IntakeQuerySet(models.QuerySet[Row]):
    def answers_visible_to(self, user: "User") -> Self:
        """Submitted answers: the chiropractor's, and the family's own."""
        if access.reads_answers(user):
            return self
        return self.filter(of_account(user)) if user.is_authenticated else self.none()

    def renewable(self, now: datetime) -> Self:
        """The newest finished answers of each person who may take the short form.

        A full intake of the last year, in today's version of the protocol, with no emergency
        since; and nothing of theirs that somebody has still to look at. To whichever of their
        records it came.
        """
        of_person = Q(patient__person=OuterRef("patient__person"))
        theirs = self.model._default_manager.filter(of_person)
        cases = apps.get_model("intake", "Case").objects.filter(of_person)
        emergency = theirs.filter(
            disposition="EMERGENCY", submitted_at__gte=OuterRef("submitted_at")
        )
        full = theirs.filter(
            ~Exists(emergency),
            kind="FULL",
            is_complete=True,
            protocol=PROTOCOL.version,
            submitted_at__gt=now - renewal.A_YEAR,
            submitted_at__lte=now,
        )
        finished = self.filter(
            Exists(full),
            ~Exists(theirs.filter(case__state__in=UNRESOLVED)),
            ~Exists(cases.filter(state__in=UNRESOLVED)),
            is_complete=True,
            protocol=PROTOCOL.version,
        )
        finished = finished.order_by("patient__person", "-submitted_at")
        return finished.distinct("patient__person")


class CaseQuerySet(models.QuerySet[Row]):
    def visible_to(self, user: "User") -> Self:
        """Desk and clinician see every held case; an account sees its own family's."""
        if access.sees_held_cases(user):
            return self
        return self.filter(of_account(user)) if user.is_authenticated else self.none()

    def unresolved(self) -> Self:
        """Cases that keep their patient from booking: waiting for us, for a doctor or for them."""
        return self.filter(state__in=UNRESOLVED)

    def awaiting_review(self) -> Self:
        return self.filter(state="OPEN")

    def overdue(self, now: datetime) -> Self:
        """Cases somebody should have looked at by now."""
        return self.awaiting_review().filter(due_at__lte=now)

    def worst_first(self) -> Self:
        """Most severe first, then whichever is due first."""
        severity = CaseExpression(
            *(When(disposition=name, then=Value(rank)) for rank, name in enumerate(WORST_FIRST)),
            output_field=IntegerField(),
        )
        return self.order_by(severity, "due_at", "opened_at", "pk")


class ClearanceQuerySet(models.QuerySet[Row]):
    def standing(self) -> Self:
        return self.filter(revoked_at=None)

    def usable(self, now: datetime) -> Self:
        """Clearances under which a visit may still be booked."""
        return self.standing().filter(ends_at__gt=now)

    def covering(self, moment: datetime) -> Self:
        return self.standing().filter(Q(starts_at__lte=moment) & Q(ends_at__gt=moment))


class ExercisePlanQuerySet(models.QuerySet[Row]):
    def visible_to(self, user: "User") -> Self:
        """The chiropractor's, and the family's own."""
        if access.gives_exercises(user):
            return self
        return self.filter(of_account(user)) if user.is_authenticated else self.none()

    def newest_first(self) -> Self:
        """The first of a patient's is the one that counts."""
        return self.order_by("-at", "-pk")


class ReferralQuerySet(models.QuerySet[Row]):
    def visible_to(self, user: "User") -> Self:
        """The clinician's; and the family's own, whose answers the letter speaks of."""
        if access.reads_answers(user):
            return self
        own = self.filter(of_account(user, "decision__intake__patient"))
        return own if user.is_authenticated else self.none()

    def running(self) -> Self:
        """Waiting for the decision that ends them."""
        return self.exclude(steps__kind="DECIDED")

    def unheard(self) -> Self:
        """Sent to a doctor, and nothing came back yet."""
        came_back = ("SEEN", "REPORT", "OVERDUE")
        return self.running().exclude(steps__kind__in=came_back).filter(case__state="REFERRED")


class ReportQuerySet(models.QuerySet[Row]):
    def visible_to(self, user: "User") -> Self:
        """The clinician's; and the family's own."""
        if access.reads_answers(user):
            return self
        own = self.filter(of_account(user, "referral__decision__intake__patient"))
        return own if user.is_authenticated else self.none()
