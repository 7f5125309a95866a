"""What the slot answer is measured against: Django with nothing but one view and one query.

No middleware, no apps; the same database settings, server and busy rows. `/nothing` does not even
ask the database: how fast the server and the clients are by themselves.
"""

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

BUSY = """
    SELECT lower(clinician_busy), upper(clinician_busy) FROM scheduling_appointment
    WHERE clinician_id = %s AND clinician_busy && tstzrange(%s, %s)
      AND state IN ('arrived', 'booked', 'confirmed', 'held', 'in_room', 'suspended')
"""

database = environ.Env().db_url("DATABASE_URL")
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={"default": {**database, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}},
)


def busy(request: HttpRequest) -> HttpResponse:
    asked = [request.GET[name] for name in ("clinician", "from", "to")]
    with connection.cursor() as cursor:
        cursor.execute(BUSY, asked)
        rows = cursor.fetchall()
    return _said(str(len(rows)))


def nothing(request: HttpRequest) -> HttpResponse:
    return _said("ok")


def _said(words: str) -> HttpResponse:
    """With its length, as a middleware would say."""
    return HttpResponse(words, headers={"Content-Length": str(len(words))})


urlpatterns = [path("busy", busy), path("nothing", nothing)]
application = get_wsgi_application()
