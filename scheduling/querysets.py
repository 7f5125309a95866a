"""Reads of the calendar, in the domain's words."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from clinic import access
from intake.public import of_account
from scheduling.slots import State

if TYPE_CHECKING:
    from clinic.models import User


# Named by the model that uses it: naming the model here would be a circle of imports.
Row = TypeVar("Row", bound=models.Model, covariant=True)


def of_person(person_id: UUID) -> Q:
    """Of any record of this person, who is named by the record that is kept."""
    return Q(patient__person=person_id)


class AppointmentQuerySet(models.QuerySet[Row]):
    def visible_to(self, user: "User") -> Self:
        """Staff see every visit; an account sees its own family's."""
        if access.sees_calendar(user):
            return self
        own = self.filter(of_account(user))
        return own if user.is_authenticated else self.none()

    def keeping_time(self) -> Self:
        """Visits whose doctor, room and patient are taken: see the table of states."""
        return self.filter(state__in=[state.value for state in State.KEEPS_TIME])

    def stale_holds(self, now: datetime) -> Self:
        """Holds whose time to confirm has run out, still marked as held."""
        return self.filter(state=State.HELD.value, hold_expires_at__lte=now)

    def taking_time(self, now: datetime) -> Self:
        """`keeping_time` without the holds that have run out."""
        return self.keeping_time().exclude(Q(state=State.HELD.value, hold_expires_at__lte=now))

    def coming(self, now: datetime) -> Self:
        return self.keeping_time().filter(visit__endswith__gt=now).order_by("visit")

    def between(self, start: datetime, end: datetime) -> Self:
        """Visits any part of which lies in [start, end)."""
        return self.filter(visit__overlap=(start, end))

    def locked(self, pk: UUID) -> Row:
        """The row as it is now, kept from other writers until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def ever_booked(self, now: datetime) -> Self:
        """Visits that are or were on: not the times somebody held and then did without."""
        booked = self.filter(changes__after=State.BOOKED.value)
        taken = self.taking_time(now)
        return self.filter(Q(pk__in=booked.values("pk")) | Q(pk__in=taken.values("pk")))

    def in_time_order(self) -> Self:
        return self.order_by(Lower("visit"))


class ClosureQuerySet(models.QuerySet[Row]):
    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(during__overlap=(start, end))

    def of_clinician(self, clinician_id: int) -> Self:
        """Closures of the clinician or of the whole clinic."""
        return self.filter(room=None).filter(Q(clinician=None) | Q(clinician=clinician_id))

    def of_room(self, room_id: int) -> Self:
        """Closures of the room or of the whole clinic."""
        return self.filter(clinician=None).filter(Q(room=None) | Q(room=room_id))


class WaitlistEntryQuerySet(models.QuerySet[Row]):
    def locked(self, pk: UUID) -> Row:
        """The row as it is now, kept from other writers until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def locked_all(self) -> list[Row]:
        """In the list's order; the rows are locked by id, as everybody locks them."""
        ids = self.order_by("pk").select_for_update(of=("self",), no_key=True)
        found = self.model._default_manager.filter(pk__in=[row.pk for row in ids])
        return list(found.select_related("visit_type", "patient__town", "patient__merged_into"))

    def visible_to(self, user: "User") -> Self:
        """Staff see the whole list; an account sees its own family's."""
        if access.sees_calendar(user):
            return self
        return self.filter(of_account(user)) if user.is_authenticated else self.none()

    def waiting(self) -> Self:
        return self.filter(state="WAITING")

    def of_person(self, person_id: UUID) -> Self:
        """Where records were merged, each may have brought an entry of its own."""
        return self.filter(of_person(person_id))

    def lapsed(self, today: date) -> Self:
        """Still waiting, though the last day that suits them is over."""
        return self.waiting().filter(last_day__lt=today)


class WaitlistOfferQuerySet(models.QuerySet[Row]):
    def visible_to(self, user: "User") -> Self:
        """Staff see every offer; an account sees its own family's."""
        if access.sees_calendar(user):
            return self
        theirs = self.filter(of_account(user, "entry__patient"))
        return theirs if user.is_authenticated else self.none()

    def locked(self, pk: UUID) -> Row:
        """The row as it is now, kept from other writers until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def locked_all(self) -> list[Row]:
        with_entry = self.select_related("entry__visit_type")
        return list(with_entry.order_by("pk").select_for_update(of=("self",), no_key=True))

    def unsettled(self) -> Self:
        return self.filter(outcome="")

    def expired(self, now: datetime) -> Self:
        return self.unsettled().filter(expires_at__lte=now)

    def standing(self, now: datetime) -> Self:
        """Offers that may still be answered."""
        return self.unsettled().filter(expires_at__gt=now)
