"""The protocol signed: by a chiropractor, as it stood, for ever; and noticed when it is not."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from clinic.models import AuditEntry, User
from intake import services, signed
from intake.models import ProtocolSignature
from intake.services.signing import ProtocolChanged
from intake.triage import PROTOCOL, Protocol
from intake.triage.fingerprint import fingerprint
from tests.database import TestDatabase
from tests.factories.clinic import StaffFactory
from tests.people import signed_in

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
PAGE = "/staff/protocol/"
SIGN = "/staff/protocol/sign/"
UNSIGNED = "is not signed"


def signature(by: User, protocol: Protocol = PROTOCOL, remark: str = "") -> ProtocolSignature:
    return services.sign_protocol(
        read=fingerprint(protocol), remark=remark, by=by, now=NOW, protocol=protocol
    )


def reworded() -> Protocol:
    """The same version, and something else in it."""
    first = replace(PROTOCOL.rules[0], because="You should hurry.")
    return replace(PROTOCOL, rules=(first, *PROTOCOL.rules[1:]))


@pytest.mark.django_db
def test_a_chiropractor_signs_on_the_page(doctor: User, doctor_client: Client):
    assert "Sign it" in doctor_client.get(PAGE).text
    form = doctor_client.get(SIGN).text
    assert "What your signature says" in form
    (read,) = re.findall(r'name="read" value="(\w+)"', form)
    response = doctor_client.post(SIGN, {"read": read, "remark": " Minors: yes. "}, follow=True)
    assert "You signed version 1.1." in response.text
    assert "Signed by Dr. Solomon, " in response.text
    assert "Minors: yes." in response.text
    assert "Sign it" not in response.text
    kept = ProtocolSignature.objects.get()
    assert (kept.version, kept.fingerprint, kept.by) == ("1.1", fingerprint(PROTOCOL), doctor)
    assert kept.remark == "Minors: yes."
    entry = AuditEntry.objects.get(action="protocol signed")
    assert (entry.actor, entry.subject_id) == (doctor, str(kept.pk))
    assert entry.detail == {"version": "1.1"}


@pytest.mark.django_db
def test_looking_signs_nothing(doctor_client: Client, desk_client: Client):
    doctor_client.get(PAGE)
    doctor_client.get(SIGN)
    assert "Sign it" not in desk_client.get(PAGE).text
    assert not ProtocolSignature.objects.exists()


@pytest.mark.django_db
def test_signed_twice_is_signed_once(doctor: User):
    assert signature(doctor, remark="First.") == signature(doctor, remark="Second.")
    assert ProtocolSignature.objects.get().remark == "First."
    assert AuditEntry.objects.filter(action="protocol signed").count() == 1


@pytest.mark.django_db
def test_another_chiropractor_may_sign_too(doctor: User, doctor_client: Client):
    signature(StaffFactory(name="Dr. Cover", is_chiropractor=True))
    page = doctor_client.get(PAGE).text
    assert "Signed by Dr. Cover" in page
    assert UNSIGNED not in page
    assert "Sign it" in page
    signature(doctor)
    assert len(signed.signatures()) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("read", "status", "sentence"),
    [
        ("0" * 64, 409, "The protocol was changed after you opened this page."),
        ("", 422, "Open this page again, then sign."),
        ("x" * 65, 422, "Open this page again, then sign."),
        ("\0", 422, "Null characters are not allowed."),
    ],
)
def test_what_was_not_read_is_not_signed(
    doctor_client: Client, read: str, status: int, sentence: str
):
    response = doctor_client.post(SIGN, {"read": read, "remark": "Typed at length."})
    assert response.status_code == status
    assert sentence in response.text
    assert "Typed at length." in response.text
    # What the page offers to sign now is what decides now.
    assert f'name="read" value="{fingerprint(PROTOCOL)}"' in response.text
    assert not ProtocolSignature.objects.exists()


@pytest.mark.django_db
def test_a_table_changed_under_its_number_is_unsigned_again(
    doctor: User, desk_client: Client, doctor_client: Client
):
    signature(doctor, reworded())
    for client in (desk_client, doctor_client):
        page = client.get("/staff/review/").text
        assert "Version 1.1 of the protocol was changed after it was signed." in page
    assert "Signed by" not in doctor_client.get(PAGE).text
    signature(doctor)
    assert "was changed" not in desk_client.get("/staff/review/").text
    with pytest.raises(ProtocolChanged):
        services.sign_protocol(
            read=fingerprint(PROTOCOL), remark="", by=doctor, now=NOW, protocol=reworded()
        )


@pytest.mark.django_db
def test_another_version_needs_a_signature_of_its_own(doctor: User):
    signature(doctor)
    assert signed.why_unsigned() == ""
    later = replace(PROTOCOL, version="1.2")
    assert signed.why_unsigned(later).startswith("Version 1.2 of the protocol is not signed.")
    assert signed.signatures(later) == []


# --- The banner -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "address"),
    [
        ("desk", "/staff/review/"),
        ("desk", "/staff/visits/"),
        ("desk", "/staff/messages/"),
        ("doctor", "/staff/review/"),
        ("doctor", PAGE),
        ("administrator", "/admin/"),
        ("administrator", "/admin/intake/patient/"),
        ("administrator", "/admin/scheduling/closure/add/"),
    ],
)
def test_every_staff_page_says_that_it_is_unsigned(
    request: pytest.FixtureRequest, doctor: User, person: str, address: str
):
    client = signed_in(request.getfixturevalue(person))
    assert client.get(address).text.count(UNSIGNED) == 1
    signature(doctor)
    assert UNSIGNED not in client.get(address).text


@pytest.mark.django_db
def test_nobody_else_is_told(patient_client: Client):
    for client, address in (
        (Client(), "/"),
        (Client(), "/staff/sign-in/"),
        (patient_client, "/visits/"),
        (patient_client, "/staff/protocol/"),
    ):
        assert UNSIGNED not in client.get(address).text


# --- What the database itself refuses -------------------------------------------------------------


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """By the guard of this name."""
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        yield
    assert failure.value.__cause__.diag.constraint_name == constraint


@pytest.mark.django_db
def test_only_a_chiropractor_signs_whatever_writes(desk: User, doctor: User):
    with refused("signature_by_a_chiropractor"):
        signature(desk)
    doctor.is_active = False
    doctor.save()
    with refused("signature_by_a_chiropractor"):
        signature(doctor)


@pytest.mark.django_db
def test_a_signature_names_a_version_and_a_fingerprint(doctor: User):
    with refused("signature_names_a_version"):
        ProtocolSignature.objects.create(version="", fingerprint="0" * 64, by=doctor, at=NOW)
    with refused("signature_has_a_fingerprint"):
        ProtocolSignature.objects.create(version="1", fingerprint="0", by=doctor, at=NOW)
    signature(doctor)
    with refused("signature_once_by_each_chiropractor"):
        ProtocolSignature.objects.create(
            version="1.1", fingerprint=fingerprint(PROTOCOL), by=doctor, at=NOW
        )


def test_not_even_the_owner_changes_a_signature(fresh_database: TestDatabase):
    signature(StaffFactory(is_chiropractor=True))
    with psycopg.connect(fresh_database.owner_url, autocommit=True) as owner:
        for statement in (
            "UPDATE intake_protocolsignature SET remark = 'another'",
            "DELETE FROM intake_protocolsignature",
        ):
            with pytest.raises(psycopg.errors.CheckViolation):
                owner.execute(statement)


def test_two_presses_at_once_sign_once(fresh_database: TestDatabase):
    doctor = StaffFactory(is_chiropractor=True)
    start = Barrier(4)

    def press() -> ProtocolSignature:
        start.wait()
        try:
            return signature(doctor)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        presses = [threads.submit(press) for _ in range(4)]
        kept = {each.result().pk for each in presses}
    assert len(kept) == 1
    assert ProtocolSignature.objects.count() == 1
