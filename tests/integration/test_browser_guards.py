"""What every answer tells the browser, and the pages for what went wrong."""

import re
import sys
import types
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path, reverse

from tests.factories.clinic import PatientFactory
from tests.people import signed_in

pytestmark = pytest.mark.django_db

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json)|<style|\sstyle=|\son[a-z]+=[\"']",
    re.IGNORECASE,
)
PAGES = ("/", "/sign-in/", "/staff/sign-in/", "/staff/", "/admin/", "/no/such/page/", "/healthz")


def policy_of(response) -> dict[str, list[str]]:
    header = response.headers["Content-Security-Policy"]
    parts = (part.split() for part in header.split(";"))
    return {name: sources for name, *sources in parts}


def assert_guarded(response):
    policy = policy_of(response)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_guarded(client, page):
    assert_guarded(client.get(page))


@pytest.mark.parametrize(
    "page",
    ["/", "/sign-in/", "/staff/sign-in/", "/privacy/", "/intake/", "/intake/check/", "/my/visits/"],
)
def test_who_only_looks_in_gets_no_session(client, page):
    client.get(page, follow=True)
    assert settings.SESSION_COOKIE_NAME not in client.cookies
    assert not Session.objects.exists()


def test_a_notice_that_names_a_patient_stays_on_the_server(patient_client, patient):
    """Such as a record that was taken over: in no cookie, not even until the next page."""
    leo = PatientFactory.create(account=patient, given_name="Leonidas", born=date(1990, 1, 2))
    page = reverse("intake:own_account", args=[leo.pk])
    answer = patient_client.post(page, {"email": "leonidas@example.com"})
    assert answer.status_code == 302
    assert patient_client.cookies.keys() <= {"sessionid", "csrftoken"}
    assert "leonidas@example.com" in patient_client.get(answer.url).text
    assert "leonidas@example.com" not in patient_client.get(answer.url).text, "said once"


@pytest.mark.parametrize("page", ["/", "/sign-in/", "/staff/sign-in/", "/no/such/page/"])
def test_pages_hold_no_inline_script_or_style(client, page):
    assert not INLINE.search(client.get(page).content.decode())


def test_the_admin_sites_pages_work_under_the_policy(administrator):
    """Nothing in them needs inline script or style, which the browser would refuse to run."""
    client = signed_in(administrator)
    seen = 0
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.first()
        addresses = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if row:
            addresses.append(reverse(f"{name}_change", args=[row.pk]))
        for address in [*addresses, "/admin/", "/admin/password_change/"]:
            response = client.get(address)
            if response.status_code == 200:
                seen += 1
                found = INLINE.search(response.content.decode())
                assert not found, (address, found)
                assert_guarded(response)
    assert seen > 10


def test_the_search_for_inline_parts_finds_them():
    for planted in ("<script>x</script>", "<p style='a'>", '<a onclick="x">', "<style>"):
        assert INLINE.search(planted)


# --- Pages for what went wrong ------------------------------------------------------------------


@pytest.fixture
def failing(settings, monkeypatch) -> Client:
    def broken(request):
        raise RuntimeError

    def unreadable(request):
        raise SuspiciousOperation

    def gone(request):
        raise Http404

    import clinic.urls as real

    module: Any = types.ModuleType("failing_urls")
    module.urlpatterns = [
        path("broken/", broken),
        path("unreadable/", unreadable),
        path("gone/", gone),
        *real.urlpatterns,
    ]
    for handler in ("handler400", "handler403", "handler404", "handler500"):
        setattr(module, handler, getattr(real, handler))
    monkeypatch.setitem(sys.modules, "failing_urls", module)
    settings.ROOT_URLCONF = "failing_urls"
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize(
    ("page", "status", "sentence"),
    [
        ("/broken/", 500, "Something went wrong here"),
        ("/unreadable/", 400, "We could not read that"),
        ("/gone/", 404, "There is no such page"),
    ],
)
def test_each_failure_has_its_page(failing, page, status, sentence):
    response = failing.get(page)
    assert response.status_code == status
    assert sentence in response.content.decode()
    assert not INLINE.search(response.content.decode())
    assert_guarded(response)


def test_a_failure_asks_the_database_nothing(failing):
    with CaptureQueriesContext(connection) as queries:
        failing.get("/broken/")
    assert not queries.captured_queries


def test_a_page_of_somebody_else_says_so(patient_client):
    response = patient_client.get("/staff/")
    assert response.status_code == 403
    assert "belongs to someone else" in response.content.decode()
    assert_guarded(response)


def test_a_form_that_is_too_old_says_so(failing):
    response = failing.post("/sign-in/", {"email": "ana@example.com"})
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()
    assert_guarded(response)


def test_a_fragment_sends_the_whole_page_to_sign_in(client):
    response = client.get("/staff/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"].startswith("/staff/sign-in/")
