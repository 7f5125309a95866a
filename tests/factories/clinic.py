"""Fictional people and their rows, for tests only."""

from datetime import date
from typing import Any

from factory.declarations import LazyAttribute, Sequence
from factory.django import DjangoModelFactory

from clinic.models import ServiceTown, User
from intake.models import Patient

PASSWORD = "a long enough password"


class AccountFactory(DjangoModelFactory[User]):
    """A patient's account: an address, and no password."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence(lambda n: f"person{n}@example.com")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return User.objects.create_user(**kwargs)


class StaffFactory(AccountFactory):
    """Give a role: `is_desk`, `is_chiropractor`, `is_administrator`."""

    email = Sequence(lambda n: f"staff{n}@example.com")
    name = Sequence(lambda n: f"Staff {n}")
    password = PASSWORD


class ServiceTownFactory(DjangoModelFactory[ServiceTown]):
    class Meta:
        model = ServiceTown

    name = Sequence(lambda n: f"Town {n}")


class PatientFactory(DjangoModelFactory[Patient]):
    """A patient's record; give `account` for one who signs in."""

    class Meta:
        model = Patient

    given_name = Sequence(lambda n: f"Given{n}")
    family_name = "Example"
    name_key = LazyAttribute(lambda patient: f"{patient.given_name} {patient.family_name}".lower())
    born = date(1988, 3, 9)
    phone = Sequence(lambda n: f"+1703555{100 + n % 100:04}")
    email = LazyAttribute(lambda patient: patient.account.email if patient.account else "")
    account = None
