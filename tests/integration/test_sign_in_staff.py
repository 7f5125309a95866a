"""Staff sign in by password and second factor, both, whichever way they come."""

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.messages.storage import default_storage
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client, RequestFactory
from django.utils import timezone

from clinic import services
from clinic.models import AuditEntry, Message, User
from clinic.sign_in import adapter
from tests.factories.clinic import PASSWORD, StaffFactory
from tests.people import signed_in

pytestmark = pytest.mark.django_db

SIGN_IN = "/staff/sign-in/"
SECOND_FACTOR = "/staff/sign-in/second-factor/"
ENROL = "/staff/sign-in/enrol/"
ADMIN = "/admin/"
NOW = timezone.now


@pytest.fixture
def enrolled(administrator):
    services.enrol_totp(user=administrator, by=None, now=NOW())
    return administrator


def give_password(client, user, password=PASSWORD, **extra):
    return client.post(SIGN_IN, {"email": user.email, "password": password, **extra})


def is_in(client) -> bool:
    return bool(client.get(ADMIN).status_code == 200)


def asks_to_sign_in(client, page: str) -> bool:
    return bool(client.get(page).headers["Location"].startswith(SIGN_IN))


def secret_on(page) -> str:
    found = re.search(r'id="secret">(\w+)<', page.content.decode())
    assert found
    return found[1]


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_password_and_second_factor_sign_in_and_lead_back(client, enrolled):
    first = give_password(client, enrolled, next="/admin/clinic/")
    assert first.url == SECOND_FACTOR
    assert not is_in(client)
    second = client.post(SECOND_FACTOR, {"code": services.current_totp_code(enrolled)})
    assert second.url == "/admin/clinic/"
    assert is_in(client)
    assert AuditEntry.objects.get(action="signed in").actor == enrolled


def test_the_session_key_changes_at_sign_in(client, enrolled):
    give_password(client, enrolled)
    before = client.session.session_key
    client.post(SECOND_FACTOR, {"code": services.current_totp_code(enrolled)})
    assert client.session.session_key != before


def test_the_password_alone_reaches_nothing(client, enrolled):
    give_password(client, enrolled)
    assert "_auth_user_id" not in client.session
    for page in (ADMIN, "/staff/"):
        assert asks_to_sign_in(client, page)
    assert client.get(ENROL).url == SECOND_FACTOR


def test_a_wrong_password_says_so_and_keeps_the_address(client, enrolled):
    page = give_password(client, enrolled, "wrong").content.decode()
    assert "do not go together" in page
    assert enrolled.email in page
    assert "wrong" not in page
    assert AuditEntry.objects.get(action="password refused").subject_id == str(enrolled.pk)


def test_a_wrong_address_says_the_same(client, enrolled):
    pages = [
        re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page.content.decode()).replace(email, "")
        for email in (enrolled.email, "nobody@example.com")
        for page in [client.post(SIGN_IN, {"email": email, "password": "wrong"})]
    ]
    assert pages[0] == pages[1]


def test_a_wrong_second_factor_says_so(client, enrolled):
    give_password(client, enrolled)
    right = services.current_totp_code(enrolled)
    page = client.post(SECOND_FACTOR, {"code": wrong(right)})
    assert "wrong or used up" in page.content.decode()
    assert not is_in(client)


def test_a_code_of_the_phone_works_once(client, enrolled):
    start = time.time() // 30 * 30
    with time_machine.travel(start, tick=False):
        code = services.current_totp_code(enrolled)
        give_password(client, enrolled)
        client.post(SECOND_FACTOR, {"code": code})
    # With the tolerance it would be right for another 59 seconds.
    for later in (1, 31, 45):
        with time_machine.travel(start + later, tick=False):
            other = Client()
            give_password(other, enrolled)
            other.post(SECOND_FACTOR, {"code": code})
            assert not is_in(other)


def test_a_recovery_code_works_once(client, administrator):
    codes = enrol(client, administrator)
    for expected in (True, False):
        other = Client()
        give_password(other, administrator)
        other.post(SECOND_FACTOR, {"code": codes[0]})
        assert is_in(other) is expected


# --- The first time -------------------------------------------------------------------------------


def enrol(client, user) -> list[str]:
    assert give_password(client, user).url == ENROL
    secret = secret_on(client.get(ENROL))
    done = client.post(ENROL, {"code": code_for(secret)}).content.decode()
    return re.findall(r"<code>(\d+)</code>", done)


def test_who_has_no_second_factor_can_only_enrol_one(client, administrator):
    give_password(client, administrator)
    assert client.get(SECOND_FACTOR).url == ENROL
    assert not is_in(client)
    codes = enrol(client, administrator)
    assert len(set(codes)) == 10
    assert is_in(client)


def test_recovery_codes_are_shown_once(client, administrator):
    codes = enrol(client, administrator)
    for page in (ENROL, SECOND_FACTOR, ADMIN):
        assert codes[0] not in client.get(page, follow=True).content.decode()


def test_the_picture_to_scan_needs_no_inline_style_or_script(client, administrator):
    give_password(client, administrator)
    page = client.get(ENROL).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)


def test_a_wrong_code_enrols_nothing(client, administrator):
    give_password(client, administrator)
    secret = secret_on(client.get(ENROL))
    page = client.post(ENROL, {"code": wrong(code_for(secret))})
    assert secret in page.content.decode()
    assert not Authenticator.objects.exists()
    assert not is_in(client)


def test_an_enrolled_phone_is_not_replaced_by_who_has_the_password(client, enrolled):
    give_password(client, enrolled)
    client.post(ENROL, {"code": "123456"})
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_the_second_factor_is_unreadable_in_the_database(administrator):
    secret = services.enrol_totp(user=administrator, by=None, now=NOW())
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert adapter.SecondFactorAdapter().decrypt(stored) == secret


def test_an_older_secret_key_still_opens_it(administrator, settings):
    secret = services.enrol_totp(user=administrator, by=None, now=NOW())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert adapter.SecondFactorAdapter().decrypt(stored) == secret


def test_a_second_factor_taken_away_is_enrolled_again_with_new_recovery_codes(
    client, administrator
):
    old = enrol(client, administrator)
    services.reset_second_factor(user=administrator, by=None, now=NOW())
    new = enrol(Client(), administrator)
    assert not set(old) & set(new)


# --- Ways round -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "methods", [("password",), ("mfa",), ("code",), ("code", "mfa"), ("code", "password")]
)
def test_half_a_proof_is_none(administrator, methods):
    client = signed_in(administrator, *methods)
    assert asks_to_sign_in(client, ADMIN)
    assert asks_to_sign_in(client, "/staff/")


def test_a_session_made_past_the_sign_in_is_nobody(client, administrator):
    client.force_login(administrator)
    assert asks_to_sign_in(client, ADMIN)


def test_somebody_elses_proofs_are_none(administrator, desk):
    client = signed_in(administrator)
    session = client.session
    session["account_authentication_methods_user"] = str(desk.pk)
    session.save()
    assert asks_to_sign_in(client, ADMIN)


def stock_code_sign_in(client, user) -> str:
    """What stock allauth does when somebody asks for a code: it makes no difference who."""
    request: Any = RequestFactory().post("/sign-in/")
    request.session = client.session
    request.user = None
    request._messages = default_storage(request)
    with context.request_context(request):
        process = LoginCodeVerificationProcess.initiate(
            request=request, user=user, email=user.email
        )
    process.state["name"] = "any"
    process.persist()
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key
    return str(process.code)


def test_the_stock_code_would_let_a_patient_in(client, patient):
    """Shows that the next two tests walk a way that is open."""
    code = stock_code_sign_in(client, patient)
    client.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" in client.session


def test_a_code_never_lets_staff_in(client, administrator):
    code = stock_code_sign_in(client, administrator)
    client.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" not in client.session
    assert not is_in(client)


def test_a_code_and_a_second_factor_do_not_skip_the_password(client, enrolled):
    code = stock_code_sign_in(client, enrolled)
    client.post("/sign-in/code/", {"code": code})
    assert client.get(SECOND_FACTOR).url == SIGN_IN, "nothing waits for a second factor"
    client.post(SECOND_FACTOR, {"code": services.current_totp_code(enrolled)})
    assert "_auth_user_id" not in client.session
    assert not is_in(client)


@pytest.mark.parametrize("methods", [(), ("password",), ("mfa",), ("code", "mfa")])
def test_the_last_door_asks_again(client, administrator, methods):
    """Should a way past the stages ever be found."""
    request: Any = RequestFactory().post("/")
    request.session = client.session
    for method in methods:
        record_authentication(request, administrator, method)
    with pytest.raises(PermissionDenied):
        adapter.AccountAdapter(request).login(request, administrator)
    assert "_auth_user_id" not in request.session


def test_the_admin_site_has_no_sign_in_of_its_own(client, enrolled):
    assert unquote(client.get(ADMIN).url) == SIGN_IN + "?next=/admin/"
    assert asks_to_sign_in(client, "/admin/login/")
    client.post(
        "/admin/login/", {"username": enrolled.email, "password": PASSWORD, "next": "/admin/"}
    )
    assert not is_in(client)


def test_the_way_back_carries_nothing_that_was_searched_for(client):
    address = unquote(client.get("/admin/clinic/user/?q=Reyes").url)
    assert address == SIGN_IN + "?next=/admin/clinic/user/"


def test_an_inactive_account_stays_out(client, enrolled):
    enrolled.is_active = False
    enrolled.save()
    assert "do not go together" in give_password(client, enrolled).content.decode()


def test_another_site_is_no_way_back(client, enrolled):
    give_password(client, enrolled, next="https://evil.example/")
    done = client.post(SECOND_FACTOR, {"code": services.current_totp_code(enrolled)})
    assert done.url == "/staff/"


def test_no_route_of_the_library_is_mounted(client):
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/2fa/"):
        assert client.get(path).status_code == 404


# --- Limits ---------------------------------------------------------------------------------------


def test_passwords_are_limited_and_a_colleague_elsewhere_is_not(client, enrolled):
    for _ in range(5):
        assert give_password(client, enrolled, "wrong").status_code == 200
    refused = give_password(client, enrolled)
    assert refused.status_code == 429
    assert "try again in 10 minutes" in refused.content.decode()
    elsewhere = client.post(
        SIGN_IN, {"email": enrolled.email, "password": PASSWORD}, REMOTE_ADDR="198.51.100.7"
    )
    assert elsewhere.status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client, enrolled):
    for _ in range(4):
        give_password(client, enrolled, "wrong")
    give_password(client, enrolled)
    assert give_password(client, enrolled, "wrong").status_code == 200


def test_passwords_tried_from_many_places_are_limited(client, enrolled):
    codes = [
        client.post(
            SIGN_IN,
            {"email": enrolled.email, "password": "wrong"},
            REMOTE_ADDR=f"198.51.100.{n}",
        ).status_code
        for n in range(51)
    ]
    assert codes == [200] * 50 + [429]


def test_second_factors_are_limited(client, enrolled):
    give_password(client, enrolled)
    for _ in range(5):
        client.post(SECOND_FACTOR, {"code": "000000"})
    right = services.current_totp_code(enrolled)
    assert client.post(SECOND_FACTOR, {"code": right}).status_code == 429
    assert not is_in(client)


# --- Automatic sign-off ---------------------------------------------------------------------------


def at(moment):
    return time_machine.travel(moment, tick=False)


def test_fifteen_idle_minutes_sign_off(administrator):
    start = NOW()
    with at(start):
        client = signed_in(administrator)
    with at(start + timedelta(minutes=14, seconds=59)):
        assert is_in(client)
    with at(start + timedelta(minutes=29, seconds=50)):
        assert is_in(client)
    with at(start + timedelta(minutes=45)):
        assert asks_to_sign_in(client, ADMIN)
        page = client.get(SIGN_IN).content.decode()
        assert "nothing was done for a while" in page
        assert "nothing was done" not in client.get(SIGN_IN).content.decode()


def test_a_page_that_keeps_itself_fresh_is_no_activity(administrator):
    start = NOW()
    with at(start):
        client = signed_in(administrator)
    for minute in range(15):
        with at(start + timedelta(minutes=minute)):
            assert client.get(ADMIN, headers={"X-Background": "1"}).status_code == 200
    with at(start + timedelta(minutes=15)):
        assert client.get(ADMIN, headers={"X-Background": "1"}).status_code == 401


def test_twelve_hours_sign_off_whoever_is_busy(administrator):
    start = NOW()
    with at(start):
        client = signed_in(administrator)
    for minutes in range(10, 12 * 60, 10):
        with at(start + timedelta(minutes=minutes)):
            assert is_in(client)
    with at(start + timedelta(hours=12)):
        assert not is_in(client)


def test_signing_out(administrator):
    client = signed_in(administrator)
    assert client.get("/sign-out/").status_code == 405
    assert is_in(client)
    assert client.post("/sign-out/").headers["Location"] == SIGN_IN
    assert not is_in(client)
    # Nothing of who was signed in: only the notice that they are not any more.
    assert set(client.session.keys()) <= {"_messages"}


def test_the_admin_sites_own_way_out(administrator):
    client = signed_in(administrator)
    assert client.get("/admin/logout/").status_code == 405
    client.post("/admin/logout/")
    assert not is_in(client)


def test_a_new_password_ends_the_sessions_of_the_old(administrator):
    client = signed_in(administrator)
    services.set_staff_password(
        user=administrator, password="quite another password", by=None, now=NOW()
    )
    assert not is_in(client)


# --- Accounts -------------------------------------------------------------------------------------


def test_staff_are_made_with_a_role_and_a_fair_password():
    made = services.create_staff(
        email="New@Example.com",
        name="New",
        roles=["is_desk"],
        password=PASSWORD,
        by=None,
        now=NOW(),
    )
    assert (made.email, made.is_staff) == ("new@example.com", True)


@pytest.mark.parametrize(
    "change",
    [
        {"password": "short"},
        {"password": "password1234"},
        {"roles": []},
        {"roles": ["is_active"]},
        {"email": "desk@example.com"},
    ],
)
def test_staff_are_not_made_wrongly(desk, change):
    fair: dict[str, Any] = {
        "email": "new@example.com",
        "name": "New",
        "roles": ["is_desk"],
        "password": PASSWORD,
    }
    with pytest.raises((ValueError, ValidationError)):
        services.create_staff(**{**fair, **change}, by=None, now=NOW())
    assert not User.objects.filter(email="new@example.com").exists()


def test_second_factors_are_never_shown_in_a_real_clinic(enrolled, settings):
    settings.TESTING = settings.DEMO = False
    with pytest.raises(RuntimeError):
        services.current_totp_code(enrolled)


def test_nothing_else_is_mailed_by_the_library(client, enrolled):
    give_password(client, enrolled)
    client.post(SECOND_FACTOR, {"code": services.current_totp_code(enrolled)})
    enrol(Client(), StaffFactory.create(is_desk=True))
    assert not Message.objects.exists()
