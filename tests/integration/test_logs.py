"""Nothing about a patient reaches a log, through the logging as it is really set up."""

import io
import logging
import sys
import types
import uuid
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from clinic.logs import NoPatientData, scrubbed
from intake.models import Patient

PLANTED = (
    "Quintessa",
    "Zzyzxson",
    "quintessa@example.com",
    "quintessa%40example.com",
    "+17035550177",
    "(703) 555-0177",
    "7035550177",
    "1951-02-03",
    "my left leg went numb",
)
ROW = " ".join(PLANTED)
log = logging.getLogger("clinic.anything")


@pytest.fixture
def written(monkeypatch) -> io.StringIO:
    """What every handler of the process writes."""
    stream = io.StringIO()
    for handler in all_handlers():
        if isinstance(handler, logging.StreamHandler) and not in_pytest(handler):
            monkeypatch.setattr(handler, "stream", stream)
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    return stream


def in_pytest(handler: logging.Handler) -> bool:
    return type(handler).__module__.startswith("_pytest")


def all_handlers() -> set[logging.Handler]:
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    return {h for each in loggers for h in getattr(each, "handlers", [])}


def assert_nothing(text: str) -> None:
    assert text, "nothing was logged, so nothing is proven"
    assert [word for word in PLANTED if word in text] == []


def test_every_handler_passes_the_filter():
    """Also those of libraries: one without it would print what it likes."""
    for handler in all_handlers():
        if not in_pytest(handler) and not isinstance(handler, logging.NullHandler):
            assert any(isinstance(f, NoPatientData) for f in handler.filters), handler


def test_the_config_in_production_is_the_one_tested():
    setup: dict[str, Any] = settings.LOGGING
    assert setup["root"]["handlers"] == ["console"]
    assert setup["handlers"]["console"]["filters"] == ["no_patient_data"]


@pytest.fixture
def pages(settings, monkeypatch):
    """Pages that fail in the ways pages fail."""

    def refused_by_the_database(request):
        with transaction.atomic():
            patient = Patient.objects.create(
                given_name="Quintessa",
                family_name="Zzyzxson",
                born=date(1951, 2, 3),
                phone="+17035550177",
                email="quintessa@example.com",
            )
            Patient.objects.filter(pk=patient.pk).update(given_name=None)

    def quoting(request):
        try:
            raise KeyError(ROW)
        except KeyError as error:
            raise ValueError(f"cannot read {ROW}") from error

    def not_for_them(request):
        raise PermissionDenied(ROW)

    def answered(request, status):
        return HttpResponse(ROW, status=status)

    module: Any = types.ModuleType("pages_that_fail")
    module.urlpatterns = [
        path("refused/", refused_by_the_database),
        path("quoting/", quoting),
        path("forbidden/", not_for_them),
        path("answered/<int:status>/", answered),
    ]
    module.handler404 = "clinic.views.errors.not_found"
    module.handler500 = "clinic.views.errors.server_error"
    monkeypatch.setitem(sys.modules, "pages_that_fail", module)
    settings.ROOT_URLCONF = "pages_that_fail"
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["refused", "quoting"])
def test_an_error_says_where_and_not_who(written, pages, page):
    response = pages.get(f"/{page}/?name=Quintessa&phone=+17035550177")
    assert response.status_code == 500
    text = written.getvalue()
    assert_nothing(text)
    assert f"/{page}/" in text
    assert "test_logs.py" in text
    assert ("IntegrityError" if page == "refused" else "ValueError") in text


@pytest.mark.django_db
def test_the_databases_rule_is_named(written, pages):
    pages.get("/refused/")
    assert "sqlstate=23502" in written.getvalue()


@pytest.mark.django_db
def test_a_refusal_is_one_line(written, pages):
    assert pages.get("/forbidden/?name=Quintessa").status_code == 403
    (line,) = written.getvalue().splitlines()
    assert "WARNING django.request Forbidden (Permission denied): /forbidden/" in line
    assert_nothing(line)


@pytest.mark.parametrize("status", [401, 409, 422, 429])
def test_an_ordinary_answer_is_one_line_and_no_warning(written, pages, status):
    """A taken time is nobody's fault."""
    pages.get(f"/answered/{status}/?name=Quintessa")
    (line,) = [line for line in written.getvalue().splitlines() if "/answered/" in line]
    assert "INFO django.request" in line
    assert_nothing(line)


@pytest.mark.parametrize("status", [409, 429])
def test_where_only_warnings_are_printed_it_is_not(written, pages, monkeypatch, status):
    monkeypatch.setattr(logging.getLogger(), "level", logging.WARNING)
    pages.get(f"/answered/{status}/")
    assert "/answered/" not in written.getvalue()


@pytest.mark.parametrize("status", [400, 404, 503])
def test_other_answers_are_still_warned_of(written, pages, status):
    pages.get(f"/answered/{status}/")
    (line,) = [line for line in written.getvalue().splitlines() if "/answered/" in line]
    assert " INFO " not in line


@pytest.mark.parametrize(
    "call",
    [
        lambda: log.warning("Sent to %s.", "quintessa@example.com"),
        lambda: log.warning("Called %s and %s.", "+17035550177", "(703) 555-0177"),
        lambda: log.warning("Said: %s", "Quintessa Zzyzxson: my left leg went numb, badly"),
        lambda: log.warning("Row %s", {"name": "Quintessa"}),
        lambda: log.warning("Rows %(rows)s", {"rows": ["Quintessa"]}),
        lambda: log.error("Failed: %s", ValueError(ROW)),
        lambda: log.error(ValueError(ROW)),
        lambda: log.warning("GET /patients/?q=Quintessa+Zzyzxson 200"),
        lambda: log.warning("GET %s", "/patients/?q=Quintessa%20Zzyzxson&born=1951-02-03"),
        lambda: log.warning("DETAIL:  Failing row contains (1, Quintessa,\nZzyzxson)."),
        lambda: log.warning("Not Found: %s", "/x/quintessa%40example.com"),
        lambda: log.warning("Trace", stack_info=True),
    ],
)
def test_planted_words_do_not_come_through(written, call):
    call()
    assert_nothing(written.getvalue())


def test_what_helps_comes_through(written):
    key = uuid.UUID("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
    log.warning("Job %s of %s was abandoned, try %s, visit %s.", 1234567, "clinic.tasks", 3, key)
    log.warning("Not Found: %s", "/my/visits/3f2504e0-4f89-41d3-9a0c-0305e82c3301/")
    text = written.getvalue()
    assert f"Job 1234567 of clinic.tasks was abandoned, try 3, visit {key}." in text
    assert f"Not Found: /my/visits/{key}/" in text


def test_a_very_long_line_is_cut():
    assert len(scrubbed("word " * 1000)) < 700
