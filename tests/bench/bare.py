"""What the clinic's answers are measured against: Django with one view and one query for each.

No middleware, no apps; the same database settings, server and rows, found by an index, and how many
there are is said. `/nothing` does not even ask the database: how fast the server and the clients
are by themselves.
"""

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

BUSY = """
    SELECT lower(clinician_busy), upper(clinician_busy) FROM scheduling_appointment
    WHERE clinician_id = %(clinician)s AND clinician_busy && tstzrange(%(from)s, %(to)s)
      AND state IN ('arrived', 'booked', 'confirmed', 'held', 'in_room', 'suspended')
"""
VISITS = """
    SELECT visit.*, patient.* FROM scheduling_appointment AS visit
    JOIN intake_patient AS patient ON patient.id = visit.patient_id
    WHERE visit.visit && tstzrange(%(from)s, %(to)s)
"""
PATIENTS = """
    SELECT * FROM intake_patient WHERE family_name = %(family_name)s ORDER BY given_name LIMIT 20
"""

database = environ.Env().db_url("DATABASE_URL")
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={"default": {**database, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}},
)


def counted(request: HttpRequest, query: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(query, request.GET.dict())
        rows = cursor.fetchall()
    return _said(str(len(rows)))


def nothing(request: HttpRequest) -> HttpResponse:
    return _said("ok")


def _said(words: str) -> HttpResponse:
    """With its length, as a middleware would say."""
    return HttpResponse(words, headers={"Content-Length": str(len(words))})


urlpatterns = [
    path("busy", counted, {"query": BUSY}),
    path("visits", counted, {"query": VISITS}),
    path("patients", counted, {"query": PATIENTS}),
    path("nothing", nothing),
]
application = get_wsgi_application()
