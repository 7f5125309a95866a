"""A patient signs in by an emailed code, and nobody learns who is a patient here."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEntry, Message, User
from tests.factories.clinic import AccountFactory, StaffFactory

pytestmark = pytest.mark.django_db

SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"
AGAIN = "/sign-in/another-code/"


def last_message() -> Message:
    return Message.objects.latest("queued_at")


def code_in(message: Message) -> str:
    found = re.search(r"^(\d{6})$", message.body, re.MULTILINE)
    assert found, message.body
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def asked(client: Client, email: str = "ana@example.com") -> str:
    response = client.post(SIGN_IN, {"email": email})
    assert response.status_code == 302
    return code_in(last_message())


def is_signed_in(client: Client) -> bool:
    """As a page sees it, not as the session says."""
    return client.get(SIGN_IN, {"next": "/somewhere/"}).status_code == 302


def test_the_code_signs_in_and_leads_back(client, patient):
    page = client.post(SIGN_IN + "?next=/somewhere/", {"email": " Ana@Example.com "})
    assert page.url == CODE + "?next=%2Fsomewhere%2F"
    message = last_message()
    assert (message.kind, message.recipient, message.is_secret) == ("code", patient.email, True)
    assert "ana@example.com" in client.get(CODE).content.decode()
    response = client.post(CODE + "?next=/somewhere/", {"code": code_in(message)})
    assert response.url == "/somewhere/"
    assert is_signed_in(client)
    assert AuditEntry.objects.get(action="signed in").actor == patient


@pytest.mark.parametrize("between", [" ", "-", ""])
def test_spaces_and_dashes_in_a_code_do_not_matter(client, patient, between):
    code = asked(client)
    client.post(CODE, {"code": f" {code[:3]}{between}{code[3:]} "})
    assert is_signed_in(client)


def test_the_code_is_six_digits_and_never_leaves_the_server(client, patient):
    code = asked(client)
    page = client.get(CODE)
    assert code not in page.content.decode()
    assert code not in str(client.cookies)
    assert code not in str(page.headers)


def test_the_session_key_changes_and_what_it_held_stays(client, patient):
    session = client.session
    session["draft"] = {"pain": 5}
    session.save()
    before = session.session_key
    code = asked(client)
    client.post(CODE, {"code": code})
    after = client.session
    assert after["draft"] == {"pain": 5}
    assert after.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_wrong_code_may_be_tried_again(client, patient):
    code = asked(client)
    page = client.post(CODE, {"code": wrong(code)})
    assert page.status_code == 200
    assert "That is not the code" in page.content.decode()
    client.post(CODE, {"code": code})
    assert is_signed_in(client)


def test_the_fifth_wrong_code_is_the_last(client, patient):
    code = asked(client)
    for _ in range(4):
        assert client.post(CODE, {"code": wrong(code)}).status_code == 200
    assert client.post(CODE, {"code": wrong(code)}).url == SIGN_IN
    client.post(CODE, {"code": code})
    assert not is_signed_in(client)


def test_guesses_sent_at_once_count_one_by_one(client, patient):
    """Each request may read the session before another wrote its guess there."""
    code = asked(client)
    before = client.session
    snapshot = dict(before.items())
    for _ in range(5):
        client.post(CODE, {"code": wrong(code)})
        session = client.session
        session.clear()
        session.update(snapshot)
        session.save()
    client.post(CODE, {"code": code})
    assert not is_signed_in(client)


def test_a_code_lasts_ten_minutes(client, patient):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        code = asked(client)
    with time_machine.travel(start + timedelta(minutes=10, seconds=1), tick=False):
        page = client.post(CODE, {"code": code}, follow=True)
        assert "too old" in page.content.decode()
        assert not is_signed_in(client)


def test_another_code_takes_the_place_of_the_first(client, patient):
    first = asked(client)
    client.post(AGAIN)
    second = code_in(last_message())
    assert Message.objects.count() == 2
    if first != second:
        assert client.post(CODE, {"code": first}).status_code == 200
    client.post(CODE, {"code": second})
    assert is_signed_in(client)


def test_another_browser_cannot_use_the_code(client, patient):
    code = asked(client)
    other = Client()
    other.post(CODE, {"code": code})
    assert not is_signed_in(other)


def test_known_unknown_staff_and_inactive_addresses_look_the_same(patient, desk):
    AccountFactory.create(email="left@example.com", is_active=False)
    seen = {}
    for email in ("ana@example.com", "nobody@example.com", "desk@example.com", "left@example.com"):
        client: Any = Client()
        with CaptureQueriesContext(connection) as queries:
            first = client.post(SIGN_IN, {"email": email})
        page = client.get(first.url).content.decode().replace(email, "EMAIL")
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
        guess = client.post(CODE, {"code": "000000"}).content.decode().replace(email, "EMAIL")
        guess = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", guess)
        again = client.post(AGAIN)
        seen[email] = (first.status_code, first.url, len(queries), page, guess, again.url)
    assert len(set(seen.values())) == 1, {k: v[:3] for k, v in seen.items()}


def test_an_unknown_address_is_told_how_to_start_and_gets_no_account(client):
    client.post(SIGN_IN, {"email": "nobody@example.com"})
    assert last_message().kind == "no_account"
    assert not User.objects.exists()
    for guess in ("", " ", "None", "000000"):
        client.post(CODE, {"code": guess})
    assert not is_signed_in(client)


def test_staff_are_mailed_where_they_sign_in_and_no_code(client, desk):
    client.post(SIGN_IN, {"email": "desk@example.com"})
    assert last_message().kind == "staff_sign_in"
    assert not re.search(r"\d{6}", last_message().body)
    assert "/staff/sign-in/" in last_message().body


def test_somebody_else_may_sign_in_on_the_same_phone(client, patient, other_patient):
    client.post(CODE, {"code": asked(client)})
    client.post("/sign-out/")
    assert not is_signed_in(client)
    client.post(CODE, {"code": asked(client, "ben@example.com")})
    assert AuditEntry.objects.filter(action="signed in").latest("pk").actor == other_patient


def test_codes_for_one_address_are_limited(client, patient):
    for _ in range(5):
        assert client.post(SIGN_IN, {"email": "ana@example.com"}).status_code == 302
    response = client.post(SIGN_IN, {"email": "ANA@example.com"})
    assert response.status_code == 429
    assert "try again in 15 minutes" in response.content.decode()
    assert 0 < int(response["Retry-After"]) <= 900
    assert Message.objects.count() == 5
    assert client.post(AGAIN).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.post(SIGN_IN, {"email": "ana@example.com"}).status_code == 302


def test_codes_from_one_place_are_limited(client):
    for n in range(60):
        client.post(SIGN_IN, {"email": f"p{n}@example.com"})
    assert client.post(SIGN_IN, {"email": "last@example.com"}).status_code == 429
    elsewhere = client.post(SIGN_IN, {"email": "last@example.com"}, REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 302


@pytest.mark.parametrize(
    "email",
    ["", "x", "a@b", "é@example.com", "a@exämple.com", "a\0@example.com", "a" * 300 + "@b.co"],
)
def test_what_is_no_address_is_kept_and_explained(client, email):
    page = client.post(SIGN_IN, {"email": email})
    assert page.status_code == 200
    assert "error-summary" in page.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "javascript:x"],
)
def test_nobody_is_sent_to_another_site(client, patient, elsewhere):
    client.post(SIGN_IN, {"email": "ana@example.com", "next": elsewhere})
    response = client.post(CODE, {"code": code_in(last_message()), "next": elsewhere})
    assert response.url == reverse("scheduling:visits")


def test_a_patients_session_ends_after_fourteen_days_whatever_they_do(client, patient):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        client.post(CODE, {"code": asked(client)})
    for day in range(1, 14):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            assert is_signed_in(client)
    with time_machine.travel(start + timedelta(days=14), tick=False):
        page = client.get(SIGN_IN)
        assert page.status_code == 200
        assert "You were signed out to keep your records safe" in page.content.decode()


def test_an_account_switched_off_is_signed_out(client, patient):
    client.post(CODE, {"code": asked(client)})
    User.objects.update(is_active=False)
    assert not is_signed_in(client)


def test_an_account_that_becomes_staff_is_signed_out(client, patient):
    client.post(CODE, {"code": asked(client)})
    User.objects.update(is_desk=True)
    assert not is_signed_in(client)
    assert client.get(reverse("clinic:start")).url.startswith("/staff/sign-in/")


def test_an_account_that_becomes_staff_while_its_code_waits_stays_out(client, patient):
    code = asked(client)
    User.objects.update(is_desk=True)
    client.post(CODE, {"code": code})
    assert "_auth_user_id" not in client.session


def test_a_patient_has_no_password(client, patient):
    StaffFactory.create(is_desk=True)
    patient.set_password("a long enough password")
    patient.save()
    page = client.post(
        "/staff/sign-in/", {"email": patient.email, "password": "a long enough password"}
    )
    assert "do not go together" in page.content.decode()
